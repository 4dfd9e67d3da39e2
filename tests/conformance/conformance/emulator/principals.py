"""The refusal that decides about deployment order: a role or user named in a policy must exist when the policy is written."""

from collections.abc import Iterator
from typing import Any

from moto.iam.models import iam_backends

from .kind import Place, Refused


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def aws_principals(document: dict[str, Any]) -> Iterator[str]:
    for statement in as_list(document.get("Statement")):
        for element in ("Principal", "NotPrincipal"):
            principal = statement.get(element)
            if isinstance(principal, dict):
                yield from (str(one) for one in as_list(principal.get("AWS")))


def refuse_missing(place: Place, document: dict[str, Any], what: str) -> None:
    for principal in aws_principals(document):
        if not _exists(place, principal):
            raise Refused(f"{what}: invalid principal: {principal} does not exist (yet)")


def _exists(place: Place, principal: str) -> bool:
    if principal == "*" or (principal.isdigit() and len(principal) == 12):
        return True
    parts = principal.split(":", 5)
    if len(parts) != 6 or parts[:3] != ["arn", place.partition, "iam"] or parts[3] or not (parts[4].isdigit() and len(parts[4]) == 12):
        return False
    backend = iam_backends[parts[4]][place.partition]
    if parts[5] == "root":
        return True
    if parts[5].startswith("role/"):
        return any(role.arn == principal for role in backend.roles.values())
    if parts[5].startswith("user/"):
        return any(user.arn == principal for user in backend.users.values())
    return False
