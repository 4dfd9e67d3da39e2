//! The rules of all event buses, found by where they send events: an app of thousands of pipelines has as many.

use std::collections::BTreeMap;

use construct_iam::access::Json;

use crate::access::template::{Made, account_in, arn_parts, short_name};

#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) made: Made,
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) bus: String,
    pub(crate) pattern: Json<'static>,
    pub(crate) enabled: bool,
    pub(crate) targets: Vec<Target>,
}

#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) arn: String,
    pub(crate) role: Option<String>,
}

/// Rules by their numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    all: Vec<Rule>,
    by_target: BTreeMap<String, Vec<usize>>,
    /// By account and name of the bus that they send to.
    by_bus: BTreeMap<(String, String), Vec<usize>>,
}

impl Rules {
    pub(crate) fn add(&mut self, rule: Rule) {
        let number = self.all.len();
        for target in &rule.targets {
            self.by_target.entry(target.arn.clone()).or_default().push(number);
            if let Some((account, name)) = bus_of(&target.arn) {
                self.by_bus.entry((account.to_owned(), name.to_owned())).or_default().push(number);
            }
        }
        self.all.push(rule);
    }

    pub(crate) fn get(&self, number: usize) -> &Rule {
        &self.all[number]
    }

    /// The rules that have this target.
    pub(crate) fn to_target(&self, arn: &str) -> &[usize] {
        self.by_target.get(arn).map_or(&[], Vec::as_slice)
    }

    /// The rules that may have a part in reaching a target, in order: those that have it, and those that send to their
    /// buses.
    pub(crate) fn towards(&self, arn: &str) -> Vec<usize> {
        let last = self.to_target(arn);
        let mut all = last.to_vec();
        for rule in last.iter().map(|number| self.get(*number)) {
            let before = self.by_bus.get(&(rule.account.clone(), rule.bus.clone()));
            all.extend(before.into_iter().flatten());
        }
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// Account and name of the event bus that an ARN names.
pub(crate) fn bus_of(arn: &str) -> Option<(&str, &str)> {
    let [_, service, _, _, resource] = arn_parts(arn)?;
    let is_bus = service == "events" && resource.starts_with("event-bus/");
    is_bus.then(|| (account_in(arn).unwrap_or_default(), short_name(arn)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(account: &str, bus: &str, targets: &[&str]) -> Rule {
        let target = |arn: &&str| Target { arn: (*arn).to_owned(), role: None };
        Rule {
            made: Made { stack: 0, logical_id: "Rule".into() },
            account: account.to_owned(),
            region: "us-east-1".to_owned(),
            bus: bus.to_owned(),
            pattern: Json::Null,
            enabled: true,
            targets: targets.iter().map(target).collect(),
        }
    }

    #[test]
    fn rules_are_found_from_where_they_send_to() {
        let (bus, pipeline) = ("arn:aws:events:us-east-1:111111111111:event-bus/tools", "arn:aws:codepipeline:r:1:p");
        let mut rules = Rules::default();
        rules.add(rule("222222222222", "default", &["arn:aws:sns:r:2:t", bus]));
        rules.add(rule("111111111111", "tools", &[pipeline]));
        rules.add(rule("111111111111", "default", &[pipeline, pipeline]));
        rules.add(rule("222222222222", "default", &["arn:aws:events:us-east-1:333333333333:event-bus/tools"]));
        assert_eq!(rules.towards(pipeline), [0, 1, 2]);
        assert_eq!(rules.to_target(pipeline), [1, 2, 2]);
        assert_eq!(rules.towards("arn:aws:codepipeline:r:1:q"), [0; 0]);
        assert_eq!(bus_of(bus), Some(("111111111111", "tools")));
        assert_eq!(bus_of(pipeline), None);
    }
}
