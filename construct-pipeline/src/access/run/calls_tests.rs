use std::collections::BTreeSet;
use std::sync::Arc;

use super::*;
use crate::access::world::ActionLabel;

fn action(category: &str, provider: &str, settings: &[(&str, &str)]) -> Action {
    let label = ActionLabel {
        stage: "S".into(),
        name: "A".into(),
        provider: provider.into(),
        account: "222222222222".into(),
        region: "eu-west-1".into(),
        position: 0,
    };
    Action {
        label: Arc::new(label),
        category: category.into(),
        owner: "AWS".into(),
        configuration: settings.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
        kept: Box::default(),
        role: "arn:aws:iam::222222222222:role/r".into(),
        own_role: true,
        inputs: Box::default(),
        outputs: Box::default(),
        told: None,
    }
}

fn check(category: &str, provider: &str, settings: &[(&str, &str)], wanted: &[&str]) {
    let action = action(category, provider, settings);
    let calls = calls(&action, "p", '?').expect("a known type");
    let each =
        |call: &Call<'_>| call.actions.iter().map(|action| format!("{action} {}", call.resource)).collect::<Vec<_>>();
    let found: BTreeSet<String> = calls.iter().flat_map(each).collect();
    for wanted in wanted {
        assert!(found.contains(*wanted), "{wanted} is not among {found:#?}");
    }
}

#[test]
fn calls_name_their_resources() {
    let here = "eu-west-1:222222222222";
    check(
        "Source",
        "S3",
        &[("S3Bucket", "b"), ("S3ObjectKey", "k.zip")],
        &["s3:GetObject arn:aws:s3:::b/k.zip", "s3:GetBucketVersioning arn:aws:s3:::b"],
    );
    let repository = format!("ecr:DescribeImages arn:aws:ecr:{here}:repository/r");
    check("Source", "ECR", &[("RepositoryName", "r")], &[&repository]);
    let connection = "arn:aws:codeconnections:eu-west-1:1:connection/c";
    let call = format!("codeconnections:UseConnection {connection}");
    check("Source", "CodeStarSourceConnection", &[("ConnectionArn", connection)], &[&call]);
    let batch = format!("codebuild:StartBuildBatch arn:aws:codebuild:{here}:project/p");
    check("Build", "CodeBuild", &[("ProjectName", "p"), ("BatchEnabled", "true")], &[&batch]);
    let stack = format!("cloudformation:DeleteStack arn:aws:cloudformation:{here}:stack/s/?");
    check("Deploy", "CloudFormation", &[("ActionMode", "DELETE_ONLY"), ("StackName", "s")], &[&stack]);
    let set = format!("cloudformation:CreateStackInstances arn:aws:cloudformation:{here}:stackset/s:?");
    let listed = set.replace("CreateStack", "ListStack");
    check("Deploy", "CloudFormationStackSet", &[("StackSetName", "s"), ("DeploymentTargets", "1")], &[&set, &listed]);
    let service = format!("ecs:UpdateService arn:aws:ecs:{here}:service/c/s");
    check("Deploy", "ECS", &[("ClusterName", "c"), ("ServiceName", "s")], &[&service, "ecs:RegisterTaskDefinition *"]);
    check(
        "Deploy",
        "S3",
        &[("BucketName", "b"), ("Extract", "true"), ("ObjectKey", "x/")],
        &["s3:PutObject arn:aws:s3:::b/x/?"],
    );
    check(
        "Deploy",
        "S3",
        &[("BucketName", "b"), ("Extract", "false"), ("ObjectKey", "x")],
        &["s3:PutObject arn:aws:s3:::b/x"],
    );
    check(
        "Deploy",
        "S3",
        &[("BucketName", "b"), ("Extract", "false"), ("ObjectKey", "x-{datetime}/{uuid}.zip")],
        &["s3:PutObject arn:aws:s3:::b/x-?/?.zip"],
    );
    let function = format!("lambda:InvokeFunction arn:aws:lambda:{here}:function:f");
    check("Invoke", "Lambda", &[("FunctionName", "f")], &[&function, "lambda:ListFunctions *"]);
    let machine = "arn:aws:states:eu-west-1:1:stateMachine:m";
    let execution = "states:DescribeExecution arn:aws:states:eu-west-1:1:execution:m:pre?";
    check("Invoke", "StepFunctions", &[("StateMachineArn", machine), ("ExecutionNamePrefix", "pre")], &[execution]);
    let other = format!("codepipeline:StartPipelineExecution arn:aws:codepipeline:{here}:q");
    check("Invoke", "CodePipeline", &[("PipelineName", "q")], &[&other]);
    let alarm = format!("cloudwatch:DescribeAlarms arn:aws:cloudwatch:{here}:alarm:b");
    check("Deploy", "Lambda", &[("FunctionName", "f"), ("Alarms", "a, b")], &[&alarm]);
    let alias = format!("lambda:GetProvisionedConcurrencyConfig arn:aws:lambda:{here}:function:f:live");
    check("Deploy", "Lambda", &[("FunctionName", "f"), ("FunctionAlias", "live")], &[&alias]);
    let groups = [("TargetGroupNameList", "blue,green"), ("InstanceType", "SSM_MANAGED_NODE")];
    let group = format!("elasticloadbalancing:RegisterTargets arn:aws:elasticloadbalancing:{here}:targetgroup/green/?");
    let node = format!("ssm:SendCommand arn:aws:ssm:{here}:managed-instance/?");
    let script = "ssm:SendCommand arn:aws:ssm:eu-west-1::document/AWS-RunShellScript";
    let attributes = "elasticloadbalancing:DescribeTargetGroupAttributes *";
    check("Deploy", "EC2", &groups, &[&group, &node, script, attributes, "ssm:CancelCommand *"]);
    let shop = [("ApplicationName", "shop"), ("EnvironmentName", "live")];
    let update = format!("elasticbeanstalk:UpdateEnvironment arn:aws:elasticbeanstalk:{here}:environment/shop/live");
    let version =
        format!("elasticbeanstalk:CreateApplicationVersion arn:aws:elasticbeanstalk:{here}:applicationversion/shop/?");
    let stack = format!("cloudformation:DescribeStackResources arn:aws:cloudformation:{here}:stack/awseb-e-?-stack/?");
    check("Deploy", "ElasticBeanstalk", &shop, &[&update, &version, &stack]);
    let flags = [("Application", "a"), ("Environment", "e"), ("ConfigurationProfile", "c")];
    let of_application = format!("arn:aws:appconfig:{here}:application/a");
    let profile = format!("appconfig:StartDeployment {of_application}/configurationprofile/c");
    let deployment = format!("appconfig:GetDeployment {of_application}/environment/e/deployment/?");
    let strategy = format!("appconfig:StartDeployment arn:aws:appconfig:{here}:deploymentstrategy/?");
    let stop = deployment.replace("Get", "Stop");
    check("Deploy", "AppConfig", &flags, &[&profile, &deployment, &strategy, &stop]);
    let product = format!("servicecatalog:CreateProvisioningArtifact arn:aws:catalog:{here}:product/p");
    check("Deploy", "ServiceCatalog", &[("ProductId", "p")], &[&product, "cloudformation:ValidateTemplate *"]);
    let cluster = format!("eks:DescribeCluster arn:aws:eks:{here}:cluster/c");
    let interface = format!("ec2:CreateNetworkInterface arn:aws:ec2:{here}:subnet/subnet-1");
    check("Deploy", "EKS", &[("ClusterName", "c"), ("Subnets", "subnet-1")], &[&cluster, &interface]);
    let of_cluster = interface.replace("subnet-1", "?");
    check("Deploy", "EKS", &[("ClusterName", "c")], &[&of_cluster, "ec2:DescribeRouteTables *"]);
    let log = format!("logs:PutLogEvents arn:aws:logs:{here}:log-group:/aws/codepipeline/p:log-stream:?");
    check("Compute", "Commands", &[], &[&log]);
    check("Approval", "Manual", &[("NotificationArn", "arn:aws:sns:r:a:t")], &["sns:Publish arn:aws:sns:r:a:t"]);
}

