//! Template parameters.
//!
//! Codes: `parameter::unknown-type`, `parameter::default-not-allowed`.

use std::borrow::Cow;

use super::ParameterRef;
use crate::construct::{Lower, LowerCx, PlanCx, Synth, ValidateCx};
use crate::diagnostic::Diagnostic;
use crate::resource::{Part, Properties, Resources};
use crate::value::Expr;

/// What CloudFormation looks up in the account, alone or in lists.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html>, as of 2026-11.
const LOOKED_UP: [&str; 10] = [
    "AWS::EC2::AvailabilityZone::Name",
    "AWS::EC2::Image::Id",
    "AWS::EC2::Instance::Id",
    "AWS::EC2::KeyPair::KeyName",
    "AWS::EC2::SecurityGroup::GroupName",
    "AWS::EC2::SecurityGroup::Id",
    "AWS::EC2::Subnet::Id",
    "AWS::EC2::VPC::Id",
    "AWS::EC2::Volume::Id",
    "AWS::Route53::HostedZone::Id",
];

/// A template parameter: a value given when the stack is deployed.
#[doc(alias = "CfnParameter")]
#[derive(Clone, Debug)]
#[must_use]
pub struct Parameter {
    id: Option<String>,
    properties: Properties,
}

impl Parameter {
    /// A parameter of a CloudFormation parameter type: `String`, `Number`, `List<Number>`, `CommaDelimitedList`, or one of
    /// those that CloudFormation looks up, such as `AWS::EC2::VPC::Id` or `AWS::SSM::Parameter::Value<String>`.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>
    pub fn new(kind: impl Into<Cow<'static, str>>) -> Self {
        Self { id: None, properties: Properties::new().set("Type", kind.into()) }
    }

    /// The name by which a value is given, 1 to 255 letters and digits; made from the construct's path when absent.
    pub fn logical_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// What to take when nobody gives a value.
    pub fn default_value(mut self, value: impl Into<Expr>) -> Self {
        self.properties.put("Default", value);
        self
    }

    /// What the parameter is for, at most 4,000 characters.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.properties.put("Description", description.into());
        self
    }

    /// A regular expression the value must match.
    pub fn allowed_pattern(mut self, pattern: impl Into<String>) -> Self {
        self.properties.put("AllowedPattern", pattern.into());
        self
    }

    /// The only values allowed.
    pub fn allowed_values<V: Into<Expr>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        self.properties.put("AllowedValues", Expr::list(values));
        self
    }

    /// Keeps the value out of the console and the API.
    pub fn no_echo(mut self) -> Self {
        self.properties.put("NoEcho", true);
        self
    }
}

impl Synth for Parameter {
    type Handle = ParameterRef;

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        let literal = |key| self.properties.get(key).and_then(Expr::literal);
        if let Some(kind) = literal("Type").filter(|kind| !is_known(kind)) {
            let message = format!("`{kind}` is no parameter type that CloudFormation documents");
            // Types of what CloudFormation looks up are added from time to time.
            let finding = if kind.contains("AWS::") { Diagnostic::warning } else { Diagnostic::error };
            let help = "for example `String`, `Number`, `CommaDelimitedList` or `AWS::SSM::Parameter::Value<String>`";
            cx.report(finding("parameter::unknown-type", message).help(help));
        }
        // Lists are allowed item by item.
        if literal("Type") == Some("String")
            && let Some(default) = literal("Default")
            && let Some(Expr::List(allowed)) = self.properties.get("AllowedValues")
            && allowed.iter().all(|value| value.literal().is_some_and(|value| value != default))
        {
            let message = format!("the default `{default}` is none of the allowed values");
            cx.report(Diagnostic::error("parameter::default-not-allowed", message).help("add it to `allowed_values`"));
        }
    }

    fn plan(&self, _: &mut PlanCx<'_>) -> Box<dyn Lower> {
        Box::new(self.clone())
    }
}

impl Lower for Parameter {
    fn lower(&self, _: &LowerCx<'_>, out: &mut Resources) {
        out.add_part(Part::Parameter { id: self.id.clone(), properties: self.properties.clone() });
    }
}

/// Whether CloudFormation documents a parameter type. That lists of texts have a name of their own is passed over, and so
/// is that no list of key pairs is documented: CloudFormation takes both (an assumption).
fn is_known(kind: &str) -> bool {
    let is_single = |kind: &str| LOOKED_UP.contains(&kind) || matches!(kind, "String" | "Number");
    let is_value =
        |kind: &str| kind == "CommaDelimitedList" || is_single(kind) || inside(kind, "List").is_some_and(&is_single);
    kind == "AWS::SSM::Parameter::Name"
        || is_value(kind)
        || inside(kind, "AWS::SSM::Parameter::Value").is_some_and(is_value)
}

/// What stands in the angle brackets behind the name of a frame.
fn inside<'k>(kind: &'k str, frame: &str) -> Option<&'k str> {
    kind.strip_prefix(frame)?.strip_prefix('<')?.strip_suffix('>')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_known_alone_in_lists_and_in_parameters_of_systems_manager() {
        for kind in [
            "String",
            "List<Number>",
            "CommaDelimitedList",
            "List<AWS::EC2::Subnet::Id>",
            "AWS::SSM::Parameter::Name",
            "AWS::SSM::Parameter::Value<String>",
            "AWS::SSM::Parameter::Value<List<AWS::EC2::Image::Id>>",
            "AWS::SSM::Parameter::Value<CommaDelimitedList>",
        ] {
            assert!(is_known(kind), "{kind}");
        }
        for kind in
            ["", "string", "Bool", "List<>", "List<List<Number>>", "AWS::EC2::VPC", "AWS::SSM::Parameter::Value"]
        {
            assert!(!is_known(kind), "{kind}");
        }
    }
}
