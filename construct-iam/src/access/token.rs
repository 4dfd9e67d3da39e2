//! Patterns element by element, and whether they match a text that may hold symbols.

use super::symbol::{is_letter, is_name, is_symbol, is_text};
use super::truth::Truth;

/// `${key}` or `${key, 'default'}`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Variable {
    pub(crate) key: String,
    pub(crate) default: Option<String>,
}

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
    /// A `*`, `?` or `:` that a policy variable brought in. No AWS page says whether it is a wildcard or ends a part of
    /// an ARN, so it has to match either way.
    Doubtful(char),
    /// Text of which nothing is known.
    Opaque,
    /// A policy variable, replaced before matching.
    Variable(Box<Variable>),
}

impl Token {
    pub(crate) fn is_variable(&self) -> bool {
        matches!(self, Self::Variable(_))
    }
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

/// Whether the pattern matches whatever the symbols stand for.
///
/// Without `colons`, wildcards match neither a colon nor a symbol that may hide one.
pub(crate) fn must_match(pattern: &[Token], text: &str, colons: bool) -> bool {
    let runs_over = |c: char| colons || !(c == ':' || is_text(c));
    let eats = |token: &Token, c: char| match token {
        Token::Char(x) | Token::Doubtful(x) | Token::Symbol(x) => *x == c,
        Token::One => (!is_symbol(c) || is_letter(c)) && runs_over(c),
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

/// Whether there are values of the symbols for which the pattern matches. Errs towards yes: each occurrence of a symbol
/// counts as a value of its own.
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
            if let Some(c) = c.filter(|c| is_symbol(*c) && !is_letter(*c)) {
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
        Token::Char(x) if is_letter(c) => x.is_ascii_alphanumeric(),
        Token::Doubtful(x) if is_letter(c) => *x == '?',
        Token::Char(x) | Token::Symbol(x) => *x == c,
        Token::Doubtful(x) => *x == c || *x == '?',
        Token::One => true,
        Token::Run | Token::Opaque | Token::Variable(_) => false,
    }
}
