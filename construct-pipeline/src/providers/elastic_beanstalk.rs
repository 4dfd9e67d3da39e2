//! Environments of AWS Elastic Beanstalk.
//!
//! Codes: `elastic-beanstalk::malformed-name`, `elastic-beanstalk::malformed-instance-role`.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Beanstalk.html>

use construct_core::{Diagnostic, Properties, Value, kind, text};
use construct_iam::{Arn, PolicyDocument, PolicyStatement};

use crate::artifact::Artifact;
use crate::provider::{ActionCx, Category, Owner, Provider, ProviderSpec};

/// Its name in China is another one.
const EC2: [&str; 2] = ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"];

/// Makes the files of an artifact a new version of an application, and deploys it to an environment that exists; at most 512 MB.
///
/// Elastic Beanstalk changes an environment with the permissions of whoever asks for it. AWS documents those of this action as
/// everything in eleven services. Here they are what AWS gives to
/// [the role that updates environments](https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSElasticBeanstalkManagedUpdatesCustomerRolePolicy.html),
/// as far as a new version takes that: on this application and this environment, and on what Elastic Beanstalk names after itself,
/// `awseb-…`, `eb-…` and `elasticbeanstalk-…`, in the account and region of the action. Such names do not tell one environment from
/// another: the role could change the stacks of the others there, too. That no deployment in place, in batches or with an
/// additional batch needs more is an assumption. What `.ebextensions` change beside, and new target groups for deployments that
/// split the traffic, are for [`permission`](Self::permission).
///
/// ```
/// use construct_pipeline::prelude::*;
/// let bundle = Artifact::new("Bundle");
/// let topics = ["arn:aws:sns:us-east-1:333333333333:ElasticBeanstalkNotifications-*"];
/// let deploy = Action::new(
///     "Deploy",
///     ElasticBeanstalkDeploy::new("shop", "shop-live", &bundle)
///         .instance_role("arn:aws:iam::333333333333:role/aws-elasticbeanstalk-ec2-role")
///         .permission(PolicyStatement::allow(["sns:GetTopicAttributes", "sns:Subscribe"]).on(topics)),
/// )
/// .account("333333333333");
/// ```
///
/// It has no variables.
#[doc(alias = "ElasticBeanstalkDeployAction")]
#[derive(Clone, Debug)]
#[must_use]
pub struct ElasticBeanstalkDeploy {
    application: Value<kind::Name>,
    environment: Value<kind::Name>,
    input: Artifact,
    instance_roles: Vec<Value<kind::Arn>>,
    permissions: PolicyDocument,
}

impl ElasticBeanstalkDeploy {
    /// An environment by the names of its application, 1 to 100 characters, and its own, 4 to 40 letters, digits and `-`. Both
    /// are in the account and region in which the action runs.
    pub fn new(
        application_name: impl Into<Value<kind::Name>>,
        environment_name: impl Into<Value<kind::Name>>,
        input: &Artifact,
    ) -> Self {
        Self {
            application: application_name.into(),
            environment: environment_name.into(),
            input: input.clone(),
            instance_roles: Vec::new(),
            permissions: PolicyDocument::new(),
        }
    }

    /// Lets the action start instances with a role, by its ARN, as immutable deployments do: that of the instance profile of
    /// the environment, often `aws-elasticbeanstalk-ec2-role`. Other deployments replace none.
    /// <https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/environmentmgmt-updates-immutable.html>
    pub fn instance_role(mut self, role: impl Into<Value<kind::Arn>>) -> Self {
        self.instance_roles.push(role.into());
        self
    }

    /// Adds what else a deployment may do.
    pub fn permission(mut self, statement: PolicyStatement) -> Self {
        self.permissions.push(statement);
        self
    }

    /// What a deployment looks at, none of which knows resources.
    fn looks() -> PolicyStatement {
        let looks = [
            "autoscaling:DescribeAccountLimits",
            "autoscaling:DescribeAutoScalingGroups",
            "autoscaling:DescribeAutoScalingInstances",
            "autoscaling:DescribeLaunchConfigurations",
            "autoscaling:DescribeLoadBalancers",
            "autoscaling:DescribeNotificationConfigurations",
            "autoscaling:DescribeScalingActivities",
            "autoscaling:DescribeScheduledActions",
            "ec2:DescribeAccountAttributes",
            "ec2:DescribeAddresses",
            "ec2:DescribeAvailabilityZones",
            "ec2:DescribeImages",
            "ec2:DescribeInstances",
            "ec2:DescribeKeyPairs",
            "ec2:DescribeLaunchTemplateVersions",
            "ec2:DescribeLaunchTemplates",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSnapshots",
            "ec2:DescribeSpotInstanceRequests",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            "elasticloadbalancing:DescribeInstanceHealth",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth",
        ];
        // That makes the bucket of the region if there is none yet, and tells its name.
        PolicyStatement::allow(looks).actions(["elasticbeanstalk:CreateStorageLocation"]).on(["*"])
    }

