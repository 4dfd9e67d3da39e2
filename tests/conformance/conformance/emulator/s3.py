"""Buckets and bucket policies."""

from contextlib import suppress
from typing import Any

from .kind import Kind, Made, Place, Properties, Refused, text
from .principals import as_list, refuse_missing

POLICY_BYTES = 20_480
UNDONE = {"ReplicationConfiguration", "CorsConfiguration", "WebsiteConfiguration", "ObjectLockEnabled", "AccessControl", "MetricsConfigurations"}


class Bucket(Kind):
    type = "AWS::S3::Bucket"
    name_property = "BucketName"

    def create(self, place: Place, name: str, properties: Properties) -> Made:
        where = {} if place.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": place.region}}
        place.client("s3").create_bucket(Bucket=name, **where)
        made = Made(name, {
            "Arn": f"arn:{place.partition}:s3:::{name}",
            "DomainName": f"{name}.s3.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.{place.region}.amazonaws.com",
        })
        return self.update(place, made, properties)

    def update(self, place: Place, made: Made, properties: Properties) -> Made:
        s3, bucket = place.client("s3"), made.id
        for name, value in properties.items():
            if name == "PublicAccessBlockConfiguration":
                s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=value)
            elif name == "OwnershipControls":
                s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=value)
            elif name == "BucketEncryption":
                s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=_encryption(value))
            elif name == "VersioningConfiguration":
                s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=value)
            elif name == "LifecycleConfiguration":
                rules = [_lifecycle_rule(rule) for rule in value["Rules"]]
                s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
            elif name == "LoggingConfiguration":
                target = value.get("DestinationBucketName", bucket)
                if not any(one["Name"] == target for one in s3.list_buckets()["Buckets"]):
                    raise Refused(f"the log bucket {target} does not exist (yet) in account {place.account}")
            elif name == "NotificationConfiguration":
                bridge = value.get("EventBridgeConfiguration")
                if bridge is not None:
                    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
            elif name == "Tags":
                s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": value})
            elif name != "BucketName" and name not in UNDONE:
                raise Refused(f"the emulator does not know the bucket property {name}")
        return made

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        place.client("s3").delete_bucket(Bucket=made.id)


class BucketPolicy(Kind):
    type = "AWS::S3::BucketPolicy"

    def create(self, place: Place, name: str, properties: Properties) -> Made:
        bucket, document = properties["Bucket"], properties["PolicyDocument"]
        refuse_missing(place, document, f"bucket policy of {bucket}")
        for statement in as_list(document["Statement"]):
            _refuse_foreign_resources(bucket, statement)
        if len(text(document).encode()) > POLICY_BYTES:
            raise Refused(f"bucket policy of {bucket}: {len(text(document).encode())} bytes, allowed are {POLICY_BYTES}")
        place.client("s3").put_bucket_policy(Bucket=bucket, Policy=text(document))
        return Made(bucket)

    def update(self, place: Place, made: Made, properties: Properties) -> Made:
        return self.create(place, made.id, properties)

    def delete(self, place: Place, made: Made, properties: Properties) -> None:
        s3 = place.client("s3")
        # moto removes in no order; the policy went with its bucket.
        with suppress(s3.exceptions.NoSuchBucket):
            s3.delete_bucket_policy(Bucket=made.id)


def _encryption(value: Properties) -> Properties:
    rules = []
    for rule in value["ServerSideEncryptionConfiguration"]:
        rules.append({"ApplyServerSideEncryptionByDefault" if key == "ServerSideEncryptionByDefault" else key: inner for key, inner in rule.items()})
    return {"Rules": rules}


def _lifecycle_rule(rule: Properties) -> Properties:
    made: Properties = {"Filter": {"Prefix": rule.get("Prefix", "")}}
    for key, value in rule.items():
        if key == "Id":
            made["ID"] = value
        elif key == "ExpirationInDays":
            made["Expiration"] = {"Days": int(value)}
        elif key == "NoncurrentVersionExpirationInDays":
            made["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(value)}
        elif key != "Prefix":
            made[key] = value
    return made


def _refuse_foreign_resources(bucket: str, statement: Properties) -> None:
    """S3 takes only resources of the bucket itself, and only actions that one of them can undergo."""
    resources = [str(one) for one in as_list(statement.get("Resource"))]
    for resource in resources:
        name = resource.split(":::", 1)[-1].split("/", 1)[0]
        if resource != "*" and name != bucket and "*" not in name:
            raise Refused(f"bucket policy of {bucket}: invalid resource {resource}")
    objects, buckets = any("/" in one or one == "*" for one in resources), any("/" not in one for one in resources)
    for action in as_list(statement.get("Action")):
        level = _level(str(action))
        if resources and ((level == "object" and not objects) or (level == "bucket" and not buckets)):
            raise Refused(f"bucket policy of {bucket}: action {action} does not apply to any resource of its statement")


def _level(action: str) -> str:
    name = action.removeprefix("s3:")
    if name.startswith(("GetObject", "PutObject", "DeleteObject", "AbortMultipart", "ListMultipartUploadParts", "RestoreObject")):
        return "object"
    if name.startswith(("GetBucket", "PutBucket", "DeleteBucket", "ListBucket")):
        return "bucket"
    return "either"


def kinds() -> list[Any]:
    return [Bucket(), BucketPolicy()]
