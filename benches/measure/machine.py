"""What the figures were taken on."""

import os
import platform
import subprocess
from pathlib import Path

from .process import ROOT


def describe() -> None:
    model = next((line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), platform.processor())
    memory = next((int(line.split()[1]) // 1024**2 for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores ({model}), {memory} GiB, load {load:.1f} at the start; {_said('rustc', '--version')}; node {_said('node', '--version')}; commit {_said('git', 'rev-parse', '--short', 'HEAD')}.")
    print(flush=True)


def available_memory() -> int:
    """Bytes that a process can still get."""
    return next((int(line.split()[1]) * 1024 for line in _lines("/proc/meminfo") if line.startswith("MemAvailable")), 0)


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).exists() else []


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
