"""Identity statements on every resource, for actions that AWS could scope."""

from functools import lru_cache

from policy_sentry.querying.actions import get_action_data

from ..iam.conditions import as_list
from ..report import Result
from .world import World


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
                if any(str(one) == "*" for one in as_list(statement["Resource"])):
                    for action in as_list(statement["Action"]):
                        if scopable(str(action)):
                            result.fail(f"{who} allows {action} on every resource")
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
