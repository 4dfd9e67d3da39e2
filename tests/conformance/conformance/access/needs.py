"""Everything that must be allowed for a pipeline to run, from the structure of the pipeline alone."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..iam.evaluate import Outcome
from ..report import Result
from . import builds
from .flow import Action, Store, actions, performed, stores
from .providers import calls, known, project_arn
from .question import Question, answer, key_question, store_questions
from .world import Pipeline, Project, World

READ = ("s3:GetObject", "s3:GetObjectVersion"), ("kms:Decrypt",)
WRITE = ("s3:PutObject",), ("kms:GenerateDataKey", "kms:Decrypt")
# The service role looks at each store before it uses it.
LOOK = ("s3:GetBucketLocation", "s3:GetBucketVersioning")
# Asked for by some documentation pages, never seen to be necessary: told, not failed.
WANTED_READ = ("s3:GetBucketLocation", "s3:ListBucket"), ("kms:DescribeKey",)


@dataclass
class Uses:
    """Which roles read and write which store, as the artifacts flow."""

    reads: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    writes: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))


def check(world: World, pipeline: Pipeline, result: Result) -> tuple[Uses, int]:
    uses, asked, imported = Uses(), 0, set()
    for question in _questions(world, pipeline, uses, result):
        outcome = answer(world, question)
        if outcome is None:
            imported.add(question.who)
        elif outcome is not Outcome.ALLOWED:
            result.fail(f"{outcome.value}: {question}")
        asked += outcome is not None
    for question in _wanted(world, pipeline, uses):
        if answer(world, question) not in (None, Outcome.ALLOWED):
            result.note(f"not granted, though some documentation asks for it: {question}")
    for role in sorted(imported):
        result.note(f"imported, so what it may do is not known: {role}")
    return uses, asked


def _questions(world: World, pipeline: Pipeline, uses: Uses, result: Result) -> Iterator[Question]:
    own, available = pipeline.properties["RoleArn"], stores(pipeline)
    account = pipeline.stack.account
    yield Question("codepipeline.amazonaws.com", "sts:AssumeRole", own, account, f"{pipeline.name}: the service becomes the pipeline role")
    for region, store in available.items():
        yield from store_questions(world, own, store, (), LOOK, (), f"{pipeline.name}: the pipeline looks at its store of {region}")
    for action in performed(pipeline):
        if not known(action):
            result.note(f"{action.where}: the calls of {action.category}/{action.provider} are not in the list of this suite")
        if action.role != own:
            yield Question(own, "sts:AssumeRole", action.role, action.account, f"{action.where}: the pipeline becomes the action role")
        for call, resource, context in calls(action):
            yield Question(action.role, call, resource, _owner(world, action, resource), f"{action.where}: {action.provider}", context)
        yield from _bucket_key(world, action)
        if action.category == "Rule" and not action.inputs:
            continue
        store = available.get(action.region)
        if store is None:
            result.fail(f"{action.where}: there is no store in {action.region}")
            continue
        if action.account != account and (action.inputs or action.outputs) and store.key is None:
            result.fail(f"{action.where}: has artifacts in another account, but the store of {store.region} has no key of its own")
        yield from _artifacts(world, action, store, uses, result)
        yield from _deployment(world, action, store, uses)
        yield from _readers(world, action, store, uses, result)
    yield from _replication(world, pipeline, own, available, uses)


def _bucket_key(world: World, action: Action) -> Iterator[Question]:
    """What a bucket encrypts by itself, S3 encrypts and decrypts for whoever puts and fetches it."""
    given, calls = action.configuration, {"Source": ("kms:Decrypt",), "Deploy": ("kms:GenerateDataKey", "kms:Decrypt")}
    bucket = world.buckets.get(given.get("S3Bucket") or given.get("BucketName", ""))
    if action.provider != "S3" or bucket is None or bucket.default_key is None or given.get("KMSEncryptionKeyARN"):
        return
    store = Store(bucket.name, bucket.region, bucket.default_key, bucket.account)
    for call in calls[action.category]:
        yield key_question(world, action.role, store, call, f"{action.where}: the key of {bucket.name}", bucket.default_key)


def _owner(world: World, action: Action, resource: str) -> str:
    parts = resource.split(":")
    if len(parts) > 4 and parts[4]:
        return parts[4]
    bucket = world.buckets.get(resource.split(":::", 1)[-1].split("/", 1)[0])
    return bucket.account if bucket else action.account


def _artifacts(world: World, action: Action, store: Store, uses: Uses, result: Result) -> Iterator[Question]:
    who, key = action.role, None
    if action.provider == "CodeBuild":
        project = world.projects.get(project_arn(action))
        if project is None:
            result.note(f"{action.where}: the project is imported, so what its role may do is not known")
            return
        who, key = project.role, project.key
        yield Question("codebuild.amazonaws.com", "sts:AssumeRole", who, who.split(":")[4], f"{action.where}: the service becomes the project's role")
        for call, resource, context in builds.calls(project):
            yield Question(who, call, resource, _owner(world, action, resource), f"{action.where}: the build", context)
        yield from _batch(world, action, project, result)
        if action.outputs and store.key and _same_key(world, key, store.key) is False:
            result.fail(f"{action.where}: the project encrypts with {key}, the store with {store.key}")
    if action.inputs:
        uses.reads[(store.bucket, store.region)].add(who)
        yield from store_questions(world, who, store, *_three(READ), f"{action.where} reads {', '.join(action.inputs)}")
    if action.outputs:
        uses.writes[(store.bucket, store.region)].add(who)
        objects, keys = WRITE
        connected = action.provider == "CodeStarSourceConnection"
        if connected or action.provider == "CodeCommit" and action.account != store.account:
            objects += ("s3:PutObjectAcl",)
        yield from store_questions(world, who, store, objects, (), keys, f"{action.where} writes {', '.join(action.outputs)}", key)


def _batch(world: World, action: Action, project: Project, result: Result) -> Iterator[Question]:
    if str(action.configuration.get("BatchEnabled", "false")).lower() != "true":
        return
    if project.batch is None:
        result.fail(f"{action.where}: the project has no role for batches")
        return
    owner = project.batch.split(":")[4]
    yield Question("codebuild.amazonaws.com", "sts:AssumeRole", project.batch, owner, f"{action.where}: the service becomes the role for batches")
    if project.batch in world.roles:
        for call in ("codebuild:StartBuild", "codebuild:StopBuild", "codebuild:RetryBuild"):
            yield Question(project.batch, call, project.arn, owner, f"{action.where}: a batch calls {call}")
    if project.batch == project.role:
        result.fail(f"{action.where}: each build of the batch could start others")


def _three(two: tuple[tuple[str, ...], tuple[str, ...]]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    return two[0], (), two[1]


def _same_key(world: World, one: str | None, other: str) -> bool | None:
    if one is None:
        return False
    ours, theirs = world.key(one), world.key(other)
    return ours is theirs if ours and theirs else None if one != other else True


def _deployment(world: World, action: Action, store: Store, uses: Uses) -> Iterator[Question]:
    role = action.configuration.get("RoleArn") if action.provider == "CloudFormation" else None
    if not role:
        return
    owner = role.split(":")[4]
    if role in world.roles:
        yield Question("cloudformation.amazonaws.com", "sts:AssumeRole", role, owner, f"{action.where}: the service becomes the deployment role")
    if action.inputs:
        uses.reads[(store.bucket, store.region)].add(role)
        yield from store_questions(world, role, store, *_three(READ), f"{action.where}: the deployment reads {', '.join(action.inputs)}")


def _readers(world: World, action: Action, store: Store, uses: Uses, result: Result) -> Iterator[Question]:
    if action.readers is None and (action.category, action.provider) == ("Deploy", "CodeDeploy"):
        result.note(f"{action.where}: nobody says which roles the instances have")
    for role in action.readers or ():
        uses.reads[(store.bucket, store.region)].add(role)
        yield from store_questions(world, role, store, *_three(READ), f"{action.where}: an instance reads {', '.join(action.inputs)}")


def _replication(world: World, pipeline: Pipeline, own: str, available: dict[str, Store], uses: Uses) -> Iterator[Question]:
    made = {name: action for action in actions(pipeline) for name in action.outputs}
    seen = set()
    for action in performed(pipeline):
        for name in action.inputs:
            maker = made.get(name)
            if maker is None or maker.region == action.region or (name, action.region) in seen:
                continue
            seen.add((name, action.region))
            source, target = available.get(maker.region), available.get(action.region)
            if source and target:
                uses.reads[(source.bucket, source.region)].add(own)
                uses.writes[(target.bucket, target.region)].add(own)
                why = f"{pipeline.name}: {name} is copied from {source.region} to {target.region}"
                yield from store_questions(world, own, source, *_three(READ), why)
                yield from store_questions(world, own, target, WRITE[0], (), WRITE[1], why)


def _wanted(world: World, pipeline: Pipeline, uses: Uses) -> Iterator[Question]:
    for store in stores(pipeline).values():
        for who in sorted(uses.reads[(store.bucket, store.region)]):
            yield from store_questions(world, who, store, (), *WANTED_READ, "reading")
