//! Accesses and verdicts in sentences, for people who have never read a key policy.

use std::fmt::Write as _;

use construct_iam::access::{Citation, Failure, Impossible, Json, NearMiss, Outcome, Side, Tested, Unknown, Verdict};
use serde_json::Value;

use super::access::{Access, Decision, Expected, Purpose};
use super::answers::Report;
use super::repair::{Repair, What};
use crate::access::policies::{ADMINISTRATOR, Place};
use crate::access::template::{Templates, account_in, short_name};
use crate::access::world::ActionLabel;

/// What every proof takes for granted, as no template and no policy tells it.
#[must_use]
pub const fn premises() -> &'static [&'static str] {
    &[
        "service and resource control policies that were not given limit nothing",
        "regions that are not on by default are enabled in every account that uses them",
        "S3 Block Public Access, VPC endpoint policies, access control lists and KMS grants do not interfere",
        "no role that a policy names as principal was deleted and made anew since the policy was written",
        "CodePipeline keeps the artifacts of a pipeline in a folder of the bucket that begins with the first 20 characters of the pipeline's name",
        "EventBridge, CodePipeline, CodeBuild and CloudFormation make the calls that their documentation lists",
    ]
}

impl Report {
    /// Who asks, in short: the name of a role with its account, or the name of a service.
    #[must_use]
    pub fn short_principal(&self, access: &Access) -> String {
        let who = self.readable(access.principal());
        match account_in(&who) {
            Some(account) => format!("role {} of {account}", self.short(access.principal())),
            None if who.is_empty() => "a role that is not known".to_owned(),
            None => who,
        }
    }

    /// The name at the end of an ARN. Words for what is not known may hold anything, so they come last.
    fn short(&self, arn: &str) -> String {
        self.readable(short_name(arn))
    }

    /// The place of an access in its pipeline, such as `orders/Test/Deploy`.
    #[must_use]
    pub fn location(&self, access: &Access) -> String {
        let pipeline = self.readable(&access.pipeline.name);
        match &access.action {
            Some(action) => format!("{pipeline}/{}/{}", self.readable(&action.stage), self.readable(&action.name)),
            None => pipeline,
        }
    }

    /// What is asked for, as a clause after "so that": `the role deploy of 333333333333 reads the artifact Bundle`.
    #[must_use]
    pub fn what_for(&self, access: &Access) -> String {
        let who = self.short_principal(access);
        // A service has a name of its own.
        let doer = if who.starts_with("role ") { ["the ", &who].concat() } else { who.clone() };
        match &access.purpose {
            Purpose::StartsRun => "CodePipeline takes on the pipeline's role".to_owned(),
            Purpose::TakesActionRole if access.takes_own_role() => {
                format!("the pipeline takes on its own role {} for the action", self.short(access.resource()))
            }
            Purpose::TakesActionRole => {
                format!("the pipeline takes on the role of the action, {}", self.short(access.resource()))
            }
            Purpose::LooksAtStore => {
                format!("the pipeline looks at its store `{}`", self.short(access.resource()))
            }
            Purpose::Copies { artifact, to } => {
                format!("the pipeline copies the artifact `{artifact}` to the store in {to}")
            }
            Purpose::Reads { artifacts } => format!("{doer} reads {}", named(artifacts)),
            Purpose::Writes { artifacts } => format!("{doer} writes {}", named(artifacts)),
            Purpose::Calls if access.iam_action().is_empty() => {
                let provider = access.action.as_ref().map(|action| self.readable(&action.provider)).unwrap_or_default();
                format!("{doer} calls what actions of `{provider}` need, which is not listed here")
            }
            Purpose::Calls => format!("{doer} calls `{}`", access.iam_action()),
            Purpose::PassesRole if access.resource() == "*" => format!("{doer} hands over the roles of tasks"),
            Purpose::PassesRole => format!("{doer} hands over the role {}", self.short(access.resource())),
            Purpose::ServiceTakesRole => format!("{who} takes on the role {}", self.short(access.resource())),
            Purpose::DeploymentReads { artifacts } => {
                format!("the deployment, as {who}, reads {}", named(artifacts))
            }
            Purpose::EventStarts => format!("an event starts the pipeline, as {who}"),
            Purpose::EventForwards => {
                format!("an event is forwarded to `{}`, as {who}", self.readable(access.resource()))
            }
            Purpose::Stranger => format!("any other role, such as {who}, reaches the artifacts"),
            Purpose::PlainHttp => format!("{who} reaches the artifacts without encryption on the way"),
            Purpose::ReaderWrites => format!("{who}, which only reads artifacts, writes"),
            Purpose::KeyOutsideStore => format!("{who} uses the key of the store for other things than artifacts"),
            Purpose::StrangerTakesRole => format!("any other role, such as {who}, takes on the role of the action"),
            Purpose::OutsiderTakesRole => {
                format!("anybody in any account, such as {who}, takes on the role {}", self.short(access.resource()))
            }
            Purpose::OtherPipeline => format!("another pipeline, as {who}, reaches the artifacts"),
        }
    }

