"""The shape of the assembly folder, as the oldest CDK CLI that must read it expects it."""

import json

from ..assembly import ENVIRONMENT, STACK, TREE, Assembly
from ..report import Result

VERSION = "36.0.0"
INLINE_BYTES = 51_200


def check(assembly: Assembly, result: Result) -> None:
    manifest = assembly.manifest
    artifacts = manifest.get("artifacts", {})
    if manifest.get("version") != VERSION:
        result.fail(f"version is {manifest.get('version')!r}, wanted {VERSION!r}")
    for id, artifact in artifacts.items():
        _artifact(assembly, id, artifact, result)
    _order(artifacts, result)
    _folder(assembly, artifacts, result)
    for stack in assembly.stacks:
        size = stack.path.stat().st_size
        if size > INLINE_BYTES:
            result.note(f"{stack.id}: {size} bytes; above {INLINE_BYTES} a template cannot go inline and needs a bootstrap bucket")
    names = [(stack.account, stack.region, stack.name) for stack in assembly.stacks]
    for twice in sorted({name for name in names if names.count(name) > 1}):
        result.fail(f"two stacks are called {twice[2]} in {twice[0]}/{twice[1]}")
    result.summary = f"({len(assembly.stacks)} stacks in {len(assembly.accounts)} accounts)"


def _artifact(assembly: Assembly, id: str, artifact: dict, result: Result) -> None:
    kind = artifact.get("type")
    if kind not in (STACK, TREE):
        result.fail(f"{id}: artifact type {kind!r} is not known to every CLI")
    if kind == TREE:
        _tree(assembly, id, artifact, result)
    if kind != STACK:
        return
    if not ENVIRONMENT.fullmatch(artifact.get("environment", "")):
        result.fail(f"{id}: environment {artifact.get('environment')!r}")
    properties = artifact.get("properties", {})
    if not (assembly.folder / properties.get("templateFile", "?")).is_file():
        result.fail(f"{id}: template file {properties.get('templateFile')!r} does not exist")
    if not properties.get("stackName"):
        result.fail(f"{id}: no stackName")
    if not artifact.get("displayName"):
        result.note(f"{id}: no displayName")


def _tree(assembly: Assembly, id: str, artifact: dict, result: Result) -> None:
    file = artifact.get("properties", {}).get("file", "")
    try:
        tree = json.loads((assembly.folder / file).read_text())
    except (OSError, ValueError) as error:
        result.fail(f"{id}: {file}: {error}")
        return
    if tree.get("version") != "tree-0.1" or "tree" not in tree:
        result.fail(f"{id}: {file} is not a tree-0.1 document")


def _order(artifacts: dict[str, dict], result: Result) -> None:
    """Listed in deployment order: every dependency stands earlier. A cycle cannot be listed that way."""
    seen: set[str] = set()
    for id, artifact in artifacts.items():
        for dependency in artifact.get("dependencies", []):
            if dependency not in artifacts:
                result.fail(f"{id}: depends on {dependency!r}, which is not an artifact")
            elif dependency not in seen:
                result.fail(f"{id}: depends on {dependency!r}, which is listed later, or on itself, or in a cycle")
        seen.add(id)


def _folder(assembly: Assembly, artifacts: dict[str, dict], result: Result) -> None:
    """Every template in the folder belongs to a stack: leftovers of earlier runs would be deployed by hand one day."""
    known = {artifact.get("properties", {}).get("templateFile") for artifact in artifacts.values()}
    for path in sorted(assembly.folder.glob("*.template.json")):
        if path.name not in known:
            result.fail(f"{path.name} belongs to no stack of the manifest")
