//! From an event to a start: the rules that carry the events of a source to the pipeline, and whether each hop is allowed.

use std::collections::BTreeSet;
use std::sync::Arc;

use construct_iam::access::Json;

use super::prover::{About, Prover};
use crate::access::ask::{Protected, Scene, Who, service_of};
use crate::access::report::{Decision, Purpose, Remark};
use crate::access::template::{account_in, partition};
use crate::access::world::{Action, Pipeline, Rule, Target, bus_of};

/// Buses that an event may pass: its own account's and one more, as EventBridge forwards once only.
const HOPS: usize = 2;

impl<'p> Prover<'p, '_> {
    pub(crate) fn events(&mut self) {
        let (pipeline, world) = (self.pipeline, self.asker.world());
        let towards = world.rules.towards(&pipeline.arn);
        let mut used: BTreeSet<usize> = BTreeSet::new();
        for action in &pipeline.actions {
            let Some(event) = sample(action) else { continue };
            let mut path = Vec::new();
            let rules = || towards.iter().map(|n| (*n, world.rules.get(*n)));
            if reaches(&rules, pipeline, &event, (action.account(), action.region(), "default"), &mut path) {
                for (n, target) in path {
                    if used.insert(n) {
                        self.target(Some(action), world.rules.get(n), target);
                    }
                }
            }
        }
        // Rules that start the pipeline for other reasons, such as a schedule.
        for &n in world.rules.to_target(&pipeline.arn) {
            let rule = world.rules.get(n);
            for target in rule.targets.iter().filter(|target| *target.arn == *pipeline.arn) {
                if rule.enabled && used.insert(n) {
                    self.target(None, rule, target);
                }
            }
        }
    }

    fn target(&mut self, action: Option<&'p Action>, rule: &Rule, target: &Target) {
        let is_bus = bus_of(&target.arn).is_some();
        let purpose = if is_bus { Purpose::EventForwards } else { Purpose::EventStarts };
        let about = About::need(action, purpose);
        let call = if is_bus { "events:PutEvents" } else { "codepipeline:StartPipelineExecution" };
        let owner = account_in(&target.arn).unwrap_or(&rule.account);
        let resource: Arc<str> = target.arn.as_str().into();
        let Some(role) = &target.role else {
            let question = self.unasked(&Who::Service("events.amazonaws.com"), call, &resource, owner);
            let world = self.asker.world();
            let remark = Remark::mended_by(
                "give the target a `RoleArn`",
                format!(
                    "the rule `{}` of stack `{}` gives no role to its target, and EventBridge needs one to reach it",
                    rule.made.logical_id,
                    world.stack_name(&rule.made)
                ),
            );
            self.note(&about, question, Decision::Denied, Some(remark));
            return;
        };
        let caller = self.role(&role.as_str().into());
        self.service_takes("events.amazonaws.com", &caller, &about);
        let mut facts = self.asker.facts();
        facts.one("aws:SecureTransport", || "true".to_owned());
        let target = Protected::new(self.asker.view(), service_of(call), &resource, owner, caller.account());
        self.ask(&about, &caller, call, &Scene::for_one(target.into(), facts.context()));
    }
}

