//! The policy documents of resources: where they stand. Those that need nothing computed, which is most of them, are compiled while
//! their template is read, on whichever core reads it, and are not kept as JSON.

use construct_core::Source;
use construct_iam::access::{Json, Variables};

use super::place::{PolicyIx, PolicyKind, Slot};
use super::policies::Digest;
use super::statements::{Statements, Told};
use super::template::{has_functions, is_plain};

/// The property in which a type of resource holds a policy document, and what the policy belongs to.
pub(crate) fn document_of(kind: &str) -> Option<(&'static str, PolicyKind)> {
    Some(match kind {
        "AWS::IAM::Role" => (TRUST_PROPERTY, PolicyKind::Trust),
        "AWS::IAM::ManagedPolicy" | "AWS::IAM::Policy" | "AWS::IAM::RolePolicy" => {
            ("PolicyDocument", PolicyKind::Identity)
        }
        "AWS::S3::BucketPolicy" => ("PolicyDocument", PolicyKind::Bucket),
        "AWS::KMS::Key" => ("KeyPolicy", PolicyKind::Key),
        "AWS::SNS::TopicPolicy" => ("PolicyDocument", PolicyKind::Topic),
        "AWS::SQS::QueuePolicy" => ("PolicyDocument", PolicyKind::Other),
        "AWS::SecretsManager::ResourcePolicy" => ("ResourcePolicy", PolicyKind::Other),
        "AWS::ECR::Repository" => ("RepositoryPolicyText", PolicyKind::Other),
        _ => return None,
    })
}

/// What a policy is called, by where it stands.
pub(crate) fn policy_name(stack: &str, logical_id: &str, name: Option<&str>) -> String {
    match name {
        Some(name) => [stack, "/", logical_id, "/", name].concat(),
        None => [stack, "/", logical_id].concat(),
    }
}

/// The property with the trust policy of a role.
pub(crate) const TRUST_PROPERTY: &str = "AssumeRolePolicyDocument";

/// What the trust policy of a role is called.
pub(crate) const TRUST: &str = "trust";

/// A policy document, as far as it was compiled when its template was read.
pub(crate) enum Early {
    Whole(Box<Digest>),
    /// Some statements have functions, which are computed when all templates are known. The others are compiled, and `null` in the
    /// document.
    Part(Vec<Option<Told>>),
    /// It has its place in the world.
    Placed(PolicyIx),
}

/// Reads the policy documents of a template.
pub(crate) struct Reading<'r, 't> {
    source: &'r Source<'t>,
    statements: &'r Statements<'t>,
    is_spelled_out: bool,
}

impl<'r, 't> Reading<'r, 't> {
    pub(crate) fn of(source: &'r Source<'t>, statements: &'r Statements<'t>) -> Self {
        Self { source, statements, is_spelled_out: source.is_spelled_out() }
    }

    /// Whether nothing in the value has to be computed.
    pub(crate) fn is_ready(&self, value: &Json<'t>) -> bool {
        if self.is_spelled_out { !has_functions(value) } else { is_plain(value) }
    }

    /// Finds the policy documents of a resource.
    pub(crate) fn open(
        &self,
        resource: &mut Json<'t>,
        mut found: impl FnMut(Slot, PolicyKind, Option<&str>, &mut Json<'t>),
    ) {
        let Some((property, kind)) = resource.get("Type").and_then(Json::as_str).and_then(document_of) else { return };
        if resource.get("Condition").is_some() {
            return;
        }
        let Some(properties) = resource.get_mut("Properties") else { return };
        if let Some(document) = properties.get_mut(property) {
            let name = (kind == PolicyKind::Trust).then_some(TRUST);
            found(Slot::Property(property), kind, name, document);
        }
        let Some(Json::Array(inline)) = properties.get_mut("Policies").filter(|_| kind == PolicyKind::Trust) else {
            return;
        };
        for (n, policy) in inline.iter_mut().enumerate() {
            let name = policy.get("PolicyName").filter(|name| self.is_ready(name));
            if let Some(name) = name.and_then(Json::as_str).map(str::to_owned)
                && let Some(document) = policy.get_mut("PolicyDocument")
            {
                found(Slot::Inline(n), PolicyKind::Identity, Some(&name), document);
            }
        }
    }

    /// Takes what can be compiled out of a policy document; nothing if something is wrong with it.
    pub(crate) fn policy(
        &self,
        name: impl FnOnce() -> String,
        document: &mut Json<'t>,
        kind: PolicyKind,
    ) -> Option<Early> {
        let head = document.as_object()?.iter().filter(|(name, _)| *name != "Statement");
        if !head.map(|(_, value)| value).all(|value| self.is_ready(value)) {
            return None;
        }
        let at = (kind, Variables::of(document).ok()?);
        let Some(Json::Array(statements)) = document.get_mut("Statement") else { return None };
        let read = |value: &Json<'t>| self.statements.read(value, self.source, at, |value| self.is_ready(value));
        let told: Vec<Option<Told>> =
            statements.iter().map(|value| read(value).transpose()).collect::<Result<_, _>>().ok()?;
        if told.iter().any(Option::is_none) {
            for (value, _) in statements.iter_mut().zip(&told).filter(|(_, told)| told.is_some()) {
                *value = Json::Null;
            }
            return Some(Early::Part(told));
        }
        let digest = Digest::of_told(&name(), document, told.into_iter().flatten().collect())?;
        *document = Json::Null;
        Some(Early::Whole(digest.into()))
    }
}
