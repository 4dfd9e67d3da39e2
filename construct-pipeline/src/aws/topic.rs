//! Topics, owned and imported: where approvals and notifications are announced.

use construct_core::{
    Attr, CfnResource, Claim, Diagnostic, DocumentCx, Env, Expr, Fact, Lower, LowerCx, NodeId, PlanCx, Properties,
    Reach, Resources, Setting, Synth, Tagging, Uniqueness, ValidateCx, Value, kind,
};
use construct_iam::{Arn, ArnKind, Imported, PolicyDocument, PolicyStatement};

use super::attached::report_malformed;
use crate::quota;

construct_core::handle! {
    /// A topic, owned or imported.
    pub struct TopicRef {
        /// The topic's ARN, which is also what `Ref` returns.
        arn: Arn = Ref,
        /// The topic's name.
        name: Name = GetAtt("TopicName"),
    }
}

/// A standard topic.
///
/// Statements attached to its handle go into a topic policy, for example to let a service or another account publish.
/// Such a policy takes the place of the one SNS gives every topic; what the policies of roles in the topic's own account
/// allow stays allowed.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let mut app = App::new();
/// let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// let topic = app.at(stack).add("Approvals", Topic::new().topic_name("approvals").email("release@example.com"));
/// let approve = ManualApproval::new().topic(topic);
/// ```
///
/// See <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sns-topic.html>.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Topic {
    name: Option<String>,
    display_name: Option<String>,
    kms_master_key_id: Option<Expr>,
    emails: Vec<String>,
}

impl Topic {
    /// A topic without subscriptions.
    pub fn new() -> Self {
        Self::default()
    }

    /// A topic that exists already, by its ARN: it is referred to and never written to.
    #[doc(alias = "fromTopicArn")]
    pub fn import(arn: impl Into<Value<kind::Arn>>) -> ImportedTopic {
        ImportedTopic::new(arn)
    }

    /// The name: 1 to 256 letters, digits, `_` and `-`, unique in the account and region. With a name, the topic can be
    /// known in other accounts; without, CloudFormation makes one up.
    pub fn topic_name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The sender that subscribers see, at most 100 characters.
    pub fn display_name(mut self, name: impl Into<String>) -> Self {
        self.display_name = Some(name.into());
        self
    }

    /// Encrypts messages with a key, by its id, ARN or alias. Whoever publishes needs the key too, so roles of other
    /// services and accounts need a customer-managed one.
    /// <https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html>
    pub fn kms_master_key_id(mut self, key: impl Into<Expr>) -> Self {
        self.kms_master_key_id = Some(key.into().bounded());
        self
    }

    /// Subscribes an e-mail address; SNS asks its owner to confirm before it sends anything else.
    pub fn email(mut self, address: impl Into<String>) -> Self {
        self.emails.push(address.into());
        self
    }
}

impl Synth for Topic {
    type Handle = TopicRef;

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        if let Some(name) = &self.name
            && !is_topic_name(name)
        {
            cx.report(
                Diagnostic::error(
                    "sns::malformed-topic-name",
                    format!("`{}` is no name of a topic", name.escape_debug()),
                )
                .help("topic names have 1 to 256 letters, digits, `_` and `-`"),
            );
        }
        if let Some(name) = &self.display_name
            && name.chars().count() > 100
        {
            cx.report(
                Diagnostic::error(
                    "sns::long-display-name",
                    "the display name of the topic has more than 100 characters",
                )
                .help("shorten it"),
            );
        }
        for address in &self.emails {
            if !is_address(address) {
                cx.report(
                    Diagnostic::error(
                        "sns::malformed-address",
                        format!("`{}` is no e-mail address", address.escape_debug()),
                    )
                    .help("write it as `name@example.com`"),
                );
            }
        }
        report_malformed(cx, "sns::malformed-statement", "the topic has a statement that SNS refuses", true);
    }

    fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
        cx.gauge(quota::GAUGE);
        let topic = cx.here().into();
        cx.scope().add("Policy", TopicPolicy { topic });
        Box::new(self.clone())
    }
}

