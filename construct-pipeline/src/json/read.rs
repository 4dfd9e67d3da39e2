//! Reads JSON by the table of [`shape`](super::shape).
//!
//! Codes: `json::syntax`, `json::not-a-pipeline`, `json::missing-key`, `json::unknown-key`, `json::wrong-type`,
//! `json::unknown-word`, `json::not-text`.

use construct_core::{Diagnostic, Diagnostics, printable};
use serde_json::{Map, Value as Json};

use super::shape::{Field, Kind, METADATA, PIPELINE, Presence, Shape, TAGS};

/// Without `--output`, the CLI prints YAML, text or tables, if it is set up so.
const HELP: &str = "give it what `aws codepipeline get-pipeline --name NAME --output json` prints";

/// How many characters of a text are shown where it should not stand.
const SHOWN: usize = 60;

const TEMPLATE: &str = "it is a template, or a part of one";
const TEMPLATE_HELP: &str = "of a pipeline that it made, give what `aws codepipeline get-pipeline --name NAME --output json` prints; \
                             `synth check --template FILE` proves the template as it is";

/// What was read: the parts of an answer of `get-pipeline`, or of an input of `create-pipeline`.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) pipeline: Json,
    pub(super) metadata: Json,
    pub(super) tags: Vec<Json>,
}

/// Parses text.
pub(super) fn parse(text: &str) -> Result<Json, Diagnostics> {
    serde_json::from_str(text).map_err(|error| {
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or_default();
        let message = format!("this is no JSON: {what} at line {}, column {}", error.line(), error.column());
        // Templates are written in YAML as well.
        let is_template = text.lines().any(|line| line.trim_end() == "Resources:");
        let mut findings = Diagnostics::new();
        findings.push(match is_template {
            true => not_a_pipeline(TEMPLATE),
            false => Diagnostic::error("json::syntax", message).help(HELP),
        });
        findings
    })
}

fn not_a_pipeline(what: &str) -> Diagnostic {
    let help = if what == TEMPLATE { TEMPLATE_HELP } else { HELP };
    Diagnostic::error("json::not-a-pipeline", format!("this is no pipeline: {what}")).help(help)
}

/// Reads a pipeline, with or without the object around it.
pub(super) fn read(json: &Json, findings: &mut Diagnostics) -> Read {
    let Some(object) = json.as_object() else {
        findings.push(not_a_pipeline("it is no object"));
        return Read::default();
    };
    let mut reader = Reader { findings };
    let mut read = Read::default();
    if let Some(pipeline) = object.get("pipeline") {
        read.pipeline = reader.object(pipeline, &PIPELINE, "pipeline").unwrap_or_default();
        for (key, value) in object {
            match key.as_str() {
                "pipeline" => {}
                "metadata" => read.metadata = reader.object(value, &METADATA, "metadata").unwrap_or_default(),
                "tags" => {
                    let tags = reader.value(value, &TAGS, "tags");
                    read.tags = tags.and_then(|tags| tags.as_array().cloned()).unwrap_or_default();
                }
                // The answers of other programs than the CLI carry how they were given.
                "ResponseMetadata" => {}
                other => reader.unknown(other, other, "the answer of `get-pipeline`", None),
            }
        }
    } else if object.contains_key("stages") || object.contains_key("roleArn") {
        read.pipeline = reader.object(json, &PIPELINE, "").unwrap_or_default();
    } else {
        let what = match ["Resources", "Properties", "Stages"].iter().any(|key| object.contains_key(*key)) {
            true => TEMPLATE,
            false => "it has neither `pipeline` nor `stages`",
        };
        findings.push(not_a_pipeline(what));
    }
    read
}

#[derive(Debug)]
struct Reader<'f> {
    findings: &'f mut Diagnostics,
}

