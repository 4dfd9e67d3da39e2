//! Text with wildcards, policy variables and symbols, and whether it matches a text.

use std::borrow::Cow;

use super::colons::Colons;
use super::context::{Context, Found};
use super::plain::Plain;
use super::symbol::{self, is_symbol};
use super::token::{Token, Variable, glob};
use super::truth::Truth;

/// What `${…}` means in a policy, which its version says:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Variables {
    /// Version 2012-10-17: the value of a context key.
    Expand,
    /// Version 2008-10-17: plain text.
    Literal,
    /// The version is not known.
    Doubt,
}

/// A compiled pattern together with the text it was written as.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pattern {
    source: Box<str>,
    form: Form,
}

#[derive(Clone, Debug, PartialEq)]
enum Form {
    /// The text is the pattern.
    Plain {
        wildcards: bool,
        colons: Option<Colons>,
        /// Bytes before the first wildcard or symbol.
        spelled: usize,
    },
    /// The text is the pattern, without wildcards and symbols: it matches what is equal to it.
    Literal {
        colons: Option<Colons>,
    },
    Tokens(Vec<Token>),
}

/// A variable has no value and no default.
#[derive(Debug, PartialEq)]
pub(crate) struct NoValue;

/// A pattern once its variables have their values.
#[derive(Debug)]
pub(crate) enum Resolved<'p> {
    Plain(Plain<'p>, Option<Colons>),
    Tokens(Cow<'p, [Token]>),
}

impl Pattern {
    /// Compiles `source`; without `wildcards`, `*` and `?` are plain characters.
    pub(crate) fn new(source: impl Into<Box<str>>, wildcards: bool, variables: Variables) -> Self {
        let source: Box<str> = source.into();
        let has_variables = variables != Variables::Literal && source.contains('$') && source.contains("${");
        let is_plain = !has_variables && (source.is_ascii() || !source.contains(symbol::UNKNOWN));
        let form = if is_plain {
            let colons = Colons::find(&source);
            match (Plain { text: &source, wildcards }).spelled() {
                spelled if spelled == source.len() => Form::Literal { colons },
                spelled => Form::Plain { wildcards, colons, spelled },
            }
        } else {
            Form::Tokens(tokens(&source, wildcards, variables))
        };
        Self { source, form }
    }

    /// A pattern for ARNs. Variables may stand in the last part only:
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-wheretouse>.
    pub(crate) fn of_resource(source: &str, variables: Variables) -> Self {
        let mut pattern = Self::new(source, true, variables);
        if let Form::Tokens(tokens) = &mut pattern.form {
            let mut n_colons = 0;
            for token in tokens {
                match token {
                    Token::Char(':') => n_colons += 1,
                    Token::Variable(_) if n_colons < 5 => *token = Token::Opaque,
                    _ => {}
                }
            }
        }
        pattern
    }

    /// A pattern of which nothing is known.
    pub(crate) fn unknown() -> Self {
        Self { source: symbol::UNKNOWN.to_string().into(), form: Form::Tokens(vec![Token::Opaque]) }
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Whether it is `*` and matches everything.
    pub(crate) fn is_anything(&self) -> bool {
        &*self.source == "*" && matches!(self.form, Form::Plain { wildcards: true, .. })
    }

    /// The pattern as it is once variables have their values.
    pub(crate) fn resolve(&self, context: &Context) -> Result<Resolved<'_>, NoValue> {
        Ok(match &self.form {
            Form::Plain { wildcards, colons, .. } => {
                Resolved::Plain(Plain { text: &self.source, wildcards: *wildcards }, *colons)
            }
            Form::Literal { colons } => Resolved::Plain(Plain { text: &self.source, wildcards: false }, *colons),
            Form::Tokens(tokens) => Resolved::Tokens(expanded(tokens, context)?),
        })
    }

    /// Whether it depends on the context what the pattern matches.
    pub(crate) fn has_variables(&self) -> bool {
        matches!(&self.form, Form::Tokens(tokens) if tokens.iter().any(Token::is_variable))
    }

    /// Whether the pattern matches nothing but what is equal to it.
    pub(crate) fn is_literal(&self) -> bool {
        matches!(self.form, Form::Literal { .. })
    }

    /// What the pattern spells out, up to the first part that stands for something else.
    pub(crate) fn spelled(&self) -> &str {
        match self.form {
            Form::Literal { .. } => &self.source,
            Form::Plain { spelled, .. } => &self.source[..spelled],
            Form::Tokens(_) => "",
        }
    }

    /// What comes after that, if the text tells it.
    pub(crate) fn tail(&self) -> Option<Plain<'_>> {
        match self.form {
            Form::Literal { .. } => Some(Plain { text: "", wildcards: false }),
            Form::Plain { wildcards, spelled, .. } => Some(Plain { text: &self.source[spelled..], wildcards }),
            Form::Tokens(_) => None,
        }
    }

    /// Where the pattern divides into the parts of an ARN, if the text tells it.
    pub(crate) fn colons(&self) -> Option<Colons> {
        match self.form {
            Form::Literal { colons } | Form::Plain { colons, .. } => colons,
            Form::Tokens(_) => None,
        }
    }

    /// Whether the pattern matches the whole text, where what it spells out and what comes behind it decides.
    pub(crate) fn at_once(&self, text: &str) -> Option<Truth> {
        let tail = self.tail()?;
        match text.strip_prefix(self.spelled()) {
            Some(rest) => Some(tail.glob(rest)),
            None => text.is_ascii().then_some(Truth::No),
        }
    }

    /// Whether the pattern matches the whole text.
    pub(crate) fn glob(&self, text: &str, context: &Context) -> Result<Truth, NoValue> {
        if let Some(matched) = self.at_once(text) {
            return Ok(matched);
        }
        Ok(match self.resolve(context)? {
            Resolved::Plain(plain, _) => plain.glob(text),
            Resolved::Tokens(tokens) => glob(&tokens, text),
        })
    }
}

