"""From a push to a start: which rule sees the event, where it sends it, and whether it may."""

from collections.abc import Iterator
from typing import Any

from ..iam.evaluate import Outcome
from ..naming import partition
from ..report import Result
from .flow import Action, actions
from .question import Question, answer
from .world import Pipeline, Rule, World


def check(world: World, pipeline: Pipeline, result: Result) -> int:
    asked = 0
    for rule in world.rules:
        for question in _target_questions(pipeline, rule):
            asked += 1
            if answer(world, question) is not Outcome.ALLOWED:
                result.fail(f"{question}")
    for action in actions(pipeline):
        event = _event(action)
        if event and not _starts(world, pipeline, event, action.account, "default", 0):
            text = f"{action.where}: no rule carries its event to the pipeline"
            result.fail(text) if action.provider == "CodeCommit" else result.note(text)
    return asked


def _target_questions(pipeline: Pipeline, rule: Rule) -> Iterator[Question]:
    for target in rule.targets:
        arn, role = target["Arn"], target.get("RoleArn")
        if arn != pipeline.arn and not _is_bus(arn):
            continue
        if not role:
            # Without a role the bus's policy alone would have to let the sending account in, and pipelines always need one.
            yield Question("events.amazonaws.com", "sts:AssumeRole", f"{rule.where} has no role", rule.account, f"{rule.where} sends to {arn}")
            continue
        why = f"{rule.where} sends to {arn}"
        yield Question("events.amazonaws.com", "sts:AssumeRole", role, role.split(":")[4], why)
        yield Question(role, "events:PutEvents" if _is_bus(arn) else "codepipeline:StartPipelineExecution", arn, arn.split(":")[4], why)


def _is_bus(arn: str) -> bool:
    return arn.split(":")[2] == "events" and ":event-bus/" in arn


def _starts(world: World, pipeline: Pipeline, event: dict[str, Any], account: str, bus: str, hops: int) -> bool:
    region = pipeline.stack.region
    for rule in world.rules:
        if (rule.account, rule.region) != (account, region) or rule.bus.rsplit("/", 1)[-1] != bus or not rule.enabled or not fits(rule.pattern, event):
            continue
        for target in rule.targets:
            arn = target["Arn"]
            if arn == pipeline.arn:
                return True
            if _is_bus(arn) and hops < 2 and arn.split(":")[3] == region:
                if _starts(world, pipeline, event, arn.split(":")[4], arn.rsplit("/", 1)[-1], hops + 1):
                    return True
    return False


def _event(action: Action) -> dict[str, Any] | None:
    """A sample of what the source sends, if it is to be followed by events at all."""
    given, part = action.configuration, partition(action.region)
    if str(given.get("PollForSourceChanges", "true")).lower() == "true" and action.provider in ("CodeCommit", "S3"):
        return None
    head = {"account": action.account, "region": action.region}
    if action.category != "Source":
        return None
    if action.provider == "CodeCommit":
        detail = {"event": "referenceUpdated", "referenceType": "branch", "referenceName": given["BranchName"], "repositoryName": given["RepositoryName"]}
        arn = action.arn("codecommit", given["RepositoryName"])
        return head | {"source": "aws.codecommit", "detail-type": "CodeCommit Repository State Change", "resources": [arn], "detail": detail}
    if action.provider == "S3":
        detail = {"bucket": {"name": given["S3Bucket"]}, "object": {"key": given["S3ObjectKey"]}, "reason": "PutObject"}
        return head | {"source": "aws.s3", "detail-type": "Object Created", "resources": [f"arn:{part}:s3:::{given['S3Bucket']}"], "detail": detail}
    if action.provider == "ECR":
        detail = {"action-type": "PUSH", "result": "SUCCESS", "repository-name": given["RepositoryName"], "image-tag": given.get("ImageTag", "latest")}
        return head | {"source": "aws.ecr", "detail-type": "ECR Image Action", "detail": detail}
    return None


def fits(pattern: dict[str, Any], event: Any) -> bool:
    return bool(pattern) and all(_fits(wanted, event.get(key)) for key, wanted in pattern.items())


def _fits(wanted: Any, given: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(given, dict) and fits(wanted, given)
    values = given if isinstance(given, list) else [given]
    return any(_one(filter, value) for filter in wanted for value in values)


def _one(filter: Any, value: Any) -> bool:
    if not isinstance(filter, dict):
        return filter == value
    (kind, argument), = filter.items()
    if kind == "exists":
        return (value is not None) == argument
    if not isinstance(value, str):
        return False
    if kind == "prefix":
        return value.startswith(argument)
    if kind == "suffix":
        return value.endswith(argument)
    if kind == "equals-ignore-case":
        return value.lower() == argument.lower()
    if kind == "anything-but":
        return value not in (argument if isinstance(argument, list) else [argument])
    raise ValueError(f"event pattern filter {kind} is not known")
