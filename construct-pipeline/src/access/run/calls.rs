//! The calls that each action type makes with the role that performs it, beside reading and writing artifacts.
//!
//! One function for each provider, from its page in the [action structure
//! reference](https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference.html). Listed is what a run
//! cannot do without: what only improves messages is left out, so that nothing is reported missing that is not missed.

use std::borrow::Cow;
use std::sync::Arc;

use super::call::{Call, Facts, MOST, Told};
use super::network::{calls_in, network_of, network_of_cluster};
use crate::access::template::partition;
use crate::access::world::Action;

/// The calls of an action, or `None` if its type is not known here.
pub(crate) fn calls<'a>(action: &'a Action, pipeline: &'a str, unknown_id: char) -> Option<Vec<Call<'a>>> {
    let mut list = Calls { action, pipeline, unknown_id, made: Vec::new() };
    if &*action.owner != "AWS" {
        // Third parties and custom workers act with rights of their own.
        return Some(list.made);
    }
    match (&*action.category, action.provider()) {
        ("Source", "CodeCommit") => list.code_commit(),
        ("Source", "S3") => list.s3_source(),
        ("Source", "CodeStarSourceConnection") => list.connection(),
        ("Source", "ECR") => list.ecr_source(),
        (_, "CodeBuild") => list.code_build(),
        (_, "ECRBuildAndPublish") => list.ecr_build_and_publish(),
        (_, "Commands") => list.managed_compute(),
        ("Test", "DeviceFarm") => list.device_farm(),
        ("Deploy", "CloudFormation") => list.cloud_formation(),
        ("Deploy", "CloudFormationStackSet") => list.stack_set(),
        ("Deploy", "CloudFormationStackInstances") => list.stack_instances(),
        ("Deploy", "CodeDeploy") => list.code_deploy(),
        ("Deploy", "CodeDeployToECS") => list.code_deploy_to_ecs(),
        ("Deploy", "ECS") => list.ecs(),
        ("Deploy", "EC2") => list.ec2(),
        ("Deploy", "S3") => list.s3_deploy(),
        ("Deploy", "Lambda") => list.lambda_deploy(),
        ("Deploy", "ElasticBeanstalk") => list.elastic_beanstalk(),
        ("Deploy", "AppConfig") => list.app_config(),
        ("Deploy", "EKS") => list.eks(),
        ("Deploy", "ServiceCatalog") => list.service_catalog(),
        ("Invoke", "Lambda") => list.lambda(),
        ("Invoke", "StepFunctions") => list.step_functions(),
        ("Invoke", "CodePipeline") => list.pipeline(),
        ("Invoke", "InspectorScan") => list.inspector(),
        ("Approval", "Manual") => list.approval(),
        ("Rule", "CloudWatchAlarm") => list.alarm(),
        ("Rule", "LambdaInvoke") => list.function_of_rule(),
        // https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference.html: they ask no other service.
        ("Rule", "DeploymentWindow" | "VariableCheck") => {}
        _ => return None,
    }
    Some(list.made)
}

const LISTED: &str = "CodePipeline makes every call that its documentation lists by now, which service roles of earlier years do not allow";
const STOPPED: &str = "the action is stopped while it deploys";

struct Calls<'a> {
    action: &'a Action,
    /// Name of the pipeline.
    pipeline: &'a str,
    /// Stands for the part of an ARN that AWS makes up during the run.
    unknown_id: char,
    made: Vec<Call<'a>>,
}

