"""What stands after a deployment, asked of each service's API and compared with the templates."""

import json
from typing import Any
from urllib.parse import unquote

from botocore.exceptions import ClientError

from ..assembly import Assembly, Stack
from ..emulator.client import Emulator
from ..emulator.translate import input_shape, to_api
from ..intrinsics import Resolver
from ..naming import attribute, partition
from ..report import Result

SAFE = {"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"}


def verify(assembly: Assembly, emulated: Emulator, outputs: dict[str, str], result: Result) -> int:
    """Compares every resource that can be asked for; returns how many were."""
    world = _World(assembly, emulated, outputs)
    count = 0
    for stack in assembly.stacks:
        resolve = world.resolver(stack)
        for logical, resource in stack.resources.items():
            look = LOOKS.get(resource["Type"])
            if look and world.physical(stack, logical):
                count += 1
                try:
                    for problem in look(world, stack, world.physical(stack, logical), resolve(resource.get("Properties", {}))):
                        result.fail(f"{stack.id}/{logical}: {problem}")
                except ClientError as error:
                    result.fail(f"{stack.id}/{logical}: {error}")
            elif look:
                result.fail(f"{stack.id}/{logical}: does not stand")
    return count


class _World:
    def __init__(self, assembly: Assembly, emulated: Emulator, outputs: dict[str, str]) -> None:
        self.assembly, self.emulated, self.outputs = assembly, emulated, outputs
        self._physical: dict[str, dict[str, str]] = {}

    def client(self, service: str, stack: Stack) -> Any:
        return self.emulated.client(service, stack.account, stack.region)

    def physical(self, stack: Stack, logical: str) -> str | None:
        if stack.id not in self._physical:
            resources = self.client("cloudformation", stack).describe_stack_resources(StackName=stack.name)["StackResources"]
            self._physical[stack.id] = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in resources if "LogicalResourceId" in one}
        return self._physical[stack.id].get(logical)

    def resolver(self, stack: Stack) -> Resolver:
        def lookup(where: Stack, logical: str, wanted: str | None) -> Any:
            physical = self.physical(where, logical) or ""
            return physical if wanted is None else attribute(where, where.resources[logical], physical, wanted, resolve)

        def exported(where: Stack, name: str) -> Any:
            exports = self.client("cloudformation", where).list_exports()["Exports"]
            return next((one["Value"] for one in exports if one["Name"] == name), None)

        def stored(where: Stack, name: str) -> str | None:
            found = self.client("ssm", where).get_parameters(Names=[name])["Parameters"]
            return found[0]["Value"] if found else None

        resolve = Resolver(stack, lookup, exported, self.outputs, stored)
        return resolve

    def role_exists(self, arn: str, region: str) -> bool:
        iam = self.emulated.client("iam", arn.split(":")[4], region)
        return any(role["Arn"] == arn for role in iam.list_roles()["Roles"])


def _bucket(world: _World, stack: Stack, physical: str, wanted: dict[str, Any]):
    s3 = world.client("s3", stack)
    region = s3.get_bucket_location(Bucket=physical)["LocationConstraint"] or "us-east-1"
    if region != stack.region:
        yield f"stands in {region}"
    if "PublicAccessBlockConfiguration" in wanted:
        block = s3.get_public_access_block(Bucket=physical)["PublicAccessBlockConfiguration"]
        if {key for key, value in block.items() if value} != SAFE:
            yield f"does not block all public access: {block}"
    if "BucketEncryption" in wanted:
        rule = s3.get_bucket_encryption(Bucket=physical)["ServerSideEncryptionConfiguration"]["Rules"][0]
        default = rule["ApplyServerSideEncryptionByDefault"]
        if default["SSEAlgorithm"] == "aws:kms" and default.get("KMSMasterKeyID"):
            key = default["KMSMasterKeyID"]
            if ":key/" not in key:
                yield f"default encryption names {key}, which is not a key ARN: it resolves in the account of the caller"
            world.client("kms", stack).describe_key(KeyId=key)
    if "OwnershipControls" in wanted:
        rules = s3.get_bucket_ownership_controls(Bucket=physical)["OwnershipControls"]["Rules"]
        if rules[0]["ObjectOwnership"] != wanted["OwnershipControls"]["Rules"][0]["ObjectOwnership"]:
            yield f"ownership is {rules}"


