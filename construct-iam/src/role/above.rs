//! What is said of roles from above: the boundary and the path of every role below a construct.

use construct_core::{Diagnostic, Env, Fact, Reach, Value, kind};

use super::is_name_byte;
use crate::arn::Arn;
use crate::policy::{arn_problem, policy_elsewhere};

/// A permissions boundary for every role below the construct it is attached to; the nearest wins, and a role's own
/// boundary wins over all.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html>
///
/// ```
/// use construct_core::{App, Env};
/// use construct_iam::PermissionsBoundary;
/// let mut app = App::new();
/// app.attach(app.root(), PermissionsBoundary::named("ci/boundary")); // arn:aws:iam::111111111111:policy/ci/boundary, and so on
/// # app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PermissionsBoundary(Boundary);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Boundary {
    Arn(Value<kind::Arn>),
    Named(String),
}

impl PermissionsBoundary {
    /// The managed policy that bounds what the roles may do, for roles of its own account.
    pub fn new(policy: impl Into<Value<kind::Arn>>) -> Self {
        Self(Boundary::Arn(policy.into()))
    }

    /// The managed policy of a name in the account that each role is in, with its path if it has one, as in
    /// `ci/boundary`.
    pub fn named(name: impl Into<String>) -> Self {
        Self(Boundary::Named(name.into()))
    }

    /// Why roles in an environment cannot have it: it is a policy of another account or partition.
    #[must_use]
    pub fn elsewhere(&self, env: Env) -> Option<Diagnostic> {
        let Boundary::Arn(policy) = &self.0 else { return None };
        let found = policy_elsewhere(policy, env)?;
        let name = policy.literal().and_then(|arn| arn.split_once(":policy/")).map_or("name", |(_, name)| name);
        let help =
            format!("write `PermissionsBoundary::named({name:?})`, which is the policy of that name in each account");
        Some(found.help(help))
    }

    /// The ARN for a role.
    pub(super) fn arn(&self, env: Env) -> Value<kind::Arn> {
        match &self.0 {
            Boundary::Arn(arn) => arn.clone(),
            Boundary::Named(name) => Arn::global(env, "iam", format!("policy/{}", name.trim_start_matches('/'))).into(),
        }
    }
}

impl Fact for PermissionsBoundary {
    const NAME: &'static str = "permissions boundary";
    const REACH: Reach = Reach::Subtree;

    fn contradicts(&self, other: &Self) -> Option<&'static str> {
        (self != other).then_some("permissions-boundary::contradiction")
    }

    fn problem(&self) -> Option<Diagnostic> {
        let name = match &self.0 {
            Boundary::Arn(arn) => return arn_problem(arn),
            Boundary::Named(name) => name,
        };
        let (path, last) = name.rsplit_once('/').unwrap_or(("", name));
        // https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html
        let sound = (1..=128).contains(&last.len())
            && !name.starts_with("arn:")
            && last.bytes().all(is_name_byte)
            && path.len() <= 510
            && path.bytes().all(|byte| byte.is_ascii_graphic());
        (!sound).then(|| {
            let message = format!("`{}` is no name of a managed policy", name.escape_debug());
            Diagnostic::error("iam::malformed-boundary-name", message)
                .help("write it as `name` or `path/name`; a policy known by its ARN goes to `PermissionsBoundary::new`")
        })
    }

    fn summary(&self) -> Option<String> {
        match &self.0 {
            Boundary::Arn(arn) => arn.literal().map(|arn| format!("`{arn}`")),
            Boundary::Named(name) => Some(format!("`{name}`")),
        }
    }
}

/// The path of every role below the construct it is attached to; the nearest wins, and a role's own path wins over all.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>
///
/// Decide it before the first deployment: IAM moves no role, and CloudFormation does not replace one that keeps its name.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html>
///
/// ```
/// use construct_core::{App, Env};
/// use construct_iam::RolePath;
/// let mut app = App::new();
/// app.attach(app.root(), RolePath::new("/ci/"));
/// # app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RolePath(String);

impl RolePath {
    /// A path, beginning and ending with `/`, at most 512 characters.
    pub fn new(path: impl Into<String>) -> Self {
        Self(path.into())
    }

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Fact for RolePath {
    const NAME: &'static str = "role path";
    const REACH: Reach = Reach::Subtree;

    fn contradicts(&self, other: &Self) -> Option<&'static str> {
        (self != other).then_some("role-path::contradiction")
    }

    fn problem(&self) -> Option<Diagnostic> {
        path_problem(&self.0)
    }

    fn summary(&self) -> Option<String> {
        Some(format!("`{}`", self.0))
    }
}

pub(super) fn path_problem(path: &str) -> Option<Diagnostic> {
    let sound = path == "/" || path.len() > 2 && path.starts_with('/') && path.ends_with('/');
    let sound = sound && path.len() <= 512 && path.bytes().all(|byte| byte.is_ascii_graphic());
    (!sound).then(|| {
        let message = format!("`{}` is no path of a role", path.escape_debug());
        Diagnostic::error("iam::malformed-path", message)
            .help("paths begin and end with `/`, as in `/delivery/`, and have at most 512 characters")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_is_of_the_account_of_the_role() {
        let (here, china) = (Env::new("111111111111", "us-east-1"), Env::new("111111111111", "cn-north-1"));
        let code = |arn: &'static str, env: Env| PermissionsBoundary::new(arn).elsewhere(env).map(|found| found.code());
        assert_eq!(code("arn:aws:iam::111111111111:policy/b", here), None);
        assert_eq!(code("arn:aws:iam::aws:policy/b", here), None);
        assert_eq!(code("arn:aws:iam::222222222222:policy/b", here), Some("iam::other-account"));
        assert_eq!(code("arn:aws:iam::aws:policy/b", china), Some("iam::other-partition"));
        assert!(PermissionsBoundary::named("b").elsewhere(china).is_none());
    }

    #[test]
    fn names_of_boundaries_are_those_of_managed_policies() {
        let problem = |name: String| PermissionsBoundary::named(name).problem();
        let (longest, deepest) = ("x".repeat(128), "p".repeat(510));
        for sound in ["b", "/ci/b", "ci/build+=,.@-_", &longest, &format!("{deepest}/b")] {
            assert!(problem(sound.to_owned()).is_none(), "{sound}");
        }
        for wrong in [
            "",
            "ci/",
            "a b",
            "ci b/x",
            "arn:b",
            "arn:aws:iam::1:policy/b",
            &format!("{longest}x"),
            &format!("{deepest}p/b"),
        ] {
            assert!(problem(wrong.to_owned()).is_some(), "{wrong}");
        }
    }
}
