//! The policy documents of resources: where they stand. Those that need nothing computed, which is most of them, are
//! compiled while their template is read, on whichever core reads it, and are not kept as JSON.

use construct_core::Source;
use construct_iam::access::{Json, Variables};

use super::list::Digest;
use super::place::{PolicyIx, PolicyKind, Slot};
use super::statements::{Statements, Told};
use crate::access::template::{calls_functions, has_functions, is_plain};

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

/// What a policy is called, by where it stands: in place of what is there.
pub(crate) fn write_policy_name(place: &mut String, stack: &str, logical_id: &str, name: Option<&str>) {
    place.clear();
    for part in [stack, "/", logical_id].into_iter().chain(name.into_iter().flat_map(|name| ["/", name])) {
        place.push_str(part);
    }
}

/// The property with the trust policy of a role.
pub(crate) const TRUST_PROPERTY: &str = "AssumeRolePolicyDocument";

/// What the trust policy of a role is called.
pub(crate) const TRUST: &str = "trust";

/// A policy document, as far as it was compiled when its template was read.
pub(crate) enum Early {
    Whole(Digest),
    /// Some statements have functions, which are computed when all templates are known. The others are compiled, and
    /// `null` in the document.
    Part(Vec<Option<Told>>),
    /// It has its place in the world.
    Placed(PolicyIx),
}

/// Reads the policy documents of a template.
pub(crate) struct Reading<'r, 't> {
    source: &'r Source<'t>,
    is_spelled_out: bool,
    may_call: bool,
}

impl<'r, 't> Reading<'r, 't> {
    pub(crate) fn of(source: &'r Source<'t>) -> Self {
        Self { source, is_spelled_out: source.is_spelled_out(), may_call: source.may_call() }
    }

    /// Whether nothing in the value has to be computed.
    pub(crate) fn is_ready(&self, value: &Json<'t>) -> bool {
        if self.is_spelled_out { !self.may_call || !has_functions(value) } else { is_plain(value) }
    }

    /// Whether a member somewhere in the value has the name of a function, even where no function may stand.
    pub(crate) fn calls_functions(&self, value: &Json<'t>) -> bool {
        self.may_call && calls_functions(value)
    }

    /// Whether nothing in the value has to be computed, and nothing looks as if it had to be.
    pub(crate) fn is_literal(&self, value: &Json<'t>) -> bool {
        !self.calls_functions(value) && (self.is_spelled_out || is_plain(value))
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
            let Some(name) = policy.get("PolicyName").filter(|name| self.is_ready(name)).cloned() else { continue };
            if let (Some(name), Some(document)) = (name.as_str(), policy.get_mut("PolicyDocument")) {
                found(Slot::Inline(n), PolicyKind::Identity, Some(name), document);
            }
        }
    }

    /// Takes what can be compiled out of a policy document; nothing if something is wrong with it.
    pub(crate) fn policy(
        &self,
        statements: &mut Statements<'t>,
        name: &str,
        document: &mut Json<'t>,
        kind: PolicyKind,
    ) -> Option<Early> {
        let head = document.as_object()?.iter().filter(|(name, _)| *name != "Statement");
        if !head.map(|(_, value)| value).all(|value| self.is_ready(value)) {
            return None;
        }
        let at = (kind, Variables::of(document).ok()?);
        let Some(Json::Array(values)) = document.get_mut("Statement") else { return None };
        let mut told = Vec::with_capacity(values.len());
        for value in &*values {
            let read = statements.read(value, self.source, at, |value| self.is_ready(value));
            told.push(read.transpose().ok()?);
        }
        if told.iter().any(Option::is_none) {
            for (value, _) in values.iter_mut().zip(&told).filter(|(_, told)| told.is_some()) {
                *value = Json::Null;
            }
            return Some(Early::Part(told));
        }
        let digest = Digest::of_told(name, document, told.into_iter().flatten())?;
        *document = Json::Null;
        Some(Early::Whole(digest))
    }
}
