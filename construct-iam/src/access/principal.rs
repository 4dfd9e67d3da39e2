//! Who makes a request, and whom a `Principal` element names.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use super::colons::split_text;
use super::context::{Context, Found};
use super::pattern::same_text;
use super::symbol;
use super::truth::Truth;

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Principal {
    /// A session of a role: the usual principal of a pipeline.
    RoleSession {
        /// `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`; the path of the role is not in it.
        arn: String,
        /// ARN of the role, with its path.
        role_arn: String,
        /// Account of the role.
        account: String,
    },
    /// An IAM user.
    User {
        /// ARN of the user, with its path.
        arn: String,
        /// Account of the user.
        account: String,
    },
    /// The root user of an account.
    Root {
        /// `arn:aws:iam::ACCOUNT:root`.
        arn: String,
        /// The account.
        account: String,
    },
    /// An AWS service acting for itself, not through a role.
    Service {
        /// Such as `codepipeline.amazonaws.com`.
        name: String,
    },
    /// Somebody whom an identity provider vouches for, before a role is assumed.
    Federated {
        /// ARN or name of the provider.
        provider: String,
        /// Account of the provider.
        account: String,
    },
    /// A request that is not signed.
    Anonymous,
}

impl Principal {
    /// A session of the role; `None` if `role_arn` is not the ARN of a role.
    ///
    /// ```
    /// use construct_iam::access::Principal;
    ///
    /// let principal = Principal::role_session("arn:aws:iam::111111111111:role/ci/deploy", "s1").expect("the ARN of a role");
    /// assert_eq!(principal.arn(), Some("arn:aws:sts::111111111111:assumed-role/deploy/s1"));
    /// ```
    #[must_use]
    pub fn role_session(role_arn: &str, session: &str) -> Option<Self> {
        let ["arn", partition, "iam", "", account, role] = split_text(role_arn)? else { return None };
        let name = role.strip_prefix("role/")?.rsplit('/').next().filter(|name| !name.is_empty())?;
        Some(Self::RoleSession {
            arn: ["arn:", partition, ":sts::", account, ":assumed-role/", name, "/", session].concat(),
            role_arn: role_arn.to_owned(),
            account: account.to_owned(),
        })
    }

    /// An IAM user; `None` if `arn` is not the ARN of a user.
    #[must_use]
    pub fn user(arn: &str) -> Option<Self> {
        let ["arn", _, "iam", "", account, user] = split_text(arn)? else { return None };
        let name = user.strip_prefix("user/")?.rsplit('/').next()?;
        (!name.is_empty()).then(|| Self::User { arn: arn.to_owned(), account: account.to_owned() })
    }

    /// The root user of an account.
    #[must_use]
    pub fn root(partition: &str, account: &str) -> Self {
        Self::Root { arn: format!("arn:{partition}:iam::{account}:root"), account: account.to_owned() }
    }

    /// An AWS service.
    #[must_use]
    pub fn service(name: impl Into<String>) -> Self {
        Self::Service { name: name.into() }
    }

    /// ARN of the session, user or root user that makes the request.
    #[must_use]
    pub fn arn(&self) -> Option<&str> {
        match self {
            Self::RoleSession { arn, .. } | Self::User { arn, .. } | Self::Root { arn, .. } => Some(arn),
            Self::Service { .. } | Self::Federated { .. } | Self::Anonymous => None,
        }
    }