    /// The version and the environment.
    fn on_application(&self, cx: &ActionCx<'_>) -> PolicyStatement {
        let calls = [
            "elasticbeanstalk:CreateApplicationVersion",
            "elasticbeanstalk:DescribeApplicationVersions",
            "elasticbeanstalk:DescribeConfigurationSettings",
            "elasticbeanstalk:DescribeEnvironmentResources",
            "elasticbeanstalk:DescribeEnvironments",
            "elasticbeanstalk:DescribeEvents",
            "elasticbeanstalk:UpdateEnvironment",
        ];
        let (application, environment) = (&self.application, &self.environment);
        PolicyStatement::allow(calls).on([
            text!("{}/{}", cx.arn("elasticbeanstalk", "application"), application),
            text!("{}/{}/*", cx.arn("elasticbeanstalk", "applicationversion"), application),
            text!("{}/{}/{}", cx.arn("elasticbeanstalk", "environment"), application, environment),
        ])
    }

    /// The bucket in which Elastic Beanstalk keeps the versions of a region.
    /// <https://docs.aws.amazon.com/elasticbeanstalk/latest/dg/AWSHowTo.S3.html>
    fn on_bucket(cx: &ActionCx<'_>) -> [PolicyStatement; 2] {
        let bucket = format!("elasticbeanstalk-{}-{}", cx.env().region, cx.env().account);
        let bucket = Arn::new(cx.env().partition(), "s3").of(bucket);
        let objects = format!("{bucket}/*");
        let on_bucket = [
            "s3:CreateBucket",
            "s3:GetBucketLocation",
            "s3:GetBucketPolicy",
            "s3:ListBucket",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketPolicy",
            "s3:PutBucketPublicAccessBlock",
        ];
        let on_objects = [
            "s3:DeleteObject",
            "s3:GetObject",
            "s3:GetObjectAcl",
            "s3:GetObjectVersion",
            "s3:GetObjectVersionAcl",
            "s3:PutObject",
            "s3:PutObjectAcl",
            "s3:PutObjectVersionAcl",
        ];
        [PolicyStatement::allow(on_bucket).on([bucket]), PolicyStatement::allow(on_objects).on([objects])]
    }

    /// The stack, instances and load balancers of an environment: no name that is known here tells them from those of others.
    fn on_environment(&self, cx: &ActionCx<'_>) -> [PolicyStatement; 4] {
        let of_stacks = [
            "cloudformation:CancelUpdateStack",
            "cloudformation:DescribeStackEvents",
            "cloudformation:DescribeStackResource",
            "cloudformation:DescribeStackResources",
            "cloudformation:DescribeStacks",
            "cloudformation:GetTemplate",
            "cloudformation:ListStackResources",
            "cloudformation:TagResource",
            "cloudformation:UpdateStack",
        ];
        let of_groups = [
            "autoscaling:ResumeProcesses",
            "autoscaling:SetDesiredCapacity",
            "autoscaling:SuspendProcesses",
            "autoscaling:TerminateInstanceInAutoScalingGroup",
            "autoscaling:UpdateAutoScalingGroup",
        ];
        let of_new_groups = [
            "autoscaling:AttachInstances",
            "autoscaling:CreateAutoScalingGroup",
            "autoscaling:CreateOrUpdateTags",
            "autoscaling:DeleteAutoScalingGroup",
            "autoscaling:DetachInstances",
        ];
        let of_balancers = [
            "elasticloadbalancing:DeregisterInstancesFromLoadBalancer",
            "elasticloadbalancing:DeregisterTargets",
            "elasticloadbalancing:RegisterInstancesWithLoadBalancer",
            "elasticloadbalancing:RegisterTargets",
        ];
        let of_new_groups = of_new_groups.into_iter().filter(|_| self.starts_instances());
        let named = |service: &str, before: &[&str], end: &str| {
            let names = before.iter().flat_map(|before| ["awseb-", "eb-"].map(|name| format!("{before}{name}*{end}")));
            names.map(|name| cx.arn(service, name)).collect::<Vec<_>>()
        };
        let stacks = named("cloudformation", &["stack/"], "/*");
        let ends = PolicyStatement::allow(["ec2:TerminateInstances"]).on([cx.arn("ec2", "instance/*")]);
        [
            PolicyStatement::allow(of_groups).actions(of_new_groups).on(named(
                "autoscaling",
                &["autoScalingGroup:*:autoScalingGroupName/"],
                "",
            )),
            PolicyStatement::allow(of_balancers).on(named(
                "elasticloadbalancing",
                &["loadbalancer/", "loadbalancer/*/", "targetgroup/"],
                "",
            )),
            ends.condition("StringLike", "ec2:ResourceTag/aws:cloudformation:stack-id", stacks.iter().cloned()),
            PolicyStatement::allow(of_stacks).on(stacks),
        ]
    }

