//! References to constructs: `Copy` names of places in the tree.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

/// A place in the tree of one app.
///
/// It prints as `node12`; people are shown paths instead.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId {
    app: AppId,
    index: u32,
}

impl NodeId {
    pub(crate) const fn new(app: AppId, index: usize) -> Self {
        Self { app, index: index as u32 }
    }

    pub(crate) const fn app(self) -> AppId {
        self.app
    }

    pub(crate) const fn index(self) -> usize {
        self.index as usize
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "node{}", self.index)
    }
}

/// Tells the nodes of two apps in one program apart; it never reaches the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AppId(u32);

impl AppId {
    pub(crate) fn next() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// A typed reference to a construct; [`handle!`](crate::handle!) makes one type per construct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no handle of a construct",
    note = "declare one with `construct_core::handle! {{ pub struct {Self} {{ arn: Arn = GetAtt(\"Arn\") }} }}`"
)]
pub trait Handle: Copy + fmt::Debug + Into<NodeId> + From<NodeId> + 'static {}

/// Declares handle types and the attributes that CloudFormation gives their resources.
///
/// `Ref` is what the `Ref` function returns for the type, `GetAtt("…")` one of its attributes. The kind in front
/// ([`Arn`](crate::kind::Arn), [`Name`](crate::kind::Name) or [`Text`](crate::kind::Text)) says what the value is good for.
///
/// ```
/// construct_core::handle! {
///     /// A queue.
///     pub struct QueueRef {
///         /// The queue's ARN.
///         arn: Arn = GetAtt("Arn"),
///         /// The queue's URL.
///         url: Text = Ref,
///     }
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! handle {
    ($(
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $( $(#[$attr_meta:meta])* $attr:ident : $kind:ident = $variant:ident $(($text:literal))? ),* $(,)?
        }
    )+) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name($crate::NodeId);

        impl ::core::convert::From<$crate::NodeId> for $name {
            fn from(node: $crate::NodeId) -> Self {
                Self(node)
            }
        }

        impl ::core::convert::From<$name> for $crate::NodeId {
            fn from(handle: $name) -> Self {
                handle.0
            }
        }

        impl $crate::Handle for $name {}

        impl $name {
            $(
                $(#[$attr_meta])*
                #[must_use]
                $vis fn $attr(self) -> $crate::Value<$crate::kind::$kind> {
                    $crate::Value::attr(self.0, $crate::handle!(@attr $variant $(($text))?))
                }
            )*
        }
    )+};
    (@attr Ref) => { $crate::Attr::Ref };
    (@attr LogicalId) => { $crate::Attr::LogicalId };
    (@attr GetAtt($text:literal)) => { $crate::Attr::get_att($text) };
}

crate::handle! {
    /// Any node, where no attribute is of interest: a group of constructs or a resource known by its type alone.
    pub struct NodeRef {}

    /// A stack.
    pub struct StackRef {}
}
