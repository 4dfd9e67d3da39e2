//! Measures the policies of a template.

use std::collections::BTreeMap;

use construct_core::{Gauge, GaugeCx, Json, Quota, is_function};

use super::{
    BUCKET_POLICY, CUSTOMER_POLICIES, INLINE_POLICIES, KEY_POLICY, MANAGED_POLICIES, MANAGED_POLICY, PolicySize,
    REFERENCE, ROLES, TRUST_POLICY, at_most_of_text,
};

/// What measures policies, for `PlanCx::gauge` and `Resource::GAUGE`.
pub const GAUGE: (&str, Gauge) = ("construct-iam", gauge);

/// Measures the policies of a template.
pub fn gauge(cx: &mut GaugeCx<'_, '_>) {
    let is_role = |(_, kind, _): &(&str, &str, &Json<'_>)| *kind == "AWS::IAM::Role";
    let role = |(id, _, properties)| RolePolicies { id, properties, attached: Vec::new(), spilled: Vec::new() };
    let mut roles: Vec<RolePolicies<'_>> = cx.resources().filter(is_role).map(role).collect();
    // Most templates have no policy that is a resource of its own.
    let mut places = None;
    let mut managed = Vec::new();
    for (id, kind, properties) in cx.resources() {
        one_document(id, kind, properties, cx);
        if !matches!(kind, "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy") {
            continue;
        }
        let document = &properties["PolicyDocument"];
        let places = places.get_or_insert_with(|| places_of(&roles));
        let named = properties["Roles"].as_array().into_iter().flatten();
        let named = named.filter_map(|role| places.get(role["Ref"].as_str().or_else(|| role.as_str())?).copied());
        let named: Vec<usize> = named.collect();
        for place in &named {
            let role = &mut roles[*place];
            let list = if kind == "AWS::IAM::Policy" { &mut role.attached } else { &mut role.spilled };
            list.push(document);
        }
        if kind == "AWS::IAM::ManagedPolicy" {
            managed.push((id, document, named));
        }
    }
    for (id, document, named) in &managed {
        managed_policy(id, document, named.iter().map(|place| &roles[*place]), cx);
    }
    roles.sort_unstable_by_key(|role| role.id);
    roles.iter().for_each(|role| policies_of_role(role, cx));
    for (quota, n) in [(&ROLES, roles.len()), (&CUSTOMER_POLICIES, managed.len())] {
        if n > 0 {
            cx.total(quota, n);
        }
    }
}

/// Measures the policy of a resource that has one.
fn one_document(id: &str, kind: &str, properties: &Json<'_>, cx: &mut GaugeCx<'_, '_>) {
    let (quota, document, count): (_, _, fn(PolicySize) -> usize) = match kind {
        "AWS::IAM::Role" => (&TRUST_POLICY, &properties["AssumeRolePolicyDocument"], PolicySize::estimated_characters),
        "AWS::S3::BucketPolicy" => (&BUCKET_POLICY, &properties["PolicyDocument"], PolicySize::estimated_bytes),
        "AWS::KMS::Key" => (&KEY_POLICY, &properties["KeyPolicy"], PolicySize::estimated_bytes),
        _ => return,
    };
    if !is_short(cx, quota) && !are_short(cx, quota, std::iter::once(document)) {
        let size = PolicySize::of(document);
        cx.text(quota, Some(id), count(size), size.references > 0, &[document]);
    }
}

/// Measures the inline policies of a role, and counts its managed ones.
fn policies_of_role(role: &RolePolicies<'_>, cx: &mut GaugeCx<'_, '_>) {
    // One that is attached may be attached twice.
    let is_short = role.attached.is_empty() && is_short(cx, &INLINE_POLICIES);
    if !is_short && !are_short(cx, &INLINE_POLICIES, role.inline()) {
        let sizes: Vec<PolicySize> = role.inline().map(PolicySize::of).collect();
        let characters = sizes.iter().map(|size| size.estimated_characters()).sum();
        let estimated = sizes.iter().any(|size| size.references > 0);
        let documents: Vec<&Json<'_>> = role.inline().collect();
        cx.text(&INLINE_POLICIES, Some(role.id), characters, estimated, &documents);
    }
    if role.n_managed() > 0 {
        cx.filled(&MANAGED_POLICIES, Some(role.id), role.n_managed(), &role.spilled);
    }
}

/// Measures a managed policy. Those of a role are filled when there are nearly as many as it may have, which is said of
/// the role.
fn managed_policy<'a>(
    id: &str,
    document: &'a Json<'a>,
    mut roles: impl Iterator<Item = &'a RolePolicies<'a>>,
    cx: &mut GaugeCx<'_, '_>,
) {
    if is_short(cx, &MANAGED_POLICY) || are_short(cx, &MANAGED_POLICY, std::iter::once(document)) {
        return;
    }
    let size = PolicySize::of(document);
    let (characters, estimated) = (size.estimated_characters(), size.references > 0);
    match roles.any(|role| cx.is_nearly_reached(&MANAGED_POLICIES, role.n_managed())) {
        true => cx.text_without_warning(&MANAGED_POLICY, Some(id), characters, estimated, &[document]),
        false => cx.text(&MANAGED_POLICY, Some(id), characters, estimated, &[document]),
    }
}