    /// The account whose policies the request has to pass; services and anonymous callers have none.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::RoleSession { account, .. }
            | Self::User { account, .. }
            | Self::Root { account, .. }
            | Self::Federated { account, .. } => Some(account),
            Self::Service { .. } | Self::Anonymous => None,
        }
    }

    /// What `aws:PrincipalArn` holds: of a session, its role.
    #[must_use]
    pub fn lasting_arn(&self) -> Option<&str> {
        match self {
            Self::RoleSession { role_arn, .. } => Some(role_arn),
            other => other.arn(),
        }
    }

    /// The partition in the ARN; empty if there is none.
    fn partition(&self) -> &str {
        let colon = |text: &str| text.bytes().position(|c| c == b':');
        let behind = self.arn().and_then(|arn| Some(&arn[colon(arn)? + 1..])).unwrap_or_default();
        &behind[..colon(behind).unwrap_or(behind.len())]
    }

    fn is_in_partition(&self, partition: &str) -> Truth {
        // Nearly always the ARN goes on with the very text.
        let rest = self.arn().and_then(|arn| arn.strip_prefix("arn:")?.strip_prefix(partition));
        if partition.is_ascii() && rest.is_some_and(|rest| rest.starts_with(':')) {
            return Truth::Yes;
        }
        same_text(partition, self.partition())
    }

    /// How messages call the principal.
    #[must_use]
    pub fn label(&self) -> &str {
        match self {
            Self::Service { name } => name,
            Self::Federated { provider, .. } => provider,
            Self::Anonymous => "an anonymous caller",
            other => other.arn().unwrap_or_default(),
        }
    }

    /// Whether the principal has an account whose identity policies apply to it.
    pub(crate) fn is_identity(&self) -> bool {
        matches!(self, Self::RoleSession { .. } | Self::User { .. } | Self::Root { .. })
    }
}

impl Context {
    /// Adds the keys that AWS derives from who makes the request: `aws:PrincipalArn` (of a session: its role),
    /// `aws:PrincipalAccount`, `aws:PrincipalType`, `aws:PrincipalIsAWSService`, `aws:PrincipalServiceName`, and
    /// `aws:username` of a user. Those that such a principal never has are absent.
    ///
    /// See [properties of the
    /// principal](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principal-properties).
    #[must_use]
    pub fn of_principal(self, principal: &Principal) -> Self {
        let named = |context: Self, arn: &str, account: &str, kind: &'static str| {
            context
                .with("aws:PrincipalArn", arn)
                .with("aws:PrincipalAccount", account)
                .with("aws:PrincipalType", kind)
                .with("aws:PrincipalIsAWSService", "false")
                .absent("aws:PrincipalServiceName")
        };
        match principal {
            Principal::RoleSession { role_arn, account, .. } => {
                named(self, role_arn, account, "AssumedRole").absent("aws:username")
            }
            Principal::User { arn, account } => {
                let context = named(self, arn, account, "User");
                match arn.rsplit('/').next().filter(|name| !symbol::is_symbolic(name)) {
                    Some(name) => context.with("aws:username", name),
                    None => context.unknown("aws:username"),
                }
            }
            Principal::Root { arn, account } => named(self, arn, account, "Account").absent("aws:username"),
            Principal::Service { name } => self
                .absent("aws:username")
                .with("aws:PrincipalIsAWSService", "true")
                .with("aws:PrincipalServiceName", name.as_str()),
            Principal::Federated { .. } => self.absent("aws:username").absent("aws:PrincipalServiceName"),
            Principal::Anonymous => self
                .absent("aws:PrincipalArn")
                .absent("aws:PrincipalAccount")
                .absent("aws:PrincipalIsAWSService")
                .absent("aws:PrincipalServiceName")
                .absent("aws:username"),
        }
    }
}

/// One entry of a `Principal` or `NotPrincipal` element.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Entry {
    /// `*` or `{"AWS": "*"}`.
    Anyone,
    /// An account id, or the ARN of an account root.
    Account {
        partition: Option<Box<str>>,
        id: Box<str>,
        /// The id, if it is as ids of accounts are.
        digits: Option<[u8; 12]>,
    },
    /// The ARN of a user, role or session.
    Arn(Box<str>),
    /// `AIDA…` or `AROA…`: what AWS makes of an ARN when it stores the policy.
    UniqueId(Box<str>),
    Service(Box<str>),
    Federated(Box<str>),
    CanonicalUser(Box<str>),
    /// The template does not say.
    Unknown,
}

