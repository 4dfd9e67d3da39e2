//! Dividing a document into several that allow and deny the same together.

use construct_core::spell::Spell;

use super::{PolicyDocument, PolicyStatement};

/// What stands around the statements, as compact JSON.
const ENVELOPE: usize = r#"{"Version":"2012-10-17","Statement":[]}"#.len();

impl PolicyDocument {
    /// The document in parts: a first one of so many characters, which may stay empty, and others of at most `each`. A
    /// statement that is too long for what is left is divided by its resources, which changes nothing: a statement
    /// about two resources is two statements about one each. One that is too long even for a part of its own stays as
    /// it is.
    ///
    /// The same document always gives the same parts.
    pub(crate) fn divided(&self, size: &dyn Fn(&dyn Spell) -> usize, first: usize, each: usize) -> Vec<Self> {
        let mut parts = vec![Part::new(first)];
        for statement in &self.statements {
            let mut rest = statement.clone();
            loop {
                let n_parts = parts.len();
                let Some(part) = parts.last_mut() else { break };
                let whole = size(&rest) + 1;
                if part.used + whole <= part.room {
                    part.push(rest, whole);
                    break;
                }
                let lengths: Vec<usize> = rest.0.resources.iter().map(|resource| size(resource) + 1).collect();
                let mut used = part.used + whole - lengths.iter().sum::<usize>();
                let fitting = lengths.iter().take_while(|length| {
                    used += **length;
                    used <= part.room
                });
                let n = fitting.count();
                if n > 0 && n < lengths.len() {
                    let later = rest.split_off_resources(n);
                    let length = size(&rest) + 1;
                    part.push(std::mem::replace(&mut rest, later), length);
                } else if n_parts > 1 && part.document.is_empty() {
                    part.push(rest, whole);
                    break;
                }
                parts.push(Part::new(each));
            }
        }
        parts.into_iter().map(|part| part.document).collect()
    }
}

impl PolicyStatement {
    /// Leaves the first `n` resources and gives the same statement about the others.
    fn split_off_resources(&mut self, n: usize) -> Self {
        let mut later = self.clone();
        later.change().resources = self.0.resources.iter().skip(n).cloned().collect();
        self.change().resources = self.0.resources.iter().take(n).cloned().collect();
        later
    }
}

struct Part {
    document: PolicyDocument,
    used: usize,
    room: usize,
}

impl Part {
    fn new(room: usize) -> Self {
        Self { document: PolicyDocument::new(), used: ENVELOPE, room }
    }

    fn push(&mut self, statement: PolicyStatement, length: usize) {
        self.document.push(statement);
        self.used += length;
    }
}

#[cfg(test)]
mod tests {
    use construct_core::Expr;
    use proptest::prelude::*;

    use super::*;

    fn size(it: &dyn Spell) -> usize {
        match &it.spelled_out() {
            Expr::Str(text) => text.len() + 2,
            Expr::List(items) => 1 + items.iter().map(|item| size(item) + 1).sum::<usize>().max(1),
            Expr::Map(entries) => {
                1 + entries.iter().map(|(key, value)| key.len() + 4 + size(value)).sum::<usize>().max(1)
            }
            other => panic!("{other:?} is not in these documents"),
        }
    }

    proptest! {
        #[test]
        fn parts_say_the_same_and_are_short_enough(
            statements in prop::collection::vec((0..3usize, 1..60usize), 1..6),
            first in 0..1_500usize,
            each in 400..1_500usize,
        ) {
            let document: PolicyDocument = statements.iter().enumerate().map(|(n, (action, resources))| {
                let action = ["s3:GetObject", "s3:PutObject", "sts:AssumeRole"][*action];
                PolicyStatement::allow([action]).on((0..*resources).map(|i| format!("arn:aws:s3:::bucket-{n}-{i}/*")))
            }).collect::<PolicyDocument>().merged();
            let parts = document.divided(&size, first, each);
            for (n, part) in parts.iter().enumerate().filter(|(_, part)| !part.is_empty()) {
                prop_assert!(size(part) <= if n == 0 { first } else { each }, "{part:?}");
            }
            prop_assert!(parts.iter().skip(1).all(|part| !part.is_empty()));
            let together: PolicyDocument = parts.iter().flat_map(PolicyDocument::statements).cloned().collect();
            prop_assert_eq!(together.merged(), document);
        }
    }

    #[test]
    fn what_cannot_be_divided_stays_whole() {
        let long = PolicyStatement::allow(["s3:GetObject"]).on(["x".repeat(500)]);
        let document = PolicyDocument::new().with(long.clone());
        let parts = document.divided(&size, 100, 200);
        assert_eq!(parts.len(), 2);
        assert!(parts[0].is_empty());
        assert_eq!(parts[1].statements().collect::<Vec<_>>(), [&long]);
    }
}
