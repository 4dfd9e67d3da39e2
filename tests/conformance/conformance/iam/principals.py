"""Who is meant by a Principal element."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from .conditions import as_list


@dataclass(frozen=True)
class Caller:
    """`kind` is role-session, user, service or federated; `role` is the role's ARN with its path."""

    kind: str
    arn: str
    account: str = ""
    role: str = ""
    bounded: bool = False


class Named(IntEnum):
    """How closely a statement names the caller; the closer, the less else is asked."""

    NOT = 0
    ACCOUNT = 1
    ROLE = 2
    SELF = 3


def named(statement: dict[str, Any], caller: Caller) -> Named:
    if "Principal" in statement:
        return _named(statement["Principal"], caller)
    if "NotPrincipal" in statement:
        return Named.NOT if _spared(statement["NotPrincipal"], caller) else Named.SELF
    return Named.NOT


def _named(principal: Any, caller: Caller) -> Named:
    if principal == "*":
        return Named.SELF
    return max((_entry(kind, str(one), caller) for kind, entries in principal.items() for one in as_list(entries)), default=Named.NOT)


def _entry(kind: str, entry: str, caller: Caller) -> Named:
    if kind == "Service":
        return Named.SELF if caller.kind == "service" and entry == caller.arn else Named.NOT
    if kind == "Federated":
        return Named.SELF if caller.kind == "federated" and entry == caller.arn else Named.NOT
    if kind != "AWS":
        return Named.NOT
    if entry == "*":
        return Named.SELF
    if caller.kind in ("service", "federated"):
        return Named.NOT
    if entry == caller.arn:
        return Named.SELF
    if caller.role and entry == caller.role:
        return Named.ROLE
    partition = caller.arn.split(":")[1]
    return Named.ACCOUNT if entry in (caller.account, f"arn:{partition}:iam::{caller.account}:root") else Named.NOT


def _spared(principal: Any, caller: Caller) -> bool:
    """NotPrincipal spares only who is named in full: the session or user, its role, and its account."""
    if principal == "*":
        return True
    if caller.kind in ("service", "federated"):
        return _named(principal, caller) is Named.SELF
    if caller.bounded:
        return False
    entries = {str(one) for one in as_list(principal.get("AWS", []))}
    if "*" in entries:
        return True
    partition = caller.arn.split(":")[1]
    account = bool(entries & {caller.account, f"arn:{partition}:iam::{caller.account}:root"})
    return account and caller.arn in entries and (not caller.role or caller.role in entries)
