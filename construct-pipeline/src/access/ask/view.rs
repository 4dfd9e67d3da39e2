//! The world as questions see it: with a symbol for each value that nobody knows, or with the values that AWS makes up
//! told apart.

use std::borrow::Cow;
use std::sync::OnceLock;

use construct_iam::access::{Policy, symbol};

use crate::access::policies::PolicyIx;
use crate::access::template::{Origin, Symbols};
use crate::access::world::World;

/// The policies with a text of its own in place of each symbol that stands for a value AWS makes up, once somebody looked.
pub(crate) type Apart = OnceLock<Vec<Policy>>;

/// A way to see the texts and policies of a world.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'w> {
    pub(crate) world: &'w World,
    apart: Option<&'w [Policy]>,
}

impl<'w> View<'w> {
    pub(crate) fn plain(world: &'w World) -> Self {
        Self { world, apart: None }
    }

    /// Two resources have two ids, so that two symbols for them are two texts.
    pub(crate) fn apart(world: &'w World, apart: &'w Apart) -> Self {
        let policies = apart.get_or_init(|| world.policies.rewritten(&|text| told_apart(&world.symbols, text)));
        Self { world, apart: Some(policies) }
    }

    pub(crate) fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.apart.is_none() || text.is_ascii() { text.into() } else { told_apart(&self.world.symbols, text).into() }
    }

    pub(crate) fn policy(&self, ix: PolicyIx) -> Policy {
        self.apart.map_or_else(|| self.world.policies.get(ix).clone(), |all| all[ix].clone())
    }
}

/// Whether the symbol stands for the id or name of a resource. An attribute may have any value, and two of them the same.
pub(crate) fn is_made(symbols: &Symbols, c: char) -> bool {
    let is_id = |origin: &Origin| matches!(origin, Origin::Made { attribute: None, .. });
    symbol::is_name(c) && symbols.meaning(c).is_some_and(|meaning| is_id(&meaning.origin))
}

/// The text with a word of its own in place of each value that AWS makes up, and of the account that no template names.
fn told_apart(symbols: &Symbols, text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_made(symbols, c) || symbols.meaning(c).is_some_and(|meaning| meaning.origin == Origin::Account) {
            out.push_str(&format!("made-{:06x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}
