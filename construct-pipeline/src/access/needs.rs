//! What a run of a pipeline needs, request by request.
//!
//! | who | does what |
//! |---|---|
//! | CodePipeline | takes on the pipeline's role |
//! | the pipeline's role | looks at each store; takes on the role of each action; copies artifacts to stores of other regions |
//! | the role of an action | calls the provider's service; hands over a role; reads and writes artifacts |
//! | a CodeBuild project's role | writes the log; reads and writes artifacts in place of the action's role |
//! | a deployment role | reads the artifacts too, for what the template refers to |

use std::sync::Arc;

use super::caller::{Caller, Who};
use super::calls::{Call, announcing, calls, passed_role, project_arn};
use super::flow::Action;
use super::gate::Gate;
use super::prover::{About, Prover};
use super::report::Purpose;
use super::scene::Scene;
use super::world::BuildLogs;

const LOOK: [&str; 2] = ["s3:GetBucketLocation", "s3:GetBucketVersioning"];
const LOOKS: &str = "CodePipeline looks at the bucket before it uses it, as its documentation has it";
const REFERS: &str = "the template refers to files in artifacts, such as code or nested templates";
const NO_GROUP: &str = "the log group is not there yet, which CodeBuild then makes";

impl<'p> Prover<'p, '_> {
    pub(crate) fn needs(&mut self) {
        let pipeline = self.pipeline;
        let caller = self.asker.home(&pipeline.role);
        self.service_takes("codepipeline.amazonaws.com", &caller, &About::need(None, Purpose::StartsRun));
        let looks = About { only_if: Some(LOOKS), ..About::need(None, Purpose::LooksAtStore) };
        for gate in self.gates {
            let scene = gate.on_bucket(self.asker);
            for action in LOOK {
                self.ask(&looks, &caller, action, &scene);
            }
        }
        for action in &pipeline.actions {
            self.action(action, &caller);
        }
        self.replication(&caller);
    }

    fn action(&mut self, action: &'p Action, pipeline: &Arc<Caller>) {
        let caller = if action.own_role { self.role(&action.role) } else { Arc::clone(pipeline) };
        if action.own_role {
            let scene = self.scenes.taken(self.asker, &caller, &self.pipeline.label.account);
            self.ask(&About::need(action, Purpose::TakesActionRole), pipeline, "sts:AssumeRole", &scene);
        }
        self.service_calls(action, &caller);
        let passed = passed_role(action).map(|(role, service)| (self.role_named(&role), service));
        if let Some((role, service)) = &passed {
            self.passes(action, &caller, role, service);
        }
        let Some(gate) = self.gate(action.region()) else {
            self.no_store(action);
            return;
        };
        if action.provider() == "CodeBuild" {
            self.build(action, gate);
        } else {
            self.artifacts(action, &caller, gate, gate.store.key_arn());
        }
        if let Some((role, "cloudformation.amazonaws.com")) = passed
            && action.provider() == "CloudFormation"
            && !action.inputs.is_empty()
        {
            let purpose = Purpose::DeploymentReads { artifacts: self.named(&action.inputs) };
            let about = About { only_if: Some(REFERS), ..About::need(action, purpose) };
            self.reads(&about, &role, gate);
        }
    }

    pub(crate) fn service_takes(&mut self, service: &'static str, role: &Caller, about: &About<'p>) {
        let caller = self.asker.caller(&Who::Service(service));
        let target = role.taken(self.asker.view(), &self.pipeline.label.account);
        self.ask(about, &caller, "sts:AssumeRole", &Scene::for_one(target, Arc::clone(self.asker.nothing())));
    }

    fn service_calls(&mut self, action: &'p Action, caller: &Arc<Caller>) {
        let Some(calls) = calls(action, &self.pipeline.name, self.unknown_id) else {
            self.unknown_calls(action);
            return;
        };
        let about = About::need(action, Purpose::Calls);
        for call in calls.into_iter().chain(announcing(action, self.asker.world())) {
            let scene = self.scenes.called(self.asker, action, caller, &call);
            for action in call.actions {
                self.ask(&about, caller, action, &scene);
            }
        }
    }

    fn passes(&mut self, action: &'p Action, caller: &Arc<Caller>, role: &Caller, service: &'static str) {
        let scene = self.scenes.passed(self.asker, action, caller, role, service);
        self.ask(&About::need(action, Purpose::PassesRole), caller, "iam:PassRole", &scene);
        self.service_takes(service, role, &About::need(action, Purpose::ServiceTakesRole));
    }

    /// CodeBuild reads and writes with the role of the project, and encrypts with the key of the project.
    fn build(&mut self, action: &'p Action, gate: &Gate<'p>) {
        let (arn, store) = (project_arn(action), gate.store);
        let Some(project) = self.asker.world().projects.get(&*arn) else {
            self.unknown_project(action, arn, gate);
            return;
        };
        let role = self.role_named(action.get("ServiceRoleArnOverride").unwrap_or(&project.role));
        self.service_takes("codebuild.amazonaws.com", &role, &About::need(action, Purpose::ServiceTakesRole));
        if let Some(logs) = &project.logs {
            self.build_log(action, &role, logs);
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

    /// A build that cannot write its log fails before it begins. Of a role that no template makes, the owner knows what it may do.
    /// <https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html>
    fn build_log(&mut self, action: &'p Action, role: &Arc<Caller>, logs: &BuildLogs) {
        let BuildLogs { group, stream, makes_group } = logs;
        if self.asker.world().roles.get(role.who.name()).is_none_or(|role| role.made.is_none()) {
            return;
        }
        let stream = [group, ":log-stream:", stream].concat() + self.unknown_id.encode_utf8(&mut [0; 4]);
        let writes: &[_] = &["logs:CreateLogStream", "logs:PutLogEvents"];
        let needed = [(writes, stream, None), (&["logs:CreateLogGroup"], group.clone(), Some(NO_GROUP))];
        for (actions, resource, only_if) in needed.into_iter().take(1 + usize::from(*makes_group)) {
            let call = Call { actions, resource: resource.into(), facts: [None, None, None] };
            let scene = self.scenes.called(self.asker, action, role, &call);
            let about = About { only_if, ..About::need(action, Purpose::Calls) };
            for call in actions {
                self.ask(&about, role, call, &scene);
            }
        }
    }

    /// Whether an action in another account reads what this one writes.
    fn is_read_abroad(&self, action: &Action) -> bool {
        let reads = |other: &&Action| other.inputs.iter().any(|name| action.outputs.contains(name));
        self.pipeline.actions.iter().filter(reads).any(|other| other.account() != self.pipeline.label.account)
    }
}
