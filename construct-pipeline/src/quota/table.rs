//! The numbers: what CodePipeline, CodeBuild, EventBridge, SNS, S3 and KMS take at most, each with its source.
//!
//! Where the sources of AWS differ, the quota says so, and what was decided.

use construct_core::{Adjustable, Quota, QuotaScope};

/// AWS lists most of these as fixed there.
const CODEPIPELINE: (&str, &str) = ("https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html", "2026-11");
const EVENTBRIDGE: (&str, &str) = ("https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html", "2026-11");
const SNS: (&str, &str) =
    ("https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html", "2026-11");
const KMS: (&str, &str) = ("https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html", "2026-11");

/// The page of a structure of the API.
macro_rules! api {
    ($structure:literal) => {
        (concat!("https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_", $structure, ".html"), "2026-11")
    };
}

const PIPELINE: &str = "AWS::CodePipeline::Pipeline";
const SCRIPT: &str = "put the work into a script of an input artifact";

/// Stages of a pipeline. AWS's page lists the quota as fixed, users report that theirs was raised (aws/aws-cdk#16336):
/// hence an app that says so is believed.
pub static STAGES: Quota = Quota::new(
    ("CodePipeline", "stages of the pipeline"),
    (50, "stages"),
    PIPELINE,
    CODEPIPELINE,
    ("pipeline::too-many-stages", "put actions that may run at the same time into one stage, or divide the pipeline"),
)
.adjustable(Adjustable::Yes);

/// Actions of a stage. Whether a stage is nearly full is said where it is checked: one of a [`Wave`](crate::Wave) may be.
/// Whether AWS raises it is told in two ways, as for [`STAGES`].
pub static ACTIONS_OF_A_STAGE: Quota = Quota::new(
    ("CodePipeline", "actions of the stage"),
    (50, "actions"),
    PIPELINE,
    CODEPIPELINE,
    (
        "stage::too-many-actions",
        "divide the stage, or let a `Wave` do it; actions of a later stage then run after all of the earlier one",
    ),
)
.adjustable(Adjustable::Yes)
.without_warning();

/// Actions of a stage that run at the same time: 100 on AWS's page today; it was 50, which older copies of it still
/// say. A stage takes 50 actions, so which one holds matters only where [`ACTIONS_OF_A_STAGE`] is raised.
pub static PARALLEL_ACTIONS: Quota = Quota::new(
    ("CodePipeline", "parallel actions of the stage"),
    (100, "actions"),
    PIPELINE,
    CODEPIPELINE,
    ("stage::too-many-actions", "give some of them another run order: AWS took 50 at a time before it took 100"),
)
.adjustable(Adjustable::Yes);

/// Steps of a stage that run one after the other: 100 on AWS's page today, and 50 before, as for [`PARALLEL_ACTIONS`].
pub static SEQUENTIAL_ACTIONS: Quota = Quota::new(
    ("CodePipeline", "sequential actions of the stage"),
    (100, "actions"),
    PIPELINE,
    CODEPIPELINE,
    ("stage::too-many-actions", "divide the stage: AWS took 50 one after the other before it took 100"),
)
.adjustable(Adjustable::Yes);

/// Actions of a pipeline: 1,000 on AWS's page today, and 500 before.
pub static ACTIONS_OF_A_PIPELINE: Quota = Quota::new(
    ("CodePipeline", "actions of the pipeline"),
    (1_000, "actions"),
    PIPELINE,
    CODEPIPELINE,
    ("pipeline::too-many-actions", "divide the pipeline"),
)
.adjustable(Adjustable::Yes);

/// Variables of a pipeline.
pub static VARIABLES: Quota = Quota::new(
    ("CodePipeline", "variables of the pipeline"),
    (50, "variables"),
    PIPELINE,
    api!("PipelineDeclaration"),
    ("variable::too-many", "leave some out"),
);

