//! Dynamic references: values that CloudFormation reads from Parameter Store or Secrets Manager when it deploys.
//!
//! See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>.

use crate::value::{DYNAMIC, Expr, Value, is_dynamic, kind};

/// A parameter of Systems Manager Parameter Store, read when the stack is deployed.
///
/// ```
/// use construct_core::{SsmParameter, Value, kind};
/// let key: Value<kind::Arn> = SsmParameter::new("/delivery/key-arn").version(3).into();
/// assert_eq!(key.expr(), &"{{resolve:ssm:/delivery/key-arn:3}}".into());
/// ```
#[doc(alias = "StringParameter")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SsmParameter {
    name: String,
    version: Option<u64>,
    secure: bool,
}

impl SsmParameter {
    /// A parameter by its name, as in `/delivery/key-arn`.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), version: None, secure: false }
    }

    /// A fixed version; without it CloudFormation takes the newest at each deployment.
    #[must_use]
    pub fn version(mut self, version: u64) -> Self {
        self.version = Some(version);
        self
    }

    /// A `SecureString`, which CloudFormation accepts only in the properties that AWS lists for it.
    #[must_use]
    pub fn secure(mut self) -> Self {
        self.secure = true;
        self
    }
}

impl<K> From<SsmParameter> for Value<K> {
    fn from(parameter: SsmParameter) -> Self {
        let service = if parameter.secure { "ssm-secure" } else { "ssm" };
        let version = parameter.version.map(|version| format!(":{version}")).unwrap_or_default();
        Value::new(format!("{{{{resolve:{service}:{}{version}}}}}", parameter.name))
    }
}

/// A secret of Secrets Manager, read when the stack is deployed; it never stands in the template.
///
/// ```
/// use construct_core::{Secret, Value, kind};
/// let token: Value<kind::Text> = Secret::new("delivery/git").json_key("token").into();
/// assert_eq!(token.expr(), &"{{resolve:secretsmanager:delivery/git:SecretString:token}}".into());
/// ```
#[doc(alias = "SecretValue")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    id: String,
    json_key: String,
    version_stage: String,
    version_id: String,
}

impl Secret {
    /// A secret by its name or ARN.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), json_key: String::new(), version_stage: String::new(), version_id: String::new() }
    }

    /// One key of a secret that is a JSON object; without it the whole text.
    #[must_use]
    pub fn json_key(mut self, key: impl Into<String>) -> Self {
        self.json_key = key.into();
        self
    }

    /// The version that carries this staging label; `AWSCURRENT` when absent.
    #[must_use]
    pub fn version_stage(mut self, stage: impl Into<String>) -> Self {
        self.version_stage = stage.into();
        self
    }

    /// One fixed version, instead of a staging label.
    #[must_use]
    pub fn version_id(mut self, id: impl Into<String>) -> Self {
        self.version_id = id.into();
        self
    }
}

impl<K> From<Secret> for Value<K> {
    fn from(secret: Secret) -> Self {
        let Secret { id, json_key, version_stage, version_id } = secret;
        let reference = format!("resolve:secretsmanager:{id}:SecretString:{json_key}:{version_stage}:{version_id}");
        Value::new(format!("{{{{{}}}}}", reference.trim_end_matches(':')))
    }
}

// A property takes them as they are, as it takes texts and attributes.
impl From<SsmParameter> for Expr {
    fn from(parameter: SsmParameter) -> Self {
        Value::<kind::Text>::from(parameter).into()
    }
}

impl From<Secret> for Expr {
    fn from(secret: Secret) -> Self {
        Value::<kind::Text>::from(secret).into()
    }
}

/// How many parts the ARN of a secret has.
const SECRET_ARN: usize = 7;

/// What is wrong with the dynamic references in a text, in words; `None` when they are sound or there are none.
pub(crate) fn problem(text: &str) -> Option<String> {
    if !is_dynamic(text) {
        return None;
    }
    for (at, _) in text.match_indices(DYNAMIC) {
        let rest = &text[at + DYNAMIC.len()..];
        let Some(end) = rest.find("}}") else {
            return Some(format!("the dynamic reference in `{text}` is not closed by `}}}}`"));
        };
        let reference = &rest[..end];
        let Some((service, target)) = reference.split_once(':') else {
            return Some(format!("the dynamic reference `{reference}` names no parameter or secret"));
        };
        let sound = match service {
            "ssm" | "ssm-secure" => {
                let (name, version) = target.split_once(':').unwrap_or((target, "1"));
                !name.is_empty()
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte))
                    && !version.is_empty()
                    && version.bytes().all(|byte| byte.is_ascii_digit())
            }
            "secretsmanager" => {
                let fields: Vec<&str> = target.split(':').collect();
                let (id, rest) = fields.split_at(fields.len().min(if fields[0] == "arn" { SECRET_ARN } else { 1 }));
                // A version is named by its stage or by its id.
                let is_known = match rest {
                    [] => true,
                    ["" | "SecretString", rest @ ..] => matches!(rest, [] | [_] | [_, _] | [_, "", _] | [_, _, ""]),
                    _ => false,
                };
                is_known && !id[0].is_empty() && !target.contains(char::is_whitespace)
            }
            _ => return Some(format!("`{service}` is no service of dynamic references")),
        };
        if !sound {
            return Some(format!("the dynamic reference `{reference}` has a name or version CloudFormation refuses"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Secret, SsmParameter, problem};
    use crate::resource::Properties;

    #[test]
    fn sound_references_pass() {
        for text in [
            "plain",
            "{{resolve:ssm:/a/b}}",
            "{{resolve:ssm:/a/b:12}}",
            "x-{{resolve:ssm-secure:name}}-y",
            "{{resolve:secretsmanager:arn:aws:secretsmanager:us-east-1:111111111111:secret:x:SecretString:key}}",
            "{{resolve:secretsmanager:arn:aws:secretsmanager:us-east-1:111111111111:secret:x}}",
            "{{resolve:secretsmanager:git}}",
            "{{resolve:secretsmanager:git::token::}}",
            "{{resolve:secretsmanager:git:SecretString:token:AWSPENDING}}",
            "{{resolve:secretsmanager:git:SecretString:token::1}}",
        ] {
            assert_eq!(problem(text), None, "{text}");
        }
    }

    #[test]
    fn a_property_takes_them_as_they_are() {
        let parameter = Properties::new().set("Value", SsmParameter::new("/a").version(3));
        assert_eq!(parameter.get("Value"), Some(&"{{resolve:ssm:/a:3}}".into()));
        let secret = Properties::new().set("Value", Secret::new("git").json_key("token"));
        assert_eq!(secret.get("Value"), Some(&"{{resolve:secretsmanager:git:SecretString:token}}".into()));
    }

    #[test]
    fn broken_references_are_named() {
        for text in [
            "{{resolve:ssm:/a b}}",
            "{{resolve:ssm:}}",
            "{{resolve:ssm:/a",
            "{{resolve:vault:/a}}",
            "{{resolve:ssm:/a:latest}}",
            "{{resolve:secretsmanager::SecretString}}",
            "{{resolve:secretsmanager:git:token}}",
            "{{resolve:secretsmanager:git:SecretBinary}}",
            "{{resolve:secretsmanager:git:SecretString:token:AWSPENDING:1}}",
            "{{resolve:secretsmanager:git:SecretString:token:AWSPENDING::}}",
        ] {
            assert!(problem(text).is_some(), "{text}");
        }
    }
}
