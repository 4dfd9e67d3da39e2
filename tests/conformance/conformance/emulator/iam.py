"""Roles, with their inline policies, and the sizes that IAM allows."""

from typing import Any

from .kind import Kind, Made, Place, Properties, Refused, text
from .principals import refuse_missing

INLINE_CHARACTERS = 10_240
TRUST_CHARACTERS = 2_048


class Role(Kind):
    type = "AWS::IAM::Role"
    name_property = "RoleName"

    def create(self, place: Place, name: str, properties: Properties) -> Made:
        trust = _trust(place, name, properties)
        iam = place.client("iam")
        if any(role["RoleName"].lower() == name.lower() for role in iam.list_roles()["Roles"]):
            raise Refused(f"role {name} exists already in account {place.account}")
        given = {key: properties[key] for key in ("Path", "Description", "Tags", "PermissionsBoundary") if key in properties}
        if "MaxSessionDuration" in properties:
            given["MaxSessionDuration"] = int(properties["MaxSessionDuration"])
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, **given)["Role"]
        made = Made(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})
        self._policies(place, made, properties)
        return made

    def update(self, place: Place, made: Made, properties: Properties) -> Made:
        iam = place.client("iam")
        iam.update_assume_role_policy(RoleName=made.id, PolicyDocument=_trust(place, made.id, properties))
        self._strip(place, made)
        self._policies(place, made, properties)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        self._strip(place, made)
        place.client("iam").delete_role(RoleName=made.id)

    def _policies(self, place: Place, made: Made, properties: Properties) -> None:
        iam, total = place.client("iam"), 0
        for policy in properties.get("Policies", []):
            document = text(policy["PolicyDocument"])
            total += len(document)
            iam.put_role_policy(RoleName=made.id, PolicyName=policy["PolicyName"], PolicyDocument=document)
        if total > INLINE_CHARACTERS:
            raise Refused(f"role {made.id}: {total} characters of inline policy, allowed are {INLINE_CHARACTERS}")
        for arn in properties.get("ManagedPolicyArns", []):
            if ":aws:policy/" not in arn:  # AWS's own policies always exist; moto knows them only when told to load them.
                iam.attach_role_policy(RoleName=made.id, PolicyArn=arn)

    def _strip(self, place: Place, made: Made) -> None:
        iam = place.client("iam")
        for name in iam.list_role_policies(RoleName=made.id)["PolicyNames"]:
            iam.delete_role_policy(RoleName=made.id, PolicyName=name)
        for policy in iam.list_attached_role_policies(RoleName=made.id)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=made.id, PolicyArn=policy["PolicyArn"])


def _trust(place: Place, name: str, properties: Properties) -> str:
    document = properties["AssumeRolePolicyDocument"]
    refuse_missing(place, document, f"trust policy of {name}")
    if len(text(document)) > TRUST_CHARACTERS:
        raise Refused(f"trust policy of {name}: {len(text(document))} characters, allowed are {TRUST_CHARACTERS}")
    return text(document)


def kinds() -> list[Any]:
    return [Role()]