/// Triggers of a pipeline.
pub static TRIGGERS: Quota = Quota::new(
    ("CodePipeline", "triggers of the pipeline"),
    (50, "triggers"),
    PIPELINE,
    api!("PipelineDeclaration"),
    ("trigger::too-many", "leave some out, or divide the pipeline"),
);

/// Bytes of all triggers of a pipeline, as compact JSON: 200 KB.
pub static TRIGGERS_AS_JSON: Quota = Quota::new(
    ("CodePipeline", "triggers of the pipeline, as JSON"),
    (204_800, "bytes"),
    PIPELINE,
    CODEPIPELINE,
    ("trigger::too-large", "let one pattern match several names, as in `release/**`, or divide the pipeline"),
);

/// Filters of a trigger, of pushes and of pull requests each. All of them are three, which is no reason to do anything.
pub static FILTERS: Quota = Quota::new(
    ("CodePipeline", "filters of the trigger"),
    (3, "filters"),
    PIPELINE,
    api!("GitConfiguration"),
    ("trigger::too-many-filters", "draw filters together: a filter has up to 8 patterns of each kind"),
)
.without_warning();

/// Patterns that a filter includes, and that it excludes, each for branches, paths of files, and tags.
pub static PATTERNS: Quota = Quota::new(
    ("CodePipeline", "patterns of the filter"),
    (8, "patterns"),
    PIPELINE,
    api!("GitBranchFilterCriteria"),
    ("trigger::too-many-patterns", "let one pattern match several names, as in `release/**`"),
);

/// Rules of a condition.
pub static RULES: Quota = Quota::new(
    ("CodePipeline", "rules of the condition"),
    (5, "rules"),
    PIPELINE,
    api!("Condition"),
    ("condition::too-many-rules", "leave some out, or check several things in one rule"),
);

/// Commands of a rule.
pub static COMMANDS_OF_A_RULE: Quota = Quota::new(
    ("CodePipeline", "commands of the rule"),
    (50, "commands"),
    PIPELINE,
    api!("RuleDeclaration"),
    ("rule::too-many-commands", SCRIPT),
);

/// Commands of an action.
pub static COMMANDS: Quota = Quota::new(
    ("CodePipeline", "commands of the action"),
    (50, "commands"),
    PIPELINE,
    api!("ActionDeclaration"),
    ("commands::too-many-commands", SCRIPT),
);

/// Environment variables of an action, beside its configuration.
pub static ENVIRONMENT_VARIABLES: Quota = Quota::new(
    ("CodePipeline", "environment variables of the action"),
    (10, "environment variables"),
    PIPELINE,
    api!("ActionDeclaration"),
    ("commands::too-many-variables", SCRIPT),
);

/// Variables that the commands of an action set for later actions.
pub static OUTPUT_VARIABLES: Quota = Quota::new(
    ("CodePipeline", "output variables of the action"),
    (15, "output variables"),
    PIPELINE,
    api!("ActionDeclaration"),
    ("commands::too-many-outputs", "write them into a file of the output artifact"),
);

/// Files, as paths or patterns, that the commands of an action put into an artifact.
pub static EXPORTED_FILES: Quota = Quota::new(
    ("CodePipeline", "files of the output artifact"),
    (10, "files"),
    PIPELINE,
    api!("OutputArtifact"),
    ("artifact::too-many-files", "let one pattern match several files, as in `dist/**/*`"),
);

/// Characters of a value of an action's configuration. AWS documents 1,000, and the service has said 50,000 in its
/// messages since 2022 (aws/aws-cdk#19767, terraform-provider-aws#41023): between the two is a warning. An app that
/// wants what is documented alone says `app.quota(&quota::CONFIGURATION_VALUE, 1_000)`.
pub static CONFIGURATION_VALUE: Quota = Quota::new(
    ("CodePipeline", "longest value of the configuration"),
    (50_000, "characters"),
    PIPELINE,
    api!("ActionDeclaration"),
    ("configuration::long-value", "keep it in a file of an input artifact"),
);

