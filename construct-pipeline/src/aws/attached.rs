//! What a program states about resources that have a policy of their own.

use construct_core::{Diagnostic, ValidateCx};
use construct_iam::PolicyStatement;

/// Reports the attached statements that the service would refuse, as being of a subject in words. Unless a resource has
/// to be named, a statement without one is about the thing itself.
pub(super) fn report_malformed(cx: &mut ValidateCx<'_>, code: &'static str, subject: &str, needs_resource: bool) {
    let malformed = |statement: &PolicyStatement| {
        if !statement.has_principal() {
            return Some("it names no principal; say who with `.principal(…)`".to_owned());
        }
        match needs_resource || statement.resource_exprs().next().is_some() {
            true => statement.problem(true),
            false => statement.clone().on_itself().problem(true),
        }
    };
    let env = cx.env();
    let problem = |statement: &PolicyStatement| match malformed(statement) {
        Some(problem) => {
            let help = "write it as in `PolicyStatement::allow([…]).principal(Principal::account(env)).on([…])`";
            Some(Diagnostic::error(code, format!("{subject}: {problem}")).help(help))
        }
        None => env.and_then(|env| statement.other_partition(env)),
    };
    let problems: Vec<Diagnostic> = cx
        .view()
        .facts_with_lines_of::<PolicyStatement>(cx.here())
        .filter_map(|(one, at)| Some(problem(one)?.at(at)))
        .collect();
    for problem in problems {
        cx.report(problem);
    }
}
