//! CloudFormation's functions, evaluated as far as the templates of an assembly allow.
//!
//! Invariants: every evaluation ends, whatever refers to whatever, because each has a budget of steps and a limit of
//! depth; a value is never guessed, what is not known stays open.

use std::collections::BTreeMap;

use construct_core::Region;
use serde_json::Value as Json;

use super::{Text, physical};
use crate::model::Stack;

/// More than the values of real templates need, and little enough to end at once.
const STEPS: usize = 20_000;
const DEEPEST: usize = 60;

/// A resource: the stack it is in, as a place in the model, and its logical id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place<'a> {
    pub(crate) stack: usize,
    pub(crate) logical_id: &'a str,
}

/// Evaluates values of the templates of an assembly.
#[derive(Debug)]
pub(crate) struct Resolver<'a> {
    stacks: &'a [Stack],
    /// What can be imported: by account, region and export name the stack that exports it and the value.
    exports: BTreeMap<(&'a str, &'a str, Text), (usize, &'a Json)>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(stacks: &'a [Stack]) -> Self {
        let mut resolver = Self { stacks, exports: BTreeMap::new() };
        let mut exports = BTreeMap::new();
        for (at, stack) in stacks.iter().enumerate() {
            for output in stack.template.section("Outputs").as_object().into_iter().flat_map(serde_json::Map::values) {
                if !output["Export"]["Name"].is_null() {
                    let name = resolver.text(at, &output["Export"]["Name"]);
                    exports.entry((&*stack.account, &*stack.region, name)).or_insert((at, &output["Value"]));
                }
            }
        }
        resolver.exports = exports;
        resolver
    }

    /// What a value of a stack is worth, as a text.
    pub(crate) fn text(&self, stack: usize, value: &Json) -> Text {
        self.walk().text(stack, value)
    }

    /// As [`text`](Self::text), but none where there is no value.
    pub(crate) fn optional(&self, stack: usize, value: &Json) -> Option<Text> {
        match self.structure(stack, value) {
            Json::Null => None,
            value => Some(self.text(stack, value)),
        }
    }

    /// The name that the template gives to a resource, else its logical id.
    pub(crate) fn name_of(&self, place: Place<'_>) -> Text {
        match self.attribute(place, "Ref") {
            name if name.resource().is_some() => Text::known(place.logical_id),
            name => name,
        }
    }

    /// An attribute of a resource, `Ref` included.
    pub(crate) fn attribute(&self, place: Place<'_>, attribute: &str) -> Text {
        self.walk().attribute(place.stack, place.logical_id, attribute)
    }

    /// The value behind `Fn::If`, null for `AWS::NoValue`. Where the condition is not known, what holds if it is true.
    pub(crate) fn structure<'v>(&self, stack: usize, value: &'v Json) -> &'v Json {
        self.walk().structure(stack, value)
    }

    /// The items of a list of structures, without those that conditions take out.
    pub(crate) fn items<'v>(&self, stack: usize, value: &'v Json) -> impl Iterator<Item = &'v Json> {
        let items = self.structure(stack, value).as_array().into_iter().flatten();
        items.map(move |item| self.structure(stack, item)).filter(|item| !item.is_null())
    }

    fn walk(&self) -> Walk<'a, '_> {
        Walk { resolver: self, steps: STEPS, depth: 0 }
    }
}

/// One evaluation with what is left of its budget.
#[derive(Debug)]
pub(super) struct Walk<'a, 'r> {
    resolver: &'r Resolver<'a>,
    steps: usize,
    depth: usize,
}

