//! AWS CodeBuild as build and test.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CodeBuild.html>

use construct_core::{Diagnostic, Expr, Properties, Scope, Value, kind};
use construct_iam::{PolicyDocument, PolicyStatement, RoleRef};

use crate::artifact::Artifact;
use crate::aws::{Origin, ProjectRef, Variable, let_builds_read_parameters, secret_unreadable_for, variable_problems};
use crate::provider::{ActionCx, Category, Owner, Provider, ProviderSpec};
use crate::wire;

/// A build of a CodeBuild project.
///
/// The project's own role reads and writes the artifacts. A project of another account can read artifacts but not write
/// them: CodeBuild cannot do that.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let mut app = App::new();
/// let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// let project = app.at(stack).add("Build", PipelineProject::new());
/// let (source, assets, bundle) = (Artifact::new("Source"), Artifact::new("Assets"), Artifact::new("Bundle"));
/// let build = CodeBuild::new(project, &source).input(&assets).output(&bundle).environment("COMMIT", "#{source.CommitId}");
/// ```
///
/// With several inputs, the first is the primary source, which holds the build specification; the others are found under
/// `CODEBUILD_SRC_DIR_<artifact>`. With several outputs, the build specification names each under `secondary-artifacts`.
/// Its variables are those that the build specification exports.
#[doc(alias = "CodeBuildAction")]
#[derive(Clone, Debug)]
#[must_use]
pub struct CodeBuild {
    project: ProjectRef,
    test: bool,
    inputs: Vec<Artifact>,
    outputs: Vec<Artifact>,
    primary: Option<Artifact>,
    batch: bool,
    combine: bool,
    build_spec: Option<String>,
    environment: Vec<Variable>,
    environment_text: Option<String>,
}

impl CodeBuild {
    /// A build of a project with its primary source.
    pub fn new(project: ProjectRef, input: &Artifact) -> Self {
        Self {
            project,
            test: false,
            inputs: vec![input.clone()],
            outputs: Vec::new(),
            primary: None,
            batch: false,
            combine: false,
            build_spec: None,
            environment: Vec::new(),
            environment_text: None,
        }
    }

    /// Makes it a test action: the same work under another category.
    pub fn test(mut self) -> Self {
        self.test = true;
        self
    }

    /// Adds an input; there are at most 5.
    #[doc(alias = "extraInputs")]
    pub fn input(mut self, artifact: &Artifact) -> Self {
        self.inputs.push(artifact.clone());
        self
    }

    /// Adds an output; there are at most 5.
    pub fn output(mut self, artifact: &Artifact) -> Self {
        self.outputs.push(artifact.clone());
        self
    }

    /// The input that holds the build specification, when it is not the first.
    pub fn primary_source(mut self, artifact: &Artifact) -> Self {
        self.primary = Some(artifact.clone());
        self
    }

    /// Runs the builds of the build specification's `batch` section in one go.
    #[doc(alias = "executeBatchBuild")]
    pub fn batch(mut self) -> Self {
        self.batch = true;
        self
    }

    /// Puts the artifacts of a batch into one output.
    #[doc(alias = "combineBatchBuildArtifacts")]
    pub fn combine_artifacts(mut self) -> Self {
        self.combine = true;
        self
    }

    /// The build specification in place of the project's: YAML, or a path within the primary source.
    pub fn build_spec(mut self, text: impl Into<String>) -> Self {
        self.build_spec = Some(text.into());
        self
    }

    /// Adds an environment variable in plain text; it may use the variables of earlier actions, as in `#{source.CommitId}`.
    #[doc(alias = "environmentVariables")]
    pub fn environment(self, name: impl Into<String>, value: impl Into<Value<kind::Text>>) -> Self {
        self.environment_of(Origin::PlainText, name, value.into())
    }

    /// Adds an environment variable from Parameter Store, by the parameter's name, or its ARN if another account shares
    /// it. A role that is made for the project may read it; any other must be allowed to.
    pub fn environment_parameter(self, name: impl Into<String>, parameter: impl Into<Value<kind::Text>>) -> Self {
        self.environment_of(Origin::ParameterStore, name, parameter.into())
    }

