//! What conditions leave open where it is not asked in both cases: it is taken for granted, and said.

use std::collections::BTreeSet;

use construct_iam::access::{Json, Members};

use crate::access::template::{Resolver, Template};

/// The properties that are read of resources, but for those of which each case is read: what names a role or a policy.
const READ: [(&str, &[&str]); 6] = [
    ("AWS::CodeBuild::Project", &["Environment", "VpcConfig", "LogsConfig", "BuildBatchConfig"]),
    ("AWS::CodePipeline::Pipeline", &["ArtifactStore", "ArtifactStores", STAGES]),
    ("AWS::Events::Rule", &["EventPattern", "Targets", "State"]),
    ("AWS::KMS::Alias", &["TargetKeyId"]),
    ("AWS::S3::Bucket", &["BucketEncryption", "VersioningConfiguration"]),
    ("AWS::SNS::TopicPolicy", &["Topics"]),
];

/// Of these both cases are read, down to actions and rules.
const STAGES: &str = "Stages";

/// What actions, and rules of conditions, have and nothing else.
const TYPES: [&str; 2] = ["ActionTypeId", "RuleTypeId"];

/// What the conditions of a template leave open, in words.
pub(super) fn left_open<'t>(resolver: &Resolver<'t>, stack: usize, template: &'t Template<'t>) -> Vec<String> {
    let mut words = Vec::new();
    if template.section("Conditions").is_none() {
        return words;
    }
    for (logical_id, resource) in template.section("Resources").into_iter().flat_map(Members::iter) {
        let kind = resource.get("Type").and_then(Json::as_str);
        let Some((_, read)) = READ.iter().find(|(known, _)| kind == Some(known)) else { continue };
        let is_there = resource.as_object().is_some_and(|one| resolver.exists(stack, one) != Some(false));
        for name in read.iter().filter(|_| is_there) {
            let Some(value) = resource.get("Properties").and_then(|properties| properties.get(name)) else { continue };
            let mut conditions = BTreeSet::new();
            match *name {
                STAGES => in_actions(resolver, stack, value, &mut conditions),
                _ => resolver.open_conditions(stack, value, &mut conditions),
            }
            let label = resolver.stack_label(stack);
            words.extend(conditions.into_iter().map(|condition| {
                format!(
                    "what the condition `{condition}` leaves open in `{name}` of `{logical_id}` in stack `{label}` needs nothing \
                     that is not allowed"
                )
            }));
        }
    }
    words
}

fn in_actions<'t>(resolver: &Resolver<'t>, stack: usize, json: &'t Json<'t>, conditions: &mut BTreeSet<&'t str>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| in_actions(resolver, stack, item, conditions)),
        Json::Object(map) if TYPES.iter().any(|name| map.contains_key(name)) => {
            resolver.open_conditions(stack, json, conditions);
        }
        Json::Object(map) => map.values().for_each(|value| in_actions(resolver, stack, value, conditions)),
        _ => {}
    }
}
