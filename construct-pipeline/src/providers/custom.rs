//! Any action type by plain values: actions of partners, of your own account, and those of AWS that have no type here.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html>

use std::borrow::Cow;
use std::ops::RangeInclusive;

use construct_core::{Diagnostic, Expr, NodeId, Properties, Secret, Value, kind};
use construct_iam::{PolicyDocument, PolicyStatement};

use super::commands::Compute;
use crate::artifact::Artifact;
use crate::provider::{ActionCx, Call, Category, EventPattern, GivenRole, Owner, Provider, ProviderSpec};
use crate::wire;

/// An action of any type, by its category, owner and provider.
///
/// A job of Jenkins, registered in the account as a custom action type:
///
/// ```
/// use construct_pipeline::prelude::*;
/// let (source, report) = (Artifact::new("Source"), Artifact::new("Report"));
/// let check = Action::new(
///     "Check",
///     CustomAction::new(Category::Test, Owner::Custom, "Jenkins")
///         .version("2")
///         .configuration("ProjectName", "orders-checks")
///         .input(&source)
///         .output(&report),
/// );
/// ```
///
/// A repository of GitHub through its older action type, with the token in Secrets Manager:
///
/// ```
/// use construct_pipeline::prelude::*;
/// let source = Artifact::new("Source");
/// let checkout = Action::new(
///     "Checkout",
///     CustomAction::new(Category::Source, Owner::ThirdParty, "GitHub")
///         .configuration("Owner", "example")
///         .configuration("Repo", "orders")
///         .configuration("Branch", "main")
///         .configuration("PollForSourceChanges", false)
///         .secret("OAuthToken", Secret::new("delivery/github").json_key("token"))
///         .output(&source),
/// );
/// ```
///
/// An action type of AWS that is newer than this library, with what its role must be allowed:
///
/// ```
/// use construct_pipeline::prelude::*;
/// let bundle = Artifact::new("Bundle");
/// let topic = "arn:aws:sns:us-east-1:111111111111:releases";
/// let tell = Action::new(
///     "Tell",
///     CustomAction::new(Category::Invoke, Owner::Aws, "Announcement")
///         .configuration("TopicArn", topic)
///         .configuration("MessagePath", "message.txt")
///         .input(&bundle)
///         .permission(PolicyStatement::allow(["sns:Publish"]).on([topic])),
/// );
/// ```
#[doc(alias("AlexaSkillDeployAction", "GitHubSourceAction", "JenkinsAction"))]
#[derive(Clone, Debug)]
#[must_use]
pub struct CustomAction {
    spec: ProviderSpec,
    configuration: Properties,
    compute: Compute,
    permissions: PolicyDocument,
    calls: Option<Vec<Call>>,
    trigger: Option<EventPattern>,
}

impl CustomAction {
    /// An action type of version 1. It may read and write up to 5 artifacts each; a source reads none and writes one, an
    /// approval neither.
    pub fn new(category: Category, owner: Owner, provider: impl Into<Cow<'static, str>>) -> Self {
        let (inputs, outputs) = match category {
            Category::Source => (0..=0, 1..=1),
            Category::Approval => (0..=0, 0..=0),
            _ => (0..=5, 0..=5),
        };
        Self {
            spec: ProviderSpec::new(category, owner, provider).input_count(inputs).output_count(outputs),
            configuration: Properties::new(),
            compute: Compute::default(),
            permissions: PolicyDocument::new(),
            calls: None,
            trigger: None,
        }
    }

    /// The version of the action type: 1 to 9 letters, digits, `_` and `-`.
    pub fn version(mut self, version: impl Into<Cow<'static, str>>) -> Self {
        self.spec = self.spec.version(version);
        self
    }

    /// Adds an artifact that the action reads.
    pub fn input(mut self, artifact: &Artifact) -> Self {
        self.spec = self.spec.input(artifact);
        self
    }

    /// Adds artifacts that the action reads.
    pub fn inputs<A: Into<Artifact>>(mut self, artifacts: impl IntoIterator<Item = A>) -> Self {
        self.spec = self.spec.inputs(artifacts);
        self
    }

    /// Adds an artifact that the action writes.
    pub fn output(mut self, artifact: &Artifact) -> Self {
        self.spec = self.spec.output(artifact);
        self
    }

    /// Adds artifacts that the action writes.
    pub fn outputs<A: Into<Artifact>>(mut self, artifacts: impl IntoIterator<Item = A>) -> Self {
        self.spec = self.spec.outputs(artifacts);
        self
    }

