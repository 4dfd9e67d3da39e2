//! Values on the wire: CodePipeline's configuration is text throughout, JSON inside of it included.

use construct_core::{Expr, Value, kind};

/// An expression as the text of its JSON, with references put into the text.
///
/// ```
/// use construct_core::Expr;
/// use construct_pipeline::wire::json_text;
/// let text = json_text(&Expr::map([("Stage", "test")]));
/// assert_eq!(text.literal(), Some(r#"{"Stage":"test"}"#));
/// ```
#[must_use]
pub fn json_text(expr: &Expr) -> Value<kind::Text> {
    let mut parts = Vec::new();
    write(expr, &mut parts);
    match parts.as_slice() {
        [Expr::Str(_)] => Value::new(parts.remove(0)),
        _ => Value::new(Expr::Join(parts)),
    }
}

fn push(parts: &mut Vec<Expr>, text: &str) {
    match parts.last_mut() {
        Some(Expr::Str(last)) => last.to_mut().push_str(text),
        _ => parts.push(text.to_owned().into()),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn write(expr: &Expr, parts: &mut Vec<Expr>) {
    match expr {
        Expr::Str(text) => push(parts, &quoted(text)),
        Expr::Bool(flag) => push(parts, if *flag { "true" } else { "false" }),
        Expr::Int(int) => push(parts, &int.to_string()),
        Expr::Real(real) => push(parts, &real.0.to_string()),
        Expr::Null => push(parts, "null"),
        Expr::List(items) => {
            push(parts, "[");
            for (n, item) in items.iter().enumerate() {
                push(parts, if n > 0 { "," } else { "" });
                write(item, parts);
            }
            push(parts, "]");
        }
        Expr::Map(entries) => {
            push(parts, "{");
            for (n, (key, value)) in entries.iter().enumerate() {
                push(parts, if n > 0 { "," } else { "" });
                push(parts, &format!("{}:", quoted(key)));
                write(value, parts);
            }
            push(parts, "}");
        }
        // The functions CodePipeline evaluates itself stand in the text as they are.
        Expr::Call(function, argument) if function == "Fn::GetArtifactAtt" || function == "Fn::GetParam" => {
            push(parts, &format!("{{{}:", quoted(function)));
            write(argument, parts);
            push(parts, "}");
        }
        Expr::Join(inner) => {
            push(parts, "\"");
            for part in inner {
                match part {
                    Expr::Str(text) => {
                        let quoted = quoted(text);
                        push(parts, &quoted[1..quoted.len() - 1]);
                    }
                    other => parts.push(other.clone()),
                }
            }
            push(parts, "\"");
        }
        Expr::Spelled(it) => write(&it.spelled_out(), parts),
        other => {
            push(parts, "\"");
            parts.push(other.clone());
            push(parts, "\"");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use construct_core::{Pseudo, text};

    #[test]
    fn json_is_compact_and_escaped() {
        let expr = Expr::map([("a\"b", Expr::list([1, 2])), ("c", true.into())]);
        assert_eq!(json_text(&expr).literal(), Some(r#"{"a\"b":[1,2],"c":true}"#));
    }

    #[test]
    fn references_stand_inside_the_quotes() {
        let expr = Expr::map([("k", Expr::from(text!("x{}y\"", Pseudo::StackName)))]);
        let parts = [Expr::from("{\"k\":\"x".to_owned()), Pseudo::StackName.into(), "y\\\"\"}".to_owned().into()];
        assert_eq!(json_text(&expr).expr(), &Expr::Join(parts.to_vec()));
    }

    #[test]
    fn functions_of_the_pipeline_stay_functions() {
        let artifact = crate::Artifact::new("Bundle");
        let expr = Expr::map([("Key", artifact.att(crate::ArtifactAtt::ObjectKey))]);
        assert_eq!(json_text(&expr).literal(), Some(r#"{"Key":{"Fn::GetArtifactAtt":["Bundle","ObjectKey"]}}"#));
    }
}