/// How closely a `Principal` element names who makes the request. The difference matters inside one account:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html>.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Named {
    /// The session, the user, the service or everybody: nothing but a Deny or an SCP limits the permission.
    pub(crate) directly: Truth,
    /// The role of the session: boundary and session policy limit it.
    pub(crate) as_role: Truth,
    /// The account, which has to pass the permission on by an identity policy.
    pub(crate) by_account: Truth,
}

impl Named {
    pub(crate) const NOT: Self = Self { directly: Truth::No, as_role: Truth::No, by_account: Truth::No };
    pub(crate) const UNKNOWN: Self =
        Self { directly: Truth::Unknown, as_role: Truth::Unknown, by_account: Truth::Unknown };

    fn directly(directly: Truth) -> Self {
        Self { directly, ..Self::NOT }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        self.zip(other, Truth::or)
    }

    /// Each way, provided that `rest` holds as well.
    pub(crate) fn and(self, rest: Truth) -> Self {
        self.zip(Self { directly: rest, as_role: rest, by_account: rest }, Truth::and)
    }

    pub(crate) fn doubted(self) -> Self {
        self.and(Truth::Unknown)
    }

    /// In any of the three ways.
    pub(crate) fn at_all(self) -> Truth {
        self.directly.or(self.as_role).or(self.by_account)
    }

    fn zip(self, other: Self, with: impl Fn(Truth, Truth) -> Truth) -> Self {
        Self {
            directly: with(self.directly, other.directly),
            as_role: with(self.as_role, other.as_role),
            by_account: with(self.by_account, other.by_account),
        }
    }
}

impl Entry {
    /// Reads an entry of kind `AWS`.
    pub(crate) fn aws(text: &str) -> Self {
        if text == "*" {
            return Self::Anyone;
        }
        if let Some(digits) = account_digits(text) {
            return Self::Account { partition: None, id: text.into(), digits: Some(digits) };
        }
        if let Some(["arn", partition, "iam", "", id, "root"]) = split_text(text) {
            return Self::Account { partition: Some(partition.into()), id: id.into(), digits: account_digits(id) };
        }
        if !text.contains(':') && !symbol::is_symbolic(text) {
            return Self::UniqueId(text.into());
        }
        Self::Arn(text.into())
    }

    /// Whether it is a word that AWS gives to no user or role: the ids of those begin with an A and have capital
    /// letters and digits. <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
    pub(crate) fn is_no_id(&self) -> bool {
        let Self::UniqueId(id) = self else { return false };
        !id.starts_with('A') || !id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    }

    pub(crate) fn is_anyone(&self) -> bool {
        matches!(self, Self::Anyone)
    }

    /// How the entry names the principal.
    pub(crate) fn names(&self, principal: &Principal, context: &Context) -> Named {
        match (self, principal) {
            (Self::Anyone, _) => Named::directly(Truth::Yes),
            (Self::Unknown, _) => Named::UNKNOWN,
            (Self::Service(entry), Principal::Service { name }) => Named::directly(same_text(entry, name)),
            (Self::Federated(entry), Principal::Federated { provider, .. }) => {
                Named::directly(same_text(entry, provider))
            }
            (_, principal) if !principal.is_identity() => Named::NOT,
            (Self::Account { partition, id, digits }, _) => {
                let own = principal.account().unwrap_or_default();
                let is_equal = digits.is_some_and(|digits| digits == own.as_bytes());
                let mut same = if is_equal { Truth::Yes } else { same_text(id, own) };
                if let Some(partition) = partition.as_deref().filter(|_| !same.is_no()) {
                    same = same.and(principal.is_in_partition(partition));
                }
                match principal {
                    Principal::Root { .. } => Named::directly(same),
                    _ => Named { by_account: same, ..Named::NOT },
                }
            }
            (Self::Arn(entry), _) => {
                let directly = same_text(entry, principal.arn().unwrap_or_default());
                let as_role = match principal {
                    Principal::RoleSession { role_arn, .. } => same_text(entry, role_arn),
                    _ => Truth::No,
                };
                Named { directly, as_role, by_account: account_behind_symbol(entry, principal) }
            }
            (Self::UniqueId(id), _) => unique_id(id, context),
            // The canonical id names an account, and which one it is cannot be told from it:
            // https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html
            (Self::CanonicalUser(_), Principal::Root { .. }) => Named::directly(Truth::Unknown),
            (Self::CanonicalUser(_), _) => Named { by_account: Truth::Unknown, ..Named::NOT },
            (Self::Service(_) | Self::Federated(_), _) => Named::NOT,
        }
    }
}

