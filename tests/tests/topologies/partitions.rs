//! One pipeline in three partitions.

use super::{all, proved, synthesised};

#[path = "../../../examples/partitions.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod example;

#[test]
fn all_arns_are_those_of_the_partition() {
    let assembly = synthesised(example::app());
    proved(&assembly);
    for stack in assembly.stacks() {
        let partition = match &*stack.region {
            region if region.starts_with("cn-") => "aws-cn",
            region if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        let arns: Vec<&str> = stack.template.split('"').filter(|text| text.starts_with("arn:")).collect();
        assert!(arns.len() > 10, "{}", stack.id);
        for arn in arns {
            assert!(arn.starts_with(&format!("arn:{partition}:")), "{arn} in {}", stack.id);
        }
        assert!(!stack.template.contains("AWS::Partition"), "{}", stack.id);
    }
    assert_eq!(all(&assembly, "AWS::CodePipeline::Pipeline").len(), 3);
}

#[test]
fn keys_are_used_through_the_s3_of_the_partition() {
    let assembly = synthesised(example::app());
    let china = assembly.stacks().iter().find(|stack| stack.id == "Tools-China").expect("a stack");
    assert!(china.template.contains("s3.cn-north-1.amazonaws.com.cn"));
    assert!(china.template.contains("\"codepipeline.amazonaws.com\""), "services have one name everywhere");
}
