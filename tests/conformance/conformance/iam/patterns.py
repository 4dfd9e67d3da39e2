"""Wildcards and policy variables."""

import re
from collections.abc import Mapping
from functools import lru_cache

VARIABLE = re.compile(r"\$\{([^}]*)\}")
COLON = re.compile(r":(?![^{]*\})")  # Those of variables separate nothing.
Context = Mapping[str, str | list[str]]


class NoValue(Exception):
    """A policy variable stands for nothing in this request."""


def expression(pattern: str, context: Context | None, wild: bool) -> str:
    """A pattern as a regular expression. Without a context, `${…}` is plain text; without `wild`, so are `*` and `?`."""
    parts, position = [], 0
    for match in VARIABLE.finditer(pattern) if context is not None else ():
        parts.append(_plain(pattern[position : match.start()], wild))
        parts.append(re.escape(_value(match[1], context)))
        position = match.end()
    parts.append(_plain(pattern[position:], wild))
    return "".join(parts)


def matches(pattern: str, text: str, context: Context | None = None, wild: bool = True, ignore_case: bool = False) -> bool:
    return _compiled(expression(pattern, context, wild), ignore_case).fullmatch(text) is not None


def arn_matches(pattern: str, arn: str, context: Context | None = None) -> bool:
    """Part by part: a wildcard never reaches over one of the first five colons."""
    wanted, given = COLON.split(pattern, maxsplit=5), arn.split(":", 5)
    if len(wanted) != 6 or len(given) != 6:
        return False
    return all(matches(one, other, context) for one, other in zip(wanted, given))


def _plain(text: str, wild: bool) -> str:
    escaped = re.escape(text)
    return escaped.replace(r"\*", ".*").replace(r"\?", ".") if wild else escaped


def _value(variable: str, context: Context) -> str:
    if variable in ("*", "?", "$"):
        return variable
    name, comma, default = variable.partition(",")
    value = context.get(name.strip().lower())
    if isinstance(value, list):
        value = value[0] if len(value) == 1 else None
    if value is None and comma:
        return default.strip().strip("'")
    if value is None:
        raise NoValue(name)
    return value


@lru_cache(maxsize=None)
def _compiled(source: str, ignore_case: bool) -> re.Pattern[str]:
    return re.compile(source, re.DOTALL | (re.IGNORECASE if ignore_case else 0))