    /// One line: what is asked, what came of it.
    #[must_use]
    pub fn sentence(&self, access: &Access) -> String {
        let outcome = match (access.expected, access.decision) {
            (Expected::Allow, Decision::Allowed) => "may",
            (Expected::Allow, Decision::Denied) if access.only_if.is_some() => "may not, which some runs need",
            (Expected::Allow, Decision::Denied) => "MAY NOT, though the run needs it",
            (Expected::Deny, Decision::Denied) => "is kept out, as it should be",
            (Expected::Deny, Decision::Allowed) => "IS LET IN, though nobody needs it",
            (_, Decision::Open) => "may or may not: that depends on what is not known here",
        };
        let on = self.readable(access.resource());
        let action = if access.iam_action().is_empty() {
            String::new()
        } else {
            format!(" (`{}` on `{on}`)", access.iam_action())
        };
        format!("{}: {}{action}: {outcome}", self.location(access), self.what_for(access))
    }

    /// The reasons, one a line, each with the place of the statement that decides.
    #[must_use]
    pub fn reasons(&self, access: &Access) -> Vec<String> {
        let mut reasons: Vec<String> = access.remark.iter().map(|remark| self.readable(&remark.what)).collect();
        let Some(verdict) = self.verdict(access) else { return reasons };
        if access.decision == Decision::Denied && access.expected == Expected::Allow {
            reasons.extend(self.rule(access));
        }
        reasons.extend(verdict.impossible.map(impossible));
        for by in &verdict.allowed_by {
            reasons.push(match &*by.policy {
                ADMINISTRATOR => "granted that its own account gives it every permission".to_owned(),
                _ => format!("{} allows it", self.cite(by)),
            });
        }
        for denial in &verdict.denied_by {
            let because: Vec<String> = denial.conditions.iter().map(|tested| self.tested(tested)).collect();
            let because =
                if because.is_empty() { String::new() } else { format!(", because {}", because.join(" and ")) };
            reasons.push(format!(
                "{} forbids it{because}; a statement that forbids wins over all that allow",
                self.cite(&denial.by)
            ));
        }
        if verdict.outcome == Outcome::ImplicitlyDenied {
            reasons.extend(self.missing(access, &verdict));
        }
        for assumption in &verdict.assumptions {
            let about = assumption.about.as_ref().map_or_else(String::new, |about| format!("{}: ", self.cite(about)));
            let unknowns: Vec<String> = assumption.unknowns.iter().map(|unknown| self.unknown(unknown)).collect();
            let applies = if assumption.applies { "allows it if" } else { "must not forbid it, which it does if" };
            reasons.push(format!("{about}{applies} {}", unknowns.join(" and ")));
        }
        reasons
    }

    /// Everything about one access: the sentence, the reasons and the changes.
    #[must_use]
    pub fn explain(&self, access: &Access) -> String {
        let mut text = self.sentence(access);
        for reason in self.reasons(access) {
            let _ = write!(text, "\n  - {reason}");
        }
        if access.is_hole() || access.is_risk() {
            let repairs = self.repairs(access);
            for repair in &repairs {
                let _ = write!(text, "\n  => {repair}");
            }
            if let Some(fix) = self.fix(access).filter(|_| repairs.is_empty()) {
                let _ = write!(text, "\n  => {fix}");
            }
        }
        text
    }

    /// The story of an action: what happens in a run, access by access, in the order in which it happens.
    #[must_use]
    pub fn story(&self, action: &ActionLabel) -> Vec<String> {
        self.of_action(action).map(|access| self.explain(access)).collect()
    }

    /// Where the cited policy stands.
    #[must_use]
    pub fn place_of(&self, citation: &Citation) -> Option<Place> {
        self.world.place(self.world.policies.cited(citation)?)
    }

