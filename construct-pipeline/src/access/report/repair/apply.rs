//! Changes made in a template.

use serde_json::{Map, Value, json};

use super::{Repair, What};
use crate::access::policies::PolicyKind;

impl Repair {
    /// Makes the change in a template. `false` if the template has no policy at this place.
    pub fn apply(&self, template: &mut Value) -> bool {
        match &self.what {
            What::AddStatement(statement) if self.stands_apart() => self.make_apart(template, statement),
            What::AddStatement(statement) if self.exists => {
                let Some(document) = template.pointer_mut(&self.place.pointer).and_then(Value::as_object_mut) else {
                    return false;
                };
                let entry = document.entry("Statement").or_insert_with(|| json!([]));
                if !entry.is_array() {
                    *entry = json!([entry.take()]);
                }
                entry.as_array_mut().map(|all| all.push(statement.clone())).is_some()
            }
            What::AddStatement(statement) => self.make(template, statement),
            What::AddValues { statement, operator, key, values } => {
                // A policy of one statement may do without a list; of a bus, the statement itself is the document.
                let place = &self.place.pointer;
                let pointers = [format!("{place}/Statement/{statement}"), format!("{place}/Statement"), place.clone()];
                let pointer = pointers.iter().find(|pointer| {
                    template.pointer(pointer).is_some_and(|found| found.is_object() && found.get("Effect").is_some())
                });
                let condition = pointer.and_then(|pointer| template.pointer_mut(pointer)?.get_mut("Condition"));
                let Some(found) = condition.and_then(|condition| condition.get_mut(operator)?.get_mut(key)) else {
                    return false;
                };
                if !found.is_array() {
                    *found = json!([found.take()]);
                }
                found.as_array_mut().map(|all| all.extend(values.iter().cloned())).is_some()
            }
        }
    }

    fn make_apart(&self, template: &mut Value, statement: &Value) -> bool {
        let Some(resources) = template.get_mut("Resources").and_then(Value::as_object_mut) else { return false };
        let id = &*self.place.logical_id;
        let name = free(resources, format!("{id}Policy"));
        let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
        let properties = json!({ "PolicyName": name, "PolicyDocument": document, "Roles": [{ "Ref": id }] });
        resources.insert(name, json!({ "Type": "AWS::IAM::Policy", "Properties": properties }));
        true
    }

    fn make(&self, template: &mut Value, statement: &Value) -> bool {
        let document = json!({ "Version": "2012-10-17", "Statement": [statement] });
        let Some(resources) = template.get_mut("Resources").and_then(Value::as_object_mut) else { return false };
        let id = &*self.place.logical_id;
        match self.place.kind {
            PolicyKind::Identity => {
                let Some(properties) =
                    resources.get_mut(id).and_then(|role| role.get_mut("Properties")).and_then(Value::as_object_mut)
                else {
                    return false;
                };
                let policies = properties.entry("Policies").or_insert_with(|| json!([]));
                let policy = json!({ "PolicyName": "PipelineAccess", "PolicyDocument": document });
                policies.as_array_mut().map(|all| all.push(policy)).is_some()
            }
            PolicyKind::Bucket if resources.contains_key(id) => {
                let properties = json!({ "Bucket": { "Ref": id }, "PolicyDocument": document });
                let name = free(resources, format!("{id}Policy"));
                resources.insert(name, json!({ "Type": "AWS::S3::BucketPolicy", "Properties": properties }));
                true
            }
            PolicyKind::Bus => {
                let name = free(resources, "EventBusAccess".to_owned());
                let properties = json!({ "StatementId": name, "Statement": statement });
                resources.insert(name, json!({ "Type": "AWS::Events::EventBusPolicy", "Properties": properties }));
                true
            }
            PolicyKind::Trust => {
                let Some(properties) =
                    resources.get_mut(id).and_then(|role| role.get_mut("Properties")).and_then(Value::as_object_mut)
                else {
                    return false;
                };
                properties.insert("AssumeRolePolicyDocument".to_owned(), document);
                true
            }
            _ => false,
        }
    }
}

/// A logical id that nothing has yet.
fn free(resources: &Map<String, Value>, wanted: String) -> String {
    let mut free = wanted.clone();
    let mut n = 2;
    while resources.contains_key(&free) {
        free = format!("{wanted}{n}");
        n += 1;
    }
    free
}
