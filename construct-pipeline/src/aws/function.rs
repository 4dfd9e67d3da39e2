//! Lambda functions that exist already. Their code comes from elsewhere, so they are imported only.

use construct_core::{Value, kind};
use construct_iam::{Arn, ArnKind, Imported};

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
    #[doc(alias("fromFunctionArn", "fromFunctionName"))]
    pub fn import(arn: impl Into<Value<kind::Arn>>) -> ImportedFunction {
        ImportedFunction::new(arn)
    }
}

/// The ARNs of functions, without version or alias.
#[derive(Clone, Copy, Debug)]
pub enum FunctionArn {}

impl ArnKind for FunctionArn {
    type Handle = FunctionRef;
    const WHAT: &'static str = "a function";
    const CODE: &'static str = "lambda::malformed-function-arn";
    const EXAMPLE: &'static str = "arn:aws:lambda:us-east-1:111111111111:function:name";

    fn name(arn: &Arn) -> Option<&str> {
        let name =
            arn.resource().strip_prefix("function:").filter(|_| arn.service() == "lambda" && arn.is_regional())?;
        let shape = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        (!name.is_empty() && name.bytes().all(shape)).then_some(name)
    }

    /// <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html> knows functions by
    /// their name alone.
    fn help(arn: &str) -> String {
        let unqualified =
            arn.rsplit_once(':').filter(|(arn, _)| Arn::parse(arn).is_ok_and(|arn| Self::name(&arn).is_some()));
        match unqualified {
            Some((function, qualifier)) => format!(
                "write `{function}`: CodePipeline calls a function by its name, without a version or an alias such as `{}`",
                qualifier.escape_debug()
            ),
            None => format!("write it as `{}`", Self::EXAMPLE),
        }
    }
}

/// A function that exists already.
pub type ImportedFunction = Imported<FunctionArn>;

#[cfg(test)]
mod tests {
    use super::Function;

    #[test]
    fn the_name_is_read_from_the_arn() {
        let name = |arn: &str| Function::import(arn).parsed().map(|arn| arn.resource_name().to_owned());
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
