"""Identity statements on every resource for actions that AWS could scope, and on some for actions that know none."""

from functools import lru_cache

from policy_sentry.querying.actions import get_action_data

from ..iam.conditions import as_list
from ..report import Result
from .world import World


# The list of AWS says that it knows no resources; CodePipeline's policy for stack sets names one all the same.
SCOPED_ALL_THE_SAME = {"cloudformation:CreateStackSet"}
# The list has task definitions for it, of which a file of an artifact tells the name; CodePipeline's policy says `*`.
ON_ALL_ALL_THE_SAME = {"ecs:RegisterTaskDefinition"}


def check(world: World, result: Result) -> int:
    count = 0
    for role in world.roles.values():
        for document in role.policies:
            for statement in as_list(document["Statement"]):
                count += 1
                if statement["Effect"] != "Allow":
                    continue
                who = f"{role.stack}: role {role.name}"
                if "NotAction" in statement or "NotResource" in statement:
                    result.fail(f"{who} allows by exclusion (NotAction or NotResource)")
                    continue
                on_all = any(str(one) == "*" for one in as_list(statement["Resource"]))
                for action in map(str, as_list(statement["Action"])):
                    if on_all and action not in ON_ALL_ALL_THE_SAME and scopable(action):
                        result.fail(f"{who} allows {action} on every resource")
                    if not on_all and action not in SCOPED_ALL_THE_SAME and not scopable(action):
                        result.fail(f"{who} allows {action} on some resources, and it knows none")
                for action in as_list(statement["Action"]):
                    if str(action) in ("*", "kms:*", "s3:*", "sts:*", "iam:*"):
                        result.fail(f"{who} allows {action}")
    return count


@lru_cache(maxsize=None)
def scopable(action: str) -> bool:
    """Whether AWS knows resources for an action; unknown actions and patterns count as scopable."""
    service, _, name = action.partition(":")
    if not name or "*" in name or "?" in name:
        return True
    data = get_action_data(service, name)
    entries = data.get(service, []) if data else []
    if not entries:
        return True
    return any(entry["resource_arn_format"] != "*" for entry in entries)
