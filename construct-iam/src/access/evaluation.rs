//! The decision: what each policy says, and how AWS combines it.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html> and, for two accounts,
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html>.

use super::action::OwnRule;
use super::pattern::same_text;
use super::policy::{Effect, Policy, Statement};
use super::principal::{Named, Principal};
use super::request::{InForce, Level, Own, Query, ResourceKind};
use super::statement::{Left, Slot, applies, applies_still, left};
use super::truth::Truth;
use super::verdict::{Impossible, Outcome};

/// A statement that applies or may apply, or a policy that is not known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site<'a> {
    pub(crate) slot: Slot<'a>,
    pub(crate) policy: &'a Policy,
    pub(crate) statement: Option<(usize, &'a Statement)>,
    /// Why it only may apply, if the statement itself leaves no doubt.
    pub(crate) doubt: Option<&'static str>,
}

/// What becomes of the statements that an evaluation finds.
pub(crate) trait Tally<'a>: Default {
    /// Notes a statement that applies, or may apply.
    fn add(&mut self, site: Site<'a>, is_certain: bool);

    /// Whether there is one.
    fn truth(&self) -> Truth;
}

/// The statements themselves, for whoever wants to know the reasons.
#[derive(Debug, Default)]
pub(crate) struct Grant<'a> {
    pub(crate) certain: Vec<Site<'a>>,
    pub(crate) possible: Vec<Site<'a>>,
}

/// Whether there are any, for whoever wants to know the outcome.
#[derive(Debug)]
pub(crate) struct Any(Truth);

/// The Allow statements in the policy of the resource, by how they name the principal.
#[derive(Debug, Default)]
pub(crate) struct Grants<G> {
    pub(crate) directly: G,
    pub(crate) as_role: G,
    pub(crate) by_account: G,
}

/// Everything the policies say about a request.
#[derive(Debug)]
pub(crate) struct Evaluation<'a, G = Grant<'a>> {
    pub(crate) request: Query<'a>,
    pub(crate) policies: InForce<'a>,
    pub(crate) identity: G,
    pub(crate) resource: Grants<G>,
    pub(crate) boundary: Option<G>,
    pub(crate) session: Option<G>,
    pub(crate) scps: Vec<(&'a Level, G)>,
    pub(crate) denies: G,
    pub(crate) same_account: Truth,
    pub(crate) impossible: Option<Impossible>,
}

impl<'a> Tally<'a> for Grant<'a> {
    fn add(&mut self, site: Site<'a>, is_certain: bool) {
        if is_certain { self.certain.push(site) } else { self.possible.push(site) }
    }

    fn truth(&self) -> Truth {
        match (self.certain.is_empty(), self.possible.is_empty()) {
            (false, _) => Truth::Yes,
            (true, false) => Truth::Unknown,
            (true, true) => Truth::No,
        }
    }
}

impl Default for Any {
    fn default() -> Self {
        Self(Truth::No)
    }
}

impl Any {
    /// What is said of policies that are not read yet.
    pub(crate) fn anything() -> Self {
        Self(Truth::Yes)
    }
}

impl Tally<'_> for Any {
    fn add(&mut self, _: Site<'_>, is_certain: bool) {
        self.0 = self.0.or(if is_certain { Truth::Yes } else { Truth::Unknown });
    }

    fn truth(&self) -> Truth {
        self.0
    }
}

impl<'a, G: Tally<'a>> Grants<G> {
    pub(crate) fn at_all(&self) -> Truth {
        self.directly.truth().or(self.as_role.truth()).or(self.by_account.truth())
    }
}

/// A statement of a resource's policy that says something to somebody, by where it stands.
#[derive(Debug)]
pub(crate) struct Remainder {
    policy: usize,
    /// `None`: nothing is known of the policy.
    statement: Option<(usize, Left)>,
}

impl Remainder {
    /// Whether it lets in somebody of an account, as far as the principals that it names tell.
    pub(crate) fn may_let_in(&self, policies: InForce<'_>, account: &[u8; 12]) -> bool {
        let statement = self.statement(policies);
        statement.is_none_or(|(one, _)| one.effect != Effect::Deny && !one.principal.are_others(account))
    }

    /// Whether it is denied to everybody by it, whatever else is known of who asks.
    pub(crate) fn denies_to_all(&self, policies: InForce<'_>) -> bool {
        let denies = |(one, left): (&Statement, &Left)| {
            one.effect == Effect::Deny && one.principal.are_all() && left.is_certain(one)
        };
        self.statement(policies).is_some_and(denies)
    }