impl<'a> Walk<'a, '_> {
    pub(super) fn text(&mut self, stack: usize, value: &Json) -> Text {
        if self.steps == 0 || self.depth >= DEEPEST {
            return Text::open("…");
        }
        self.steps -= 1;
        self.depth += 1;
        let text = self.value(stack, value);
        self.depth -= 1;
        text
    }

    fn value(&mut self, stack: usize, value: &Json) -> Text {
        match value {
            Json::Null => Text::default(),
            Json::Bool(bool) => Text::known(bool.to_string()),
            Json::Number(number) => Text::known(number.to_string()),
            Json::String(text) => Text::known(text.as_str()),
            Json::Array(_) => Text::open("list"),
            Json::Object(map) => match map.iter().next() {
                Some((function, argument)) if map.len() == 1 => self.function(stack, function, argument),
                _ => Text::open("object"),
            },
        }
    }

    fn function(&mut self, stack: usize, function: &str, argument: &Json) -> Text {
        let evaluated = match function {
            "Ref" => argument.as_str().map(|name| self.reference(stack, name)),
            "Fn::GetAtt" => self.get_att(stack, argument),
            "Fn::Join" => self.join(stack, argument),
            "Fn::Sub" => self.sub(stack, argument),
            "Fn::ImportValue" => Some(self.import(stack, argument)),
            "Fn::Select" => self.select(stack, argument),
            "Fn::If" => self.either(stack, argument),
            "Fn::FindInMap" => self.find_in_map(stack, argument),
            _ => None,
        };
        evaluated.unwrap_or_else(|| Text::open(function))
    }

    fn reference(&mut self, stack: usize, name: &str) -> Text {
        if name.starts_with("AWS::") {
            return self.pseudo(stack, name);
        }
        let parameter = &self.template(stack, "Parameters")[name];
        if parameter.is_object() {
            // The default of such a parameter is the name of an SSM parameter, not its value.
            let stored = parameter["Type"].as_str().is_some_and(|kind| kind.starts_with("AWS::SSM::Parameter::Value"));
            return match &parameter["Default"] {
                Json::String(default) if !stored => Text::known(default.as_str()),
                Json::Number(default) => Text::known(default.to_string()),
                _ => Text::open(name),
            };
        }
        self.attribute(stack, name, "Ref")
    }

    fn pseudo(&mut self, stack: usize, name: &str) -> Text {
        let Stack { account, region, name: stack_name, .. } = &self.resolver.stacks[stack];
        let region = known(region);
        let value = match name {
            "AWS::AccountId" => known(account).map(str::to_owned),
            "AWS::Region" => region.map(str::to_owned),
            "AWS::Partition" => region.map(|region| partition(region).0.to_owned()),
            "AWS::URLSuffix" => region.map(|region| partition(region).1.to_owned()),
            "AWS::StackName" => Some(stack_name.clone()),
            "AWS::NoValue" => Some(String::new()),
            _ => None,
        };
        value.map_or_else(|| Text::open(name), Text::known)
    }

    /// The beginning of an ARN in the environment of a stack.
    pub(super) fn arn(&mut self, stack: usize, service: &str, with_region: bool, with_account: bool) -> Text {
        let mut arn = Text::known("arn:");
        arn.push(self.pseudo(stack, "AWS::Partition"));
        arn.push_str(&format!(":{service}:"));
        if with_region {
            arn.push(self.pseudo(stack, "AWS::Region"));
        }
        arn.push_str(":");
        if with_account {
            arn.push(self.pseudo(stack, "AWS::AccountId"));
        }
        arn.push_str(":");
        arn
    }

    /// The value of an attribute where the template itself names the resource.
    fn named(&mut self, stack: usize, resource: &Json, attribute: &str) -> Option<Text> {
        let form = physical::form(resource["Type"].as_str()?, attribute)?;
        let mut property = |name: &str| match &resource["Properties"][name] {
            Json::Null => None,
            value => Some(self.text(stack, value)),
        };
        let name = property(form.name)?;
        let Some(arn) = form.arn else { return Some(name) };
        let path = arn.path.map(|path| property(path).unwrap_or_else(|| Text::known("/")));
        let mut whole = self.arn(stack, arn.service, arn.has_region, arn.has_account);
        whole.push_str(arn.prefix);
        if let Some(path) = path {
            whole.push(path);
        }
        whole.push(name);
        Some(whole)
    }

    pub(super) fn attribute(&mut self, stack: usize, logical_id: &str, attribute: &str) -> Text {
        let resource = &self.template(stack, "Resources")[logical_id];
        if !resource.is_object() {
            let words = if attribute == "Ref" { logical_id.to_owned() } else { format!("{logical_id}.{attribute}") };
            return Text::open(words);
        }
        if self.steps == 0 || self.depth >= DEEPEST {
            return Text::open("…");
        }
        self.steps -= 1;
        self.depth += 1;
        let named = self.named(stack, resource, attribute);
        self.depth -= 1;
        named.unwrap_or_else(|| Text::assigned(stack, logical_id, attribute))
    }

    fn get_att(&mut self, stack: usize, argument: &Json) -> Option<Text> {
        let (logical_id, attribute) = match argument {
            Json::String(path) => path.split_once('.').map(|(id, attribute)| (id, Text::known(attribute)))?,
            Json::Array(pair) => match &**pair {
                [Json::String(id), attribute] => (&**id, self.text(stack, attribute)),
                _ => return None,
            },
            _ => return None,
        };
        Some(self.attribute(stack, logical_id, attribute.as_known()?))
    }

    fn join(&mut self, stack: usize, argument: &Json) -> Option<Text> {
        let [Json::String(delimiter), list] = &**argument.as_array()? else { return None };
        let mut joined = Text::default();
        for (at, item) in self.list(stack, list)?.into_iter().enumerate() {
            if at > 0 {
                joined.push_str(delimiter);
            }
            joined.push(item);
        }
        Some(joined)
    }

    fn sub(&mut self, stack: usize, argument: &Json) -> Option<Text> {
        let (pattern, own) = match argument {
            Json::String(pattern) => (pattern, &Json::Null),
            Json::Array(pair) => match &**pair {
                [Json::String(pattern), own] => (pattern, own),
                _ => return None,
            },
            _ => return None,
        };
        let mut text = Text::default();
        let mut rest = &**pattern;
        while let Some((before, after)) = rest.split_once("${") {
            text.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                text.push_str("${");
                rest = after;
                continue;
            };
            rest = after;
            let name = name.trim();
            if let Some(literal) = name.strip_prefix('!') {
                text.push_str(&format!("${{{literal}}}"));
            } else if let Some(value) = own.get(name) {
                let value = self.text(stack, value);
                text.push(value);
            } else {
                let value = match name.split_once('.') {
                    Some((logical_id, attribute)) => self.attribute(stack, logical_id, attribute),
                    None => self.reference(stack, name),
                };
                text.push(value);
            }
            if self.steps == 0 {
                break;
            }
            self.steps -= 1;
        }
        text.push_str(rest);
        Some(text)
    }

    fn import(&mut self, stack: usize, argument: &Json) -> Text {
        let name = self.text(stack, argument);
        let Stack { account, region, .. } = &self.resolver.stacks[stack];
        let open = Text::open(format!("import {name}"));
        match self.resolver.exports.get(&(&**account, &**region, name)) {
            Some(&(exporter, value)) => self.text(exporter, value),
            None => open,
        }
    }

    fn select(&mut self, stack: usize, argument: &Json) -> Option<Text> {
        let [index, list] = &**argument.as_array()? else { return None };
        let index: usize = self.text(stack, index).as_known()?.parse().ok()?;
        self.list(stack, list)?.into_iter().nth(index)
    }

    fn either(&mut self, stack: usize, argument: &Json) -> Option<Text> {
        let [Json::String(name), yes, no] = &**argument.as_array()? else { return None };
        match self.condition(stack, name) {
            Some(true) => Some(self.text(stack, yes)),
            Some(false) => Some(self.text(stack, no)),
            None => {
                let yes = self.text(stack, yes);
                if yes == self.text(stack, no) { Some(yes) } else { Some(Text::open(format!("If {name}"))) }
            }
        }
    }

    fn find_in_map(&mut self, stack: usize, argument: &Json) -> Option<Text> {
        let [map, first, second, ..] = &**argument.as_array()? else { return None };
        let keys = [map, first, second].map(|key| self.text(stack, key));
        let mut found = self.template(stack, "Mappings");
        for key in &keys {
            found = found.get(key.as_known()?)?;
        }
        Some(self.text(stack, found))
    }

    /// A list of texts, if its items can be told apart.
    fn list(&mut self, stack: usize, value: &Json) -> Option<Vec<Text>> {
        if let Json::Array(items) = value {
            return Some(items.iter().map(|item| self.text(stack, item)).collect());
        }
        let (function, argument) = value.as_object().filter(|map| map.len() == 1)?.iter().next()?;
        match function.as_str() {
            "Fn::Split" => {
                let [Json::String(delimiter), text] = &**argument.as_array()? else { return None };
                Some(self.text(stack, text).split(delimiter))
            }
            "Ref" => {
                let parameter = &self.template(stack, "Parameters")[argument.as_str()?];
                let list = parameter["Type"].as_str()? == "CommaDelimitedList";
                let default = parameter["Default"].as_str().filter(|_| list)?;
                Some(default.split(',').map(|item| Text::known(item.trim())).collect())
            }
            _ => None,
        }
    }

    fn structure<'v>(&mut self, stack: usize, mut value: &'v Json) -> &'v Json {
        loop {
            let Some((function, argument)) =
                value.as_object().filter(|map| map.len() == 1).and_then(|map| map.iter().next())
            else {
                return value;
            };
            match (function.as_str(), argument) {
                ("Ref", Json::String(name)) if name == "AWS::NoValue" => return &Json::Null,
                ("Fn::If", Json::Array(parts)) => {
                    let [Json::String(name), yes, no] = &**parts else { return value };
                    value = if self.condition(stack, name) == Some(false) { no } else { yes };
                }
                _ => return value,
            }
        }
    }

    fn condition(&mut self, stack: usize, name: &str) -> Option<bool> {
        let condition = &self.template(stack, "Conditions")[name];
        self.holds(stack, condition)
    }

    fn holds(&mut self, stack: usize, condition: &Json) -> Option<bool> {
        if self.steps == 0 || self.depth >= DEEPEST {
            return None;
        }
        self.steps -= 1;
        self.depth += 1;
        let holds = self.holds_within(stack, condition);
        self.depth -= 1;
        holds
    }

    fn holds_within(&mut self, stack: usize, condition: &Json) -> Option<bool> {
        let (function, argument) = condition.as_object().filter(|map| map.len() == 1)?.iter().next()?;
        let parts = argument.as_array().map(|parts| &**parts);
        match (function.as_str(), parts) {
            ("Condition", _) => self.condition(stack, argument.as_str()?),
            ("Fn::Equals", Some([left, right])) => {
                let (left, right) = (self.text(stack, left), self.text(stack, right));
                if left == right {
                    return Some(true);
                }
                left.as_known().zip(right.as_known()).map(|(left, right)| left == right)
            }
            ("Fn::Not", Some([inner])) => self.holds(stack, inner).map(|holds| !holds),
            // One part that decides is enough, whatever the others are.
            ("Fn::And" | "Fn::Or", Some(parts)) => {
                let decides = function == "Fn::Or";
                let values: Vec<Option<bool>> = parts.iter().map(|part| self.holds(stack, part)).collect();
                if values.contains(&Some(decides)) {
                    return Some(decides);
                }
                if values.contains(&None) { None } else { Some(!decides) }
            }
            _ => None,
        }
    }

    fn template(&self, stack: usize, section: &str) -> &'a Json {
        self.resolver.stacks[stack].template.section(section)
    }
}