/// A role of the template, and what is attached to it.
struct RolePolicies<'a> {
    id: &'a str,
    properties: &'a Json<'a>,
    /// The documents of policies that name the role, and become inline policies of it.
    attached: Vec<&'a Json<'a>>,
    /// The managed policies that name the role.
    spilled: Vec<&'a Json<'a>>,
}

impl<'a> RolePolicies<'a> {
    /// The documents of its inline policies.
    fn inline(&self) -> impl Iterator<Item = &'a Json<'a>> {
        let own = self.properties["Policies"].as_array().into_iter().flatten();
        own.map(|policy| &policy["PolicyDocument"]).chain(self.attached.iter().copied())
    }

    /// How many managed policies it has.
    fn n_managed(&self) -> usize {
        self.properties["ManagedPolicyArns"].as_array().map_or(0, <[_]>::len) + self.spilled.len()
    }
}

/// The places of roles in the list, by what policies call them: the name, or else the logical id.
fn places_of<'a>(roles: &[RolePolicies<'a>]) -> BTreeMap<&'a str, usize> {
    let ids = roles.iter().map(|role| role.id).zip(0..);
    let names = roles.iter().zip(0..).filter_map(|(role, place)| Some((role.properties["RoleName"].as_str()?, place)));
    ids.chain(names).collect()
}

/// What a document is no longer than, if it puts no texts together: told without a look at its texts, which become no
/// longer than `of_text` says.
fn longest(document: &Json<'_>, of_text: fn(&str) -> usize) -> Option<usize> {
    match document {
        Json::Null | Json::Bool(_) => Some(5),
        Json::Number(number) => Some(number.to_string().len()),
        Json::String(known) => Some(of_text(known)),
        Json::Array(items) => items.iter().try_fold(2, |sum, item| Some(sum + longest(item, of_text)? + 1)),
        Json::Object(entries) => {
            if entries.len() == 1
                && let Some(function) = entries.keys().next().filter(|name| is_function(name))
            {
                // Of these, the texts are known that they put together.
                return (!matches!(function, "Fn::Join" | "Fn::Sub")).then_some(2 + REFERENCE);
            }
            entries.iter().try_fold(2, |sum, (key, value)| Some(sum + of_text(key) + longest(value, of_text)? + 2))
        }
    }
}

/// Whether the whole template is so short that nobody wants to hear of any document in it.
fn is_short(cx: &GaugeCx<'_, '_>, quota: &'static Quota) -> bool {
    // What has no functions is no longer than it is written there.
    !cx.source().may_call() && cx.is_small(quota, cx.source().text().len())
}

/// Whether documents are so short together that nobody wants to hear of them.
fn are_short<'j>(
    cx: &GaugeCx<'_, '_>,
    quota: &'static Quota,
    mut documents: impl Iterator<Item = &'j Json<'j>>,
) -> bool {
    let of_text = if cx.source().has_escapes() { at_most_of_text } else { |text: &str| text.len() + 2 };
    let longest = documents.try_fold(0, |sum, document| Some(sum + longest(document, of_text)?));
    longest.is_some_and(|longest| cx.is_small(quota, longest))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_document_is_longer_than_it_may_be() {
        for document in [
            json!({ "Action": ["s3:Get*", "a \"b\" \\c"], "n": -12.5, "flags": [true, false, null, {}, []] }),
            json!("\"\"\\"),
            json!({}),
            json!(["", "", "", ""]),
            json!({ "Resource": [{ "Ref": "A" }, { "Fn::GetAtt": ["Key", "Arn"] }, { "Ref": "AWS::AccountId" }] }),
            json!({ "Ref": "A", "Fn::Sub": "${B}" }),
        ] {
            let most = longest(&Json::from(&document), at_most_of_text).expect("nothing is put together");
            let size = PolicySize::of(&Json::from(&document)).estimated_bytes();
            assert!(size <= most && document.to_string().len() <= most, "{document}");
        }
        assert_eq!(longest(&json!([{ "Fn::Sub": "${A}${B}" }]).into(), at_most_of_text), None);
    }
}
