//! CodeBuild projects that exist already.

use construct_core::{
    Attr, Construct, Diagnostic, DocumentCx, Env, Expr, Lower, LowerCx, NodeId, PlanCx, Resources, Scope, Setting,
    Synth, ValidateCx, Value, kind,
};
use construct_iam::contract::{Asked, ImportContract};
use construct_iam::{Arn, ArnKind, Imported, PolicyStatement, Principal, ServiceRole};

use super::{CODEBUILD, ProjectRef, own_role};
use crate::provider::{ArtifactKey, GivenRole};

/// A project that exists already.
///
/// With its [`role`](Self::role) known, the artifact store admits it; CodeBuild encrypts with the project's own key
/// setting, so its owner must set that to the store's key if the project writes artifacts.
#[derive(Clone, Debug)]
#[must_use]
pub struct ImportedProject {
    arn: Value<kind::Arn>,
    role: Option<GivenRole>,
    key: Option<Value<kind::Arn>>,
}

impl ImportedProject {
    pub(super) fn new(arn: Value<kind::Arn>) -> Self {
        Self { arn, role: None, key: None }
    }

    /// The key the project encrypts its artifacts with, by its ARN: the one in the project's own settings.
    pub fn encryption_key(mut self, arn: impl Into<Value<kind::Arn>>) -> Self {
        self.key = Some(arn.into());
        self
    }

    /// The role the project's builds work with.
    pub fn role(mut self, role: impl Into<GivenRole>) -> Self {
        self.role = Some(role.into());
        self
    }
}

impl Construct for ImportedProject {
    type Handle = ProjectRef;

    fn compose(self, scope: &mut Scope<'_>) -> ProjectRef {
        let mut scope = scope.internal();
        let project = scope.add("Resource", ProjectReference { imported: Imported::new(self.arn), key: self.key });
        let role = match self.role {
            Some(GivenRole::Placed(role)) => own_role(Some(role), &mut scope),
            Some(GivenRole::Imported(role)) => {
                let role = scope.add("Role", role);
                let trust = PolicyStatement::allow(["sts:AssumeRole"]).principal(Principal::service(CODEBUILD));
                scope.attach(role, Asked::new(&trust, "CodeBuild works with this role while it builds"));
                scope.attach(role, trust);
                Some(role)
            }
            None => None,
        };
        if let Some(role) = role {
            scope.attach(project, ServiceRole(role));
        }
        project
    }
}

/// The ARNs of projects.
#[derive(Clone, Copy, Debug)]
pub enum ProjectArn {}

impl ArnKind for ProjectArn {
    type Handle = ProjectRef;
    const WHAT: &'static str = "a project";
    const CODE: &'static str = "codebuild::malformed-project-arn";
    const EXAMPLE: &'static str = "arn:aws:codebuild:us-east-1:111111111111:project/name";

    fn name(arn: &Arn) -> Option<&str> {
        arn.resource().strip_prefix("project/").filter(|_| arn.service() == "codebuild" && arn.is_regional())
    }
}

/// An imported project with what is known of its settings.
#[derive(Clone, Debug)]
struct ProjectReference {
    imported: Imported<ProjectArn>,
    key: Option<Value<kind::Arn>>,
}

impl Synth for ProjectReference {
    type Handle = ProjectRef;

    fn env(&self, placed_in: Option<Env>) -> Option<Env> {
        self.imported.env(placed_in)
    }

    fn imports(&self) -> Option<&'static str> {
        self.imported.imports()
    }

    fn validate(&self, cx: &mut ValidateCx<'_>) {
        self.imported.validate(cx);
    }

    fn plan(&self, cx: &mut PlanCx<'_>) -> Box<dyn Lower> {
        cx.document(ImportContract);
        Box::new(self.clone())
    }
}

impl Lower for ProjectReference {
    fn lower(&self, cx: &LowerCx<'_>, out: &mut Resources) {
        self.imported.lower(cx, out);
        for fact in cx.facts::<ArtifactKey>().filter(|fact| fact.writes) {
            self.compare_keys(fact, cx);
        }
    }

    fn physical(&self, attr: &Attr, own: Env) -> Option<Expr> {
        self.imported.physical(attr, own)
    }

    fn settings(&self, of: NodeId, cx: &DocumentCx<'_>) -> Vec<Setting> {
        let role = cx.facts_of::<ServiceRole>(of).next().map(|role| {
            Setting::new("ServiceRole", cx.json(role.0.arn().expr()), "the artifact store lets this role in")
        });
        let keys = cx.facts_of::<ArtifactKey>(of).filter(|key| key.writes).map(|key| {
            let why = "the others read what it writes with this key, that of the artifact store";
            Setting::new("EncryptionKey", cx.json(key.key.expr()), why)
        });
        role.into_iter().chain(keys).collect()
    }
}

impl ProjectReference {
    /// CodeBuild encrypts with the key in the project's settings, whatever the key of the store.
    fn compare_keys(&self, wanted: &ArtifactKey, cx: &LowerCx<'_>) {
        let help = "set the project's encryption key to that of the store, and say so with `.encryption_key(arn)`";
        let Some(key) = &self.key else {
            let message = "this project writes artifacts, and nobody says with which key it encrypts them";
            cx.report(Diagnostic::warning("codebuild::unknown-encryption-key", message).help(help));
            return;
        };
        if let (Some(key), Some(wanted)) = (key.literal(), cx.literal(wanted.key.expr()))
            && key != wanted
        {
            let message = format!("this project encrypts artifacts with `{key}`, but the store's key is `{wanted}`");
            cx.report(Diagnostic::error("codebuild::other-encryption-key", message).help(help));
        }
    }
}
