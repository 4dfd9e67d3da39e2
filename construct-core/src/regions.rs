//! The table of regions: data with a date.
//!
//! As of 2026-11: the regions in AWS's list of endpoints
//! (<https://docs.aws.amazon.com/general/latest/gr/rande.html>) and those of the other partitions.
//! A newer region needs no release of this crate: [`Region::unlisted`](crate::Region::unlisted).

use crate::partition::Partition::{self, Aws, AwsCn, AwsEusc, AwsIso, AwsIsoB, AwsIsoE, AwsIsoF, AwsUsGov};

pub(crate) const TABLE: &[(&str, Partition)] = &[
    ("af-south-1", Aws),
    ("ap-east-1", Aws),
    ("ap-east-2", Aws),
    ("ap-northeast-1", Aws),
    ("ap-northeast-2", Aws),
    ("ap-northeast-3", Aws),
    ("ap-south-1", Aws),
    ("ap-south-2", Aws),
    ("ap-southeast-1", Aws),
    ("ap-southeast-2", Aws),
    ("ap-southeast-3", Aws),
    ("ap-southeast-4", Aws),
    ("ap-southeast-5", Aws),
    ("ap-southeast-6", Aws),
    ("ap-southeast-7", Aws),
    ("ca-central-1", Aws),
    ("ca-west-1", Aws),
    ("cn-north-1", AwsCn),
    ("cn-northwest-1", AwsCn),
    ("eu-central-1", Aws),
    ("eu-central-2", Aws),
    ("eu-isoe-west-1", AwsIsoE),
    ("eu-north-1", Aws),
    ("eu-south-1", Aws),
    ("eu-south-2", Aws),
    ("eu-west-1", Aws),
    ("eu-west-2", Aws),
    ("eu-west-3", Aws),
    ("eusc-de-east-1", AwsEusc),
    ("il-central-1", Aws),
    ("me-central-1", Aws),
    ("me-south-1", Aws),
    ("mx-central-1", Aws),
    ("sa-east-1", Aws),
    ("us-east-1", Aws),
    ("us-east-2", Aws),
    ("us-gov-east-1", AwsUsGov),
    ("us-gov-west-1", AwsUsGov),
    ("us-iso-east-1", AwsIso),
    ("us-iso-west-1", AwsIso),
    ("us-isob-east-1", AwsIsoB),
    ("us-isob-west-1", AwsIsoB),
    ("us-isof-east-1", AwsIsoF),
    ("us-isof-south-1", AwsIsoF),
    ("us-west-1", Aws),
    ("us-west-2", Aws),
];

/// The partition of a region in the table.
pub(crate) const fn partition_of(name: &str) -> Option<Partition> {
    let mut at = 0;
    while at < TABLE.len() {
        if same(TABLE[at].0.as_bytes(), name.as_bytes()) {
            return Some(TABLE[at].1);
        }
        at += 1;
    }
    None
}

/// The region that a misspelt name most likely means: the one at most two edits away.
pub(crate) fn nearest(name: &str) -> Option<&'static str> {
    let name = name.trim().to_ascii_lowercase().replace('_', "-");
    TABLE
        .iter()
        .map(|(known, _)| (edits(known, &name), *known))
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, known)| known)
}

const fn same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    let mut at = 0;
    while at < left.len() {
        if left[at] != right[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// How many letters of one text have to be added, left out or replaced to have the other one: for findings that say what
/// somebody may have meant.
#[must_use]
pub fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, from) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in right.iter().enumerate() {
            let substitute = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = substitute.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_region_is_guessed_from_two_edits_at_most() {
        for meant in ["us-east-1", " US_East_1", "us-est-1", "useast-1", "us-eats-1", "u-east1"] {
            assert_eq!(nearest(meant), Some("us-east-1"), "{meant}");
        }
        assert_eq!((nearest("useast"), nearest("Virginia"), nearest("")), (None, None, None));
    }
}
