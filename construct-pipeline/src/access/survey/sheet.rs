//! What a template tells of its resources by itself: noted on whichever core reads it.

use std::borrow::Cow;
use std::sync::Arc;

use construct_core::fingerprint;
use construct_iam::access::{Json, Members};

use crate::access::policies::Digest;
use crate::access::template::{
    Template, Whereabouts, is_account, is_plain, is_region, naming_of, partition, short_name,
};
use crate::access::world::Action;

pub(crate) const ROLE: &str = "AWS::IAM::Role";

/// The resources of a template.
#[derive(Debug)]
pub(crate) struct Sheet {
    /// In the order of the template.
    pub(crate) resources: Vec<Noted>,
    /// Fingerprints of names that can exist once only.
    pub(crate) names: Vec<u64>,
    /// Resources of which the name has to be computed, by their numbers.
    pub(crate) open_names: Vec<usize>,
    /// The roles of which nothing has to be computed, in order.
    pub(crate) roles: Vec<SettledRole>,
    /// The actions of pipelines of which nothing has to be computed, by the numbers of the pipelines, in order.
    pub(crate) actions: Vec<(usize, Vec<Action>)>,
}

/// A role with all of its policies, of which no JSON is kept.
#[derive(Debug)]
pub(crate) struct SettledRole {
    /// Which resource of its template it is.
    pub(crate) number: usize,
    /// Its inline policies, in order.
    pub(crate) identity: Vec<Digest>,
    pub(crate) trust: Option<Digest>,
}

/// A resource.
#[derive(Debug)]
pub(crate) struct Noted {
    pub(crate) logical_id: Arc<str>,
    /// Its ARN, if nothing has to be computed to tell it.
    pub(crate) arn: Option<Arc<str>>,
}

/// The name of a resource, and where it can exist once only.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Named<'r> {
    pub(crate) kind: &'r str,
    account: &'r str,
    region: &'r str,
    pub(crate) name: Cow<'r, str>,
}

impl Sheet {
    pub(crate) fn of(template: &Template<'_>) -> Self {
        let resources = template.section("Resources");
        let n = resources.map_or(0, Members::len);
        let (resources_of, names) = (Vec::with_capacity(n), Vec::with_capacity(n));
        let (open_names, roles, actions) = (Vec::new(), Vec::new(), Vec::new());
        let mut sheet = Self { resources: resources_of, names, open_names, roles, actions };
        let is_known = is_account(&template.account) && is_region(&template.region);
        let at = Whereabouts {
            partition: partition(&template.region),
            region: &template.region,
            account: &template.account,
        };
        for (number, (logical_id, resource)) in resources.into_iter().flat_map(Members::iter).enumerate() {
            let name = plain_name(template, logical_id, resource).filter(|_| is_known);
            let arn = name.and_then(|(kind, name)| arn_of(kind, name, resource, &at));
            sheet.resources.push(Noted { logical_id: logical_id.into(), arn: arn.map(Into::into) });
            match name.filter(|_| resource.get("Condition").is_none()) {
                Some((kind, name)) => sheet.names.push(Named::of(kind, name.into(), &at).fingerprint()),
                None if may_have_name(resource) => sheet.open_names.push(number),
                None => {}
            }
        }
        sheet
    }
}

/// Type and name of a resource, if nothing has to be computed to tell the name.
fn plain_name<'r>(template: &Template<'_>, logical_id: &str, resource: &'r Json<'_>) -> Option<(&'r str, &'r str)> {
    let kind = resource.get("Type")?.as_str()?;
    let name = resource.get("Properties")?.get(naming_of(kind)?.property).filter(|name| is_plain(name))?.as_str()?;
    (!name.is_empty() && !template.physical_ids.contains_key(logical_id)).then_some((kind, name))
}

fn arn_of(kind: &str, name: &str, resource: &Json<'_>, at: &Whereabouts<'_>) -> Option<String> {
    let path = match resource.get("Properties").and_then(|properties| properties.get("Path")) {
        None => "/",
        Some(path) => path.as_str().filter(|_| is_plain(path))?,
    };
    let arn = naming_of(kind)?.arn(name, path, at);
    arn.starts_with("arn:").then_some(arn)
}

/// Whether the resource says its name.
pub(crate) fn may_have_name(resource: &Json<'_>) -> bool {
    let naming = resource.get("Type").and_then(Json::as_str).and_then(naming_of);
    let properties = || resource.get("Properties").and_then(Json::as_object);
    naming.is_some_and(|naming| properties().is_some_and(|properties| properties.contains_key(naming.property)))
}

