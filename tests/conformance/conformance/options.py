"""The command line. Standard library only: it is read before anything is installed."""

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

CHECKS = ("manifest", "cfn-lint", "checkov", "orders", "update", "access", "pipeline-json", "cdk")
CDK_VERSIONS = ("2.150.0", "2.1148.1", "3.0.0")

DESCRIPTION = """\
Checks cloud assemblies with tools from outside: cfn-lint, checkov, the AWS CDK CLI, deployment to an emulator in many
orders, and an access simulation that reads nothing but the templates. Prints one line per app and check.
"""


@dataclass(frozen=True)
class Options:
    assemblies: tuple[Path, ...]
    checks: tuple[str, ...]
    orders: int
    seed: int
    existing: tuple[str, ...]
    verbose: bool
    seed_faults: bool
    mutants: int
    synth: Path | None
    cdk_versions: tuple[str, ...] = CDK_VERSIONS


def _checks(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    unknown = [name for name in names if name not in CHECKS]
    if unknown or not names:
        raise argparse.ArgumentTypeError(f"unknown check {', '.join(unknown) or '(none)'}; there are {', '.join(CHECKS)}")
    return tuple(name for name in CHECKS if name in names)


def _cdk_versions(text: str) -> tuple[str, ...]:
    versions = tuple(version.strip() for version in text.split(",") if version.strip())
    if not versions or not all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions):
        raise argparse.ArgumentTypeError(f"versions such as {CDK_VERSIONS[-1]}, with commas between them, not `{text}`")
    return versions


def parse(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(prog="tests/conformance/run", description=DESCRIPTION)
    parser.add_argument("assemblies", nargs="+", type=Path, metavar="DIR", help="an assembly, or an app: a folder with two versions of one, `before` and `after`, and `app.json`")
    parser.add_argument("--only", type=_checks, default=CHECKS, metavar="CHECKS", help=f"comma list of {', '.join(CHECKS)}")
    parser.add_argument("--fast", action="store_true", help="leave out the CDK CLI")
    parser.add_argument("--cdk-versions", type=_cdk_versions, default=CDK_VERSIONS, metavar="VERSIONS", help=f"comma list of versions of the CDK CLI (default {','.join(CDK_VERSIONS)})")
    parser.add_argument("--orders", type=int, default=6, metavar="N", help="random deployment orders per app (default 6)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the random orders and of the mutants (default 1)")
    parser.add_argument("--existing", action="append", default=[], metavar="ARN", help="a role that exists before deployment; may be repeated")
    parser.add_argument("--seed-faults", action="store_true", help="check the suite itself: break copies of the assemblies, each break must be found")
    parser.add_argument("--mutants", type=int, default=0, metavar="N", help="the two judges of access on trial: change policies of each assembly N times at random; with --synth, and instead of the checks")
    parser.add_argument("--synth", type=Path, metavar="FILE", help="the `synth` command, for `--mutants` and the check `pipeline-json`, which is left out without it")
    parser.add_argument("--verbose", action="store_true", help="print every finding and every note")
    given = parser.parse_args(arguments)
    if given.mutants and given.synth is None:
        parser.error("--mutants needs --synth FILE: the command whose proof is compared")
    checks = tuple(name for name in given.only if not (given.fast and name == "cdk" or given.synth is None and name == "pipeline-json"))
    return Options(tuple(given.assemblies), checks, given.orders, given.seed, tuple(given.existing), given.verbose, given.seed_faults, given.mutants, given.synth, given.cdk_versions)
