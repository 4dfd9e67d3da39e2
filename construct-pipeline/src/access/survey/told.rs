//! What a pipeline tells of its actions beside their declarations, in its metadata.

use std::collections::BTreeMap;
use std::sync::Arc;

use construct_iam::access::Json;

use crate::access::template::{Lazy, Resolver};
use crate::access::world::{Told, ToldCall};

/// The key in the metadata of a pipeline under which it tells, by stage and action, what no property of it says: no page of
/// AWS does for types that are not known here, nor for roles to which a service hands artifacts on. Any tool may write it.
///
/// ```json
/// "Metadata": {
///   "construct:actions": {
///     "Release/Scan": {
///       "Worker": "arn:aws:iam::111111111111:role/scanner",
///       "Readers": ["arn:aws:iam::111111111111:role/scanned"],
///       "Calls": [{ "Action": ["scan:Start"], "Resource": ["arn:aws:scan:us-east-1:111111111111:scan/*"] }]
///     }
///   }
/// }
/// ```
///
/// The worker's role reads and writes the artifacts in place of the one that performs the action; readers read those that
/// the action reads, too. Each of the actions is called for each of the resources, with the role that performs the action or
/// with the `Role` that stands beside them; `*` within an ARN stands for what a run makes up.
pub const TOLD: &str = "construct:actions";

/// What is told of each action, by its stage and name.
pub(crate) fn read<'t>(resolver: &Resolver<'t>, stack: usize, told: &'t Json<'t>) -> BTreeMap<String, Told> {
    let told = Lazy::of(resolver, stack, told);
    let told = told.iter().flat_map(Lazy::members).map(|(of, told)| (of.to_owned(), of_action(&told)));
    told.collect()
}

fn of_action(told: &Lazy<'_, '_>) -> Told {
    let calls = told.get("Calls").map(|calls| calls.items().map(|call| of_call(&call)).collect());
    let readers = told.get("Readers").map(|readers| texts(&readers));
    Told { worker: text(told, "Worker"), readers, calls }
}

fn of_call(call: &Lazy<'_, '_>) -> ToldCall {
    let listed = |key: &str| call.get(key).map(|items| texts(&items)).unwrap_or_default();
    ToldCall { role: text(call, "Role"), actions: listed("Action"), resources: listed("Resource") }
}

fn texts(items: &Lazy<'_, '_>) -> Box<[Arc<str>]> {
    items.items().filter_map(Lazy::into_text).map(Into::into).collect()
}

fn text(of: &Lazy<'_, '_>, key: &str) -> Option<Arc<str>> {
    Some(of.text_of(key)?.into())
}
