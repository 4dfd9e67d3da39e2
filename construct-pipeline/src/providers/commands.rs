//! Shell commands without a build project.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Commands.html>

use std::ops::RangeInclusive;

use construct_core::{Diagnostic, Env, Properties};
use construct_iam::{Arn, PolicyDocument, PolicyStatement};

use crate::artifact::Artifact;
use crate::aws::VpcConfig;
use crate::provider::{ActionCx, Category, Owner, Provider, ProviderSpec};
use crate::quota;

/// Runs shell commands on a machine that CodePipeline brings, with the role of the action; pipelines of type V2 only.
///
/// It takes at most 55 minutes. Every build counts towards the account's limits of CodeBuild.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let (source, site) = (Artifact::new("Source"), Artifact::new("Site").export_file("dist/**/*"));
/// let build = Commands::new(&source)
///     .command("npm ci")
///     .command("npm run build && export VERSION=$(cat version.txt)")
///     .environment("STAGE", "production")
///     .output_variable("VERSION")
///     .output(&site);
/// ```
///
/// Its variables are those named with [`output_variable`](Self::output_variable).
#[doc(alias = "CommandsAction")]
#[derive(Clone, Debug)]
#[must_use]
pub struct Commands {
    inputs: Vec<Artifact>,
    output: Option<Artifact>,
    compute: Compute,
    vpc: Option<VpcConfig>,
    configuration: Properties,
    permissions: PolicyDocument,
}

impl Commands {
    /// No commands yet, in a folder with the files of an artifact.
    pub fn new(input: &Artifact) -> Self {
        Self {
            inputs: vec![input.clone()],
            output: None,
            compute: Compute::default(),
            vpc: None,
            configuration: Properties::new(),
            permissions: PolicyDocument::new(),
        }
    }

    /// Adds a command, one line of a shell: 1 to 1,000 characters; there are 1 to 50.
    pub fn command(mut self, command: impl Into<String>) -> Self {
        self.compute.commands.push(command.into());
        self
    }

    /// Adds an environment variable in plain text: 1 to 2,000 characters; there are at most 10.
    pub fn environment(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.compute.plain(name, value);
        self
    }

    /// Adds an environment variable from Secrets Manager, by the name or ARN of the secret, which the action's role must be
    /// allowed to read with [`permission`](Self::permission).
    pub fn environment_secret(mut self, name: impl Into<String>, secret: impl Into<String>) -> Self {
        self.compute.secret(name, secret);
        self
    }

    /// Adds a variable that later actions can use: the value that an environment variable has at the end. There are at
    /// most 15.
    pub fn output_variable(mut self, name: impl Into<String>) -> Self {
        self.compute.output_variables.push(name.into());
        self
    }

    /// Adds an input; there are at most 10.
    pub fn input(mut self, artifact: &Artifact) -> Self {
        self.inputs.push(artifact.clone());
        self
    }

    /// The output, which holds the files that the artifact [exports](Artifact::export_file); AWS does not document what it
    /// holds if there are none.
    pub fn output(mut self, artifact: &Artifact) -> Self {
        self.output = Some(artifact.clone());
        self
    }

    /// Lets the commands run in a VPC, in place of one that was given before. The action's role is allowed what that takes.
    pub fn vpc_config(mut self, vpc: VpcConfig) -> Self {
        self.vpc = Some(vpc);
        self
    }

    /// Sets a value of the configuration, such as `ComputeType` or `EnvironmentType`.
    pub fn configuration(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.configuration.put(key, value.into());
        self
    }

    /// Adds what the commands may do.
    pub fn permission(mut self, statement: PolicyStatement) -> Self {
        self.permissions.push(statement);
        self
    }
}

/// The characters of a command, and of the name and value of a variable, as the API validates them.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionDeclaration.html>,
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_EnvironmentVariable.html>
const COMMAND: RangeInclusive<usize> = 1..=1_000;
const VARIABLE_NAME: RangeInclusive<usize> = 1..=128;
const VARIABLE: RangeInclusive<usize> = 1..=2_000;

impl Provider for Commands {
    fn spec(&self) -> ProviderSpec {
        ProviderSpec::new(Category::Compute, Owner::Aws, "Commands")
            .inputs(&self.inputs)
            .input_count(1..=10)
            .outputs(&self.output)
            .output_count(0..=1)
            .v2_only()
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        let network = self.vpc.iter().flat_map(VpcConfig::settings);
        network.fold(self.configuration.clone(), |configuration, (key, value)| configuration.set(key, value))
    }

    fn siblings(&self) -> Properties {
        self.compute.siblings()
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        policy.push(log_statement(cx.env(), cx.pipeline()));
        // AWS does not document to which service it hands the network interfaces.
        let in_vpc = self.vpc.iter().flat_map(|vpc| vpc.permissions(cx.env(), None));
        in_vpc.for_each(|statement| policy.push(statement));
        self.permissions.statements().for_each(|statement| policy.push(statement.clone()));
    }

    fn validate(&self, cx: &ActionCx<'_>) -> Vec<Diagnostic> {
        let mut found = self.compute.validate(cx);
        found.extend(self.vpc.iter().flat_map(VpcConfig::problems));
        if self.compute.commands.is_empty() {
            found.push(
                Diagnostic::error("commands::no-command", "there is no command").help("add one with `.command(…)`"),
            );
        }
        found
    }
}

