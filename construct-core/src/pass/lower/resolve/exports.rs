//! The outputs that references from other stacks make necessary.

use std::collections::BTreeMap;

use super::ENTRY;
use crate::handle::NodeId;
use crate::logical_id::short_hash;
use crate::value::Attr;
use crate::written::{self, Shape, Sink, Text};

/// An output that another stack imports.
#[derive(Clone, Debug)]
pub(in crate::pass::lower) struct Export {
    pub(in crate::pass::lower) output_id: String,
    /// The output as it stands in its section.
    pub(in crate::pass::lower) output: String,
    pub(super) name: String,
}

/// The exports that references made necessary, by the stack that must make them, the logical id and the attribute.
pub(in crate::pass::lower) type Exports = BTreeMap<(NodeId, String, Attr), Export>;

impl Export {
    /// That of an attribute of what has a logical id in a stack.
    pub(super) fn new(stack_name: &str, id: &str, attr: &Attr) -> Self {
        let suffix: String = match attr {
            Attr::Ref => "Ref".into(),
            Attr::GetAtt(name) => name.chars().filter(char::is_ascii_alphanumeric).collect(),
            Attr::LogicalId => "Id".into(),
        };
        let name = format!("{stack_name}:{id}{suffix}");
        let mut output = Text::at(ENTRY);
        output.begin(Shape::Map);
        output.key("Value");
        local(id, attr, &mut output);
        output.key("Export");
        written::call("Name", &name, &mut output);
        output.end(Shape::Map);
        Self { output_id: output_id(id, &suffix), output: output.finish(), name }
    }
}

/// An attribute of a resource of the same template.
pub(super) fn local(id: &str, attr: &Attr, out: &mut impl Sink) {
    match attr {
        Attr::Ref => written::call("Ref", id, out),
        Attr::GetAtt(name) => {
            out.begin(Shape::Map);
            out.key("Fn::GetAtt");
            out.begin(Shape::List);
            for part in [id, name] {
                out.item();
                out.text(part);
            }
            out.end(Shape::List);
            out.end(Shape::Map);
        }
        Attr::LogicalId => out.text(id),
    }
}

/// The longest name of an output.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const LONGEST_OUTPUT: usize = 255;

/// The name of the output that exports an attribute. Of a logical id that is too long, the end gives way to a hash.
fn output_id(id: &str, suffix: &str) -> String {
    const PREFIX: &str = "Export";
    let room = LONGEST_OUTPUT.saturating_sub(PREFIX.len() + suffix.len());
    if id.len() <= room {
        return [PREFIX, id, suffix].concat();
    }
    let hash = short_hash([id]);
    let kept = id.get(..room.saturating_sub(hash.len())).unwrap_or_default();
    [PREFIX, kept, &hash, suffix].concat()
}

#[cfg(test)]
mod tests {
    use super::LONGEST_OUTPUT;
    use crate::{App, Env, Expr, RawResource};

    #[test]
    fn no_output_has_a_longer_name_than_cloudformation_takes() {
        let env = Env::new("111111111111", "us-east-1");
        let mut app = App::new();
        let (here, there) = (app.stack("Here", env), app.stack("There", env));
        let mut scope = app.at(there);
        let mut deep = scope.group("a".repeat(200));
        let topics = ["b", "c"].map(|id| deep.add(id.repeat(100), RawResource::new("AWS::SNS::Topic")));
        for (n, topic) in topics.into_iter().enumerate() {
            let reader =
                RawResource::new("AWS::SQS::Queue").property("Of", Expr::from(topic.get_att("TopicArnOrName")));
            app.at(here).add(format!("Reader{n}"), reader);
        }
        let assembly = app.synth().expect("nothing is wrong");
        let template = assembly.stacks()[0].template_json().expect("JSON");
        let outputs: Vec<&String> = template["Outputs"].as_object().expect("exports").keys().collect();
        assert_eq!(outputs.len(), 2, "{outputs:?}");
        assert!(
            outputs.iter().all(|name| name.len() == LONGEST_OUTPUT && name.ends_with("TopicArnOrName")),
            "{outputs:?}"
        );
    }
}
