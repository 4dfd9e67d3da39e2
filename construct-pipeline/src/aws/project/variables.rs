//! Environment variables of builds: those of a project, and those that an action adds.
//!
//! Codes: `codebuild::duplicate-variable`, `codebuild::malformed-variable`, `codebuild::secret-in-plain-text`,
//! `codebuild::secret-without-permission`.

use std::collections::BTreeSet;

use construct_core::{Diagnostic, Env, Expr, Fact, Properties, Reach, Scope, Value, View, kind};
use construct_iam::{Arn, ManagedPolicy, PolicyStatement, RoleRef};

use super::ProjectRef;

/// Where a build gets the value of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    PlainText,
    ParameterStore,
    SecretsManager,
}

impl Origin {
    fn as_str(self) -> &'static str {
        match self {
            Self::PlainText => "PLAINTEXT",
            Self::ParameterStore => "PARAMETER_STORE",
            Self::SecretsManager => "SECRETS_MANAGER",
        }
    }
}

/// A variable: its value, or the name of the parameter or secret that has it.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) origin: Origin,
    pub(crate) value: Value<kind::Text>,
}

impl Variable {
    /// The variable under the words for its name, its type and its value, which are not the same everywhere.
    pub(crate) fn properties(&self, [name, origin, value]: [&'static str; 3]) -> Properties {
        Properties::new().set(name, self.name.clone()).set(origin, self.origin.as_str()).set(value, &self.value)
    }
}

/// What is wrong with variables, wherever they stand.
pub(crate) fn variable_problems(variables: &[Variable]) -> Vec<Diagnostic> {
    let of_one = |variable| misnamed(variable).into_iter().chain(secret_in_plain_text(variable));
    variable_given_twice(variables).into_iter().chain(variables.iter().flat_map(of_one)).collect()
}

/// That a variable has two values, of which CodeBuild documents no order.
fn variable_given_twice(variables: &[Variable]) -> Option<Diagnostic> {
    let mut seen = BTreeSet::new();
    let twice = variables.iter().find(|variable| !seen.insert(&variable.name))?.name.escape_debug();
    let message = format!("the variable `{twice}` is given twice, and nobody says which value counts");
    Some(Diagnostic::warning("codebuild::duplicate-variable", message).help("keep one of them"))
}

/// That no build could read a variable by its name.
fn misnamed(Variable { name, .. }: &Variable) -> Option<Diagnostic> {
    let sound = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (!sound).then(|| {
        let message = format!("`{}` is no name of a variable", name.escape_debug());
        Diagnostic::error("codebuild::malformed-variable", message).help("use letters, digits and `_`")
    })
}

/// That everybody who may look at a project or a pipeline reads a secret.
fn secret_in_plain_text(variable: &Variable) -> Option<Diagnostic> {
    let is_secret = matches!(variable.value.expr(), Expr::Str(text) if text.contains("{{resolve:secretsmanager:"));
    (is_secret && variable.origin == Origin::PlainText).then(|| {
        let message = format!("the variable `{}` shows a secret in plain text", variable.name.escape_debug());
        Diagnostic::error("codebuild::secret-in-plain-text", message)
            .help("use `environment_secret`, which hands the build a reference")
    })
}

/// The role that was made for the builds of a project, and where it stands. What a role that is given may do is for
/// those to say who made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MadeRole {
    pub(super) role: RoleRef,
    pub(super) env: Option<Env>,
}

impl Fact for MadeRole {
    const NAME: &'static str = "role made for the builds of a project";
    const REACH: Reach = Reach::Node;
    const MUST_BE_READ: bool = false;
    const IS_KEPT_FOR_CHECKS: bool = false;
}

/// Lets a role read the parameters among the variables of builds that work with it.
pub(super) fn let_read_parameters(role: RoleRef, variables: &[Variable], env: Option<Env>, scope: &mut Scope<'_>) {
    let parameters = variables.iter().filter(|variable| variable.origin == Origin::ParameterStore);
    // One that another account shares is named by its ARN.
    let arn = |named: &str| match Arn::parse(named) {
        Ok(arn) => Some(arn),
        Err(_) => Some(Arn::regional(env?, "ssm", format!("parameter/{}", named.trim_start_matches('/')))),
    };
    let arns: Vec<Arn> = parameters.filter_map(|variable| arn(variable.value.literal()?)).collect();
    if !arns.is_empty() {
        scope.attach(role, PolicyStatement::allow(["ssm:GetParameters"]).on(arns));
    }
}

