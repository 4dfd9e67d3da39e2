//! Environment variables of builds and commands of which the values are kept elsewhere.
//!
//! A build or an action fails before it begins if one of them cannot be read:
//! [CodeBuild](https://docs.aws.amazon.com/codebuild/latest/APIReference/API_EnvironmentVariable.html),
//! [CodePipeline](https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_EnvironmentVariable.html).

use construct_iam::access::symbol;
use serde_json::Value;

use crate::access::template::{arn_parts, partition};

/// Where the value of a variable is kept, and what it is called there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kept {
    Parameter(Box<str>),
    Secret(Box<str>),
}

/// A variable of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) name: String,
    /// `None`: the value stands beside the name.
    pub(crate) kept: Option<Kept>,
}

impl Kept {
    pub(crate) fn of(kind: &str, value: &str) -> Option<Self> {
        match kind {
            "PARAMETER_STORE" => Some(Self::Parameter(value.into())),
            "SECRETS_MANAGER" => Some(Self::Secret(value.into())),
            _ => None,
        }
    }

    /// What is called to read it.
    pub(crate) fn calls(&self) -> &'static [&'static str] {
        match self {
            Self::Parameter(_) => &["ssm:GetParameters"],
            Self::Secret(_) => &["secretsmanager:GetSecretValue"],
        }
    }

    /// The ARN of it, if a name means one of this region and account. Of what a run fills in, and of what AWS adds to
    /// the name of a secret, nothing is known.
    pub(crate) fn arn(&self, region: &str, account: &str, unknown_id: char) -> String {
        let (Self::Parameter(named) | Self::Secret(named)) = self;
        let part = partition(region);
        // A value of the template that only a deployment knows may be an ARN or a name.
        if named.chars().next().is_some_and(|c| symbol::is_symbolic(c.encode_utf8(&mut [0; 4]))) {
            return named.split(':').next().unwrap_or_default().to_owned();
        }
        let named = match named.split_once("#{") {
            Some((known, _)) => &*format!("{known}{unknown_id}"),
            None => named,
        };
        match self {
            _ if named.starts_with("arn:") => self.of_arn(named, unknown_id),
            Self::Parameter(_) => {
                format!("arn:{part}:ssm:{region}:{account}:parameter/{}", named.trim_start_matches('/'))
            }
            Self::Secret(_) => {
                // Behind the name come a key, a stage and a version.
                let name = named.split(':').next().unwrap_or_default();
                format!("arn:{part}:secretsmanager:{region}:{account}:secret:{name}-{}", symbol::SIX_LETTERS)
            }
        }
    }

    fn of_arn(&self, arn: &str, unknown_id: char) -> String {
        let parts = arn.splitn(8, ':').take(7).collect::<Vec<_>>().join(":");
        // A secret that is named in part must not end as a whole ARN does: a hyphen, and six letters or digits.
        // https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen
        let is_six = |end: &str| end.len() == 6 && end.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_whole = parts.ends_with(unknown_id) || parts.rsplit_once('-').is_some_and(|(_, end)| is_six(end));
        match self {
            Self::Secret(_) if !is_whole && arn_parts(&parts).is_some() => format!("{parts}-{}", symbol::SIX_LETTERS),
            _ => parts,
        }
    }
}

/// The variables that a CodeBuild action gives to its build, in the form in which its configuration has them.
pub(crate) fn of_configuration(text: &str) -> Vec<Variable> {
    let variables: Value = serde_json::from_str(text).unwrap_or_default();
    let variables = variables.as_array().into_iter().flatten();
    let text = |variable: &Value, key: &str| variable[key].as_str().unwrap_or_default().to_owned();
    variables
        .map(|one| Variable { name: text(one, "name"), kept: Kept::of(&text(one, "type"), &text(one, "value")) })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: char = '?';

    #[track_caller]
    fn check(kind: &str, value: &str, arn: &str) {
        let kept = Kept::of(kind, value).expect("kept elsewhere");
        assert_eq!(kept.arn("cn-north-1", "111111111111", ID), arn, "{value}");
    }

    #[test]
    fn parameters_are_named_by_name_or_arn() {
        let here = "arn:aws-cn:ssm:cn-north-1:111111111111:parameter";
        check("PARAMETER_STORE", "/orders/level", &format!("{here}/orders/level"));
        check("PARAMETER_STORE", "level", &format!("{here}/level"));
        check("PARAMETER_STORE", &format!("{here}/level"), &format!("{here}/level"));
        check("PARAMETER_STORE", "/orders/#{source.BranchName}/level", &format!("{here}/orders/?"));
        check("PARAMETER_STORE", "\u{F0000}", "\u{F0000}");
    }

    #[test]
    fn of_secrets_the_end_of_the_arn_is_known_to_aws() {
        let here = "arn:aws-cn:secretsmanager:cn-north-1:111111111111:secret";
        check("SECRETS_MANAGER", "a/token", &format!("{here}:a/token-{}", symbol::SIX_LETTERS));
        check("SECRETS_MANAGER", "a/token:key:AWSCURRENT:", &format!("{here}:a/token-{}", symbol::SIX_LETTERS));
        check("SECRETS_MANAGER", &format!("{here}:token-AbC123:key::"), &format!("{here}:token-AbC123"));
        check("SECRETS_MANAGER", &format!("{here}:token:key"), &format!("{here}:token-{}", symbol::SIX_LETTERS));
        check("SECRETS_MANAGER", &format!("{here}:#{{a.B}}"), &format!("{here}:?"));
        check("SECRETS_MANAGER", "\u{F0000}:key", "\u{F0000}");
    }

    #[test]
    fn variables_of_a_configuration() {
        let text = r#"[{"name":"A","value":"1"},{"name":"B","value":"/b","type":"PARAMETER_STORE"}]"#;
        let kept = Some(Kept::Parameter("/b".into()));
        let plain = Variable { name: "A".to_owned(), kept: None };
        assert_eq!(of_configuration(text), [plain, Variable { name: "B".to_owned(), kept }]);
        for nonsense in ["", "[", "{}", "[1]", "\u{F0000}"] {
            assert!(of_configuration(nonsense).iter().all(|one| one.kept.is_none()), "{nonsense}");
        }
    }
}
