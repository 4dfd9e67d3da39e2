"""CloudFormation properties as parameters of the service's own API."""

from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from .kind import Refused


def to_api(value: Any, shape: Shape, path: str = "") -> Any:
    """Renames properties to the members of a shape (they differ in capitals only) and turns text into the type the API wants."""
    if isinstance(shape, StructureShape):
        members = {name.lower(): name for name in shape.members}
        unknown = [key for key in value if key.lower() not in members]
        if unknown:
            raise Refused(f"{path or shape.name}: the service knows no {', '.join(unknown)}")
        return {members[key.lower()]: to_api(inner, shape.members[members[key.lower()]], f"{path}.{key}") for key, inner in value.items()}
    if isinstance(shape, ListShape):
        return [to_api(inner, shape.member, f"{path}[{index}]") for index, inner in enumerate(value)]
    if isinstance(shape, MapShape):
        return {key: to_api(inner, shape.value, f"{path}.{key}") for key, inner in value.items()}
    if shape.type_name == "boolean" and isinstance(value, str):
        return value.lower() == "true"
    if shape.type_name in ("integer", "long") and isinstance(value, str):
        return int(value)
    return value


def input_shape(client: Any, operation: str) -> Any:
    return client.meta.service_model.operation_model(operation).input_shape
