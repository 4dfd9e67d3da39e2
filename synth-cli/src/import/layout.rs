//! Statements laid out as rustfmt lays them out with its defaults, so that formatting a program changes nothing.
//!
//! Programs consist of `let` statements with chains of method calls, whose arguments are names, literals and small calls:
//! for those few shapes rustfmt's rules are short. What is longer than a line as a whole, such as a literal, rustfmt leaves
//! as it is.

/// Columns of a line.
const WIDTH: usize = 100;
/// Columns of a chain of two calls or more that stands in one line.
const CHAIN: usize = 60;
/// Columns of two arguments or more that stand in one line.
const ARGUMENTS: usize = 60;
const INDENT: &str = "    ";

/// A call with its arguments, and the methods called on what it returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) root: Call,
    calls: Vec<Call>,
}

/// A function or method with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    name: String,
    pub(super) arguments: Vec<String>,
}

impl Call {
    fn new<A: Into<String>>(name: impl Into<String>, arguments: impl IntoIterator<Item = A>) -> Self {
        Self { name: name.into(), arguments: arguments.into_iter().map(Into::into).collect() }
    }

    fn in_one_line(&self) -> String {
        format!("{}({})", self.name, self.arguments.join(", "))
    }

    /// The call from some column, with so many columns behind it, at an indentation.
    fn laid_out(&self, column: usize, behind: usize, indent: &str) -> String {
        let line = self.in_one_line();
        let arguments = width(&self.arguments.join(", "));
        let fits = column + width(&line) + behind <= WIDTH;
        if self.arguments.is_empty() || fits && (self.arguments.len() == 1 || arguments <= ARGUMENTS) {
            return line;
        }
        let arguments: Vec<String> = self.arguments.iter().map(|one| format!("{indent}{INDENT}{one},\n")).collect();
        format!("{}(\n{}{indent})", self.name, arguments.concat())
    }

    fn may_stand_in_one_line(&self) -> bool {
        self.arguments.len() < 2 || width(&self.arguments.join(", ")) <= ARGUMENTS
    }
}

impl Chain {
    pub(super) fn new<A: Into<String>>(root: impl Into<String>, arguments: impl IntoIterator<Item = A>) -> Self {
        Self { root: Call::new(root, arguments), calls: Vec::new() }
    }

    /// A method called on a variable: one call, as far as the layout goes.
    pub(super) fn on<A: Into<String>>(variable: &str, method: &str, arguments: impl IntoIterator<Item = A>) -> Self {
        Self::new(format!("{variable}.{method}"), arguments)
    }

    /// The chain in one line, as an argument.
    pub(super) fn line(&self) -> String {
        self.in_one_line()
    }

    /// Calls a method.
    pub(super) fn call<A: Into<String>>(&mut self, name: &str, arguments: impl IntoIterator<Item = A>) {
        self.calls.push(Call::new(format!(".{name}"), arguments));
    }

    fn in_one_line(&self) -> String {
        let calls: Vec<String> = self.calls.iter().map(Call::in_one_line).collect();
        format!("{}{}", self.root.in_one_line(), calls.concat())
    }
}

/// `let name = chain;`
pub(super) fn let_chain(name: &str, chain: &Chain) -> String {
    let head = format!("{INDENT}let {name} =");
    let line = chain.in_one_line();
    let calls = || std::iter::once(&chain.root).chain(&chain.calls);
    let in_line = calls().all(Call::may_stand_in_one_line) && (chain.calls.len() < 2 || width(&line) <= CHAIN);
    if in_line && width(&head) + 1 + width(&line) < WIDTH {
        return format!("{head} {line};\n");
    }
    if in_line && 2 * INDENT.len() + width(&line) < WIDTH {
        return format!("{head}\n{INDENT}{INDENT}{line};\n");
    }
    let Some((last, others)) = chain.calls.split_last() else {
        return format!("{head} {};\n", chain.root.laid_out(width(&head) + 1, 1, INDENT));
    };
    let root = chain.root.laid_out(width(&head) + 1, 0, INDENT);
    // What is called on several lines stands under their last.
    let below = if root.contains('\n') { INDENT.to_owned() } else { INDENT.repeat(2) };
    let mut text = format!("{head} {root}\n");
    for call in others {
        text += &format!("{below}{}\n", call.laid_out(below.len(), 0, &below));
    }
    text += &format!("{below}{};\n", last.laid_out(below.len(), 1, &below));
    text
}

/// `call(…);`
pub(super) fn statement(name: &str, arguments: &[String]) -> String {
    let call = Call::new(name, arguments);
    format!("{INDENT}{};\n", call.laid_out(INDENT.len(), 1, INDENT))
}

/// `const NAME: &str = "…";`
pub(super) fn constant(name: &str, literal: &str) -> String {
    let head = format!("const {name}: &str =");
    let fits = |column: usize| column + width(literal) < WIDTH;
    if !fits(width(&head) + 1) && fits(INDENT.len()) {
        format!("{head}\n{INDENT}{literal};\n")
    } else {
        format!("{head} {literal};\n")
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}
