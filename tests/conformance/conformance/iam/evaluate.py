"""One request against all policies that have a say in it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from .conditions import as_list, holds
from .patterns import Context, NoValue, arn_matches, expression, matches
from .principals import Caller, Named, named

Document = dict[str, Any]
Statement = dict[str, Any]

# What another account may do with a key at all, whatever the policies say.
ACROSS_ACCOUNTS = {f"kms:{name}".lower() for name in (
    "Decrypt", "DeriveSharedSecret", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext", "GenerateMac", "ReEncryptFrom", "ReEncryptTo", "Sign", "Verify", "VerifyMac",
    "CreateGrant", "DescribeKey", "GetKeyRotationStatus", "GetPublicKey", "ListGrants", "RetireGrant", "RevokeGrant",
)}


class Outcome(Enum):
    ALLOWED = "Allowed"
    IMPLICIT = "ImplicitlyDenied"
    EXPLICIT = "ExplicitlyDenied"


class Kind(Enum):
    ORDINARY = "resource"
    KEY = "key"
    TRUST = "trust"


@dataclass(frozen=True)
class Request:
    caller: Caller
    action: str
    resource: str
    owner: str
    context: dict[str, str | list[str]]
    kind: Kind = Kind.ORDINARY


@dataclass
class Policies:
    identity: list[Document] = field(default_factory=list)
    resource: Document | None = None
    boundary: list[Document] | None = None
    session: Document | None = None
    scps: list[list[Document]] = field(default_factory=list)
    rcps: list[list[Document]] = field(default_factory=list)


def evaluate(request: Request, policies: Policies) -> Outcome:
    asked = _Asked(request)
    service = request.caller.kind in ("service", "federated")
    ours = [] if service else [*policies.identity, *(policies.boundary or []), *([policies.session] if policies.session else [])]
    if not service:
        ours += [document for level in policies.scps for document in level]
    theirs = [document for level in policies.rcps for document in level]
    if any(asked.applies(statement, "Deny") for statement in _statements(ours)):
        return Outcome.EXPLICIT
    resource = _statements([policies.resource] if policies.resource else [])
    if any(asked.names(statement, "Deny", request.kind) for statement in resource):
        return Outcome.EXPLICIT
    if any(asked.names(statement, "Deny", Kind.ORDINARY) for statement in _statements(theirs)):
        return Outcome.EXPLICIT
    return Outcome.ALLOWED if _allowed(asked, policies) else Outcome.IMPLICIT


def _allowed(asked: "_Asked", policies: Policies) -> bool:
    request = asked.request
    resource = _statements([policies.resource] if policies.resource else [])
    by_resource = max((asked.names(statement, "Allow", request.kind) for statement in resource), default=Named.NOT)
    if request.caller.kind in ("service", "federated"):
        return by_resource is not Named.NOT

    def grants(documents: Iterable[Document]) -> bool:
        return any(asked.applies(statement, "Allow") for statement in _statements(documents))

    by_identity = grants(policies.identity)
    limited = (policies.boundary is None or grants(policies.boundary)) and (policies.session is None or grants([policies.session]))
    if not all(grants(level) for level in policies.scps):
        return False
    if request.caller.account != request.owner:
        if request.kind is Kind.KEY and request.action.lower() not in ACROSS_ACCOUNTS:
            return False
        return by_resource is not Named.NOT and by_identity and limited
    if by_resource is Named.SELF:
        return True
    if by_resource is Named.ROLE:
        return limited
    if request.kind is not Kind.ORDINARY and by_resource is Named.NOT:
        return False
    return by_identity and limited


def _statements(documents: Iterable[Document]) -> list[tuple[Statement, bool]]:
    """Statements, each with whether its document knows variables."""
    return [
        (statement, document.get("Version") == "2012-10-17") for document in documents for statement in as_list(document.get("Statement", []))
    ]


class _Asked:
    """A request with its context keys in lower case, ready to be held against statements."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.context: Context = {key.lower(): value for key, value in request.context.items()}

    def applies(self, entry: tuple[Statement, bool], effect: str) -> bool:
        """For policies that belong to a principal: action, resource, condition."""
        statement, variables = entry
        return statement["Effect"] == effect and self._action(statement) and self._resource(statement, variables) and self._condition(statement, variables)

    def names(self, entry: tuple[Statement, bool], effect: str, kind: Kind) -> Named:
        """For policies that belong to a resource: how closely an applying statement names the caller."""
        statement, variables = entry
        if statement["Effect"] != effect or not self._action(statement):
            return Named.NOT
        if kind is not Kind.TRUST and not self._resource(statement, variables):
            return Named.NOT
        return named(statement, self.request.caller) if self._condition(statement, variables) else Named.NOT

    def _action(self, statement: Statement) -> bool:
        def any_of(patterns: Any) -> bool:
            return any(matches(str(one), self.request.action, ignore_case=True) for one in as_list(patterns))

        return any_of(statement["Action"]) if "Action" in statement else not any_of(statement.get("NotAction", "*"))

    def _resource(self, statement: Statement, variables: bool) -> bool:
        context = self.context if variables else None
        if "Resource" in statement:
            return any(self._one_resource(str(one), context) for one in as_list(statement["Resource"]))
        if "NotResource" in statement:
            return not any(self._one_resource(str(one), context) for one in as_list(statement["NotResource"]))
        return False

    def _one_resource(self, pattern: str, context: Context | None) -> bool:
        if pattern == "*":
            return True
        try:
            expression(pattern, context, wild=True)
            return arn_matches(pattern, self.request.resource, context)
        except NoValue:
            return False

    def _condition(self, statement: Statement, variables: bool) -> bool:
        return holds(statement.get("Condition", {}), self.context, variables)