impl SettledRole {
    pub(crate) fn n_policies(&self) -> usize {
        self.identity.len() + usize::from(self.trust.is_some())
    }
}

impl Noted {
    /// The name of a [`SettledRole`], which its ARN tells.
    pub(crate) fn role_name<'r>(&'r self, at: &Whereabouts<'r>) -> Option<Named<'r>> {
        Some(Named::of(ROLE, short_name(self.arn.as_deref()?).into(), at))
    }
}

impl<'r> Named<'r> {
    pub(crate) fn of(kind: &'r str, name: Cow<'r, str>, at: &Whereabouts<'r>) -> Self {
        let Whereabouts { account, region, .. } = *at;
        match kind {
            "AWS::S3::Bucket" => Self { kind, account: "", region: "", name },
            // Names of roles differ in more than upper and lower case.
            "AWS::IAM::Role" | "AWS::IAM::ManagedPolicy" | "AWS::IAM::User" => {
                let is_lower = !name.bytes().any(|c| c.is_ascii_uppercase());
                let name = if is_lower { name } else { name.to_ascii_lowercase().into() };
                Self { kind, account, region: "", name }
            }
            _ => Self { kind, account, region, name },
        }
    }

    /// Nearly always all names differ, which their fingerprints tell.
    pub(crate) fn fingerprint(&self) -> u64 {
        let Self { kind, account, region, name } = self;
        [*kind, *account, *region, &**name].iter().fold(0, |all, part| all.rotate_left(7) ^ fingerprint(part))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::access::template::{Resolver, Templates};

    #[test]
    fn what_a_template_tells_by_itself_is_what_is_computed() {
        let role = |properties: Value| json!({ "Type": "AWS::IAM::Role", "Properties": properties });
        let bucket = |name: Value| json!({ "Type": "AWS::S3::Bucket", "Properties": { "BucketName": name } });
        let mut perhaps = bucket(json!("perhaps"));
        perhaps["Condition"] = json!("C");
        let body = json!({
            "Parameters": { "P": { "Type": "String" } },
            "Conditions": { "C": { "Fn::Equals": [{ "Ref": "P" }, "x"] } },
            "Resources": {
                "Plain": role(json!({ "RoleName": "r", "Path": "/p/" })),
                "Upper": role(json!({ "RoleName": "R" })),
                "OpenPath": role(json!({ "RoleName": "o", "Path": { "Ref": "P" } })),
                "Open": role(json!({ "RoleName": { "Ref": "P" } })),
                "Unnamed": role(json!({})),
                "Bucket": bucket(json!("b")),
                "Dynamic": bucket(json!("{{resolve:ssm:name}}")),
                "Empty": bucket(json!("")),
                "Given": bucket(json!("is-called-otherwise")),
                "Perhaps": perhaps,
                "Unknown": { "Type": "Custom::Thing", "Properties": { "Name": "n" } },
            },
        });
        let template = |name: &str, account: &str| {
            Template::new(name, account, "us-east-1", body.clone()).physical_id("Given", "given")
        };
        let templates = Templates::new().with(template("One", "111111111111")).with(template("Other", "unknown"));
        let resolver = Resolver::new(&templates);
        let sheets: Vec<Sheet> = templates.iter().map(Sheet::of).collect();
        for (stack, sheet) in sheets.iter().enumerate() {
            for Noted { logical_id, arn } in sheet.resources.iter().filter(|noted| noted.arn.is_some()) {
                assert_eq!(arn.as_deref(), resolver.arn(stack, logical_id).as_deref());
            }
        }
        let ids = |of: &dyn Fn(usize, &Noted) -> bool| {
            let resources = sheets[0].resources.iter().enumerate().filter(|(number, noted)| of(*number, noted));
            let mut ids: Vec<&str> = resources.map(|(_, noted)| &*noted.logical_id).collect();
            ids.sort_unstable();
            ids
        };
        assert_eq!(ids(&|_, noted| noted.arn.is_some()), ["Bucket", "Perhaps", "Plain", "Upper"]);
        let open = ids(&|number, _| sheets[0].open_names.contains(&number));
        assert_eq!(open, ["Dynamic", "Empty", "Given", "Open", "Perhaps"]);
        let mut names = sheets[0].names.clone();
        names.sort_unstable();
        names.dedup();
        assert_eq!((sheets[0].names.len(), names.len()), (4, 3), "names of roles differ in more than case");
        let nothing = sheets[1].resources.iter().all(|noted| noted.arn.is_none()) && sheets[1].names.is_empty();
        assert!(nothing, "where it is deployed is not known");
    }
}
