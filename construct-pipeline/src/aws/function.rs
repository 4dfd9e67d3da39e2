//! Lambda functions that exist already. Their code comes from elsewhere, so they are imported only.

use construct_core::{Attr, Diagnostic, Env, Expr, Lower, LowerCx, PlanCx, Resources, Synth, ValidateCx, Value, kind};
use construct_iam::{Arn, PolicyStatement};

construct_core::handle! {
    /// A Lambda function.
    pub struct FunctionRef {
        /// The function's ARN.
        arn: Arn = GetAtt("Arn"),
        /// The function's name.
        name: Name = Ref,
    }
}

/// Lambda functions.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let mut app = App::new();
/// let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// let function =
///     app.at(stack).add("Check", Function::import("arn:aws:lambda:us-east-1:111111111111:function:check"));
/// let check = LambdaInvoke::new(function);
/// ```
///
/// See <https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-invoke-lambda-function.html>.
#[derive(Clone, Copy, Debug)]
pub enum Function {}

impl Function {
    /// A function that exists already, by its ARN without version or alias: it is referred to and never written to.
    pub fn import(arn: impl Into<Value<kind::Arn>>) -> ImportedFunction {
        ImportedFunction { arn: arn.into() }
    }
}

/// A function that exists already. Statements attached to it are not written anywhere: whoever owns the function must see
/// to them.
///
/// It stands in the account and region that its ARN names. Its name is known when its ARN is.
#[derive(Clone, Debug)]
#[must_use]
pub struct ImportedFunction {
    arn: Value<kind::Arn>,
}

impl ImportedFunction {
    fn parsed(&self) -> Option<(Arn, String)> {
        let arn = Arn::parse(self.arn.literal()?).ok()?;
        let name = arn.resource().strip_prefix("function:")?.to_owned();
        let shape = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        let named = !name.is_empty() && name.bytes().all(shape);
        let placed = !arn.region_name().is_empty() && !arn.account().is_empty();
        (arn.service() == "lambda" && named && placed).then_some((arn, name))
    }
}

impl Synth for ImportedFunction {
    type Handle = FunctionRef;

    fn env(&self, placed_in: Option<Env>) -> Option<Env> {
        self.parsed().and_then(|(arn, _)| arn.env(placed_in)).or(placed_in)
    }

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        if let Some(text) = self.arn.literal()
            && self.parsed().is_none()
        {
            cx.report(
                Diagnostic::error("lambda::malformed-function-arn", format!("`{text}` is no ARN of a function")).help(
                    "write it as `arn:aws:lambda:us-east-1:111111111111:function:name`, without version or alias",
                ),
            );
        }
    }

    fn plan(&self, _: &mut PlanCx<'_>) -> Box<dyn Lower> {
        Box::new(self.clone())
    }
}

impl Lower for ImportedFunction {
    fn lower(&self, cx: &LowerCx<'_>, _: &mut Resources) {
        // Read, so that they do not count as lost: they are part of what the owner is asked for.
        cx.facts::<PolicyStatement>().for_each(drop);
    }

    fn physical(&self, attr: &Attr, _: Env) -> Option<Expr> {
        match attr {
            // A malformed ARN is reported where it is; what refers to it need not be.
            Attr::Ref => Some(self.parsed().map_or_else(|| (&self.arn).into(), |(_, name)| name.into())),
            Attr::GetAtt(attr) if attr == "Arn" => Some((&self.arn).into()),
            Attr::GetAtt(_) | Attr::LogicalId => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Function;

    #[test]
    fn the_name_is_read_from_the_arn() {
        let name = |arn: &str| Function::import(arn).parsed().map(|(_, name)| name);
        assert_eq!(name("arn:aws:lambda:us-east-1:111111111111:function:check").as_deref(), Some("check"));
        for arn in [
            "check",
            "arn:aws:lambda:us-east-1:111111111111:function:",
            "arn:aws:lambda:us-east-1:111111111111:function:check:live",
            "arn:aws:lambda:us-east-1:111111111111:layer:check",
            "arn:aws:lambda:us-east-1::function:check",
            "arn:aws:states:us-east-1:111111111111:function:check",
        ] {
            assert_eq!(name(arn), None, "{arn}");
        }
    }
}