impl<'a> Calls<'a> {
    fn on(&mut self, resource: impl Into<Arc<str>>, actions: &'static [&'static str]) {
        self.with(resource, actions, []);
    }

    /// Calls that are documented, and that pipelines did without when they were not.
    fn lately(&mut self, resource: impl Into<Arc<str>>, actions: &'static [&'static str]) {
        self.only_if(LISTED, resource, actions);
    }

    /// Calls of some runs.
    fn only_if(&mut self, when: &'static str, resource: impl Into<Arc<str>>, actions: &'static [&'static str]) {
        self.made.push(Call { only_if: Some(when), ..Call::of(actions, resource) });
    }

    fn with<const N: usize>(
        &mut self,
        resource: impl Into<Arc<str>>,
        actions: &'static [&'static str],
        facts: [(&'static str, Option<&'a str>); N],
    ) {
        const { assert!(N <= MOST, "a call has no room for so many") };
        let mut facts = facts.into_iter().filter_map(|(key, value)| Some((key.into(), Told::One(value?.into()))));
        let facts = std::array::from_fn(|_| facts.next());
        self.made.push(Call { actions, resource: resource.into(), facts, only_if: None });
    }

    fn get(&self, key: &str) -> String {
        self.action.get(key).unwrap_or_default().to_owned()
    }

    fn arn(&self, service: &str, resource: &str) -> String {
        self.action.arn(service, resource)
    }

    fn bucket(&self, key: &str) -> String {
        format!("arn:{}:s3:::{}", partition(self.action.region()), self.get(key))
    }

    fn code_commit(&mut self) {
        let repository = self.arn("codecommit", &self.get("RepositoryName"));
        self.on(
            &*repository,
            &[
                "codecommit:GetBranch",
                "codecommit:GetCommit",
                "codecommit:UploadArchive",
                "codecommit:GetUploadArchiveStatus",
                "codecommit:CancelUploadArchive",
            ],
        );
        if self.action.get("OutputArtifactFormat") == Some("CODEBUILD_CLONE_REF") {
            self.on(repository, &["codecommit:GetRepository"]);
        }
    }

    fn s3_source(&mut self) {
        let bucket = self.bucket("S3Bucket");
        let object = format!("{bucket}/{}", self.get("S3ObjectKey"));
        // What the service role had to be allowed as long as `how-to-custom-role` showed the console's own, which knew no
        // more of S3, and what the reference of the action lists since then.
        // https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-S3.html
        self.on(&*bucket, &["s3:GetBucketVersioning"]);
        self.on(&*object, &["s3:GetObject", "s3:GetObjectVersion"]);
        self.lately(bucket, &["s3:GetBucketAcl", "s3:GetBucketLocation"]);
        self.lately(object, &["s3:GetObjectTagging", "s3:GetObjectVersionTagging"]);
    }

    fn connection(&mut self) {
        let connection = self.get("ConnectionArn");
        let calls = use_of_connection(&connection);
        self.on(connection, calls);
    }

    fn ecr_source(&mut self) {
        let repository = format!("repository/{}", self.get("RepositoryName"));
        self.on(self.arn("ecr", &repository), &["ecr:DescribeImages"]);
    }

    fn code_build(&mut self) {
        let calls: &'static [_] = if self.action.is_true("BatchEnabled") {
            &["codebuild:StartBuildBatch", "codebuild:BatchGetBuildBatches"]
        } else {
            &["codebuild:StartBuild", "codebuild:BatchGetBuilds"]
        };
        self.on(self.action.project_arn(), calls);
    }

    fn ecr_build_and_publish(&mut self) {
        if self.action.get("RegistryType") == Some("public") {
            self.on("*", &["ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"]);
        } else {
            let repository = format!("repository/{}", self.get("ECRRepositoryName"));
            let calls: &'static [_] = &[
                "ecr:DescribeRepositories",
                "ecr:InitiateLayerUpload",
                "ecr:UploadLayerPart",
                "ecr:CompleteLayerUpload",
                "ecr:PutImage",
                "ecr:BatchCheckLayerAvailability",
            ];
            self.on(self.arn("ecr", &repository), calls);
            self.on("*", &["ecr:GetAuthorizationToken"]);
        }
        self.logs();
    }

    /// Compute that CodePipeline manages writes its logs with the role of the action.
    fn logs(&mut self) {
        let stream = format!("log-group:/aws/codepipeline/{}:log-stream:{}", self.pipeline, self.unknown_id);
        self.on(self.arn("logs", &stream), &["logs:CreateLogStream", "logs:PutLogEvents"]);
    }

    /// The same in a network, if the action names one.
    fn managed_compute(&mut self) {
        self.logs();
        // AWS does not document to which service the network interfaces are handed.
        let network = network_of(self.action);
        self.made.extend(network.iter().flat_map(|network| calls_in(network, None, self.unknown_id)));
    }

    fn device_farm(&mut self) {
        let project = self.arn("devicefarm", &format!("project:{}", self.get("ProjectId")));
        self.on(project, &["devicefarm:ListDevicePools", "devicefarm:CreateUpload", "devicefarm:ScheduleRun"]);
        let run = self.arn("devicefarm", &format!("run:{}/{}", self.get("ProjectId"), self.unknown_id));
        self.on(run, &["devicefarm:GetRun"]);
    }

    fn cloud_formation(&mut self) {
        let name = self.action.get("StackName").unwrap_or_default();
        let stack =
            self.action.arn_of("cloudformation", &["stack/", name, "/", self.unknown_id.encode_utf8(&mut [0; 4])]);
        let stack: Arc<str> = stack.into();
        let action = self.action;
        let (role, set) = (action.get("RoleArn"), action.get("ChangeSetName"));
        // Policies such as those of the CDK speak of calls with a change set and of others in one statement.
        // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
        let role = role.map(|role| ("cloudformation:RoleArn".into(), Told::One(role.into())));
        let set = set.map(|set| ("cloudformation:ChangeSetName".into(), Told::One(set.into())));
        let no_set = || Some(("cloudformation:ChangeSetName".into(), Told::Absent));
        let mut on = |actions: &'static [&'static str], facts: Facts<'a>| {
            self.made.push(Call { actions, resource: Arc::clone(&stack), facts, only_if: None });
        };
        let mode = action.get("ActionMode").unwrap_or_default();
        match mode {
            "CREATE_UPDATE" | "REPLACE_ON_FAILURE" => {
                let facts = [role, no_set(), None];
                on(&["cloudformation:CreateStack", "cloudformation:UpdateStack"], facts.clone());
                if mode == "REPLACE_ON_FAILURE" {
                    on(&["cloudformation:DeleteStack"], facts);
                }
            }
            "DELETE_ONLY" => on(&["cloudformation:DeleteStack"], [role, no_set(), None]),
            "CHANGE_SET_REPLACE" => {
                on(&["cloudformation:CreateChangeSet"], [role, set.clone(), None]);
                on(&["cloudformation:DeleteChangeSet", "cloudformation:DescribeChangeSet"], [set, None, None]);
            }
            "CHANGE_SET_EXECUTE" => {
                on(&["cloudformation:ExecuteChangeSet", "cloudformation:DescribeChangeSet"], [set, None, None]);
            }
            _ => {}
        }
        on(&["cloudformation:DescribeStacks"], [no_set(), None, None]);
    }

    fn stack_set_arn(&self) -> String {
        self.arn("cloudformation", &format!("stackset/{}:{}", self.get("StackSetName"), self.unknown_id))
    }

    fn stack_set(&mut self) {
        let calls: &'static [_] = &[
            "cloudformation:CreateStackSet",
            "cloudformation:UpdateStackSet",
            "cloudformation:DescribeStackSet",
            "cloudformation:DescribeStackSetOperation",
        ];
        self.on(self.stack_set_arn(), calls);
        if self.action.get("DeploymentTargets").is_some() {
            self.on(self.stack_set_arn(), &["cloudformation:CreateStackInstances"]);
        }
        self.lately(self.stack_set_arn(), &["cloudformation:ListStackInstances"]);
    }

    fn stack_instances(&mut self) {
        let calls: &'static [_] = &["cloudformation:CreateStackInstances", "cloudformation:DescribeStackSetOperation"];
        self.on(self.stack_set_arn(), calls);
    }

    fn code_deploy(&mut self) {
        let (application, group) = (self.get("ApplicationName"), self.get("DeploymentGroupName"));
        let calls: &'static [_] = &["codedeploy:GetApplicationRevision", "codedeploy:RegisterApplicationRevision"];
        self.on(self.arn("codedeploy", &format!("application:{application}")), calls);
        let group = self.arn("codedeploy", &format!("deploymentgroup:{application}/{group}"));
        self.on(group, &["codedeploy:CreateDeployment", "codedeploy:GetDeployment"]);
        let configuration = self.arn("codedeploy", &format!("deploymentconfig:{}", self.unknown_id));
        self.on(configuration, &["codedeploy:GetDeploymentConfig"]);
    }

    fn code_deploy_to_ecs(&mut self) {
        self.code_deploy();
        self.on("*", &["ecs:RegisterTaskDefinition"]);
    }

    fn ecs(&mut self) {
        let service = format!("service/{}/{}", self.get("ClusterName"), self.get("ServiceName"));
        self.on(self.arn("ecs", &service), &["ecs:DescribeServices", "ecs:UpdateService"]);
        self.on("*", &["ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"]);
    }

    /// <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-EC2Deploy.html>
    fn ec2(&mut self) {
        self.on("*", &["ec2:DescribeInstances", "ssm:ListCommandInvocations"]);
        self.lately("*", &["ssm:CancelCommand", "ssm:DescribeInstanceInformation"]);
        let document = format!(
            "arn:{0}:ssm:{1}::document/AWS-RunShellScript",
            partition(self.action.region()),
            self.action.region()
        );
        self.on(document, &["ssm:SendCommand"]);
        let machine = match self.action.get("InstanceType") {
            Some("SSM_MANAGED_NODE") => self.arn("ssm", &format!("managed-instance/{}", self.unknown_id)),
            _ => self.arn("ec2", &format!("instance/{}", self.unknown_id)),
        };
        let tag = format!("aws:ResourceTag/{}", self.get("InstanceTagKey"));
        let value = self.action.get("InstanceTagValue").map_or_else(|| self.unknown_id.to_string().into(), Cow::from);
        let tagged = Some((tag.into(), Told::One(value)));
        self.made.push(Call { facts: [tagged, None, None], ..Call::of(&["ssm:SendCommand"], machine) });
        if let Some(groups) = self.action.get("TargetGroupNameList") {
            self.on("*", &["elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetHealth"]);
            self.lately("*", &["elasticloadbalancing:DescribeTargetGroupAttributes"]);
            for name in groups.split(',').map(str::trim) {
                let group = self.arn("elasticloadbalancing", &format!("targetgroup/{name}/{}", self.unknown_id));
                let moves = &["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"];
                self.on(group, moves);
            }
        }
        self.logs();
    }

    fn s3_deploy(&mut self) {
        let bucket = self.bucket("BucketName");
        let extract = self.action.get("Extract").is_none_or(|extract| extract.eq_ignore_ascii_case("true"));
        // https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-S3Deploy.html
        let expanded = |key: String, what| key.replace(what, self.unknown_id.encode_utf8(&mut [0; 4]));
        let key = ["{datetime}", "{uuid}"].into_iter().fold(self.get("ObjectKey"), expanded);
        let key = match (key, extract) {
            (key, true) if key.is_empty() => self.unknown_id.to_string(),
            (key, true) => format!("{}/{}", key.trim_end_matches('/'), self.unknown_id),
            (key, false) => key,
        };
        let object = format!("{bucket}/{key}");
        let acl = self.action.get("CannedACL");
        let encryption = self.action.get("KMSEncryptionKeyARN");
        let facts = [
            ("s3:x-amz-acl", acl),
            ("s3:x-amz-server-side-encryption", encryption.map(|_| "aws:kms")),
            ("s3:x-amz-server-side-encryption-aws-kms-key-id", encryption),
        ];
        self.with(&*object, &["s3:PutObject"], facts);
        if acl.is_some() {
            self.with(&*object, &["s3:PutObjectAcl"], [facts[0]]);
        }
    }

    fn function(&self) -> String {
        self.action.arn_named("lambda", "function:", &self.get("FunctionName"))
    }

    fn lambda_deploy(&mut self) {
        let calls: &'static [_] =
            &["lambda:GetFunctionConfiguration", "lambda:UpdateFunctionCode", "lambda:PublishVersion"];
        self.on(self.function(), calls);
        if self.action.get("FunctionAlias").is_some() {
            self.on(self.function(), &["lambda:GetAlias", "lambda:UpdateAlias"]);
            let alias = format!("{}:{}", self.function(), self.get("FunctionAlias"));
            self.lately(alias, &["lambda:GetProvisionedConcurrencyConfig"]);
        }
        for name in self.action.get("Alarms").into_iter().flat_map(|alarms| alarms.split(',')) {
            self.on(self.arn("cloudwatch", &format!("alarm:{}", name.trim())), &["cloudwatch:DescribeAlarms"]);
        }
        self.logs();
    }

    /// What the environment is changed with beside depends on what it is made of; it is always a stack.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticbeanstalk.html>
    fn elastic_beanstalk(&mut self) {
        let (application, environment) = (self.get("ApplicationName"), self.get("EnvironmentName"));
        let calls: &'static [_] = &["elasticbeanstalk:CreateApplicationVersion"];
        self.on(self.arn("elasticbeanstalk", &format!("application/{application}")), calls);
        let version = format!("applicationversion/{application}/{}", self.unknown_id);
        self.on(self.arn("elasticbeanstalk", &version), calls);
        let environment = self.arn("elasticbeanstalk", &format!("environment/{application}/{environment}"));
        self.on(environment, &["elasticbeanstalk:DescribeEnvironments", "elasticbeanstalk:UpdateEnvironment"]);
        let stack = format!("stack/awseb-e-{0}-stack/{0}", self.unknown_id);
        self.on(self.arn("cloudformation", &stack), &["cloudformation:DescribeStackResources"]);
    }

    /// Each call is about several resources, and all of them have to be allowed.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsappconfig.html>
    fn app_config(&mut self) {
        let application = format!("application/{}", self.get("Application"));
        let environment = format!("{application}/environment/{}", self.get("Environment"));
        let deployment = format!("{environment}/deployment/{}", self.unknown_id);
        let profile = format!("{application}/configurationprofile/{}", self.get("ConfigurationProfile"));
        let strategy = self.action.get("DeploymentStrategy").map_or_else(|| self.unknown_id.to_string(), str::to_owned);
        for resource in [&application, &environment, &profile, &format!("deploymentstrategy/{strategy}")] {
            self.on(self.arn("appconfig", resource), &["appconfig:StartDeployment"]);
        }
        for resource in [&application, &environment, &deployment] {
            let arn: Arc<str> = self.arn("appconfig", resource).into();
            self.on(Arc::clone(&arn), &["appconfig:GetDeployment"]);
            self.only_if(STOPPED, arn, &["appconfig:StopDeployment"]);
        }
    }

    /// It runs in the network of the cluster, unless another one is named.
    /// <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-EKS.html>
    fn eks(&mut self) {
        let cluster = format!("cluster/{}", self.get("ClusterName"));
        self.on(self.arn("eks", &cluster), &["eks:DescribeCluster"]);
        self.on("*", &["ec2:DescribeRouteTables"]);
        self.logs();
        let network = network_of_cluster(self.action, self.unknown_id);
        self.made.extend(calls_in(&network, None, self.unknown_id));
    }

    fn service_catalog(&mut self) {
        let product = self.arn("catalog", &format!("product/{}", self.get("ProductId")));
        self.on(product, &["servicecatalog:ListProvisioningArtifacts", "servicecatalog:CreateProvisioningArtifact"]);
        self.on("*", &["cloudformation:ValidateTemplate"]);
    }

    fn lambda(&mut self) {
        self.on(self.function(), &["lambda:InvokeFunction"]);
        self.on("*", &["lambda:ListFunctions"]);
    }

    /// <https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-LambdaInvoke.html>
    fn function_of_rule(&mut self) {
        self.on(self.function(), &["lambda:InvokeFunction"]);
    }

    fn alarm(&mut self) {
        let alarm = self.action.arn_named("cloudwatch", "alarm:", &self.get("AlarmName"));
        self.on(alarm, &["cloudwatch:DescribeAlarms"]);
    }

    fn step_functions(&mut self) {
        let machine = self.get("StateMachineArn");
        let prefix = self.get("ExecutionNamePrefix");
        let executions = machine.replace(":stateMachine:", ":execution:");
        self.on(&*machine, &["states:StartExecution", "states:DescribeStateMachine"]);
        self.on(format!("{executions}:{prefix}{}", self.unknown_id), &["states:DescribeExecution"]);
    }

    fn pipeline(&mut self) {
        self.on(self.arn("codepipeline", &self.get("PipelineName")), &["codepipeline:StartPipelineExecution"]);
    }

    fn inspector(&mut self) {
        self.on("*", &["inspector-scan:ScanSbom"]);
        if let Some(repository) = self.action.get("ECRRepositoryName") {
            let repository = self.arn("ecr", &format!("repository/{repository}"));
            self.on(
                repository,
                &["ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage", "ecr:BatchCheckLayerAvailability"],
            );
            self.on("*", &["ecr:GetAuthorizationToken"]);
        }
        self.logs();
    }

    fn approval(&mut self) {
        if let Some(topic) = self.action.get("NotificationArn") {
            self.on(topic.to_owned(), &["sns:Publish"]);
        }
    }
}

