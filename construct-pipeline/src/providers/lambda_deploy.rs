//! New versions of Lambda functions.
//!
//! Codes: `lambda-deploy::malformed-alias`, `lambda-deploy::malformed-strategy`, `lambda-deploy::no-alias`,
//! `lambda-deploy::too-many-alarms`.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-LambdaDeploy.html>

use std::fmt;

use construct_core::{Diagnostic, Properties, Value, kind, text};
use construct_iam::{PolicyDocument, PolicyStatement};

use super::commands::log_statement;
use crate::artifact::Artifact;
use crate::aws::FunctionRef;
use crate::provider::{ActionCx, Category, Owner, Provider, ProviderSpec};

const MOST_ALARMS: usize = 10;
/// Minutes: 2 days.
const LONGEST: u32 = 2 * 24 * 60;

/// Publishes the code in an artifact as a new version of a function, and moves an alias there; pipelines of type V2 only.
/// It runs where the function is, which has a version already.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let mut app = App::new();
/// let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// let function =
///     app.at(stack).add("Orders", Function::import("arn:aws:lambda:us-east-1:333333333333:function:orders"));
/// let code = Artifact::new("Code");
/// let deploy = Action::new(
///     "Deploy",
///     LambdaDeploy::new(function, &code)
///         .function_alias("live")
///         .deploy_strategy(LambdaDeployStrategy::Canary { percent: 10, minutes: 5 })
///         .alarm("orders-errors"),
/// );
/// let back = Action::new("Back", LambdaDeploy::version(function, "live", "#{variables.Version}"));
/// ```
///
/// Its variable: `FunctionVersion`.
#[derive(Clone, Debug)]
#[must_use]
pub struct LambdaDeploy {
    function: FunctionRef,
    input: Option<Artifact>,
    alias: Option<Value<kind::Text>>,
    version: Option<Value<kind::Text>>,
    strategy: Option<LambdaDeployStrategy>,
    alarms: Vec<String>,
}

/// How fast an alias moves to a new version: within 2 days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LambdaDeployStrategy {
    /// At once, which is the default.
    AllAtOnce,
    /// So many of a hundred requests first, 1 to 99, and all others after so many minutes.
    #[expect(missing_docs, reason = "the variant says it")]
    Canary { percent: u32, minutes: u32 },
    /// So many more of a hundred requests, 1 to 99, every so many minutes.
    #[expect(missing_docs, reason = "the variant says it")]
    Linear { percent: u32, minutes: u32 },
}

impl LambdaDeployStrategy {
    fn problem(self) -> Option<Diagnostic> {
        let (percent, minutes, waits) = match self {
            Self::AllAtOnce => return None,
            Self::Canary { percent, minutes } => (percent, minutes, 1),
            Self::Linear { percent, minutes } => (percent, minutes, 100_u32.div_ceil(percent.max(1)).saturating_sub(1)),
        };
        let is_sound = (1..=99).contains(&percent) && minutes > 0 && minutes.saturating_mul(waits) <= LONGEST;
        let message = || format!("`{self}` is no strategy");
        let help = "move 1 to 99 percent, and all within 2 days";
        (!is_sound).then(|| Diagnostic::error("lambda-deploy::malformed-strategy", message()).help(help))
    }
}

/// As the configuration has it. AWS shows `Every1Minute` beside `5Minutes`; that the former holds for a canary, too, is an
/// assumption.
impl fmt::Display for LambdaDeployStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = |minutes| if minutes == 1 { "Minute" } else { "Minutes" };
        match *self {
            Self::AllAtOnce => f.write_str("AllAtOnce"),
            Self::Canary { percent, minutes } => write!(f, "Canary{percent}Percent{minutes}{}", unit(minutes)),
            Self::Linear { percent, minutes } => write!(f, "Linear{percent}PercentEvery{minutes}{}", unit(minutes)),
        }
    }
}

impl LambdaDeploy {
    /// Deploys the code in an artifact, a ZIP archive as Lambda takes it.
    pub fn new(function: FunctionRef, input: &Artifact) -> Self {
        let input = Some(input.clone());
        Self { function, input, alias: None, version: None, strategy: None, alarms: Vec::new() }
    }

