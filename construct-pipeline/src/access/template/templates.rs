//! What is read: templates with their environments.

mod loops;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use construct_core::{Assembly, StackArtifact};
use construct_iam::access::{Json, Members};

pub(crate) use loops::is_loop;

/// One template and where it is deployed.
#[derive(Clone, Debug, PartialEq)]
pub struct Template<'t> {
    pub(crate) id: Cow<'t, str>,
    pub(crate) stack: Cow<'t, str>,
    pub(crate) account: Cow<'t, str>,
    pub(crate) region: Cow<'t, str>,
    pub(crate) body: Json<'t>,
    pub(crate) parameters: BTreeMap<String, Json<'t>>,
    pub(crate) physical_ids: BTreeMap<String, String>,
    pub(crate) dependencies: Option<Cow<'t, [String]>>,
}

impl<'t> Template<'t> {
    /// A template, the name of its stack, and the account and region it is deployed to. An account or region that is
    /// not 12 digits or a region's name, such as the `unknown-account` of other tools, counts as not known.
    #[must_use]
    pub fn new(
        stack: impl Into<String>,
        account: impl Into<String>,
        region: impl Into<String>,
        body: impl Into<Json<'t>>,
    ) -> Self {
        let stack: Cow<'t, str> = stack.into().into();
        let (account, region) = (account.into().into(), region.into().into());
        Self::at(stack.clone(), stack, account, region, body.into())
    }

    /// The template of a stack of an assembly, with what was read from its text, or from it as YAML.
    #[must_use]
    pub fn of(stack: &'t StackArtifact, body: Json<'t>) -> Self {
        let StackArtifact { id, stack_name, account, region, dependencies, .. } = stack;
        let template = Self::at(id.into(), stack_name.into(), account.into(), region.into(), body);
        Self { dependencies: Some(dependencies.into()), ..template }
    }

    fn at(id: Cow<'t, str>, stack: Cow<'t, str>, account: Cow<'t, str>, region: Cow<'t, str>, body: Json<'t>) -> Self {
        let (parameters, physical_ids) = (BTreeMap::new(), BTreeMap::new());
        Self { id, stack, account, region, body, parameters, physical_ids, dependencies: None }
    }

    /// The value of a parameter. Without one, the default counts.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<Json<'t>>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }

    /// The id or name that AWS gave to a resource, if the stack is deployed already.
    #[must_use]
    pub fn physical_id(mut self, logical_id: impl Into<String>, id: impl Into<String>) -> Self {
        self.physical_ids.insert(logical_id.into(), id.into());
        self
    }

    /// The ids of the stacks that are deployed before this one. Without this, nothing is known about the order; beside
    /// templates that say it, such as those of an assembly, one that does not is taken to be deployed already.
    #[must_use]
    pub fn after<S: Into<String>>(mut self, stacks: impl IntoIterator<Item = S>) -> Self {
        self.dependencies = Some(stacks.into_iter().map(Into::into).collect());
        self
    }

    /// The id of the stack among the templates.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name of the stack.
    #[must_use]
    pub fn stack_name(&self) -> &str {
        &self.stack
    }

    /// The template itself.
    #[must_use]
    pub const fn body(&self) -> &Json<'t> {
        &self.body
    }

    fn into_owned(self) -> Template<'static> {
        let Self { id, stack, account, region, body, parameters, physical_ids, dependencies } = self;
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        let (id, stack, account, region) = (owned(id), owned(stack), owned(account), owned(region));
        let parameters = parameters.into_iter().map(|(name, value)| (name, value.into_owned())).collect();
        let dependencies = dependencies.map(|all| Cow::Owned(all.into_owned()));
        Template { id, stack, account, region, body: body.into_owned(), parameters, physical_ids, dependencies }
    }

    pub(crate) fn section(&self, name: &str) -> Option<&Members<'t>> {
        self.body().get(name)?.as_object()
    }

    pub(crate) fn resource(&self, logical_id: &str) -> Option<&Members<'t>> {
        self.section("Resources")?.get(logical_id)?.as_object()
    }
}

/// All templates that are deployed together.
///
/// ```
/// use construct_pipeline::access::template::{Template, Templates};
/// use serde_json::json;
///
/// let body = json!({ "Parameters": { "Name": { "Type": "String" } }, "Resources": {} });
/// let template = Template::new("tools", "111111111111", "us-east-1", body).parameter("Name", "orders");
/// assert_eq!(Templates::new().with(template).iter().count(), 1);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Templates<'t> {
    pub(crate) all: Vec<Template<'t>>,
    /// Stacks of which nobody can read the template, each with what is wrong with it.
    pub(crate) unreadable: Vec<(String, String)>,
}

impl<'t> Templates<'t> {
    /// No templates.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a template.
    #[must_use]
    pub fn with(mut self, template: Template<'t>) -> Self {
        self.add(template);
        self
    }

    fn add(&mut self, mut template: Template<'t>) {
        if let Some(body) = loops::unrolled(&template) {
            template.body = body;
        }
        self.all.push(template);
    }

    /// The templates of an assembly, whoever made it, read from the very text that is deployed. One that is no JSON
    /// object is left out, and the report has an error that says so: nothing is proved then. Whoever can read it
    /// [adds](Self::with) it.
    #[must_use]
    pub fn of(assembly: &'t Assembly) -> Self {
        let mut templates = Self::new();
        for stack in assembly.stacks() {
            let unreadable = match Json::read(&stack.template) {
                Ok(body) if body.as_object().is_some() => {
                    templates.add(Template::of(stack, body));
                    continue;
                }
                Ok(_) => "it is no JSON object".to_owned(),
                Err(error) => error.to_string(),
            };
            templates.unreadable.push((stack.stack_name.clone(), unreadable));
        }
        templates
    }

    /// The same templates, free of the texts that they were read from.
    #[must_use]
    pub fn into_owned(self) -> Templates<'static> {
        Templates { all: self.all.into_iter().map(Template::into_owned).collect(), unreadable: self.unreadable }
    }

    /// The templates in order.
    pub fn iter(&self) -> impl Iterator<Item = &Template<'t>> {
        self.all.iter()
    }

    /// The template of a stack, by name.
    #[must_use]
    pub fn named(&self, stack: &str) -> Option<&Template<'t>> {
        self.all.iter().find(|template| template.stack == stack)
    }
}

/// Where a stack is deployed; a symbol where that is not known.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    pub(crate) account: Arc<str>,
    pub(crate) region: Arc<str>,
}

/// A resource of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    /// Index of the template.
    pub(crate) stack: usize,
    pub(crate) logical_id: Arc<str>,
}
