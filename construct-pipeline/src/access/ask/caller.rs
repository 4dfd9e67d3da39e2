//! Who asks: the principal, what every request of it has, and its policies; prepared once for all that it asks.

use std::cell::Cell;
use std::sync::{Arc, OnceLock};

use construct_iam::access::{Context, Policy, PolicySet, Principal};

use super::facts::Facts;
use super::protected::Protected;
use super::view::View;
use crate::access::policies::administrator;
use crate::access::template::account_in;
use crate::access::world::World;

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

/// The name of no role of the pipelines.
pub(crate) const ANY_ROLE: &str = "any-other-role";

pub(crate) fn role_arn(partition: &str, account: &str, name: &str) -> Arc<str> {
    ["arn:", partition, ":iam::", account, ":role/", name].concat().into()
}

impl Who {
    /// The ARN of a role, or the name of a service.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Role(arn) | Self::Administrator(arn) => arn,
            Self::Service(name) => name,
        }
    }

    /// The same, shared.
    pub(crate) fn shared_name(&self) -> Arc<str> {
        match self {
            Self::Role(arn) | Self::Administrator(arn) => Arc::clone(arn),
            Self::Service(name) => (*name).into(),
        }
    }

    fn account(&self) -> Option<&str> {
        match self {
            Self::Role(arn) | Self::Administrator(arn) => account_in(arn),
            Self::Service(_) => None,
        }
    }
}

/// Who asks, prepared.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) who: Who,
    /// Of all for whom the same sessions hold, no two have the same.
    pub(crate) number: usize,
    /// `None` if it is not known who asks.
    pub(crate) principal: Option<Principal>,
    pub(crate) context: Arc<Context>,
    /// All policies but those of the resource.
    pub(crate) policies: PolicySet,
    /// The role itself, for those who take it on, once somebody does.
    taken: OnceLock<Arc<Protected>>,
}

/// What the requests of all roles have in common, as far as some policy asks for it.
#[derive(Debug)]
pub(crate) struct Sessions<'w> {
    world: &'w World,
    context: Arc<Context>,
    /// What a stranger may do.
    everything: PolicySet,
    /// How many callers there were.
    callers: Cell<usize>,
}

impl Caller {
    pub(crate) fn new(view: View<'_>, sessions: &Sessions<'_>, who: Who) -> Self {
        let principal = match &who {
            Who::Service(name) => Some(Principal::service(*name)),
            Who::Role(arn) | Who::Administrator(arn) => Principal::role_session(&view.text(arn), "run"),
        };
        let (context, policies) = match (&who, &principal) {
            (_, None) => (Context::open(), PolicySet::new()),
            (Who::Service(_), Some(principal)) => (Context::open().of_principal(principal), PolicySet::new()),
            (_, Some(principal)) => (sessions.context_of(principal), sessions.policies_of(view, &who)),
        };
        let (number, taken) = (sessions.number(), OnceLock::new());
        Self { who, number, principal, context: context.into(), policies, taken }
    }

    /// Somebody with the same name as this role, and other policies.
    pub(crate) fn under_the_name_of(role: &Self, view: View<'_>, sessions: &Sessions<'_>, who: Who) -> Self {
        let principal = role.principal.clone();
        let policies = if principal.is_some() { sessions.policies_of(view, &who) } else { PolicySet::new() };
        let (number, context) = (sessions.number(), Arc::clone(&role.context));
        Self { who, number, principal, context, policies, taken: OnceLock::new() }
    }

    /// The role as somebody else takes it on; `home` owns it if its ARN does not say who does.
    pub(crate) fn taken(&self, view: View<'_>, home: &str) -> Arc<Protected> {
        let guarded = || {
            let owner = self.account().unwrap_or(home);
            Protected::new(view, "sts", &self.who.shared_name(), owner, None).into()
        };
        Arc::clone(self.taken.get_or_init(guarded))
    }

    /// The account of who asks; none for services.
    pub(crate) fn account(&self) -> Option<&str> {
        match &self.principal {
            Some(principal) => principal.account().filter(|account| !account.is_empty()),
            None => self.who.account(),
        }
    }
}

impl<'w> Sessions<'w> {
    pub(crate) fn new(world: &'w World) -> Self {
        let mut facts = Facts::new(&world.policies.keys);
        facts.one("aws:PrincipalType", || "AssumedRole".to_owned());
        facts.one("aws:PrincipalIsAWSService", || "false".to_owned());
        for key in [
            "aws:PrincipalServiceName",
            "aws:PrincipalServiceNamesList",
            "aws:username",
            "aws:SourceArn",
            "aws:SourceAccount",
        ] {
            facts.absent(key);
        }
        let everything = PolicySet::new().identity(administrator().clone());
        Self { world, context: facts.context(), everything, callers: Cell::default() }
    }

    /// A number that nobody had.
    fn number(&self) -> usize {
        let number = self.callers.get();
        self.callers.set(number + 1);
        number
    }

    /// What every request of a role's session has; the role itself is always told, for messages.
    fn context_of(&self, principal: &Principal) -> Context {
        let role = principal.lasting_arn().unwrap_or_default();
        let context = Context::over(Arc::clone(&self.context)).with("aws:PrincipalArn", role);
        let mut facts = Facts::over(context, &self.world.policies.keys);
        let account = principal.account().unwrap_or_default();
        facts.one("aws:PrincipalAccount", || account.to_owned());
        facts.organization("aws:PrincipalOrgID", account, self.world);
        facts.into_context()
    }

    fn policies_of(&self, view: View<'_>, who: &Who) -> PolicySet {
        let set = match who {
            Who::Service(_) => PolicySet::new(),
            Who::Administrator(_) => self.everything.clone(),
            Who::Role(arn) => match view.world.roles.get(arn) {
                Some(role) => {
                    let one = |set: PolicySet, ix: &_| set.identity(view.policy(*ix));
                    let set = role.identity.iter().fold(PolicySet::new(), one);
                    role.boundary.into_iter().fold(set, |set, ix| set.boundary(view.policy(ix)))
                }
                None => PolicySet::new().identity(Policy::unknown(&format!("policies of the role {arn}"))),
            },
        };
        let scps = &view.world.scps;
        let levels = if scps.is_empty() { None } else { who.account().and_then(|account| scps.get(account)) };
        levels
            .into_iter()
            .flatten()
            .fold(set, |set, (level, all)| set.scp_level(Arc::clone(level), all.iter().map(|ix| view.policy(*ix))))
    }
}
