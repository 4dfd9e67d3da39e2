"""The AWS CDK CLI on the assembly as it is: list, compare, deploy, deploy again, destroy, over all accounts."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ..assembly import Assembly, Stack
from ..emulator.client import Emulator, emulator
from ..emulator.keys import access_key
from ..options import Options
from ..report import Report, Result

DEPLOY = ("deploy", "--require-approval", "never", "--progress", "events")
CLI = Path(__file__).resolve().parent.parent / "cli"


def check(assembly: Assembly, given: Options, report: Report) -> None:
    with emulator() as emulated:
        for version in given.cdk_versions:
            emulated.reset()
            cli = Cli(Path(os.environ["CONFORMANCE_CDK"]) / f"aws-cdk-{version}", assembly, emulated)
            for name, step in (("ls", _list), ("diff", _diff), ("deploy", _deploy), ("deploy again", _again), ("destroy", _destroy)):
                with report.check(assembly.name, f"cdk {version} {name}") as result:
                    step(cli, assembly, emulated, result)
                if result.failures:
                    break


@dataclass
class Cli:
    folder: Path
    assembly: Assembly
    emulated: Emulator

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        home = self.folder / "home"
        home.mkdir(exist_ok=True)
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "CDK_", "NODE_"))}
        environment |= {
            "HOME": str(home),
            "AWS_ACCESS_KEY_ID": access_key(self.assembly.accounts[0]),
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.emulated.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NODE_OPTIONS": f"--require {CLI / 'redirect.cjs'} --no-deprecation",
            "CDK_DISABLE_VERSION_CHECK": "1",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CI": "true",
        }
        program = self.folder / "node_modules" / ".bin" / "cdk"
        command = [program, "--app", self.assembly.folder.resolve(), "--plugin", CLI / "accounts.cjs", "--no-color", "--no-notices", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=home, timeout=900)


def _failed(run: subprocess.CompletedProcess[str], result: Result) -> bool:
    if run.returncode == 0:
        return False
    lines = [line for line in (run.stdout + run.stderr).splitlines() if line.strip()]
    told = [line for line in lines if re.search(r"error|fail|❌|Need to|denied", line, re.IGNORECASE)] or lines[-3:]
    result.fail(f"exit code {run.returncode}: " + " | ".join(told[:4])[:700])
    return True


def _list(cli: Cli, assembly: Assembly, emulated: Emulator, result: Result) -> None:
    run = cli.run("ls")
    if _failed(run, result):
        return
    listed = [line.split(" ")[0] for line in run.stdout.split()]
    missing = [stack.display for stack in assembly.stacks if stack.display not in listed and stack.id not in listed]
    if missing:
        result.fail(f"does not list {', '.join(missing)}")


def _diff(cli: Cli, assembly: Assembly, emulated: Emulator, result: Result) -> None:
    run = cli.run("diff")
    if _failed(run, result):
        return
    shown = (run.stdout + run.stderr).count("[+]")
    total = sum(len(stack.resources) for stack in assembly.stacks)
    if shown < total:
        result.fail(f"shows {shown} of {total} new resources")


def _deploy(cli: Cli, assembly: Assembly, emulated: Emulator, result: Result) -> None:
    free = [stack for stack in assembly.stacks if not any(assembly.stack(id).handed for id in {stack.id} | assembly.ancestors(stack.id))]
    if len(free) == len(assembly.stacks):
        if _failed(cli.run(*DEPLOY, "--all"), result):
            return
    elif not _deploy_with_parameters(cli, assembly, free, emulated, result):
        return
    for stack in assembly.stacks:
        found = emulated.client("cloudformation", stack.account, stack.region).describe_stacks(StackName=stack.name)["Stacks"]
        if not found or not found[0]["StackStatus"].endswith("_COMPLETE"):
            result.fail(f"{stack.id} does not stand in {stack.account}/{stack.region}")


def _deploy_with_parameters(cli: Cli, assembly: Assembly, free: list[Stack], emulated: Emulator, result: Result) -> bool:
    """First what needs no parameter, then the rest one by one, handing over outputs as a person would."""
    if free and _failed(cli.run(*DEPLOY, "--exclusively", *(stack.display for stack in free)), result):
        return False
    outputs: dict[str, str] = {}
    for stack in assembly.stacks:
        if stack not in free:
            values = [f"--parameters={stack.name}:{name}={outputs.get(name, '')}" for name in stack.handed]
            if _failed(cli.run(*DEPLOY, "--exclusively", *values, stack.display), result):
                return False
        described = emulated.client("cloudformation", stack.account, stack.region).describe_stacks(StackName=stack.name)["Stacks"][0]
        outputs |= {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}
    return True


def _again(cli: Cli, assembly: Assembly, emulated: Emulator, result: Result) -> None:
    run = cli.run(*DEPLOY, "--all")
    if _failed(run, result):
        return
    unchanged = (run.stdout + run.stderr).count("(no changes)")
    if unchanged < len(assembly.stacks):
        result.fail(f"only {unchanged} of {len(assembly.stacks)} stacks are without changes")


def _destroy(cli: Cli, assembly: Assembly, emulated: Emulator, result: Result) -> None:
    if _failed(cli.run("destroy", "--all", "--force"), result):
        return
    for stack in assembly.stacks:
        client = emulated.client("cloudformation", stack.account, stack.region)
        standing = [one for one in client.describe_stacks()["Stacks"] if one["StackName"] == stack.name]
        if any(one["StackStatus"] != "DELETE_COMPLETE" for one in standing):
            result.fail(f"{stack.id} still stands")