impl Lower for Topic {
    fn lower(&self, _: &LowerCx<'_>, out: &mut Resources) {
        let subscription =
            |address: &String| Properties::new().set("Endpoint", address.clone()).set("Protocol", "email");
        let properties = Properties::new()
            .opt("TopicName", self.name.clone())
            .opt("DisplayName", self.display_name.clone())
            .opt("KmsMasterKeyId", self.kms_master_key_id.clone())
            .list("Subscription", self.emails.iter().map(subscription));
        let claim = self.name.as_ref().map(|name| Claim::new(Uniqueness::Environment, name));
        out.add(CfnResource::new("AWS::SNS::Topic", properties).tagging(Tagging::List).claim(claim));
    }

    fn physical(&self, attr: &Attr, own: Env) -> Option<Expr> {
        let name = self.name.as_ref()?;
        match attr {
            Attr::Ref => Some(Arn::regional(own, "sns", name).into()),
            Attr::GetAtt(attr) if attr == "TopicName" => Some(name.into()),
            Attr::GetAtt(_) | Attr::LogicalId => None,
        }
    }
}

fn is_topic_name(name: &str) -> bool {
    (1..=256).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn is_address(address: &str) -> bool {
    address.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
        && !address.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// The key that encrypts an imported topic, as far as the program says so: whoever publishes needs it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TopicKey(pub(crate) Value<kind::Arn>);

impl Fact for TopicKey {
    const NAME: &'static str = "key of a topic";
    const REACH: Reach = Reach::Node;
    const MUST_BE_READ: bool = false;
}

/// The policy of an owned topic: whatever was stated about it. No statement, no policy.
#[derive(Clone, Debug)]
struct TopicPolicy {
    topic: TopicRef,
}

construct_core::handle! {
    /// The policy of a topic.
    struct TopicPolicyRef {}
}

impl Synth for TopicPolicy {
    type Handle = TopicPolicyRef;

    fn plan(&self, _: &mut PlanCx<'_>) -> Box<dyn Lower> {
        Box::new(self.clone())
    }
}

impl Lower for TopicPolicy {
    fn lower(&self, cx: &LowerCx<'_>, out: &mut Resources) {
        let document =
            cx.facts_as_attached::<PolicyStatement>(self.topic).cloned().collect::<PolicyDocument>().into_merged();
        if document.is_empty() {
            return;
        }
        let properties = Properties::new().set("Topics", [self.topic.arn()]).set("PolicyDocument", document);
        out.add(CfnResource::new("AWS::SNS::TopicPolicy", properties));
    }
}

/// The ARNs of topics.
#[derive(Clone, Copy, Debug)]
pub enum TopicArn {}

impl ArnKind for TopicArn {
    type Handle = TopicRef;
    const WHAT: &'static str = "a topic";
    const CODE: &'static str = "sns::malformed-topic-arn";
    const EXAMPLE: &'static str = "arn:aws:sns:us-east-1:111111111111:name";

    fn name(arn: &Arn) -> Option<&str> {
        let is_topic = arn.service() == "sns" && arn.is_regional() && !arn.resource().contains(':');
        is_topic.then(|| arn.resource())
    }

    fn attribute(attr: &Attr, arn: &Value<kind::Arn>, name: Option<&str>, _: Env) -> Option<Expr> {
        match attr {
            Attr::Ref => Some(arn.into()),
            Attr::GetAtt(attr) if attr == "TopicName" => name.map(|name| name.to_owned().into()),
            Attr::GetAtt(_) | Attr::LogicalId => None,
        }
    }

    fn settings(of: NodeId, cx: &DocumentCx<'_>) -> Vec<Setting> {
        let why = "whoever announces approvals through the topic is let in to this key alone";
        let keys = cx.facts_of::<TopicKey>(of);
        keys.map(|key| Setting::new("KmsMasterKeyId", cx.json(key.0.expr()), why)).collect()
    }
}

/// A topic that exists already.
pub type ImportedTopic = Imported<TopicArn>;

#[cfg(test)]
mod tests {
    use super::*;
    use construct_core::{App, RawResource};
    use construct_iam::Principal;

    const HOME: Env = Env::new("111111111111", "us-east-1");

    fn synthesized(build: impl FnOnce(&mut construct_core::Scope<'_>)) -> Result<serde_json::Value, Vec<&'static str>> {
        let mut app = App::new();
        let stack = app.stack("Tools", HOME);
        build(&mut app.at(stack));
        match app.synth() {
            Ok(assembly) => Ok(assembly.stacks()[0].template_json().unwrap()["Resources"].clone()),
            Err(error) => Err(error.findings().unwrap().iter().map(Diagnostic::code).collect()),
        }
    }

    #[test]
    fn a_topic_has_its_subscriptions_and_no_policy_unless_stated() {
        let resources = synthesized(|scope| {
            let topic = Topic::new().topic_name("approvals").display_name("Releases").email("a@example.com");
            scope.add("Topic", topic.kms_master_key_id("alias/topics"));
        })
        .unwrap();
        let all = resources.as_object().unwrap();
        assert_eq!(all.len(), 1);
        let expected = serde_json::json!({
            "TopicName": "approvals",
            "DisplayName": "Releases",
            "KmsMasterKeyId": "alias/topics",
            "Subscription": [{ "Endpoint": "a@example.com", "Protocol": "email" }],
        });
        assert_eq!(all.values().next().unwrap()["Properties"], expected);
    }

    #[test]
    fn statements_become_a_topic_policy() {
        let resources = synthesized(|scope| {
            let topic = scope.add("Topic", Topic::new());
            let publish = PolicyStatement::allow(["sns:Publish"]).on([topic.arn()]);
            scope.attach(topic, publish.principal(Principal::service("events.amazonaws.com")));
        })
        .unwrap();
        let policy =
            resources.as_object().unwrap().values().find(|one| one["Type"] == "AWS::SNS::TopicPolicy").unwrap();
        let topic = &policy["Properties"]["Topics"][0];
        assert!(topic["Ref"].is_string(), "{topic}");
        assert_eq!(&policy["Properties"]["PolicyDocument"]["Statement"][0]["Resource"], topic);
    }

    #[test]
    fn an_imported_topic_is_known_by_its_arn() {
        let arn = "arn:aws:sns:eu-west-1:222222222222:approvals";
        let resources = synthesized(|scope| {
            let topic = scope.add("Topic", Topic::import(arn));
            assert_eq!(scope.view().env_of(topic), Some(Env::new("222222222222", "eu-west-1")));
            let seen = RawResource::new("Test::Of::Names").property("Arn", topic.arn()).property("Name", topic.name());
            scope.add("Seen", seen);
        })
        .unwrap();
        let seen = resources.as_object().unwrap().values().next().unwrap();
        assert_eq!(seen["Properties"], serde_json::json!({ "Arn": arn, "Name": "approvals" }));
    }

    #[test]
    fn what_sns_refuses_is_found() {
        let found = synthesized(|scope| {
            scope.add("Name", Topic::new().topic_name("with.dot"));
            scope.add("Sender", Topic::new().display_name("x".repeat(101)));
            scope.add("Address", Topic::new().email("nobody"));
            scope.add("Arn", Topic::import("arn:aws:sqs:us-east-1:111111111111:approvals"));
            let topic = scope.add("Statement", Topic::new());
            scope.attach(topic, PolicyStatement::allow(["sns:Publish"]).on([topic.arn()]));
        })
        .unwrap_err();
        let expected = [
            "sns::malformed-topic-name",
            "sns::long-display-name",
            "sns::malformed-address",
            "sns::malformed-topic-arn",
            "sns::malformed-statement",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn two_topics_of_one_name_are_found() {
        let found = synthesized(|scope| {
            scope.add("One", Topic::new().topic_name("approvals"));
            scope.add("Two", Topic::new().topic_name("approvals"));
        });
        assert_eq!(found.unwrap_err(), ["resource::duplicate-name"]);
    }
}
