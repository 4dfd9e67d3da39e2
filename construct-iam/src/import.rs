//! Constructs that exist already and are known by their ARN.

use std::fmt;
use std::marker::PhantomData;

use construct_core::{
    Attr, Diagnostic, DocumentCx, Env, Expr, Handle, Lower, LowerCx, NodeId, PlanCx, Region, Resources, Setting, Synth,
    ValidateCx, Value, kind,
};

use crate::arn::Arn;
use crate::contract::ImportContract;
use crate::policy::{ManagedPolicy, PolicyStatement};

/// What the ARNs of a kind of resource look like, and what their attributes are worth: all it takes to import one.
///
/// ```
/// use construct_core::{Attr, Env, Expr, Value, kind};
/// use construct_iam::{Arn, ArnKind, Imported};
/// construct_core::handle! {
///     /// A queue.
///     pub struct QueueRef {
///         /// Its ARN.
///         arn: Arn = GetAtt("Arn"),
///     }
/// }
/// /// The ARNs of queues.
/// #[derive(Clone, Copy, Debug)]
/// enum QueueArn {}
/// impl ArnKind for QueueArn {
///     type Handle = QueueRef;
///     const WHAT: &'static str = "a queue";
///     const CODE: &'static str = "sqs::malformed-queue-arn";
///     const EXAMPLE: &'static str = "arn:aws:sqs:us-east-1:111111111111:name";
///     fn name(arn: &Arn) -> Option<&str> {
///         (arn.service() == "sqs" && arn.is_regional()).then(|| arn.resource())
///     }
///     fn attribute(attr: &Attr, arn: &Value<kind::Arn>, _: Option<&str>, _: Env) -> Option<Expr> {
///         (*attr == Attr::get_att("Arn")).then(|| arn.into())
///     }
/// }
/// let queue = Imported::<QueueArn>::new("arn:aws:sqs:us-east-1:111111111111:orders");
/// # fn main() {}
/// ```
pub trait ArnKind: Clone + fmt::Debug + Send + Sync + 'static {
    /// How the program refers to it: the handle of the owned construct.
    type Handle: Handle;
    /// The resource in words, as in `a role`.
    const WHAT: &'static str;
    /// The code of the finding for an ARN that is none of its.
    const CODE: &'static str;
    /// An ARN as an example for the help.
    const EXAMPLE: &'static str;
    /// Whether the ARN must be known now, because other things are made of it.
    const KNOWN: bool = false;

    /// The name in an ARN; `None` if it is the ARN of something else.
    fn name(arn: &Arn) -> Option<&str>;

    /// What mends an ARN that is none of its.
    fn help(arn: &str) -> String {
        let _ = arn;
        format!("write it as `{}`", Self::EXAMPLE)
    }

    /// What an attribute is worth: by default `Ref` the name, `Arn` the ARN, and nothing else is known. The name is
    /// known when the ARN is.
    fn attribute(attr: &Attr, arn: &Value<kind::Arn>, name: Option<&str>, own: Env) -> Option<Expr> {
        let _ = own;
        match attr {
            Attr::Ref => name.map(|name| name.to_owned().into()),
            Attr::GetAtt(attr) if attr == "Arn" => Some(arn.into()),
            Attr::GetAtt(_) | Attr::LogicalId => None,
        }
    }

    /// What the owner must set, as follows from facts about the construct; see [`Lower::settings`].
    fn settings(of: NodeId, cx: &DocumentCx<'_>) -> Vec<Setting> {
        let _ = (of, cx);
        Vec::new()
    }
}

/// A construct that exists already: it is referred to and never written to. It stands in the account and region that its
/// ARN names.
///
/// Statements attached to it go into no template: they are in the [contract](crate::contract), for whoever owns it.
#[must_use]
pub struct Imported<K> {
    arn: Value<kind::Arn>,
    kind: PhantomData<fn() -> K>,
}

impl<K: ArnKind> Imported<K> {
    /// A construct by its ARN.
    pub fn new(arn: impl Into<Value<kind::Arn>>) -> Self {
        Self { arn: arn.into(), kind: PhantomData }
    }

    /// The ARN.
    #[must_use]
    pub fn arn(&self) -> &Value<kind::Arn> {
        &self.arn
    }

    /// The ARN in its parts, if it is known and of this kind.
    #[must_use]
    pub fn parsed(&self) -> Option<Arn> {
        let arn = Arn::parse(self.arn.literal()?).ok()?;
        K::name(&arn).is_some().then_some(arn)
    }

    /// What is wrong with the ARN.
    #[must_use]
    pub fn problem(&self) -> Option<Diagnostic> {
        let text = match self.arn.literal() {
            Some(text) => text,
            None if K::KNOWN => "a reference",
            None => return None,
        };
        self.parsed().is_none().then(|| {
            Diagnostic::error(K::CODE, format!("`{}` is no ARN of {}", text.escape_debug(), K::WHAT))
                .help(K::help(text))
        })
    }

    /// That it is in another partition than what uses it, in this environment: nothing works across partitions.
    #[must_use]
    pub fn other_partition(&self, user: Env) -> Option<Diagnostic> {
        let arn = self.parsed()?;
        // What names a region is where that is, and only has to say so.
        let region = Region::parse(arn.region_name()).ok();
        let wanted = region.map_or(user.partition(), |region| region.partition()).as_str();
        (arn.partition() != wanted).then(|| {
            let (of, whose) = match region {
                Some(region) => (format!("the region {region}"), "its region"),
                None => ("what uses it".to_owned(), "what uses it"),
            };
            let message = format!("`{arn}` is in the partition {}, and {of} in {wanted}", arn.partition());
            let help = format!("write the partition of {whose}, `arn:{wanted}:…`; nothing works across partitions");
            Diagnostic::error("iam::other-partition", message).help(help)
        })
    }
}

impl<K> Clone for Imported<K> {
    fn clone(&self) -> Self {
        Self { arn: self.arn.clone(), kind: PhantomData }
    }
}

impl<K> fmt::Debug for Imported<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Imported").field(&self.arn).finish()
    }
}

impl<K: ArnKind> Synth for Imported<K> {
    type Handle = K::Handle;

    fn env(&self, placed_in: Option<Env>) -> Option<Env> {
        self.parsed().and_then(|arn| arn.env(placed_in)).or(placed_in)
    }

    fn imports(&self) -> Option<&'static str> {
        Some(K::WHAT)
    }

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        let problem = self.problem().or_else(|| cx.env().and_then(|env| self.other_partition(env)));
        problem.into_iter().for_each(|problem| cx.report(problem));
    }

    fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
        cx.document(ImportContract);
        Box::new(self.clone())
    }
}

impl<K: ArnKind> Lower for Imported<K> {
    fn lower(&self, cx: &LowerCx<'_>, _: &mut Resources) {
        // Read, so that they do not count as lost: they are part of what the owner is asked for.
        cx.facts::<PolicyStatement>().for_each(drop);
        cx.facts::<ManagedPolicy>().for_each(drop);
    }

    fn physical(&self, attr: &Attr, own: Env) -> Option<Expr> {
        let parsed = self.parsed();
        // A malformed ARN is reported where it is; what refers to its name need not be.
        let name = parsed.as_ref().and_then(K::name).or(self.arn.literal());
        K::attribute(attr, &self.arn, name, own)
    }

    fn settings(&self, of: NodeId, cx: &DocumentCx<'_>) -> Vec<Setting> {
        K::settings(of, cx)
    }
}
