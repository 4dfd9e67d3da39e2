"""checkov on scaffold stacks and artifact stores; what it says of the user's own resources is only noted."""

import json
import os
import subprocess
from pathlib import Path

from ..assembly import Assembly, Stack
from ..report import Result

# Access logs and versions of artifacts are options of a store, off by default: they cost money and prove nothing.
OPTIONAL = {"CKV_AWS_18", "CKV_AWS_21", "CKV2_AWS_18", "CKV2_AWS_21"}
STORE_TYPES = {"AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key", "AWS::KMS::Alias"}
SCAFFOLD_TYPES = STORE_TYPES | {"AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::Events::Rule", "AWS::Events::EventBusPolicy"}


def is_scaffold(stack: Stack) -> bool:
    return all(resource.get("Type") in SCAFFOLD_TYPES for resource in stack.resources.values())


def check(assembly: Assembly, result: Result) -> None:
    by_path = {stack.path.resolve(): stack for stack in assembly.stacks}
    for finding in _failed(sorted(str(path) for path in by_path)):
        stack = by_path[Path(finding["file_abs_path"]).resolve()]
        kind = finding["resource"].rsplit(".", 1)[0]
        text = f"{stack.id} {finding['resource']}: {finding['check_id']} {finding['check_name']}"
        if finding["check_id"] in OPTIONAL:
            continue
        if is_scaffold(stack) or kind in STORE_TYPES:
            result.fail(text)
        else:
            result.note(text)
    result.summary = f"({len(by_path)} templates)"


def _failed(paths: list[str]) -> list[dict]:
    command = [os.environ["CONFORMANCE_CHECKOV"], "-m", "checkov.main", "--framework", "cloudformation", "--compact", "--quiet"]
    command += ["--output", "json", "--skip-download", "--skip-results-upload"]
    for path in paths:
        command += ["--file", path]
    run = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LOG_LEVEL": "ERROR", "PYTHONPATH": ""})
    try:
        answer = json.loads(run.stdout)
    except ValueError:
        raise RuntimeError(f"checkov exited {run.returncode}: {(run.stderr or run.stdout).strip()[-400:]}") from None
    answers = answer if isinstance(answer, list) else [answer]
    if any(one.get("results", {}).get("parsing_errors") for one in answers):
        raise RuntimeError("checkov could not parse a template")
    if not any(one.get("summary", one).get("resource_count", one.get("resource_count")) for one in answers):
        raise RuntimeError("checkov looked at no resource")
    return [finding for one in answers for finding in one.get("results", {}).get("failed_checks", [])]