/// The account or region of a stack, unless it is left to the deployment.
fn known(text: &str) -> Option<&str> {
    (!text.starts_with("unknown-")).then_some(text)
}

/// The partition of a region and the domain of its endpoints; a region that no table knows is taken for a commercial one.
fn partition(region: &str) -> (&'static str, &'static str) {
    let partition = Region::parse(region).map_or(construct_core::Partition::Aws, |region| region.partition());
    (partition.as_str(), partition.url_suffix())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::template::Template;

    fn stack(account: &str, region: &str, template: &Json) -> Stack {
        Stack {
            id: "Tools".into(),
            name: "Tools".into(),
            account: account.into(),
            region: region.into(),
            needs: Vec::new(),
            wave: None,
            template_file: String::new(),
            bytes: 0,
            template: Template::parse(&template.to_string()).unwrap(),
        }
    }

    fn template() -> Json {
        json!({
            "Parameters": {
                "Stage": { "Type": "String", "Default": "prod" },
                "Names": { "Type": "CommaDelimitedList", "Default": "a, b" },
                "Image": { "Type": "AWS::SSM::Parameter::Value<String>", "Default": "/image" },
                "Account": { "Type": "String" },
            },
            "Mappings": { "Sizes": { "prod": { "size": "large" } } },
            "Conditions": {
                "Prod": { "Fn::Equals": [{ "Ref": "Stage" }, "prod"] },
                "Neither": { "Fn::Not": [{ "Fn::Or": [{ "Condition": "Prod" }, { "Condition": "Open" }] }] },
                "Open": { "Fn::Equals": [{ "Ref": "Account" }, "1"] },
            },
            "Resources": {
                "Named": { "Type": "AWS::IAM::Role", "Properties": { "RoleName": "named", "Path": "/team/" } },
                "Unnamed": { "Type": "AWS::IAM::Role", "Properties": {} },
                "Bucket": { "Type": "AWS::S3::Bucket", "Properties": { "BucketName": { "Fn::Sub": "data-${AWS::Region}" } } },
                "Table": { "Type": "AWS::DynamoDB::Table", "Properties": { "TableName": "t" } },
                "Ring": { "Type": "AWS::IAM::Role", "Properties": { "RoleName": { "Ref": "Ring" } } },
            },
            "Outputs": { "Role": { "Value": { "Fn::GetAtt": "Named.Arn" }, "Export": { "Name": "role" } } },
        })
    }

    #[track_caller]
    fn check(value: &Json, expected: &str) {
        let stacks = [stack("111111111111", "cn-north-1", &template())];
        assert_eq!(Resolver::new(&stacks).text(0, value).to_string(), expected, "{value}");
    }

    #[test]
    fn references_are_worth_their_names_where_the_template_says_them() {
        check(&json!({ "Ref": "Named" }), "named");
        check(&json!({ "Fn::GetAtt": ["Named", "Arn"] }), "arn:aws-cn:iam::111111111111:role/team/named");
        check(&json!({ "Fn::GetAtt": "Bucket.Arn" }), "arn:aws-cn:s3:::data-cn-north-1");
        check(&json!({ "Fn::GetAtt": ["Unnamed", "Arn"] }), "${Unnamed.Arn}");
        check(&json!({ "Ref": "Table" }), "${Table}");
        check(&json!({ "Ref": "Nowhere" }), "${Nowhere}");
    }

    #[test]
    fn functions_are_evaluated() {
        check(&json!({ "Fn::Join": ["-", ["a", { "Ref": "Stage" }, 3]] }), "a-prod-3");
        check(
            &json!({ "Fn::Sub": "${AWS::AccountId}/${!Raw}/${Named.Arn}" }),
            "111111111111/${Raw}/arn:aws-cn:iam::111111111111:role/team/named",
        );
        check(&json!({ "Fn::Sub": ["${A}${B", { "A": { "Ref": "AWS::URLSuffix" } }] }), "amazonaws.com.cn${B");
        check(&json!({ "Fn::Select": ["1", { "Fn::Split": ["/", "a/b/c"] }] }), "b");
        check(&json!({ "Fn::Select": [1, { "Ref": "Names" }] }), "b");
        check(&json!({ "Fn::FindInMap": ["Sizes", { "Ref": "Stage" }, "size"] }), "large");
        check(&json!({ "Fn::ImportValue": "role" }), "arn:aws-cn:iam::111111111111:role/team/named");
        check(&json!({ "Fn::If": ["Prod", "yes", "no"] }), "yes");
        check(&json!({ "Fn::If": ["Neither", "yes", "no"] }), "no");
    }

    #[test]
    fn what_is_not_known_stays_open() {
        check(&json!({ "Ref": "Account" }), "${Account}");
        check(&json!({ "Ref": "Image" }), "${Image}");
        check(&json!({ "Fn::If": ["Open", "yes", "no"] }), "${If Open}");
        check(&json!({ "Fn::If": ["Open", "same", "same"] }), "same");
        check(&json!({ "Fn::ImportValue": "elsewhere" }), "${import elsewhere}");
        check(&json!({ "Fn::GetAZs": "" }), "${Fn::GetAZs}");
        check(&json!({ "Fn::Join": ["", "no list"] }), "${Fn::Join}");
        let stacks = [stack("unknown-account", "unknown-region", &json!({}))];
        let text =
            Resolver::new(&stacks).text(0, &json!({ "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}" }));
        assert_eq!(text.to_string(), "arn:${AWS::Partition}:iam::${AWS::AccountId}");
    }

    #[test]
    fn references_in_a_ring_end() {
        check(&json!({ "Ref": "Ring" }), "${…}");
    }
}
