"""The suite on trial: known faults, put into copies of a sound assembly, must each be found by the check meant for them."""

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from .assembly import STACK, Assembly, load
from .iam.conditions import as_list
from .options import Options
from .report import Report

Manifest = dict[str, Any]
Templates = dict[str, dict[str, Any]]
Fault = Callable[[Manifest, Templates], None]


def check(assembly: Assembly, given: Options, report: Report, run_checks: Callable[[Assembly, Options, Report], None]) -> None:
    for fault, checks in FAULTS.items():
        name = checks[0]
        if name not in given.checks:
            continue
        with report.check(assembly.name, f"fault: {(fault.__doc__ or '').strip().rstrip('.')}") as result, tempfile.TemporaryDirectory() as folder:
            broken = _broken(assembly, fault, Path(folder) / "broken")
            if broken is None:
                result.summary = "(there is nothing to break that way)"
                continue
            inner = Report(quiet=True)
            run_checks(broken, replace(given, checks=(name,), orders=0, seed_faults=False), inner)
            if not any(found.startswith(checks[0]) and found.endswith(checks[1]) for found in inner.broken):
                result.fail(f"not found by {' '.join(dict.fromkeys(checks))}; failed checks: {', '.join(inner.broken) or 'none'}")
            result.summary = f"(found by {name})"


def _broken(assembly: Assembly, fault: Fault, folder: Path) -> Assembly | None:
    shutil.copytree(assembly.folder, folder)
    files = {stack.id: stack.path.name for stack in assembly.stacks}
    manifest = json.loads((folder / "manifest.json").read_text())
    templates = {id: json.loads((folder / file).read_text()) for id, file in files.items()}
    before = json.dumps([manifest, templates])
    fault(manifest, templates)
    if json.dumps([manifest, templates]) == before:
        return None
    (folder / "manifest.json").write_text(json.dumps(manifest))
    for id, template in templates.items():
        (folder / files[id]).write_text(json.dumps(template))
    return load(folder)


def _resources(templates: Templates, *types: str) -> Iterator[dict[str, Any]]:
    for template in templates.values():
        for resource in template.get("Resources", {}).values():
            if resource["Type"] in types:
                yield resource["Properties"]


def _drop(document: dict[str, Any], unwanted: Callable[[dict[str, Any]], bool]) -> None:
    kept = [statement for statement in as_list(document["Statement"]) if not unwanted(statement)]
    document["Statement"] = kept or [{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}]


def _without_action(templates: Templates, action: str) -> None:
    for role in _resources(templates, "AWS::IAM::Role"):
        for policy in role.get("Policies", []):
            _drop(policy["PolicyDocument"], lambda statement: any(str(one).startswith(action) for one in as_list(statement.get("Action", []))))


def plain_http(manifest: Manifest, templates: Templates) -> None:
    """stores that do not insist on TLS."""
    for policy in _resources(templates, "AWS::S3::BucketPolicy"):
        _drop(policy["PolicyDocument"], lambda statement: statement["Effect"] == "Deny")


def trust_of_an_account(manifest: Manifest, templates: Templates) -> None:
    """action roles that trust a whole account."""
    for role in _resources(templates, "AWS::IAM::Role"):
        for statement in as_list(role["AssumeRolePolicyDocument"]["Statement"]):
            if "AWS" in statement["Principal"]:
                statement.pop("Condition", None)


def store_of_an_account(manifest: Manifest, templates: Templates) -> None:
    """stores that let in whole accounts."""
    for policy in _resources(templates, "AWS::S3::BucketPolicy"):
        for statement in as_list(policy["PolicyDocument"]["Statement"]):
            if statement["Effect"] == "Allow":
                statement.pop("Condition", None)


def key_of_an_account(manifest: Manifest, templates: Templates) -> None:
    """keys that let in whole accounts."""
    for key in _resources(templates, "AWS::KMS::Key"):
        for statement in as_list(key["KeyPolicy"]["Statement"]):
            statement.pop("Condition", None)


