//! Approval by a person.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Manual.html>

use construct_core::{Diagnostic, Properties, Scope, Value, kind};
use construct_iam::contract::Asked;
use construct_iam::{Arn, ArnKind, PolicyDocument, PolicyStatement, RoleRef, admitting};

use super::keys::KeyUse;
use crate::aws::{KeyArn, TopicKey, TopicRef};
use crate::provider::{ActionCx, Category, Owner, Provider, ProviderSpec};

/// What publishing to a topic takes of the key that encrypts it.
/// <https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html>
const ANNOUNCES: KeyUse = KeyUse {
    service: "sns",
    actions: &["kms:Decrypt", "kms:GenerateDataKey*"],
    purpose: "announces approvals through a topic with this key",
};

/// Waits until somebody approves or rejects: 7 days, unless the action's [`timeout`](crate::Action::timeout) says
/// otherwise. Then it fails.
///
/// ```
/// use construct_pipeline::prelude::*;
/// let mut app = App::new();
/// let stack = app.stack("Tools", Env::new("111111111111", "us-east-1"));
/// let topic = app.at(stack).add("Approvals", Topic::new().email("release@example.com"));
/// let approve = Action::new(
///     "Approve",
///     ManualApproval::new().topic(topic).comment("Commit #{source.CommitId}").external_link("https://test.example.com"),
/// )
/// .timeout(24 * 60);
/// ```
#[doc(alias = "ManualApprovalAction")]
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct ManualApproval {
    topic: Option<TopicRef>,
    topic_key: Option<Value<kind::Arn>>,
    external_link: Option<Value<kind::Text>>,
    comment: Option<Value<kind::Text>>,
}

impl ManualApproval {
    /// An approval that is announced nowhere but in the console.
    pub fn new() -> Self {
        Self::default()
    }

    /// The topic that announces it, in the region in which the action runs. A topic of another account is told to let the
    /// role that performs the action publish.
    #[doc(alias = "notificationTopic")]
    pub fn topic(mut self, topic: TopicRef) -> Self {
        self.topic = Some(topic);
        self
    }

    /// The customer-managed key that encrypts the topic, by its ARN, so that the action may use it. The owner of a key
    /// that is given by a literal ARN is asked to let the role in that performs the action, in the [import
    /// contract](crate::contract). <https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html>
    pub fn topic_key(mut self, key: impl Into<Value<kind::Arn>>) -> Self {
        self.topic_key = Some(key.into());
        self
    }

    /// What is to be reviewed: an address beginning with `https://` or `http://`, which may have variables in it.
    #[doc(alias = "externalEntityLink")]
    pub fn external_link(mut self, url: impl Into<Value<kind::Text>>) -> Self {
        self.external_link = Some(url.into());
        self
    }

    /// What whoever approves is told: 1 to 1,000 characters, which may have variables in them.
    #[doc(alias = "additionalInformation")]
    pub fn comment(mut self, text: impl Into<Value<kind::Text>>) -> Self {
        self.comment = Some(text.into());
        self
    }
}

impl Provider for ManualApproval {
    fn spec(&self) -> ProviderSpec {
        // The approval waits in the pipeline; the topic is only told about it.
        ProviderSpec::new(Category::Approval, Owner::Aws, "Manual")
    }

    fn configuration(&self, _: &ActionCx<'_>) -> Properties {
        Properties::new()
            .opt("NotificationArn", self.topic.map(TopicRef::arn))
            .opt("CustomData", self.comment.as_ref())
            .opt("ExternalEntityLink", self.external_link.as_ref())
    }

    fn permissions(&self, _: &ActionCx<'_>, policy: &mut PolicyDocument) {
        policy_of(self.topic).into_iter().for_each(|statement| policy.push(statement));
        if let Some(key) = &self.topic_key {
            policy.push(ANNOUNCES.of(key));
        }
    }

    fn prepare(&self, performer: Option<RoleRef>, scope: &mut Scope<'_>) {
        if let (Some(topic), Some(role), Some(statement)) = (self.topic, performer, policy_of(self.topic)) {
            if let Some(admitting) = admitting(scope.view(), role, topic.into(), &statement) {
                let asked = Asked::new(&admitting, "announces approvals through this topic").by_pipeline(scope.path());
                scope.attach(topic, asked);
                scope.attach(topic, admitting);
            }
            scope.attach(role, statement);
            if let Some(key) = &self.topic_key
                && ANNOUNCES.ask_for(key, role, scope)
                && scope.view().imports(topic).is_some()
            {
                scope.attach(topic, TopicKey(key.clone()));
            }
        }
    }

