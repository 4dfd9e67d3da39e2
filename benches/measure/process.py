"""Whole processes: how long, how much CPU, how much memory."""

import json
import os
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class Failed(Exception):
    """A measured process did not do its work."""


@dataclass(frozen=True)
class Run:
    wall: float
    """Seconds from start to exit."""
    cpu: float
    """Seconds of all its threads and children, in user and system mode."""
    peak: int
    """The most bytes it held: its own word where it gives one, else the system's."""
    figures: dict[str, Any] = field(default_factory=dict)


def run(command: list[str | Path], folder: Path | None = None, **environment: str) -> Run:
    """Runs a command to its end. What it prints last, if that is a JSON object, are its figures."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=err, env={**os.environ, **environment})
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode != 0:
            raise Failed(f"{' '.join(map(str, command))} ended with {process.returncode}: {err.read()[-2000:]}")
        last = (out.read().strip().splitlines() or [""])[-1]
    figures = json.loads(last) if last.startswith("{") else {}
    # A child begins with the memory of the Python that started it, so the system's figure is too much for a small process.
    return Run(wall, usage.ru_utime + usage.ru_stime, figures.get("peak_memory") or usage.ru_maxrss * 1024, figures)


def median(runs: list[Run]) -> Run:
    """The middle of each figure."""

    def middle(values: list[float]) -> float:
        return statistics.median(values)

    figures = {key: middle([run.figures[key] for run in runs]) for key in runs[0].figures if isinstance(runs[0].figures[key], (int, float))}
    return Run(middle([run.wall for run in runs]), middle([run.cpu for run in runs]), int(middle([run.peak for run in runs])), figures)


def size_of(folder: Path) -> tuple[int, int]:
    """Files and bytes in a folder."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return len(files), sum(path.stat().st_size for path in files)


def built() -> Path:
    """The folder of the release build of our programs."""
    subprocess.run(["cargo", "build", "--release", "--quiet", "--package", "construct-benches"], cwd=ROOT, check=True)
    return target() / "release"


def target() -> Path:
    return Path(os.environ.get("CARGO_TARGET_DIR") or ROOT / "target")
