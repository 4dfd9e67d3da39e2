//! Draws up the documents that constructs asked for, from what the plan says, and notes the quotas of the app.
//!
//! Codes: `document::name-taken`.

use crate::assembly::Assembly;
use crate::construct::{DocumentCx, Plan};
use crate::diagnostic::{Caller, Diagnostic, Diagnostics};
use crate::quota::Quotas;
use crate::written;

/// Files that are to stand beside the templates, and the quotas with which they were made.
#[derive(Debug, Default)]
pub struct Documents {
    drawn: Vec<Drawn>,
    quotas: Quotas,
}

#[derive(Debug)]
struct Drawn {
    file: &'static str,
    text: String,
    /// Who asked for it first.
    path: String,
    location: Caller,
}

/// The documents of a plan.
#[must_use]
pub fn document(plan: &Plan) -> Documents {
    let drawn = plan.tree.documents.values().filter_map(|(document, asked_by)| {
        let contents = document.contents(&DocumentCx { plan })?;
        let (path, location) = (plan.tree.path(*asked_by).to_owned(), plan.tree.node(*asked_by).location);
        Some(Drawn { file: document.file(), text: written::file(&contents), path, location })
    });
    Documents { drawn: drawn.collect(), quotas: plan.tree.quotas() }
}

impl Documents {
    /// Puts documents and quotas into an assembly.
    pub(super) fn add_to(self, assembly: &mut Assembly, findings: &mut Diagnostics) {
        assembly.set_quotas(self.quotas.titled().collect());
        for Drawn { file, text, path, location } in self.drawn {
            if !assembly.add_document(file, text) {
                let message = format!("`{}` is no name for a document of this assembly", file.escape_debug());
                findings.push(
                    Diagnostic::error("document::name-taken", message)
                        .on(path)
                        .at(location)
                        .help("give it a name of its own, without folders, that no template and no other document has"),
                );
            }
        }
    }
}