    /// How many artifacts the action type may read.
    pub fn input_count(mut self, count: RangeInclusive<usize>) -> Self {
        self.spec = self.spec.input_count(count);
        self
    }

    /// How many artifacts the action type may write.
    pub fn output_count(mut self, count: RangeInclusive<usize>) -> Self {
        self.spec = self.spec.output_count(count);
        self
    }

    /// Sets a value of the configuration. Booleans and numbers are written as text, lists and objects as the text of
    /// their JSON. Secrets belong in [`secret`](Self::secret).
    pub fn configuration(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Expr>) -> Self {
        let value = match value.into().bounded() {
            json @ (Expr::Bool(_) | Expr::Int(_) | Expr::Real(_) | Expr::List(_) | Expr::Map(_) | Expr::Spelled(_)) => {
                wire::json_text(&json).into()
            }
            text => text,
        };
        self.configuration.put(key, value);
        self
    }

    /// Sets a value of the configuration that CloudFormation reads from Secrets Manager; it never stands in the template.
    pub fn secret(mut self, key: impl Into<Cow<'static, str>>, secret: Secret) -> Self {
        self.configuration.put(key, Value::<kind::Text>::from(secret));
        self
    }

    /// Adds a command, for action types that take some beside their configuration.
    pub fn command(mut self, command: impl Into<String>) -> Self {
        self.compute.commands.push(command.into());
        self
    }

    /// Adds an environment variable in plain text, for action types that take some beside their configuration.
    pub fn environment(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.compute.plain(name, value);
        self
    }

    /// Adds an environment variable from Secrets Manager.
    pub fn environment_secret(mut self, name: impl Into<String>, secret: impl Into<String>) -> Self {
        self.compute.secret(name, secret);
        self
    }

    /// Adds an environment variable that later actions can use, for action types that say so beside their configuration.
    pub fn output_variable(mut self, name: impl Into<String>) -> Self {
        self.compute.output_variables.push(name.into());
        self
    }

    /// Adds what the role that performs the action must be allowed, beside reading and writing its artifacts. Actions
    /// whose owner is not AWS are performed by a worker of their own, with permissions of its own.
    pub fn permission(mut self, statement: PolicyStatement) -> Self {
        self.permissions.push(statement);
        self
    }

    /// Adds what a run calls: it is proved to be allowed. Of a type that is not known the proof leaves open what it calls,
    /// unless this says it.
    ///
    /// ```
    /// use construct_pipeline::prelude::*;
    /// let topic = "arn:aws:sns:us-east-1:111111111111:releases";
    /// let tell = CustomAction::new(Category::Invoke, Owner::Aws, "Announcement")
    ///     .permission(PolicyStatement::allow(["sns:Publish"]).on([topic]))
    ///     .call(Call::new(["sns:Publish"]).on([topic]));
    /// ```
    pub fn call(mut self, call: Call) -> Self {
        self.calls.get_or_insert_default().push(call);
        self
    }

    /// The construct the action acts on, which says where it runs unless the action does.
    pub fn acts_on(mut self, construct: impl Into<NodeId>) -> Self {
        self.spec = self.spec.acts_on(construct);
        self
    }

    /// The construct whose own role reads and writes the artifacts.
    pub fn worker(mut self, construct: impl Into<NodeId>) -> Self {
        self.spec = self.spec.worker(construct);
        self
    }

    /// Adds a role that reads the input artifacts beside the action's, in the account in which the action runs: one to
    /// which the service hands them on, as CodeDeploy does to instances.
    pub fn reader(mut self, role: impl Into<GivenRole>) -> Self {
        self.spec = self.spec.readers([role]);
        self
    }

    /// The events that start the pipeline, for a source.
    pub fn trigger(mut self, pattern: EventPattern) -> Self {
        self.trigger = Some(pattern);
        self
    }

    /// Says that the action type exists in pipelines of type V2 only.
    pub fn v2_only(mut self) -> Self {
        self.spec = self.spec.v2_only();
        self
    }
}

impl Provider for CustomAction {
    fn spec(&self) -> ProviderSpec {
        self.spec.clone()
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        self.configuration.clone()
    }

    fn siblings(&self) -> Properties {
        self.compute.siblings()
    }

    fn permissions(&self, _: &ActionCx<'_>, policy: &mut PolicyDocument) {
        for statement in self.permissions.statements() {
            policy.push(statement.clone());
        }
    }

