"""cfn-lint on every template, with the region of its stack: no error, no warning."""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from ..assembly import Assembly, Stack
from ..report import Result

Match = dict
_known: dict[tuple[str, str], list[Match]] = {}
"""What was found, by region and text of the template: versions of one app share most of theirs."""


def check(assembly: Assembly, result: Result) -> None:
    look_at([assembly])
    for stack in assembly.stacks:
        for match in _known[_key(stack)]:
            line = match["Location"]["Start"]["LineNumber"]
            where = "/".join(str(part) for part in match["Location"].get("Path") or []) or f"line {line}"
            result.fail(f"{stack.path.name} {where}: {match['Rule']['Id']} {match['Message']}")
    result.summary = f"({len(assembly.stacks)} templates)"


def look_at(assemblies: Iterable[Assembly]) -> None:
    """Lints what is not known yet, a region at a time: starting the tool takes longer than most templates."""
    by_region: dict[str, dict[tuple[str, str], Path]] = defaultdict(dict)
    for assembly in assemblies:
        for stack in assembly.stacks:
            if _key(stack) not in _known:
                by_region[stack.region][_key(stack)] = stack.path
    for region, paths in sorted(by_region.items()):
        keys = {str(path): key for key, path in paths.items()}
        _known.update({key: [] for key in paths})
        for match in _lint(region, list(keys)):
            _known[keys[match["Filename"]]].append(match)


def _key(stack: Stack) -> tuple[str, str]:
    return stack.region, stack.path.read_text()


def _lint(region: str, paths: list[str]) -> list[Match]:
    program = Path(sys.executable).with_name("cfn-lint")
    command = [program, "--format", "json", "--regions", region, "--template", *paths]
    run = subprocess.run(command, capture_output=True, text=True)
    try:
        return json.loads(run.stdout)
    except ValueError:
        raise RuntimeError(f"cfn-lint exited {run.returncode}: {(run.stderr or run.stdout).strip()[-400:]}") from None
