//! Names and ARNs that follow from a resource's type.

use construct_core::Region;

/// What `Ref` gives for a resource of a type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum RefIs {
    Name,
    Arn,
    /// Something that AWS makes up.
    Id,
}

/// How a resource type names its resources.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Naming {
    /// The property with the name; empty if AWS always chooses it.
    pub(crate) property: &'static str,
    pub(crate) ref_is: RefIs,
    /// The ARN, with `P`artition, `R`egion, `A`ccount and `N`ame in braces, and `{path}` for the path of IAM.
    arn: &'static str,
    /// The attributes that are the ARN.
    arn_attributes: &'static [&'static str],
    /// The attributes that are the name.
    name_attributes: &'static [&'static str],
}

const fn naming(
    property: &'static str,
    ref_is: RefIs,
    arn: &'static str,
    arn_attributes: &'static [&'static str],
    name_attributes: &'static [&'static str],
) -> Option<Naming> {
    Some(Naming { property, ref_is, arn, arn_attributes, name_attributes })
}

/// The naming of the types that pipelines are made of.
pub(crate) fn naming_of(kind: &str) -> Option<Naming> {
    use RefIs::{Arn, Id, Name};
    const ARN: &[&str] = &["Arn"];
    match kind {
        "AWS::S3::Bucket" => naming("BucketName", Name, "arn:{P}:s3:::{N}", ARN, &[]),
        "AWS::IAM::Role" => naming("RoleName", Name, "arn:{P}:iam::{A}:role{path}{N}", ARN, &[]),
        "AWS::IAM::User" => naming("UserName", Name, "arn:{P}:iam::{A}:user{path}{N}", ARN, &[]),
        "AWS::IAM::ManagedPolicy" => {
            naming("ManagedPolicyName", Arn, "arn:{P}:iam::{A}:policy{path}{N}", &["PolicyArn"], &[])
        }
        "AWS::KMS::Key" | "AWS::KMS::ReplicaKey" => naming("", Name, "arn:{P}:kms:{R}:{A}:key/{N}", ARN, &["KeyId"]),
        "AWS::KMS::Alias" => naming("AliasName", Name, "arn:{P}:kms:{R}:{A}:{N}", ARN, &["AliasName"]),
        "AWS::CodeBuild::Project" => naming("Name", Name, "arn:{P}:codebuild:{R}:{A}:project/{N}", ARN, &[]),
        "AWS::CodePipeline::Pipeline" => naming("Name", Name, "arn:{P}:codepipeline:{R}:{A}:{N}", &[], &[]),
        "AWS::CodeCommit::Repository" => naming("RepositoryName", Id, "arn:{P}:codecommit:{R}:{A}:{N}", ARN, &["Name"]),
        "AWS::ECR::Repository" => naming("RepositoryName", Name, "arn:{P}:ecr:{R}:{A}:repository/{N}", ARN, &[]),
        "AWS::Events::EventBus" => naming("Name", Name, "arn:{P}:events:{R}:{A}:event-bus/{N}", ARN, &["Name"]),
        "AWS::Events::Rule" => naming("Name", Name, "arn:{P}:events:{R}:{A}:rule/{N}", ARN, &[]),
        "AWS::SNS::Topic" => naming("TopicName", Arn, "arn:{P}:sns:{R}:{A}:{N}", &["TopicArn"], &["TopicName"]),
        "AWS::SQS::Queue" => naming("QueueName", Id, "arn:{P}:sqs:{R}:{A}:{N}", ARN, &["QueueName"]),
        "AWS::Lambda::Function" => naming("FunctionName", Name, "arn:{P}:lambda:{R}:{A}:function:{N}", ARN, &[]),
        "AWS::StepFunctions::StateMachine" => {
            naming("StateMachineName", Arn, "arn:{P}:states:{R}:{A}:stateMachine:{N}", ARN, &["Name"])
        }
        "AWS::CodeStarConnections::Connection" => {
            naming("", Arn, "arn:{P}:codestar-connections:{R}:{A}:connection/{N}", &["ConnectionArn"], &[])
        }
        "AWS::CodeConnections::Connection" => {
            naming("", Arn, "arn:{P}:codeconnections:{R}:{A}:connection/{N}", &["ConnectionArn"], &[])
        }
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudwatch-alarm.html
        "AWS::CloudWatch::Alarm" | "AWS::CloudWatch::CompositeAlarm" => {
            naming("AlarmName", Name, "arn:{P}:cloudwatch:{R}:{A}:alarm:{N}", ARN, &[])
        }
        "AWS::Logs::LogGroup" => naming("LogGroupName", Name, "arn:{P}:logs:{R}:{A}:log-group:{N}:*", ARN, &[]),
        "AWS::ECS::Cluster" => naming("ClusterName", Name, "arn:{P}:ecs:{R}:{A}:cluster/{N}", ARN, &[]),
        "AWS::CodeDeploy::Application" => {
            naming("ApplicationName", Name, "arn:{P}:codedeploy:{R}:{A}:application:{N}", &[], &[])
        }
        "AWS::CodeDeploy::DeploymentGroup" => naming("DeploymentGroupName", Name, "", &[], &[]),
        "AWS::SSM::Parameter" => naming("Name", Name, "", &[], &[]),
        _ => None,
    }
}

