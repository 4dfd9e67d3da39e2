//! Resources of one stack that refer to each other in a circle.
//!
//! Codes: `resource::cycle`.

use super::place::Placed;
use crate::construct::Plan;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::pass::circles::circles;

/// Which part of a stack refers to which, by their places.
pub(super) type References = Vec<(usize, usize)>;

/// How often what refers to nothing is left out. Longer chains take less time as a graph.
const SOON: usize = 8;

pub(super) fn resource_cycles(plan: &Plan, placed: &[Placed], references: References, findings: &mut Diagnostics) {
    if references.is_empty() {
        return;
    }
    // What refers to nothing is in no circle, nor what refers to nothing else, and so on: mostly nothing is left soon.
    let mut between = references;
    let mut refers = vec![false; placed.len()];
    for _ in 0..SOON {
        refers.fill(false);
        between.iter().for_each(|(from, _)| refers[*from] = true);
        between.retain(|(_, to)| refers[*to]);
        if between.is_empty() {
            return;
        }
    }
    for circle in circles(between) {
        let mut members = circle.members.clone();
        members.sort_unstable();
        let nodes: Vec<_> = members.iter().map(|place| placed[*place].node).collect();
        let names: Vec<String> = nodes.iter().map(|node| format!("`{}`", plan.tree.path(*node))).collect();
        let message = format!("the resources {} need each other, so none can be made first", names.join(", "));
        let first = nodes.first();
        let mut diagnostic = Diagnostic::error("resource::cycle", message)
            .on(first.map(|node| plan.tree.path(*node)).unwrap_or_default())
            .or_at("", first.map(|node| plan.tree.node(*node).location))
            .help("take a `DependsOn` away, or give one of them a name and refer to it by that name");
        if let Some(others) = circle.others("resource") {
            diagnostic = diagnostic.note(others, None);
        }
        findings.push(diagnostic);
    }
}

#[cfg(test)]
mod tests {
    use crate::{App, Attr, DependsOn, Env, Metadata, Output, PropertyOverride, RawResource, Value, kind};

    #[test]
    fn a_circle_of_dependencies_alone_is_not_opened_by_a_name() {
        let mut app = App::new();
        let stack = app.stack("Stack", Env::new("111111111111", "us-east-1"));
        let mut scope = app.at(stack);
        let [one, two] = ["One", "Two"].map(|id| scope.add(id, RawResource::new("AWS::SQS::Queue")));
        scope.attach(one, DependsOn::new(two));
        scope.attach(two, DependsOn::new(one));
        let found = app.synth().expect_err("neither can be made first").to_string();
        assert!(found.contains("resource::cycle") && found.contains("take a `DependsOn` away"), "{found}");
    }

    #[test]
    fn a_resource_that_refers_to_itself_is_told_so_once() {
        let mut app = App::new();
        let stack = app.stack("Stack", Env::new("111111111111", "us-east-1"));
        let mut scope = app.at(stack);
        let queue = scope.add("Queue", RawResource::new("AWS::SQS::Queue"));
        let own: Value<kind::Text> = Value::attr(queue.into(), Attr::LogicalId);
        scope.attach(queue, Metadata::new("Own", own));
        assert_eq!(app.synth_with_warnings().map(|(_, found)| found.len()).map_err(|error| error.to_string()), Ok(0));

        let mut app = App::new();
        let stack = app.stack("Stack", Env::new("111111111111", "us-east-1"));
        let mut scope = app.at(stack);
        let queue = scope.add("Queue", RawResource::new("AWS::SQS::Queue"));
        scope.attach(queue, PropertyOverride::set("Dead", queue.get_att("Arn")));
        scope.attach(queue, PropertyOverride::set("Deader", queue.reference()));
        let error = app.synth().expect_err("the queue can never be made");
        let found: Vec<_> = error.findings().into_iter().flat_map(crate::Diagnostics::iter).collect();
        assert_eq!(found.len(), 1, "{error}");
        assert_eq!((found[0].code(), found[0].path()), ("resource::cycle", "Stack/Queue"), "{error}");
    }

    #[test]
    fn an_output_that_is_called_as_a_resource_closes_no_circle() {
        let mut app = App::new();
        let stack = app.stack("Stack", Env::new("111111111111", "us-east-1"));
        let mut scope = app.at(stack);
        let queue = || RawResource::new("AWS::SQS::Queue");
        let first = scope.add("First", queue().logical_id("Orders"));
        let second = scope.add("Second", queue().property("Dead", first.get_att("Arn")));
        scope.add("Output", Output::new(second.reference()).logical_id("Orders"));
        assert_eq!(app.synth().map(|assembly| assembly.stacks().len()).map_err(|error| error.to_string()), Ok(1));
    }
}
