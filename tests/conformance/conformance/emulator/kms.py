"""Keys and aliases."""

from typing import Any

from .kind import Kind, Made, Place, Properties, Refused, text
from .principals import as_list, refuse_missing

POLICY_BYTES = 32_768


class Key(Kind):
    type = "AWS::KMS::Key"

    def create(self, place: Place, name: str, properties: Properties) -> Made:
        document = properties["KeyPolicy"]
        _refuse(place, document)
        given = {key: properties[key] for key in ("Description", "KeySpec", "KeyUsage", "MultiRegion") if key in properties}
        if "Tags" in properties:
            given["Tags"] = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in properties["Tags"]]
        key = place.client("kms").create_key(Policy=text(document), **given)["KeyMetadata"]
        made = Made(key["KeyId"], {"Arn": key["Arn"], "KeyId": key["KeyId"]})
        return self._rotate(place, made, properties)

    def update(self, place: Place, made: Made, properties: Properties) -> Made:
        document = properties["KeyPolicy"]
        _refuse(place, document)
        place.client("kms").put_key_policy(KeyId=made.id, PolicyName="default", Policy=text(document))
        return self._rotate(place, made, properties)

    def _rotate(self, place: Place, made: Made, properties: Properties) -> Made:
        if str(properties.get("EnableKeyRotation", False)).lower() == "true":
            days = properties.get("RotationPeriodInDays")
            place.client("kms").enable_key_rotation(KeyId=made.id, **({"RotationPeriodInDays": int(days)} if days else {}))
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.client("kms").schedule_key_deletion(KeyId=made.id, PendingWindowInDays=int(properties.get("PendingWindowInDays", 30)))


class Alias(Kind):
    type = "AWS::KMS::Alias"
    name_property = "AliasName"

    def create(self, place: Place, name: str, properties: Properties) -> Made:
        place.client("kms").create_alias(AliasName=name, TargetKeyId=properties["TargetKeyId"])
        return Made(name)

    def update(self, place: Place, made: Made, properties: Properties) -> Made:
        place.client("kms").update_alias(AliasName=made.id, TargetKeyId=properties["TargetKeyId"])
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.client("kms").delete_alias(AliasName=made.id)


def _refuse(place: Place, document: Properties) -> None:
    refuse_missing(place, document, "key policy")
    if len(text(document).encode()) > POLICY_BYTES:
        raise Refused(f"key policy: {len(text(document).encode())} bytes, allowed are {POLICY_BYTES}")
    if not any(_keeps_control(place, statement) for statement in as_list(document["Statement"])):
        raise Refused("key policy: it would not allow anybody of this account to change it (kms:PutKeyPolicy)")
    for statement in as_list(document["Statement"]):
        if "Resource" not in statement and "NotResource" not in statement:
            raise Refused("key policy: a statement without Resource has no effect")


def _keeps_control(place: Place, statement: Properties) -> bool:
    principal = statement.get("Principal", {})
    accounts = as_list(principal.get("AWS")) if isinstance(principal, dict) else [principal]
    ours = any(str(one) in ("*", place.account) or str(one).split(":")[4:5] == [place.account] for one in accounts)
    actions = [str(one).lower() for one in as_list(statement.get("Action"))]
    return statement.get("Effect") == "Allow" and ours and any(one in ("*", "kms:*", "kms:put*", "kms:putkeypolicy") for one in actions)


def kinds() -> list[Any]:
    return [Key(), Alias()]