/// The same for variables that an action adds, if the role was made for the project.
pub(crate) fn let_builds_read_parameters(project: ProjectRef, variables: &[Variable], scope: &mut Scope<'_>) {
    let made = scope.view().facts_of::<MadeRole>(project).next().copied();
    if let Some(MadeRole { role, env }) = made {
        let_read_parameters(role, variables, env, scope);
    }
}

/// A build fails before it begins when its role may not read a secret among its variables.
/// <https://github.com/aws/aws-cdk/issues/12121>
pub(super) fn unreadable_secret<'s>(
    variables: &[Variable],
    mut statements: impl Iterator<Item = &'s PolicyStatement>,
    mut managed: impl Iterator<Item = &'s ManagedPolicy>,
) -> Option<Diagnostic> {
    let secret = variables.iter().find(|variable| variable.origin == Origin::SecretsManager)?;
    if statements.any(speaks_of_secrets) || managed.next().is_some() {
        return None;
    }
    let message = format!("nothing lets builds read the secret of the variable `{}`", secret.name.escape_debug());
    let help = "let the project read it, with `.allow(PolicyStatement::allow([\"secretsmanager:GetSecretValue\"]).on([…]))` and the ARN of the secret";
    Some(Diagnostic::warning("codebuild::secret-without-permission", message).help(help))
}

/// The same for variables that an action adds, if the role was made for the project.
pub(crate) fn secret_unreadable_for(project: ProjectRef, variables: &[Variable], view: View<'_>) -> Option<Diagnostic> {
    let made = view.facts_of::<MadeRole>(project).next()?;
    unreadable_secret(variables, view.facts_of(made.role), view.facts_of(made.role))
}

/// Whether a statement may be about reading secrets.
fn speaks_of_secrets(statement: &PolicyStatement) -> bool {
    let Expr::Map(elements) = statement.expr() else { return true };
    let is_one = |action: &Expr| action.literal().is_none_or(|text| text == "*" || text.starts_with("secretsmanager:"));
    elements.iter().any(|(element, value)| match (&**element, value) {
        ("Action", Expr::List(actions)) => actions.iter().any(is_one),
        ("Action", action) => is_one(action),
        ("NotAction", _) => true,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use construct_core::{App, Env};
    use construct_iam::{PolicyStatement, Principal, Role};

    use crate::aws::PipelineProject;
    use crate::providers::{CodeBuild, CodeCommitSource};
    use crate::{Action, Artifact, Pipeline, Stage};

    #[test]
    fn a_parameter_may_be_named_by_its_arn() {
        let shared = "arn:aws:ssm:us-east-1:222222222222:parameter/shared/level";
        let mut app = App::new();
        let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
        let project = PipelineProject::new().environment_parameter("A", shared).environment_parameter("B", "/own");
        app.at(stack).add("Build", project);
        let template = app.synth().expect("nothing is wrong").stacks()[0].template.clone();
        // As the value, and in the policy.
        assert_eq!(template.matches(&format!("\"{shared}\"")).count(), 2);
        assert!(template.contains("\"arn:aws:ssm:us-east-1:111111111111:parameter/own\""), "{template}");
    }

    #[test]
    fn builds_may_read_the_parameters_of_an_action() {
        let parameter = "arn:aws:ssm:us-east-1:111111111111:parameter/orders/level";
        for (is_made, times) in [(true, 1), (false, 0)] {
            let mut app = App::new();
            let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
            let mut scope = app.at(stack);
            let read = PolicyStatement::allow(["ssm:GetParameters"]).on(["arn:aws:ssm:*:*:parameter/orders/*"]);
            let given = scope.add("Given", Role::new(Principal::service("codebuild.amazonaws.com")).allow(read));
            let project = match is_made {
                true => PipelineProject::new(),
                false => PipelineProject::new().role(given),
            };
            let project = scope.add("Build", project);
            let source = Artifact::new("Source");
            let build = CodeBuild::new(project, &source).environment_parameter("LEVEL", "/orders/level");
            let checkout = Action::new("Checkout", CodeCommitSource::new("orders", &source));
            let pipeline = Pipeline::new("orders")
                .stage(Stage::new("Source").action(checkout))
                .stage(Stage::new("Build").action(Action::new("Build", build)));
            scope.add("Pipeline", pipeline);
            let assembly = app.synth().expect("nothing is wrong");
            assert_eq!(assembly.stacks()[0].template.matches(parameter).count(), times);
        }
    }
}
