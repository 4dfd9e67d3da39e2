"""Deploys the second version of an app over the first, looks at what stands, and takes everything away."""

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from ..app import App
from ..assembly import Assembly, Stack
from ..emulator.client import emulator
from ..options import Options
from ..report import Report, Result
from . import inventory, standing
from .orders import CAPABILITIES, Deployed


def check(app: App, given: Options, report: Report) -> None:
    if not app.after:
        return
    before, after = app.before, app.after
    with emulator() as emulated:
        deployed = Deployed(emulated)
        with report.check(app.name, "update: the second version over the first") as result:
            deployed.begin(given.existing)
            at_first = inventory.take(emulated, [before, after])
            if not all(deployed.create(stack, result) for stack in before.stacks):
                return
            count = _update(deployed, before, after, result)
            if not result.failures:
                looked = standing.verify(after, emulated, deployed.outputs, result)
                result.summary = f"({count}; {looked} resources stand as written)"
        if result.failures:
            return
        with report.check(app.name, "update: removal") as result:
            for stack in reversed(after.stacks):
                deployed.remove(stack, result)
            kept = inventory.retained(before, after)
            result.summary = inventory.compare(at_first, inventory.take(emulated, [before, after]), kept, result)


def _place(stack: Stack) -> tuple[str, str, str]:
    return stack.account, stack.region, stack.name


def _update(deployed: Deployed, before: Assembly, after: Assembly, result: Result) -> str:
    """What a person does: the stacks of the new version in its order, then those that are no more, the last one first."""
    there = {_place(stack) for stack in before.stacks}
    made = changed = 0
    for stack in after.stacks:
        if _place(stack) not in there:
            made += deployed.create(stack, result, after=" in the second version")
        else:
            changed += _updated(deployed, stack, result)
        if result.failures:
            return ""
    wanted = {_place(stack) for stack in after.stacks}
    gone = [stack for stack in reversed(before.stacks) if _place(stack) not in wanted]
    for stack in gone:
        deployed.remove(stack, result)
    return f"{made} stacks made, {changed} changed, {len(gone)} removed"


def _updated(deployed: Deployed, stack: Stack, result: Result) -> bool:
    client = deployed.emulator.client("cloudformation", stack.account, stack.region)
    try:
        template = stack.path.read_text()
        client.update_stack(StackName=stack.name, TemplateBody=template, Parameters=deployed.parameters(stack), Capabilities=CAPABILITIES)
    except ClientError as error:
        text = error.response["Error"]["Message"]
        if "No updates are to be performed" not in text:
            result.fail(f"{stack.id}: update: {text}")
        return False
    except ResponseParserError:
        result.fail(f"{stack.id}: update: the emulator broke: {deployed.emulator.last_words()}")
        return False
    deployed.note_outputs(stack)
    return True
