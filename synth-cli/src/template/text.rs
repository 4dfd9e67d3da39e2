//! A text as far as it is known.

use std::fmt;

/// No name or ARN is that long. Functions that refer to each other could otherwise make a text larger than the memory.
const LONGEST: usize = 4096;

/// A value of a template that stands for a text: known parts, identifiers that CloudFormation assigns, unknowns.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text {
    parts: Vec<Part>,
    len: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Known(String),
    /// What a resource is worth once it exists.
    Assigned {
        stack: usize,
        logical_id: String,
        attribute: String,
    },
    /// What no template says.
    Open(String),
}

impl Text {
    pub(crate) fn known(text: impl Into<String>) -> Self {
        let mut this = Self::default();
        this.push_str(&text.into());
        this
    }

    pub(crate) fn open(words: impl Into<String>) -> Self {
        Self::one(Part::Open(words.into()))
    }

    /// An attribute of a resource, `Ref` included.
    pub(crate) fn assigned(stack: usize, logical_id: &str, attribute: &str) -> Self {
        Self::one(Part::Assigned { stack, logical_id: logical_id.to_owned(), attribute: attribute.to_owned() })
    }

    fn one(part: Part) -> Self {
        let mut this = Self::default();
        this.push_part(part);
        this
    }

    pub(crate) fn push_str(&mut self, text: &str) {
        if !text.is_empty() {
            self.push_part(Part::Known(text.to_owned()));
        }
    }

    pub(crate) fn push(&mut self, other: Self) {
        for part in other.parts {
            self.push_part(part);
        }
    }

    fn push_part(&mut self, part: Part) {
        if self.len > LONGEST {
            return;
        }
        self.len += match &part {
            Part::Known(text) | Part::Open(text) => text.len(),
            Part::Assigned { logical_id, attribute, .. } => logical_id.len() + attribute.len(),
        };
        let part = if self.len > LONGEST { Part::Open("…".into()) } else { part };
        match (self.parts.last_mut(), part) {
            (Some(Part::Known(before)), Part::Known(text)) => before.push_str(&text),
            (_, part) => self.parts.push(part),
        }
    }

    /// The text, if all of it is known.
    pub(crate) fn as_known(&self) -> Option<&str> {
        match &*self.parts {
            [] => Some(""),
            [Part::Known(text)] => Some(text),
            _ => None,
        }
    }

    /// The first resource whose identifier is part of the text: the stack and the logical id.
    pub(crate) fn resource(&self) -> Option<(usize, &str)> {
        self.parts.iter().find_map(|part| match part {
            Part::Assigned { stack, logical_id, .. } => Some((*stack, &**logical_id)),
            Part::Known(_) | Part::Open(_) => None,
        })
    }

    /// Splits the known parts; what is assigned or open belongs to the piece it stands in.
    pub(crate) fn split(&self, delimiter: &str) -> Vec<Self> {
        let mut pieces = Vec::new();
        let mut piece = Self::default();
        for part in &self.parts {
            match part {
                Part::Known(text) if !delimiter.is_empty() => {
                    for (at, slice) in text.split(delimiter).enumerate() {
                        if at > 0 {
                            pieces.push(std::mem::take(&mut piece));
                        }
                        piece.push_str(slice);
                    }
                }
                part => piece.push_part(part.clone()),
            }
        }
        pieces.push(piece);
        pieces
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                Part::Known(text) => f.write_str(text)?,
                Part::Assigned { logical_id, attribute, .. } if attribute == "Ref" => write!(f, "${{{logical_id}}}")?,
                Part::Assigned { logical_id, attribute, .. } => write!(f, "${{{logical_id}.{attribute}}}")?,
                Part::Open(words) => write!(f, "${{{words}}}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_neighbours_are_one_known_text() {
        let mut text = Text::known("arn:");
        text.push(Text::known("aws"));
        assert_eq!(text, Text::known("arn:aws"));
        text.push(Text::open("AWS::Region"));
        assert_eq!((text.as_known(), text.to_string()), (None, "arn:aws${AWS::Region}".into()));
    }

    #[test]
    fn a_split_keeps_unknowns_in_their_piece() {
        let mut text = Text::known("a:b-");
        text.push(Text::assigned(0, "Role", "Arn"));
        text.push_str("-c:d");
        let pieces: Vec<String> = text.split(":").iter().map(ToString::to_string).collect();
        assert_eq!(pieces, ["a", "b-${Role.Arn}-c", "d"]);
    }

    #[test]
    fn no_text_grows_without_end() {
        let mut text = Text::known("ab".repeat(1000));
        for _ in 0..40 {
            text.push(text.clone());
        }
        assert!(text.to_string().len() < 2 * LONGEST);
    }
}
