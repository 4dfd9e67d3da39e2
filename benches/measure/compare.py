"""`compare`: whole-process synthesis, ours and the peer's in turn, beside the writing of the same bytes alone."""

import tempfile
from argparse import Namespace
from collections import defaultdict
from pathlib import Path

from . import peer
from .process import Run, built, median, run, size_of
from .table import Table, megabytes, ms, seconds, times

MODES = {"ours": [], "no write": ["--no-write"], "no proof": ["--no-proof"], "neither": ["--no-write", "--no-proof"]}


def measure(given: Namespace) -> None:
    programs = built()
    modules = None if given.no_peer else peer.installed()
    ours = Table("pipelines × targets", "wall, ms", "CPU, ms", "without writing, ms", "without proof, ms", "without either, ms", "the same bytes alone, ms", "wall / that", "files", "out, MB", "peak, MB", "peak / out")
    theirs = Table("pipelines × targets", "wall, s", "CPU, s", "out, MB", "peak, MB", "wall / ours", "CPU / ours", "wall / ours without writing", "peak / ours")
    # One folder for all of it: on some file systems, making files is slow for minutes after others were removed.
    with tempfile.TemporaryDirectory() as scratch:
        for pipelines, targets in given.sizes:
            size, taken, bytes_out = f"{pipelines} × {targets}", *_taken(pipelines, targets, given, programs, modules, Path(scratch, f"{pipelines}x{targets}"))
            run_, alone = taken["ours"], (taken["alone"].figures["serialise"] + taken["alone"].figures["write"]) / 1000
            files, out = bytes_out["ours"]
            without = [ms(taken[mode].wall) for mode in MODES if mode != "ours"]
            ours.add(size, ms(run_.wall), ms(run_.cpu), *without, ms(alone), times(run_.wall / alone), str(files), megabytes(out), megabytes(run_.peak), times(run_.peak / out))
            if modules:
                it, unwritten = taken["peer"], taken["no write"]
                ratios = (it.wall / run_.wall, it.cpu / run_.cpu, it.wall / unwritten.wall, it.peak / run_.peak)
                theirs.add(size, seconds(it.wall), seconds(it.cpu), megabytes(bytes_out["peer"][1]), megabytes(it.peak), *map(times, ratios))
    print(f"### Whole processes: medians of {given.repeat} runs\n")
    ours.print()
    if modules:
        print(f"### aws-cdk-lib {peer.version()}, in turn with ours: medians of {given.repeat_peer} runs\n")
        theirs.print()


def _taken(pipelines: int, targets: int, given: Namespace, programs: Path, modules: Path | None, scratch: Path) -> tuple[dict[str, Run], dict[str, tuple[int, int]]]:
    """The median of each kind of run, and how many files and bytes came out. The kinds take turns, so that whatever else the machine does meets them all."""
    size = [str(pipelines), str(targets), *(["--one-action"] if given.one_action else [])]
    runs: dict[str, list[Run]] = defaultdict(list)
    out: dict[str, tuple[int, int]] = {}
    for n in range(max(given.repeat, given.repeat_peer if modules else 0)):
        folder = scratch / str(n)
        folder.mkdir(parents=True)
        if n < given.repeat:
            for mode, flags in MODES.items():
                runs[mode].append(run([programs / "fleet", *size, *flags], CDK_OUTDIR=str(folder / mode)))
            out["ours"] = size_of(folder / "ours")
            runs["alone"].append(run([programs / "rewrite", folder / "ours", folder / "alone"]))
        if modules and n < given.repeat_peer:
            runs["peer"].append(run(["node", peer.HERE / "fleet.js", *size], NODE_PATH=str(modules), CDK_OUTDIR=str(folder / "peer")))
            out["peer"] = size_of(folder / "peer")
    return {kind: median(taken) for kind, taken in runs.items()}, out
