//! Where things live: accounts, regions, partitions and the pair of account and region that CloudFormation calls an
//! environment.
//!
//! All types are `Copy` and hold their text inline, so that an environment can be a `const`, travels by value and never
//! borrows. A malformed account or region written in a `const` does not compile; one made at run time is kept as it was
//! written and becomes a finding of the synthesis, which knows the line that used it.

use std::fmt;

use thiserror::Error;

use crate::partition::Partition;
use crate::regions;

/// Why a text is no account, no region or no environment.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum EnvError {
    /// The text is not 12 decimal digits.
    #[error("`{0}` is no AWS account id: an account id is exactly 12 digits")]
    Account(String),
    /// The text names no region of [`Region::known`].
    #[error("`{0}` is no region this release knows")]
    Region(String),
}

impl EnvError {
    /// The change that most likely mends it.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Account(text) if text.len() == 11 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
                format!("write all 12 digits; if a leading zero was lost, it is `0{text}`")
            }
            Self::Account(text)
                if text.bytes().filter(u8::is_ascii_digit).count() == 12
                    && text.bytes().all(|byte| byte.is_ascii_digit() || b" -".contains(&byte)) =>
            {
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                format!("write the digits alone, as in `\"{digits}\"`")
            }
            Self::Account(_) => "write the 12 digits of the account as a string, for example `\"111111111111\"`".into(),
            Self::Region(text) => match regions::nearest(text) {
                Some(near) => format!(
                    "did you mean `{near}`? A region newer than this release is written `Region::unlisted(\"{text}\", Partition::Aws)`"
                ),
                None => format!(
                    "use a region code such as `us-east-1`; a region newer than this release is written `Region::unlisted(\"{text}\", Partition::Aws)`"
                ),
            },
        }
    }

    /// The region that a misspelt name most likely means.
    #[must_use]
    pub fn nearest_region(&self) -> Option<&'static str> {
        match self {
            Self::Account(_) => None,
            Self::Region(text) => regions::nearest(text),
        }
    }

    /// The code of the finding that reports it.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Account(_) => "env::malformed-account",
            Self::Region(_) => "env::unknown-region",
        }
    }
}

/// An AWS account id: exactly 12 digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(Inline<12, 16>);

impl AccountId {
    /// An account id.
    ///
    /// In a `const` a malformed id does not compile. At run time a malformed id is kept and reported by the synthesis
    /// as `env::malformed-account`; [`AccountId::parse`] tells at once.
    ///
    /// ```
    /// # use construct_core::AccountId;
    /// const TOOLS: AccountId = AccountId::new("111111111111");
    /// assert_eq!(TOOLS.as_str(), "111111111111");
    /// ```
    ///
    /// ```compile_fail
    /// # use construct_core::AccountId;
    /// const ELEVEN_DIGITS: AccountId = AccountId::new("11111111111");
    /// # fn main() { println!("{ELEVEN_DIGITS}") }
    /// ```
    #[must_use]
    pub const fn new(text: &str) -> Self {
        if !is_account_id(text.as_bytes()) {
            refuse::an_account_id_is_exactly_12_digits();
        }
        Self(Inline::new(text))
    }

    /// An account id from a text that is known only at run time.
    ///
    /// # Errors
    /// [`EnvError::Account`] when the text is not 12 digits.
    pub fn parse(text: &str) -> Result<Self, EnvError> {
        if is_account_id(text.as_bytes()) {
            Ok(Self(Inline::new(text)))
        } else {
            Err(EnvError::Account(text.to_owned()))
        }
    }

    /// The 12 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// What is wrong with an id that was made at run time, if anything is.
    #[must_use]
    pub fn problem(&self) -> Option<EnvError> {
        let id = self.as_str();
        (!is_account_id(id.as_bytes())).then(|| EnvError::Account(id.to_owned()))
    }
}

const fn is_account_id(bytes: &[u8]) -> bool {
    if bytes.len() != 12 {
        return false;
    }
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_digit() {
            return false;
        }
        at += 1;
    }
    true
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An AWS region and the partition it belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region {
    name: Inline<30, 32>,
    /// `None` for a name no table knows, made at run time.
    partition: Option<Partition>,
}

