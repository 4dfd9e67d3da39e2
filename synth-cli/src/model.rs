//! An assembly as every command sees it: all stacks, nested assemblies included, in deployment order, templates parsed.

mod order;
mod read;

pub(crate) use read::explain;

use crate::output::Report;
use crate::template::Template;

/// The stacks of an assembly in deployment order.
#[derive(Debug)]
pub(crate) struct Model {
    stacks: Vec<Stack>,
    /// Stacks that wait for each other, as places in `stacks`; each waits for the next one and the last for the first.
    cycle: Option<Vec<usize>>,
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
    pub(crate) template: Template,
}

impl Model {
    /// Brings stacks into deployment order. Their `needs` are places in `stacks` as it is given.
    fn new(stacks: Vec<Stack>) -> Self {
        let needs: Vec<&[usize]> = stacks.iter().map(|stack| &*stack.needs).collect();
        let order::Order { sequence, waves, cycle } = order::order(&needs);
        let mut place = vec![0; stacks.len()];
        for (new, &old) in sequence.iter().enumerate() {
            place[old] = new;
        }
        let mut stacks: Vec<(usize, Stack)> = stacks.into_iter().enumerate().collect();
        stacks.sort_by_key(|(old, _)| place[*old]);
        let moved = stacks.into_iter().map(|(old, mut stack)| {
            stack.wave = waves[old];
            for needed in &mut stack.needs {
                *needed = place[*needed];
            }
            stack
        });
        Self { stacks: moved.collect(), cycle: cycle.map(|ring| ring.into_iter().map(|old| place[old]).collect()) }
    }

    pub(crate) fn stacks(&self) -> &[Stack] {
        &self.stacks
    }

    /// Says which stacks can never be deployed because they wait for each other.
    pub(crate) fn report_cycles(&self, report: &mut Report) {
        let Some(ring) = &self.cycle else { return };
        let names: Vec<String> =
            ring.iter().chain(ring.first()).map(|&at| format!("`{}`", self.stacks[at].id)).collect();
        report.finding(
            format!("these stacks wait for each other, so none of them can be deployed: {}", names.join(" needs ")),
            "take one of the dependencies out of the program that wrote the assembly, for example by moving what both \
             need into a stack of its own",
        );
    }
}