    fn starts_instances(&self) -> bool {
        !self.instance_roles.is_empty()
    }

    /// New instances, from launch templates alone.
    /// <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-launch-template-permissions.html>
    fn starts(&self, cx: &ActionCx<'_>) -> [PolicyStatement; 3] {
        let of_others = Arn::new(cx.env().partition(), "ec2").region(cx.env().region.as_str()).of("image/*");
        let run = PolicyStatement::allow(["ec2:RunInstances"]).on([cx.arn("ec2", "*/*"), of_others]);
        let templates = [cx.arn("ec2", "launch-template/*")];
        let tag =
            PolicyStatement::allow(["ec2:CreateTags"]).on([cx.arn("ec2", "instance/*"), cx.arn("ec2", "volume/*")]);
        let pass = PolicyStatement::allow(["iam:PassRole"]).on(&self.instance_roles);
        [
            run.condition("ArnLike", "ec2:LaunchTemplate", templates),
            tag.condition("StringEquals", "ec2:CreateAction", ["RunInstances"]),
            pass.condition("StringEquals", "iam:PassedToService", EC2),
        ]
    }
}

impl Provider for ElasticBeanstalkDeploy {
    fn spec(&self) -> ProviderSpec {
        ProviderSpec::new(Category::Deploy, Owner::Aws, "ElasticBeanstalk").input(&self.input).input_count(1..=1)
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        Properties::new().set("ApplicationName", &self.application).set("EnvironmentName", &self.environment)
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        policy.push(Self::looks());
        policy.push(self.on_application(cx));
        Self::on_bucket(cx).into_iter().for_each(|statement| policy.push(statement));
        self.on_environment(cx).into_iter().for_each(|statement| policy.push(statement));
        if self.starts_instances() {
            self.starts(cx).into_iter().for_each(|statement| policy.push(statement));
        }
        self.permissions.statements().for_each(|statement| policy.push(statement.clone()));
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        let names = [
            ("application", &self.application, is_application as fn(&str) -> bool, "1 to 100 characters, and no `/`"),
            (
                "environment",
                &self.environment,
                is_environment,
                "4 to 40 letters, digits and `-`, and no `-` at their ends",
            ),
        ];
        let misnamed = names.into_iter().filter_map(|(what, name, is_sound, have)| {
            let name = name.literal().filter(|name| !name.contains("#{") && !is_sound(name))?;
            let message = format!("`{}` is no name of an {what} of Elastic Beanstalk", name.escape_debug());
            let help = format!("names of {what}s have {have}");
            Some(Diagnostic::error("elastic-beanstalk::malformed-name", message).help(help))
        });
        let is_role = |text: &str| {
            Arn::parse(text).is_ok_and(|arn| arn.service() == "iam" && arn.resource().starts_with("role/"))
        };
        let roles = self.instance_roles.iter().filter_map(Value::literal).filter(|text| !is_role(text)).map(|text| {
            let message = format!("`{}` is no ARN of a role", text.escape_debug());
            let help = "name the role of the instance profile, as in `arn:aws:iam::111111111111:role/aws-elasticbeanstalk-ec2-role`";
            Diagnostic::error("elastic-beanstalk::malformed-instance-role", message).help(help)
        });
        misnamed.chain(roles).collect()
    }
}

/// <https://docs.aws.amazon.com/elasticbeanstalk/latest/api/API_CreateApplication.html>
fn is_application(name: &str) -> bool {
    (1..=100).contains(&name.chars().count()) && !name.contains('/')
}