    fn statement<'a>(&'a self, policies: InForce<'a>) -> Option<(&'a Statement, &'a Left)> {
        let (index, left) = self.statement.as_ref()?;
        let statements = policies.guard.resource.get(self.policy)?.statements()?;
        Some((statements.get(*index)?, left))
    }
}

/// What the policies of the resource say about the action in these circumstances, whoever asks: the principal of the
/// request does not count, and its context is what is known before it is known who asks.
pub(crate) fn left_of_resource(request: Query<'_>, policies: InForce<'_>) -> Vec<Remainder> {
    let mut rest = Vec::new();
    for (number, policy) in policies.guard.resource.iter().enumerate() {
        let Some(statements) = policy.statements() else {
            rest.push(Remainder { policy: number, statement: None });
            continue;
        };
        for (index, statement) in statements.iter().enumerate() {
            if let Some(left) = left(statement, Slot::Resource, request) {
                rest.push(Remainder { policy: number, statement: Some((index, left)) });
            }
        }
    }
    rest
}

/// How the principal's own policies take part.
#[derive(Clone, Copy, PartialEq)]
enum OwnPolicies {
    /// Identity policies, boundary, session policy and SCPs.
    All,
    /// It has none; whether SCPs limit it is not documented.
    PerhapsScps,
    None,
}

const SCP_DOUBT: &str = "whether service control policies apply to callers that an identity provider vouches for";
const RCP_DOUBT: &str = "whether resource control policies apply to the service";

/// Services for which [RCPs](https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html)
/// have been in force from the start. The list grows, so that for other services a Deny may or may not count.
const RCP_SERVICES: [&str; 5] = ["s3", "sts", "kms", "sqs", "secretsmanager"];