/// Whether an event on a bus reaches the pipeline; `path` holds the rules and targets that carry it.
fn reaches<'w, I: Iterator<Item = (usize, &'w Rule)>>(
    rules: &impl Fn() -> I,
    pipeline: &Pipeline,
    event: &Json<'_>,
    (account, region, bus): (&str, &str, &str),
    path: &mut Vec<(usize, &'w Target)>,
) -> bool {
    for (n, rule) in rules() {
        let here = rule.account == account && rule.region == region && rule.bus == bus && rule.enabled;
        if !here || !fits(&rule.pattern, event) {
            continue;
        }
        for target in &rule.targets {
            path.push((n, target));
            if *target.arn == *pipeline.arn {
                return true;
            }
            if let Some((account, bus)) = bus_of(&target.arn).filter(|_| path.len() < HOPS)
                && reaches(rules, pipeline, event, (account, region, bus), path)
            {
                return true;
            }
            path.pop();
        }
    }
    false
}

/// A sample of what a source sends.
fn sample(action: &Action) -> Option<Json<'_>> {
    if (&*action.category, &*action.owner) != ("Source", "AWS") {
        return None;
    }
    let (source, kind, resource, detail) = match action.provider() {
        "CodeCommit" => {
            let repository = action.get("RepositoryName")?;
            let detail = object([
                ("event", "referenceUpdated".into()),
                ("referenceType", "branch".into()),
                ("referenceName", action.get("BranchName")?.into()),
                ("repositoryName", repository.into()),
            ]);
            ("aws.codecommit", "CodeCommit Repository State Change", action.arn("codecommit", repository), detail)
        }
        "S3" => {
            let (bucket, key) = (action.get("S3Bucket")?, action.get("S3ObjectKey")?);
            let detail = object([
                ("bucket", object([("name", bucket.into())])),
                ("object", object([("key", key.into())])),
                ("reason", "PutObject".into()),
            ]);
            ("aws.s3", "Object Created", format!("arn:{}:s3:::{bucket}", partition(action.region())), detail)
        }
        "ECR" => {
            let repository = action.get("RepositoryName")?;
            let detail = object([
                ("action-type", "PUSH".into()),
                ("result", "SUCCESS".into()),
                ("repository-name", repository.into()),
                ("image-tag", action.get("ImageTag").unwrap_or("latest").into()),
            ]);
            ("aws.ecr", "ECR Image Action", action.arn("ecr", &format!("repository/{repository}")), detail)
        }
        _ => return None,
    };
    Some(object([
        ("source", source.into()),
        ("detail-type", kind.into()),
        ("account", action.account().into()),
        ("region", action.region().into()),
        ("resources", [Json::from(resource)].into_iter().collect()),
        ("detail", detail),
    ]))
}

fn object<'t, const N: usize>(members: [(&'static str, Json<'t>); N]) -> Json<'t> {
    Json::Object(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

/// Whether an event fits a pattern. Filters that are not known here count as fitting: then a rule too many is looked
/// at, not one too few. <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>
fn fits(pattern: &Json<'_>, event: &Json<'_>) -> bool {
    match pattern {
        Json::Object(wanted) => {
            wanted.iter().all(|(key, wanted)| match (wanted, event.get(key)) {
                (Json::Object(_), given) => given.is_some_and(|given| fits(wanted, given)),
                (Json::Array(filters), given) => {
                    filters.iter().any(|filter| passes(filter, given.unwrap_or(&Json::Null)))
                }
                _ => false,
            }) && !wanted.is_empty()
        }
        _ => false,
    }
}

fn passes(filter: &Json<'_>, given: &Json<'_>) -> bool {
    if let Json::Array(values) = given {
        return values.iter().any(|value| passes(filter, value));
    }
    let Json::Object(filter) = filter else { return filter == given };
    let text = given.as_str();
    filter.iter().all(|(kind, wanted)| match (kind, wanted.as_str()) {
        ("prefix", Some(wanted)) => text.is_some_and(|text| text.starts_with(wanted)),
        ("suffix", Some(wanted)) => text.is_some_and(|text| text.ends_with(wanted)),
        ("equals-ignore-case", Some(wanted)) => text.is_some_and(|text| text.eq_ignore_ascii_case(wanted)),
        ("exists", _) => *wanted == Json::Bool(!given.is_null()),
        ("anything-but", Some(wanted)) => text != Some(wanted),
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn patterns_fit_events() {
        let event = Json::from(
            json!({ "source": "aws.s3", "resources": ["a", "b"], "detail": { "object": { "key": "x/y.zip" } } }),
        );
        let check = |pattern: Value, fit: bool| assert_eq!(fits(&Json::from(&pattern), &event), fit, "{pattern}");
        check(json!({ "source": ["aws.s3"] }), true);
        check(json!({ "source": ["aws.ecr"] }), false);
        check(json!({ "resources": ["b"], "detail": { "object": { "key": [{ "prefix": "x/" }] } } }), true);
        check(json!({ "detail": { "object": { "key": [{ "suffix": ".tar" }] } } }), false);
        check(json!({ "detail": { "missing": { "key": ["x"] } } }), false);
        check(json!({ "detail": { "missing": [{ "exists": false }] } }), true);
        check(json!({ "source": [{ "anything-but": "aws.s3" }] }), false);
        check(json!({ "source": [{ "equals-ignore-case": "AWS.S3" }] }), true);
        check(json!({}), false);
        check(Value::Null, false);
    }
}
