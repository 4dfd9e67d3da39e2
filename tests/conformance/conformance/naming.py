"""ARNs that follow from a resource's type and name."""

from typing import Any

from .assembly import Stack

# Type -> property that names it, service, form of the last ARN part. A region-less service has its form start with a bar.
NAMED = {
    "AWS::IAM::Role": ("RoleName", "iam", "|role{path}{name}"),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName", "iam", "|policy{path}{name}"),
    "AWS::KMS::Key": ("", "kms", "key/{name}"),
    "AWS::KMS::Alias": ("AliasName", "kms", "{name}"),
    "AWS::CodeBuild::Project": ("Name", "codebuild", "project/{name}"),
    "AWS::CodePipeline::Pipeline": ("Name", "codepipeline", "{name}"),
    "AWS::CodeCommit::Repository": ("RepositoryName", "codecommit", "{name}"),
    "AWS::Events::Rule": ("Name", "events", "rule/{name}"),
    "AWS::Events::EventBus": ("Name", "events", "event-bus/{name}"),
    "AWS::SNS::Topic": ("TopicName", "sns", "{name}"),
    "AWS::SQS::Queue": ("QueueName", "sqs", "{name}"),
    "AWS::Lambda::Function": ("FunctionName", "lambda", "function:{name}"),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", "states", "stateMachine:{name}"),
    "AWS::ECR::Repository": ("RepositoryName", "ecr", "repository/{name}"),
    "AWS::Logs::LogGroup": ("LogGroupName", "logs", "log-group:{name}:*"),
}
# `Ref` of these is the ARN.
REF_IS_ARN = {"AWS::SNS::Topic", "AWS::IAM::ManagedPolicy", "AWS::StepFunctions::StateMachine"}


def partition(region: str) -> str:
    return "aws-cn" if region.startswith("cn-") else "aws-us-gov" if region.startswith("us-gov-") else "aws"


def name_of(stack: Stack, logical: str, resource: dict[str, Any], resolve: Any) -> str:
    """The name a resource will have; where CloudFormation chooses it, a name that nothing else has."""
    kind, properties = resource["Type"], resource.get("Properties", {})
    prop = "BucketName" if kind == "AWS::S3::Bucket" else NAMED.get(kind, ("", "", ""))[0]
    given = resolve(properties[prop]) if prop and prop in properties else None
    return given if isinstance(given, str) else f"{stack.name}-{logical}"


def attribute(stack: Stack, resource: dict[str, Any], name: str, wanted: str, resolve: Any) -> str:
    kind, properties = resource["Type"], resource.get("Properties", {})
    if kind == "AWS::CodeCommit::Repository":
        # Its `Ref` is an id, while its ARN and all that names it use the name.
        name = resolve(properties["RepositoryName"])
    if wanted in ("Arn", "TopicArn", "FunctionArn", "PolicyArn"):
        return arn(stack, kind, name, resolve(properties.get("Path", "/")))
    if wanted in ("Name", "KeyId", "RepositoryName", "TopicName", "QueueName"):
        return name
    if kind == "AWS::S3::Bucket":
        return f"{name}.s3.{stack.region}.amazonaws.com" if wanted == "RegionalDomainName" else f"{name}.s3.amazonaws.com"
    return f"{name}.{wanted}"


def arn(stack: Stack, kind: str, name: str, path: str = "/") -> str:
    part = partition(stack.region)
    if name.startswith("arn:"):
        return name
    if kind == "AWS::S3::Bucket":
        return f"arn:{part}:s3:::{name}"
    _, service, form = NAMED.get(kind, ("", kind.split("::")[1].lower(), "{name}"))
    region = "" if form.startswith("|") else stack.region
    return f"arn:{part}:{service}:{region}:{stack.account}:{form.lstrip('|').format(name=name, path=path)}"