    /// The cited statement as the template has it.
    #[must_use]
    pub fn quote<'t>(&self, templates: &'t Templates<'t>, citation: &Citation) -> Option<&'t Json<'t>> {
        let place = self.place_of(citation)?;
        let document = templates.all.get(place.template?)?.body().pointer(&place.pointer)?;
        match document.get("Statement") {
            Some(Json::Array(statements)) => statements.get(citation.statement?),
            Some(one) => Some(one),
            // The statement of an event bus is the document itself.
            None => Some(document),
        }
    }

    /// A statement by its place, in words.
    #[must_use]
    pub fn cite(&self, citation: &Citation) -> String {
        let which = match (citation.statement, &citation.sid) {
            (Some(n), Some(sid)) if !sid.is_empty() => format!("statement {n} (`{}`) of ", self.readable(sid)),
            (Some(n), _) => format!("statement {n} of "),
            (None, _) => String::new(),
        };
        match self.place_of(citation) {
            Some(place) => format!("{which}{place}"),
            None => format!("{which}`{}`", self.readable(&citation.policy)),
        }
    }

    /// Why one permission is not enough.
    fn rule(&self, access: &Access) -> Option<String> {
        let from = account_in(access.principal());
        let thing = match access.iam_action().split(':').next()? {
            "kms" => "key",
            "s3" => "bucket",
            "sts" => "role",
            _ => "resource",
        };
        let owner = match thing {
            "bucket" => self.world.bucket_account(access.resource().split_once(":::")?.1.split('/').next()?),
            _ => account_in(access.resource()),
        };
        let (from, owner) = (from?, owner?);
        Some(match (from == owner, thing) {
            (false, _) => format!(
                "the {thing} belongs to account {}, the role to account {}: across accounts both sides have to allow it, the policy of the {thing} and the policies of the role",
                self.readable(owner), self.readable(from)
            ),
            (true, "key") => "a key can be used only by whom its key policy lets in; where that policy names the account as a whole, the policies of the role have to allow it too".to_owned(),
            (true, "role") => "a role can be taken on only by whom its trust policy names".to_owned(),
            (true, _) => format!("inside an account, either the policies of the role or the policy of the {thing} has to allow it"),
        })
    }

    fn missing(&self, access: &Access, verdict: &Verdict) -> Vec<String> {
        let mut reasons = Vec::new();
        for fix in &verdict.fixes {
            if let Some(unknown) = self.unknown_side(access, &fix.side) {
                reasons.push(format!("{unknown} known here"));
                continue;
            }
            let near: Vec<&NearMiss> = verdict.near.iter().filter(|near| near.statement.side == fix.side).collect();
            let side = side_in_words(&fix.side);
            if near.is_empty() {
                reasons.push(format!("{side}: no statement there speaks of `{}`", verdict.subject.action));
            }
            // Statements of a policy that fail for one reason are one line.
            let alike = |one: &&NearMiss, next: &&NearMiss| {
                one.statement.policy == next.statement.policy && one.failures == next.failures
            };
            for near in near.chunk_by(alike) {
                let failures: Vec<String> = near[0].failures.iter().map(|failure| self.failure(failure)).collect();
                reasons.push(format!("{side}: {}, but {}", self.come_close(near), failures.join("; and ")));
            }
        }
        reasons
    }

    /// Statements of one policy.
    fn come_close(&self, near: &[&NearMiss]) -> String {
        let cite = |near: &NearMiss| self.cite(&near.statement);
        match near {
            [first, .., last] => {
                let numbers: Option<Vec<usize>> = near.iter().map(|near| near.statement.statement).collect();
                let numbers = match numbers.as_deref() {
                    Some([first, .., last]) if last - first + 1 == near.len() => format!("{first} to {last}"),
                    Some(numbers) => listed(numbers),
                    None => return format!("each of {} and {} comes close", cite(first), cite(last)),
                };
                let mut policy = first.statement.clone();
                (policy.statement, policy.sid) = (None, None);
                format!("each of the statements {numbers} of {} comes close", self.cite(&policy))
            }
            [one] => format!("{} comes close", cite(one)),
            [] => String::new(),
        }
    }

    /// Which side has to allow it, and nobody knows what it says.
    fn unknown_side(&self, access: &Access, side: &Side) -> Option<&'static str> {
        let role = self.world.roles.get(access.principal());
        let boundary = || role.and_then(|role| self.world.place(role.boundary?));
        match side {
            Side::Identity if role.is_none() => Some("the policies of the role have to allow it, too, and are not"),
            Side::Boundary if boundary().is_none() => {
                Some("the permissions boundary of the role has to allow it, too, and is not")
            }
            _ => None,
        }
    }

    fn failure(&self, failure: &Failure) -> String {
        match failure {
            Failure::Principal { got } => format!("it names others, not `{}`", self.readable(got)),
            Failure::Resource { wanted, got } => {
                format!("it is about {}, not about `{}`", self.list(wanted), self.readable(got))
            }
            Failure::Condition(tested) => self.tested(tested),
            Failure::NoEffect => "it has no `Resource`, and in a key policy such a statement does nothing".to_owned(),
            other => self.readable(&other.to_string()),
        }
    }

    fn tested(&self, tested: &Tested) -> String {
        let meaning = match tested.key.to_ascii_lowercase().as_str() {
            "aws:principalarn" => "the role that asks",
            "aws:securetransport" => "whether the connection is encrypted",
            "kms:viaservice" => "the service through which the key is used",
            "kms:resourcealiases" => "the aliases of the key",
            "iam:passedtoservice" => "the service that is given the role",
            "kms:encryptioncontext:aws:s3:arn" => "the object or bucket that is encrypted",
            _ => "a property of the request",
        };
        let got = self.readable(&tested.got.to_string());
        format!(
            "it asks for `{}` ({meaning}) to be {} (`{}`), and the request has {got}",
            tested.key,
            self.list(&tested.wanted),
            tested.operator
        )
    }

    fn unknown(&self, unknown: &Unknown) -> String {
        match unknown {
            Unknown::Policy => "its content, which is not known, says so".to_owned(),
            Unknown::Statement => "a part of it that is not known says so".to_owned(),
            Unknown::Action => "it covers the action".to_owned(),
            Unknown::Principal => "it names who asks".to_owned(),
            Unknown::Resource { wanted } => format!("{} covers the resource", self.list(wanted)),
            Unknown::Condition(tested) => format!("its condition is met: {}", self.tested(tested)),
            Unknown::SameAccount => "both are in the same account".to_owned(),
            other => self.readable(&other.to_string()),
        }
    }

    fn list(&self, values: &[String]) -> String {
        let quoted: Vec<String> = values.iter().map(|value| format!("`{}`", self.readable(value))).collect();
        if quoted.is_empty() { "nothing".to_owned() } else { quoted.join(" or ") }
    }
}