/// Bytes of the whole configuration of an action when its variables have their values: 100 KB.
pub static CONFIGURATION: Quota = Quota::new(
    ("CodePipeline", "configuration of the action"),
    (102_400, "bytes"),
    PIPELINE,
    CODEPIPELINE,
    ("configuration::too-large", "keep its values in files of input artifacts"),
);

/// Pipelines of an account in a region.
pub static PIPELINES: Quota = Quota::new(
    ("CodePipeline", "pipelines"),
    (1_000, "pipelines"),
    PIPELINE,
    CODEPIPELINE,
    ("pipeline::too-many-pipelines", "ask AWS to raise the quota, and say so with `app.quota(…)`"),
)
.adjustable(Adjustable::Yes)
.counted_for(QuotaScope::Region);

/// Pipelines of an account in a region that look for changes by themselves, again and again.
pub static POLLING_PIPELINES: Quota = Quota::new(
    ("CodePipeline", "pipelines that poll"),
    (300, "pipelines"),
    PIPELINE,
    CODEPIPELINE,
    ("pipeline::too-many-polling", "let events start them: leave `.poll()` out"),
)
.counted_for(QuotaScope::Region);

/// Webhooks of an account in a region.
pub static WEBHOOKS: Quota = Quota::new(
    ("CodePipeline", "webhooks"),
    (300, "webhooks"),
    "AWS::CodePipeline::Webhook",
    CODEPIPELINE,
    ("pipeline::too-many-webhooks", "use connections, or ask AWS to raise the quota and say so with `app.quota(…)`"),
)
.adjustable(Adjustable::Yes)
.counted_for(QuotaScope::Region);

/// Custom action types of an account in a region.
pub static CUSTOM_ACTION_TYPES: Quota = Quota::new(
    ("CodePipeline", "custom action types"),
    (50, "action types"),
    "AWS::CodePipeline::CustomActionType",
    CODEPIPELINE,
    ("pipeline::too-many-action-types", "ask AWS to raise the quota, and say so with `app.quota(…)`"),
)
.adjustable(Adjustable::Yes)
.counted_for(QuotaScope::Region);

/// Characters of the policy of an event bus; the statements of all pipelines stand on the default bus.
pub static EVENT_BUS_POLICY: Quota = Quota::new(
    ("EventBridge", "policy of the event bus"),
    (10_240, "characters"),
    "AWS::Events::EventBusPolicy",
    EVENTBRIDGE,
    ("events::policy-too-large", "ask AWS to raise the quota, and say so with `app.quota(…)`"),
)
.adjustable(Adjustable::Yes)
.counted_for(QuotaScope::Region);

/// Rules of the default event bus of an account in a region. In some regions, such as af-south-1, it takes 100.
pub static EVENT_RULES: Quota = Quota::new(
    ("EventBridge", "rules of the default event bus"),
    (300, "rules"),
    "AWS::Events::Rule",
    EVENTBRIDGE,
    ("events::too-many-rules", "ask AWS to raise the quota, and say so with `app.quota(…)`"),
)
.adjustable(Adjustable::Yes)
.counted_for(QuotaScope::Region);

/// Targets of a rule of EventBridge.
pub static EVENT_TARGETS: Quota = Quota::new(
    ("EventBridge", "targets of the rule"),
    (5, "targets"),
    "AWS::Events::Rule",
    EVENTBRIDGE,
    ("events::too-many-targets", "make another rule with the same pattern"),
);

/// Characters of the pattern of a rule of EventBridge.
pub static EVENT_PATTERN: Quota = Quota::new(
    ("EventBridge", "pattern of the rule"),
    (2_048, "characters"),
    "AWS::Events::Rule",
    EVENTBRIDGE,
    (
        "events::pattern-too-large",
        "divide it among several rules, or ask AWS to raise the quota and say so with `app.quota(…)`",
    ),
)
.adjustable(Adjustable::Yes);