impl Naming {
    pub(crate) fn is_arn(&self, attribute: &str) -> bool {
        self.arn_attributes.contains(&attribute)
    }

    pub(crate) fn is_name(&self, attribute: &str) -> bool {
        self.name_attributes.contains(&attribute)
    }

    /// The ARN of the resource with this name. A name that is an ARN already stays as it is.
    pub(crate) fn arn(&self, name: &str, path: &str, at: &Whereabouts<'_>) -> String {
        if name.starts_with("arn:") || self.arn.is_empty() {
            return name.to_owned();
        }
        let mut arn =
            String::with_capacity(self.arn.len() + at.region.len() + at.account.len() + path.len() + name.len());
        let mut rest = self.arn;
        while let Some((literal, behind)) = divided(rest, b'{') {
            let (what, behind) = divided(behind, b'}').unwrap_or((behind, ""));
            arn.push_str(literal);
            arn.push_str(match what {
                "P" => at.partition,
                "R" => at.region,
                "A" => at.account,
                "path" => path,
                _ => name,
            });
            rest = behind;
        }
        arn.push_str(rest);
        arn
    }
}

/// Where a stack is deployed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whereabouts<'a> {
    pub(crate) partition: &'a str,
    pub(crate) region: &'a str,
    pub(crate) account: &'a str,
}

/// Whether the text is the id of an account. Other tools write other things where it is not known.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|c| c.is_ascii_digit())
}

/// Whether the text can be the name of a region.
pub(crate) fn is_region(text: &str) -> bool {
    text.is_ascii() && text.contains('-') && !text.starts_with("unknown")
}

/// What `kms:ViaService` may be where a service uses a key in a region, as [`via_service`](crate::aws::via_service) has it:
/// whether the domain of the partition stands in it is not documented.
pub(crate) fn ways_through(service: &str, region: &str) -> Vec<String> {
    let of = |suffix: &str| format!("{service}.{region}.{suffix}");
    match Region::parse(region).map_or("amazonaws.com", |region| region.partition().url_suffix()) {
        own @ "amazonaws.com" => vec![of(own)],
        own => vec![of("amazonaws.com"), of(own)],
    }
}

/// The partition that a region belongs to.
pub(crate) fn partition(region: &str) -> &'static str {
    let of_prefix = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eu-isoe-", "aws-iso-e"),
        ("us-isof-", "aws-iso-f"),
        ("eusc-", "aws-eusc"),
    ];
    of_prefix.iter().find(|(prefix, _)| region.starts_with(prefix)).map_or("aws", |(_, partition)| partition)
}

/// What comes before and behind the first such character. For the few bytes of an ARN this is quicker than a search.
fn divided(text: &str, at: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|c| c == at)?;
    Some((&text[..at], &text[at + 1..]))
}

/// The parts of an ARN: partition, service, region, account, resource.
pub(crate) fn arn_parts(arn: &str) -> Option<[&str; 5]> {
    let rest = arn.strip_prefix("arn:")?;
    let (mut parts, mut n, mut start) = ([""; 5], 0, 0);
    for (at, c) in rest.bytes().enumerate() {
        if c == b':' {
            parts[n] = &rest[start..at];
            (n, start) = (n + 1, at + 1);
            if n == 4 {
                parts[4] = &rest[start..];
                return Some(parts);
            }
        }
    }
    None
}

/// The account in an ARN, if the ARN has one.
pub(crate) fn account_in(arn: &str) -> Option<&str> {
    arn_parts(arn).map(|parts| parts[3]).filter(|account| !account.is_empty())
}

/// The last part of a role's ARN: its name without the path.
pub(crate) fn short_name(arn: &str) -> &str {
    arn.rsplit(['/', ':']).next().unwrap_or(arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_follow_from_type_and_name() {
        let at = Whereabouts { partition: "aws", region: "us-east-1", account: "111111111111" };
        let arn = |kind: &str, name: &str| naming_of(kind).expect("a known type").arn(name, "/", &at);
        assert_eq!(arn("AWS::S3::Bucket", "b"), "arn:aws:s3:::b");
        assert_eq!(arn("AWS::IAM::Role", "r"), "arn:aws:iam::111111111111:role/r");
        assert_eq!(arn("AWS::SNS::Topic", "t"), "arn:aws:sns:us-east-1:111111111111:t");
        assert_eq!(arn("AWS::Events::EventBus", "arn:aws:x"), "arn:aws:x");
        assert!(naming_of("Custom::Thing").is_none());
    }

    #[test]
    fn parts_of_arns() {
        assert_eq!(arn_parts("arn:aws:sns:r:a:x:y"), Some(["aws", "sns", "r", "a", "x:y"]));
        assert_eq!(arn_parts("arn:aws:s3"), None);
        assert_eq!(account_in("arn:aws:s3:::b"), None);
        assert_eq!(short_name("arn:aws:iam::1:role/a/b"), "b");
        assert_eq!(partition("cn-north-1"), "aws-cn");
    }
}
