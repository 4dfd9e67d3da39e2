//! The example programs, one topology a file: what the issue of each promises.

mod multi_account_ci;
mod partitions;
mod projects_and_roles;
mod reference_architecture;
mod twins;

use construct_core::Assembly;
use construct_pipeline::access::template::{self, Resolver, Templates};
use construct_pipeline::access::{Access, Outside, Report, prove};
use construct_pipeline::prelude::App;
use serde_json::Value as Json;

/// The assembly of an example, which has no warnings either.
#[track_caller]
fn synthesised(app: App) -> Assembly {
    let (assembly, warnings) = app.synth_with_warnings().expect("an example has no mistakes");
    assert!(warnings.is_empty(), "{warnings}");
    assembly
}

/// Proves an assembly without anything from outside.
#[track_caller]
fn proved(assembly: &Assembly) -> Report {
    let report = prove(&Templates::of(assembly), &Outside::new());
    is_proved(&report);
    report
}

#[track_caller]
fn is_proved(report: &Report) {
    let open: Vec<String> = report
        .accesses()
        .iter()
        .filter(|access: &&Access| !access.is_proved())
        .map(|access| report.explain(access))
        .collect();
    assert!(report.is_proved(), "{}\n{:?}\n{:?}", open.join("\n\n"), report.order(), report.notes());
}

/// Every resource of a type, with its template evaluated as far as it says: stack, ARN if that is known, properties.
fn all(assembly: &Assembly, kind: &str) -> Vec<(String, Option<String>, Json)> {
    let templates = Templates::of(assembly);
    let resolver = Resolver::new(&templates);
    let mut found = Vec::new();
    for (n, template) in templates.iter().enumerate() {
        let resources = template.body().get("Resources").and_then(template::Json::as_object);
        for (id, resource) in resources.into_iter().flat_map(template::Members::iter) {
            if resource.get("Type").and_then(template::Json::as_str) == Some(kind) {
                let properties = resource.get("Properties").map(|all| resolver.value(n, all));
                let properties = properties.map_or(Json::Null, |all| Json::from(&*all));
                found.push((template.stack_name().to_owned(), resolver.arn(n, id), properties));
            }
        }
    }
    found
}

/// The only resource of a type.
#[track_caller]
fn only(assembly: &Assembly, kind: &str) -> Json {
    let mut found = all(assembly, kind);
    assert_eq!(found.len(), 1, "{kind}");
    found.remove(0).2
}

/// The action of a pipeline with this name.
#[track_caller]
fn action<'p>(pipeline: &'p Json, name: &str) -> &'p Json {
    let stages = pipeline["Stages"].as_array().expect("stages").iter();
    let mut actions = stages.flat_map(|stage| stage["Actions"].as_array().expect("actions"));
    actions.find(|action| action["Name"] == name).expect("an action of this name")
}