impl Reader<'_> {
    fn unknown(&mut self, path: &str, key: &str, what: &str, kind: Option<&Kind>) {
        let near = kind.and_then(|kind| kind.fields.iter().find(|field| field.key.eq_ignore_ascii_case(key)));
        let help = match near {
            Some(near) => format!("write `{}`: the API tells upper and lower case apart", near.key),
            None => "look it up in the reference of the API; what it says is left out".to_owned(),
        };
        let message = format!("`{}` is no key of {what}", path.escape_debug());
        self.findings.push(Diagnostic::warning("json::unknown-key", message).help(help));
    }

    fn wrong(&mut self, path: &str, wanted: &str, found: &Json) {
        let found = match found {
            Json::Null => "null".to_owned(),
            Json::Bool(_) => "a boolean".to_owned(),
            Json::Number(_) => "a number".to_owned(),
            Json::String(text) => format!("the text `{}`", printable(&shortened(text))),
            Json::Array(_) => "a list".to_owned(),
            Json::Object(_) => "an object".to_owned(),
        };
        let path = if path.is_empty() { "pipeline" } else { path };
        let message = format!("`{}` is {found}, not {wanted}", path.escape_debug());
        self.findings
            .push(Diagnostic::error("json::wrong-type", message).help(format!("write {wanted}, as the API does")));
    }

    fn object(&mut self, json: &Json, kind: &Kind, path: &str) -> Option<Json> {
        let Some(object) = json.as_object() else {
            self.wrong(path, "an object", json);
            return None;
        };
        let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        for key in object.keys().filter(|key| !kind.fields.iter().any(|field| field.key == **key)) {
            self.unknown(&below(key), key, kind.what, Some(kind));
        }
        let mut out = Map::new();
        for Field { key, shape, presence } in kind.fields {
            match object.get(*key).filter(|value| !value.is_null()) {
                _ if *presence == Presence::Passing => {}
                Some(value) => {
                    let value = self.value(value, shape, &below(key));
                    out.extend(
                        value
                            .filter(|value| *presence == Presence::Required || !is_empty(value))
                            .map(|value| ((*key).to_owned(), value)),
                    );
                }
                None if *presence == Presence::Required => {
                    let message = format!("`{}` is missing", below(key).escape_debug());
                    let help = format!("{} has a `{key}`", kind.what);
                    self.findings.push(Diagnostic::error("json::missing-key", message).help(help));
                }
                None => {}
            }
        }
        Some(Json::Object(out))
    }

    fn value(&mut self, json: &Json, shape: &Shape, path: &str) -> Option<Json> {
        match shape {
            Shape::Text => match json {
                Json::String(_) => Some(json.clone()),
                _ => {
                    self.wrong(path, "a text", json);
                    None
                }
            },
            Shape::Word(words) => match json.as_str() {
                Some(word) if words.contains(&word) => Some(json.clone()),
                Some(word) => {
                    let message =
                        format!("`{}` is `{}`, which is none of its words", path.escape_debug(), word.escape_debug());
                    let help = format!("write one of {}", words.join(", "));
                    self.findings.push(Diagnostic::error("json::unknown-word", message).help(help));
                    None
                }
                None => {
                    self.wrong(path, "a text", json);
                    None
                }
            },
            Shape::Whole => {
                // Templates may write numbers as text.
                let number = json.as_str().and_then(|text| text.parse::<u32>().ok());
                let number = number.or_else(|| json.as_u64().and_then(|number| u32::try_from(number).ok()));
                match number {
                    Some(number) => Some(number.into()),
                    None => {
                        self.wrong(path, "a whole number", json);
                        None
                    }
                }
            }
            Shape::List(of) => match json.as_array() {
                Some(items) => {
                    let items = items.iter().enumerate();
                    Some(items.filter_map(|(n, item)| self.value(item, of, &format!("{path}[{n}]"))).collect())
                }
                None => {
                    self.wrong(path, "a list", json);
                    None
                }
            },
            Shape::Texts => self.entries(json, path, Self::configured),
            Shape::Map(of) => self.entries(json, path, |reader, value, path| reader.value(value, of, path)),
            Shape::Object(kind) => self.object(json, kind, path),
        }
    }

    fn entries(
        &mut self,
        json: &Json,
        path: &str,
        one: impl Fn(&mut Self, &Json, &str) -> Option<Json>,
    ) -> Option<Json> {
        let Some(object) = json.as_object() else {
            self.wrong(path, "an object", json);
            return None;
        };
        let entries =
            object.iter().filter_map(|(key, value)| Some((key.clone(), one(self, value, &format!("{path}.{key}"))?)));
        Some(Json::Object(entries.collect()))
    }

    /// Values of configurations are text on the wire; people write booleans and numbers as such.
    fn configured(&mut self, json: &Json, path: &str) -> Option<Json> {
        match json {
            Json::String(_) => Some(json.clone()),
            Json::Bool(_) | Json::Number(_) => {
                let message = format!("`{}` is no text: it is read as `\"{json}\"`", path.escape_debug());
                let help = "put it into quotes: every value of a configuration is text";
                self.findings.push(Diagnostic::warning("json::not-text", message).help(help));
                Some(json.to_string().into())
            }
            Json::Null | Json::Array(_) | Json::Object(_) => {
                self.wrong(path, "a text", json);
                None
            }
        }
    }
}

/// That a value says nothing: an empty list or object.
fn is_empty(value: &Json) -> bool {
    match value {
        Json::Array(items) => items.is_empty(),
        Json::Object(entries) => entries.is_empty(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
    }
}

/// As much of a text as a sentence takes.
fn shortened(text: &str) -> String {
    let shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() { shown + "…" } else { shown }
}
