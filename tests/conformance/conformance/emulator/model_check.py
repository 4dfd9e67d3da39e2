"""Parameters against the service model, as strictly as the service itself: lengths, patterns, enumerations.

botocore looks at names, types and minimums only.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from botocore.exceptions import ParamValidationError
from botocore.model import ListShape, MapShape, Shape, StructureShape


def check_parameters(params: dict[str, Any], model: Any, **_: Any) -> None:
    problems = list(violations(params, model.input_shape, model.name)) if model.input_shape else []
    if problems:
        raise ParamValidationError(report="; ".join(problems))


def violations(value: Any, shape: Shape, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        for key, member in value.items():
            if key in shape.members:
                yield from violations(member, shape.members[key], f"{path}.{key}")
    elif isinstance(shape, ListShape) and isinstance(value, (list, tuple)):
        yield from _size(len(value), shape, path, "entries")
        for index, member in enumerate(value):
            yield from violations(member, shape.member, f"{path}[{index}]")
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        yield from _size(len(value), shape, path, "entries")
        for key, member in value.items():
            yield from violations(key, shape.key, f"{path} key {key}")
            yield from violations(member, shape.value, f"{path}.{key}")
    elif isinstance(value, str):
        yield from _size(len(value), shape, path, "characters")
        if shape.metadata.get("enum") and value not in shape.metadata["enum"]:
            yield f"{path} = {value!r}: not one of {', '.join(shape.metadata['enum'])}"
        pattern = _compiled(shape.metadata.get("pattern", ""))
        if pattern and not pattern.fullmatch(value):
            yield f"{path} = {value!r}: does not match {pattern.pattern}"
    elif isinstance(value, int) and not isinstance(value, bool):
        if value < shape.metadata.get("min", value) or value > shape.metadata.get("max", value):
            yield f"{path} = {value}: out of range"


def _size(size: int, shape: Shape, path: str, unit: str) -> Iterator[str]:
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", size)
    if not least <= size <= most:
        yield f"{path}: {size} {unit}, allowed are {least} to {most}"


@lru_cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern) if pattern else None
    except re.error:  # A few patterns use syntax of another language.
        return None
