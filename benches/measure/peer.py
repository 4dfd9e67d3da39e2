"""aws-cdk-lib, installed as its lock file pins it, outside of the tree."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .process import ROOT

HERE = ROOT / "benches" / "peer"
PINS = ("package.json", "package-lock.json")


def cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "construct-pipeline" / "benches"


def npm_ci(folder: Path) -> None:
    folder.mkdir(parents=True)
    for pin in PINS:
        shutil.copy(HERE / pin, folder)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"], cwd=folder, check=True, stdout=sys.stderr)


def installed() -> Path:
    """The `node_modules` with the peer; made once per content of the lock file."""
    digest = hashlib.sha256(b"".join((HERE / pin).read_bytes() for pin in PINS)).hexdigest()[:12]
    folder = cache() / f"peer-{digest}"
    ready = folder / ".ready"
    if not ready.exists():
        print(f"benches: installing the peer into {folder} (once)", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        npm_ci(folder)
        ready.touch()
    return folder / "node_modules"


def version() -> str:
    import json

    return json.loads((HERE / "package.json").read_text())["dependencies"]["aws-cdk-lib"]
