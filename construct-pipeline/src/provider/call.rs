//! What a run calls for an action.

use std::borrow::Cow;

use construct_core::{Expr, Properties, Value, kind};

/// Calls of services that a run makes for an action: of each of these actions on each of these resources. Every synthesis
/// proves that they are allowed.
///
/// ```
/// use construct_pipeline::Call;
/// let start = Call::new(["appconfig:StartDeployment", "appconfig:GetDeployment"])
///     .on(["arn:aws:appconfig:us-east-1:111111111111:application/abc1234/environment/*/deployment/*"]);
/// ```
///
/// An action that knows no resources is called for `*`, unless something else is said.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Call {
    actions: Vec<Cow<'static, str>>,
    resources: Vec<Expr>,
    role: Option<Value<kind::Arn>>,
}

impl Call {
    /// Calls of actions by their names in IAM, as in `sns:Publish`; without wildcards, for a run makes each of them. Say
    /// what it cannot do without: what it does without is no mistake when it is denied.
    pub fn new<A: Into<Cow<'static, str>>>(actions: impl IntoIterator<Item = A>) -> Self {
        Self { actions: actions.into_iter().map(Into::into).collect(), resources: Vec::new(), role: None }
    }

    /// On resources, by their ARNs. A `*` within one stands for what a run makes up, such as an id, and so does a variable.
    pub fn on<V: Into<Expr>>(mut self, resources: impl IntoIterator<Item = V>) -> Self {
        self.resources.extend(resources.into_iter().map(|resource| resource.into().bounded()));
        self
    }

    /// With this role, and not with the one that performs the action: that of whoever works for it.
    pub fn by(mut self, role: impl Into<Value<kind::Arn>>) -> Self {
        self.role = Some(role.into());
        self
    }

    /// Whether it says who calls.
    pub(crate) fn has_role(&self) -> bool {
        self.role.is_some()
    }

    /// What no run can call, in words.
    pub(crate) fn problem(&self) -> Option<String> {
        let is_action = |action: &&Cow<'static, str>| {
            let word =
                |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            action.split_once(':').is_some_and(|(service, name)| word(service) && word(name))
        };
        // What begins with a reference is most likely an ARN.
        let is_resource = |text: &str| text == "*" || text.starts_with("arn:");
        let text = |resource: &Expr| match resource {
            Expr::Join(parts) => parts.first().and_then(|first| first.literal().map(str::to_owned)),
            other => other.literal().map(str::to_owned),
        };
        match self.actions.iter().find(|action| !is_action(action)) {
            _ if self.actions.is_empty() => Some("it calls nothing".to_owned()),
            Some(action) => Some(format!("`{}` is no single action", action.escape_debug())),
            None => {
                let resource = self.resources.iter().filter_map(text).find(|text| !is_resource(text))?;
                Some(format!("`{}` is no ARN", resource.escape_debug()))
            }
        }
    }

    /// As it stands in the metadata of a pipeline.
    pub(crate) fn properties(&self) -> Properties {
        let resources = if self.resources.is_empty() { vec!["*".into()] } else { self.resources.clone() };
        Properties::with_capacity(3)
            .set("Action", Expr::list(self.actions.iter().cloned()))
            .set("Resource", resources)
            .opt("Role", self.role.clone())
    }
}

#[cfg(test)]
mod tests {
    use construct_core::{App, text};

    use super::*;

    #[test]
    fn what_no_run_can_call_is_found() {
        let root = App::new().root();
        let known = Value::<kind::Arn>::attr(root.into(), construct_core::Attr::Ref);
        for sound in [
            Call::new(["sns:Publish"]),
            Call::new(["ecr-public:GetAuthorizationToken"]).on(["*"]),
            Call::new(["sns:Publish"]).on(["arn:aws:sns:us-east-1:111111111111:*"]),
            Call::new(["sns:Publish"]).on([text!("{}/x", known)]),
        ] {
            assert_eq!(sound.problem(), None, "{sound:?}");
        }
        for unsound in ["*", "sns", "sns:", ":Publish", "sns:*", "sns:Pub lish", "sns:a:b", ""] {
            assert!(Call::new([unsound]).problem().is_some_and(|said| said.contains("no single action")), "{unsound}");
        }
        assert!(Call::new([""; 0]).problem().is_some());
        assert!(Call::new(["sns:Publish"]).on(["topic"]).problem().is_some_and(|said| said.contains("`topic`")));
    }
}