/// Lets an action or a rule write its log.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Commands.html#action-reference-Commands-policy>
pub(crate) fn log_statement(env: Env, pipeline: &str) -> PolicyStatement {
    let group = |end: &str| Arn::regional(env, "logs", format!("log-group:/aws/codepipeline/{pipeline}{end}"));
    PolicyStatement::allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"])
        .on([group(""), group(":*")])
}

/// What actions say beside their configuration.
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionDeclaration.html>
#[derive(Clone, Debug, Default)]
pub(super) struct Compute {
    pub(super) commands: Vec<String>,
    pub(super) environment: Vec<Variable>,
    pub(super) output_variables: Vec<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Variable {
    name: String,
    value: String,
    kind: &'static str,
}

impl Compute {
    pub(super) fn plain(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.environment.push(Variable { name: name.into(), value: value.into(), kind: "PLAINTEXT" });
    }

    pub(super) fn secret(&mut self, name: impl Into<String>, secret: impl Into<String>) {
        self.environment.push(Variable { name: name.into(), value: secret.into(), kind: "SECRETS_MANAGER" });
    }

    pub(super) fn siblings(&self) -> Properties {
        let environment = self.environment.iter().map(|variable| {
            Properties::new()
                .set("Name", variable.name.clone())
                .set("Value", variable.value.clone())
                .set("Type", variable.kind)
        });
        Properties::new()
            .list("Commands", self.commands.iter().cloned())
            .list("EnvironmentVariables", environment)
            .list("OutputVariables", self.output_variables.iter().cloned())
    }

    pub(super) fn validate(&self, cx: &ActionCx<'_>) -> Vec<Diagnostic> {
        let counts = [
            (&quota::COMMANDS, self.commands.len()),
            (&quota::ENVIRONMENT_VARIABLES, self.environment.len()),
            (&quota::OUTPUT_VARIABLES, self.output_variables.len()),
        ];
        let counts = counts.into_iter().filter(|(_, n)| *n > 0).map(|(quota, n)| (quota, n, cx.quota(quota)));
        let too_many = counts.filter(|(_, n, most)| n > most).map(|(quota, n, most)| {
            let message = format!("there are {n} {}; CodePipeline takes at most {most}", quota.unit);
            Diagnostic::error(quota.code, message).help(quota.help)
        });
        let commands = self.commands.iter().filter(|text| !COMMAND.contains(&text.chars().count())).map(|text| {
            let n = text.chars().count();
            Diagnostic::error("commands::malformed-command", format!("a command has {n} characters"))
                .help("commands have 1 to 1,000 characters; put longer ones into a script of an input artifact")
        });
        let name = |text: &str| {
            VARIABLE_NAME.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let names = self.environment.iter().map(|variable| &variable.name).chain(&self.output_variables);
        let names = names.filter(|text| !name(text)).map(|text| {
            let message = format!("`{}` is no name of an environment variable", text.escape_debug());
            Diagnostic::error("commands::malformed-variable", message).help("use 1 to 128 letters, digits and `_`")
        });
        let values = self.environment.iter().filter(|variable| !VARIABLE.contains(&variable.value.chars().count()));
        let values = values.map(|Variable { name, value, .. }| {
            let n = value.chars().count();
            let message = format!("the environment variable `{}` has {n} characters", name.escape_debug());
            Diagnostic::error("commands::malformed-value", message)
                .help("values have 1 to 2,000 characters; keep longer ones in a file of an input artifact")
        });
        too_many.chain(commands).chain(names).chain(values).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::custom::testing::{HOME, ask};
    use super::*;
    use construct_core::Expr;

    #[test]
    fn commands_stand_beside_the_configuration() {
        let source = Artifact::new("Source");
        let action = Commands::new(&source)
            .command("make")
            .environment("A", "1")
            .environment_secret("B", "token")
            .output_variable("VERSION");
        let plain = Properties::new().set("Name", "A").set("Value", "1").set("Type", "PLAINTEXT");
        let secret = Properties::new().set("Name", "B").set("Value", "token").set("Type", "SECRETS_MANAGER");
        let wanted = Properties::new()
            .set("Commands", Expr::list(["make"]))
            .set("EnvironmentVariables", Expr::list([plain, secret]))
            .set("OutputVariables", Expr::list(["VERSION"]));
        assert_eq!(action.siblings(), wanted);
        let asked = ask(&action);
        assert_eq!(asked.policy, PolicyDocument::new().with(log_statement(HOME, "pipeline")));
        assert_eq!(asked.codes, [""; 0]);
    }

    #[test]
    fn what_codepipeline_refuses_is_found() {
        let action = || Commands::new(&Artifact::new("Source"));
        let many = |n: usize| (0..n).fold(action(), |action, _| action.command("make"));
        assert_eq!(ask(&action()).codes, ["commands::no-command"]);
        assert_eq!(ask(&many(51)).codes, ["commands::too-many-commands"]);
        assert_eq!(ask(&many(1).command("x".repeat(1_001))).codes, ["commands::malformed-command"]);
        let variables = (0..11).fold(many(1), |action, n| action.environment(format!("V{n}"), "1"));
        assert_eq!(ask(&variables).codes, ["commands::too-many-variables"]);
        let outputs = (0..16).fold(many(1), |action, n| action.output_variable(format!("V{n}")));
        assert_eq!(ask(&outputs).codes, ["commands::too-many-outputs"]);
        assert_eq!(ask(&many(1).environment("A-B", "1")).codes, ["commands::malformed-variable"]);
        for value in [String::new(), "x".repeat(2_001)] {
            assert_eq!(ask(&many(1).environment("A", value)).codes, ["commands::malformed-value"]);
        }
    }
}
