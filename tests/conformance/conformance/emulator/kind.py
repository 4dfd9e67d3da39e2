"""What a CloudFormation resource type is to the emulator, and how moto comes to know it."""

import json
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from moto.cloudformation.exceptions import ValidationError
from moto.core.common_models import CloudFormationModel
from moto.utilities.utils import get_partition

from .keys import access_key
from .model_check import check_parameters

Properties = dict[str, Any]


class Refused(Exception):
    """AWS would not take this resource."""


@dataclass
class Made:
    """What stands: the value of `Ref`, those of `Fn::GetAtt`, and what it attached: the policies of a role, the roles of a policy."""

    id: str
    attributes: dict[str, str] = field(default_factory=dict)
    attached: list[str] = field(default_factory=list)


class Place:
    """One account and region, with clients that act there."""

    endpoint = ""
    _clients: dict[tuple[str, str, str], Any] = {}

    def __init__(self, account: str, region: str) -> None:
        self.account, self.region = account, region
        self.partition = get_partition(region)

    def arn(self, service: str, resource: str, region: str | None = None) -> str:
        return f"arn:{self.partition}:{service}:{self.region if region is None else region}:{self.account}:{resource}"

    def client(self, service: str) -> Any:
        found = self._clients.get((self.account, self.region, service))
        if found is None:
            keys = {"aws_access_key_id": access_key(self.account), "aws_secret_access_key": "secret"}
            config = Config(retries={"max_attempts": 0})
            found = boto3.client(service, self.region, endpoint_url=self.endpoint, config=config, **keys)
            found.meta.events.register("before-parameter-build", check_parameters)
            self._clients[(self.account, self.region, service)] = found
        return found


class Kind:
    """One resource type. Subclasses say how to make it, change it and take it away."""

    type = ""
    name_property = ""

    def create(self, place: Place, name: str, properties: Properties) -> Made:
        raise NotImplementedError

    def update(self, place: Place, made: Made, properties: Properties) -> Made:
        raise Refused(f"the emulator cannot update a {self.type}")

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        raise NotImplementedError


def text(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"))


def _guarded(what: str, call: Any) -> Any:
    try:
        return call()
    except (Refused, ClientError, BotoCoreError) as error:
        raise ValidationError(message=f"{what}: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:  # Properties of a shape that no service takes.
        raise ValidationError(message=f"{what}: {type(error).__name__}: {error}") from error


class _Resource:
    """The part that every generated model shares."""

    kind: Kind

    def __init__(self, made: Made, properties: Properties) -> None:
        self.made, self.properties = made, properties

    @property
    def physical_resource_id(self) -> str:
        return self.made.id

    def is_created(self) -> bool:
        return True

    def get_cfn_attribute(self, name: str) -> str:
        if name not in self.made.attributes:
            raise ValidationError(message=f"{self.kind.type} has no attribute {name}")
        return self.made.attributes[name]

    def delete(self, account_id: str, region_name: str) -> None:
        place = Place(account_id, region_name)
        _guarded(self.made.id, lambda: self.kind.delete(place, self.made, self.properties))

    @classmethod
    def cloudformation_type(cls) -> str:
        return cls.kind.type

    @classmethod
    def cloudformation_name_type(cls) -> str:
        return cls.kind.name_property

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return True

    @classmethod
    def create_from_cloudformation_json(cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **kwargs: Any) -> Any:
        properties = cloudformation_json.get("Properties", {})
        name = properties.get(cls.kind.name_property) or _short(resource_name)
        what = f"{kwargs.get('LogicalId', name)} ({cls.kind.type})"
        return cls(_guarded(what, lambda: cls.kind.create(Place(account_id, region_name), name, properties)), properties)

    @classmethod
    def update_from_cloudformation_json(cls, original_resource: Any, new_resource_name: str, cloudformation_json: Any, account_id: str, region_name: str) -> Any:
        properties, place = cloudformation_json.get("Properties", {}), Place(account_id, region_name)
        made, name = original_resource.made, cls.kind.name_property
        what = f"{made.id} ({cls.kind.type})"
        if name and properties.get(name) != original_resource.properties.get(name):
            new = _guarded(what, lambda: cls.kind.create(place, properties.get(name) or _short(new_resource_name), properties))
            _guarded(what, lambda: cls.kind.delete(place, made, original_resource.properties))
            return cls(new, properties)
        return cls(_guarded(what, lambda: cls.kind.update(place, made, properties)), properties)


def _short(generated: str) -> str:
    """CloudFormation cuts the names it makes up to what the service allows; moto does not."""
    return generated if len(generated) <= 60 else f"{generated[:47]}-{generated[-12:]}"


def teach(kind: Kind) -> type:
    """A model of this kind; moto finds it among the subclasses, and the latest of a type wins."""
    return type(type(kind).__name__, (_Resource, CloudFormationModel), {"kind": kind})
