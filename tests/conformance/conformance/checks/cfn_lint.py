"""cfn-lint on every template, with the region of its stack: no error, no warning."""

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from ..assembly import Assembly
from ..report import Result


def check(assembly: Assembly, result: Result) -> None:
    by_region: dict[str, list[str]] = defaultdict(list)
    for stack in assembly.stacks:
        by_region[stack.region].append(str(stack.path))
    for region, paths in sorted(by_region.items()):
        for match in _lint(region, paths):
            line = match["Location"]["Start"]["LineNumber"]
            where = "/".join(str(part) for part in match["Location"].get("Path") or []) or f"line {line}"
            file = match["Filename"].rsplit("/", 1)[-1]
            result.fail(f"{file} {where}: {match['Rule']['Id']} {match['Message']}")
    result.summary = f"({len(assembly.stacks)} templates)"


def _lint(region: str, paths: list[str]) -> list[dict]:
    program = Path(sys.executable).with_name("cfn-lint")
    command = [program, "--format", "json", "--regions", region, "--template", *paths]
    run = subprocess.run(command, capture_output=True, text=True)
    try:
        return json.loads(run.stdout)
    except ValueError:
        raise RuntimeError(f"cfn-lint exited {run.returncode}: {(run.stderr or run.stdout).strip()[-400:]}") from None
