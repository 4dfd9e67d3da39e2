"""Where moto's CloudFormation differs from AWS's in ways that matter here."""

import re
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.codebuild import responses as codebuild
from moto.codepipeline.models import CodePipelineBackend
from moto.iam import models as moto_iam
from moto.ssm.models import ssm_backends
from moto.cloudformation.models import CloudFormationBackend
from moto.cloudformation.parsing import ResourceMap

from ..intrinsics import DYNAMIC
from . import delivery, events, iam, kms, s3, sns
from .keys import account_of
from .kind import teach
from .stand_in import StandIn

OURS = [kind for module in (s3, kms, iam, events, delivery, sns) for kind in module.kinds()]


def known_types() -> set[str]:
    """Types that are really made; all others get a stand-in."""
    return set(parsing.get_model_map()) | {kind.type for kind in OURS} | set(parsing.NULL_MODELS)


def install() -> None:
    for kind in OURS:
        teach(kind)
    parsing.get_model_list.cache_clear()
    parsing.get_model_map.cache_clear()
    parsing.get_name_type_map.cache_clear()
    _stand_in_for_unknown_types()
    _stand_in_for_broken_models()
    _change_sets_follow_depends_on()
    _change_sets_know_exports()
    _updates_retain()
    _projects_of_pipelines_have_no_location()
    _keys_name_their_account()
    _events_of_no_stack()
    _trust_policies_take_any_form()
    _parameters_are_read()


def _stand_in_for_unknown_types() -> None:
    original = parsing.resource_class_from_type

    def resource_class_from_type(resource_type: str) -> Any:
        if resource_type not in parsing.get_model_map() and resource_type not in parsing.NULL_MODELS:
            teach(StandIn(resource_type))
            parsing.get_model_list.cache_clear()
            parsing.get_model_map.cache_clear()
            parsing.get_name_type_map.cache_clear()
        return original(resource_type)

    parsing.resource_class_from_type = resource_class_from_type


def _stand_in_for_broken_models() -> None:
    """Some of moto's own models fail on properties that AWS does not require, such as names."""
    original = parsing.parse_and_create_resource

    def parse_and_create_resource(logical_id: str, resource_json: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return original(logical_id, resource_json, *args, **kwargs)
        except (AttributeError, KeyError, TypeError, NotImplementedError):
            if any(kind.type == resource_json["Type"] for kind in OURS):
                raise
            made = teach(StandIn("Stand::In::Resource")).create_from_cloudformation_json(logical_id, {}, kwargs["account_id"], kwargs["region_name"])
            made.cf_resource_type, made.logical_resource_id = resource_json["Type"], logical_id
            return made

    parsing.parse_and_create_resource = parse_and_create_resource


def _change_sets_follow_depends_on() -> None:
    """moto creates what a change set adds in the order of the template."""
    original = ResourceMap.update

    def update(self: Any, template: dict[str, Any], parameters: dict[str, Any] | None = None) -> None:
        original(self, template | {"Resources": _in_order(template["Resources"])}, parameters)

    ResourceMap.update = update


def _in_order(resources: dict[str, Any]) -> dict[str, Any]:
    ordered: dict[str, Any] = {}

    def add(name: str) -> None:
        if name in ordered or name not in resources:
            return
        depends = resources[name].get("DependsOn", [])
        for dependency in [depends] if isinstance(depends, str) else depends:
            add(dependency)
        ordered[name] = resources[name]

    for name in resources:
        add(name)
    return ordered


def _change_sets_know_exports() -> None:
    """A stack that moto creates by a change set neither sees the exports of other stacks nor publishes its own."""
    create, execute = CloudFormationBackend.create_change_set, CloudFormationBackend.execute_change_set

    def create_change_set(self: Any, *args: Any, **kwargs: Any) -> Any:
        answer = create(self, *args, **kwargs)
        for stack in self.stacks.values():
            stack.cross_stack_resources = stack.resource_map.cross_stack_resources = self.exports
        return answer

    def execute_change_set(self: Any, *args: Any, **kwargs: Any) -> Any:
        answer = execute(self, *args, **kwargs)
        for stack in self.stacks.values():
            if stack.template and stack.status != "REVIEW_IN_PROGRESS":
                stack._parse_template()
                stack.output_map = stack._create_output_map()
                self.exports.update({export.name: export for export in stack.exports})
        return answer

    CloudFormationBackend.create_change_set = create_change_set
    CloudFormationBackend.execute_change_set = execute_change_set


def _updates_retain() -> None:
    """moto heeds a deletion policy when a stack is deleted, and not when an update drops the resource."""
    original = ResourceMap._delete_resource

    def _delete_resource(self: Any, parsed_resource: Any, resource_json: dict[str, Any]) -> None:
        if not resource_json.get("DeletionPolicy", "").startswith("Retain"):
            original(self, parsed_resource, resource_json)

    ResourceMap._delete_resource = _delete_resource


def _projects_of_pipelines_have_no_location() -> None:
    """moto asks every build project for locations and knows few environments; the service model is checked anyway."""
    for name in ("source", "artifacts", "environment"):
        setattr(codebuild, f"_validate_required_params_{name}", lambda _: None)


def _keys_name_their_account() -> None:
    original = moto_iam.get_account_id_from
    moto_iam.get_account_id_from = lambda key: account_of(key) or original(key)


def _events_of_no_stack() -> None:
    """The CDK CLI watches a removal until it hears these very words."""
    original = CloudFormationBackend.describe_stack_events

    def describe_stack_events(self: Any, stack_name: str) -> Any:
        try:
            return original(self, stack_name)
        except ValidationError:
            raise ValidationError(message=f"Stack [{stack_name}] does not exist") from None

    CloudFormationBackend.describe_stack_events = describe_stack_events


def _trust_policies_take_any_form() -> None:
    """moto reads the trust of a pipeline's role itself, and only in its shortest form; `delivery` has looked at it before."""

    class Trusted:
        assume_role_policy_document = '{"Statement":[{"Principal":{"Service":"codepipeline.amazonaws.com"}}]}'

        def get_role_by_arn(self, arn: str) -> "Trusted":
            return self

    CodePipelineBackend.iam_backend = property(lambda self: Trusted())


def _parameters_are_read() -> None:
    """moto leaves dynamic references in the properties."""
    original = parsing.clean_json

    def clean_json(value: Any, resources_map: Any) -> Any:
        if isinstance(value, str) and DYNAMIC.search(value):
            stored = ssm_backends[resources_map._account_id][resources_map._region_name]

            def read(found: re.Match[str]) -> str:
                parameter = stored.get_parameter(found[1])
                if parameter is None:
                    raise ValidationError(message=f"Parameters: [ssm:{found[1]}] cannot be found")
                return str(parameter.value)

            return DYNAMIC.sub(read, value)
        return original(value, resources_map)

    parsing.clean_json = clean_json
