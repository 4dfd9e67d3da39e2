"""Roles with their inline policies, managed policies, and the sizes that IAM allows."""

from typing import Any

from .kind import Kind, Made, Place, Properties, Refused, text
from .principals import refuse_missing

INLINE_CHARACTERS = 10_240
TRUST_CHARACTERS = 2_048
MANAGED_CHARACTERS = 6_144
MANAGED_POLICIES = 10


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
                _attach(iam, made.id, arn)
                made.attached.append(arn)

    def _strip(self, place: Place, made: Made) -> None:
        iam = place.client("iam")
        for name in iam.list_role_policies(RoleName=made.id)["PolicyNames"]:
            iam.delete_role_policy(RoleName=made.id, PolicyName=name)
        while made.attached:
            iam.detach_role_policy(RoleName=made.id, PolicyArn=made.attached.pop())


class ManagedPolicy(Kind):
    """moto can neither change one nor take it away with its stack."""

    type = "AWS::IAM::ManagedPolicy"
    name_property = "ManagedPolicyName"

    def create(self, place: Place, name: str, properties: Properties) -> Made:
        given = {key: properties[key] for key in ("Path", "Description") if key in properties}
        policy = place.client("iam").create_policy(PolicyName=name, PolicyDocument=_document(name, properties), **given)["Policy"]
        made = Made(policy["Arn"])
        self._roles(place, made, properties)
        return made

    def update(self, place: Place, made: Made, properties: Properties) -> Made:
        iam = place.client("iam")
        before = iam.get_policy(PolicyArn=made.id)["Policy"]["DefaultVersionId"]
        iam.create_policy_version(PolicyArn=made.id, PolicyDocument=_document(made.id, properties), SetAsDefault=True)
        iam.delete_policy_version(PolicyArn=made.id, VersionId=before)
        self._detach(place, made)
        self._roles(place, made, properties)
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        self._detach(place, made)
        place.client("iam").delete_policy(PolicyArn=made.id)

    def _roles(self, place: Place, made: Made, properties: Properties) -> None:
        for role in properties.get("Roles", []):
            _attach(place.client("iam"), role, made.id)
            made.attached.append(role)

    def _detach(self, place: Place, made: Made) -> None:
        while made.attached:
            place.client("iam").detach_role_policy(RoleName=made.attached.pop(), PolicyArn=made.id)


def _attach(iam: Any, role: str, policy: str) -> None:
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    if len(attached) > MANAGED_POLICIES:
        raise Refused(f"role {role}: {len(attached)} managed policies, allowed are {MANAGED_POLICIES}")


def _document(name: str, properties: Properties) -> str:
    document = text(properties["PolicyDocument"])
    if len(document) > MANAGED_CHARACTERS:
        raise Refused(f"policy {name}: {len(document)} characters, allowed are {MANAGED_CHARACTERS}")
    return document


def _trust(place: Place, name: str, properties: Properties) -> str:
    document = properties["AssumeRolePolicyDocument"]
    refuse_missing(place, document, f"trust policy of {name}")
    if len(text(document)) > TRUST_CHARACTERS:
        raise Refused(f"trust policy of {name}: {len(text(document))} characters, allowed are {TRUST_CHARACTERS}")
    return text(document)


def kinds() -> list[Any]:
    return [Role(), ManagedPolicy()]
