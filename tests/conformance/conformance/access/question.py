"""One access, asked of the world."""

from dataclasses import dataclass, field, replace
from typing import Any

from ..iam.evaluate import Kind, Outcome, Policies, Request, evaluate
from ..iam.principals import Caller
from .flow import Store
from .world import World

ADMINISTRATOR = [{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}]

@dataclass(frozen=True)
class Question:
    """`who` is a role ARN or a service; `owner` the account of the resource. With `powerful`, the caller's own policies allow everything."""

    who: str
    action: str
    resource: str
    owner: str
    why: str
    context: dict[str, Any] = field(default_factory=dict)
    powerful: bool = False

    def __str__(self) -> str:
        who = self.who.split(":role", 1)[-1] if ":role/" in self.who else self.who
        account = f" of {self.who.split(':')[4]}" if ":role/" in self.who else ""
        power = " (its own policies allowing everything)" if self.powerful else ""
        return f"{self.why}: {who}{account}{power} {self.action} on {self.resource}"

    def but(self, why: str, **changes: Any) -> "Question":
        return replace(self, why=why, **changes)

    def with_context(self, why: str, **context: Any) -> "Question":
        """Other values of context keys (`aws__X` for `aws:X`); None takes a key away."""
        renamed = {key.replace("__", ":"): value for key, value in context.items()}
        merged = {key: value for key, value in (self.context | renamed).items() if value is not None}
        return replace(self, why=why, context=merged)


def answer(world: World, question: Question) -> Outcome | None:
    """None where the caller's policies are not in the templates: an imported role proves nothing and disproves nothing."""
    caller = _caller(question.who)
    policies = Policies()
    if caller.kind == "role-session":
        role = world.roles.get(question.who)
        if role is None and not question.powerful:
            return None
        policies.identity = ADMINISTRATOR if question.powerful or role is None else role.policies
        policies.boundary = role.boundary if role else None
    kind, policies.resource = _resource_policy(world, question, caller)
    context = _principal_context(caller, question) | question.context
    return evaluate(Request(caller, question.action, question.resource, question.owner, context, kind), policies)


def _caller(who: str) -> Caller:
    if ":role/" not in who:
        return Caller("service", who)
    part, account, name = who.split(":")[1], who.split(":")[4], who.rsplit("/", 1)[-1]
    return Caller("role-session", f"arn:{part}:sts::{account}:assumed-role/{name}/session", account, who)


def _principal_context(caller: Caller, question: Question) -> dict[str, Any]:
    if caller.kind == "service":
        return {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": caller.arn, "aws:SecureTransport": "true"}
    return {
        "aws:PrincipalArn": caller.role,
        "aws:PrincipalAccount": caller.account,
        "aws:PrincipalType": "AssumedRole",
        "aws:PrincipalIsAWSService": "false",
        "aws:ViaAWSService": "false",
        "aws:ResourceAccount": question.owner,
        "aws:SecureTransport": "true",
    }


def _resource_policy(world: World, question: Question, caller: Caller) -> tuple[Kind, Any]:
    """The policy of the resource; where the resource is imported, one that leaves the decision to the caller's side."""
    service = question.action.split(":", 1)[0]
    trusting = _delegates(caller)
    if service == "sts":
        role = world.roles.get(question.resource)
        return Kind.TRUST, role.trust if role else trusting
    if service == "kms":
        key = world.key(question.resource)
        return Kind.KEY, key.policy if key else trusting
    if service == "s3":
        bucket = world.buckets.get(question.resource.split(":::", 1)[-1].split("/", 1)[0])
        return Kind.ORDINARY, bucket.policy if bucket else trusting
    if service == "events" and question.action == "events:PutEvents":
        return Kind.ORDINARY, world.buses.get(question.resource)
    if service == "sns":
        return Kind.ORDINARY, world.topics.get(question.resource, trusting)
    # Other services share across accounts by means that no template shows.
    return Kind.ORDINARY, trusting if caller.kind == "role-session" and caller.account != question.owner else None


def _delegates(caller: Caller) -> dict[str, Any]:
    who = {"Service": caller.arn} if caller.kind == "service" else {"AWS": caller.account}
    statement = {"Effect": "Allow", "Principal": who, "Action": "*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def store_questions(world: World, who: str, store: Store, objects: tuple[str, ...], buckets: tuple[str, ...], keys: tuple[str, ...], why: str, key: str | None = None) -> list[Question]:
    """Requests on a store's objects, its bucket, and its key as S3 makes them."""
    named_key = key or store.key
    # Where no key is named, it is the one of AWS for S3: https://docs.aws.amazon.com/codepipeline/latest/userguide/S3-artifact-encryption.html
    encrypted = {"s3:x-amz-server-side-encryption": "aws:kms"}
    if named_key:
        encrypted["s3:x-amz-server-side-encryption-aws-kms-key-id"] = named_key
    foreign = {"s3:x-amz-acl": "bucket-owner-full-control"} if who.split(":")[4] != store.account else {}
    made = []
    for action in objects:
        context = encrypted | foreign if action == "s3:PutObject" else {}
        made.append(Question(who, action, store.object, store.account, why, {**context, "s3:ResourceAccount": store.account}))
    made += [Question(who, action, store.arn, store.account, why, {"s3:ResourceAccount": store.account}) for action in buckets]
    if named_key:
        made += [key_question(world, who, store, action, why, named_key) for action in keys]
    return made


def key_question(world: World, who: str, store: Store, action: str, why: str, named_key: str) -> Question:
    key, bucket = world.key(named_key), world.buckets.get(store.bucket)
    context: dict[str, Any] = {
        "kms:ViaService": f"s3.{store.region}.amazonaws.com",
        "kms:CallerAccount": who.split(":")[4],
        "kms:EncryptionContext:aws:s3:arn": store.arn if bucket and bucket.bucket_keys else store.object,
        "kms:EncryptionContextKeys": ["aws:s3:arn"],
        "aws:ViaAWSService": "true",
    }
    if key:
        context["kms:ResourceAliases"] = key.aliases
    elif "alias/" in named_key:
        context["kms:ResourceAliases"] = [f"alias/{named_key.split('alias/', 1)[1]}"]
    here = f"arn:{store.arn.split(':')[1]}:kms:{store.region}:{store.account}"
    keys = ":".join(named_key.split(":")[:5]) if named_key.startswith("arn:") else here
    resource = key.arn if key else named_key if ":key/" in named_key else f"{keys}:key/imported"
    return Question(who, action, resource, store.account, why, context)
