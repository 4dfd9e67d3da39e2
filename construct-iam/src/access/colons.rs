//! Where an ARN is divided into its six parts:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>.

use super::symbol::{is_symbol, is_text};

pub(crate) const PARTS: usize = 6;

/// Where the five colons stand that divide an ARN into its parts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Colons([u32; PARTS - 1]);

impl Colons {
    /// `None` if the text is no ARN, or hides where its parts begin.
    pub(crate) fn find(text: &str) -> Option<Self> {
        let mut colons = [0; PARTS - 1];
        let mut found = 0;
        for (at, c) in text.bytes().enumerate() {
            if c == b':' {
                colons[found] = u32::try_from(at).ok()?;
                found += 1;
                if found == PARTS - 1 {
                    let head = &text[..at];
                    let hides = !head.is_ascii() && head.chars().any(|c| is_symbol(c) && is_text(c));
                    return (!hides).then_some(Self(colons));
                }
            }
        }
        None
    }

    /// The account of an ARN.
    pub(crate) fn account(self, arn: &str) -> &str {
        let Self([.., before, behind]) = self;
        &arn[before as usize + 1..behind as usize]
    }

    /// Where the last part begins.
    pub(crate) fn behind(self) -> usize {
        self.0[PARTS - 2] as usize + 1
    }

    pub(crate) fn split(self, text: &str) -> [&str; PARTS] {
        let mut parts = [""; PARTS];
        let mut start = 0;
        for (part, colon) in parts.iter_mut().zip(self.0) {
            *part = &text[start..colon as usize];
            start = colon as usize + 1;
        }
        parts[PARTS - 1] = &text[start..];
        parts
    }
}

/// The six parts of an ARN, unless the text is none or hides where they begin.
pub(crate) fn split_text(arn: &str) -> Option<[&str; PARTS]> {
    Some(Colons::find(arn)?.split(arn))
}

#[cfg(test)]
mod tests {
    use super::{Colons, split_text};

    #[test]
    fn split() {
        assert_eq!(split_text("arn:aws:s3:::b:c/d"), Some(["arn", "aws", "s3", "", "", "b:c/d"]));
        assert_eq!(split_text("arn:aws:s3::b"), None);
        let queue = "arn:aws:sqs:us-east-1:111111111111:orders";
        let account = |arn| Colons::find(arn).map(|colons| colons.account(arn));
        assert_eq!((account(queue), account("arn:aws:s3:::b")), (Some("111111111111"), Some("")));
        assert_eq!(split_text("arn:aws:s3::\u{F0000}:b"), None);
        assert_eq!(
            split_text("arn:aws:s3::\u{E000}:\u{F0000}"),
            Some(["arn", "aws", "s3", "", "\u{E000}", "\u{F0000}"])
        );
    }
}
