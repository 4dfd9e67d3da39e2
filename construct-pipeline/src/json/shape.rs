//! The structure of a pipeline in the API, as a table.
//!
//! Names and types only: how long a name may be is checked when the pipeline is synthesised, in the words of the library.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PipelineDeclaration.html>, as of 2026-11.

/// What a value looks like.
#[derive(Debug)]
pub(super) enum Shape {
    Text,
    /// One of some words.
    Word(&'static [&'static str]),
    /// A whole number of at least 0.
    Whole,
    List(&'static Shape),
    /// An object of texts under any key.
    Texts,
    /// An object of values under any key.
    Map(&'static Shape),
    Object(&'static Kind),
}

/// An object whose keys are known.
#[derive(Debug)]
pub(super) struct Kind {
    /// In words, as in `an action`.
    pub(super) what: &'static str,
    pub(super) fields: &'static [Field],
}

/// A key of an object.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) key: &'static str,
    pub(super) shape: Shape,
    pub(super) presence: Presence,
}

/// Whether a key is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Required,
    Optional,
    /// It is written even if it is empty, as `get-pipeline` does.
    Shown,
    /// It says nothing about the structure, such as the version that the service counts.
    Passing,
}

use Presence::{Optional, Passing, Required, Shown};
use Shape::{List, Map, Object, Text, Texts, Whole, Word};

const fn field(key: &'static str, shape: Shape, presence: Presence) -> Field {
    Field { key, shape, presence }
}

const RESULT: &[&str] = &["ROLLBACK", "FAIL", "RETRY", "SKIP"];

pub(super) static PIPELINE: Kind = Kind {
    what: "a pipeline",
    fields: &[
        field("name", Text, Required),
        field("roleArn", Text, Required),
        field("artifactStore", Object(&STORE), Optional),
        field("artifactStores", Map(&Object(&STORE)), Optional),
        field("stages", List(&Object(&STAGE)), Required),
        field("version", Whole, Passing),
        field("executionMode", Word(&["QUEUED", "SUPERSEDED", "PARALLEL"]), Optional),
        field("pipelineType", Word(&["V1", "V2"]), Optional),
        field("variables", List(&Object(&VARIABLE)), Optional),
        field("triggers", List(&Object(&TRIGGER)), Optional),
    ],
};

static STORE: Kind = Kind {
    what: "an artifact store",
    fields: &[
        field("type", Word(&["S3"]), Required),
        field("location", Text, Required),
        field("encryptionKey", Object(&KEY), Optional),
    ],
};

static KEY: Kind =
    Kind { what: "an encryption key", fields: &[field("id", Text, Required), field("type", Word(&["KMS"]), Required)] };

static STAGE: Kind = Kind {
    what: "a stage",
    fields: &[
        field("name", Text, Required),
        field("blockers", List(&Object(&BLOCKER)), Optional),
        field("actions", List(&Object(&ACTION)), Required),
        field("onFailure", Object(&ON_FAILURE), Optional),
        field("onSuccess", Object(&CONDITIONS), Optional),
        field("beforeEntry", Object(&CONDITIONS), Optional),
    ],
};

static BLOCKER: Kind =
    Kind { what: "a blocker", fields: &[field("name", Text, Required), field("type", Word(&["Schedule"]), Required)] };

static ACTION: Kind = Kind {
    what: "an action",
    fields: &[
        field("name", Text, Required),
        field("actionTypeId", Object(&ACTION_TYPE), Required),
        field("runOrder", Whole, Optional),
        field("configuration", Texts, Shown),
        field("commands", List(&Text), Optional),
        field("outputArtifacts", List(&Object(&OUTPUT)), Shown),
        field("inputArtifacts", List(&Object(&INPUT)), Shown),
        field("outputVariables", List(&Text), Optional),
        field("roleArn", Text, Optional),
        field("region", Text, Optional),
        field("namespace", Text, Optional),
        field("timeoutInMinutes", Whole, Optional),
        field("environmentVariables", List(&Object(&ENVIRONMENT)), Optional),
    ],
};

static ACTION_TYPE: Kind = Kind {
    what: "an action type",
    fields: &[
        field("category", Word(&["Source", "Build", "Deploy", "Test", "Invoke", "Approval", "Compute"]), Required),
        field("owner", Word(&["AWS", "ThirdParty", "Custom"]), Required),
        field("provider", Text, Required),
        field("version", Text, Required),
    ],
};