    /// Moves an alias to a version that was published before, by its number or a variable.
    #[doc(alias = "PublishedTargetVersion")]
    pub fn version(
        function: FunctionRef,
        alias: impl Into<Value<kind::Text>>,
        version: impl Into<Value<kind::Text>>,
    ) -> Self {
        let (alias, version) = (Some(alias.into()), Some(version.into()));
        Self { function, input: None, alias, version, strategy: None, alarms: Vec::new() }
    }

    /// The alias that moves to the new version. It exists and stands for one version; without one, the code goes to
    /// `$LATEST` and becomes a version.
    pub fn function_alias(mut self, name: impl Into<Value<kind::Text>>) -> Self {
        self.alias = Some(name.into());
        self
    }

    /// How fast the alias moves.
    pub fn deploy_strategy(mut self, strategy: LambdaDeployStrategy) -> Self {
        self.strategy = Some(strategy);
        self
    }

    /// Adds an alarm of CloudWatch by its name, there where the function is: the alias goes back when it sounds. There are
    /// at most 10.
    pub fn alarm(mut self, name: impl Into<String>) -> Self {
        self.alarms.push(name.into());
        self
    }
}

impl Provider for LambdaDeploy {
    fn spec(&self) -> ProviderSpec {
        ProviderSpec::new(Category::Deploy, Owner::Aws, "Lambda")
            .inputs(&self.input)
            .input_count(0..=1)
            .acts_on(self.function)
            .v2_only()
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        Properties::new()
            .set("FunctionName", self.function.name())
            .opt("FunctionAlias", self.alias.as_ref())
            .opt("PublishedTargetVersion", self.version.as_ref())
            .opt("DeployStrategy", self.strategy.map(|strategy| strategy.to_string()))
            .opt("Alarms", (!self.alarms.is_empty()).then(|| self.alarms.join(",")))
    }

    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let calls = [
            "lambda:GetAlias",
            "lambda:GetFunctionConfiguration",
            "lambda:GetProvisionedConcurrencyConfig",
            "lambda:PublishVersion",
            "lambda:UpdateAlias",
            "lambda:UpdateFunctionCode",
        ];
        // Some are about the function, some about a version or an alias of it.
        let function = self.function.arn();
        policy.push(PolicyStatement::allow(calls).on([function.clone(), text!("{}:*", function).cast()]));
        if !self.alarms.is_empty() {
            let alarms = self.alarms.iter().map(|name| cx.arn("cloudwatch", format!("alarm:{name}")));
            policy.push(PolicyStatement::allow(["cloudwatch:DescribeAlarms"]).on(alarms));
        }
        policy.push(log_statement(cx.env(), cx.pipeline()));
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        let shifts = self.strategy.is_some_and(|strategy| strategy != LambdaDeployStrategy::AllAtOnce);
        let no_alias = (shifts && self.alias.is_none()).then(|| {
            let message = "nothing says which alias moves to the new version step by step";
            let help = "name it with `.function_alias(name)`, or leave `.deploy_strategy(…)` out";
            Diagnostic::error("lambda-deploy::no-alias", message).help(help)
        });
        let too_many = (self.alarms.len() > MOST_ALARMS).then(|| {
            let message = format!("there are {} alarms; the action takes at most {MOST_ALARMS}", self.alarms.len());
            let help = "put some of them together in a composite alarm";
            Diagnostic::error("lambda-deploy::too-many-alarms", message).help(help)
        });
        let strategy = self.strategy.and_then(LambdaDeployStrategy::problem);
        let alias = self.alias.as_ref().and_then(Value::literal).filter(|name| !name.contains("#{") && !is_alias(name));
        let malformed = alias.map(|name| {
            Diagnostic::error("lambda-deploy::malformed-alias", format!("`{}` is no alias", name.escape_debug()))
                .help("aliases have 1 to 128 letters, digits, `_` and `-`, and not digits alone")
        });
        malformed.into_iter().chain(no_alias).chain(strategy).chain(too_many).collect()
    }
}

