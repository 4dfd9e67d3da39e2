//! Configurations that AWS AppConfig rolls out.
//!
//! Codes: `app-config::malformed-id`, `app-config::malformed-path`.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-AppConfig.html>

use construct_core::{Diagnostic, Properties, Value, kind, text};
use construct_iam::{PolicyDocument, PolicyStatement};

use crate::artifact::ArtifactFile;
use crate::provider::{ActionCx, Category, Owner, Provider, ProviderSpec};

/// Rolls a file of an artifact out as the configuration of an environment, and waits until it is there.
///
/// The configuration profile takes its data from the pipeline: its location is `codepipeline://` with the pipeline's name.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let flags = Artifact::new("Flags");
/// let roll_out = Action::new(
///     "RollOut",
///     AppConfigDeploy::new("abc1234", "def5678", "ghi9012", flags.file("flags.json"))
///         .deployment_strategy("AppConfig.Linear50PercentEvery30Seconds"),
/// )
/// .account("333333333333");
/// ```
///
/// It has no variables.
#[derive(Clone, Debug)]
#[must_use]
pub struct AppConfigDeploy {
    application: Value<kind::Text>,
    environment: Value<kind::Text>,
    profile: Value<kind::Text>,
    file: ArtifactFile,
    strategy: Option<Value<kind::Text>>,
}

impl AppConfigDeploy {
    /// A file for an environment and a configuration profile of an application, each by its id: 4 to 7 lower-case letters and
    /// digits. All are in the account and region in which the action runs.
    #[doc(alias = "InputArtifactConfigurationPath")]
    pub fn new(
        application: impl Into<Value<kind::Text>>,
        environment: impl Into<Value<kind::Text>>,
        configuration_profile: impl Into<Value<kind::Text>>,
        file: ArtifactFile,
    ) -> Self {
        Self {
            application: application.into(),
            environment: environment.into(),
            profile: configuration_profile.into(),
            file,
            strategy: None,
        }
    }

    /// How fast the environment gets the configuration: a strategy of the account by its id, or one of AWS by its name, as in
    /// `AppConfig.AllAtOnce`. What happens without one is not documented; the action may use any then.
    /// <https://docs.aws.amazon.com/appconfig/latest/userguide/appconfig-creating-deployment-strategy-predefined.html>
    pub fn deployment_strategy(mut self, strategy: impl Into<Value<kind::Text>>) -> Self {
        self.strategy = Some(strategy.into());
        self
    }
}

impl Provider for AppConfigDeploy {
    fn spec(&self) -> ProviderSpec {
        ProviderSpec::new(Category::Deploy, Owner::Aws, "AppConfig").input(self.file.artifact()).input_count(1..=1)
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        Properties::new()
            .set("Application", &self.application)
            .set("Environment", &self.environment)
            .set("ConfigurationProfile", &self.profile)
            .set("InputArtifactConfigurationPath", self.file.path().to_owned())
            .opt("DeploymentStrategy", self.strategy.as_ref())
    }

    /// Each call is about several of these.
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsappconfig.html>
    fn permissions(&self, cx: &ActionCx<'_>, policy: &mut PolicyDocument) {
        let application = text!("{}/{}", cx.arn("appconfig", "application"), &self.application);
        let environment = text!("{}/environment/{}", &application, &self.environment);
        let strategies = cx.arn("appconfig", "deploymentstrategy");
        let strategy = match &self.strategy {
            Some(strategy) => text!("{}/{}", strategies, strategy),
            None => text!("{}/*", strategies),
        };
        let calls = ["appconfig:GetDeployment", "appconfig:StartDeployment", "appconfig:StopDeployment"];
        policy.push(PolicyStatement::allow(calls).on([
            text!("{}/configurationprofile/{}", &application, &self.profile),
            text!("{}/deployment/*", &environment),
            environment,
            application,
            strategy,
        ]));
    }