impl<'a, G: Tally<'a>> Evaluation<'a, G> {
    /// Reads all policies.
    pub(crate) fn new(request: Query<'a>, policies: InForce<'a>) -> Self {
        let mut this = Self::start(request, policies, G::default());
        this.read_identity();
        this.read_limits();
        this.read_resource();
        this.read_controls();
        this
    }

    /// Before anything is read.
    pub(crate) fn start(request: Query<'a>, policies: InForce<'a>, identity: G) -> Self {
        let same_account = match request.principal.account() {
            Some(account) => same_text(account, request.resource.account()),
            None => Truth::No,
        };
        Self {
            request,
            policies,
            identity,
            resource: Grants::default(),
            boundary: None,
            session: None,
            scps: Vec::new(),
            denies: G::default(),
            same_account,
            impossible: impossible(request, same_account),
        }
    }

    fn own_policies(&self) -> OwnPolicies {
        match self.request.principal {
            Principal::RoleSession { .. } | Principal::User { .. } | Principal::Root { .. } => OwnPolicies::All,
            Principal::Federated { .. } => OwnPolicies::PerhapsScps,
            // A service principal has no policies of its own, and SCPs do not apply to it.
            Principal::Service { .. } | Principal::Anonymous => OwnPolicies::None,
        }
    }

    pub(crate) fn read_identity(&mut self) {
        if self.own_policies() == OwnPolicies::All {
            self.identity = self.read(Slot::Identity, &self.policies.own.identity, None).directly;
        }
    }

    /// The boundary and the session policy.
    pub(crate) fn read_limits(&mut self) {
        if self.own_policies() == OwnPolicies::All {
            let Own { boundary, session, .. } = self.policies.own;
            self.boundary = boundary.as_deref().map(|p| self.read(Slot::Boundary, p, None).directly);
            self.session = session.as_deref().map(|p| self.read(Slot::Session, p, None).directly);
        }
    }

    pub(crate) fn read_resource(&mut self) {
        self.resource = self.read(Slot::Resource, &self.policies.guard.resource, None);
    }

    /// The control policies of the principal's account and of the resource's.
    pub(crate) fn read_controls(&mut self) {
        let own = self.own_policies();
        if own != OwnPolicies::None {
            let doubt = (own == OwnPolicies::PerhapsScps).then_some(SCP_DOUBT);
            for level in &self.policies.own.scps {
                let grant = self.read(Slot::Scp(level), &level.policies, doubt).directly;
                self.scps.push((level, grant));
            }
        }
        for level in &self.policies.guard.rcps {
            let doubt = (!RCP_SERVICES.contains(&self.request.action.service())).then_some(RCP_DOUBT);
            // `RCPFullAWSAccess` allows everything, so that only the Deny statements matter.
            self.read(Slot::Rcp(level), &level.policies, doubt);
        }
    }

    /// Collects the statements of some policies: those that deny in `self`, those that allow as the result.
    fn read(&mut self, slot: Slot<'a>, policies: &'a [Policy], doubt: Option<&'static str>) -> Grants<G> {
        let mut grants = Grants::default();
        for policy in policies {
            let Some(statements) = policy.statements() else {
                self.note_unknown(&mut grants, slot, policy);
                continue;
            };
            for (index, statement) in statements.iter().enumerate() {
                // Most statements are about other actions.
                if statement.action.pass_over(self.request.action) {
                    continue;
                }
                let named = applies(statement, slot, self.request, self.policies);
                self.note(&mut grants, slot, policy, (index, statement), named, doubt);
            }
        }
        grants
    }

    /// Notes what a statement says.
    fn note(
        &mut self,
        grants: &mut Grants<G>,
        slot: Slot<'a>,
        policy: &'a Policy,
        (index, statement): (usize, &'a Statement),
        named: Named,
        doubt: Option<&'static str>,
    ) {
        let at_all = named.at_all();
        if at_all.is_no() {
            return;
        }
        let site = Site { slot, policy, statement: Some((index, statement)), doubt: None };
        match statement.effect {
            Effect::Allow => grants.add(site, named),
            Effect::Deny if at_all.is_yes() && doubt.is_none() => self.denies.add(site, true),
            Effect::Deny => self.denies.add(Site { doubt, ..site }, false),
            Effect::Unknown => {
                self.denies.add(site, false);
                grants.add(site, named.doubted());
            }
        }
    }

    /// Notes that a policy is there of which nothing is known.
    fn note_unknown(&mut self, grants: &mut Grants<G>, slot: Slot<'a>, policy: &'a Policy) {
        let site = Site { slot, policy, statement: None, doubt: None };
        self.denies.add(site, false);
        grants.add(site, Named::UNKNOWN);
    }

    /// The policy of the resource, of which only this is left.
    pub(crate) fn read_rest_of_resource(&mut self, rest: &[Remainder]) {
        let (slot, policies) = (Slot::Resource, &self.policies.guard.resource);
        let mut grants = Grants::default();
        for Remainder { policy, statement } in rest {
            let policy = &policies[*policy];
            match (statement, policy.statements()) {
                (Some((index, left)), Some(statements)) => {
                    let statement = &statements[*index];
                    let named = applies_still(statement, left, slot, self.request, self.policies);
                    self.note(&mut grants, slot, policy, (*index, statement), named, None);
                }
                _ => self.note_unknown(&mut grants, slot, policy),
            }
        }
        self.resource = grants;
    }

    /// Asking who one is needs no permission, and works even where it is denied:
    /// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>.
    pub(crate) fn is_always_allowed(&self) -> bool {
        self.request.principal.is_identity() && self.request.action.rule == Some(OwnRule::WhoAmI)
    }

    /// Whether it is denied already by what was read.
    pub(crate) fn is_refused(&self) -> bool {
        self.denies.truth().is_yes() || self.allowed().is_no()
    }

    pub(crate) fn outcome(&self) -> Outcome {
        if self.is_always_allowed() {
            return Outcome::Allowed;
        }
        if self.denies.truth().is_yes() {
            return Outcome::ExplicitlyDenied;
        }
        match self.allowed() {
            Truth::No => Outcome::ImplicitlyDenied,
            Truth::Yes if self.denies.truth().is_no() => Outcome::Allowed,
            Truth::Yes | Truth::Unknown => Outcome::Indeterminate,
        }
    }

    /// Whether every side that has to allow the request does, leaving Deny statements aside.
    pub(crate) fn allowed(&self) -> Truth {
        if self.impossible.is_some() {
            return Truth::No;
        }
        let directly = self.resource.directly.truth();
        match self.request.principal {
            Principal::RoleSession { .. } | Principal::User { .. } | Principal::Root { .. } => {
                let allowed = match self.same_account {
                    Truth::Yes => self.allowed_inside_account(),
                    Truth::No => self.allowed_across_accounts(),
                    Truth::Unknown => match (self.allowed_inside_account(), self.allowed_across_accounts()) {
                        (inside, across) if inside == across => inside,
                        _ => Truth::Unknown,
                    },
                };
                allowed.and(self.allowed_by_scps())
            }
            Principal::Service { .. } | Principal::Anonymous => directly,
            Principal::Federated { .. } if self.undocumented_federation().is_some() => directly.doubted(),
            Principal::Federated { .. } => directly,
        }
    }

    /// Why nothing is documented about a request by means of an identity provider.
    pub(crate) fn undocumented_federation(&self) -> Option<&'static str> {
        if !matches!(self.request.principal, Principal::Federated { .. }) {
            None
        } else if self.request.kind != ResourceKind::Trust {
            Some("requests by means of an identity provider for anything but a role")
        } else if !self.same_account.is_yes() {
            Some("roles that trust an identity provider of another account")
        } else if !self.allowed_by_scps().is_yes() {
            Some(SCP_DOUBT)
        } else {
            None
        }
    }

    fn allowed_inside_account(&self) -> Truth {
        // An implicit deny in boundary or session policy does not limit what the resource gives to the session or user
        // itself.
        self.resource.directly.truth().or(self.limited_inside_account())
    }

    /// What identity policies, role and account give inside the account, within boundary and session policy.
    pub(crate) fn limited_inside_account(&self) -> Truth {
        let given = match self.request.kind {
            ResourceKind::Ordinary => self.identity_inside_account(),
            // Without the key policy or the trust policy nothing counts, and there the account only passes the right on.
            ResourceKind::Key | ResourceKind::Trust => self.passed_on_by_account(),
        };
        self.resource.as_role.truth().or(given).and(self.allowed_by_limits())
    }

    /// Whether the resource lets the account pass the right on, and the account does.
    pub(crate) fn passed_on_by_account(&self) -> Truth {
        self.resource.by_account.truth().and(self.identity_inside_account())
    }

    fn allowed_across_accounts(&self) -> Truth {
        if forbidden_across_accounts(self.request).is_some() {
            return Truth::No;
        }
        let identity = match self.request.principal {
            // The root user has every permission in its own account; of others, no page speaks.
            Principal::Root { .. } => Truth::Unknown,
            _ => self.identity.truth(),
        };
        self.resource.at_all().and(identity).and(self.allowed_by_limits())
    }

    pub(crate) fn identity_inside_account(&self) -> Truth {
        match self.request.principal {
            Principal::Root { .. } => Truth::Yes,
            _ => self.identity.truth(),
        }
    }

    pub(crate) fn allowed_by_limits(&self) -> Truth {
        let limit = |grant: &Option<G>| grant.as_ref().map_or(Truth::Yes, G::truth);
        limit(&self.boundary).and(limit(&self.session))
    }

    pub(crate) fn allowed_by_scps(&self) -> Truth {
        Truth::all(self.scps.iter().map(|(_, grant)| grant.truth()))
    }
}

