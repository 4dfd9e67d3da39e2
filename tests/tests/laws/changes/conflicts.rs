//! What CloudFormation would refuse of the next version of an app, in some order of its stacks.

use std::collections::{BTreeMap, BTreeSet};

use construct_core::{Assembly, StackArtifact};
use construct_tests::template;
use serde_json::Value as Json;

/// The account and region of a stack, and its name.
pub(super) type Place = (String, String, String);

/// A type, where its names must differ, and a name.
type Identity = (String, String, String);

/// What stands in the way of a deployment.
#[derive(Clone, Debug)]
#[expect(dead_code, reason = "what is in them is shown when a law fails")]
pub(super) enum Conflict {
    /// A name that a resource has to which no stack belongs any more: it was retained.
    LeftBehind(Identity),
    /// The resource of a name has another logical id: it is made before the old one goes.
    OtherId(Identity),
    /// The resource of a name moves to another stack.
    Moved(Identity),
    /// Something changes of a resource for which it must be replaced, and its name does not.
    Replaced(Identity),
    /// An export goes, or changes, that another stack still imports.
    ExportInUse(String),
    /// Nothing tells the value of a parameter.
    Parameter(String),
}

impl Conflict {
    /// Whether it is one of those that the guide tells of for edits that it calls free: bucket and alias are retained when
    /// their store goes, or its key, and what stacks export is freed by whoever imports it.
    pub(super) fn is_documented(&self) -> bool {
        match self {
            Self::LeftBehind((kind, ..)) => {
                ["AWS::S3::Bucket", "AWS::KMS::Alias", "AWS::CodeCommit::Repository"].contains(&&**kind)
            }
            Self::ExportInUse(name) => name.starts_with("Base:"),
            Self::OtherId(_) | Self::Moved(_) | Self::Replaced(_) | Self::Parameter(_) => false,
        }
    }
}

/// The property that names a resource; whether names differ in a partition (0), an account (1) or a region (2); and what
/// else cannot change but by replacement: `createOnlyProperties` in the schema of its type.
fn naming(kind: &str) -> Option<(&'static str, u8, &'static [&'static str])> {
    Some(match kind {
        "AWS::S3::Bucket" => ("BucketName", 0, &[]),
        "AWS::S3::BucketPolicy" => ("Bucket", 0, &[]),
        "AWS::IAM::Role" => ("RoleName", 1, &["Path"]),
        "AWS::IAM::ManagedPolicy" => ("ManagedPolicyName", 1, &["Path", "Description"]),
        "AWS::KMS::Alias" => ("AliasName", 2, &[]),
        "AWS::CodePipeline::Pipeline" | "AWS::CodeBuild::Project" => ("Name", 2, &[]),
        "AWS::Events::EventBusPolicy" => ("StatementId", 2, &["EventBusName"]),
        "AWS::Events::Rule" => ("Name", 2, &["EventBusName"]),
        "AWS::SNS::Topic" => ("TopicName", 2, &["FifoTopic"]),
        "AWS::CodeCommit::Repository" => ("RepositoryName", 2, &[]),
        _ => return None,
    })
}

pub(super) fn place(stack: &StackArtifact) -> Place {
    (stack.account.clone(), stack.region.clone(), stack.stack_name.clone())
}

/// A resource with a name.
struct Named {
    stack: Place,
    id: String,
    is_kept: bool,
    fixed: Vec<Json>,
}

fn named(assembly: &Assembly) -> BTreeMap<Identity, Named> {
    let mut all = BTreeMap::new();
    for stack in assembly.stacks() {
        let json = template::of(stack);
        for (id, resource) in template::resources(&json) {
            let kind = resource["Type"].as_str().unwrap_or_default();
            let Some((property, scope, fixed)) = naming(kind) else { continue };
            let properties = &resource["Properties"];
            let name = match properties[property]["Ref"].as_str() {
                Some(bucket) => &json["Resources"][bucket]["Properties"]["BucketName"],
                None => &properties[property],
            };
            let Some(name) = name.as_str() else { continue };
            let scope = match scope {
                0 => String::new(),
                1 => stack.account.clone(),
                _ => format!("{}/{}", stack.account, stack.region),
            };
            let named = Named {
                stack: place(stack),
                id: id.to_owned(),
                is_kept: resource["DeletionPolicy"] == "Retain",
                fixed: fixed.iter().map(|key| properties[*key].clone()).collect(),
            };
            all.insert((kind.to_owned(), scope, name.to_owned()), named);
        }
    }
    all
}

/// What stands beside the stacks: what was retained when it left them.
#[derive(Debug, Default)]
pub(super) struct Cloud {
    left: BTreeSet<Identity>,
}

impl Cloud {
    /// What stands in the way of the next version. Somebody clears it away then.
    pub(super) fn update(&mut self, before: &Assembly, after: &Assembly) -> Vec<Conflict> {
        let mut conflicts = exports(before, after);
        let (old, new) = (named(before), named(after));
        for (identity, now) in &new {
            if self.left.remove(identity) {
                conflicts.push(Conflict::LeftBehind(identity.clone()));
            }
            let Some(was) = old.get(identity) else { continue };
            if was.stack != now.stack {
                conflicts.push(Conflict::Moved(identity.clone()));
            } else if was.id != now.id {
                conflicts.push(Conflict::OtherId(identity.clone()));
            } else if was.fixed != now.fixed {
                conflicts.push(Conflict::Replaced(identity.clone()));
            }
        }
        let gone = old.into_iter().filter(|(identity, was)| was.is_kept && !new.contains_key(identity));
        self.left.extend(gone.map(|(identity, _)| identity));
        conflicts
    }
}

/// Exports that go while they are in use, and parameters of the next version that nobody tells.
fn exports(before: &Assembly, after: &Assembly) -> Vec<Conflict> {
    let read = |assembly: &Assembly| -> BTreeMap<Place, Json> {
        assembly.stacks().iter().map(|stack| (place(stack), template::of(stack))).collect()
    };
    let (old, new) = (read(before), read(after));
    let mut conflicts = Vec::new();
    for ((account, region, name), template) in &old {
        let now = new.get(&(account.clone(), region.clone(), name.clone())).map(exported).unwrap_or_default();
        for (export, _) in exported(template).into_iter().filter(|(name, value)| now.get(name) != Some(value)) {
            let others = old.iter().filter(|((to, there, _), _)| (to, there) == (account, region));
            if others.into_iter().any(|(_, template)| imports(template, &export)) {
                conflicts.push(Conflict::ExportInUse(export));
            }
        }
    }
    let told: BTreeSet<&String> =
        new.values().filter_map(|one| one["Outputs"].as_object()).flat_map(|one| one.keys()).collect();
    for template in new.values() {
        let parameters = template["Parameters"].as_object().into_iter().flatten();
        let open = parameters.filter(|(name, parameter)| parameter.get("Default").is_none() && !told.contains(name));
        conflicts.extend(open.map(|(name, _)| Conflict::Parameter(name.clone())));
    }
    conflicts
}

fn exported(template: &Json) -> BTreeMap<String, Json> {
    let outputs = template["Outputs"].as_object().into_iter().flatten();
    let named = |output: &Json| Some((output["Export"]["Name"].as_str()?.to_owned(), output["Value"].clone()));
    outputs.filter_map(|(_, output)| named(output)).collect()
}

fn imports(template: &Json, export: &str) -> bool {
    let mut found = false;
    template::objects(template, &mut |object| {
        found |= object.get("Fn::ImportValue").and_then(Json::as_str) == Some(export);
    });
    found
}
