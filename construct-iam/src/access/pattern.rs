//! Text with wildcards, policy variables and symbols, and whether it matches a text.

use super::context::{Context, Found};
use super::symbol::{self, is_name, is_symbol, is_text};
use super::truth::Truth;

/// One element of a compiled pattern.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Char(char),
    /// `?`
    One,
    /// `*`
    Run,
    /// A symbol: matches itself.
    Symbol(char),
    /// A `*`, `?` or `:` that a policy variable brought in. No AWS page says whether it is a wildcard or ends a part of an ARN, so it has to
    /// match either way.
    Doubtful(char),
    /// Text of which nothing is known.
    Opaque,
    /// A policy variable, replaced before matching.
    Variable(Box<Variable>),
}

/// `${key}` or `${key, 'default'}`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Variable {
    key: String,
    default: Option<String>,
}

/// What `${…}` means: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Variables {
    Expand,
    /// Version 2008-10-17: plain text.
    Literal,
    /// The version is not known.
    Doubt,
}

/// A compiled pattern together with the text it was written as.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pattern {
    source: String,
    tokens: Vec<Token>,
    variables: bool,
}

/// A variable has no value and no default.
#[derive(Debug, PartialEq)]
pub(crate) struct NoValue;

impl Pattern {
    /// Compiles `source`; without `wildcards`, `*` and `?` are plain characters.
    pub(crate) fn new(source: &str, wildcards: bool, variables: Variables) -> Self {
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
        let variables = tokens.iter().any(|token| matches!(token, Token::Variable(_)));
        Self { source: source.to_owned(), tokens, variables }
    }

    /// A pattern of which nothing is known.
    pub(crate) fn unknown() -> Self {
        Self { source: symbol::UNKNOWN.to_string(), tokens: vec![Token::Opaque], variables: false }
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    pub(crate) fn tokens_mut(&mut self) -> &mut [Token] {
        &mut self.tokens
    }

    /// Matches with the tokens as they are once variables have their values.
    pub(crate) fn resolve<T>(&self, context: &Context, then: impl FnOnce(&[Token]) -> T) -> Result<T, NoValue> {
        if !self.variables {
            return Ok(then(&self.tokens));
        }
        let mut resolved = Vec::with_capacity(self.tokens.len() + 16);
        for token in &self.tokens {
            match token {
                Token::Variable(variable) => variable.expand(context, &mut resolved)?,
                other => resolved.push(other.clone()),
            }
        }
        Ok(then(&resolved))
    }
}

impl Variable {
    fn expand(&self, context: &Context, out: &mut Vec<Token>) -> Result<(), NoValue> {
        let value = match context.find(&self.key) {
            Found::One(value) => value,
            Found::Absent => self.default.as_deref().ok_or(NoValue)?,
            // Only single-valued keys may be used as variables; what happens otherwise is not documented.
            Found::Many(_) | Found::Unknown => {
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

/// Whether the pattern matches the whole text. `*` and `?` match any character, colons included.
pub(crate) fn glob(pattern: &[Token], text: &str) -> Truth {
    if must_match(pattern, text, true) {
        return Truth::Yes;
    }
    let certain = |token: &Token| matches!(token, Token::Char(_) | Token::One | Token::Run);
    if text.is_ascii() && pattern.iter().all(certain) {
        return Truth::No;
    }
    Truth::from(may_match(pattern, text)).doubted()
}

/// Whether two texts are equal, symbols included.
pub(crate) fn same_text(a: &str, b: &str) -> Truth {
    if a.is_ascii() && b.is_ascii() {
        return Truth::from(a == b);
    }
    glob(Pattern::new(a, false, Variables::Literal).tokens(), b)
}

/// Whether the pattern matches whatever the symbols stand for.
///
/// Without `colons`, wildcards match neither a colon nor a symbol that may hide one.
pub(crate) fn must_match(pattern: &[Token], text: &str, colons: bool) -> bool {
    let runs_over = |c: char| colons || !(c == ':' || is_text(c));
    let eats = |token: &Token, c: char| match token {
        Token::Char(x) | Token::Doubtful(x) | Token::Symbol(x) => *x == c,
        Token::One => !is_symbol(c) && runs_over(c),
        Token::Run | Token::Opaque | Token::Variable(_) => false,
    };
    let (mut p, mut rest) = (0, text);
    // Where to go on after a mismatch: behind the latest `*`, with what it has not eaten yet.
    let mut retry: Option<(usize, &str)> = None;
    loop {
        let next = rest.chars().next();
        match (pattern.get(p), next) {
            (Some(Token::Run), _) => {
                p += 1;
                retry = Some((p, rest));
            }
            (Some(token), Some(c)) if eats(token, c) => {
                p += 1;
                rest = &rest[c.len_utf8()..];
            }
            (None, None) => return true,
            _ => {
                let Some((behind, uneaten)) = retry else { return false };
                let Some(c) = uneaten.chars().next().filter(|c| runs_over(*c)) else { return false };
                rest = &uneaten[c.len_utf8()..];
                p = behind;
                retry = Some((behind, rest));
            }
        }
    }
}

/// Whether there are values of the symbols for which the pattern matches. Errs towards yes: each occurrence of a symbol counts as a value
/// of its own.
pub(crate) fn may_match(pattern: &[Token], text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (rows, columns) = (pattern.len() + 1, text.len() + 1);
    // `reached[i * columns + j]`: the first `i` tokens may match the first `j` characters.
    let mut reached = vec![false; rows * columns];
    reached[0] = true;
    for i in 0..rows {
        for j in 0..columns {
            if !reached[i * columns + j] {
                continue;
            }
            let (token, c) = (pattern.get(i), text.get(j).copied());
            if let Some(token) = token {
                if stretches(token) {
                    reached[(i + 1) * columns + j] = true;
                    if c.is_some_and(|c| !(c == ':' && is_colon_free(token))) {
                        reached[i * columns + j + 1] = true;
                    }
                }
                if c.is_some_and(|c| matches(token, c)) {
                    reached[(i + 1) * columns + j + 1] = true;
                }
            }
            if let Some(c) = c.filter(|c| is_symbol(*c)) {
                reached[i * columns + j + 1] = true;
                if token.is_some_and(|token| !(is_name(c) && *token == Token::Char(':'))) {
                    reached[(i + 1) * columns + j] = true;
                }
            }
        }
    }
    reached[rows * columns - 1]
}

/// Whether the token may stand for text of any length.
fn stretches(token: &Token) -> bool {
    matches!(token, Token::Run | Token::Symbol(_) | Token::Opaque | Token::Variable(_) | Token::Doubtful('*'))
}

fn is_colon_free(token: &Token) -> bool {
    matches!(token, Token::Symbol(c) if is_name(*c))
}

fn matches(token: &Token, c: char) -> bool {
    match token {
        Token::Char(x) | Token::Symbol(x) => *x == c,
        Token::Doubtful(x) => *x == c || *x == '?',
        Token::One => true,
        Token::Run | Token::Opaque | Token::Variable(_) => false,
    }
}

#[cfg(test)]
#[path = "pattern_tests.rs"]
mod tests;
