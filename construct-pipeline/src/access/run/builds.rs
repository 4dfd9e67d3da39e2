//! What a build needs: its role, its image and its network, its log, clones of repositories, the values of variables, and
//! artifacts.

use std::sync::Arc;

use super::call::Call;
use super::calls::clone_call;
use super::gate::Gate;
use super::keys;
use super::network::calls_in;
use super::prover::{About, Keep, Prover};
use crate::access::ask::{Caller, Who};
use crate::access::report::Purpose;
use crate::access::template::{account_in, arn_parts};
use crate::access::world::{Action, BuildImage, BuildLogs, Kept, Variable, of_configuration};

const CODEBUILD: &str = "codebuild.amazonaws.com";
const SECRET_IS_CLOSED: &str = "the policy of the secret does not let the role in";
const NO_GROUP: &str = "the log group is not there yet, which CodeBuild then makes";
const BATCH: [&str; 3] = ["codebuild:StartBuild", "codebuild:StopBuild", "codebuild:RetryBuild"];
const PULLS: [&str; 3] = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];

impl<'p> Prover<'p, '_> {
    /// CodeBuild reads and writes with the role of the project, and encrypts with the key of the project.
    pub(crate) fn build(&mut self, action: &'p Action, gate: &Gate<'p>) {
        let (arn, store) = (action.project_arn(), gate.store);
        let Some(project) = self.asker.world().projects.get(&*arn) else {
            self.unknown_project(action, arn, gate);
            return;
        };
        let role = self.role_named(action.get("ServiceRoleArnOverride").unwrap_or(&project.role));
        self.service_takes(CODEBUILD, &role, &About::need(action, Purpose::ServiceTakesRole));
        if action.is_true("BatchEnabled") && project.made.is_some() {
            self.batch(action, &arn, project.batch_role.as_deref());
        }
        self.clones(action, &role);
        if self.is_made(&role) {
            if let Some(logs) = &project.logs {
                self.build_log(action, &role, logs);
            }
            self.build_variables(action, &role, &arn, &project.variables);
        }
        if let Some(image) = project.image.as_ref().filter(|image| !image.by_role || self.is_made(&role)) {
            self.pulls(action, &role, image, account_in(&arn).unwrap_or(action.account()));
        }
        if let Some(network) = project.network.as_ref().filter(|_| self.is_made(&role)) {
            for call in calls_in(network, Some(CODEBUILD), self.unknown_id) {
                self.call(action, &role, &call, None);
            }
        }
        // Without a key of its own a project encrypts with the key that AWS manages, whatever the store says.
        let key: Option<Arc<str>> = project.key.as_ref().map(|key| {
            let known = self.asker.world().key(key);
            known.map_or_else(|| key.as_str().into(), |key| Arc::clone(&key.arn))
        });
        if let Some(shared) = store.key_arn()
            && key.as_deref() != Some(&**shared)
            && (project.key.is_some() || self.is_read_abroad(action))
            && !action.outputs.is_empty()
        {
            self.other_key(action, &role, gate, project.key.as_deref());
        }
        self.artifacts(action, &role, gate, key.as_ref());
    }

    /// CodeBuild starts the builds of a batch with the role that the project has for it.
    /// <https://docs.aws.amazon.com/codebuild/latest/userguide/batch-build.html>
    fn batch(&mut self, action: &'p Action, project: &str, role: Option<&str>) {
        let Some(role) = role else {
            self.no_batch_role(action, project);
            return;
        };
        let role = self.role_named(role);
        self.service_takes(CODEBUILD, &role, &About::need(action, Purpose::ServiceTakesRole));
        if self.is_made(&role) {
            self.call(action, &role, &Call::of(&BATCH, project), None);
        }
    }

    /// Whether a template makes the role. Of others, their owners know what they may do in their own account.
    fn is_made(&self, role: &Caller) -> bool {
        self.asker.world().roles.get(role.who.name()).is_some_and(|role| role.made.is_some())
    }

    /// A build that cannot write its log fails before it begins.
    /// <https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html>
    fn build_log(&mut self, action: &'p Action, role: &Arc<Caller>, logs: &BuildLogs) {
        let BuildLogs { group, stream, makes_group } = logs;
        let stream = [group, ":log-stream:", stream].concat() + self.unknown_id.encode_utf8(&mut [0; 4]);
        let writes: &[_] = &["logs:CreateLogStream", "logs:PutLogEvents"];
        let needed = [(writes, stream, None), (&["logs:CreateLogGroup"], group.clone(), Some(NO_GROUP))];
        for (actions, resource, only_if) in needed.into_iter().take(1 + usize::from(*makes_group)) {
            self.call(action, role, &Call::of(actions, resource), only_if);
        }
    }

    /// A build that cannot pull its image fails before it begins.
    /// <https://docs.aws.amazon.com/codebuild/latest/userguide/sample-ecr.html>
    fn pulls(&mut self, action: &'p Action, role: &Arc<Caller>, image: &BuildImage, account: &str) {
        let pull = Call::of(&PULLS, Arc::clone(&image.repository));
        let token = Call::of(&["ecr:GetAuthorizationToken"], "*");
        let (caller, calls) = match (image.by_role, account_in(&image.repository)) {
            (true, _) => (Arc::clone(role), vec![token, pull]),
            (false, Some(owner)) if owner != account => {
                return self.image_of_others(&About::need(action, Purpose::Calls), role, &pull, owner);
            }
            (false, _) => (self.asker.caller(&Who::Service(CODEBUILD)), vec![pull]),
        };
        for call in calls {
            self.call(action, &caller, &call, None);
        }
    }

    /// What an action says of a variable counts, and not what the project says.
    fn build_variables(&mut self, action: &'p Action, role: &Arc<Caller>, project: &str, variables: &[Variable]) {
        let (region, account) = match arn_parts(project) {
            Some([_, _, region, account, _]) => (region, account),
            None => (action.region(), action.account()),
        };
        let told = action.get("EnvironmentVariables").map(of_configuration).unwrap_or_default();
        let others = variables.iter().filter(|one| told.iter().all(|told| told.name != one.name));
        // At synthesis a project tells of its secrets itself, and of those that an action adds, at their lines.
        let is_told = |kept: &&Kept| self.keep == Keep::Unproved && matches!(kept, Kept::Secret(_));
        let kept = told.iter().chain(others).filter_map(|one| one.kept.as_ref());
        for kept in kept.filter(|kept| !is_told(kept)).collect::<Vec<_>>() {
            self.reads_value(action, role, kept, kept.arn(region, account, self.unknown_id));
        }
    }

    pub(crate) fn reads_value(&mut self, action: &'p Action, role: &Arc<Caller>, kept: &Kept, arn: String) {
        let only_if = matches!(kept, Kept::Secret(_)).then_some(SECRET_IS_CLOSED);
        let key = keys::of_secret(&arn, self.asker.world());
        self.call(action, role, &Call::of(kept.calls(), arn), only_if);
        if let Some(key) = key {
            self.call(action, role, &key, None);
        }
    }

    /// A build that reads a reference to a full clone fetches the repository itself.
    fn clones(&mut self, action: &'p Action, role: &Arc<Caller>) {
        // Sources are in the first stage, and nothing else is.
        let sources = self.pipeline.actions.iter().take_while(|one| &*one.category == "Source");
        for source in sources.filter(|source| source.outputs.iter().any(|name| action.inputs.contains(name))) {
            let Some(call) = clone_call(source) else { continue };
            if source.provider() == "CodeCommit" && role.account().is_some_and(|account| account != source.account()) {
                self.clone_of_others(&About::need(action, Purpose::Calls), role, &call, source.account());
                continue;
            }
            self.call(action, role, &call, None);
            if let Some(key) = keys::of_repository(source, self.asker.world()) {
                self.call(action, role, &key, None);
            }
        }
    }

    /// Whether an action in another account reads what this one writes.
    fn is_read_abroad(&self, action: &Action) -> bool {
        let reads = |other: &&Action| other.inputs.iter().any(|name| action.outputs.contains(name));
        self.pipeline.actions.iter().filter(reads).any(|other| other.account() != self.pipeline.label.account)
    }
}