impl<'a, G: Tally<'a>> Grants<G> {
    fn add(&mut self, site: Site<'a>, named: Named) {
        for (grant, truth) in [
            (&mut self.directly, named.directly),
            (&mut self.as_role, named.as_role),
            (&mut self.by_account, named.by_account),
        ] {
            match truth {
                Truth::Yes => grant.add(site, true),
                Truth::Unknown => grant.add(site, false),
                Truth::No => {}
            }
        }
    }
}

fn impossible(request: Query<'_>, same_account: Truth) -> Option<Impossible> {
    if matches!(request.principal, Principal::Root { .. }) && request.action.rule == Some(OwnRule::TakeRole) {
        return Some(Impossible::AssumeRoleAsRoot);
    }
    if same_account.is_no() && request.principal.is_identity() { forbidden_across_accounts(request) } else { None }
}

fn forbidden_across_accounts(request: Query<'_>) -> Option<Impossible> {
    if request.kind == ResourceKind::Key && !request.action.works_across_accounts {
        return Some(Impossible::KeyOperationAcrossAccounts);
    }
    (request.action.rule == Some(OwnRule::PassRole)).then_some(Impossible::PassRoleAcrossAccounts)
}

/// The policies in a slot.
pub(crate) fn policies_in<'a>(slot: Slot<'a>, evaluation: &Evaluation<'a>) -> &'a [Policy] {
    let set = evaluation.policies;
    match slot {
        Slot::Identity => &set.own.identity,
        Slot::Resource => &set.guard.resource,
        Slot::Boundary => set.own.boundary.as_deref().unwrap_or_default(),
        Slot::Session => set.own.session.as_deref().unwrap_or_default(),
        Slot::Scp(level) | Slot::Rcp(level) => &level.policies,
    }
}