    fn validate(&self, cx: &ActionCx<'_>) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        if let Some(topic) = self.topic
            && cx.view().owns(topic)
            && let Some(env) = cx.view().env_of(topic)
            && env.region != cx.home().region
        {
            // "You must use a topic created in the same AWS Region as the pipeline":
            // https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals.html
            let message = format!(
                "the topic `{}` is in {}, and approvals are announced through topics in the pipeline's region {}",
                cx.view().path_of(topic),
                env.region,
                cx.home().region,
            );
            let finding = Diagnostic::error("manual-approval::topic-in-another-region", message)
                .help("announce approvals through a topic in the region of the pipeline");
            // One that is there already may serve a pipeline that runs today.
            found.push(if cx.view().imports(topic).is_some() { finding.into_warning() } else { finding });
        }
        if self.topic.is_none() && self.topic_key.is_some() {
            found.push(
                Diagnostic::warning("manual-approval::key-without-topic", "there is a key for a topic, but no topic")
                    .help("name the topic with `.topic(…)`, or leave the key out"),
            );
        }
        if let (Some(_), Some(key)) = (self.topic, self.topic_key.as_ref().and_then(Value::literal))
            && Arn::parse(key).ok().is_none_or(|arn| KeyArn::name(&arn).is_none())
        {
            // https://docs.aws.amazon.com/kms/latest/developerguide/cmks-in-iam-policies.html
            let message = format!(
                "`{}` is no ARN of a key, so the action is not allowed to use the one of the topic",
                key.escape_debug()
            );
            found.push(
                Diagnostic::warning("manual-approval::malformed-key", message)
                    .help("write the key's own ARN, `arn:aws:kms:us-east-1:111111111111:key/…`: permissions do not know keys by alias"),
            );
        }
        if let Some(url) = self.external_link.as_ref().and_then(Value::literal)
            && !["https://", "http://", "#{"].iter().any(|start| url.starts_with(start))
        {
            found.push(
                Diagnostic::error("manual-approval::malformed-link", format!("`{}` is no address", url.escape_debug()))
                    .help("write a whole address, beginning with `https://`"),
            );
        }
        found
    }
}

/// What announcing through a topic takes.
fn policy_of(topic: Option<TopicRef>) -> Option<PolicyStatement> {
    topic.map(|topic| PolicyStatement::allow(["sns:Publish"]).on([topic.arn()]))
}

#[cfg(test)]
mod tests {
    use super::super::custom::testing::{HOME, ask, ask_in, text_of};
    use super::*;
    use crate::aws::Topic;
    use construct_core::{App, Env};

    #[test]
    fn a_bare_approval_needs_nothing() {
        let asked = ask(&ManualApproval::new());
        assert!(asked.configuration.is_empty() && asked.policy.is_empty() && asked.codes.is_empty());
    }

    #[test]
    fn the_topic_is_told_and_does_not_move_the_approval() {
        let mut app = App::new();
        let stack = app.stack("Tools", HOME);
        let topic = app.at(stack).add("Topic", Topic::new());
        let key = "arn:aws:kms:us-east-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab";
        let approval = ManualApproval::new()
            .topic(topic)
            .topic_key(key)
            .comment("Commit #{source.CommitId}")
            .external_link("https://example.com");
        let asked = ask_in(&mut app, &approval);
        assert_eq!(asked.configuration.get("NotificationArn"), Some(&topic.arn().into()));
        assert_eq!(text_of(&asked.configuration, "CustomData"), Some("Commit #{source.CommitId}"));
        assert_eq!(text_of(&asked.configuration, "ExternalEntityLink"), Some("https://example.com"));
        let expected = PolicyDocument::new()
            .with(PolicyStatement::allow(["sns:Publish"]).on([topic.arn()]))
            .with(PolicyStatement::allow(["kms:Decrypt", "kms:GenerateDataKey*"]).on([key]));
        assert_eq!(asked.policy, expected);
        assert_eq!(asked.codes, [""; 0]);
        assert_eq!(approval.spec().acts_on, None);
    }

    #[test]
    fn what_cannot_work_is_found() {
        let mut app = App::new();
        let stack = app.stack("Far", Env::new("111111111111", "eu-west-1"));
        let topic = app.at(stack).add("Topic", Topic::new());
        for (approval, code) in [
            (ManualApproval::new().topic(topic), "manual-approval::topic-in-another-region"),
            (ManualApproval::new().topic_key("arn:aws:kms:…"), "manual-approval::key-without-topic"),
            (ManualApproval::new().external_link("example.com"), "manual-approval::malformed-link"),
        ] {
            assert_eq!(ask_in(&mut app, &approval).codes, [code]);
        }
    }
}