    /// Adds an environment variable from Secrets Manager, as `secret-id:json-key:version-stage:version-id`; the project's
    /// role must be allowed to read it, with [`PipelineProject::allow`](crate::aws::PipelineProject::allow).
    pub fn environment_secret(self, name: impl Into<String>, secret: impl Into<Value<kind::Text>>) -> Self {
        self.environment_of(Origin::SecretsManager, name, secret.into())
    }

    /// All environment variables as the text of their JSON, as an existing pipeline has them: a list of objects with
    /// `name`, `value` and `type`. It takes the place of the variables added one by one.
    pub fn environment_json(mut self, text: impl Into<String>) -> Self {
        self.environment_text = Some(text.into());
        self
    }

    fn environment_of(mut self, origin: Origin, name: impl Into<String>, value: Value<kind::Text>) -> Self {
        self.environment.push(Variable { name: name.into(), origin, value });
        self
    }
}

impl Provider for CodeBuild {
    fn spec(&self) -> ProviderSpec {
        let category = if self.test { Category::Test } else { Category::Build };
        ProviderSpec::new(category, Owner::Aws, "CodeBuild")
            .inputs(&self.inputs)
            .input_count(1..=5)
            .outputs(&self.outputs)
            .output_count(0..=5)
            .acts_on(self.project)
            .worker(self.project)
            .no_foreign_outputs()
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        let primary = match (&self.primary, self.inputs.as_slice()) {
            (Some(primary), _) => Some(primary.name()),
            (None, [first, _, ..]) => Some(first.name()),
            (None, _) => None,
        };
        let variables = || self.environment.iter().map(|one| one.properties(["name", "type", "value"]));
        let one_by_one = || (!self.environment.is_empty()).then(|| wire::json_text(&Expr::list(variables())));
        let environment = self.environment_text.clone().map(Value::from).or_else(one_by_one);
        Properties::new()
            .set("ProjectName", self.project.name())
            .opt("PrimarySource", primary.map(str::to_owned))
            .opt("BatchEnabled", self.batch.then_some("true"))
            .opt("CombineArtifacts", self.combine.then_some("true"))
            .opt("BuildspecOverride", self.build_spec.clone())
            .opt("EnvironmentVariables", environment)
    }

    fn permissions(&self, _: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let actions = if self.batch {
            ["codebuild:BatchGetBuildBatches", "codebuild:StartBuildBatch", "codebuild:StopBuildBatch"]
        } else {
            ["codebuild:BatchGetBuilds", "codebuild:StartBuild", "codebuild:StopBuild"]
        };
        policy.push(PolicyStatement::allow(actions).on([self.project.arn()]));
    }

    fn prepare(&self, _: Option<RoleRef>, scope: &mut Scope<'_>) {
        if self.environment_text.is_none() {
            let_builds_read_parameters(self.project, &self.environment, scope);
        }
    }

    fn validate(&self, cx: &ActionCx<'_>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        if self.environment_text.is_none() {
            found.extend(variable_problems(&self.environment));
            found.extend(secret_unreadable_for(self.project, &self.environment, cx.view()));
        }
        // A build knows those by identifiers that it has beside its primary source or a single output:
        // https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectSourceVersion.html
        let primary = self.primary.as_ref().or(self.inputs.first());
        let inputs = self.inputs.iter().filter(|input| Some(*input) != primary);
        let outputs = self.outputs.iter().filter(|_| self.outputs.len() > 1);
        for artifact in inputs.chain(outputs).filter(|artifact| artifact.name().contains('-')) {
            let name = artifact.name();
            let message = format!(
                "`{name}` is an artifact beside others, which CodeBuild knows by identifiers of letters, digits and `_`"
            );
            let help = format!("name it `{}`", name.replace('-', "_"));
            found.push(Diagnostic::warning("codebuild::artifact-identifier", message).help(help));
        }
        if let Some(primary) = &self.primary
            && !self.inputs.contains(primary)
        {
            found.push(
                Diagnostic::error(
                    "codebuild::primary-source",
                    format!("the primary source `{}` is no input of the action", primary.name()),
                )
                .help(format!("add it with `.input(&{})`", primary.name().to_lowercase())),
            );
        }
        if self.combine && !self.batch {
            found.push(
                Diagnostic::error("codebuild::combine-without-batch", "only a batch has artifacts to combine")
                    .help("add `.batch()`, or leave `.combine_artifacts()` out"),
            );
        }
        found
    }
}
