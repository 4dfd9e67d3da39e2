"""The two judges of access on trial: of policies that were changed at random, the proof and the simulation must say the same."""

import json
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from .access import denials, events, needs, world
from .assembly import Assembly, load
from .mutants import change
from .options import Options
from .report import Report, Result

# What the simulation alone asks of templates: it is strict with ours, while the proof has to do with those of other tools.
ASKED_BY_ONE = re.compile(
    # A deployment role trusts CloudFormation and no other service, so it is of no use to others even if it is handed to them.
    r"another service with its deployment role"
    # Readers of the store's own account, which their own policies let write: deployments are administrators there.
    r"|a reader that writes: \S+ of \d+ (?:s3|kms):"
    # Other services: whoever hands them a role has to be allowed to.
    r"|not meant for this service"
    # What an environment of Elastic Beanstalk is made of, and so what changes it, is not known: the proof asks for what all of them take.
    r"|: ElasticBeanstalk: \S+ of \d+ (?!elasticbeanstalk:(?:C|U|DescribeEnvironments)|cloudformation:DescribeStackResources)"
    # A role that leaves it to the policies of its own account who takes it on.
    r"|another role: /Other of (?P<account>\d+) .* on arn:[\w-]+:iam::(?P=account):role/"
)

# How often the dice may fall on what cannot be changed, for each mutant that is wanted.
TRIES = 20


@dataclass(frozen=True)
class Verdict:
    """Which needs are denied, which nobody can decide, and what is let in that must stay out."""

    denied: set[str]
    undecided: set[str]
    open: set[str]

    def beyond(self, before: "Verdict") -> "Verdict":
        return replace(self, denied=self.denied - before.denied, open=self.open - before.open)


def check(assembly: Assembly, given: Options, report: Report) -> None:
    assert given.synth is not None
    synth, dice = given.synth.resolve(), Random(f"{given.seed} {assembly.name}")
    with report.check(assembly.name, "access: two judges") as result:
        proved, simulated = proof(synth, assembly.folder), simulation(assembly.folder)
        agreed: Counter[str] = Counter()
        for _ in range(TRIES * given.mutants):
            if agreed.total() == given.mutants:
                break
            with tempfile.TemporaryDirectory() as folder:
                mutant = Path(folder) / assembly.name
                shutil.copytree(assembly.folder, mutant)
                what = _change_one(mutant, dice)
                if what is not None:
                    ours, theirs = proof(synth, mutant).beyond(proved), simulation(mutant).beyond(simulated)
                    agreed[_compare(ours, theirs, what, result)] += 1
        result.summary = f"({', '.join(f'{count} {how}' for how, count in sorted(agreed.items()))})"


def _change_one(mutant: Path, dice: Random) -> str | None:
    files = sorted(mutant.glob("*.template.json"))
    if not files:
        return None
    file = dice.choice(files)
    template = json.loads(file.read_text())
    what = change(template, dice)
    file.write_text(json.dumps(template))
    return what and f"{file.name}: {what}"


def _compare(ours: Verdict, theirs: Verdict, mutant: str, result: Result) -> str:
    # What stands in no template is open to the one, and sound to the other.
    by_mistake = {denied for denied in theirs.denied if not any(undecided in denied for undecided in ours.undecided)}
    if by_mistake and not ours.denied:
        result.fail(f"proved by mistake: {min(by_mistake)} [{mutant}]")
    if ours.denied and not theirs.denied:
        result.fail(f"denied by mistake: {min(ours.denied)} [{mutant}]")
    if theirs.open and not ours.open:
        result.fail(f"let in unnoticed: {min(theirs.open)} [{mutant}]")
    return "denied" if ours.denied else "open" if ours.open else "undecided" if theirs.denied else "allowed"


def proof(synth: Path, folder: Path) -> Verdict:
    """What `synth check` says."""
    run = subprocess.run([synth, "check", folder, "--json"], capture_output=True, text=True)
    if run.returncode not in (0, 1):
        raise RuntimeError(run.stderr)
    said: dict[str, Any] = json.loads(run.stdout)
    needed = [access for access in said["accesses"] if access["expected"] == "allowed"]
    unwanted = [access for access in said["accesses"] if access["expected"] == "denied" and not access["proved"]]
    denied = [access for access in needed if access["verdict"] == "denied"]
    undecided = [access for access in needed if access["verdict"] != "denied" and not access["proved"]]
    # What is let in or is too wide is a finding of its own, too.
    found = {finding["message"] for finding in said["findings"] if finding["code"] not in ("access::denied", "access::assumed")}
    return Verdict(set(map(_words, denied)), set(map(_request, undecided)), set(map(_words, unwanted)) | found)


def _words(access: dict[str, Any]) -> str:
    return f"{access['purpose']}: {access['principal']} {access['iamAction']} on {access['resource']}"


def _request(access: dict[str, Any]) -> str:
    """As the simulation says it, up to the resource: that may have no name before it is deployed, and both make one up."""
    account, _, role = access["principal"].partition(":role")
    who = f"{role} of {account.split(':')[-1]}" if role else access["principal"]
    return f"{who} {access['iamAction']} on "


def simulation(folder: Path) -> Verdict:
    """What the simulation says: the questions of the check `access`, of each pipeline."""
    read = world.read(load(folder))
    needed, unwanted = Result(), Result()
    for pipeline in read.pipelines:
        uses, _ = needs.check(read, pipeline, needed)
        events.check(read, pipeline, needed)
        denials.check(read, pipeline, uses, unwanted)
    denied, let_in = ({failure for failure in found.failures if not ASKED_BY_ONE.search(failure)} for found in (needed, unwanted))
    return Verdict(denied, set(), let_in)