/// Projects of an account in a region.
pub static PROJECTS: Quota = Quota::new(
    ("CodeBuild", "projects"),
    (5_000, "projects"),
    "AWS::CodeBuild::Project",
    ("https://docs.aws.amazon.com/codebuild/latest/userguide/limits.html", "2026-11"),
    (
        "codebuild::too-many-projects",
        "let several pipelines use one project, or ask AWS to raise the quota and say so with `app.quota(…)`",
    ),
)
.adjustable(Adjustable::Yes)
.counted_for(QuotaScope::Region);

const DIVIDE_TOPIC: (&str, &str) =
    ("sns::policy-too-large", "name an organisation by `aws:PrincipalOrgID`, or divide the work among several topics");

/// Bytes of the policy of a topic: 30 KB.
pub static TOPIC_POLICY: Quota =
    Quota::new(("SNS", "policy of the topic"), (30_720, "bytes"), "AWS::SNS::TopicPolicy", SNS, DIVIDE_TOPIC);

/// Statements of the policy of a topic.
pub static TOPIC_STATEMENTS: Quota =
    Quota::new(("SNS", "statements for the topic"), (100, "statements"), "AWS::SNS::TopicPolicy", SNS, DIVIDE_TOPIC);

/// Principals of the policy of a topic. AWS's page does not say whether that is for each statement, as is assumed here,
/// or for all of them together.
pub static TOPIC_PRINCIPALS: Quota = Quota::new(
    ("SNS", "principals of a statement for the topic"),
    (200, "principals"),
    "AWS::SNS::TopicPolicy",
    SNS,
    DIVIDE_TOPIC,
);

/// Buckets of an account.
pub static BUCKETS: Quota = Quota::new(
    ("S3", "buckets"),
    (10_000, "buckets"),
    "AWS::S3::Bucket",
    ("https://docs.aws.amazon.com/AmazonS3/latest/userguide/BucketRestrictions.html", "2026-11"),
    (
        "s3::too-many-buckets",
        "share stores in a `ScaffoldGroup`, or ask AWS to raise the quota and say so with `app.quota(…)`",
    ),
)
.adjustable(Adjustable::Yes)
.counted_for(QuotaScope::Account);

/// Keys of an account in a region.
pub static KEYS: Quota = Quota::new(
    ("KMS", "keys"),
    (100_000, "keys"),
    "AWS::KMS::Key",
    KMS,
    ("kms::too-many-keys", "ask AWS to raise the quota, and say so with `app.quota(…)`"),
)
.adjustable(Adjustable::Yes)
.counted_for(QuotaScope::Region);

/// Aliases of a key. A key with more than its quota fails every condition on `kms:ResourceAliases`.
pub static ALIASES: Quota = Quota::new(
    ("KMS", "aliases of the key"),
    (50, "aliases"),
    "AWS::KMS::Alias",
    KMS,
    ("kms::too-many-aliases", "leave some out, or ask AWS to raise the quota and say so with `app.quota(…)`"),
)
.adjustable(Adjustable::Yes);

pub(super) static QUOTAS: [&Quota; 33] = [
    &STAGES,
    &ACTIONS_OF_A_STAGE,
    &PARALLEL_ACTIONS,
    &SEQUENTIAL_ACTIONS,
    &ACTIONS_OF_A_PIPELINE,
    &VARIABLES,
    &TRIGGERS,
    &TRIGGERS_AS_JSON,
    &FILTERS,
    &PATTERNS,
    &RULES,
    &COMMANDS_OF_A_RULE,
    &COMMANDS,
    &ENVIRONMENT_VARIABLES,
    &OUTPUT_VARIABLES,
    &EXPORTED_FILES,
    &CONFIGURATION_VALUE,
    &CONFIGURATION,
    &PIPELINES,
    &POLLING_PIPELINES,
    &WEBHOOKS,
    &CUSTOM_ACTION_TYPES,
    &EVENT_BUS_POLICY,
    &EVENT_RULES,
    &EVENT_TARGETS,
    &EVENT_PATTERN,
    &PROJECTS,
    &TOPIC_POLICY,
    &TOPIC_STATEMENTS,
    &TOPIC_PRINCIPALS,
    &BUCKETS,
    &KEYS,
    &ALIASES,
];
