//! Which values have functions, and which need nothing computed.

use construct_core::is_function;
use construct_iam::access::{Json, Members, symbol};

/// In place of a function that is left.
const UNKNOWN: &str = "Fn::Unknown";

pub(crate) fn unknown<'t>(label: String) -> Json<'t> {
    Json::Object([(UNKNOWN.into(), label.into())].into_iter().collect())
}

/// What is told of a value that is no text: of one that is not known, in the words that were found for it.
pub(crate) fn label_of(value: &Json<'_>) -> String {
    let unknown = value.as_object().and_then(function_of).filter(|(function, _)| *function == UNKNOWN);
    unknown.and_then(|(_, label)| label.as_str()).map_or_else(|| value.to_string(), str::to_owned)
}

pub(crate) fn function_of<'v, 't>(map: &'v Members<'t>) -> Option<(&'v str, &'v Json<'t>)> {
    if map.len() != 1 {
        return None;
    }
    let (key, argument) = map.iter().next()?;
    is_function(key).then_some((key, argument))
}

/// Whether a member somewhere in the value has the name of a function, even where no function may stand.
pub(crate) fn calls_functions(value: &Json<'_>) -> bool {
    match value {
        Json::Array(values) => values.iter().any(calls_functions),
        Json::Object(map) => map.iter().any(|(name, value)| is_function(name) || calls_functions(value)),
        _ => false,
    }
}

/// Whether a function stands somewhere in the value.
pub(crate) fn has_functions(value: &Json<'_>) -> bool {
    match value {
        Json::Array(values) => values.iter().any(has_functions),
        Json::Object(map) => function_of(map).is_some() || map.values().any(has_functions),
        _ => false,
    }
}

/// What dynamic references begin with.
pub(crate) const REFERENCE: &str = "{{resolve:";

/// Whether nothing in the value has to be computed.
pub(crate) fn is_plain(value: &Json<'_>) -> bool {
    match value {
        Json::String(text) => {
            (text.is_ascii() || !symbol::is_symbolic(text)) && !(text.contains('{') && text.contains(REFERENCE))
        }
        Json::Array(values) => values.iter().all(is_plain),
        Json::Object(map) => function_of(map).is_none() && map.values().all(is_plain),
        _ => true,
    }
}
