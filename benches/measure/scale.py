"""`scale`: how time and memory grow with the output."""

import math
import tempfile
from argparse import Namespace
from pathlib import Path

from .machine import available_memory
from .process import Run, built, median, run, size_of
from .table import Table, megabytes, seconds, times

TARGETS = 10


def measure(given: Namespace) -> None:
    fleet = built() / "fleet"
    table = Table("pipelines × targets", "wall, s", "CPU, s", "out, MB", "peak, MB", "peak / out", "exponent of the wall time", "exponent of the CPU time")
    taken: list[tuple[int, Run]] = []
    skipped = ""
    for pipelines in (1, 10, 100, 1000, 10_000):
        if pipelines > given.most:
            break
        if taken and taken[-1][1].peak * 11 > available_memory():
            skipped = f"{pipelines} × {TARGETS} was left out: it would need some {taken[-1][1].peak * 10 // 10**9} GB of memory, and {available_memory() // 10**9} are free.\n"
            break
        # A long run is an average in itself.
        one, out = _taken(fleet, pipelines, given.repeat if pipelines <= 100 else 3 if pipelines == 1000 else 1)
        exponents = ["", ""]
        if taken:
            before, was = taken[-1]
            exponents = [f"{math.log(now / then) / math.log(out / before):.3f}" for now, then in ((one.wall, was.wall), (one.cpu, was.cpu))]
        table.add(f"{pipelines} × {TARGETS}", seconds(one.wall), seconds(one.cpu), megabytes(out), megabytes(one.peak), times(one.peak / out), *exponents)
        taken.append((out, one))
    print("### Growth: each exponent is the slope from the row above, of the logarithms of time and bytes written\n")
    table.print()
    if skipped:
        print(skipped)
    if len(taken) > 1:
        slopes = [_slope([(out, time(one)) for out, one in taken]) for time in (lambda one: one.wall, lambda one: one.cpu)]
        print(f"Slope of the line through all rows: {slopes[0]:.3f} for the wall time, {slopes[1]:.3f} for the CPU time.\n", flush=True)


def _taken(fleet: Path, pipelines: int, repeat: int) -> tuple[Run, int]:
    runs, out = [], 0
    with tempfile.TemporaryDirectory() as scratch:
        for n in range(repeat):
            folder = Path(scratch, str(n))
            runs.append(run([fleet, str(pipelines), str(TARGETS)], CDK_OUTDIR=str(folder)))
            out = size_of(folder)[1]
    return median(runs), out


def _slope(points: list[tuple[float, float]]) -> float:
    """Of the straight line that is nearest to the logarithms."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    middle = [sum(values) / len(values) for values in zip(*logs)]
    above = sum((x - middle[0]) * (y - middle[1]) for x, y in logs)
    return above / sum((x - middle[0]) ** 2 for x, _ in logs)