def readers_that_write(manifest: Manifest, templates: Templates) -> None:
    """stores that let readers write."""
    for policy in _resources(templates, "AWS::S3::BucketPolicy"):
        for statement in as_list(policy["PolicyDocument"]["Statement"]):
            if statement["Effect"] == "Allow" and any("GetObject" in one for one in as_list(statement["Action"])):
                statement["Action"] = [*as_list(statement["Action"]), "s3:PutObject"]


def roles_as_principals(manifest: Manifest, templates: Templates) -> None:
    """resource policies that name roles, without the dependencies that this would need."""
    for artifact in manifest["artifacts"].values():
        artifact.pop("dependencies", None)
    for properties in _resources(templates, "AWS::S3::BucketPolicy", "AWS::KMS::Key"):
        for statement in as_list((properties.get("PolicyDocument") or properties["KeyPolicy"])["Statement"]):
            roles = statement.get("Condition", {}).get("ArnEquals", {}).get("aws:PrincipalArn")
            if roles:
                statement["Principal"] = {"AWS": roles}


def no_key(manifest: Manifest, templates: Templates) -> None:
    """roles that may not use the key."""
    _without_action(templates, "kms:")


def no_network(manifest: Manifest, templates: Templates) -> None:
    """builds in a VPC whose roles may make no network interfaces."""
    _without_action(templates, "ec2:")


def no_image(manifest: Manifest, templates: Templates) -> None:
    """builds in private images whose roles may not pull them."""
    _without_action(templates, "ecr:Batch")


def no_assume(manifest: Manifest, templates: Templates) -> None:
    """a pipeline role that may not become its action roles."""
    _without_action(templates, "sts:AssumeRole")


def no_rules(manifest: Manifest, templates: Templates) -> None:
    """rules of conditions whose roles may do nothing."""
    pipelines = [properties for properties in _resources(templates, "AWS::CodePipeline::Pipeline")]
    stages = [stage for properties in pipelines for stage in properties["Stages"]]
    places = [stage.get(place, {}) for stage in stages for place in ("BeforeEntry", "OnSuccess", "OnFailure")]
    rules = [rule for place in places for condition in place.get("Conditions", []) for rule in condition.get("Rules", [])]
    for rule in rules:
        for role in _resources(templates, "AWS::IAM::Role"):
            if str(rule.get("RoleArn", "")).endswith(f"/{role.get('RoleName')}"):
                role.pop("Policies", None)


def no_pass(manifest: Manifest, templates: Templates) -> None:
    """action roles that may not pass the deployment role."""
    _without_action(templates, "iam:PassRole")


def every_resource(manifest: Manifest, templates: Templates) -> None:
    """identity statements on every resource."""
    for role in _resources(templates, "AWS::IAM::Role"):
        for policy in role.get("Policies", []):
            for statement in as_list(policy["PolicyDocument"]["Statement"]):
                statement["Resource"] = "*"


def every_folder(manifest: Manifest, templates: Templates) -> None:
    """roles that reach every folder of a bucket that pipelines share."""
    folders = set(re.findall(r'"arn:[^":]*:s3:::([^"/]+)/([^"/]+)/', json.dumps(templates)))
    buckets = [bucket for bucket, _ in folders]
    shared = {bucket for bucket in buckets if buckets.count(bucket) > 1}
    for properties in _resources(templates, "AWS::IAM::Role", "AWS::S3::BucketPolicy"):
        for policy in properties.get("Policies", [properties]):
            for statement in as_list(policy["PolicyDocument"]["Statement"]):
                if shared:
                    statement["Resource"] = [_whole_bucket(one, shared) for one in as_list(statement["Resource"])]


def _whole_bucket(resource: Any, shared: set[str]) -> Any:
    arn, _, rest = str(resource).partition("/")
    return f"{arn}/*" if rest and arn.split(":::")[-1] in shared else resource