/// How whoever reads the output of a source fetches the repository, if the output is a reference to a full clone of it.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/troubleshooting.html#codebuild-role-codecommitclone>
pub(crate) fn clone_call(source: &Action) -> Option<Call<'static>> {
    let is_reference = source.get("OutputArtifactFormat") == Some("CODEBUILD_CLONE_REF");
    if !is_reference || &*source.owner != "AWS" || &*source.category != "Source" {
        return None;
    }
    let (resource, actions): (_, &'static [_]) = match source.provider() {
        "CodeCommit" => {
            (source.arn("codecommit", source.get("RepositoryName").unwrap_or_default()), &["codecommit:GitPull"])
        }
        "CodeStarSourceConnection" => {
            let connection = source.get("ConnectionArn").unwrap_or_default();
            (connection.to_owned(), use_of_connection(connection))
        }
        _ => return None,
    };
    Some(Call::of(actions, resource))
}

/// The name of the permission follows that of the service in the ARN.
fn use_of_connection(connection: &str) -> &'static [&'static str] {
    if connection.contains(":codeconnections:") {
        &["codeconnections:UseConnection"]
    } else {
        &["codestar-connections:UseConnection"]
    }
}

/// The role that the action hands to a service, and the service.
pub(crate) fn passed_role(action: &Action) -> Option<(Cow<'_, str>, &'static str)> {
    if &*action.owner != "AWS" {
        return None;
    }
    match action.provider() {
        // Executing a change set takes the role that the change set was made with.
        "CloudFormation" if action.get("ActionMode") == Some("CHANGE_SET_EXECUTE") => None,
        "CloudFormation" => Some((action.get("RoleArn")?.into(), "cloudformation.amazonaws.com")),
        "CloudFormationStackSet" if action.get("PermissionModel") != Some("SERVICE_MANAGED") => {
            let usual = || {
                let part = partition(action.region());
                format!("arn:{part}:iam::{}:role/AWSCloudFormationStackSetAdministrationRole", action.account())
            };
            let role = action.get("AdministrationRoleArn").map_or_else(|| usual().into(), Cow::Borrowed);
            Some((role, "cloudformation.amazonaws.com"))
        }
        "CodeBuild" => Some((action.get("ServiceRoleArnOverride")?.into(), "codebuild.amazonaws.com")),
        _ => None,
    }
}

#[cfg(test)]
#[path = "calls_tests.rs"]
mod tests;