static INPUT: Kind = Kind { what: "an input artifact", fields: &[field("name", Text, Required)] };

static OUTPUT: Kind = Kind {
    what: "an output artifact",
    fields: &[field("name", Text, Required), field("files", List(&Text), Optional)],
};

static ENVIRONMENT: Kind = Kind {
    what: "an environment variable",
    fields: &[
        field("name", Text, Required),
        field("value", Text, Required),
        field("type", Word(&["PLAINTEXT", "SECRETS_MANAGER"]), Optional),
    ],
};

static CONDITIONS: Kind =
    Kind { what: "conditions of a stage", fields: &[field("conditions", List(&Object(&CONDITION)), Required)] };

static ON_FAILURE: Kind = Kind {
    what: "what happens on failure",
    fields: &[
        field("result", Word(RESULT), Optional),
        field("retryConfiguration", Object(&RETRY), Optional),
        field("conditions", List(&Object(&CONDITION)), Optional),
    ],
};

static RETRY: Kind =
    Kind { what: "a retry", fields: &[field("retryMode", Word(&["FAILED_ACTIONS", "ALL_ACTIONS"]), Optional)] };

static CONDITION: Kind = Kind {
    what: "a condition",
    fields: &[field("result", Word(RESULT), Optional), field("rules", List(&Object(&RULE)), Optional)],
};

static RULE: Kind = Kind {
    what: "a rule",
    fields: &[
        field("name", Text, Required),
        field("ruleTypeId", Object(&RULE_TYPE), Required),
        field("configuration", Texts, Optional),
        field("commands", List(&Text), Optional),
        field("inputArtifacts", List(&Object(&INPUT)), Optional),
        field("roleArn", Text, Optional),
        field("region", Text, Optional),
        field("timeoutInMinutes", Whole, Optional),
    ],
};

static RULE_TYPE: Kind = Kind {
    what: "a rule type",
    fields: &[
        field("category", Word(&["Rule"]), Required),
        field("owner", Word(&["AWS"]), Optional),
        field("provider", Text, Required),
        field("version", Text, Optional),
    ],
};

static VARIABLE: Kind = Kind {
    what: "a variable",
    fields: &[
        field("name", Text, Required),
        field("defaultValue", Text, Optional),
        field("description", Text, Optional),
    ],
};

static TRIGGER: Kind = Kind {
    what: "a trigger",
    fields: &[
        field("providerType", Word(&["CodeStarSourceConnection"]), Required),
        field("gitConfiguration", Object(&GIT), Required),
    ],
};

static GIT: Kind = Kind {
    what: "the configuration of a trigger",
    fields: &[
        field("sourceActionName", Text, Required),
        field("push", List(&Object(&PUSH)), Optional),
        field("pullRequest", List(&Object(&PULL_REQUEST)), Optional),
    ],
};

static PUSH: Kind = Kind {
    what: "a filter of pushes",
    fields: &[
        field("tags", Object(&PATTERNS), Optional),
        field("branches", Object(&PATTERNS), Optional),
        field("filePaths", Object(&PATTERNS), Optional),
    ],
};

static PULL_REQUEST: Kind = Kind {
    what: "a filter of pull requests",
    fields: &[
        field("events", List(&Word(&["OPEN", "UPDATED", "CLOSED"])), Optional),
        field("branches", Object(&PATTERNS), Optional),
        field("filePaths", Object(&PATTERNS), Optional),
    ],
};

static PATTERNS: Kind = Kind {
    what: "patterns of a filter",
    fields: &[field("includes", List(&Text), Optional), field("excludes", List(&Text), Optional)],
};

/// What stands beside the pipeline in the answer of `get-pipeline` and in the input of `create-pipeline`.
pub(super) static METADATA: Kind = Kind {
    what: "the metadata of a pipeline",
    fields: &[
        field("pipelineArn", Text, Optional),
        field("created", Text, Passing),
        field("updated", Text, Passing),
        field("pollingDisabledAt", Text, Passing),
    ],
};

pub(super) static TAGS: Shape = List(&Object(&TAG));

static TAG: Kind = Kind { what: "a tag", fields: &[field("key", Text, Required), field("value", Text, Required)] };