def _bucket_policy(world: _World, stack: Stack, physical: str, wanted: dict[str, Any]):
    policy = json.loads(world.client("s3", stack).get_bucket_policy(Bucket=wanted["Bucket"])["Policy"])
    if policy != wanted["PolicyDocument"]:
        yield f"the policy of {wanted['Bucket']} is another: {json.dumps(policy)[:200]}"


def _key(world: _World, stack: Stack, physical: str, wanted: dict[str, Any]):
    kms = world.client("kms", stack)
    if json.loads(kms.get_key_policy(KeyId=physical, PolicyName="default")["Policy"]) != wanted["KeyPolicy"]:
        yield "the key policy is another"
    rotates = kms.get_key_rotation_status(KeyId=physical)["KeyRotationEnabled"]
    if rotates != (str(wanted.get("EnableKeyRotation", False)).lower() == "true"):
        yield f"key rotation is {rotates}"


def _alias(world: _World, stack: Stack, physical: str, wanted: dict[str, Any]):
    target = world.client("kms", stack).describe_key(KeyId=wanted["AliasName"])["KeyMetadata"]
    if wanted["TargetKeyId"] not in (target["KeyId"], target["Arn"]):
        yield f"{wanted['AliasName']} names {target['Arn']}"


def _role(world: _World, stack: Stack, physical: str, wanted: dict[str, Any]):
    iam = world.client("iam", stack)
    role = iam.get_role(RoleName=physical)["Role"]
    if _document(role["AssumeRolePolicyDocument"]) != wanted["AssumeRolePolicyDocument"]:
        yield "the trust policy is another"
    for policy in wanted.get("Policies", []):
        found = iam.get_role_policy(RoleName=physical, PolicyName=policy["PolicyName"])["PolicyDocument"]
        if _document(found) != policy["PolicyDocument"]:
            yield f"policy {policy['PolicyName']} is another"


    given = {arn for arn in wanted.get("ManagedPolicyArns", []) if ":aws:policy/" not in arn}
    attached = {one["PolicyArn"] for one in iam.list_attached_role_policies(RoleName=physical)["AttachedPolicies"]}
    if given - attached:
        yield f"not attached: {', '.join(sorted(given - attached))}"
    if role["Path"] != wanted.get("Path", "/"):
        yield f"its path is {role['Path']}"
    if role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") != wanted.get("PermissionsBoundary"):
        yield f"its boundary is {role.get('PermissionsBoundary')}"


def _managed_policy(world: _World, stack: Stack, physical: str, wanted: dict[str, Any]):
    iam = world.client("iam", stack)
    version = iam.get_policy(PolicyArn=physical)["Policy"]["DefaultVersionId"]
    if _document(iam.get_policy_version(PolicyArn=physical, VersionId=version)["PolicyVersion"]["Document"]) != wanted["PolicyDocument"]:
        yield "the document is another"
    for role in wanted.get("Roles", []):
        attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        if physical not in {one["PolicyArn"] for one in attached}:
            yield f"it is not attached to {role}"


def _document(found: Any) -> Any:
    """boto decodes documents for some operations and not for others."""
    return json.loads(unquote(found)) if isinstance(found, str) else found


def _rule(world: _World, stack: Stack, physical: str, wanted: dict[str, Any]):
    events = world.client("events", stack)
    pattern = events.describe_rule(Name=physical).get("EventPattern")
    if "EventPattern" in wanted and json.loads(pattern or "{}") != wanted["EventPattern"]:
        yield "the event pattern is another"
    targets = events.list_targets_by_rule(Rule=physical)["Targets"]
    if sorted(target["Arn"] for target in targets) != sorted(target["Arn"] for target in wanted.get("Targets", [])):
        yield f"the targets are {targets}"
    for target in targets:
        if target.get("RoleArn") and not world.role_exists(target["RoleArn"], stack.region):
            yield f"the role {target['RoleArn']} of target {target['Id']} does not exist"


def _bus_policy(world: _World, stack: Stack, physical: str, wanted: dict[str, Any]):
    policy = world.client("events", stack).describe_event_bus(Name=wanted.get("EventBusName", "default")).get("Policy")
    if wanted["StatementId"] not in {one.get("Sid") for one in json.loads(policy or "{}").get("Statement", [])}:
        yield f"the bus has no statement {wanted['StatementId']}"