impl<'p> Resolved<'p> {
    pub(crate) fn into_tokens(self) -> Cow<'p, [Token]> {
        match self {
            Self::Plain(plain, _) => plain.tokens().collect(),
            Self::Tokens(tokens) => tokens,
        }
    }
}

fn tokens(source: &str, wildcards: bool, variables: Variables) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(source.len());
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        if rest.starts_with("${") && variables != Variables::Literal {
            let (token, length) = match variables {
                Variables::Expand => variable(rest),
                _ => (Token::Opaque, rest.len()),
            };
            tokens.push(token);
            rest = &rest[length..];
            continue;
        }
        tokens.push(match c {
            '*' if wildcards => Token::Run,
            '?' if wildcards => Token::One,
            symbol::UNKNOWN => Token::Opaque,
            c if is_symbol(c) => Token::Symbol(c),
            c => Token::Char(c),
        });
        rest = &rest[c.len_utf8()..];
    }
    tokens
}

fn expanded<'t>(tokens: &'t [Token], context: &Context) -> Result<Cow<'t, [Token]>, NoValue> {
    if !tokens.iter().any(Token::is_variable) {
        return Ok(tokens.into());
    }
    let mut resolved = Vec::with_capacity(tokens.len() + 16);
    for token in tokens {
        match token {
            Token::Variable(variable) => variable.expand(context, &mut resolved)?,
            other => resolved.push(other.clone()),
        }
    }
    Ok(resolved.into())
}

impl Variable {
    fn expand(&self, context: &Context, out: &mut Vec<Token>) -> Result<(), NoValue> {
        let value = match context.find(&self.key) {
            Found::One(value) => value,
            Found::Absent => self.default.as_deref().ok_or(NoValue)?,
            // Only single-valued keys may be used as variables; what happens otherwise is not documented.
            Found::Among(_) | Found::Many(_) | Found::Unknown => {
                out.push(Token::Opaque);
                return Ok(());
            }
        };
        out.extend(value.chars().map(|c| match c {
            '*' | '?' | ':' => Token::Doubtful(c),
            symbol::UNKNOWN => Token::Opaque,
            c if is_symbol(c) => Token::Symbol(c),
            c => Token::Char(c),
        }));
        Ok(())
    }
}

/// The token that `${…}` at the start of `text` means, and its length in bytes. What is malformed makes the rest unknown.
fn variable(text: &str) -> (Token, usize) {
    let malformed = (Token::Opaque, text.len());
    let Some(end) = text.find('}') else { return malformed };
    let (inside, length) = (&text[2..end], end + 1);
    let (key, default) = match inside {
        "*" => return (Token::Char('*'), length),
        "?" => return (Token::Char('?'), length),
        "$" => return (Token::Char('$'), length),
        _ => match inside.split_once(", '") {
            Some((key, default)) => match default.strip_suffix('\'') {
                Some(default) => (key, Some(default.to_owned())),
                None => return malformed,
            },
            None => (inside, None),
        },
    };
    if !is_key(key) {
        return malformed;
    }
    (Token::Variable(Box::new(Variable { key: key.to_ascii_lowercase(), default })), length)
}

/// Whether the text can be the name of a context key. Anything else between the braces has no documented meaning.
fn is_key(text: &str) -> bool {
    !text.is_empty()
        && text.is_ascii()
        && !text
            .contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '\'' | ',' | '$' | '{' | '*' | '?'))
}

/// Whether two texts are equal, symbols included.
pub(crate) fn same_text(a: &str, b: &str) -> Truth {
    if a.is_ascii() && b.is_ascii() {
        return Truth::from(a == b);
    }
    let (_, decided) = (Plain { text: a, wildcards: false }).spelled_out(b);
    decided.unwrap_or_else(|| glob(&tokens(a, false, Variables::Literal), b))
}

#[cfg(test)]
#[path = "pattern_tests.rs"]
mod tests;
