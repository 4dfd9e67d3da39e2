//! What a pipeline tells of its actions beside their declarations, in its metadata: no page of AWS says how an action
//! works whose type is not known here, and its provider may.
//!
//! ```json
//! "Metadata": {
//!   "construct:actions": {
//!     "Release/Scan": {
//!       "Worker": "arn:aws:iam::111111111111:role/scanner",
//!       "Calls": [{ "Action": ["scan:Start"], "Resource": ["arn:aws:scan:us-east-1:111111111111:scan/*"] }]
//!     }
//!   }
//! }
//! ```
//!
//! The worker's role reads and writes the artifacts. Each of the actions is called for each of the resources, with the
//! role that performs the action or with the `Role` that stands beside them; `*` within an ARN stands for what a run
//! makes up.

use std::collections::BTreeMap;
use std::sync::Arc;

use construct_iam::access::Json;

use crate::access::template::{Lazy, Resolver};
use crate::access::world::{Told, ToldCall};

/// The key of the metadata.
pub(crate) const TOLD: &str = "construct:actions";

/// What is told of each action, by its stage and name.
pub(crate) fn read<'t>(resolver: &Resolver<'t>, stack: usize, told: &'t Json<'t>) -> BTreeMap<String, Told> {
    let told = Lazy::of(resolver, stack, told);
    let told = told.iter().flat_map(Lazy::members).map(|(of, told)| (of.to_owned(), of_action(&told)));
    told.collect()
}

fn of_action(told: &Lazy<'_, '_>) -> Told {
    let calls = told.get("Calls").map(|calls| calls.items().map(|call| of_call(&call)).collect());
    Told { worker: text(told, "Worker"), calls }
}

fn of_call(call: &Lazy<'_, '_>) -> ToldCall {
    let texts = |key: &str| {
        let items = call.get(key);
        let texts = items.iter().flat_map(Lazy::items).filter_map(Lazy::into_text);
        texts.map(Into::into).collect()
    };
    ToldCall { role: text(call, "Role"), actions: texts("Action"), resources: texts("Resource") }
}

fn text(of: &Lazy<'_, '_>, key: &str) -> Option<Arc<str>> {
    Some(of.text_of(key)?.into())
}
