//! Who asks: the principal, what every request of it has, and its policies; prepared once for all that it asks.

use std::sync::{Arc, OnceLock};

use construct_iam::access::{Context, Policy, PolicySet, Principal};

use super::physical::account_in;
use super::policies::everything;
use super::view::View;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    /// A role with the policies it has.
    Role(Arc<str>),
    /// A role that may do everything as far as its own account is concerned.
    Administrator(Arc<str>),
    /// A service.
    Service(&'static str),
}

impl Who {
    /// The account of who asks; none for services.
    pub(crate) fn account(&self) -> Option<&str> {
        match self {
            Self::Role(arn) | Self::Administrator(arn) => account_in(arn),
            Self::Service(_) => None,
        }
    }
}

/// Who asks, prepared.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) principal: Arc<Principal>,
    pub(crate) context: Arc<Context>,
    /// All policies but those of the resource.
    pub(crate) policies: PolicySet,
}

impl Caller {
    /// `None` if it is not known who asks.
    pub(crate) fn new(view: View<'_>, who: &Who) -> Option<Self> {
        let (principal, context) = match who {
            Who::Service(name) => {
                let principal = Principal::service(*name);
                let context = Context::open().of_principal(&principal);
                (principal, context)
            }
            Who::Role(arn) | Who::Administrator(arn) => {
                let principal = Principal::role_session(&view.text(arn), "run")?;
                let context = role_context(&principal, &view.world.policies.keys);
                (principal, context)
            }
        };
        Some(Self { principal: principal.into(), context: context.into(), policies: own_policies(view, who) })
    }
}

fn own_policies(view: View<'_>, who: &Who) -> PolicySet {
    let mut set = PolicySet::new();
    match who {
        Who::Service(_) => {}
        Who::Administrator(_) => set = set.identity(administrator().clone()),
        Who::Role(arn) => match view.world.roles.get(arn) {
            Some(role) => {
                set = role.identity.iter().fold(set, |set, ix| set.identity(view.policy(*ix)));
                set = role.boundary.into_iter().fold(set, |set, ix| set.boundary(view.policy(ix)));
            }
            None => set = set.identity(Policy::unknown(&format!("policies of the role {arn}"))),
        },
    }
    let levels = who.account().and_then(|account| view.world.scps.get(account));
    levels
        .into_iter()
        .flatten()
        .fold(set, |set, (level, all)| set.scp_level(Arc::clone(level), all.iter().map(|ix| view.policy(*ix))))
}

/// What verdicts call the policies of a stranger.
pub(crate) const ADMINISTRATOR: &str = "every permission in its own account";

fn administrator() -> &'static Policy {
    static POLICY: OnceLock<Policy> = OnceLock::new();
    POLICY
        .get_or_init(|| Policy::parse(ADMINISTRATOR, &everything()).unwrap_or_else(|_| Policy::unknown(ADMINISTRATOR)))
}

/// What every request of a role's session has, as far as some policy asks for it; the role itself is always told, for messages.
fn role_context(principal: &Principal, wanted: &[String]) -> Context {
    let wanted = |key: &str| wanted.iter().any(|wanted| wanted.eq_ignore_ascii_case(key));
    let mut context = Context::open().with("aws:PrincipalArn", principal.lasting_arn().unwrap_or_default());
    for (key, value) in [
        ("aws:PrincipalAccount", principal.account().unwrap_or_default()),
        ("aws:PrincipalType", "AssumedRole"),
        ("aws:PrincipalIsAWSService", "false"),
    ] {
        if wanted(key) {
            context = context.with(key, value);
        }
    }
    for key in [
        "aws:PrincipalServiceName",
        "aws:PrincipalServiceNamesList",
        "aws:username",
        "aws:SourceArn",
        "aws:SourceAccount",
    ] {
        if wanted(key) {
            context = context.absent(key);
        }
    }
    context
}
