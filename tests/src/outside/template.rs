//! Templates, as JSON or YAML.

use construct_pipeline::access::Outside;
use construct_pipeline::access::template::{Template, Templates};
use serde_json::Value as Json;

use super::{parts, tell, yaml};

/// Proves templates. A part named `STACK ACCOUNT REGION [STACK…]` is a template and what it comes after; one named
/// `parameters` is an object with those of the template before it.
pub(super) fn check(data: &[u8]) {
    let mut all: Vec<Template<'_>> = Vec::new();
    for (name, text) in parts(data).into_iter().take(12) {
        let Ok(body) = str::from_utf8(&text).map_err(|_| String::new()).and_then(yaml::parse) else { continue };
        let words: Vec<&str> = name.split_whitespace().collect();
        match (&*words, body) {
            (["parameters"], Json::Object(values)) => {
                if let Some(template) = all.pop() {
                    all.push(
                        values.into_iter().fold(template, |template, (name, value)| template.parameter(name, value)),
                    );
                }
            }
            ([stack, account, region, after @ ..], body) => {
                let template = Template::new(*stack, *account, *region, body);
                all.push(if after.is_empty() { template } else { template.after(after.iter().copied()) });
            }
            _ => {}
        }
    }
    tell(&all.into_iter().fold(Templates::new(), Templates::with), &Outside::new());
}
