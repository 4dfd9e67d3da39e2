//! What the proof says about every pipeline that is right.

use std::collections::BTreeSet;

use construct_core::Assembly;
use construct_pipeline::access::template::Templates;
use construct_pipeline::access::{Expected, Orders, Outside, prove};
use construct_pipeline::contract::Contract;
use construct_tests::template;
use proptest::prelude::*;

/// Every access is proved and every negative one denied once owners keep the contract, and every order deploys.
pub(crate) fn is_proved(assembly: &Assembly) -> Result<(), TestCaseError> {
    let outside = Contract::of(assembly).as_ref().map_or_else(Outside::new, Outside::from);
    let outside = with_boundaries(assembly, outside);
    let report = prove(&Templates::of(assembly), &outside);
    prop_assert!(!report.accesses().is_empty());
    // Buckets and roles; a key has an id.
    let mut made = BTreeSet::new();
    for stack in assembly.stacks() {
        let template = template::of(stack);
        let resources = template::resources(&template).map(|(_, resource)| resource);
        let named = resources.filter(|one| one["Type"] == "AWS::S3::Bucket" || one["Type"] == "AWS::IAM::Role");
        made.extend(named.filter_map(template::physical_name).map(str::to_owned));
    }
    for access in report.accesses() {
        let said = || {
            let words = format!("{} {} {}", access.principal(), access.iam_action(), access.resource());
            format!("{:?} {:?}: {}", access.expected, access.decision, report.readable(&words))
        };
        // Things of others may have policies that nobody gave, and for which no contract asks: a site's bucket, say.
        // And roles of others are let at what has no name yet by whoever deploys it, says the contract.
        let (principal, resource) = (report.readable(access.principal()), report.readable(access.resource()));
        let is_ours = principal.rsplit('/').next().is_some_and(|name| made.contains(name));
        let is_made =
            resource.contains("<id of") && is_ours || resource.split([':', '/']).any(|part| made.contains(part));
        let may_be_open = !is_made && access.expected == Expected::Allow;
        prop_assert!(access.is_proved() || may_be_open && access.is_open(), "{}", said());
    }
    let order = &report.order();
    prop_assert!(order.missing.is_empty() && order.clashes.is_empty(), "{order:?}");
    let all_work = matches!(order.orders, Orders::AllWork | Orders::Counted { failing: 0, .. });
    prop_assert!(all_work, "{order:?}");
    Ok(())
}

/// Permissions boundaries are their owners': here they allow everything, so that they leave nothing open.
fn with_boundaries(assembly: &Assembly, mut outside: Outside) -> Outside {
    let everything = serde_json::json!({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    for stack in assembly.stacks() {
        for (_, resource) in template::resources(&template::of(stack)) {
            if let Some(boundary) = resource["Properties"]["PermissionsBoundary"].as_str() {
                outside = outside.managed_policy(boundary, everything.clone());
            }
        }
    }
    outside
}
