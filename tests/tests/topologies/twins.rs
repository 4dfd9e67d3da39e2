//! Pipelines side by side whose names are almost the same.

use std::collections::BTreeSet;

use super::{all, proved, synthesised};

#[path = "../../../examples/twins.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod example;

#[test]
fn nothing_clashes_whatever_the_case_of_its_letters() {
    let assembly = synthesised(example::app());
    proved(&assembly);
    assert_eq!(all(&assembly, "AWS::CodePipeline::Pipeline").len(), 4);
    for kind in ["AWS::IAM::Role", "AWS::S3::Bucket"] {
        let arns: Vec<String> = all(&assembly, kind).into_iter().filter_map(|(_, arn, _)| arn).collect();
        let folded: BTreeSet<String> = arns.iter().map(|arn| arn.to_ascii_lowercase()).collect();
        assert_eq!(folded.len(), arns.len(), "{arns:?}");
    }
    let ids: BTreeSet<String> = assembly.stacks().iter().map(|stack| stack.id.to_ascii_lowercase()).collect();
    assert_eq!(ids.len(), assembly.stacks().len(), "the files, too");
}

#[test]
fn one_twin_has_no_part_in_the_other() {
    let assembly = synthesised(example::app());
    let roles = all(&assembly, "AWS::IAM::Role");
    let buckets: Vec<String> = all(&assembly, "AWS::S3::Bucket").into_iter().filter_map(|(_, arn, _)| arn).collect();
    let twins: Vec<&String> = buckets.iter().filter(|arn| arn.contains(":billing-")).collect();
    assert_eq!(twins.len(), 2, "{buckets:?}");
    for (_, arn, role) in roles.iter().filter(|(_, arn, _)| arn.as_deref().is_some_and(|arn| arn.contains("/billing-")))
    {
        let policies = role["Policies"].to_string();
        let reached = twins.iter().filter(|twin| policies.contains(&***twin)).count();
        assert!(reached <= 1, "{arn:?} reaches the stores of both");
    }
}