/// <https://docs.aws.amazon.com/elasticbeanstalk/latest/api/API_CreateEnvironment.html>
fn is_environment(name: &str) -> bool {
    let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (4..=40).contains(&name.len()) && name.bytes().all(is_sound) && !name.starts_with('-') && !name.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::super::custom::testing::{ask, text_of};
    use super::*;

    const ROLE: &str = "arn:aws:iam::111111111111:role/aws-elasticbeanstalk-ec2-role";

    fn deploy(application: &str, environment: &str) -> ElasticBeanstalkDeploy {
        ElasticBeanstalkDeploy::new(application, environment, &Artifact::new("Bundle"))
    }

    #[test]
    fn a_deployment_is_about_one_environment_and_what_is_named_after_the_service() {
        let asked = ask(&deploy("shop", "shop-live"));
        let values = ["ApplicationName", "EnvironmentName"].map(|key| text_of(&asked.configuration, key));
        assert_eq!(values.map(Option::unwrap), ["shop", "shop-live"]);
        assert_eq!(asked.codes, [""; 0]);
        let on = |resource: &str| format!("arn:aws:elasticbeanstalk:us-east-1:111111111111:{resource}");
        let wanted = ["application/shop", "applicationversion/shop/*", "environment/shop/shop-live"].map(on);
        let statement =
            asked.policy.statements().find(|one| format!("{one:?}").contains(":UpdateEnvironment")).unwrap();
        let resources: Vec<_> = statement.resource_exprs().filter_map(construct_core::Expr::literal).collect();
        assert_eq!(resources, wanted);
        for statement in asked.policy.statements() {
            let text = format!("{statement:?}");
            let named = ["awseb-", "elasticbeanstalk", "Describe"];
            assert!(named.iter().any(|name| text.contains(name)), "{text}");
        }
        let bucket = "arn:aws:s3:::elasticbeanstalk-us-east-1-111111111111/*";
        assert!(asked.policy.statements().any(|one| format!("{one:?}").contains(bucket)), "{asked:?}");
    }

    #[test]
    fn only_who_names_the_role_of_the_instances_may_start_some() {
        let starts = |deploy: ElasticBeanstalkDeploy| {
            let text = format!("{:?}", ask(&deploy).policy);
            ["ec2:RunInstances", "iam:PassRole", "autoscaling:CreateAutoScalingGroup"].map(|call| text.contains(call))
        };
        assert_eq!(starts(deploy("shop", "shop-live")), [false; 3]);
        assert_eq!(starts(deploy("shop", "shop-live").instance_role(ROLE)), [true; 3]);
        let pass = PolicyStatement::allow(["iam:PassRole"]).on([ROLE]);
        let pass = pass.condition("StringEquals", "iam:PassedToService", EC2);
        let asked = ask(&deploy("shop", "shop-live").instance_role(ROLE));
        assert!(asked.policy.statements().any(|one| *one == pass), "{asked:?}");
    }

    #[test]
    fn more_can_be_allowed() {
        let more = PolicyStatement::allow(["sns:Subscribe"]).on(["arn:aws:sns:us-east-1:111111111111:a"]);
        let asked = ask(&deploy("shop", "shop-live").permission(more.clone()));
        assert!(asked.policy.statements().any(|one| *one == more), "{asked:?}");
    }

    #[test]
    fn what_elastic_beanstalk_refuses_is_found() {
        for (application, environment) in [
            ("", "shop-live"),
            (&*"x".repeat(101), "shop-live"),
            ("shop/web", "shop-live"),
            ("shop", "web"),
            ("shop", "-live"),
            ("shop", "live-"),
            ("shop", "shop_live"),
            ("shop", &*"x".repeat(41)),
        ] {
            let codes = ask(&deploy(application, environment)).codes;
            assert_eq!(codes, ["elastic-beanstalk::malformed-name"], "{application} {environment}");
        }
        assert_eq!(ask(&deploy("The shop", "shop-#{variables.Stage_Name}")).codes, [""; 0]);
        let profile = "arn:aws:iam::111111111111:instance-profile/aws-elasticbeanstalk-ec2-role";
        let codes = ask(&deploy("shop", "shop-live").instance_role(profile)).codes;
        assert_eq!(codes, ["elastic-beanstalk::malformed-instance-role"]);
    }
}
