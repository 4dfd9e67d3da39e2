"""A cloud assembly as its reader sees it: stacks in the order of the manifest."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STACK = "aws:cloudformation:stack"
TREE = "cdk:tree"
ENVIRONMENT = re.compile(r"aws://(\d{12})/([a-z]{2}(?:-[a-z]+)+-\d)")

Json = Any


class AssemblyError(Exception):
    """The folder is not an assembly that the other checks could read."""


@dataclass(frozen=True)
class Stack:
    id: str
    name: str
    account: str
    region: str
    template: dict[str, Json]
    path: Path
    dependencies: tuple[str, ...]
    display: str

    @property
    def resources(self) -> dict[str, dict[str, Json]]:
        return self.template.get("Resources", {})

    def of_type(self, *types: str) -> dict[str, dict[str, Json]]:
        return {name: body for name, body in self.resources.items() if body.get("Type") in types}

    @property
    def handed(self) -> list[str]:
        """Parameters that somebody has to give a value."""
        return [name for name, body in self.template.get("Parameters", {}).items() if "Default" not in body]


@dataclass(frozen=True)
class Assembly:
    folder: Path
    manifest: dict[str, Json]
    stacks: tuple[Stack, ...]
    name: str

    @property
    def accounts(self) -> list[str]:
        return sorted({stack.account for stack in self.stacks})

    def stack(self, id: str) -> Stack:
        return next(stack for stack in self.stacks if stack.id == id)

    def ancestors(self, id: str) -> set[str]:
        """Ids of all stacks that must stand before this one, itself left out."""
        found: set[str] = set()
        waiting = [id]
        while waiting:
            for dependency in self.stack(waiting.pop()).dependencies:
                if dependency not in found:
                    found.add(dependency)
                    waiting.append(dependency)
        return found


def load(folder: Path, name: str = "") -> Assembly:
    """An assembly, which the report calls by its folder's name, or its parent's for a plain output folder."""
    path = folder.resolve()
    name = name or (path.parent.name if path.name == "cdk.out" else path.name)
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
    except (OSError, ValueError) as error:
        raise AssemblyError(f"manifest.json: {error}") from error
    artifacts = manifest.get("artifacts", {})
    ids = {id for id, artifact in artifacts.items() if artifact.get("type") == STACK}
    return Assembly(folder, manifest, tuple(_stack(folder, id, artifacts[id], ids) for id in artifacts if id in ids), name)


def _stack(folder: Path, id: str, artifact: dict[str, Json], ids: set[str]) -> Stack:
    environment = ENVIRONMENT.fullmatch(artifact.get("environment", ""))
    if not environment:
        raise AssemblyError(f"{id}: environment `{artifact.get('environment')}` is not aws://ACCOUNT/REGION")
    properties = artifact.get("properties", {})
    path = folder / properties.get("templateFile", "")
    try:
        template = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise AssemblyError(f"{id}: template {path.name}: {error}") from error
    dependencies = tuple(name for name in artifact.get("dependencies", []) if name in ids)
    name = properties.get("stackName", id)
    return Stack(id, name, environment[1], environment[2], template, path, dependencies, artifact.get("displayName", id))
