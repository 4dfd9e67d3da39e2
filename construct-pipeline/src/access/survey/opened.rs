//! Templates as they are opened: whatever needs nothing computed is noted, on whichever core reads the template, and is
//! not kept as JSON.

use construct_core::{Source, StackArtifact};
use construct_iam::access::Json;

use super::pipelines::take_actions;
use super::sheet::{Noted, ROLE, SettledRole, Sheet};
use super::told::TOLD;
use crate::access::policies::{Early, Reading, Slot, Statements, TRUST_PROPERTY, write_policy_name};
use crate::access::template::Template;

/// A template without what was noted when it was read.
pub(crate) struct Opened<'t> {
    pub(crate) template: Template<'t>,
    pub(crate) sheet: Sheet,
    /// By the number of their resource and their place in it, in this order; those of settled roles are with these.
    pub(crate) policies: Vec<((usize, Slot), Early)>,
}

impl<'t> Opened<'t> {
    /// Reads a template of an assembly.
    pub(crate) fn new(
        stack: &'t StackArtifact,
        body: Json<'t>,
        source: &Source<'t>,
        statements: &mut Statements<'t>,
    ) -> Self {
        let mut template = Template::of(stack, body);
        let mut sheet = Sheet::of(&template);
        let (mut policies, mut found, mut name) = (Vec::new(), Vec::new(), String::new());
        let reading = Reading::of(source);
        if let Some(Json::Object(resources)) = template.body.get_mut("Resources") {
            for (number, (logical_id, resource)) in resources.iter_mut().enumerate() {
                // Nothing else is read of it, and every resource has some.
                if let Some(metadata) = resource.get_mut("Metadata")
                    && metadata.get(TOLD).is_none()
                {
                    *metadata = Json::Null;
                }
                reading.open(resource, |slot, kind, own_name, document| {
                    write_policy_name(&mut name, &stack.stack_name, logical_id, own_name);
                    let early = reading.policy(statements, &name, document, kind);
                    found.extend(early.map(|early| (slot, early)));
                });
                match settled_role(number, &sheet.resources[number], resource, &reading, &mut found) {
                    Some(role) => sheet.roles.push(role),
                    None => policies.extend(found.drain(..).map(|(slot, early)| ((number, slot), early))),
                }
                let actions = take_actions(stack, resource, &reading);
                sheet.actions.extend(actions.map(|actions| (number, actions)));
            }
        }
        let is_settled = sheet.roles.len() == sheet.resources.len() && template.section("Outputs").is_none();
        if is_settled && !reading.calls_functions(&template.body) {
            template.body = Json::Null;
        }
        policies.shrink_to_fit();
        sheet.roles.shrink_to_fit();
        Self { template, sheet, policies }
    }
}

/// A role, if nothing of it has to be computed and it says all of its policies itself. `policies` are those of its
/// documents that could be compiled; a role that is settled takes all of them.
fn settled_role<'t>(
    number: usize,
    noted: &Noted,
    resource: &mut Json<'t>,
    reading: &Reading<'_, 't>,
    policies: &mut Vec<(Slot, Early)>,
) -> Option<SettledRole> {
    noted.arn.as_ref()?;
    if resource.get("Type")?.as_str()? != ROLE || resource.get("Condition").is_some() {
        return None;
    }
    let properties = resource.get("Properties")?.as_object()?;
    // The ARN has to tell the name.
    let has_name = properties.get("RoleName")?.as_str().is_some_and(|name| !name.contains(['/', ':']));
    let is_attached = ["ManagedPolicyArns", "PermissionsBoundary"].iter().any(|name| properties.contains_key(name));
    let n_inline = properties.get("Policies").map_or(Some(0), |policies| Some(policies.as_array()?.len()))?;
    let has_trust = properties.contains_key(TRUST_PROPERTY);
    let are_all = policies.len() == n_inline + usize::from(has_trust);
    let are_whole = policies.iter().all(|(_, early)| matches!(early, Early::Whole(_)));
    if !has_name || is_attached || !are_all || !are_whole || reading.calls_functions(resource) {
        return None;
    }
    // The trust policy comes first.
    let mut digests = policies.drain(..).filter_map(|(_, early)| match early {
        Early::Whole(digest) => Some(digest),
        Early::Part(_) | Early::Placed(_) => None,
    });
    let trust = if has_trust { digests.next() } else { None };
    let mut identity = Vec::with_capacity(n_inline);
    identity.extend(digests);
    let role = SettledRole { number, identity, trust };
    // Whoever refers to it asks for its name alone.
    if let Some(policies) = resource.get_mut("Properties").and_then(|properties| properties.get_mut("Policies")) {
        *policies = Json::Null;
    }
    Some(role)
}

#[cfg(test)]
#[path = "opened_tests.rs"]
mod tests;
