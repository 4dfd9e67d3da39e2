"""A pipeline's actions and rules: who performs them, where, and which artifacts they read and write."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..naming import partition
from .world import Pipeline


@dataclass(frozen=True)
class Store:
    bucket: str
    region: str
    key: str | None
    account: str
    folder: str = "orders"

    @property
    def arn(self) -> str:
        return f"arn:{partition(self.region)}:s3:::{self.bucket}"

    @property
    def object(self) -> str:
        """One artifact: CodePipeline keeps those of a pipeline in a folder of the pipeline's shortened name."""
        return f"{self.arn}/{self.folder}/Artifact/a1b2c3d"


@dataclass(frozen=True)
class Action:
    where: str
    category: str
    owner: str
    provider: str
    configuration: dict[str, Any]
    role: str
    region: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    order: tuple[int, int]
    # Those to whom the service hands the inputs on; `None` if nobody tells.
    readers: tuple[str, ...] | None = None

    @property
    def account(self) -> str:
        return self.role.split(":")[4]

    @property
    def partition(self) -> str:
        return partition(self.region)

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def __hash__(self) -> int:
        return hash(self.where)


def stores(pipeline: Pipeline) -> dict[str, Store]:
    properties, account = pipeline.properties, pipeline.stack.account
    entries = {entry["Region"]: entry["ArtifactStore"] for entry in properties.get("ArtifactStores", [])}
    if "ArtifactStore" in properties:
        entries[pipeline.stack.region] = properties["ArtifactStore"]
    return {region: Store(entry["Location"], region, entry.get("EncryptionKey", {}).get("Id"), account, pipeline.name[:20]) for region, entry in entries.items()}


def performed(pipeline: Pipeline) -> list[Action]:
    """Everything that somebody performs: the actions, and behind them the rules of the stages' conditions."""
    return [*actions(pipeline), *rules(pipeline)]


def rules(pipeline: Pipeline) -> Iterator[Action]:
    """Rules are performed like actions: by the role of their own, or the pipeline's."""
    for number, stage in enumerate(pipeline.properties["Stages"]):
        for place in ("BeforeEntry", "OnSuccess", "OnFailure"):
            for condition in stage.get(place, {}).get("Conditions", []):
                for rule in condition.get("Rules", []):
                    kind = rule["RuleTypeId"]
                    yield Action(
                        f"{pipeline.name}/{stage['Name']}/rule {rule['Name']}",
                        "Rule",
                        kind["Owner"],
                        kind["Provider"],
                        rule.get("Configuration", {}),
                        rule.get("RoleArn", pipeline.properties["RoleArn"]),
                        rule.get("Region", pipeline.stack.region),
                        tuple(artifact["Name"] for artifact in rule.get("InputArtifacts", [])),
                        (),
                        (number, 0),
                    )


def actions(pipeline: Pipeline) -> list[Action]:
    found = []
    for number, stage in enumerate(pipeline.properties["Stages"]):
        for action in stage["Actions"]:
            kind = action["ActionTypeId"]
            readers = pipeline.told.get(f"{stage['Name']}/{action['Name']}", {}).get("Readers")
            found.append(
                Action(
                    f"{pipeline.name}/{stage['Name']}/{action['Name']}",
                    kind["Category"],
                    kind["Owner"],
                    kind["Provider"],
                    action.get("Configuration", {}),
                    action.get("RoleArn", pipeline.properties["RoleArn"]),
                    action.get("Region", pipeline.stack.region),
                    tuple(artifact["Name"] for artifact in action.get("InputArtifacts", [])),
                    tuple(artifact["Name"] for artifact in action.get("OutputArtifacts", [])),
                    (number, int(action.get("RunOrder", 1))),
                    None if readers is None else tuple(readers),
                )
            )
    return found
