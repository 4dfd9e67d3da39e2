"""Rules, and who may put events on a bus."""

import json
from typing import Any

from .kind import Kind, Made, Place, Properties, text
from .principals import refuse_missing


class Rule(Kind):
    type = "AWS::Events::Rule"
    name_property = "Name"

    def create(self, place: Place, name: str, properties: Properties) -> Made:
        given = {key: properties[key] for key in ("Description", "EventBusName", "RoleArn", "ScheduleExpression", "State") if key in properties}
        if "EventPattern" in properties:
            given["EventPattern"] = text(properties["EventPattern"])
        events = place.client("events")
        arn = events.put_rule(Name=name, **given)["RuleArn"]
        bus = {"EventBusName": given["EventBusName"]} if "EventBusName" in given else {}
        if properties.get("Targets"):
            events.put_targets(Rule=name, Targets=properties["Targets"], **bus)
        return Made(name, {"Arn": arn})

    def update(self, place: Place, made: Made, properties: Properties) -> Made:
        self._strip(place, made)
        return self.create(place, made.id, properties)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        self._strip(place, made)
        place.client("events").delete_rule(Name=made.id)

    def _strip(self, place: Place, made: Made) -> None:
        events = place.client("events")
        ids = [target["Id"] for target in events.list_targets_by_rule(Rule=made.id)["Targets"]]
        if ids:
            events.remove_targets(Rule=made.id, Ids=ids)


class EventBusPolicy(Kind):
    """One statement of a bus's policy, by its id: several stacks may own statements of one bus."""

    type = "AWS::Events::EventBusPolicy"
    name_property = "StatementId"

    def create(self, place: Place, name: str, properties: Properties) -> Made:
        events, bus = place.client("events"), properties.get("EventBusName", "default")
        if "Statement" not in properties:
            condition = {"Condition": properties["Condition"]} if "Condition" in properties else {}
            events.put_permission(EventBusName=bus, StatementId=name, Action=properties["Action"], Principal=properties["Principal"], **condition)
            return Made(name)
        statement = {"Sid": name, **properties["Statement"]}
        refuse_missing(place, {"Statement": [statement]}, f"policy of event bus {bus}")
        policy = json.loads(events.describe_event_bus(Name=bus).get("Policy") or '{"Version":"2012-10-17","Statement":[]}')
        policy["Statement"] = [one for one in policy["Statement"] if one.get("Sid") != name] + [statement]
        events.put_permission(EventBusName=bus, Policy=text(policy))
        return Made(name)

    def update(self, place: Place, made: Made, properties: Properties) -> Made:
        return self.create(place, made.id, properties)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.client("events").remove_permission(StatementId=made.id, EventBusName=properties.get("EventBusName", "default"))


def kinds() -> list[Any]:
    return [Rule(), EventBusPolicy()]
