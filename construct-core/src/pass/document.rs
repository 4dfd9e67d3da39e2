//! Adds the documents that constructs asked for to the assembly.
//!
//! Codes: `document::name-taken`.

use crate::assembly::Assembly;
use crate::construct::{DocumentCx, Plan};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// The assembly with the documents of its plan.
#[must_use]
pub fn document(plan: &Plan, mut assembly: Assembly) -> (Assembly, Diagnostics) {
    let mut findings = Diagnostics::new();
    for (document, asked_by) in plan.tree.documents.values() {
        let Some(contents) = document.contents(&DocumentCx { plan }) else { continue };
        if !assembly.add_document(document.file(), &contents) {
            let node = plan.tree.node(*asked_by);
            let message = format!("`{}` is no name for a document of this assembly", document.file().escape_debug());
            findings.push(
                Diagnostic::error("document::name-taken", message)
                    .on(node.path.clone())
                    .at(node.location)
                    .help("give it a name of its own, without folders, that no template and no other document has"),
            );
        }
    }
    (assembly, findings)
}
