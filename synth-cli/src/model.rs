//! An assembly as every command sees it: all stacks, nested assemblies included, in deployment order, templates parsed.
//!
//! Codes: `stack::cycle`.

mod order;

use std::collections::BTreeMap;
use std::path::Path;

use construct_core::{Assembly, Diagnostic, StackArtifact};
use construct_pipeline::access::template::{Json, Members, Template, Templates};

use crate::output::Failure;
use crate::{source, templates};

/// The stacks of an assembly in deployment order.
#[derive(Debug)]
pub(crate) struct Model {
    stacks: Vec<Stack>,
    /// Their templates, in the same order.
    templates: Templates<'static>,
    circle: Option<Diagnostic>,
}

/// One stack.
#[derive(Debug)]
pub(crate) struct Stack {
    /// The id in the manifest.
    pub(crate) id: String,
    /// The name in CloudFormation.
    pub(crate) name: String,
    /// 12 digits, or `unknown-account` where another tool leaves that to the deployment.
    pub(crate) account: String,
    /// The region's code, or `unknown-region`.
    pub(crate) region: String,
    /// The stacks that must be deployed first, as places in the model.
    pub(crate) needs: Vec<usize>,
    /// Stacks of one wave may be deployed at the same time; none for stacks that wait for each other.
    pub(crate) wave: Option<usize>,
    /// The template's file, relative to the assembly.
    pub(crate) template_file: String,
    /// The size of that file.
    pub(crate) bytes: usize,
    pub(crate) n_resources: usize,
}

impl Model {
    /// Reads the assembly in a folder.
    pub(crate) fn read(dir: &Path) -> Result<Self, Failure> {
        let assembly = source::assembly(dir)?;
        let needs = needs(&assembly);
        let waves = order::waves(&needs);
        let made = assembly.stacks().iter().zip(needs).zip(waves).map(|((artifact, needs), wave)| {
            let body = templates::body(dir, artifact)?;
            let stack = Stack {
                id: artifact.id.clone(),
                name: artifact.stack_name.clone(),
                account: artifact.account.clone(),
                region: artifact.region.clone(),
                needs,
                wave,
                template_file: artifact.template_file.clone(),
                bytes: artifact.template.len(),
                n_resources: body.get("Resources").and_then(Json::as_object).map_or(0, Members::len),
            };
            Ok((stack, Template::new(&artifact.stack_name, &artifact.account, &artifact.region, body.into_owned())))
        });
        let made: Vec<(Stack, Template<'static>)> = made.collect::<Result<_, Failure>>()?;
        let (stacks, templates): (Vec<_>, Vec<_>) = made.into_iter().unzip();
        let templates = templates.into_iter().fold(Templates::new(), Templates::with);
        Ok(Self { stacks, templates, circle: circle(&assembly) })
    }

    pub(crate) fn stacks(&self) -> &[Stack] {
        &self.stacks
    }

    pub(crate) fn templates(&self) -> &Templates<'static> {
        &self.templates
    }

    /// The resources of a type in a stack: logical id and properties, in the order of the template.
    pub(crate) fn resources_of(
        &self,
        stack: usize,
        kind: &'static str,
    ) -> impl Iterator<Item = (&str, &Json<'static>)> {
        let template = self.templates.iter().nth(stack);
        let resources = template.and_then(|template| template.body().get("Resources")?.as_object());
        let of_kind = resources
            .into_iter()
            .flat_map(Members::iter)
            .filter(move |(_, resource)| resource.get("Type").and_then(Json::as_str) == Some(kind));
        of_kind.map(|(logical_id, resource)| (logical_id, resource.get("Properties").unwrap_or(&Json::Null)))
    }

    /// What stands beside the properties of a resource, under a key of its metadata.
    pub(crate) fn metadata_of(&self, stack: usize, logical_id: &str, key: &str) -> &Json<'static> {
        let template = self.templates.iter().nth(stack);
        let resource = template.and_then(|template| template.body().get("Resources")?.get(logical_id));
        resource.and_then(|resource| resource.get("Metadata")?.get(key)).unwrap_or(&Json::Null)
    }

    /// That stacks wait for each other, if some do.
    pub(crate) fn circle(&self) -> Option<&Diagnostic> {
        self.circle.as_ref()
    }
}

/// The finding that stacks of an assembly wait for each other, so that none of them can ever be deployed.
pub(crate) fn circle(assembly: &Assembly) -> Option<Diagnostic> {
    let needs = needs(assembly);
    let circle = order::cycle(&needs, &order::waves(&needs))?;
    // The last one waits for the first.
    let names = circle.iter().chain(circle.first()).map(|&at| format!("`{}`", assembly.stacks()[at].id));
    let names = names.collect::<Vec<_>>().join(" needs ");
    let message = format!("these stacks wait for each other, so none of them can be deployed: {names}");
    let help = "take one of the dependencies out of the program that wrote the assembly, for example by moving what both need \
                into a stack of its own";
    Some(Diagnostic::error("stack::cycle", message).help(help))
}

/// What each stack of an assembly needs, as places among them.
fn needs(assembly: &Assembly) -> Vec<Vec<usize>> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, stack) in assembly.stacks().iter().enumerate() {
        places.entry(&stack.id).or_insert(at);
    }
    let needs = |stack: &StackArtifact| -> Vec<usize> {
        stack.dependencies.iter().filter_map(|needed| places.get(&**needed).copied()).collect()
    };
    assembly.stacks().iter().map(needs).collect()
}
