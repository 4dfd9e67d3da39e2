//! One request, asked of the policies in force.

use std::sync::{Arc, OnceLock};

use construct_iam::access::{
    Context, ContextValue, Outcome, Policy, PolicySet, Principal, Request, Unknown, Verdict, evaluate, outcome, symbol,
};

use super::physical::account_in;
use super::place::PolicyIx;
use super::policies::everything;
use super::symbols::{Origin, Symbols};
use super::world::World;

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

/// A request in short.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    pub(crate) who: Who,
    pub(crate) action: &'static str,
    pub(crate) resource: Arc<str>,
    /// The account that owns the resource.
    pub(crate) owner: Arc<str>,
    pub(crate) facts: Facts,
}

impl Question {
    /// The account of who asks; none for services.
    pub(crate) fn who_account(&self) -> Option<&str> {
        match &self.who {
            Who::Role(arn) | Who::Administrator(arn) => account_in(arn),
            Who::Service(_) => None,
        }
    }
}

/// What is known of the circumstances, as far as some policy asks for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Facts(Vec<(&'static str, Fact)>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fact {
    One(String),
    Many(Vec<String>),
    Absent,
}

/// The condition keys that some policy asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'w>(&'w [String]);

impl Wanted<'_> {
    fn has(self, key: &str) -> bool {
        self.0.iter().any(|wanted| wanted.eq_ignore_ascii_case(key))
    }
}

impl Facts {
    /// Says that the request has this value for the key.
    pub(crate) fn one(&mut self, wanted: Wanted<'_>, key: &'static str, value: impl FnOnce() -> String) {
        if wanted.has(key) {
            self.set(key, Fact::One(value()));
        }
    }

    pub(crate) fn many(&mut self, wanted: Wanted<'_>, key: &'static str, values: impl FnOnce() -> Vec<String>) {
        if wanted.has(key) {
            self.set(key, Fact::Many(values()));
        }
    }

    pub(crate) fn absent(&mut self, wanted: Wanted<'_>, key: &'static str) {
        if wanted.has(key) {
            self.set(key, Fact::Absent);
        }
    }

    fn set(&mut self, key: &'static str, fact: Fact) {
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some(known) => known.1 = fact,
            None => self.0.push((key, fact)),
        }
    }
}

/// Asks questions of a world.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker<'w> {
    world: &'w World,
    /// The policies with a text of its own in place of each symbol that stands for a value AWS makes up.
    apart: &'w OnceLock<Vec<Policy>>,
}

impl<'w> Asker<'w> {
    pub(crate) fn new(world: &'w World, apart: &'w OnceLock<Vec<Policy>>) -> Self {
        Self { world, apart }
    }

