//! The action of a request, and a quick answer for most of the statements that are about something else.

use construct_core::fingerprint;

use super::context::Context;
use super::pattern::Pattern;
use super::truth::Truth;

/// An action as a request names it. Actions compare without regard to case, so that it is prepared once for any number
/// of requests.
///
/// ```
/// use construct_iam::access::Action;
///
/// assert_eq!(Action::from("s3:GetObject").name(), "s3:GetObject");
/// ```
#[derive(Clone, Debug)]
pub struct Action {
    name: Box<str>,
    /// In lower case.
    lookup: Box<str>,
    sieve: Sieve,
    /// Of what is in lower case, if that is ASCII.
    hash: Option<u64>,
    pub(crate) concerns: Concerns,
    /// If IAM decides about this very action in a way of its own.
    pub(crate) rule: Option<OwnRule>,
    /// Whether it is an operation on a key that works from another account.
    pub(crate) works_across_accounts: bool,
}

/// What decides which kind of resource an action is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Concerns {
    /// A KMS key.
    Key,
    /// A KMS key or an alias of one.
    KeyOrAlias,
    /// Perhaps the trust of a role.
    Trust,
    Other,
}

/// What IAM decides in ways of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum OwnRule {
    /// Asking who one is.
    WhoAmI,
    TakeRole,
    PassRole,
}

/// Operations on a key that work from another account; `ReEncrypt` is authorised as two actions.
const KEY_ACTIONS_ACROSS_ACCOUNTS: [&str; 20] = [
    "creategrant",
    "decrypt",
    "derivesharedsecret",
    "describekey",
    "encrypt",
    "generatedatakey",
    "generatedatakeypair",
    "generatedatakeypairwithoutplaintext",
    "generatedatakeywithoutplaintext",
    "generatemac",
    "getkeyrotationstatus",
    "getpublickey",
    "listgrants",
    "reencryptfrom",
    "reencryptto",
    "retiregrant",
    "revokegrant",
    "sign",
    "verify",
    "verifymac",
];

/// One bit for the service and one for the whole name: what an action has and a statement lacks, the statement cannot
/// be about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sieve {
    services: u64,
    names: u64,
}

impl From<&str> for Action {
    fn from(name: &str) -> Self {
        let lookup = name.to_ascii_lowercase().into_boxed_str();
        let (service, operation) = lookup.split_once(':').unwrap_or_default();
        let concerns = match (service, operation) {
            ("kms", "createalias" | "updatealias" | "deletealias") => Concerns::KeyOrAlias,
            ("kms", _) => Concerns::Key,
            ("sts", _) => Concerns::Trust,
            _ => Concerns::Other,
        };
        let rule = match (service, operation) {
            ("sts", "getcalleridentity") => Some(OwnRule::WhoAmI),
            ("sts", "assumerole") => Some(OwnRule::TakeRole),
            ("iam", "passrole") => Some(OwnRule::PassRole),
            _ => None,
        };
        let works_across_accounts = service == "kms" && KEY_ACTIONS_ACROSS_ACCOUNTS.contains(&operation);
        let (sieve, hash) = (Sieve::of(&lookup, false), lookup.is_ascii().then(|| fingerprint(&lookup)));
        Self { name: name.into(), sieve, hash, lookup, concerns, rule, works_across_accounts }
    }
}

impl From<String> for Action {
    fn from(name: String) -> Self {
        name.as_str().into()
    }
}

impl Action {
    /// As given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// In lower case.
    pub(crate) fn lookup(&self) -> &str {
        &self.lookup
    }

    /// The part before the colon, in lower case.
    pub(crate) fn service(&self) -> &str {
        self.lookup.split(':').next().unwrap_or_default()
    }

    pub(crate) fn sieve(&self) -> Sieve {
        self.sieve
    }

    /// The same, with the [`name_hash`] of the pattern: most names differ in it.
    pub(crate) fn is_covered(&self, pattern: &Pattern, hash: Option<u64>) -> Truth {
        match (self.hash, hash) {
            // Without wildcards on one side and symbols on either, names cover what is equal to them.
            (Some(own), Some(hash)) => Truth::from(own == hash && pattern.source() == &*self.lookup),
            _ => self.is_covered_by(pattern),
        }
    }