/// Whether an entry that is a symbol, wholly or in part, may name the account.
fn account_behind_symbol(entry: &str, principal: &Principal) -> Truth {
    if !symbol::is_symbolic(entry) {
        return Truth::No;
    }
    let account = principal.account().unwrap_or_default();
    let partition = principal.partition();
    same_text(entry, account).or(same_text(entry, &format!("arn:{partition}:iam::{account}:root")))
}

/// Whether the id is that of the principal, which only `aws:userid` tells: `AROA…:SESSION` or `AIDA…`. Ids of deleted
/// roles stay in policies and name nobody.
fn unique_id(id: &str, context: &Context) -> Named {
    match context.find("aws:userid") {
        Found::Absent => Named::NOT,
        Found::One(userid) if !symbol::is_symbolic(userid) => match userid.split_once(':') {
            Some((role, _)) => {
                Named { directly: Truth::from(userid == id), as_role: Truth::from(role == id), by_account: Truth::No }
            }
            None => Named::directly(Truth::from(userid == id)),
        },
        _ => Named::UNKNOWN,
    }
}

/// The twelve digits of an account's id. Two such ids are one or differ; nothing about them is in doubt.
pub(crate) fn account_digits(id: &str) -> Option<[u8; 12]> {
    let digits: [u8; 12] = id.as_bytes().try_into().ok()?;
    digits.iter().all(u8::is_ascii_digit).then_some(digits)
}

/// How a `Principal` element names the principal.
pub(crate) fn named_by(entries: &[Entry], principal: &Principal, context: &Context) -> Named {
    // In long lists nearly all entries are other accounts, and nothing about them is in doubt.
    let own = principal.account().filter(|own| own.is_ascii()).map(str::as_bytes);
    let is_other = |entry: &Entry| matches!((entry, own), (Entry::Account { digits: Some(digits), .. }, Some(own)) if digits != own);
    let rest = entries.iter().filter(|entry| !is_other(entry));
    rest.fold(Named::NOT, |named, entry| named.or(entry.names(principal, context)))
}

/// Whether a `NotPrincipal` element leaves the principal out, so that its statement does not apply.
///
/// The list has to hold the session or user itself, the role, and the account; the account alone spares nobody but the
/// root user, and a principal with a permissions boundary is never spared. If only the account or the role is missing,
/// "might" is the word of
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>.
pub(crate) fn spared_by(entries: &[Entry], principal: &Principal, context: &Context, has_boundary: bool) -> Truth {
    if has_boundary {
        return Truth::No;
    }
    let named = named_by(entries, principal, context);
    let wholly = match principal {
        Principal::RoleSession { .. } => named.as_role.and(named.by_account),
        Principal::User { .. } => named.by_account,
        _ => Truth::Yes,
    };
    if entries.iter().any(Entry::is_anyone) {
        return Truth::Yes;
    }
    match (named.directly, wholly) {
        (Truth::Yes, Truth::Yes) => Truth::Yes,
        (Truth::No, _) => Truth::No,
        _ => Truth::Unknown,
    }
}

#[cfg(test)]
#[path = "principal_tests.rs"]
mod tests;