    pub(crate) fn world(&self) -> &'w World {
        self.world
    }

    pub(crate) fn wanted(&self) -> Wanted<'w> {
        Wanted(&self.world.policies.keys)
    }

    /// The outcome, or `None` if it is not known who asks.
    pub(crate) fn outcome(&self, question: &Question) -> Option<Outcome> {
        let request = self.request(question, &|text| text.to_owned())?;
        let policies = self.policies(question, None);
        let outcome = decide(&request, &policies);
        if outcome == Outcome::Indeterminate && self.only_ids_are_open(question, &evaluate(&request, &policies)) {
            let request = self.request(question, &|text| apart(&self.world.symbols, text))?;
            let world = self.world;
            let policies = self.apart.get_or_init(|| world.policies.rewritten(&|text| apart(&world.symbols, text)));
            let settled = decide(&request, &self.policies(question, Some(policies)));
            if matches!(settled, Outcome::ImplicitlyDenied | Outcome::ExplicitlyDenied) {
                return Some(settled);
            }
        }
        Some(outcome)
    }

    /// The verdict with its reasons. Nobody reads those of most requests, so that they are found anew when somebody does.
    pub(crate) fn verdict(&self, question: &Question) -> Option<Verdict> {
        let request = self.request(question, &|text| text.to_owned())?;
        Some(evaluate(&request, &self.policies(question, None)))
    }

    /// Whether the outcome is open only because ids that AWS makes up might be equal, which they are not: two resources have two ids, and a
    /// role that stands for "any other role" is none of those in the templates.
    fn only_ids_are_open(&self, question: &Question, verdict: &Verdict) -> bool {
        if matches!(question.who, Who::Administrator(_)) {
            return true;
        }
        let symbols = &self.world.symbols;
        let is_made = |text: &String| {
            let mut found = text.chars().filter(|c| symbol::is_symbolic(c.encode_utf8(&mut [0; 4]))).peekable();
            found.peek().is_some() && found.all(|c| is_made(symbols, c))
        };
        let decides = |assumption: &&construct_iam::access::Assumption| assumption.applies;
        let mut unknowns =
            verdict.assumptions.iter().filter(decides).flat_map(|assumption| &assumption.unknowns).peekable();
        unknowns.peek().is_some()
            && unknowns.all(|unknown| match unknown {
                Unknown::Resource { wanted } => wanted.iter().all(is_made),
                Unknown::Condition(tested) => tested.wanted.iter().all(is_made),
                _ => false,
            })
    }

    fn request(&self, question: &Question, rewrite: &dyn Fn(&str) -> String) -> Option<Request> {
        let mut context = Context::open();
        let principal = match &question.who {
            Who::Service(name) => {
                let principal = Principal::service(*name);
                context = context.of_principal(&principal);
                principal
            }
            Who::Role(arn) | Who::Administrator(arn) => {
                let principal = Principal::role_session(&rewrite(arn), "run")?;
                context = role_context(context, &principal, self.wanted());
                principal
            }
        };
        for (key, fact) in &question.facts.0 {
            context = context.set(
                key,
                match fact {
                    Fact::One(value) => ContextValue::One(rewrite(value)),
                    Fact::Many(values) => ContextValue::Many(values.iter().map(|value| rewrite(value)).collect()),
                    Fact::Absent => ContextValue::Absent,
                },
            );
        }
        let resource: Arc<str> = if question.resource.is_ascii() {
            Arc::clone(&question.resource)
        } else {
            rewrite(&question.resource).into()
        };
        Some(Request::new(principal, question.action, resource, &*question.owner).with_context(context))
    }

    fn policies(&self, question: &Question, apart: Option<&[Policy]>) -> PolicySet {
        let policies = &self.world.policies;
        let get = |ix: PolicyIx| apart.map_or_else(|| policies.get(ix).clone(), |all| all[ix].clone());
        let mut set = PolicySet::new();
        let account = match &question.who {
            Who::Service(_) => None,
            Who::Administrator(arn) => {
                set = set.identity(administrator().clone());
                account_in(arn)
            }
            Who::Role(arn) => {
                match self.world.roles.get(arn) {
                    Some(role) => {
                        set = role.identity.iter().fold(set, |set, ix| set.identity(get(*ix)));
                        if let Some(boundary) = role.boundary {
                            set = set.boundary(get(boundary));
                        }
                    }
                    None => set = set.identity(Policy::unknown(&format!("policies of the role {arn}"))),
                }
                account_in(arn)
            }
        };
        for policy in self.resource_policies(question) {
            set = set.resource(match policy {
                Guard::Known(ix) => get(ix),
                Guard::Unknown(name) => Policy::unknown(&name),
            });
        }
        for (level, all) in account.and_then(|account| self.world.scps.get(account)).into_iter().flatten() {
            set = set.scp_level(Arc::clone(level), all.iter().map(|ix| get(*ix)));
        }
        for (level, all) in self.world.rcps.get(&*question.owner).into_iter().flatten() {
            set = set.rcp_level(Arc::clone(level), all.iter().map(|ix| get(*ix)));
        }
        set
    }

    /// The policies of the resource.
    fn resource_policies(&self, question: &Question) -> Vec<Guard> {
        let world = self.world;
        let resource = &question.resource;
        let service = question.action.split(':').next().unwrap_or_default();
        let known = |ix: Option<PolicyIx>| ix.map(Guard::Known).into_iter().collect();
        let unknown = |what: &str| vec![Guard::Unknown(format!("{what} {resource}"))];
        let same_account = match &question.who {
            Who::Role(arn) | Who::Administrator(arn) => account_in(arn) == Some(&*question.owner),
            Who::Service(_) => false,
        };
        match service {
            "sts" => match world.roles.get(resource) {
                Some(role) => known(role.trust),
                None => unknown("trust policy of"),
            },
            "kms" => match world.key(resource) {
                Some(key) => known(Some(key.policy)),
                None => unknown("key policy of"),
            },
            "s3" => {
                let name = resource.split_once(":::").map_or("", |(_, rest)| rest);
                match world.buckets.get(name.split('/').next().unwrap_or_default()) {
                    Some(bucket) => known(bucket.policy),
                    None => unknown("bucket policy of"),
                }
            }
            // A bus lets in other accounts only where its policy says so.
            "events" => world
                .guarded
                .get(&**resource)
                .map_or_else(Vec::new, |bus| bus.policies.iter().map(|ix| Guard::Known(*ix)).collect()),
            "sns" | "ecr" => match world.guarded.get(&**resource) {
                Some(guarded) => guarded.policies.iter().map(|ix| Guard::Known(*ix)).collect(),
                None if &**resource == "*" => Vec::new(),
                None => unknown("policy of"),
            },
            // These services know no Deny in a policy of the resource, or no such policy at all.
            _ if same_account => Vec::new(),
            _ => unknown("policy of"),
        }
    }
}

/// The outcome alone. Most requests come out as they should, and then nobody asks for the reasons.
fn decide(request: &Request, policies: &PolicySet) -> Outcome {
    outcome(request, policies)
}

enum Guard {
    Known(PolicyIx),
    Unknown(String),
}

/// What verdicts call the policies of a stranger.
pub(crate) const ADMINISTRATOR: &str = "every permission in its own account";

fn administrator() -> &'static Policy {
    static POLICY: OnceLock<Policy> = OnceLock::new();
    POLICY
        .get_or_init(|| Policy::parse(ADMINISTRATOR, &everything()).unwrap_or_else(|_| Policy::unknown(ADMINISTRATOR)))
}

/// What every request of a role's session has, as far as some policy asks for it; the role itself is always told, for messages.
fn role_context(context: Context, principal: &Principal, wanted: Wanted<'_>) -> Context {
    let mut context = context.with("aws:PrincipalArn", principal.lasting_arn().unwrap_or_default());
    for (key, value) in [
        ("aws:PrincipalAccount", principal.account().unwrap_or_default()),
        ("aws:PrincipalType", "AssumedRole"),
        ("aws:PrincipalIsAWSService", "false"),
    ] {
        if wanted.has(key) {
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
        if wanted.has(key) {
            context = context.absent(key);
        }
    }
    context
}

/// Whether the symbol stands for the id or name of a resource. An attribute may have any value, and two of them the same.
fn is_made(symbols: &Symbols, c: char) -> bool {
    let is_id = |origin: &Origin| matches!(origin, Origin::Made { attribute: None, .. });
    ('\u{E000}'..='\u{F8FF}').contains(&c) && symbols.meaning(c).is_some_and(|meaning| is_id(&meaning.origin))
}

/// The text with a word of its own in place of each value that AWS makes up.
fn apart(symbols: &Symbols, text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_made(symbols, c) {
            out.push_str(&format!("made-{:06x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}
