//! What the tests of the proof share.

use std::collections::BTreeSet;

use construct_core::Assembly;
use construct_pipeline::access::template::{Template, Templates};
use construct_pipeline::access::{Access, Outside, Report, prove};
use serde_json::Value;

#[path = "../../../examples/cross_account.rs"]
#[expect(dead_code, unreachable_pub, reason = "it is a program")]
mod cross_account;

/// Templates that can be changed, with what is known about their stacks.
#[derive(Clone)]
pub(crate) struct Set {
    assembly: Assembly,
    pub(crate) bodies: Vec<Value>,
}

impl Set {
    pub(crate) fn new(assembly: Assembly) -> Self {
        let bodies = assembly.stacks().iter().map(|stack| stack.template_json().expect("a template")).collect();
        Self { assembly, bodies }
    }

    pub(crate) fn example() -> Self {
        Self::new(cross_account::app().synth().expect("the example synthesises"))
    }

    pub(crate) fn templates(&self) -> Templates<'_> {
        self.assembly.stacks().iter().zip(&self.bodies).fold(Templates::new(), |all, (stack, body)| {
            all.with(
                Template::new(&stack.stack_name, &stack.account, &stack.region, body).after(stack.dependencies.clone()),
            )
        })
    }

    pub(crate) fn prove(&self) -> Report {
        prove(&self.templates(), &Outside::new())
    }

    pub(crate) fn body(&mut self, stack: &str) -> &mut Value {
        let n = self.assembly.stacks().iter().position(|one| one.stack_name == stack).expect("a stack of this name");
        &mut self.bodies[n]
    }

    /// The only resource of a type in the only stack that fits.
    pub(crate) fn resource(&mut self, stack: &str, starts: &str) -> &mut Value {
        let n =
            self.assembly.stacks().iter().position(|one| one.stack_name.contains(stack)).expect("a stack of this name");
        let resources = self.bodies[n]["Resources"].as_object_mut().expect("resources");
        resources.iter_mut().find(|(id, _)| id.starts_with(starts)).expect("a resource of this name").1
    }
}

/// What tells an access from all others, whatever comes of it.
pub(crate) fn key(access: &Access) -> String {
    let action = access.action.as_ref().map(|action| (action.position, action.name.clone()));
    format!("{action:?} {:?} {} {} {}", access.purpose, access.principal(), access.iam_action(), access.resource())
}

pub(crate) fn keys<'a>(accesses: impl IntoIterator<Item = &'a Access>) -> BTreeSet<String> {
    accesses.into_iter().map(key).collect()
}

pub(crate) fn failures(report: &Report) -> String {
    let open: Vec<String> =
        report.accesses().iter().filter(|access| !access.is_proved()).map(|access| report.explain(access)).collect();
    format!("{}\n{:?}\n{:?}", open.join("\n\n"), report.order(), report.notes())
}
