//! Texts in which a run fills in variables: `#{namespace.name}` stands for a value that nobody knows before.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html>

use construct_core::Expr;
use construct_iam::PolicyStatement;

/// The variables of a text: what stands before each, and its name.
pub(crate) fn variables(text: &str) -> Variables<'_> {
    // Nearly every text has none, and looking for a byte is much quicker than looking for two.
    Variables { rest: if text.contains('#') { text } else { "" } }
}

/// What is behind the last variable stands in `rest`.
pub(crate) struct Variables<'t> {
    rest: &'t str,
}

impl<'t> Iterator for Variables<'t> {
    type Item = (&'t str, &'t str);

    fn next(&mut self) -> Option<Self::Item> {
        let (before, behind) = self.rest.split_once("#{")?;
        let (name, rest) = behind.split_once('}')?;
        self.rest = rest;
        Some((before, name))
    }
}

/// A text with something in place of each of its variables; `None` if it has none.
pub(crate) fn filled(text: &str, with: impl Fn(&str) -> char) -> Option<String> {
    let (mut filled, mut variables) = (String::new(), variables(text));
    for (before, name) in &mut variables {
        filled.push_str(before);
        filled.push(with(name));
    }
    (!filled.is_empty()).then(|| filled + variables.rest)
}

/// The same permission for whatever a run may fill in: IAM does not know the variables of pipelines, and one that stood
/// in a resource would be compared letter by letter. What begins with a variable is no ARN, and stays for the findings.
pub(crate) fn about_anything(statement: PolicyStatement) -> PolicyStatement {
    let is_filled = |resource: &Expr| has_variable(resource) && !begins_with_variable(resource);
    if !statement.resource_exprs().any(is_filled) {
        return statement;
    }
    statement.map_resources(|resource| if is_filled(resource) { pattern(resource) } else { resource.clone() })
}

fn has_variable(resource: &Expr) -> bool {
    match resource {
        Expr::Str(text) => variables(text).next().is_some(),
        Expr::Join(parts) => parts.iter().any(has_variable),
        _ => false,
    }
}

fn begins_with_variable(resource: &Expr) -> bool {
    match resource {
        Expr::Str(text) => text.starts_with("#{"),
        Expr::Join(parts) => parts.first().is_some_and(begins_with_variable),
        _ => false,
    }
}

/// A resource with `*` in place of its variables.
fn pattern(resource: &Expr) -> Expr {
    match resource {
        // One star says as much as two.
        Expr::Str(text) => {
            filled(text, |_| '*').map_or_else(|| resource.clone(), |text| text.replace("**", "*").into())
        }
        Expr::Join(parts) => Expr::Join(parts.iter().map(pattern).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use construct_core::Pseudo;

    use super::*;

    #[test]
    fn each_variable_is_filled_in() {
        let stars = |text: &str| filled(text, |_| '*');
        assert_eq!(stars("orders-#{source.BranchName}"), Some("orders-*".to_owned()));
        assert_eq!(stars("#{a.B}-x-#{variables.Stage}/y"), Some("*-x-*/y".to_owned()));
        for without in ["orders", "orders-#", "orders-#{source.BranchName", "a}b#{", ""] {
            assert_eq!(stars(without), None, "{without}");
        }
        let named: Vec<_> = variables("v#{a.B}-#{#{c.D}}").collect();
        assert_eq!(named, [("v", "a.B"), ("-", "#{c.D")]);
    }

    #[test]
    fn resources_with_variables_become_patterns() {
        let on = |resource: Expr| -> Vec<Expr> {
            let statement = about_anything(PolicyStatement::allow(["a:b"]).on([resource]));
            statement.resource_exprs().cloned().collect()
        };
        assert_eq!(on("arn:aws:sqs:*:*:#{a.B}-q".into()), ["arn:aws:sqs:*:*:*-q".into()]);
        assert_eq!(
            on("arn:aws:states:r:a:execution:m:r-#{a.B}*".into()),
            ["arn:aws:states:r:a:execution:m:r-*".into()]
        );
        let joined = |text: &'static str| Expr::Join(vec!["arn:aws:s3:::".into(), Pseudo::Region.into(), text.into()]);
        assert_eq!(on(joined("/#{a.B}/x")), [joined("/*/x")]);
        for unchanged in ["arn:aws:sqs:*:*:orders", "#{a.B}"] {
            assert_eq!(on(unchanged.into()), [unchanged.into()]);
        }
    }
}