    fn validate(&self, _: &ActionCx<'_>) -> Vec<Diagnostic> {
        let ids = [
            ("application", Some(&self.application)),
            ("environment", Some(&self.environment)),
            ("configuration profile", Some(&self.profile)),
            ("deployment strategy", self.strategy.as_ref()),
        ];
        let malformed = ids.into_iter().filter_map(|(what, id)| {
            let id = id.and_then(Value::literal).filter(|id| !id.contains("#{"))?;
            let is_named = what == "deployment strategy" && is_predefined(id);
            let message = format!("`{}` is no id of the {what} in AppConfig", id.escape_debug());
            let help = match what {
                "deployment strategy" => {
                    "use its id, 4 to 7 lower-case letters and digits, or the name of one of AWS, as in `AppConfig.AllAtOnce`"
                }
                _ => "use its id, not its name: 4 to 7 lower-case letters and digits",
            };
            (!is_id(id) && !is_named).then(|| Diagnostic::error("app-config::malformed-id", message).help(help))
        });
        malformed.chain(self.file.problem("app-config::malformed-path")).collect()
    }
}

/// <https://docs.aws.amazon.com/appconfig/2019-10-09/APIReference/API_StartDeployment.html>
fn is_id(text: &str) -> bool {
    (4..=7).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn is_predefined(text: &str) -> bool {
    let name = text.strip_prefix("AppConfig.").unwrap_or_default();
    (9..=40).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use construct_core::Expr;

    use super::super::custom::testing::{Asked, ask, text_of};
    use super::*;
    use crate::artifact::Artifact;

    fn deploy(application: &str) -> AppConfigDeploy {
        AppConfigDeploy::new(application, "def5678", "ghi9012", Artifact::new("Flags").file("flags.json"))
    }

    fn resources(asked: &Asked) -> Vec<&str> {
        asked.policy.statements().flat_map(PolicyStatement::resource_exprs).filter_map(Expr::literal).collect()
    }

    #[test]
    fn a_deployment_is_about_its_parts_alone() {
        let asked = ask(&deploy("abc1234").deployment_strategy("AppConfig.AllAtOnce"));
        let keys = [
            "Application",
            "Environment",
            "ConfigurationProfile",
            "InputArtifactConfigurationPath",
            "DeploymentStrategy",
        ];
        let values = keys.map(|key| text_of(&asked.configuration, key).expect("a text"));
        assert_eq!(values, ["abc1234", "def5678", "ghi9012", "flags.json", "AppConfig.AllAtOnce"]);
        let on = |resource: &str| format!("arn:aws:appconfig:us-east-1:111111111111:{resource}");
        let wanted = [
            "application/abc1234",
            "application/abc1234/configurationprofile/ghi9012",
            "application/abc1234/environment/def5678",
            "application/abc1234/environment/def5678/deployment/*",
            "deploymentstrategy/AppConfig.AllAtOnce",
        ];
        assert_eq!(resources(&asked), wanted.map(on));
        assert_eq!(asked.codes, [""; 0]);
        let any = ask(&deploy("abc1234"));
        assert_eq!(resources(&any).last(), Some(&&*on("deploymentstrategy/*")));
        assert_eq!(text_of(&any.configuration, "DeploymentStrategy"), None);
    }

    #[test]
    fn what_appconfig_refuses_is_found() {
        for name in ["", "abc", "abc12345", "Orders", "a b1"] {
            assert_eq!(ask(&deploy(name)).codes, ["app-config::malformed-id"], "{name}");
            let strategy = ask(&deploy("abc1234").deployment_strategy(name));
            assert_eq!(strategy.codes, ["app-config::malformed-id"], "{name}");
        }
        assert_eq!(ask(&deploy("AppConfig.AllAtOnce")).codes, ["app-config::malformed-id"]);
        assert_eq!(ask(&deploy("#{variables.App}").deployment_strategy("4xyz")).codes, [""; 0]);
        let file = Artifact::new("Flags").file("/flags.json");
        let deploy = AppConfigDeploy::new("abc1234", "def5678", "ghi9012", file);
        assert_eq!(ask(&deploy).codes, ["app-config::malformed-path"]);
    }
}