impl Region {
    /// A region by its code, such as `us-east-1`.
    ///
    /// In a `const` an unknown region does not compile. At run time it is kept and reported by the synthesis as
    /// `env::unknown-region`; [`Region::parse`] tells at once, [`Region::unlisted`] adds a region newer than the table.
    #[must_use]
    pub const fn new(name: &str) -> Self {
        let partition = regions::partition_of(name);
        if partition.is_none() {
            refuse::this_release_knows_no_such_region();
        }
        Self { name: Inline::new(name), partition }
    }

    /// A region that the table of this release does not list yet.
    #[must_use]
    pub const fn unlisted(name: &str, partition: Partition) -> Self {
        if name.len() < 4 || name.len() > 30 {
            refuse::a_region_name_has_4_to_30_characters();
        }
        Self { name: Inline::new(name), partition: Some(partition) }
    }

    /// A region from a text that is known only at run time.
    ///
    /// # Errors
    /// [`EnvError::Region`] when the table of this release has no such region.
    pub fn parse(name: &str) -> Result<Self, EnvError> {
        match regions::partition_of(name) {
            Some(partition) => Ok(Self { name: Inline::new(name), partition: Some(partition) }),
            None => Err(EnvError::Region(name.to_owned())),
        }
    }

    /// All regions of the table, in the order of their names.
    pub fn known() -> impl Iterator<Item = Self> {
        regions::TABLE.iter().map(|(name, partition)| Self { name: Inline::new(name), partition: Some(*partition) })
    }

    /// The region's code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.name.as_str()
    }

    /// The partition; `aws` for a region that is about to be refused.
    #[must_use]
    pub const fn partition(&self) -> Partition {
        match self.partition {
            Some(partition) => partition,
            None => Partition::Aws,
        }
    }

    /// What is wrong with a region that was made at run time, if anything is.
    #[must_use]
    pub fn problem(&self) -> Option<EnvError> {
        let shape = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let name = self.as_str();
        let sound = self.partition.is_some() && name.len() >= 4 && name.bytes().all(shape);
        (!sound).then(|| EnvError::Region(name.to_owned()))
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An account and a region: where a stack stands or an action runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Env {
    /// The account.
    pub account: AccountId,
    /// The region.
    pub region: Region,
}

impl Env {
    /// An environment; in a `const` a malformed one does not compile.
    ///
    /// ```
    /// # use construct_core::Env;
    /// const TOOLS: Env = Env::new("111111111111", "us-east-1");
    /// assert_eq!(TOOLS.to_string(), "111111111111/us-east-1");
    /// ```
    #[must_use]
    pub const fn new(account: &str, region: &str) -> Self {
        Self { account: AccountId::new(account), region: Region::new(region) }
    }

    /// An environment from texts that are known only at run time.
    ///
    /// # Errors
    /// [`EnvError`] when the account is not 12 digits or the region is unknown.
    pub fn parse(account: &str, region: &str) -> Result<Self, EnvError> {
        Ok(Self { account: AccountId::parse(account)?, region: Region::parse(region)? })
    }

    /// The partition of the region.
    #[must_use]
    pub const fn partition(&self) -> Partition {
        self.region.partition()
    }

    /// What is wrong with an environment that was made at run time.
    pub fn problems(&self) -> impl Iterator<Item = EnvError> {
        self.account.problem().into_iter().chain(self.region.problem())
    }
}

impl fmt::Display for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.region)
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Text of at most `ROOM` bytes, held inline. A longer text keeps its beginning and a mark that says so: no valid account
/// or region is that long, so the mark only ever shows in a finding.
///
/// It begins whole and aligned blocks, of which the last byte says how long it is: that blocks are text is found out in
/// one look at each, and at every byte of a text of an odd length.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(align(8))]
struct Inline<const ROOM: usize, const SIZE: usize> {
    bytes: [u8; SIZE],
}

impl<const ROOM: usize, const SIZE: usize> Inline<ROOM, SIZE> {
    const fn new(text: &str) -> Self {
        const { assert!(ROOM < SIZE && SIZE <= 128, "its length is one byte of it, and that is a character") };
        let source = text.as_bytes();
        let mut bytes = [0; SIZE];
        let mut end = if source.len() > ROOM { ROOM - 1 } else { source.len() };
        // Never cut through a character: what is left must stay readable as text.
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut at = 0;
        while at < end {
            bytes[at] = source[at];
            at += 1;
        }
        if source.len() > ROOM {
            bytes[end] = b'~';
            end += 1;
        }
        bytes[SIZE - 1] = end as u8;
        Self { bytes }
    }