    /// Whether a pattern of an `Action` element, in lower case, covers the action.
    pub(crate) fn is_covered_by(&self, pattern: &Pattern) -> Truth {
        if pattern.is_anything() {
            return Truth::Yes;
        }
        let matched = pattern.at_once(&self.lookup).unwrap_or_else(|| {
            // Actions have no variables.
            pattern.glob(&self.lookup, &Context::closed()).unwrap_or(Truth::Unknown)
        });
        // `*` alone may do without a service prefix; for anything else a prefix is required, and its lack is not
        // documented.
        if matched.is_no() || pattern.source().contains(':') { matched } else { matched.doubted() }
    }
}

/// The hash of a pattern that spells out one action of one service; `None` for other patterns.
pub(crate) fn name_hash(pattern: &Pattern) -> Option<u64> {
    (pattern.is_literal() && pattern.source().contains(':')).then(|| fingerprint(pattern.source()))
}

impl Sieve {
    const NOTHING: Self = Self { services: 0, names: 0 };
    const ANYTHING: Self = Self { services: u64::MAX, names: u64::MAX };

    /// What any of the patterns may cover.
    pub(crate) fn of_patterns(patterns: &[Pattern]) -> Self {
        patterns.iter().map(|pattern| Self::of(pattern.source(), true)).fold(Self::NOTHING, |all, one| Self {
            services: all.services | one.services,
            names: all.names | one.names,
        })
    }

    /// Whether what has the one may be covered by what has the other.
    pub(crate) fn meets(self, other: Self) -> bool {
        self.services & other.services != 0 && self.names & other.names != 0
    }

    fn of(text: &str, wildcards: bool) -> Self {
        // What is not known may be anything.
        if !text.is_ascii() {
            return Self::ANYTHING;
        }
        // FNV-1a.
        let mut hash = 0xCBF2_9CE4_8422_2325_u64;
        let mut services = u64::MAX;
        for c in text.bytes() {
            match c {
                b'*' | b'?' if wildcards => return Self { services, names: u64::MAX },
                b':' if services == u64::MAX => services = Self::bit(hash),
                _ => {}
            }
            hash = (hash ^ u64::from(c)).wrapping_mul(0x0100_0000_01B3);
        }
        Self { services, names: Self::bit(hash) }
    }

    fn bit(hash: u64) -> u64 {
        1 << (hash >> 58)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::pattern::Variables;
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text.to_ascii_lowercase(), true, Variables::Literal)
    }

    #[test]
    fn other_services_and_other_names_fall_through() {
        let sieve = Sieve::of_patterns(&[pattern("s3:GetObject"), pattern("s3:PutObject")]);
        let meets = |name: &str| Action::from(name).sieve().meets(sieve);
        assert!(meets("S3:getObject") && meets("s3:PutObject"));
        assert!(!meets("kms:GetObject") && !meets("s3:ListBucket"));
        let wild = Sieve::of_patterns(&[pattern("s3:Get*")]);
        assert!(Action::from("s3:ListBucket").sieve().meets(wild), "names with wildcards are looked at");
        assert!(!Action::from("kms:Decrypt").sieve().meets(wild));
    }

    fn names(words: &'static str) -> impl Strategy<Value = String> {
        words.prop_map(|text| text.replace('#', "\u{E000}").replace('!', "\u{10FFFD}"))
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

        /// What falls through the sieve is covered by no pattern, and hashes change nothing.
        #[test]
        fn nothing_is_lost(source in names("[aAb:*?#!]{0,6}"), other in names("[aAb:*#!]{0,6}"), same in any::<bool>()) {
            // Most random names differ.
            let (pattern, action) = (pattern(&source), Action::from(if same { source } else { other }));
            let is_covered = !action.is_covered_by(&pattern).is_no();
            prop_assert_eq!(action.is_covered(&pattern, name_hash(&pattern)), action.is_covered_by(&pattern));
            prop_assert!(action.sieve().meets(Sieve::of_patterns(&[pattern])) || !is_covered);
        }
    }
}
