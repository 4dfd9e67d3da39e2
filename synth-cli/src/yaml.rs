//! CloudFormation templates as YAML, with the short forms of its functions.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html>

use serde_json::{Map, Number, Value as Json, json};
use serde_yaml_ng::Value as Yaml;

/// A template as JSON, whether it is written as JSON or as YAML. The error says what is wrong.
pub(crate) fn parse(text: &str) -> Result<Json, String> {
    let json = match serde_json::from_str(text) {
        Ok(json) => json,
        // JSON is YAML too, but its parser explains itself better.
        Err(error) if text.trim_start().starts_with('{') => return Err(error.to_string()),
        Err(_) => {
            refuse_deep(text)?;
            let yaml: Yaml = serde_yaml_ng::from_str(text).map_err(|error| error.to_string())?;
            to_json(yaml)?
        }
    };
    // Nearly every text is YAML: one that is no more than a text.
    if json.is_object() { Ok(json) } else { Err("it is no object in JSON or YAML".to_owned()) }
}

/// The parser refuses what is deep, too, but only after a time that grows with the square of the depth.
fn refuse_deep(text: &str) -> Result<(), String> {
    /// Deeper than any parser goes, and more than anybody leaves open within texts.
    const DEEPEST: i32 = 1_000;
    let depths = text.bytes().scan(0, |depth, byte| {
        *depth += i32::from(matches!(byte, b'[' | b'{')) - i32::from(matches!(byte, b']' | b'}'));
        Some(*depth)
    });
    let is_deep = depths.max().is_some_and(|depth| depth > DEEPEST);
    if is_deep { Err(format!("its brackets are nested more than {DEEPEST} levels deep")) } else { Ok(()) }
}

fn to_json(yaml: Yaml) -> Result<Json, String> {
    Ok(match yaml {
        Yaml::Null => Json::Null,
        Yaml::Bool(flag) => Json::Bool(flag),
        Yaml::Number(number) => match (number.as_i64(), number.as_f64().and_then(Number::from_f64)) {
            (Some(int), _) => Json::Number(int.into()),
            (None, Some(real)) => Json::Number(real),
            (None, None) => return Err(format!("`{number}` is no number that JSON can hold")),
        },
        Yaml::String(text) => Json::String(text),
        Yaml::Sequence(items) => Json::Array(items.into_iter().map(to_json).collect::<Result<_, _>>()?),
        Yaml::Mapping(entries) => {
            let entries = entries.into_iter().map(|(key, value)| Ok((key_of(&key)?, to_json(value)?)));
            Json::Object(entries.collect::<Result<Map<_, _>, String>>()?)
        }
        Yaml::Tagged(tagged) => function(&tagged.tag.to_string(), to_json(tagged.value)?),
    })
}

fn key_of(key: &Yaml) -> Result<String, String> {
    match key {
        Yaml::String(text) => Ok(text.clone()),
        Yaml::Number(number) => Ok(number.to_string()),
        Yaml::Bool(flag) => Ok(flag.to_string()),
        other => Err(format!("{other:?} is no key of a template")),
    }
}

/// `!Ref x` is `{"Ref": "x"}`, `!GetAtt a.b` is `{"Fn::GetAtt": ["a", "b"]}`, and so on.
fn function(tag: &str, argument: Json) -> Json {
    match tag.trim_start_matches('!') {
        name @ ("Ref" | "Condition") => json!({ name: argument }),
        "GetAtt" => {
            let parts = argument.as_str().and_then(|text| text.split_once('.'));
            let parts = parts.map(|(id, attribute)| json!([id, attribute]));
            json!({ "Fn::GetAtt": parts.unwrap_or(argument) })
        }
        name => json!({ format!("Fn::{name}"): argument }),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use serde_json::json;

    #[test]
    fn short_forms_become_functions() {
        let yaml = "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties:\n      BucketName: !Sub '${Name}-x'\n      T: !GetAtt B.Arn\n      L: !Join ['', [a, !Ref B]]\n      Version: 2012-10-17\n      N: 3\n";
        let wanted = json!({ "Resources": { "A": { "Type": "AWS::S3::Bucket", "Properties": {
            "BucketName": { "Fn::Sub": "${Name}-x" },
            "T": { "Fn::GetAtt": ["B", "Arn"] },
            "L": { "Fn::Join": ["", ["a", { "Ref": "B" }]] },
            "Version": "2012-10-17",
            "N": 3,
        } } } });
        assert_eq!(parse(yaml).unwrap(), wanted);
    }

    #[test]
    fn what_is_deep_is_refused_at_once() {
        let deep = format!("a: {}", "[".repeat(200_000));
        assert!(parse(&deep).unwrap_err().contains("more than 1000 levels"));
    }

    #[test]
    fn what_is_neither_is_refused() {
        assert!(parse("{\"a\": ").is_err());
        assert!(parse("a: [1").is_err());
        assert!(parse("? [a]\n: b\n").is_err());
        assert!(parse("no template").is_err() && parse("[]").is_err() && parse("").is_err());
    }
}