def no_rule(manifest: Manifest, templates: Templates) -> None:
    """sources that nobody listens to."""
    for template in templates.values():
        template["Resources"] = {name: body for name, body in template["Resources"].items() if body["Type"] != "AWS::Events::Rule"}


def bare_alias(manifest: Manifest, templates: Templates) -> None:
    """a store whose key is named by a bare alias."""
    for pipeline in _resources(templates, "AWS::CodePipeline::Pipeline"):
        stores = [entry["ArtifactStore"] for entry in pipeline.get("ArtifactStores", [])] + [pipeline.get("ArtifactStore", {})]
        for store in stores:
            if "EncryptionKey" in store:
                store["EncryptionKey"]["Id"] = "alias/artifacts"


def long_value(manifest: Manifest, templates: Templates) -> None:
    """a configuration value that is too long for the service."""
    for pipeline in _resources(templates, "AWS::CodePipeline::Pipeline"):
        pipeline["Stages"][0]["Actions"][0]["Configuration"]["Extra"] = "x" * 1001


def lost_key(manifest: Manifest, templates: Templates) -> None:
    """a key that nobody could administer."""
    for key in _resources(templates, "AWS::KMS::Key"):
        _drop(key["KeyPolicy"], lambda statement: "kms:PutKeyPolicy" in as_list(statement["Action"]) or "kms:*" in as_list(statement["Action"]))


def misspelt(manifest: Manifest, templates: Templates) -> None:
    """a property that does not exist."""
    next(_resources(templates, "AWS::IAM::Role"))["RollName"] = "x"


def public(manifest: Manifest, templates: Templates) -> None:
    """buckets that do not block public access."""
    for bucket in _resources(templates, "AWS::S3::Bucket"):
        bucket.pop("PublicAccessBlockConfiguration", None)


def unknown_artifact(manifest: Manifest, templates: Templates) -> None:
    """an artifact type that older CLIs refuse."""
    manifest["artifacts"]["Extra"] = {"type": "cdk:feature-flag-report", "properties": {"file": "x.json"}}


def wrong_order(manifest: Manifest, templates: Templates) -> None:
    """stacks listed before what they depend on."""
    manifest["artifacts"] = dict(reversed(manifest["artifacts"].items()))


def cycle(manifest: Manifest, templates: Templates) -> None:
    """stacks that wait for each other."""
    stacks = [id for id, artifact in manifest["artifacts"].items() if artifact["type"] == STACK]
    if len(stacks) > 1:
        manifest["artifacts"][stacks[0]]["dependencies"] = [stacks[-1]]
        manifest["artifacts"][stacks[-1]]["dependencies"] = [stacks[0]]


# Fault -> the check that must fail: how its name starts, and how it ends.
FAULTS: dict[Fault, tuple[str, str]] = {
    unknown_artifact: ("manifest", "manifest"),
    wrong_order: ("manifest", "manifest"),
    cycle: ("manifest", "manifest"),
    misspelt: ("cfn-lint", "cfn-lint"),
    public: ("checkov", "checkov"),
    roles_as_principals: ("orders", "dependencies"),
    bare_alias: ("orders", "manifest"),
    long_value: ("orders", "manifest"),
    lost_key: ("orders", "manifest"),
    plain_http: ("access", "denials"),
    trust_of_an_account: ("access", "denials"),
    store_of_an_account: ("access", "denials"),
    key_of_an_account: ("access", "denials"),
    readers_that_write: ("access", "denials"),
    no_key: ("access", "needs"),
    no_network: ("access", "needs"),
    no_image: ("access", "needs"),
    no_assume: ("access", "needs"),
    no_rules: ("access", "needs"),
    no_pass: ("access", "needs"),
    every_resource: ("access", "statements"),
    every_folder: ("access", "denials"),
    no_rule: ("access", "events"),
}
