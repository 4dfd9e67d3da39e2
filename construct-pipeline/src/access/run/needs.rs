//! What a run of a pipeline needs, request by request.
//!
//! | who | does what |
//! |---|---|
//! | CodePipeline | takes on the pipeline's role |
//! | the pipeline's role | looks at each store; takes on the role of each action; copies artifacts to stores of other regions |
//! | the role of an action, or of a rule | calls the provider's service; hands over a role; reads the values of variables; reads and writes artifacts |
//! | the role of whoever works in an action's place, as its pipeline tells | reads and writes artifacts; calls what is told |
//! | a CodeBuild project's role | writes the log; clones repositories; reads the values of variables; reads and writes artifacts in place of the action's role |
//! | a deployment role | reads the artifacts too, for what the template refers to, unless it is known that it refers to none |
//! | the roles of instances | read the artifacts that are deployed to them |

use std::sync::Arc;

use super::call::{Call, NO_FACTS};
use super::calls::{calls, passed_role};
use super::gate::Gate;
use super::keys;
use super::prover::{About, Prover};
use crate::access::ask::{Caller, Scene, Who};
use crate::access::report::{Access, Purpose};
use crate::access::world::{Action, ToldCall};

const LOOK: [&str; 2] = ["s3:GetBucketLocation", "s3:GetBucketVersioning"];
const LOOKS: &str = "CodePipeline looks at the bucket before it uses it, as its documentation has it";
const REFERS: &str = "the template refers to files in artifacts, such as code or nested templates";
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-CloudWatchAlarm.html> names no permission.
const LOOKS_AT_ALARM: &str = "CodePipeline looks at the alarm with this role, which its documentation does not say";

impl<'p, 'w> Prover<'p, 'w> {
    pub(crate) fn needs(&mut self) {
        let pipeline = self.pipeline;
        let caller = self.asker.home(&pipeline.role);
        self.service_takes("codepipeline.amazonaws.com", &caller, &About::need(None, Purpose::StartsRun));
        let looks = About { only_if: Some(LOOKS), ..About::need(None, Purpose::LooksAtStore) };
        for gate in self.gates {
            let scene = gate.on_bucket(self.asker, true);
            for action in LOOK {
                self.ask(&looks, &caller, action, &scene);
            }
        }
        for action in &pipeline.actions {
            self.action(action, &caller);
        }
        self.replication(&caller);
    }

    fn action(&mut self, action: &'w Action, pipeline: &Arc<Caller>) {
        let caller = if action.own_role { self.role(&action.role) } else { Arc::clone(pipeline) };
        if action.own_role {
            let scene = self.scenes.taken(self.asker, &caller, &self.pipeline.label.account);
            self.ask(&About::need(action, Purpose::TakesActionRole), pipeline, "sts:AssumeRole", &scene);
        }
        self.service_calls(action, &caller);
        for kept in &action.kept {
            let arn = kept.arn(action.region(), action.account(), self.unknown_id);
            self.reads_value(action, &caller, kept, arn);
        }
        let passed = passed_role(action).map(|(role, service)| (self.role_named(&role), service));
        if let Some((role, service)) = &passed {
            self.passes(action, &caller, role, service);
        }
        self.unknown_task_roles(action);
        let Some(gate) = self.gate(action.region()) else {
            self.no_store(action);
            return;
        };
        if action.provider() == "CodeBuild" {
            self.build(action, gate);
        } else {
            let worker = action.told.as_ref().and_then(|told| told.worker.as_ref());
            let worker = worker.map(|role| self.role(role));
            self.artifacts(action, worker.as_ref().unwrap_or(&caller), gate, gate.store.key_arn());
        }
        self.readers(action, gate);
        if let Some((role, "cloudformation.amazonaws.com")) = passed
            && action.provider() == "CloudFormation"
            && !action.inputs.is_empty()
        {
            self.deployment(action, &role, gate);
        }
    }

    /// Those to whom the service hands the artifacts on read them with roles of their own.
    fn readers(&mut self, action: &'w Action, gate: &Gate<'p>) {
        if action.inputs.is_empty() {
            return;
        }
        match action.told.as_ref().and_then(|told| told.readers.as_ref()) {
            Some(roles) => {
                let purpose = Purpose::DeploymentReads { artifacts: self.named(&action.inputs) };
                let about = About::need(action, purpose);
                for role in roles {
                    let role = self.role_named(role);
                    self.reads(&about, &role, gate);
                }
            }
            None => self.unknown_instances(action, gate),
        }
    }

