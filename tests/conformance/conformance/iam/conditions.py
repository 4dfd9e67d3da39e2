"""The Condition element."""

import ipaddress
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from .patterns import Context, NoValue, arn_matches, matches


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def holds(condition: dict[str, dict[str, Any]], context: Context, variables: bool) -> bool:
    """All operators and all their keys must hold. `context` has its keys in lower case."""
    return all(
        _one(operator, context.get(key.lower()), [_text(value) for value in as_list(wanted)], context if variables else None)
        for operator, keys in condition.items()
        for key, wanted in keys.items()
    )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _one(operator: str, given: str | list[str] | None, wanted: list[str], variables: Context | None) -> bool:
    quantifier, _, name = operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    values = None if given is None else as_list(given)
    if name == "Null":
        return any((values is None or values == []) == (want.lower() == "true") for want in wanted)
    negated, test = _test(name)

    def fits(value: str) -> bool:
        return negated != any(_safely(test, want, value, variables) for want in wanted)

    if quantifier == "ForAllValues":
        return not values or all(fits(value) for value in values)
    if values is None:
        return if_exists or (negated and quantifier != "ForAnyValue")
    return any(fits(value) for value in values)


def _safely(test: Callable[[str, str, Context | None], bool], want: str, value: str, variables: Context | None) -> bool:
    try:
        return test(want, value, variables)
    except NoValue:
        return False


def _test(name: str) -> tuple[bool, Callable[[str, str, Context | None], bool]]:
    simple: dict[str, Callable[[str, str, Context | None], bool]] = {
        "StringEquals": lambda want, value, variables: matches(want, value, variables, wild=False),
        "StringEqualsIgnoreCase": lambda want, value, variables: matches(want, value, variables, wild=False, ignore_case=True),
        "StringLike": matches,
        "ArnEquals": lambda want, value, variables: arn_matches(want, value, variables),
        "ArnLike": lambda want, value, variables: arn_matches(want, value, variables),
        "NumericEquals": lambda want, value, _: float(value) == float(want),
        "NumericLessThan": lambda want, value, _: float(value) < float(want),
        "NumericLessThanEquals": lambda want, value, _: float(value) <= float(want),
        "NumericGreaterThan": lambda want, value, _: float(value) > float(want),
        "NumericGreaterThanEquals": lambda want, value, _: float(value) >= float(want),
        "DateEquals": lambda want, value, _: _moment(value) == _moment(want),
        "DateLessThan": lambda want, value, _: _moment(value) < _moment(want),
        "DateLessThanEquals": lambda want, value, _: _moment(value) <= _moment(want),
        "DateGreaterThan": lambda want, value, _: _moment(value) > _moment(want),
        "DateGreaterThanEquals": lambda want, value, _: _moment(value) >= _moment(want),
        "Bool": lambda want, value, _: value.lower() == want.lower(),
        "BinaryEquals": lambda want, value, _: value == want,
        "IpAddress": lambda want, value, _: _in_network(want, value),
    }
    if name in simple:
        return False, simple[name]
    positive = {"NotIpAddress": "IpAddress"}.get(name, name.replace("Not", "", 1))
    if positive not in simple or positive == name:
        raise ValueError(f"condition operator {name} is not known")
    return True, simple[positive]


def _moment(text: str) -> datetime:
    try:
        return datetime.fromtimestamp(float(text), timezone.utc)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _in_network(network: str, address: str) -> bool:
    subnet, host = ipaddress.ip_network(network, strict=False), ipaddress.ip_address(address)
    return subnet.version == host.version and host in subnet