def _project(world: _World, stack: Stack, physical: str, wanted: dict[str, Any]):
    projects = world.client("codebuild", stack).batch_get_projects(names=[physical])["projects"]
    if not projects:
        yield "the project does not stand"
    elif not world.role_exists(wanted["ServiceRole"], stack.region) and ":role/" in wanted["ServiceRole"]:
        yield f"the role {wanted['ServiceRole']} does not exist"


def _pipeline(world: _World, stack: Stack, physical: str, wanted: dict[str, Any]):
    client = world.client("codepipeline", stack)
    found = client.get_pipeline(name=physical)["pipeline"]
    expected = {key: value for key, value in wanted.items() if key in ("Name", "RoleArn", "Stages")}
    expected = to_api(expected, input_shape(client, "CreatePipeline").members["pipeline"])
    if found["roleArn"] != expected["roleArn"] or _shape(found) != _shape(expected):
        yield "the structure is another"
    stores = {entry["Region"]: entry["ArtifactStore"] for entry in wanted.get("ArtifactStores", [])}
    if "ArtifactStore" in wanted:
        stores[stack.region] = wanted["ArtifactStore"]
    for region, store in stores.items():
        yield from _store(world, stack, region, store)
    yield from _actions(world, stack, found, set(stores))


def _shape(pipeline: dict[str, Any]) -> Any:
    return [(stage["name"], [(one["name"], one.get("roleArn"), one.get("region"), one.get("configuration", {})) for one in stage["actions"]]) for stage in pipeline["stages"]]


def _store(world: _World, stack: Stack, region: str, store: dict[str, Any]):
    s3 = world.emulated.client("s3", stack.account, region)
    owned = any(one["Name"] == store["Location"] for one in s3.list_buckets()["Buckets"])
    declared = any(store["Location"] in json.dumps(one.get("Properties", {})) for other in world.assembly.stacks for one in other.of_type("AWS::S3::Bucket").values())
    if not owned:
        if declared:
            yield f"the store of {region}, {store['Location']}, does not stand in account {stack.account}"
        return
    if (s3.get_bucket_location(Bucket=store["Location"])["LocationConstraint"] or "us-east-1") != region:
        yield f"the store of {region}, {store['Location']}, stands in another region"
    key = store.get("EncryptionKey", {}).get("Id")
    if key:
        part = partition(region)
        if not key.startswith((f"arn:{part}:kms:{region}:{stack.account}:key/", f"arn:{part}:kms:{region}:{stack.account}:alias/")):
            yield f"the key of the store of {region} is named {key}, which other accounts resolve elsewhere"
        world.emulated.client("kms", stack.account, region).describe_key(KeyId=key)


def _actions(world: _World, stack: Stack, pipeline: dict[str, Any], regions: set[str]):
    made = {attribute(other, body, name, "Arn", world.resolver(other))
            for other in world.assembly.stacks for logical, body in other.of_type("AWS::IAM::Role").items()
            if (name := world.physical(other, logical))}
    accounts = {other.account for other in world.assembly.stacks}
    for stage in pipeline["stages"]:
        for action in stage["actions"]:
            where = f"{stage['name']}/{action['name']}"
            if action.get("region", stack.region) not in regions:
                yield f"{where} runs in {action['region']}, where there is no store"
            for what, arn in (("role", action.get("roleArn")), ("deployment role", action.get("configuration", {}).get("RoleArn"))):
                # Roles of accounts without a stack here are imported; so may others be, but then nothing of ours names them.
                if arn and arn not in made and arn.split(":")[4] in accounts and not world.role_exists(arn, stack.region):
                    yield f"{where}: the {what} {arn} does not exist"


LOOKS = {
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::KMS::Key": _key,
    "AWS::KMS::Alias": _alias,
    "AWS::IAM::Role": _role,
    "AWS::IAM::ManagedPolicy": _managed_policy,
    "AWS::Events::Rule": _rule,
    "AWS::Events::EventBusPolicy": _bus_policy,
    "AWS::CodeBuild::Project": _project,
    "AWS::CodePipeline::Pipeline": _pipeline,
}
