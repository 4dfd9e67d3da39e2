//! Questions to ask a template, answered without the libraries that made it.

use std::collections::{BTreeMap, BTreeSet};

use construct_core::{Assembly, StackArtifact};
use serde_json::Value as Json;

/// The template of a stack.
///
/// # Panics
/// When it is no JSON.
#[must_use]
pub fn of(stack: &StackArtifact) -> Json {
    serde_json::from_str(&stack.template).expect("a template is JSON")
}

/// The resources of a template with their logical ids.
pub fn resources(template: &Json) -> impl Iterator<Item = (&str, &Json)> {
    template["Resources"].as_object().into_iter().flatten().map(|(id, resource)| (&**id, resource))
}

/// Every resource of an assembly by stack and logical id, with its type and its name.
#[must_use]
pub fn named_resources(assembly: &Assembly) -> BTreeMap<(String, String), (String, String)> {
    let mut all = BTreeMap::new();
    for stack in assembly.stacks() {
        for (id, resource) in resources(&of(stack)) {
            let kind = resource["Type"].as_str().unwrap_or_default().to_owned();
            let name = physical_name(resource).unwrap_or_default().to_owned();
            all.insert((stack.id.clone(), id.to_owned()), (kind, name));
        }
    }
    all
}

/// Every object in a JSON value, from the outside in.
pub fn objects<'a>(json: &'a Json, visit: &mut impl FnMut(&'a serde_json::Map<String, Json>)) {
    match json {
        Json::Object(map) => {
            visit(map);
            map.values().for_each(|value| objects(value, visit));
        }
        Json::Array(items) => items.iter().for_each(|item| objects(item, visit)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

/// What `Ref`, `Fn::GetAtt`, `DependsOn` and `Condition` in a template name, and the template does not have.
#[must_use]
pub fn unresolved(template: &Json) -> Vec<String> {
    let ids = |section: &str| -> BTreeSet<&str> {
        template[section].as_object().into_iter().flat_map(|all| all.keys().map(String::as_str)).collect()
    };
    let (resources_there, parameters, conditions) = (ids("Resources"), ids("Parameters"), ids("Conditions"));
    let mut missing = Vec::new();
    let mut need = |kind: &str, id: &Json, there: &[&BTreeSet<&str>]| {
        let id = id.as_str().unwrap_or("something that is no text");
        if !id.starts_with("AWS::") && !there.iter().any(|there| there.contains(id)) {
            missing.push(format!("{kind} of `{id}`"));
        }
    };
    objects(template, &mut |object| {
        if let (1, Some(id)) = (object.len(), object.get("Ref")) {
            need("Ref", id, &[&resources_there, &parameters]);
        }
        if let (1, Some(target)) = (object.len(), object.get("Fn::GetAtt")) {
            need("Fn::GetAtt", &target[0], &[&resources_there]);
        }
    });
    for (_, resource) in resources(template) {
        for id in resource["DependsOn"].as_array().into_iter().flatten() {
            need("DependsOn", id, &[&resources_there]);
        }
        if let Some(id) = resource.get("Condition") {
            need("Condition", id, &[&conditions]);
        }
    }
    missing
}

/// Whether a function such as `Fn::Join` is called anywhere in a template.
#[must_use]
pub fn calls(template: &Json, function: &str) -> bool {
    let mut found = false;
    objects(template, &mut |object| found |= object.contains_key(function));
    found
}

/// Whether `Fn::Join` is called anywhere for texts alone, which could stand there as one.
#[must_use]
pub fn joins_texts(template: &Json) -> bool {
    let mut found = false;
    objects(template, &mut |object| {
        let parts = object.get("Fn::Join").map(|join| &join[1]);
        found |= parts.is_some_and(|parts| !parts.as_array().into_iter().flatten().any(Json::is_object));
    });
    found
}

/// The physical name that a resource gives itself, if its type has one.
#[must_use]
pub fn physical_name(resource: &Json) -> Option<&str> {
    let property = match resource["Type"].as_str()? {
        "AWS::S3::Bucket" => "BucketName",
        "AWS::KMS::Alias" => "AliasName",
        "AWS::IAM::Role" => "RoleName",
        "AWS::CodePipeline::Pipeline" | "AWS::CodeBuild::Project" => "Name",
        "AWS::Events::EventBusPolicy" => "StatementId",
        "AWS::SNS::Topic" => "TopicName",
        "AWS::CodeCommit::Repository" => "RepositoryName",
        _ => return None,
    };
    resource["Properties"][property].as_str()
}
