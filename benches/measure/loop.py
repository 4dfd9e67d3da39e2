"""`loop`: what a user waits for. A line of the main example is changed and the app run; and a fresh start."""

import shutil
import subprocess
import tempfile
import time
from argparse import Namespace
from pathlib import Path

from . import peer
from .process import ROOT, Run, median, run
from .table import Table, ms, seconds, times

MANIFEST = """\
[package]
name = "delivery"
version = "0.1.0"
edition = "2024"

[dependencies]
construct-pipeline = {{ path = "{path}" }}

[profile.dev]
debug = "line-tables-only"
"""
BRANCH = '"main"'


def measure(given: Namespace) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        ours = _Project(Path(scratch, "ours"), ROOT / "examples" / "cross_account.rs", "src/main.rs")
        Path(ours.folder, "Cargo.toml").write_text(MANIFEST.format(path=ROOT / "construct-pipeline"))
        shutil.copy(ROOT / "Cargo.lock", ours.folder)
        cargo = ["cargo", "run", "--offline"]
        environment = {"CARGO_TARGET_DIR": str(ours.folder / "target")}
        crates, fresh = _built_afresh(ours.folder, environment)
        runs: dict[str, list[Run]] = {"cargo": [], "again": [], "node": [], "cdk": []}
        theirs = install = first = None
        if not given.no_peer:
            theirs = _Project(Path(scratch, "peer"), peer.HERE / "cross_account.js", "cross_account.js")
            shutil.copy(peer.HERE / "context.json", theirs.folder)
            started = time.perf_counter()
            peer.npm_ci(theirs.folder / "modules")
            install = time.perf_counter() - started
            first = theirs.run(_cdk(theirs), NODE_PATH=_modules(theirs)).wall
        for n in range(given.repeat):
            ours.edit(n)
            runs["cargo"].append(ours.run(cargo, **environment))
            runs["again"].append(ours.run(cargo, **environment))
            if theirs and n < given.repeat_peer:
                theirs.edit(n)
                runs["node"].append(theirs.run(["node", "cross_account.js"], NODE_PATH=_modules(theirs)))
                runs["cdk"].append(theirs.run(_cdk(theirs), NODE_PATH=_modules(theirs)))
        _print(given, {kind: median(taken) for kind, taken in runs.items() if taken}, crates, fresh, install, first)


def _print(given: Namespace, taken: dict[str, Run], crates: int, fresh: float, install: float | None, first: float | None) -> None:
    print(f"### The user's loop: `examples/cross_account.rs` and `peer/cross_account.js`, the branch changed, medians of {given.repeat} and {given.repeat_peer} runs\n")
    table = Table("from the edit to the assembly", "wall, ms", "CPU, ms", "/ `cargo run`")
    names = {"cargo": "`cargo run`, debug build", "again": "`cargo run`, nothing changed", "node": "`node cross_account.js`", "cdk": "`cdk synth`"}
    for kind, one in taken.items():
        table.add(names[kind], ms(one.wall), ms(one.cpu), times(one.wall / taken["cargo"].wall))
    table.print()
    print("### A fresh start, packages already downloaded\n")
    table = Table("what", "wall, s", "/ ours")
    table.add(f"`cargo run` with nothing built: {crates} crates", seconds(fresh), "")
    if install is not None and first is not None:
        table.add("`npm ci`", seconds(install), times(install / fresh))
        table.add("`npm ci` and the first `cdk synth`", seconds(install + first), times((install + first) / fresh))
    table.print()


def _built_afresh(folder: Path, environment: dict[str, str]) -> tuple[int, float]:
    """How many crates `cargo run` compiles for a program, and how long the first run takes."""
    import os

    # What the lock file of the workspace has and this crate does not need is dropped, before the clock runs.
    subprocess.run(["cargo", "fetch", "--quiet"], cwd=folder, check=True)
    started = time.perf_counter()
    done = subprocess.run(["cargo", "run", "--offline"], cwd=folder, check=True, capture_output=True, text=True, env={**os.environ, **environment})
    taken = time.perf_counter() - started
    return sum(line.strip().startswith("Compiling ") for line in done.stderr.splitlines()), taken


def _modules(project: "_Project") -> str:
    return str(project.folder / "modules" / "node_modules")


def _cdk(project: "_Project") -> list[str]:
    """As a user's `cdk.json` has it; notices would ask a server."""
    cli = Path(_modules(project), "aws-cdk", "bin", "cdk")
    return ["node", str(cli), "synth", "--quiet", "--no-notices", "--app", "node cross_account.js", "--output", "cdk.out"]


class _Project:
    """A folder of a user's, with a program whose branch is edited."""

    def __init__(self, folder: Path, source: Path, file: str) -> None:
        self.folder, self._file, self._text = folder, folder / file, source.read_text()
        if self._text.count(BRANCH) != 1:
            raise ValueError(f"{source} should name the branch {BRANCH} once")
        self._file.parent.mkdir(parents=True)
        self._file.write_text(self._text)

    def edit(self, n: int) -> None:
        self._file.write_text(self._text.replace(BRANCH, f'"release-{n}"'))

    def run(self, command: list[str], **environment: str) -> Run:
        done = run(command, self.folder, CDK_OUTDIR="cdk.out", **environment)
        assert (self.folder / "cdk.out" / "manifest.json").is_file()
        return done
