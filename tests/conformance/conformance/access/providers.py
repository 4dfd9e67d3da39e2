"""The calls that each kind of action makes with its role."""

from collections.abc import Iterator
from typing import Any

from .call import Call, each, in_network
from .flow import Action


def calls(action: Action) -> Iterator[Call]:
    provider = PROVIDERS.get((action.category, action.provider)) or PROVIDERS.get(("", action.provider))
    if action.owner == "AWS" and provider:
        yield from provider(action, action.configuration)


def known(action: Action) -> bool:
    return action.owner != "AWS" or (action.category, action.provider) in PROVIDERS or ("", action.provider) in PROVIDERS


def _codecommit(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    repository = action.arn("codecommit", given["RepositoryName"])
    yield from each("codecommit:GetBranch GetCommit UploadArchive GetUploadArchiveStatus CancelUploadArchive", repository)
    if given.get("OutputArtifactFormat") == "CODEBUILD_CLONE_REF":
        yield from each("codecommit:GetRepository", repository)


def _s3_source(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    bucket = f"arn:{action.partition}:s3:::{given['S3Bucket']}"
    yield from each("s3:GetBucketVersioning GetBucketAcl GetBucketLocation", bucket)
    yield from each("s3:GetObject GetObjectVersion GetObjectTagging GetObjectVersionTagging", f"{bucket}/{given['S3ObjectKey']}")


def _connection(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    for service in ("codestar-connections", "codeconnections"):
        yield from each(f"{service}:UseConnection", given["ConnectionArn"])


def _ecr(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    yield from each("ecr:DescribeImages", action.arn("ecr", f"repository/{given['RepositoryName']}"))


def project_arn(action: Action) -> str:
    name = action.configuration["ProjectName"]
    return name if name.startswith("arn:") else action.arn("codebuild", f"project/{name}")


def _codebuild(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    batch = str(given.get("BatchEnabled", "false")).lower() == "true"
    yield from each("codebuild:StartBuildBatch BatchGetBuildBatches" if batch else "codebuild:StartBuild BatchGetBuilds", project_arn(action))


def _cloudformation(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    stack = action.arn("cloudformation", f"stack/{given['StackName']}/51af3dc0-da77-11e4-872e-1234567db123")
    role, change_set = given.get("RoleArn"), given.get("ChangeSetName")
    mode = given["ActionMode"]
    if mode in ("CREATE_UPDATE", "REPLACE_ON_FAILURE"):
        yield from each("cloudformation:CreateStack UpdateStack", stack, cloudformation__RoleArn=role)
        yield from each("cloudformation:DescribeStacks", stack)
    if mode in ("REPLACE_ON_FAILURE", "DELETE_ONLY"):
        yield from each("cloudformation:DeleteStack", stack, cloudformation__RoleArn=role)
    if mode == "DELETE_ONLY":
        yield from each("cloudformation:DescribeStacks", stack)
    if mode == "CHANGE_SET_REPLACE":
        yield from each("cloudformation:CreateChangeSet", stack, cloudformation__RoleArn=role, cloudformation__ChangeSetName=change_set)
        yield from each("cloudformation:DeleteChangeSet DescribeChangeSet", stack, cloudformation__ChangeSetName=change_set)
        yield from each("cloudformation:DescribeStacks", stack)
    if mode == "CHANGE_SET_EXECUTE":
        yield from each("cloudformation:ExecuteChangeSet DescribeChangeSet", stack, cloudformation__ChangeSetName=change_set)
        yield from each("cloudformation:DescribeStacks", stack)
    if role:
        yield from each("iam:PassRole", role, iam__PassedToService="cloudformation.amazonaws.com")


def _stack_set(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    named = action.arn("cloudformation", f"stackset/{given['StackSetName']}:51af3dc0-da77-11e4-872e-1234567db123")
    yield from each("cloudformation:CreateStackSet UpdateStackSet DescribeStackSet DescribeStackSetOperation ListStackInstances", named)
    if given.get("DeploymentTargets"):
        yield from each("cloudformation:CreateStackInstances", named)
    if given.get("AdministrationRoleArn"):
        yield from each("iam:PassRole", given["AdministrationRoleArn"], iam__PassedToService="cloudformation.amazonaws.com")


def _stack_instances(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    named = action.arn("cloudformation", f"stackset/{given['StackSetName']}:51af3dc0-da77-11e4-872e-1234567db123")
    yield from each("cloudformation:CreateStackInstances DescribeStackSetOperation", named)


def _s3_deploy(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    bucket = f"arn:{action.partition}:s3:::{given['BucketName']}"
    extract = str(given.get("Extract", "true")).lower() == "true"
    prefix = given.get("ObjectKey", "")
    yield from each("s3:PutObject", f"{bucket}/{prefix + '/' if extract and prefix else prefix}{'index.html' if extract else ''}")
    if given.get("CannedACL"):
        yield from each("s3:PutObjectAcl", f"{bucket}/{prefix + '/' if prefix else ''}index.html", s3__x_amz_acl=given["CannedACL"])
    if given.get("KMSEncryptionKeyARN"):
        yield from each("kms:GenerateDataKey", given["KMSEncryptionKeyARN"], kms__ViaService=f"s3.{action.region}.amazonaws.com")


def _lambda(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    name = given["FunctionName"]
    yield from each("lambda:InvokeFunction", name if name.startswith("arn:") else action.arn("lambda", f"function:{name}"))
    yield from each("lambda:ListFunctions", "*")


def _step_functions(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    machine = given["StateMachineArn"]
    prefix = given.get("ExecutionNamePrefix", "")
    execution = machine.replace(":stateMachine:", ":execution:") + f":{prefix}51af3dc0-da77-11e4-872e-1234567db123"
    yield from each("states:StartExecution DescribeStateMachine", machine)
    yield from each("states:DescribeExecution", execution)


def _manual(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    if given.get("NotificationArn"):
        yield from each("sns:Publish", given["NotificationArn"])


def _pipeline(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    yield from each("codepipeline:StartPipelineExecution", action.arn("codepipeline", given["PipelineName"]))


def _appconfig(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    application = f"application/{given['Application']}"
    profile, environment = f"{application}/configurationprofile/{given['ConfigurationProfile']}", f"{application}/environment/{given['Environment']}"
    strategy = f"deploymentstrategy/{given.get('DeploymentStrategy', 'abc1234')}"
    for resource in (application, profile, environment, strategy):
        yield from each("appconfig:StartDeployment", action.arn("appconfig", resource))
    for resource in (application, environment, f"{environment}/deployment/7"):
        yield from each("appconfig:GetDeployment StopDeployment", action.arn("appconfig", resource))


def _service_catalog(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    product = action.arn("catalog", f"product/{given['ProductId']}")
    yield from each("servicecatalog:ListProvisioningArtifacts CreateProvisioningArtifact DescribeProvisioningArtifact DeleteProvisioningArtifact UpdateProduct", product)
    yield from each("cloudformation:ValidateTemplate", "*")


def _ec2(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    partition, region = action.partition, action.region
    yield from each("ec2:DescribeInstances", "*")
    yield from each("ssm:CancelCommand DescribeInstanceInformation ListCommandInvocations", "*")
    for name in ("AWS-RunShellScript", "AWS-RunPowerShellScript"):
        yield from each("ssm:SendCommand", f"arn:{partition}:ssm:{region}::document/{name}")
    machine = action.arn("ssm", "managed-instance/mi-0a1b2c3d4e5f60718") if given["InstanceType"] == "SSM_MANAGED_NODE" else action.arn("ec2", "instance/i-0a1b2c3d4e5f60718")
    yield "ssm:SendCommand", machine, {f"aws:ResourceTag/{given['InstanceTagKey']}": given.get("InstanceTagValue", "any")}
    for name in filter(None, given.get("TargetGroupNameList", "").split(",")):
        yield from each("elasticloadbalancing:DescribeTargetGroupAttributes DescribeTargetGroups DescribeTargetHealth", "*")
        yield from each("elasticloadbalancing:DeregisterTargets RegisterTargets", action.arn("elasticloadbalancing", f"targetgroup/{name}/0a1b2c3d4e5f6071"))
    yield from _commands(action, given)


def _elastic_beanstalk(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    application, environment = given["ApplicationName"], given["EnvironmentName"]
    bucket = f"arn:{action.partition}:s3:::elasticbeanstalk-{action.region}-{action.account}"
    for resource in (f"application/{application}", f"applicationversion/{application}/code-pipeline-1"):
        yield from each("elasticbeanstalk:CreateApplicationVersion", action.arn("elasticbeanstalk", resource))
    yield from each("elasticbeanstalk:DescribeEnvironments UpdateEnvironment DescribeEvents", action.arn("elasticbeanstalk", f"environment/{application}/{environment}"))
    yield from each("s3:CreateBucket ListBucket", bucket)
    yield from each("s3:GetObject PutObject", f"{bucket}/{application}/code-pipeline-1.zip")
    yield from each("cloudformation:DescribeStackResources GetTemplate UpdateStack", action.arn("cloudformation", "stack/awseb-e-abcdefghij-stack/51af3dc0-da77-11e4-872e-1234567db123"))
    yield from each("autoscaling:SuspendProcesses ResumeProcesses", action.arn("autoscaling", "autoScalingGroup:51af3dc0-da77-11e4-872e-1234567db123:autoScalingGroupName/awseb-e-abcdefghij-stack-AWSEBAutoScalingGroup-ABCDEF"))
    yield from each("elasticloadbalancing:RegisterTargets DeregisterTargets", action.arn("elasticloadbalancing", "targetgroup/awseb-AWSEB-ABCDEFGHIJKL/0a1b2c3d4e5f6071"))
    yield from each("ec2:DescribeInstances", "*")


def _eks(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    yield from each("eks:DescribeCluster", action.arn("eks", f"cluster/{given['ClusterName']}"))
    yield from each("ec2:DescribeRouteTables", "*")
    own = {"Subnets": "subnet-0a1b2c3d4e5f60718", "SecurityGroupIds": "sg-0a1b2c3d4e5f60718"}
    yield from _commands(action, own | given)


def _lambda_deploy(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    function = action.arn("lambda", f"function:{given['FunctionName']}")
    yield from each("lambda:GetAlias GetFunctionConfiguration PublishVersion UpdateAlias UpdateFunctionCode", function)
    if alias := given.get("FunctionAlias"):
        yield from each("lambda:GetProvisionedConcurrencyConfig", f"{function}:{alias}")
    for name in filter(None, given.get("Alarms", "").split(",")):
        yield from each("cloudwatch:DescribeAlarms", action.arn("cloudwatch", f"alarm:{name}"))
    yield from _commands(action, given)


def _inspector(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    yield from each("inspector-scan:ScanSbom", "*")
    if repository := given.get("ECRRepositoryName"):
        yield from each("ecr:GetDownloadUrlForLayer BatchGetImage BatchCheckLayerAvailability", action.arn("ecr", f"repository/{repository}"))
        yield from each("ecr:GetAuthorizationToken", "*")
    yield from _commands(action, given)


def _codedeploy(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    application, group = given["ApplicationName"], given["DeploymentGroupName"]
    yield from each("codedeploy:GetApplication GetApplicationRevision RegisterApplicationRevision", action.arn("codedeploy", f"application:{application}"))
    yield from each("codedeploy:CreateDeployment GetDeployment", action.arn("codedeploy", f"deploymentgroup:{application}/{group}"))
    yield from each("codedeploy:GetDeploymentConfig", action.arn("codedeploy", "deploymentconfig:CodeDeployDefault.OneAtATime"))


def _codedeploy_to_ecs(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    yield from _codedeploy(action, given)
    yield from each("ecs:RegisterTaskDefinition", "*")


def _ecr_build(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    repository = action.arn("ecr", f"repository/{given['ECRRepositoryName']}")
    yield from each("ecr:DescribeRepositories InitiateLayerUpload UploadLayerPart CompleteLayerUpload PutImage BatchCheckLayerAvailability", repository)
    yield from each("ecr:GetAuthorizationToken", "*")
    yield from _commands(action, given)


def _ecs(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    yield from each("ecs:DescribeServices UpdateService", action.arn("ecs", f"service/{given['ClusterName']}/{given['ServiceName']}"))
    yield from each("ecs:DescribeTaskDefinition RegisterTaskDefinition", "*")


def _commands(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    group = f"log-group:/aws/codepipeline/{action.where.split('/', 1)[0]}"
    yield from each("logs:CreateLogStream PutLogEvents", action.arn("logs", f"{group}:log-stream:51af3dc0"))
    if given.get("Subnets"):
        yield from in_network(action.arn("ec2", ""), given["Subnets"].split(","), given["SecurityGroupIds"].split(","))


def _rule_lambda(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    name = given["FunctionName"]
    yield from each("lambda:InvokeFunction", name if name.startswith("arn:") else action.arn("lambda", f"function:{name}"))


def _rule_alarm(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    yield from each("cloudwatch:DescribeAlarms", action.arn("cloudwatch", f"alarm:{given['AlarmName']}"))


def _nothing(action: Action, given: dict[str, Any]) -> Iterator[Call]:
    yield from ()


PROVIDERS = {
    ("Source", "CodeCommit"): _codecommit,
    ("Source", "S3"): _s3_source,
    ("Source", "CodeStarSourceConnection"): _connection,
    ("Source", "ECR"): _ecr,
    ("", "CodeBuild"): _codebuild,
    ("Deploy", "CloudFormation"): _cloudformation,
    ("Deploy", "CloudFormationStackSet"): _stack_set,
    ("Deploy", "CloudFormationStackInstances"): _stack_instances,
    ("Deploy", "S3"): _s3_deploy,
    ("Deploy", "AppConfig"): _appconfig,
    ("Deploy", "ServiceCatalog"): _service_catalog,
    ("Deploy", "CodeDeploy"): _codedeploy,
    ("Deploy", "EC2"): _ec2,
    ("Deploy", "EKS"): _eks,
    ("Deploy", "ElasticBeanstalk"): _elastic_beanstalk,
    ("Deploy", "Lambda"): _lambda_deploy,
    ("Invoke", "InspectorScan"): _inspector,
    ("Deploy", "ECS"): _ecs,
    ("Deploy", "CodeDeployToECS"): _codedeploy_to_ecs,
    ("Build", "ECRBuildAndPublish"): _ecr_build,
    ("Invoke", "Lambda"): _lambda,
    ("Invoke", "StepFunctions"): _step_functions,
    ("Invoke", "CodePipeline"): _pipeline,
    ("Approval", "Manual"): _manual,
    ("", "Commands"): _commands,
    ("Rule", "LambdaInvoke"): _rule_lambda,
    ("Rule", "CloudWatchAlarm"): _rule_alarm,
    ("Rule", "DeploymentWindow"): _nothing,
    ("Rule", "VariableCheck"): _nothing,
}
