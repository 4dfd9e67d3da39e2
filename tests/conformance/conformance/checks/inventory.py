"""Everything that stands in the accounts and regions of some assemblies, asked of each service's API."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..assembly import Assembly
from ..emulator.client import Emulator
from ..report import Result

# (type, account, region or nothing where the service has none, name)
Thing = tuple[str, str, str, str]


def take(emulated: Emulator, assemblies: Iterable[Assembly]) -> set[Thing]:
    environments = {(stack.account, stack.region) for assembly in assemblies for stack in assembly.stacks}
    found: set[Thing] = set()
    for account, region in sorted(environments):
        for (kind, service), names in EVERYWHERE.items():
            found |= {(kind, account, region, name) for name in names(emulated.client(service, account, region))}
    for account in sorted({account for account, _ in environments}):
        region = next(region for of, region in environments if of == account)
        for (kind, service), names in GLOBAL.items():
            found |= {(kind, account, "", name) for name in names(emulated.client(service, account, region))}
    return found


def retained(*versions: Assembly) -> Counter[tuple[str, str, str]]:
    """What the templates of an assembly, in all of its versions, say is to stay, as type, account and region."""
    kept: dict[tuple[str, str, str, str], tuple[str, str, str]] = {}
    for stack in (stack for assembly in versions for stack in assembly.stacks):
        for logical, resource in stack.resources.items():
            if resource.get("DeletionPolicy", "").startswith("Retain"):
                kind = resource["Type"]
                region = "" if kind in {kind for kind, _ in GLOBAL} else stack.region
                kept[stack.account, stack.region, stack.name, logical] = kind, stack.account, region
    return Counter(kept.values())


def compare(before: set[Thing], after: set[Thing], kept: Counter[tuple[str, str, str]], result: Result) -> str:
    """Nothing stands after removal but what stood before, and what the templates retain."""
    for thing in sorted(before - after):
        result.fail(f"{' '.join(thing)} was there before and is gone")
    extra = Counter(thing[:3] for thing in after - before)
    for place, count in sorted((extra - kept).items()):
        names = [name for *where, name in sorted(after - before) if tuple(where) == place]
        result.fail(f"{count} of {place[0]} left over in {'/'.join(filter(None, place[1:]))}: {', '.join(names)}")
    counted = {kind for kind, _ in (*EVERYWHERE, *GLOBAL)}
    for place, count in sorted((kept - extra).items()):
        if place[0] in counted:
            result.fail(f"{count} of {place[0]} in {'/'.join(filter(None, place[1:]))} should have been retained")
    return f"({sum(extra.values())} retained resources stay, nothing else)"


def _pages(operation: str, key: str, name: str | None) -> Callable[[Any], Iterator[str]]:
    def names(client: Any) -> Iterator[str]:
        for page in client.get_paginator(operation).paginate():
            yield from (one if name is None else one[name] for one in page[key])

    return names


def _keys(client: Any) -> Iterator[str]:
    for key in _pages("list_keys", "Keys", "KeyId")(client):
        if client.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] != "PendingDeletion":
            yield key


def _aliases(client: Any) -> Iterator[str]:
    return (name for name in _pages("list_aliases", "Aliases", "AliasName")(client) if not name.startswith("alias/aws/"))


def _bus_statements(client: Any) -> Iterator[str]:
    policy = json.loads(client.describe_event_bus(Name="default").get("Policy") or "{}")
    return (statement["Sid"] for statement in policy.get("Statement", []))


def _policies(client: Any) -> Iterator[str]:
    for page in client.get_paginator("list_policies").paginate(Scope="Local"):
        yield from (policy["PolicyName"] for policy in page["Policies"])


def _stacks(client: Any) -> Iterator[str]:
    for page in client.get_paginator("list_stacks").paginate():
        yield from (stack["StackName"] for stack in page["StackSummaries"] if stack["StackStatus"] != "DELETE_COMPLETE")


def _buckets_here(client: Any) -> Iterator[str]:
    for bucket in client.list_buckets()["Buckets"]:
        if (client.get_bucket_location(Bucket=bucket["Name"])["LocationConstraint"] or "us-east-1") == client.meta.region_name:
            yield bucket["Name"]


def _policed_buckets(client: Any) -> Iterator[str]:
    for bucket in _buckets_here(client):
        try:
            client.get_bucket_policy(Bucket=bucket)
        except client.exceptions.ClientError:
            continue
        yield bucket


# Repositories are missing: the emulator cannot list them.
EVERYWHERE: dict[tuple[str, str], Callable[[Any], Iterator[str]]] = {
    ("AWS::CloudFormation::Stack", "cloudformation"): _stacks,
    ("AWS::S3::Bucket", "s3"): _buckets_here,
    ("AWS::S3::BucketPolicy", "s3"): _policed_buckets,
    ("AWS::KMS::Key", "kms"): _keys,
    ("AWS::KMS::Alias", "kms"): _aliases,
    ("AWS::Events::Rule", "events"): _pages("list_rules", "Rules", "Name"),
    ("AWS::Events::EventBusPolicy", "events"): _bus_statements,
    ("AWS::CodeBuild::Project", "codebuild"): _pages("list_projects", "projects", None),
    ("AWS::CodePipeline::Pipeline", "codepipeline"): _pages("list_pipelines", "pipelines", "name"),
    ("AWS::SNS::Topic", "sns"): _pages("list_topics", "Topics", "TopicArn"),
}
GLOBAL: dict[tuple[str, str], Callable[[Any], Iterator[str]]] = {
    ("AWS::IAM::Role", "iam"): _pages("list_roles", "Roles", "RoleName"),
    ("AWS::IAM::ManagedPolicy", "iam"): _policies,
}
