//! The parts of a template that are no resource of a service: resources by type alone, parameters, conditions, outputs.
//!
//! Codes: `resource::malformed-type`, `template-condition::malformed`.

mod parameter;

use std::borrow::Cow;
use std::sync::Arc;

use crate::construct::{Lower, LowerCx, PlanCx, Synth, ValidateCx};
use crate::diagnostic::Diagnostic;
use crate::fact::RemovalPolicy;
use crate::handle::NodeId;
use crate::resource::{CfnResource, Claim, Part, Properties, Resources, Tagging, Uniqueness};
use crate::value::{Attr, Expr, Value, kind};

pub use parameter::Parameter;

crate::handle! {
    /// A resource known by its type alone.
    pub struct RawRef {
        /// What `Ref` returns for the type.
        reference: Text = Ref,
    }

    /// A template parameter.
    pub struct ParameterRef {
        /// The parameter's value at deployment.
        value: Text = Ref,
    }

    /// A condition of the template.
    pub struct ConditionRef {
        /// The condition's name in the template, for `Fn::If`.
        name: Text = LogicalId,
    }

    /// An output of the template.
    pub struct OutputRef {}
}

impl RawRef {
    /// An attribute of the resource, as `Fn::GetAtt` names it.
    #[must_use]
    pub fn get_att(self, name: impl Into<Cow<'static, str>>) -> Value<kind::Text> {
        Value::attr(self.into(), Attr::GetAtt(name.into()))
    }
}

/// Any CloudFormation resource, with any properties: for types that no crate offers as a construct.
///
/// ```
/// use construct_core::{App, Env, Expr, RawResource, RemovalPolicy};
/// let mut app = App::new();
/// let stack = app.stack("Data", Env::new("111111111111", "us-east-1"));
/// let mut scope = app.at(stack);
/// let topic = scope.add("Topic", RawResource::new("AWS::SNS::Topic"));
/// scope.add(
///     "Table",
///     RawResource::new("AWS::DynamoDB::Table")
///         .property("BillingMode", "PAY_PER_REQUEST")
///         .property("KeySchema", [Expr::map([("AttributeName", "id"), ("KeyType", "HASH")])])
///         .property("AttributeDefinitions", [Expr::map([("AttributeName", "id"), ("AttributeType", "S")])])
///         .removal_policy(RemovalPolicy::Retain)
///         .depends_on(topic),
/// );
/// ```
#[doc(alias = "CfnResource")]
#[derive(Clone, Debug)]
#[must_use]
pub struct RawResource {
    resource: CfnResource,
    physical: Vec<(Attr, Expr)>,
}

impl RawResource {
    /// A resource of a type such as `AWS::SNS::Topic`.
    pub fn new(kind: impl Into<Cow<'static, str>>) -> Self {
        Self { resource: CfnResource::new(kind, Properties::new()), physical: Vec::new() }
    }

    /// Sets a property.
    pub fn property(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Expr>) -> Self {
        Arc::make_mut(&mut self.resource.properties).put(key, value);
        self
    }

    /// Sets all properties at once, for example from a JSON file.
    pub fn properties(mut self, properties: impl IntoIterator<Item = (String, serde_json::Value)>) -> Self {
        let own = Arc::make_mut(&mut self.resource.properties);
        properties.into_iter().for_each(|(key, value)| own.put(key, value));
        self
    }

    /// The logical id, in place of the one made from the construct's path: 1 to 255 letters and digits. For resources that
    /// stand in a deployed template already.
    pub fn logical_id(mut self, id: impl Into<String>) -> Self {
        self.resource = self.resource.logical_id(id);
        self
    }

    /// How the type takes tags; without it [`Tag`](crate::Tag) facts pass it by.
    pub fn tagging(mut self, tagging: Tagging) -> Self {
        self.resource = self.resource.tagging(tagging);
        self
    }

    /// `DeletionPolicy` and `UpdateReplacePolicy`.
    pub fn removal_policy(mut self, removal: RemovalPolicy) -> Self {
        self.resource = self.resource.removal(Some(removal));
        self
    }

    /// A resource of the same stack, or a stack, that must be there first.
    pub fn depends_on(mut self, first: impl Into<NodeId>) -> Self {
        self.resource = self.resource.depends_on(first);
        self
    }

    /// The condition under which the resource is made.
    pub fn condition(mut self, condition: ConditionRef) -> Self {
        self.resource = self.resource.condition(condition);
        self
    }

    /// An entry of `Metadata`.
    pub fn metadata(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Expr>) -> Self {
        self.resource = self.resource.metadata(key, value);
        self
    }

    /// `CreationPolicy`, `UpdatePolicy` or another attribute beside `Properties`.
    pub fn attribute(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Expr>) -> Self {
        self.resource = self.resource.attribute(key, value);
        self
    }

    /// What an attribute is worth in other accounts and regions, where CloudFormation cannot look it up.
    pub fn physical(mut self, attr: Attr, value: impl Into<Expr>) -> Self {
        self.physical.push((attr, value.into().bounded()));
        self
    }
}

