//! Pipelines as the JSON of the CodePipeline API.

use construct_pipeline::access::template::Templates;
use construct_pipeline::json::{Declaration, export};
use construct_pipeline::prelude::*;

/// Reads a pipeline; it is the same when it is written and read again, and when a program that has it is synthesised.
pub(super) fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let declaration = match Declaration::read(text) {
        Ok(declaration) => declaration,
        Err(findings) => {
            assert!(findings.has_errors());
            assert!(findings.iter().all(|finding| finding.help_text().is_some()), "{findings:?}");
            return;
        }
    };
    let written = declaration.to_json().to_string();
    let read = Declaration::read(&written).expect("what was written can be read");
    assert!(read.is_same(&declaration), "{written}");
    let home = Env::parse(declaration.account().unwrap_or_default(), &declaration.region().unwrap_or_default());
    let mut app = App::new();
    let stack = app.stack("Tools", home.unwrap_or(Env::new("111111111111", "us-east-1")));
    app.at(stack).add("Pipeline", Pipeline::from_json(text).expect("it was read before"));
    app.access(AccessCheck::Warn);
    match app.synth() {
        Err(error) => assert!(error.findings().is_some_and(construct_core::Diagnostics::has_errors)),
        Ok(assembly) => {
            let exported = export(&Templates::of(&assembly));
            let same = exported.iter().any(|one| one.declaration.as_ref().is_ok_and(|one| one.is_same(&declaration)));
            let others = exported.iter().filter_map(|one| one.declaration.as_ref().ok());
            let others: Vec<String> = others.map(|one| one.to_json().to_string()).collect();
            assert!(same, "{written}\nis not\n{}", others.join("\n"));
        }
    }
}