fn side_in_words(side: &Side) -> String {
    let words = match side {
        Side::Identity => "the policies of the role do not allow it",
        Side::Resource => "the policy of the resource does not let the role in",
        Side::Boundary => "the permissions boundary of the role does not allow it",
        Side::Session => "the session policy does not allow it",
        Side::Scp(level) => return format!("the service control policies of `{level}` do not allow it"),
        _ => "a control policy of the organization does not allow it",
    };
    words.to_owned()
}

/// The names of one artifact or of several, which stand in one text.
/// `0, 2 and 5`.
fn listed(numbers: &[usize]) -> String {
    let mut words: Vec<String> = numbers.iter().map(usize::to_string).collect();
    let last = words.pop().unwrap_or_default();
    if words.is_empty() { last } else { format!("{} and {last}", words.join(", ")) }
}

fn named(artifacts: &str) -> String {
    match artifacts.contains(", ") {
        true => format!("the artifacts `{}`", artifacts.replace(", ", "`, `")),
        false => format!("the artifact `{artifacts}`"),
    }
}

fn impossible(impossible: Impossible) -> String {
    match impossible {
        Impossible::PassRoleAcrossAccounts => {
            "a role can be handed to a service only by a role of its own account, whatever policies say".to_owned()
        }
        other => format!("{other}, whatever policies say"),
    }
}

impl std::fmt::Display for Repair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.what {
            What::AddStatement(statement) if self.stands_apart() => {
                let why = match &self.waits {
                    Some(waits) => format!("as `{waits}` refers to it"),
                    None => "which cannot refer to itself".to_owned(),
                };
                write!(f, "add beside {}, {why}, an `AWS::IAM::Policy` with {statement}", self.place)
            }
            What::AddStatement(statement) if self.exists => {
                write!(f, "add to {}: {statement}", self.place)?;
                let Some(waits) = &self.waits else { return Ok(()) };
                let id = &self.place.logical_id;
                write!(
                    f,
                    "; move what `{waits}` says of `{id}` into an `AWS::IAM::Policy`, so that neither waits for the other"
                )
            }
            What::AddStatement(statement) if self.place.stack.is_some() => {
                write!(f, "make {}, with this statement: {statement}", self.place)
            }
            What::AddStatement(statement) => {
                let Place { kind, logical_id, .. } = &self.place;
                write!(f, "write into the {kind} of `{logical_id}`: {statement}")
            }
            What::AddValues { statement, operator, key, values } => {
                write!(
                    f,
                    "in statement {statement} of {}, add to `{key}` under `{operator}`: {}",
                    self.place,
                    Value::from(values.clone())
                )
            }
        }
    }
}
