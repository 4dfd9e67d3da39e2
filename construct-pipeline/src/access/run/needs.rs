//! What a run of a pipeline needs, request by request.
//!
//! | who | does what |
//! |---|---|
//! | CodePipeline | takes on the pipeline's role |
//! | the pipeline's role | looks at each store; takes on the role of each action; copies artifacts to stores of other regions |
//! | the role of an action, or of a rule | calls the provider's service; hands over a role; reads the values of variables; reads and writes artifacts |
//! | a CodeBuild project's role | writes the log; clones repositories; reads the values of variables; reads and writes artifacts in place of the action's role |
//! | a deployment role | reads the artifacts too, for what the template refers to, unless it is known that it refers to none |

use std::sync::Arc;

use super::calls::{Call, calls, clone_call, passed_role};
use super::gate::Gate;
use super::keys;
use super::prover::{About, Keep, Prover};
use crate::access::ask::{Caller, Scene, Who};
use crate::access::report::{Access, Purpose};
use crate::access::template::{account_in, arn_parts};
use crate::access::world::{Action, BuildImage, BuildLogs, Kept, Variable, of_configuration};

const LOOK: [&str; 2] = ["s3:GetBucketLocation", "s3:GetBucketVersioning"];
const LOOKS: &str = "CodePipeline looks at the bucket before it uses it, as its documentation has it";
const REFERS: &str = "the template refers to files in artifacts, such as code or nested templates";
const SECRET_IS_CLOSED: &str = "the policy of the secret does not let the role in";
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-CloudWatchAlarm.html> names no permission.
const LOOKS_AT_ALARM: &str = "CodePipeline looks at the alarm with this role, which its documentation does not say";
const PULLS: [&str; 3] = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
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
            self.artifacts(action, &caller, gate, gate.store.key_arn());
        }
        if let Some((role, "cloudformation.amazonaws.com")) = passed
            && action.provider() == "CloudFormation"
            && !action.inputs.is_empty()
        {
            self.deployment(action, &role, gate);
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
    }

    fn service_calls(&mut self, action: &'p Action, caller: &Arc<Caller>) {
        let Some(calls) = calls(action, &self.pipeline.name, self.unknown_id) else {
            self.unknown_calls(action);
            return;
        };
        let only_if = (action.provider() == "CloudWatchAlarm").then_some(LOOKS_AT_ALARM);
        let about = About { only_if, ..About::need(action, Purpose::Calls) };
        let world = self.asker.world();
        for call in calls.into_iter().chain(keys::of_topic(action, world)).chain(keys::of_bucket(action, world)) {
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
        let (arn, store) = (action.project_arn(), gate.store);
        let Some(project) = self.asker.world().projects.get(&*arn) else {
            self.unknown_project(action, arn, gate);
            return;
        };
        let role = self.role_named(action.get("ServiceRoleArnOverride").unwrap_or(&project.role));
        self.service_takes("codebuild.amazonaws.com", &role, &About::need(action, Purpose::ServiceTakesRole));
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
            let call = Call { actions, resource: resource.into(), facts: [None, None, None] };
            let scene = self.scenes.called(self.asker, action, role, &call);
            let about = About { only_if, ..About::need(action, Purpose::Calls) };
            for call in actions {
                self.ask(&about, role, call, &scene);
            }
        }
    }

    /// A build that cannot pull its image fails before it begins.
    /// <https://docs.aws.amazon.com/codebuild/latest/userguide/sample-ecr.html>
    fn pulls(&mut self, action: &'p Action, role: &Arc<Caller>, image: &BuildImage, account: &str) {
        let about = About::need(action, Purpose::Calls);
        let pull = Call { actions: &PULLS, resource: Arc::clone(&image.repository), facts: [None, None, None] };
        let token = Call { actions: &["ecr:GetAuthorizationToken"], resource: "*".into(), facts: [None, None, None] };
        let (caller, calls) = match (image.by_role, account_in(&image.repository)) {
            (true, _) => (Arc::clone(role), vec![token, pull]),
            (false, Some(owner)) if owner != account => return self.image_of_others(&about, role, &pull, owner),
            (false, _) => (self.asker.caller(&Who::Service("codebuild.amazonaws.com")), vec![pull]),
        };
        for call in calls {
            let scene = self.scenes.called(self.asker, action, &caller, &call);
            for action in call.actions {
                self.ask(&about, &caller, action, &scene);
            }
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

    fn reads_value(&mut self, action: &'p Action, role: &Arc<Caller>, kept: &Kept, arn: String) {
        let only_if = matches!(kept, Kept::Secret(_)).then_some(SECRET_IS_CLOSED);
        let about = About { only_if, ..About::need(action, Purpose::Calls) };
        let call = Call { actions: kept.calls(), resource: arn.into(), facts: [None, None, None] };
        let scene = self.scenes.called(self.asker, action, role, &call);
        for call in call.actions {
            self.ask(&about, role, call, &scene);
        }
    }

    /// A build that reads a reference to a full clone fetches the repository itself.
    fn clones(&mut self, action: &'p Action, role: &Arc<Caller>) {
        let about = About::need(action, Purpose::Calls);
        // Sources are in the first stage, and nothing else is.
        let sources = self.pipeline.actions.iter().take_while(|one| &*one.category == "Source");
        for source in sources.filter(|source| source.outputs.iter().any(|name| action.inputs.contains(name))) {
            let Some(call) = clone_call(source) else { continue };
            if source.provider() == "CodeCommit" && role.account().is_some_and(|account| account != source.account()) {
                self.clone_of_others(&about, role, &call, source.account());
                continue;
            }
            let scene = self.scenes.called(self.asker, action, role, &call);
            for call in call.actions {
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