    fn as_str(&self) -> &str {
        let all = std::str::from_utf8(&self.bytes).unwrap_or_default();
        all.get(..usize::from(self.bytes[SIZE - 1])).unwrap_or_default()
    }
}

/// Functions that stop the evaluation of a `const` and do nothing at run time. Their names are the message: the compiler
/// prints them with the user's `const`.
///
/// A panic would also stop the compiler, but it would stop a running program as well, and bad input is a finding there.
/// `is_null` on a pointer outside its object is documented to fail in constant evaluation only, because there an address
/// is not known; at run time it is an ordinary comparison.
mod refuse {
    static ANCHOR: u8 = 0;

    const fn only_in_const_evaluation() {
        let outside = (&raw const ANCHOR).wrapping_add(1 << 16);
        let _ = outside.is_null();
    }

    pub(super) const fn an_account_id_is_exactly_12_digits() {
        only_in_const_evaluation();
    }

    pub(super) const fn this_release_knows_no_such_region() {
        only_in_const_evaluation();
    }

    pub(super) const fn a_region_name_has_4_to_30_characters() {
        only_in_const_evaluation();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOLS: Env = Env::new("111111111111", "us-east-1");

    #[test]
    fn a_const_environment_carries_its_partition() {
        assert_eq!(TOOLS.partition(), Partition::Aws);
        assert_eq!(Env::new("111111111111", "cn-north-1").partition(), Partition::AwsCn);
        assert_eq!(Env::new("111111111111", "us-gov-west-1").partition(), Partition::AwsUsGov);
    }

    #[test]
    fn malformed_text_at_run_time_is_kept_and_explained() {
        for text in ["", "11111111111", "1111111111111", "11111111111a", "１１１１", "aaaaaaaaaaaaaaaaaaaaaaaaa"] {
            let account = AccountId::new(text);
            assert!(account.problem().is_some(), "{text}");
            assert!(AccountId::parse(text).is_err(), "{text}");
        }
        for text in ["", "us-east", "US-EAST-1", "us-east-11", "mars-north-1", "ü-ü-ü-ü-ü-ü-ü-ü-ü-ü-ü-ü-ü-ü-ü-ü"]
        {
            assert!(Region::new(text).problem().is_some(), "{text}");
        }
        assert!(Region::unlisted("xx-new-9", Partition::Aws).problem().is_none());
    }

    #[test]
    fn text_that_is_too_long_keeps_its_beginning() {
        let account = |text: &str| Inline::<12, 16>::new(text).as_str().to_owned();
        for fits in ["", "1", "111111111111", "ééé", "\0\n"] {
            assert_eq!(account(fits), fits);
        }
        assert_eq!(account("1111111111112"), "11111111111~");
        assert_eq!(account("1111111111éé"), "1111111111~");
        let region = |text: &str| Inline::<30, 32>::new(text).as_str().to_owned();
        assert_eq!((region(&"x".repeat(30)), region(&"x".repeat(31))), ("x".repeat(30), "x".repeat(29) + "~"));
    }

    #[test]
    fn a_lost_zero_and_a_typo_are_named_in_the_help() {
        assert!(AccountId::parse("11111111111").unwrap_err().help().contains("011111111111"));
        for text in [" 111122223333 ", "1111-2222-3333"] {
            assert!(AccountId::parse(text).unwrap_err().help().contains("`\"111122223333\"`"), "{text}");
        }
        assert!(Region::parse("us-east1").unwrap_err().help().contains("`us-east-1`"));
        assert!(Region::parse("eu-west-11").unwrap_err().help().contains("`eu-west-1`"));
    }

    #[test]
    fn the_region_table_is_sorted_and_each_entry_parses() {
        let names: Vec<String> = Region::known().map(|region| region.to_string()).collect();
        assert!(names.is_sorted());
        assert!(names.iter().all(|name| Region::parse(name).is_ok()));
    }
}
