//! CloudFormation's functions, computed as far as templates and parameters tell: a template value becomes plain JSON, with
//! [symbols](construct_iam::access::symbol) in place of what only AWS or the person who deploys will know.
//!
//! * Equal values that are not known have the same symbol, so that `Ref` of a key in a policy and in a store are seen
//!   to be the same key.
//! * A value that may be more than text, such as an `Fn::If` whose condition is open, stays a function (`{"Fn::If":
//!   …}`), which the policy evaluator takes for unknown.
//! * Nothing in a template makes it panic or run for ever: references that go round in circles are unknown.
//!
//! What goes in are [`Templates`], each with where it is deployed. What comes out of a [`Resolver`] are values, names
//! and ARNs, and the [`Symbols`] in them.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>

mod functions;
mod lazy;
mod memory;
mod physical;
mod plain;
mod resolver;
mod symbols;
mod templates;

pub use construct_iam::access::{Json, Members};

pub use resolver::Resolver;
pub use symbols::{Meaning, Origin, Symbols};
pub use templates::{Template, Templates};

pub(crate) use lazy::Lazy;
pub(crate) use physical::{
    Whereabouts, account_in, arn_parts, is_account, is_region, naming_of, partition, short_name, ways_through,
};
pub(crate) use plain::{calls_functions, function_of, has_functions, is_plain};
pub(crate) use templates::{Environment, Made, is_loop};
