//! What something else than policies decides: nobody is asked.

use std::sync::Arc;

use construct_iam::access::symbol;

use super::call::Call;
use super::gate::Gate;
use super::prover::{About, Prover};
use crate::access::ask::{Caller, Who};
use crate::access::report::{Decision, Purpose, Remark};
use crate::access::world::Action;

impl<'p> Prover<'p, '_> {
    pub(crate) fn unknown_calls(&mut self, action: &'p Action) {
        let who = Who::Role(Arc::clone(&action.role));
        let question = self.unasked(&who, "", &"*".into(), action.account());
        let remark = Remark::unknown(format!("what `{}` actions call is not known here", action.provider()));
        self.note(&About::need(action, Purpose::Calls), question, Decision::Open, Some(remark));
    }

    /// The roles that ECS takes for the tasks of a task definition that the action registers: they stand in a file of
    /// an artifact. <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ECS.html>,
    /// <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ECSbluegreen.html>
    pub(crate) fn unknown_task_roles(&mut self, action: &'p Action) {
        let registers = matches!((&*action.category, action.provider()), ("Deploy", "ECS" | "CodeDeployToECS"));
        if !registers || &*action.owner != "AWS" {
            return;
        }
        let who = Who::Role(Arc::clone(&action.role));
        let question = self.unasked(&who, "iam:PassRole", &"*".into(), action.account());
        let remark = Remark::unknown(
            "which roles the task definition names is not known here; whoever registers it has to be allowed `iam:PassRole` on each, to `ecs-tasks.amazonaws.com`",
        );
        self.note(&About::need(action, Purpose::PassesRole), question, Decision::Open, Some(remark));
    }

    /// The instances to which CodeDeploy or CodePipeline deploys fetch the artifact with roles of their own.
    /// <https://docs.aws.amazon.com/codedeploy/latest/userguide/getting-started-create-iam-instance-profile.html>,
    /// <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-EC2Deploy.html>
    pub(crate) fn unknown_instances(&mut self, action: &'p Action, gate: &Gate<'p>) {
        let deploys = matches!((&*action.category, action.provider()), ("Deploy", "CodeDeploy" | "EC2"));
        if !deploys || &*action.owner != "AWS" {
            return;
        }
        let store = gate.store;
        let question = self.unasked(&Who::Role("".into()), "s3:GetObject", &store.object, &store.account);
        let about = About::need(action, Purpose::DeploymentReads { artifacts: self.named(&action.inputs) });
        let remark = Remark::unknown(
            "which roles the instances have is not known here; each has to be let in to read the artifact",
        );
        self.note(&about, question, Decision::Open, Some(remark));
    }

    pub(crate) fn unknown_project(&mut self, action: &'p Action, project: String, gate: &Gate<'p>) {
        if action.inputs.is_empty() {
            return;
        }
        let store = gate.store;
        let question = self.unasked(&Who::Role(project.into()), "s3:GetObject", &store.object, &store.account);
        let about = About::need(action, Purpose::Reads { artifacts: self.named(&action.inputs) });
        let remark = Remark::unknown("no template makes the project, so its role is not known");
        self.note(&about, question, Decision::Open, Some(remark));
    }

    /// A project that has no role for batches cannot run any.
    pub(crate) fn no_batch_role(&mut self, action: &'p Action, project: &str) {
        let service = Who::Service("codebuild.amazonaws.com");
        let question = self.unasked(&service, "codebuild:StartBuild", &project.into(), action.account());
        let remark = Remark::mended_by(
            "give the project a `BuildBatchConfig` with a `ServiceRole`, as `.batch_builds()` does",
            "the project has no role with which CodeBuild could start the builds of a batch",
        );
        self.note(&About::need(action, Purpose::Calls), question, Decision::Denied, Some(remark));
    }

    /// A project that encrypts with another key than the store's writes what nobody else can read.
    pub(crate) fn other_key(&mut self, action: &'p Action, role: &Caller, gate: &Gate<'p>, own: Option<&str>) {
        let about = About::need(action, Purpose::Writes { artifacts: self.named(&action.outputs) });
        let key = gate.store.key_arn().cloned().unwrap_or_default();
        let question = self.unasked(&role.who, "kms:GenerateDataKey", &key, &gate.store.account);
        let world = self.asker.world();
        let known = own.is_none_or(|own| world.key(own).is_some() && world.key(&key).is_some());
        let decision = if known { Decision::Denied } else { Decision::Open };
        let own = own.map_or_else(
            || "the key that AWS manages for S3".to_owned(),
            |own| format!("`{}`", world.symbols.readable(own)),
        );
        let remark = Remark::mended_by(
            "set the project's `EncryptionKey` to the key of the store",
            format!(
                "the project encrypts with {own} and not with the key of the store, so that others cannot read what it writes"
            ),
        );
        self.note(&about, question, decision, Some(remark));
    }

    pub(crate) fn no_shared_key(&mut self, about: &About<'p>, caller: &Caller, gate: &Gate<'p>, action: &'static str) {
        let store = gate.store;
        let question = self.unasked(&caller.who, action, &store.object, &store.account);
        let remark = Remark::mended_by(
            "give the store an `EncryptionKey`",
            format!(
                "the store in {} has no customer managed key: artifacts are encrypted with a key that AWS manages, which no other account can use",
                store.region
            ),
        );
        self.note(about, question, Decision::Denied, Some(remark));
    }

    pub(crate) fn local_key_name(&mut self, about: &About<'p>, caller: &Caller, gate: &Gate<'p>, key: &Arc<str>) {
        let question = self.unasked(&caller.who, "kms:GenerateDataKey", key, &gate.store.account);
        let remark = Remark::mended_by(
            "name the key by its ARN",
            "the store names its key by id or bare alias, which the role looks up in its own account",
        );
        self.note(about, question, Decision::Denied, Some(remark));
    }

    /// Repositories have no policies that could let in other accounts.
    /// <https://docs.aws.amazon.com/codecommit/latest/userguide/security-iam.html>
    pub(crate) fn clone_of_others(&mut self, about: &About<'p>, role: &Caller, call: &Call<'_>, owner: &str) {
        for action in call.actions {
            let question = self.unasked(&role.who, action, &call.resource, owner);
            let remark = Remark::mended_by(
                "hand on an archive, not a full clone, or build in the account of the repository",
                format!(
                    "the repository belongs to account {owner}, and CodeCommit lets no role of another account clone it"
                ),
            );
            self.note(about, question, Decision::Denied, Some(remark));
        }
    }

    /// <https://docs.aws.amazon.com/codebuild/latest/APIReference/API_ProjectEnvironment.html>
    pub(crate) fn image_of_others(&mut self, about: &About<'p>, role: &Caller, call: &Call<'_>, owner: &str) {
        for action in call.actions {
            let question = self.unasked(&role.who, action, &call.resource, owner);
            let remark = Remark::mended_by(
                "set the project's `ImagePullCredentialsType` to `SERVICE_ROLE`",
                format!("the image belongs to account {owner}, and is pulled with what CodeBuild has itself"),
            );
            self.note(about, question, Decision::Denied, Some(remark));
        }
    }

    pub(crate) fn no_store(&mut self, action: &'p Action) {
        if action.inputs.is_empty() && action.outputs.is_empty() {
            return;
        }
        let who = Who::Role(Arc::clone(&self.pipeline.role));
        let (purpose, asked) = match action.inputs.is_empty() {
            true => (Purpose::Writes { artifacts: self.named(&action.outputs) }, "s3:PutObject"),
            false => (Purpose::Reads { artifacts: self.named(&action.inputs) }, "s3:GetObject"),
        };
        let question = self.unasked(&who, asked, &"*".into(), &self.pipeline.label.account);
        let about = About::need(action, purpose);
        let remark = Remark::mended_by(
            "give the pipeline a store in the region, in `ArtifactStores`",
            format!("the pipeline has no artifact store in {}", action.region()),
        );
        // Of a stack that does not say its region nobody knows which of the stores is its own.
        let decision = if symbol::is_symbolic(action.region()) { Decision::Open } else { Decision::Denied };
        self.note(&about, question, decision, Some(remark));
    }
}
