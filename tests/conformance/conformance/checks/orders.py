"""Deploys in many orders to an emulator that refuses what does not exist yet, and looks at what stands afterwards.

That *every* allowed order works is shown by deploying each stack with nothing but the stacks it depends on: whatever
else stands earlier in some other order can only add principals, never take one away.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from ..assembly import Assembly, Stack
from ..emulator.client import Emulator, emulator
from ..emulator.moto_cloudformation import known_types
from ..options import Options
from ..report import Report, Result
from . import inventory, standing


def check(assembly: Assembly, given: Options, report: Report) -> None:
    if any(stack.id in assembly.ancestors(stack.id) for stack in assembly.stacks):
        with report.check(assembly.name, "orders") as result:
            result.fail("the stacks depend on each other in a cycle: there is no order to deploy them in")
        return
    with emulator() as emulated:
        with report.check(assembly.name, "orders: each stack after nothing but its dependencies") as result:
            _alone(assembly, emulated, given, result)
        for name, order in _orders(assembly, given):
            with report.check(assembly.name, f"orders: {name}") as result:
                deployed = Deployed(emulated)
                deployed.begin(given.existing)
                if all(deployed.create(stack, result) for stack in order):
                    result.summary = f"({standing.verify(assembly, deployed.emulator, deployed.outputs, result)} resources stand as written)"
                if name == "manifest" and not result.failures:
                    unmade = sorted({body["Type"] for stack in assembly.stacks for body in stack.resources.values()} - known_types())
                    if unmade:
                        result.note(f"only stand-ins for {', '.join(unmade)}")
        with report.check(assembly.name, "orders: again without changes, then removal") as result:
            _again_and_removal(assembly, Deployed(emulated), given, result)


CAPABILITIES = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


@dataclass
class Deployed:
    """Stacks made so far, with their outputs."""

    emulator: Emulator
    outputs: dict[str, str] = field(default_factory=dict)

    def begin(self, existing: Iterable[str]) -> None:
        self.emulator.reset()
        self.outputs.clear()
        for arn in existing:
            account, name = arn.split(":")[4], arn.rsplit("/", 1)[-1]
            path = "/" + arn.split(":role/", 1)[-1].removesuffix(name)
            iam = self.emulator.client("iam", account, "us-east-1")
            iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[]}')

    def create(self, stack: Stack, result: Result, after: str = "") -> bool:
        cloudformation = self.emulator.client("cloudformation", stack.account, stack.region)
        try:
            cloudformation.create_stack(
                StackName=stack.name,
                TemplateBody=stack.path.read_text(),
                Capabilities=CAPABILITIES,
                Parameters=self.parameters(stack),
            )
        except (ClientError, KeyError) as error:
            text = error.response["Error"]["Message"] if isinstance(error, ClientError) else f"no stack outputs the parameter {error}"
            result.fail(f"{stack.id}{after}: {text}")
            return False
        except ResponseParserError:
            result.fail(f"{stack.id}{after}: the emulator broke: {self.emulator.last_words()}")
            return False
        self.note_outputs(stack)
        return True

    def note_outputs(self, stack: Stack) -> None:
        cloudformation = self.emulator.client("cloudformation", stack.account, stack.region)
        for output in cloudformation.describe_stacks(StackName=stack.name)["Stacks"][0].get("Outputs", []):
            self.outputs[output["OutputKey"]] = output["OutputValue"]

    def remove(self, stack: Stack, result: Result) -> None:
        try:
            self.emulator.client("cloudformation", stack.account, stack.region).delete_stack(StackName=stack.name)
        except ClientError as error:
            result.fail(f"{stack.id}: removal: {error.response['Error']['Message']}")

    def parameters(self, stack: Stack) -> list[dict[str, str]]:
        """A parameter without default takes the output of the same name, as a deployment by hand would hand it over."""
        return [{"ParameterKey": name, "ParameterValue": self.outputs[name]} for name in stack.handed]


def _alone(assembly: Assembly, emulated: Emulator, given: Options, result: Result) -> None:
    deployed, count = Deployed(emulated), 0
    for stack in assembly.stacks:
        deployed.begin(given.existing)
        before = assembly.ancestors(stack.id)
        if all(deployed.create(one, result) for one in assembly.stacks if one.id in before):
            deployed.create(stack, result, after=" after nothing but its dependencies")
            count += 1
    result.summary = f"({count} stacks: every order that the manifest allows works)"


def _orders(assembly: Assembly, given: Options) -> list[tuple[str, list[Stack]]]:
    listed = list(assembly.stacks)
    chance = random.Random(given.seed)
    wanted = [("manifest", listed), ("reverse ties", _topological(assembly, lambda ready: ready[-1]))]
    wanted += [(f"random {number}", _topological(assembly, chance.choice)) for number in range(1, given.orders + 1)]
    different: dict[tuple[str, ...], tuple[str, list[Stack]]] = {}
    for name, order in wanted:
        different.setdefault(tuple(stack.id for stack in order), (name, order))
    return list(different.values())


def _topological(assembly: Assembly, choose) -> list[Stack]:
    waiting, order, done = list(assembly.stacks), [], set()
    while waiting:
        ready = [stack for stack in waiting if done.issuperset(stack.dependencies)]
        stack = choose(ready)
        waiting.remove(stack)
        order.append(stack)
        done.add(stack.id)
    return order


def _again_and_removal(assembly: Assembly, deployed: Deployed, given: Options, result: Result) -> None:
    deployed.begin(given.existing)
    at_first = inventory.take(deployed.emulator, [assembly])
    if not all(deployed.create(stack, result) for stack in assembly.stacks):
        return
    for stack in assembly.stacks:
        cloudformation = deployed.emulator.client("cloudformation", stack.account, stack.region)
        changed = _changes(cloudformation, stack, deployed.parameters(stack))
        if changed:
            result.fail(f"{stack.id}: deploying the same template again changes {changed} resources")
    for stack in reversed(assembly.stacks):
        deployed.remove(stack, result)
    left = inventory.take(deployed.emulator, [assembly])
    result.summary = inventory.compare(at_first, left, inventory.retained(assembly), result)


def _changes(cloudformation: Any, stack: Stack, parameters: list[dict[str, str]]) -> int:
    again = {"StackName": stack.name, "ChangeSetName": "again"}
    try:
        cloudformation.create_change_set(**again, ChangeSetType="UPDATE", TemplateBody=stack.path.read_text(), Parameters=parameters)
    except ClientError as error:
        if "No updates are to be performed" in str(error):
            return 0
        raise
    changes = cloudformation.describe_change_set(**again)["Changes"]
    cloudformation.delete_change_set(**again)
    return len(changes)
