"""Every account at once, as the templates describe it: roles, buckets, keys, buses, projects, with their policies."""

from dataclasses import dataclass, field
from typing import Any

from ..assembly import Assembly, Stack
from ..iam.conditions import as_list
from ..iam.evaluate import Document
from ..intrinsics import Resolver
from ..naming import attribute, name_of, partition
from ..naming import REF_IS_ARN


@dataclass
class Role:
    arn: str
    account: str
    name: str
    stack: str
    trust: Document
    policies: list[Document] = field(default_factory=list)
    boundary: list[Document] | None = None
    unknown: list[str] = field(default_factory=list)


@dataclass
class Bucket:
    name: str
    arn: str
    account: str
    region: str
    stack: str
    bucket_keys: bool = False
    default_key: str | None = None
    policy: Document | None = None


@dataclass
class Key:
    arn: str
    account: str
    region: str
    stack: str
    policy: Document
    aliases: list[str] = field(default_factory=list)


@dataclass
class Project:
    arn: str
    name: str
    role: str
    properties: dict[str, Any]

    @property
    def key(self) -> str | None:
        return self.properties.get("EncryptionKey")

    @property
    def batch(self) -> str | None:
        return self.properties.get("BuildBatchConfig", {}).get("ServiceRole")


@dataclass
class Rule:
    account: str
    region: str
    bus: str
    pattern: dict[str, Any]
    targets: list[dict[str, Any]]
    enabled: bool
    where: str


@dataclass
class Pipeline:
    stack: Stack
    where: str
    name: str
    properties: dict[str, Any]
    # What no property tells of an action, by `Stage/Action`.
    told: dict[str, dict[str, Any]]

    @property
    def arn(self) -> str:
        return f"arn:{partition(self.stack.region)}:codepipeline:{self.stack.region}:{self.stack.account}:{self.name}"


@dataclass
class World:
    roles: dict[str, Role] = field(default_factory=dict)
    buckets: dict[str, Bucket] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    buses: dict[str, Document] = field(default_factory=dict)
    topics: dict[str, Document | None] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    pipelines: list[Pipeline] = field(default_factory=list)

    def key(self, named: str | None) -> Key | None:
        """The key behind a key ARN or an alias ARN, if a template makes it."""
        return self.keys.get(self.aliases.get(named or "", named or ""))


def read(assembly: Assembly) -> World:
    world = World()
    for stack in assembly.stacks:
        _Reader(assembly, stack, world).resources()
    for stack in assembly.stacks:
        _Reader(assembly, stack, world).attachments()
    return world