/// Whether an alias can have this name.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html>
fn is_alias(name: &str) -> bool {
    let is_sound = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    (1..=128).contains(&name.len()) && name.bytes().all(is_sound) && !name.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use construct_core::App;

    use super::super::custom::testing::{Asked, HOME, ask_in, text_of};
    use super::*;
    use crate::aws::Function;

    fn asked(deploy: impl FnOnce(FunctionRef) -> LambdaDeploy) -> Asked {
        let mut app = App::new();
        let stack = app.stack("Tools", HOME);
        let function = Function::import("arn:aws:lambda:us-east-1:111111111111:function:orders");
        let function = app.at(stack).add("Orders", function);
        ask_in(&mut app, &deploy(function))
    }

    fn code(function: FunctionRef) -> LambdaDeploy {
        LambdaDeploy::new(function, &Artifact::new("Code"))
    }

    #[test]
    fn an_alias_moves_step_by_step() {
        let canary = LambdaDeployStrategy::Canary { percent: 10, minutes: 5 };
        let asked = asked(|function| {
            code(function).function_alias("live").deploy_strategy(canary).alarm("errors").alarm("latency")
        });
        let keys = ["FunctionAlias", "DeployStrategy", "Alarms"];
        let values = keys.map(|key| text_of(&asked.configuration, key).expect("a text"));
        assert_eq!(values, ["live", "Canary10Percent5Minutes", "errors,latency"]);
        let alarms =
            ["errors", "latency"].map(|name| format!("arn:aws:cloudwatch:us-east-1:111111111111:alarm:{name}"));
        let looks = PolicyStatement::allow(["cloudwatch:DescribeAlarms"]).on(alarms);
        assert!(asked.policy.statements().any(|one| *one == looks), "{asked:?}");
        assert_eq!(asked.codes, [""; 0]);
    }

    #[test]
    fn a_version_that_is_there_needs_no_code() {
        let asked = asked(|function| {
            let back = LambdaDeploy::version(function, "live", "7");
            assert_eq!(back.spec().inputs, []);
            back
        });
        assert_eq!(text_of(&asked.configuration, "PublishedTargetVersion"), Some("7"));
        assert_eq!(asked.policy.statements().count(), 2, "no alarms: {asked:?}");
    }

    #[test]
    fn strategies_are_spelled_as_codepipeline_does() {
        use LambdaDeployStrategy::{AllAtOnce, Canary, Linear};
        for (strategy, text) in [
            (AllAtOnce, "AllAtOnce"),
            (Canary { percent: 20, minutes: 15 }, "Canary20Percent15Minutes"),
            (Linear { percent: 10, minutes: 1 }, "Linear10PercentEvery1Minute"),
            (Linear { percent: 25, minutes: 2 }, "Linear25PercentEvery2Minutes"),
        ] {
            assert_eq!(strategy.to_string(), text);
        }
    }

    #[test]
    fn what_codepipeline_refuses_is_found() {
        use LambdaDeployStrategy::{AllAtOnce, Canary, Linear};
        let codes = |strategy| asked(|function| code(function).function_alias("live").deploy_strategy(strategy)).codes;
        let two_days = Linear { percent: 50, minutes: LONGEST };
        for sound in [AllAtOnce, Canary { percent: 99, minutes: LONGEST }, two_days] {
            assert_eq!(codes(sound), [""; 0], "{sound}");
        }
        for unsound in [
            Canary { percent: 0, minutes: 5 },
            Canary { percent: 100, minutes: 5 },
            Canary { percent: 10, minutes: 0 },
            Canary { percent: 10, minutes: LONGEST + 1 },
            Linear { percent: 0, minutes: 1 },
            Linear { percent: 33, minutes: LONGEST / 3 + 1 },
            Linear { percent: 1, minutes: u32::MAX },
        ] {
            assert_eq!(codes(unsound), ["lambda-deploy::malformed-strategy"], "{unsound}");
        }
        let alone = asked(|function| code(function).deploy_strategy(Canary { percent: 10, minutes: 5 }));
        assert_eq!(alone.codes, ["lambda-deploy::no-alias"]);
        assert_eq!(asked(|function| code(function).deploy_strategy(AllAtOnce)).codes, [""; 0]);
        for name in ["", "7", "the live one", "live*", &"x".repeat(129)] {
            let alias = asked(|function| code(function).function_alias(name));
            assert_eq!(alias.codes, ["lambda-deploy::malformed-alias"], "{name}");
        }
        for name in ["live", "7th_-", "stage-#{variables.Stage}"] {
            assert_eq!(asked(|function| code(function).function_alias(name)).codes, [""; 0], "{name}");
        }
        let alarms = asked(|function| (0..11).fold(code(function), |deploy, n| deploy.alarm(format!("alarm-{n}"))));
        assert_eq!(alarms.codes, ["lambda-deploy::too-many-alarms"]);
    }
}
