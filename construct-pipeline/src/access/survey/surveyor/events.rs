//! What carries events: rules, buses and topics, with their policies. A repository of images is known by no more than
//! its policy, either.

use std::borrow::Cow;

use construct_iam::access::Json;
use serde_json::json;

use super::documents::DocumentAt;
use super::{Reading, Surveyor};
use crate::access::policies::{PolicyIx, PolicyKind, Slot};
use crate::access::template::{Lazy, short_name};
use crate::access::world::{Guarded, Rule, Target};

impl<'t> Surveyor<'t> {
    pub(super) fn rule(&mut self, reading: Reading<'t>) {
        let resolver = &self.resolver;
        let pattern = self.property(reading, "EventPattern").map(|value| resolver.value(reading.stack, value));
        let target = |target: Lazy<'_, '_>| {
            let role = target.get("RoleArn").map(|role| role.as_text());
            Some(Target { arn: target.get("Arn")?.as_text(), role })
        };
        let targets = self.lazily(reading, "Targets");
        let targets = targets.iter().flat_map(Lazy::items).filter_map(target).collect();
        let bus = self.text(reading, "EventBusName").unwrap_or_else(|| "default".to_owned());
        let rule = Rule {
            made: self.made(reading),
            account: self.account(reading.stack),
            region: self.resolver.region(reading.stack).to_owned(),
            bus: short_name(&bus).to_owned(),
            pattern: pattern.map(|pattern| pattern.to_static()).unwrap_or_default(),
            enabled: self.text(reading, "State").is_none_or(|state| state != "DISABLED"),
            targets,
        };
        self.world.rules.add(rule);
    }

    pub(super) fn guarded(&mut self, reading: Reading<'t>, policy: Option<PolicyIx>, key: Option<String>) {
        let Some(arn) = self.arn(reading) else { return };
        let made = Some(self.made(reading));
        self.world.guarded.insert(arn, Guarded { made, policies: policy.into_iter().collect(), key });
    }

    pub(super) fn bus_policy(&mut self, reading: Reading<'t>) {
        let bus = self.text(reading, "EventBusName").unwrap_or_else(|| "default".to_owned());
        let (account, region) = (self.resolver.account(reading.stack), self.resolver.region(reading.stack));
        let arn = format!(
            "arn:{}:events:{region}:{account}:event-bus/{}",
            self.resolver.partition(reading.stack),
            short_name(&bus)
        );
        let (statement, property) = match self.property(reading, "Statement") {
            Some(statement) => (self.resolver.value(reading.stack, statement).into_owned(), "Statement"),
            None => {
                let part = |name| self.text(reading, name).unwrap_or_default();
                let principal = part("Principal");
                let principal = if principal == "*" { json!("*") } else { json!({ "AWS": principal }) };
                let (effect, action) = ("Allow", part("Action"));
                let statement = json!({ "Effect": effect, "Principal": principal, "Action": action, "Resource": arn });
                (statement.into(), "")
            }
        };
        let members = [("Version".into(), "2012-10-17".into()), ("Statement".into(), Json::Array([statement].into()))];
        let document = Json::Object(members.into_iter().collect());
        let ix = if reading.doubtful {
            self.world.policies.unknown(reading.logical_id)
        } else {
            let slot = Slot::Property(property);
            self.computed(DocumentAt { reading, slot, kind: PolicyKind::Bus, name: None }, Cow::Owned(document))
        };
        // Each statement of a bus is a resource of its own; they are kept apart so that each is cited at its place.
        self.world.guarded.entry(arn.into()).or_default().policies.push(ix);
    }

    pub(super) fn topic_policy(&mut self, reading: Reading<'t>) {
        let resolver = &self.resolver;
        let topics = self.property(reading, "Topics").map(|value| resolver.value(reading.stack, value).into_owned());
        let Some(Json::Array(topics)) = topics else { return };
        let Some(policy) = self.document(reading) else { return };
        for topic in topics {
            let arn = self.resolver.as_text(&topic);
            self.world.guarded.entry(arn.into()).or_default().policies.push(policy);
        }
    }
}
