//! The policy documents of resources: where they stand. Those that need nothing computed, which is most of them, are compiled while
//! their template is read, on whichever core reads it, and are not kept as JSON.

use construct_core::StackArtifact;
use construct_iam::access::{Compiler, Json};

use super::place::{PolicyKind, Slot};
use super::policies::Digest;
use super::template::{Template, has_functions, is_plain, is_spelled_out};

/// The property in which a type of resource holds a policy document, and what the policy belongs to.
pub(crate) fn document_of(kind: &str) -> Option<(&'static str, PolicyKind)> {
    Some(match kind {
        "AWS::IAM::Role" => ("AssumeRolePolicyDocument", PolicyKind::Trust),
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
        Some(name) => format!("{stack}/{logical_id}/{name}"),
        None => format!("{stack}/{logical_id}"),
    }
}

/// What the trust policy of a role is called.
pub(crate) const TRUST: &str = "trust";

/// A template without the policies that were compiled when it was read.
pub(crate) struct Opened<'t> {
    pub(crate) template: Template<'t>,
    /// By the number of their resource and their place in it, in this order.
    pub(crate) policies: Vec<((usize, Slot), Digest)>,
}

impl<'t> Opened<'t> {
    /// Reads a template of an assembly.
    pub(crate) fn new(stack: &StackArtifact, body: Json<'t>, compiler: &Compiler) -> Self {
        let mut opened = Self { template: Template::of(stack, body), policies: Vec::new() };
        let is_spelled_out = is_spelled_out(&stack.template);
        let is_ready = |json: &Json<'_>| if is_spelled_out { !has_functions(json) } else { is_plain(json) };
        if let Some(Json::Object(resources)) = opened.template.body.get_mut("Resources") {
            for (number, (logical_id, resource)) in resources.iter_mut().enumerate() {
                // Nothing is read of it, and every resource has some.
                if let Some(metadata) = resource.get_mut("Metadata") {
                    *metadata = Json::Null;
                }
                let name = |name: Option<&str>| policy_name(&stack.stack_name, logical_id, name);
                open(resource, is_ready, |slot, kind, own_name, document| {
                    let digest = Digest::of_plain(compiler, &name(own_name), &document, kind);
                    opened.policies.push(((number, slot), digest));
                });
            }
        }
        opened
    }
}

/// Takes the documents that need nothing computed out of a resource.
fn open<'t>(
    resource: &mut Json<'t>,
    is_ready: impl Fn(&Json<'_>) -> bool,
    mut take: impl FnMut(Slot, PolicyKind, Option<&str>, Json<'t>),
) {
    let Some((property, kind)) = resource.get("Type").and_then(Json::as_str).and_then(document_of) else { return };
    if resource.get("Condition").is_some() {
        return;
    }
    let is_policy = |document: &Json<'_>| document.get("Statement").is_some() && is_ready(document);
    let Some(properties) = resource.get_mut("Properties") else { return };
    if let Some(document) = properties.get_mut(property).filter(|document| is_policy(document)) {
        let name = (kind == PolicyKind::Trust).then_some(TRUST);
        take(Slot::Property(property), kind, name, std::mem::take(document));
    }
    let Some(Json::Array(inline)) = properties.get_mut("Policies").filter(|_| kind == PolicyKind::Trust) else {
        return;
    };
    for (n, policy) in inline.iter_mut().enumerate() {
        let name = policy.get("PolicyName").filter(|name| is_ready(name)).and_then(Json::as_str).map(str::to_owned);
        if let Some(name) = name
            && let Some(document) = policy.get_mut("PolicyDocument").filter(|document| is_policy(document))
        {
            take(Slot::Inline(n), PolicyKind::Identity, Some(&name), std::mem::take(document));
        }
    }
}
