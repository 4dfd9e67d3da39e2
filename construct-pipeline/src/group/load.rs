//! How much room the roles of a pipeline need in other environments, as far as that is known when it is placed.

use std::collections::BTreeMap;
use std::iter::Sum;
use std::ops::Add;

use construct_core::{Env, Expr, View};
use construct_iam::PolicyDocument;
use construct_iam::quota::MANAGED_POLICY;

use crate::provider::{Category, PassedRole, ProviderSpec};

/// What the roles of a pipeline take of a template, whatever they may do; an action adds [`OF_AN_ACTION`]. A typical
/// pipeline takes half of that: names may be long, and actions of other crates may need much.
const OF_A_PIPELINE: usize = 7_500;

/// What an action takes of it, beside the statements that the program gives it.
const OF_AN_ACTION: usize = 250;

/// What a reference becomes: the ARN of something with a name of some length.
const OF_A_REFERENCE: usize = 80;

/// Room in a template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Load {
    pub(super) resources: usize,
    pub(super) bytes: usize,
}

impl Load {
    pub(super) fn fits(self, room: Self) -> bool {
        self.resources <= room.resources && self.bytes <= room.bytes
    }

    /// Whether a few more would be too much.
    pub(super) fn nearly_fills(self, room: Self) -> bool {
        !self.fits(Self { resources: room.resources * 9 / 10, bytes: room.bytes * 9 / 10 })
    }
}

impl Add for Load {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { resources: self.resources + other.resources, bytes: self.bytes + other.bytes }
    }
}

impl Sum for Load {
    fn sum<I: Iterator<Item = Self>>(loads: I) -> Self {
        loads.fold(Self::default(), Add::add)
    }
}

/// What the actions of a pipeline bring into one environment.
#[derive(Default)]
struct Brought {
    actions: usize,
    sources: usize,
    /// What the program lets a passed role do.
    permissions: PolicyDocument,
}

impl Brought {
    fn add(&mut self, spec: ProviderSpec) {
        self.actions += 1;
        self.sources += usize::from(spec.category == Category::Source);
        if let Some(PassedRole { given: None, permissions, .. }) = spec.passes {
            permissions.into_iter().for_each(|statement| self.permissions.push(statement));
        }
    }

    /// A role to act, one to deploy and one to send events, a rule for each source, and the managed policies into which
    /// a role spills that is allowed much.
    fn load(self, view: View<'_>) -> Load {
        let permissions = length(&self.permissions.into_merged().expr());
        let spilled = permissions / view.quota(&MANAGED_POLICY).max(1);
        Load { resources: 3 + self.sources + spilled, bytes: OF_A_PIPELINE + OF_AN_ACTION * self.actions + permissions }
    }
}

/// What the actions of a pipeline bring into other environments than its home.
pub(super) fn brings(actions: Vec<(Env, ProviderSpec)>, home: Env, view: View<'_>) -> Vec<(Env, Load)> {
    let mut brings: BTreeMap<Env, Brought> = BTreeMap::new();
    for (env, spec) in actions.into_iter().filter(|(env, _)| *env != home) {
        brings.entry(env).or_default().add(spec);
    }
    brings.into_iter().map(|(env, brought)| (env, brought.load(view))).collect()
}

/// Nearly the bytes that an expression becomes in a template without blanks, if it was spelled out.
fn length(expr: &Expr) -> usize {
    match expr {
        Expr::Str(text) => text.len() + "\"\",".len(),
        Expr::ByName(inner) => length(inner),
        Expr::Join(items) | Expr::List(items) => "[],".len() + items.iter().map(length).sum::<usize>(),
        Expr::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| "\"\":".len() + key.len() + length(value));
            "{},".len() + entries.sum::<usize>()
        }
        Expr::Call(function, argument) => "{\"\":},".len() + function.len() + length(argument),
        _ => OF_A_REFERENCE,
    }
}

#[cfg(test)]
mod tests {
    use construct_core::{Expr, Pseudo};

    use super::{Load, OF_A_REFERENCE, length};
    use crate::wire::json_text;

    #[test]
    fn what_is_full_still_fits() {
        let room = Load { resources: 105, bytes: 70_000 };
        assert!(room.fits(room) && room.nearly_fills(room));
        for more in [Load { resources: 106, ..room }, Load { bytes: 70_001, ..room }] {
            assert!(!more.fits(room));
        }
        let nine_tenths = Load { resources: 94, bytes: 63_000 };
        assert!(!nine_tenths.nearly_fills(room));
        assert!(Load { resources: 95, ..nine_tenths }.nearly_fills(room));
        assert!(Load { bytes: 63_001, ..nine_tenths }.nearly_fills(room));
    }

    #[test]
    fn an_expression_is_nearly_as_long_as_it_is_said_to_be() {
        let text = |n: i64| Expr::from(format!("arn:aws:sqs:us-east-1:222222222222:queue-{n}"));
        let condition = Expr::map([("aws:SourceAccount", Expr::list((0..3).map(text)))]);
        let statement = Expr::map([
            ("Effect", "Allow".into()),
            ("Action", Expr::list((0..40).map(text))),
            ("Resource", Expr::Join(vec![text(1), text(2)])),
            ("Condition", Expr::map([("StringEquals", condition)])),
        ]);
        let written = json_text(&statement).literal().expect("nothing is referred to").len();
        let told = length(&statement);
        assert!(written <= told && told <= written + written / 20, "{written} bytes, told {told}");
        assert_eq!(length(&Expr::call("Fn::Sub", "x")), "{\"Fn::Sub\":\"x\"},".len() + 1);
        assert_eq!(length(&Pseudo::Region.into()), OF_A_REFERENCE);
    }
}
