//! Releases of Lambda functions.

use construct_core::{DependsOn, Diagnostic, Properties, Scope, text};
use construct_iam::{PolicyDocument, PolicyStatement, RoleRef};
use construct_pipeline::{ActionCx, Artifact, Category, Owner, Provider, ProviderSpec};

use crate::landing::LandingRef;

/// Publishes the code in an artifact as a new version of a function and moves the alias `live` to it. It runs where the
/// function is.
///
/// ```
/// use acme_delivery::{LambdaRelease, Landing};
/// use construct_pipeline::prelude::*;
/// let mut app = App::new();
/// let stack = app.stack("Orders", Env::new("333333333333", "eu-west-1"));
/// let landing = app.at(stack).add("Landing", Landing::new("orders", "orders-api"));
/// let code = Artifact::new("Code");
/// let release = Action::new("Release", LambdaRelease::new(landing, &code).strategy("Canary10Percent5Minutes"));
/// ```
///
/// See <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-LambdaDeploy.html>.
#[derive(Clone, Debug)]
#[must_use]
pub struct LambdaRelease {
    landing: LandingRef,
    code: Artifact,
    strategy: String,
}

impl LambdaRelease {
    /// Releases the code at once.
    pub fn new(landing: LandingRef, code: &Artifact) -> Self {
        Self { landing, code: code.clone(), strategy: "AllAtOnce".into() }
    }

    /// How callers are moved to the new version: `AllAtOnce`, or as in `Canary10Percent5Minutes` and
    /// `Linear10PercentEvery1Minute`.
    pub fn strategy(mut self, strategy: impl Into<String>) -> Self {
        self.strategy = strategy.into();
        self
    }
}

impl Provider for LambdaRelease {
    fn spec(&self) -> ProviderSpec {
        ProviderSpec::new(Category::Deploy, Owner::Aws, "Lambda")
            .input(&self.code)
            .input_count(1..=1)
            .acts_on(self.landing.function)
            .v2_only()
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        Properties::new()
            .set("FunctionName", self.landing.function.name())
            .set("FunctionAlias", "live")
            .set("DeployStrategy", self.strategy.clone())
    }

    fn permissions(&self, _: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let function = self.landing.function.arn();
        let change = ["lambda:GetAlias", "lambda:PublishVersion", "lambda:UpdateAlias", "lambda:UpdateFunctionCode"];
        policy.push(PolicyStatement::allow(change).on([function.clone()]));
        let look = ["lambda:GetFunctionConfiguration", "lambda:GetProvisionedConcurrencyConfig"];
        policy.push(PolicyStatement::allow(look).on([function.clone(), text!("{}:*", function).cast()]));
        let log = ["logs:CreateLogStream", "logs:PutLogEvents"];
        policy.push(PolicyStatement::allow(log).on([self.landing.log_group.arn()]));
    }

    fn prepare(&self, _: Option<RoleRef>, scope: &mut Scope<'_>) {
        // The pipeline runs as soon as it exists, and the log group must not be made without a retention then.
        scope.attach(scope.here(), DependsOn::new(self.landing.log_group));
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        if is_strategy(&self.strategy) {
            return Vec::new();
        }
        let message = format!("`{}` is no way to move callers to a new version", self.strategy.escape_debug());
        let help = "use `AllAtOnce`, or a strategy such as `Canary10Percent5Minutes` or `Linear10PercentEvery1Minute`";
        vec![Diagnostic::error("acme::malformed-strategy", message).help(help)]
    }
}

fn is_strategy(text: &str) -> bool {
    let shifts = |text: &str, between: &str, unit: &str| {
        let (percent, rest) = text.split_once(between)?;
        let percent: u8 = percent.parse().ok()?;
        let minutes: u16 = rest.strip_suffix('s').unwrap_or(rest).strip_suffix(unit)?.parse().ok()?;
        // Two days are the most.
        Some((1..=99).contains(&percent) && (1..=2_880).contains(&minutes))
    };
    text == "AllAtOnce"
        || text.strip_prefix("Canary").and_then(|rest| shifts(rest, "Percent", "Minute")).unwrap_or(false)
        || text.strip_prefix("Linear").and_then(|rest| shifts(rest, "PercentEvery", "Minute")).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Landing;
    use construct_core::{App, Env, Expr};

    const TOOLS: Env = Env::new("111111111111", "us-east-1");
    const TEST: Env = Env::new("333333333333", "eu-west-1");

    fn landing(app: &mut App) -> LandingRef {
        let stack = app.stack("Orders", TEST);
        app.at(stack).add("Landing", Landing::new("orders", "orders-api"))
    }

    #[test]
    fn it_runs_where_the_function_is() {
        let mut app = App::new();
        let landing = landing(&mut app);
        let spec = LambdaRelease::new(landing, &Artifact::new("Code")).spec();
        assert_eq!(spec.acts_on, Some(landing.function.into()));
        assert!(spec.v2_only && spec.inputs.len() == 1 && spec.outputs.is_empty());
        let stack = app.stack("Tools", TOOLS);
        assert_eq!(app.at(stack).view().env_of(landing.function), Some(TEST));
    }

    #[test]
    fn only_its_function_and_log_group_are_touched() {
        let mut app = App::new();
        let landing = landing(&mut app);
        let stack = app.stack("Tools", TOOLS);
        let scope = app.at(stack);
        let cx = ActionCx::new(scope.view(), TOOLS).in_env(TEST);
        let mut policy = PolicyDocument::new();
        let release = LambdaRelease::new(landing, &Artifact::new("Code"));
        release.permissions(&cx, &mut policy);
        let resources: Vec<&Expr> = policy.statements().flat_map(PolicyStatement::resource_exprs).collect();
        assert!(!resources.is_empty() && !resources.contains(&&Expr::from("*")));
        for resource in resources {
            let mut of = Vec::new();
            resource.for_each_attr(&mut |node, _| of.push(node));
            assert!(of == [landing.function.into()] || of == [landing.log_group.into()], "{resource:?}");
        }
        assert_eq!(release.configuration(&cx).get("FunctionName"), Some(&landing.function.name().into()));
    }

    #[test]
    fn strategies_are_read() {
        for sound in
            ["AllAtOnce", "Canary10Percent5Minutes", "Linear10PercentEvery1Minute", "Canary1Percent2880Minutes"]
        {
            assert!(is_strategy(sound), "{sound}");
        }
        for unsound in [
            "",
            "AtOnce",
            "Canary10Percent",
            "Canary0Percent5Minutes",
            "Linear10Percent5Minutes",
            "Canary10Percent2881Minutes",
        ] {
            assert!(!is_strategy(unsound), "{unsound}");
        }
    }
}
