"""What builds do with the role of their project, beside reading and writing artifacts."""

from collections.abc import Iterator

from .call import Call, each, in_network
from .world import Project


def calls(project: Project) -> Iterator[Call]:
    properties = project.properties
    environment = properties["Environment"]
    yield from each("logs:CreateLogGroup", _arn(project, "logs", f"log-group:/aws/codebuild/{project.name}"))
    yield from each("logs:CreateLogStream PutLogEvents", _arn(project, "logs", f"log-group:/aws/codebuild/{project.name}:log-stream:51af3dc0"))
    registry, _, name = environment["Image"].partition("/")
    if ".dkr.ecr." in registry and environment.get("ImagePullCredentialsType") == "SERVICE_ROLE":
        account, region, image = registry.split(".")[0], registry.split(".")[3], name.split("@")[0].split(":")[0]
        yield from each("ecr:GetAuthorizationToken", "*")
        yield from each("ecr:BatchCheckLayerAvailability BatchGetImage GetDownloadUrlForLayer", f"{':'.join(project.arn.split(':')[:2])}:ecr:{region}:{account}:repository/{image}")
    for variable in environment.get("EnvironmentVariables", []):
        if variable.get("Type") == "PARAMETER_STORE":
            value = variable["Value"]
            yield from each("ssm:GetParameters", value if value.startswith("arn:") else _arn(project, "ssm", f"parameter/{value.removeprefix('/')}"))
    if network := properties.get("VpcConfig"):
        yield from in_network(_arn(project, "ec2", ""), network["Subnets"], network["SecurityGroupIds"], "codebuild.amazonaws.com")


def _arn(project: Project, service: str, resource: str) -> str:
    partition, region, account = (project.arn.split(":")[n] for n in (1, 3, 4))
    return f"arn:{partition}:{service}:{region}:{account}:{resource}"
