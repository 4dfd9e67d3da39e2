"""What must stay denied: the policies let in the roles they are meant for, and nobody and nothing else."""

from collections.abc import Iterator

from ..iam.evaluate import Outcome
from ..naming import partition
from ..report import Result
from .flow import Action, Store, performed, stores
from .needs import Uses
from .question import Question, answer, key_question, store_questions
from .world import Pipeline, World

STRANGER = "999999999999"
OBJECTS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
KEYS = ("kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant")


def check(world: World, pipeline: Pipeline, uses: Uses, result: Result) -> int:
    asked = 0
    for question in _questions(world, pipeline, uses):
        outcome = answer(world, question)
        asked += outcome is not None
        if outcome is Outcome.ALLOWED:
            result.fail(f"Allowed: {question}")
    for question in _plain_http(world, pipeline, uses):
        outcome = answer(world, question)
        asked += outcome is not None
        if outcome not in (None, Outcome.EXPLICIT):
            result.fail(f"not denied by a statement: {question}")
    return asked


def _questions(world: World, pipeline: Pipeline, uses: Uses) -> Iterator[Question]:
    listed = performed(pipeline)
    accounts = sorted({action.account for action in listed} | {STRANGER})
    for store in stores(pipeline).values():
        if store.bucket in world.buckets:
            yield from _store(world, pipeline, store, accounts, uses)
    for action in listed:
        if action.role != pipeline.properties["RoleArn"] and action.role in world.roles:
            yield from _trust(pipeline, action)
            yield from _reach(world, pipeline, action)
        deployment = action.configuration.get("RoleArn")
        if deployment in world.roles:
            yield from _services(deployment, {"cloudformation.amazonaws.com"}, f"{action.where}: deployment role")
    own = pipeline.properties["RoleArn"]
    if own in world.roles:
        yield from _services(own, {"codepipeline.amazonaws.com"}, f"{pipeline.name}: pipeline role")
        for account in accounts:
            other = _role(account, "Administrator", own)
            yield Question(own, "sts:AssumeRole", other, account, f"{pipeline.name}: the pipeline becomes a role that no action has")
    yield from _buses(world, pipeline)
    yield from _neighbours(world, pipeline, uses)


def _role(account: str, name: str, like: str) -> str:
    return f"arn:{like.split(':')[1]}:iam::{account}:role/{name}"


def _store(world: World, pipeline: Pipeline, store: Store, accounts: list[str], uses: Uses) -> Iterator[Question]:
    place = (store.bucket, store.region)
    reads, writes = uses.reads[place], uses.writes[place]
    own = pipeline.properties["RoleArn"]
    named = f"{pipeline.name}: store of {store.region}"
    for account in accounts:
        if account == store.account:
            continue
        yield from _all(world, _role(account, "Other", own), store, f"{named}, another role", powerful=True)
        # The same name in an account that has nothing to do here.
        yield from _all(world, _role(STRANGER, own.rsplit("/", 1)[-1], own), store, f"{named}, a role of the same name elsewhere", powerful=True)
    involved = {action.role for action in performed(pipeline)} | {own} | reads | writes
    for who in sorted(involved & set(world.roles)):
        foreign = world.roles[who].account != store.account
        powers = (False, True) if foreign else (False,)
        for powerful in powers:
            if who not in reads | writes and who != own:
                yield from _all(world, who, store, f"{named}, which no artifact of this role passes", powerful)
            elif who not in writes and who != own:
                # S3 changes the policy of a bucket for nobody of another account, whatever it allows (405 Method Not Allowed):
                # https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
                changes = () if foreign else ("s3:PutBucketPolicy",)
                for question in store_questions(world, who, store, ("s3:PutObject", "s3:DeleteObject", "s3:PutObjectAcl"), changes, ("kms:GenerateDataKey", "kms:Encrypt"), f"{named}, a reader that writes"):
                    yield question.but(question.why, powerful=powerful)
            if foreign and store.key:
                yield from _key(world, who, store, named, powerful)


def _neighbours(world: World, pipeline: Pipeline, uses: Uses) -> Iterator[Question]:
    """The roles of other pipelines, which may share the bucket and its key, against this one's artifacts."""
    own = {pipeline.properties["RoleArn"], *(action.role for action in performed(pipeline))}
    for other in world.pipelines:
        folders = {(store.bucket, store.folder) for store in stores(other).values()}
        roles = {other.properties["RoleArn"], *(action.role for action in performed(other))}
        for store in stores(pipeline).values():
            place = (store.bucket, store.region)
            # Of two names that begin alike, CodePipeline makes one folder: that is told elsewhere.
            if other is pipeline or (store.bucket, store.folder) in folders:
                continue
            for who in sorted((roles & set(world.roles)) - own - uses.reads[place] - uses.writes[place]):
                yield from store_questions(world, who, store, OBJECTS, (), (), f"{pipeline.name}: store of {store.region}, a role of {other.name}")


