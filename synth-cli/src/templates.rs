//! The templates of an assembly, as CloudFormation takes them: JSON or YAML. All commands read them here, so that they
//! agree on what is none.

use std::path::Path;

use construct_core::{Assembly, Json, StackArtifact};
use construct_pipeline::access::template::{Template, Templates};

use crate::output::Failure;
use crate::yaml;

/// The template of a stack.
pub(crate) fn body<'t>(dir: &Path, stack: &'t StackArtifact) -> Result<Json<'t>, Failure> {
    match Json::read(&stack.template) {
        Ok(body) if body.as_object().is_some() => Ok(body),
        _ => yaml::parse(&stack.template).map(Json::from).map_err(|what| {
            let file = dir.join(&stack.template_file);
            let message = format!(
                "`{}`, the template of stack `{}`, is no CloudFormation template: {what}",
                file.display(),
                stack.stack_name
            );
            Failure::new(message).help("synthesise the assembly again; a template is an object in JSON or YAML")
        }),
    }
}

/// The templates of all stacks, for whoever wants to know what is in them.
pub(crate) fn all<'t>(dir: &Path, assembly: &'t Assembly) -> Result<Templates<'t>, Failure> {
    let mut stacks = assembly.stacks().iter();
    stacks.try_fold(Templates::new(), |all, stack| Ok(all.with(Template::of(stack, body(dir, stack)?))))
}