#[test]
fn every_type_does_without_its_settings() {
    for (category, provider) in [
        ("Source", "CodeCommit"),
        ("Source", "S3"),
        ("Test", "DeviceFarm"),
        ("Deploy", "CodeDeploy"),
        ("Deploy", "CodeDeployToECS"),
        ("Deploy", "EC2"),
        ("Deploy", "Lambda"),
        ("Deploy", "ElasticBeanstalk"),
        ("Deploy", "AppConfig"),
        ("Deploy", "EKS"),
        ("Deploy", "ServiceCatalog"),
        ("Build", "ECRBuildAndPublish"),
        ("Invoke", "InspectorScan"),
        ("Deploy", "CloudFormationStackInstances"),
    ] {
        check(category, provider, &[], &[]);
    }
    assert!(calls(&action("Deploy", "OpsWorks", &[]), "p", '?').is_none(), "a service that has ended");
}

#[test]
fn roles_that_are_handed_over() {
    let passed = |provider: &str, settings: &[(&str, &str)]| {
        passed_role(&action("Deploy", provider, settings)).map(|(role, _)| role.into_owned())
    };
    assert_eq!(passed("CloudFormation", &[("ActionMode", "CREATE_UPDATE"), ("RoleArn", "r")]).as_deref(), Some("r"));
    assert_eq!(passed("CloudFormation", &[("ActionMode", "CHANGE_SET_EXECUTE"), ("RoleArn", "r")]), None);
    assert_eq!(
        passed("CloudFormationStackSet", &[]).as_deref(),
        Some("arn:aws:iam::222222222222:role/AWSCloudFormationStackSetAdministrationRole")
    );
    assert_eq!(passed("CloudFormationStackSet", &[("PermissionModel", "SERVICE_MANAGED")]), None);
    assert_eq!(passed("CodeBuild", &[("ServiceRoleArnOverride", "o")]).as_deref(), Some("o"));
}