class _Reader:
    def __init__(self, assembly: Assembly, stack: Stack, world: World) -> None:
        self.assembly, self.stack, self.world = assembly, stack, world
        self.resolve = self._resolver(stack)

    def _resolver(self, stack: Stack) -> Resolver:
        def lookup(where: Stack, logical: str, wanted: str | None) -> Any:
            resource = where.resources[logical]
            name = name_of(where, logical, resource, resolve)
            if wanted is not None:
                return attribute(where, resource, name, wanted, resolve)
            return attribute(where, resource, name, "Arn", resolve) if resource["Type"] in REF_IS_ARN else name

        def exported(where: Stack, name: str) -> Any:
            for other in self.assembly.stacks:
                if (other.account, other.region) == (where.account, where.region):
                    inner = self._resolver(other)
                    for output in other.template.get("Outputs", {}).values():
                        if "Export" in output and inner(output["Export"]["Name"]) == name:
                            return inner(output["Value"])
            return f"export-{name}"

        # A parameter without default is handed the output of the same name.
        handed = {
            name: self._resolver(other)(other.template["Outputs"][name]["Value"])
            for name, body in stack.template.get("Parameters", {}).items()
            if "Default" not in body
            for other in self.assembly.stacks
            if other is not stack and name in other.template.get("Outputs", {})
        }
        def stored(where: Stack, name: str) -> str | None:
            for other in self.assembly.stacks:
                if (other.account, other.region) == (where.account, where.region):
                    for resource in other.resources.values():
                        properties = resource.get("Properties", {})
                        if resource["Type"] == "AWS::SSM::Parameter" and properties.get("Name") == name:
                            return self._resolver(other)(properties["Value"])
            return None

        resolve = Resolver(stack, lookup, exported, handed, stored)
        return resolve

    def resources(self) -> None:
        makers = {
            "AWS::IAM::Role": self._role,
            "AWS::S3::Bucket": self._bucket,
            "AWS::KMS::Key": self._key,
            "AWS::CodeBuild::Project": self._project,
            "AWS::CodePipeline::Pipeline": self._pipeline,
            "AWS::Events::Rule": self._rule,
            "AWS::SNS::Topic": self._topic,
        }
        for logical, resource in self.stack.resources.items():
            if resource["Type"] in makers:
                name = name_of(self.stack, logical, resource, self.resolve)
                arn = attribute(self.stack, resource, name, "Arn", self.resolve)
                makers[resource["Type"]](f"{self.stack.id}/{logical}", name, arn, self.resolve(resource.get("Properties", {})))

    def _role(self, where: str, name: str, arn: str, properties: dict[str, Any]) -> None:
        policies = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        role = Role(arn, self.stack.account, name, self.stack.id, properties["AssumeRolePolicyDocument"], policies)
        self.world.roles[arn] = role

    def _bucket(self, where: str, name: str, arn: str, properties: dict[str, Any]) -> None:
        rules = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
        bucket_keys = any(str(rule.get("BucketKeyEnabled", False)).lower() == "true" for rule in rules)
        defaults = [rule.get("ServerSideEncryptionByDefault", {}).get("KMSMasterKeyID") for rule in rules]
        default_key = next(filter(None, defaults), None)
        self.world.buckets[name] = Bucket(name, arn, self.stack.account, self.stack.region, self.stack.id, bucket_keys, default_key)

    def _key(self, where: str, name: str, arn: str, properties: dict[str, Any]) -> None:
        self.world.keys[arn] = Key(arn, self.stack.account, self.stack.region, self.stack.id, properties["KeyPolicy"])

    def _project(self, where: str, name: str, arn: str, properties: dict[str, Any]) -> None:
        self.world.projects[arn] = Project(arn, name, properties["ServiceRole"], properties)

    def _pipeline(self, where: str, name: str, arn: str, properties: dict[str, Any]) -> None:
        metadata = self.stack.resources[where.removeprefix(f"{self.stack.id}/")].get("Metadata", {})
        told = self.resolve(metadata.get("construct:actions", {}))
        self.world.pipelines.append(Pipeline(self.stack, where, name, properties, told))

    def _topic(self, where: str, name: str, arn: str, properties: dict[str, Any]) -> None:
        self.world.topics[arn] = None

    def _rule(self, where: str, name: str, arn: str, properties: dict[str, Any]) -> None:
        enabled = properties.get("State", "ENABLED") != "DISABLED"
        bus = properties.get("EventBusName", "default")
        targets, pattern = properties.get("Targets", []), properties.get("EventPattern", {})
        self.world.rules.append(Rule(self.stack.account, self.stack.region, bus, pattern, targets, enabled, where))

    def attachments(self) -> None:
        """What a resource says about another one, once all are known."""
        for logical, resource in self.stack.resources.items():
            kind, properties = resource["Type"], self.resolve(resource.get("Properties", {}))
            if kind == "AWS::S3::BucketPolicy" and properties["Bucket"] in self.world.buckets:
                self.world.buckets[properties["Bucket"]].policy = properties["PolicyDocument"]
            elif kind == "AWS::KMS::Alias":
                self._alias(properties)
            elif kind == "AWS::Events::EventBusPolicy":
                self._bus_policy(properties)
            elif kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
                for name in properties.get("Roles", []):
                    self._own_role(name).policies.append(properties["PolicyDocument"])
            elif kind == "AWS::SNS::TopicPolicy":
                self.world.topics.update({topic: properties["PolicyDocument"] for topic in properties["Topics"]})
        for logical, resource in self.stack.of_type("AWS::IAM::Role").items():
            self._managed(logical, resource)

    def _alias(self, properties: dict[str, Any]) -> None:
        target, name, stack = properties["TargetKeyId"], properties["AliasName"], self.stack
        base = f"arn:{partition(stack.region)}:kms:{stack.region}:{stack.account}:"
        arn = target if target.startswith("arn:") else f"{base}key/{target}"
        self.world.aliases[base + name] = arn
        if arn in self.world.keys:
            self.world.keys[arn].aliases.append(name)

    def _bus_policy(self, properties: dict[str, Any]) -> None:
        stack, bus = self.stack, properties.get("EventBusName", "default")
        arn = f"arn:{partition(stack.region)}:events:{stack.region}:{stack.account}:event-bus/{bus.rsplit('/', 1)[-1]}"
        statement = properties.get("Statement")
        if statement is None:
            statement = {"Effect": "Allow", "Principal": {"AWS": properties["Principal"]}, "Action": properties["Action"], "Resource": arn}
        policy = self.world.buses.setdefault(arn, {"Version": "2012-10-17", "Statement": []})
        policy["Statement"].append(statement)

    def _own_role(self, name: str) -> Role:
        return next(role for role in self.world.roles.values() if role.account == self.stack.account and role.name == name)

    def _managed(self, logical: str, resource: dict[str, Any]) -> None:
        properties = self.resolve(resource.get("Properties", {}))
        role = self._own_role(name_of(self.stack, logical, resource, self.resolve))
        for arn in as_list(properties.get("ManagedPolicyArns", [])):
            found = self._managed_policy(arn)
            role.policies += [found] if found else []
            role.unknown += [] if found else [arn]
        if "PermissionsBoundary" in properties:
            found = self._managed_policy(properties["PermissionsBoundary"])
            role.boundary = [found] if found else None
            role.unknown += [] if found else [properties["PermissionsBoundary"]]

    def _managed_policy(self, arn: str) -> Document | None:
        for stack in self.assembly.stacks:
            resolve = self._resolver(stack)
            for logical, resource in stack.of_type("AWS::IAM::ManagedPolicy").items():
                name = name_of(stack, logical, resource, resolve)
                if attribute(stack, resource, name, "Arn", resolve) == arn:
                    return resolve(resource["Properties"]["PolicyDocument"])
        return None
