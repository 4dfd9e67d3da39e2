//! Random JSON for the laws of this room.

use proptest::prelude::*;
use serde_json::Value;

/// Leaves, and lists and objects of fewer than so many, up to five deep.
pub(super) fn nested(
    leaf: impl Strategy<Value = Value> + 'static,
    name: impl Strategy<Value = String> + 'static,
    n: usize,
) -> impl Strategy<Value = Value> {
    let name = name.boxed();
    leaf.prop_recursive(5, 60, n as u32, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..n).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..n)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}