    /// The template comes from the role of the action. The role that is handed over reads what the template refers to, which
    /// finds artifacts by parameters that `Fn::GetArtifactAtt` fills in, as CodePipeline makes up the names of their files:
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/continuous-delivery-codepipeline-parameter-override-functions.html>.
    /// So a template of the assembly, which nothing is put into any more, refers to none without such a parameter, and
    /// nobody misses what its role may not read; CDK Pipelines are all like that.
    fn deployment(&mut self, action: &'p Action, role: &Arc<Caller>, gate: &Gate<'p>) {
        let purpose = Purpose::DeploymentReads { artifacts: self.named(&action.inputs) };
        let about = About { only_if: Some(REFERS), ..About::need(action, purpose) };
        let before = self.accesses.len();
        self.reads(&about, role, gate);
        let is_told = || action.get("ParameterOverrides").is_some_and(|told| told.contains("Fn::GetArtifactAtt"));
        if self.accesses[before..].iter().any(|access| !access.is_proved())
            && !is_told()
            && self.asker.world().is_assembled(action)
        {
            let asked = self.accesses.split_off(before);
            self.accesses.extend(asked.into_iter().filter(Access::is_proved));
        }
    }

    pub(crate) fn service_takes(&mut self, service: &'static str, role: &Caller, about: &About<'p>) {
        let caller = self.asker.caller(&Who::Service(service));
        let target = role.taken(self.asker.view(), &self.pipeline.label.account);
        self.ask(about, &caller, "sts:AssumeRole", &Scene::for_one(target, Arc::clone(self.asker.nothing())));
        self.outsider_takes(about.action, role);
    }

    fn service_calls(&mut self, action: &'w Action, caller: &Arc<Caller>) {
        let told = action.told.as_ref().and_then(|told| told.calls.as_ref());
        told.into_iter().flatten().for_each(|call| self.told_call(action, caller, call));
        let Some(calls) = calls(action, &self.pipeline.name, self.unknown_id) else {
            if told.is_none() {
                self.unknown_calls(action);
            }
            return;
        };
        let only_if = (action.provider() == "CloudWatchAlarm").then_some(LOOKS_AT_ALARM);
        let world = self.asker.world();
        let keys = [keys::of_topic(action, world), keys::of_bucket(action, world), keys::of_repository(action, world)];
        for call in calls.into_iter().chain(keys.into_iter().flatten()) {
            self.call(action, caller, &call, only_if);
        }
    }

    /// What somebody calls for an action: all runs do, or those alone of which it is said.
    pub(crate) fn call(
        &mut self,
        action: &'p Action,
        caller: &Arc<Caller>,
        call: &Call<'_>,
        only_if: Option<&'static str>,
    ) {
        let about = About { only_if: only_if.or(call.only_if), ..About::need(action, Purpose::Calls) };
        let Call { actions, resource, facts, .. } = call;
        let Some(first) = actions.first() else { return };
        let scene = self.scenes.called(self.asker, action, caller, first, resource, facts);
        for call in *actions {
            self.ask(&about, caller, call, &scene);
        }
    }

    /// What the pipeline tells that is called for an action.
    fn told_call(&mut self, action: &'w Action, performer: &Arc<Caller>, call: &'w ToldCall) {
        let caller = match &call.role {
            Some(role) => self.role(role),
            None if &*action.owner == "AWS" => Arc::clone(performer),
            // Nobody knows the role of whoever else works.
            None => return,
        };
        let about = About::need(action, Purpose::Calls);
        for resource in &call.resources {
            let resource = match &**resource {
                "*" => Arc::clone(resource),
                within => within.replace('*', self.unknown_id.encode_utf8(&mut [0; 4])).into(),
            };
            for call in &call.actions {
                let scene = self.scenes.called(self.asker, action, &caller, call, &resource, &NO_FACTS);
                self.ask(&about, &caller, call, &scene);
            }
        }
    }

    fn passes(&mut self, action: &'p Action, caller: &Arc<Caller>, role: &Caller, service: &'static str) {
        let scene = self.scenes.passed(self.asker, action, caller, role, service);
        self.ask(&About::need(action, Purpose::PassesRole), caller, "iam:PassRole", &scene);
        self.service_takes(service, role, &About::need(action, Purpose::ServiceTakesRole));
    }
}