impl Synth for RawResource {
    type Handle = RawRef;

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        let kind = &self.resource.kind;
        let parts: Vec<&str> = kind.split("::").collect();
        let word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudformation-customresource.html
        let custom_name = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_@-".contains(&byte));
        let custom = matches!(parts[..], ["Custom", name] if (1..=60).contains(&name.len()) && custom_name(name));
        if !(custom || parts.len() >= 3 && parts.iter().all(word)) {
            cx.report(
                Diagnostic::error("resource::malformed-type", format!("`{kind}` is no CloudFormation resource type"))
                    .help("a type has three words joined by `::`, for example `AWS::SNS::Topic`; custom resources are `Custom::Name`"),
            );
        }
    }

    fn plan(&self, _: &mut PlanCx<'_>) -> Box<dyn Lower> {
        Box::new(self.clone())
    }
}

impl Lower for RawResource {
    fn lower(&self, _: &LowerCx<'_>, out: &mut Resources) {
        out.add(self.resource.clone());
    }

    fn physical(&self, attr: &Attr, _: crate::Env) -> Option<Expr> {
        self.physical.iter().find(|(there, _)| there == attr).map(|(_, value)| value.clone())
    }
}

/// A condition of the template, over parameters and what the stack knows.
///
/// ```
/// use construct_core::{App, Condition, Env, Expr, Parameter, RawResource};
/// let mut app = App::new();
/// let stack = app.stack("Data", Env::new("111111111111", "us-east-1"));
/// let mut scope = app.at(stack);
/// let stage = scope.add("Stage", Parameter::new("String").default_value("test"));
/// let production = scope.add("IsProduction", Condition::new(Expr::call("Fn::Equals", [Expr::from(stage.value()), "production".into()])));
/// scope.add("Topic", RawResource::new("AWS::SNS::Topic").condition(production));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Condition {
    expression: Expr,
}

impl Condition {
    /// A condition by its function: `Fn::Equals`, `Fn::And`, `Fn::Or` or `Fn::Not`.
    pub fn new(expression: Expr) -> Self {
        Self { expression: expression.bounded() }
    }
}

impl Synth for Condition {
    type Handle = ConditionRef;

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html
        const FUNCTIONS: [&str; 5] = ["Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or", "Condition"];
        let function = match &self.expression {
            Expr::Call(function, _) => Some(function),
            Expr::Map(entries) => entries.first().filter(|_| entries.len() == 1).map(|(key, _)| key),
            _ => None,
        };
        if !function.is_some_and(|function| FUNCTIONS.contains(&&**function)) {
            let message = "a condition of a template is one of the functions that are true or false";
            let help = "write `Fn::Equals`, `Fn::And`, `Fn::Or` or `Fn::Not`, for example `Expr::call(\"Fn::Equals\", [stage.value().into(), \"production\".into()])`";
            cx.report(Diagnostic::error("template-condition::malformed", message).help(help));
        }
    }

    fn plan(&self, _: &mut PlanCx<'_>) -> Box<dyn Lower> {
        Box::new(self.clone())
    }
}

impl Lower for Condition {
    fn lower(&self, _: &LowerCx<'_>, out: &mut Resources) {
        out.add_part(Part::Condition(self.expression.clone()));
    }
}

/// An output of the template.
#[doc(alias = "CfnOutput")]
#[derive(Clone, Debug)]
#[must_use]
pub struct Output {
    id: Option<String>,
    value: Expr,
    description: Option<String>,
    export: Option<Expr>,
    condition: Option<NodeId>,
}

impl Output {
    /// An output with a value.
    pub fn new(value: impl Into<Expr>) -> Self {
        Self { id: None, value: value.into().bounded(), description: None, export: None, condition: None }
    }

    /// The name of the output, 1 to 255 letters and digits; made from the construct's path when absent.
    pub fn logical_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// What the value is, at most 1,024 bytes.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into());
        self
    }

    /// The name under which other stacks of the same account and region may import it; no other export there has it.
    pub fn export_name(mut self, name: impl Into<Expr>) -> Self {
        self.export = Some(name.into().bounded());
        self
    }

    /// The condition under which there is an output.
    pub fn condition(mut self, condition: ConditionRef) -> Self {
        self.condition = Some(condition.into());
        self
    }
}

impl Synth for Output {
    type Handle = OutputRef;

    fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
        // An account has each name of an export once in a region. Of two with conditions, only one may ever be there.
        // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html
        if let Some(name) = self.export.as_ref().and_then(Expr::literal).filter(|_| self.condition.is_none()) {
            cx.claim("export", &Claim::new(Uniqueness::Environment, name));
        }
        Box::new(self.clone())
    }
}

impl Lower for Output {
    fn lower(&self, _: &LowerCx<'_>, out: &mut Resources) {
        let Self { id, value, description, export, condition } = self.clone();
        out.add_part(Part::Output { id, value, description, export, condition });
    }
}