    fn calls(&self, _: &ActionCx<'_>) -> Option<Vec<Call>> {
        self.calls.clone()
    }

    fn trigger(&self, _: &ActionCx<'_>) -> Option<EventPattern> {
        self.trigger.clone()
    }

    fn validate(&self, cx: &ActionCx<'_>) -> Vec<Diagnostic> {
        let mut found = self.compute.validate(cx);
        if self.trigger.is_some() && self.spec.category != Category::Source {
            found.push(
                Diagnostic::error("custom-action::trigger-of-no-source", "only sources start the pipeline")
                    .help("leave `.trigger(…)` out, or make it a source"),
            );
        }
        found
    }
}

/// What the tests of all providers ask for.
#[cfg(test)]
pub(super) mod testing {
    use construct_core::{App, Diagnostic, Env, Expr, Properties};
    use construct_iam::PolicyDocument;

    use crate::filled::about_anything;
    use crate::provider::{ActionCx, EventPattern, Provider};

    pub(crate) const HOME: Env = Env::new("111111111111", "us-east-1");

    /// What a provider answers.
    #[derive(Debug)]
    pub(crate) struct Asked {
        pub(crate) configuration: Properties,
        pub(crate) policy: PolicyDocument,
        pub(crate) trigger: Option<EventPattern>,
        pub(crate) codes: Vec<&'static str>,
    }

    /// Asks a provider everything, for an action in the pipeline's own account and region.
    pub(crate) fn ask(provider: &impl Provider) -> Asked {
        ask_in(&mut App::new(), provider)
    }

    /// Asks a provider that refers to constructs of an app.
    pub(crate) fn ask_in(app: &mut App, provider: &impl Provider) -> Asked {
        let root = app.root();
        let scope = app.at(root);
        let given = provider.spec().passes.and_then(|role| role.given);
        let cx = ActionCx::new(scope.view(), HOME);
        let cx = match &given {
            Some(role) => cx.passing(role.arn()),
            None => cx,
        };
        let mut policy = PolicyDocument::new();
        provider.permissions(&cx, &mut policy);
        Asked {
            configuration: provider.configuration(&cx),
            policy: policy.into_iter().map(about_anything).collect(),
            trigger: provider.trigger(&cx),
            codes: provider.validate(&cx).iter().map(Diagnostic::code).collect(),
        }
    }

    /// A value of a configuration that is known now.
    pub(crate) fn text_of<'a>(configuration: &'a Properties, key: &str) -> Option<&'a str> {
        configuration.get(key).and_then(Expr::literal)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{ask, text_of};
    use super::*;

    fn jenkins() -> CustomAction {
        CustomAction::new(Category::Test, Owner::Custom, "Jenkins")
    }

    #[test]
    fn counts_follow_the_category_unless_given() {
        let counts = |action: CustomAction| (action.spec.input_count.clone(), action.spec.output_count.clone());
        assert_eq!(counts(jenkins()), (0..=5, 0..=5));
        assert_eq!(counts(jenkins().input_count(1..=1).output_count(0..=0)), (1..=1, 0..=0));
        assert_eq!(counts(CustomAction::new(Category::Source, Owner::ThirdParty, "GitHub")), (0..=0, 1..=1));
    }

    #[test]
    fn every_value_is_text() {
        let action = jenkins()
            .configuration("Text", "a \"b\"")
            .configuration("Flag", true)
            .configuration("Number", 5)
            .configuration("List", ["a", "b"])
            .configuration("Object", serde_json::json!({ "a": [1] }))
            .secret("Token", Secret::new("delivery/git"));
        let configuration = ask(&action).configuration;
        let values = ["Text", "Flag", "Number", "List", "Object"].map(|key| text_of(&configuration, key).unwrap());
        assert_eq!(values, ["a \"b\"", "true", "5", r#"["a","b"]"#, r#"{"a":[1]}"#]);
        let token = Expr::from("{{resolve:secretsmanager:delivery/git:SecretString}}");
        assert_eq!(configuration.get("Token"), Some(&token));
    }

    #[test]
    fn what_could_never_work_is_found() {
        let action = jenkins().trigger(EventPattern::new("a", "b"));
        assert_eq!(ask(&action).codes, ["custom-action::trigger-of-no-source"]);
        assert_eq!(ask(&jenkins().configuration("ProjectName", "orders")).codes, [""; 0]);
    }
}