def _all(world: World, who: str, store: Store, why: str, powerful: bool) -> Iterator[Question]:
    for question in store_questions(world, who, store, OBJECTS, ("s3:ListBucket",), KEYS, why):
        yield question.but(why, powerful=powerful)


def _key(world: World, who: str, store: Store, named: str, powerful: bool) -> Iterator[Question]:
    """A foreign role uses the key through S3 of the store's region, or not at all."""
    question = key_question(world, who, store, "kms:Decrypt", "", store.key or "").but("", powerful=powerful)
    if world.key(store.key) is None:
        return
    direct = {"kms__ViaService": None, "kms__EncryptionContext:aws:s3:arn": None, "kms__EncryptionContextKeys": None}
    yield question.with_context(f"{named}, its key used outside S3", **direct)
    yield question.with_context(f"{named}, its key used by another service", kms__ViaService=f"secretsmanager.{store.region}.amazonaws.com")
    for action in ("kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:CreateGrant"):
        yield question.but(f"{named}, its key administered from another account", action=action)


def _trust(pipeline: Pipeline, action: Action) -> Iterator[Question]:
    own, account = pipeline.properties["RoleArn"], pipeline.stack.account
    why = f"{action.where}: action role becomes available to"
    for who in (_role(account, "Other", own), _role(STRANGER, "Other", own), _role(STRANGER, own.rsplit("/", 1)[-1], own), _role(action.account, "Other", own)):
        yield Question(who, "sts:AssumeRole", action.role, action.account, f"{why} another role", powerful=True)
    yield from _services(action.role, set(), f"{why} a service")


def _services(role: str, meant: set[str], why: str) -> Iterator[Question]:
    for service in ("codepipeline", "cloudformation", "codebuild", "events", "lambda", "ec2"):
        name = f"{service}.amazonaws.com"
        if name not in meant:
            yield Question(name, "sts:AssumeRole", role, role.split(":")[4], f"{why}: not meant for this service")


def _reach(world: World, pipeline: Pipeline, action: Action) -> Iterator[Question]:
    """The action role's own policies, against resources that would let it in."""
    account, region = pipeline.stack.account, action.region
    part = partition(region)
    foreign = [bucket.name for bucket in world.buckets.values() if bucket.name in {store.bucket for store in stores(pipeline).values()}]
    other = Store("another-bucket-of-the-tools-account", region, f"arn:{part}:kms:{region}:{account}:key/another", account)
    why = f"{action.where}: action role reaches"
    for question in store_questions(world, action.role, other, OBJECTS[:2], (), KEYS[:2], f"{why} another store"):
        aliases = {"kms__ResourceAliases": ["alias/another"]} if question.action.startswith("kms:") else {}
        yield question.with_context(question.why, **aliases)
    if foreign:
        yield Question(action.role, "s3:PutBucketPolicy", f"arn:{part}:s3:::{foreign[0]}", account, f"{why} a bucket policy")
    passed = {"iam:PassedToService": "cloudformation.amazonaws.com"}
    yield Question(action.role, "iam:PassRole", _role(action.account, "Administrator", action.role), action.account, f"{why} a role to pass", passed)
    deployment = action.configuration.get("RoleArn")
    if deployment:
        yield Question(action.role, "iam:PassRole", deployment, action.account, f"{why} another service with its deployment role", {"iam:PassedToService": "ec2.amazonaws.com"})
    if action.provider == "CloudFormation":
        stack = action.arn("cloudformation", "stack/AnotherStack/1")
        yield Question(action.role, "cloudformation:CreateStack", stack, action.account, f"{why} another stack")
    yield Question(action.role, "iam:CreateRole", _role(action.account, "New", action.role), action.account, f"{why} IAM")


def _plain_http(world: World, pipeline: Pipeline, uses: Uses) -> Iterator[Question]:
    for store in stores(pipeline).values():
        bucket = world.buckets.get(store.bucket)
        if bucket is None:
            continue
        place = (store.bucket, store.region)
        everybody = sorted((uses.reads[place] | uses.writes[place]) & set(world.roles))
        administrator = _role(store.account, "Administrator", pipeline.properties["RoleArn"])
        for who, powerful in [(who, False) for who in everybody] + [(administrator, True)]:
            for action, resource in (("s3:GetObject", store.object), ("s3:PutObject", store.object), ("s3:ListBucket", store.arn)):
                question = Question(who, action, resource, store.account, "", powerful=powerful)
                yield question.with_context(f"{pipeline.name}: store of {store.region} without TLS", aws__SecureTransport="false")


def _buses(world: World, pipeline: Pipeline) -> Iterator[Question]:
    for bus, policy in world.buses.items():
        account = bus.split(":")[4]
        accounts = {rule.account for rule in world.rules for target in rule.targets if target["Arn"] == bus} - {account}
        for other in sorted(accounts | {STRANGER}):
            who = _role(other, "Other", pipeline.properties["RoleArn"])
            yield Question(who, "events:PutEvents", bus, account, f"{bus}: events of another role", powerful=True)
