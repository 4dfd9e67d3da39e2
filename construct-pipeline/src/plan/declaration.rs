//! The declaration of the pipeline, as CodePipeline takes it.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html>

mod action;

use construct_core::{Env, Expr, Properties};

use self::action::DeclaredActions;
use super::roles::Roles;
use super::stores::{PlannedStore, Stores};
use crate::condition::{Condition, OnFailure};
use crate::known::Known;
use crate::pipeline::{ExecutionMode, Pipeline};
use crate::stage::Stage;
use crate::trigger::GitTrigger;

pub(super) fn declare(pipeline: &Pipeline, roles: &Roles, stores: &Stores, home: Env, known: Vec<Known>) -> Properties {
    let mut known = known.into_iter().zip(roles.of_actions());
    let mut stages: Vec<Expr> = Vec::with_capacity(pipeline.stages.len());
    for stage in &pipeline.stages {
        let actions = stage.actions.iter().zip(known.by_ref());
        let actions = actions.map(|(action, (known, role))| action::declare(action, known, role, home)).collect();
        stages.push(declare_stage(stage, DeclaredActions(actions)).into());
    }
    let disabled = pipeline.stages.iter().filter_map(|stage| {
        let reason = stage.disabled.clone()?;
        Some(Properties::new().set("StageName", stage.name.clone()).set("Reason", reason))
    });
    let variables = pipeline.variables.iter().map(|variable| {
        Properties::new()
            .set("Name", variable.name.clone())
            .opt("DefaultValue", variable.default.clone())
            .opt("Description", variable.description.clone())
    });
    let mut declaration = Properties::new()
        .set("Name", pipeline.name.clone())
        .set("PipelineType", pipeline.pipeline_type.as_str())
        .opt("ExecutionMode", pipeline.execution_mode.map(ExecutionMode::as_str))
        .set("RoleArn", roles.pipeline.arn());
    put_stores(&mut declaration, pipeline, stores, home);
    let mut declaration = declaration
        .list("Variables", variables)
        .list("Triggers", pipeline.triggers.iter().map(GitTrigger::properties))
        .set("Stages", stages)
        .list("DisableInboundStageTransitions", disabled)
        .opt("RestartExecutionOnUpdate", pipeline.restart_on_update.then_some(true));
    for (key, value) in pipeline.extra.clone() {
        declaration.put(key, value);
    }
    declaration
}

fn declare_stage(stage: &Stage, actions: DeclaredActions) -> Properties {
    let conditions = |all: &[Condition]| {
        let all: Vec<Properties> = all.iter().map(Condition::properties).collect();
        (!all.is_empty()).then(|| Properties::new().set("Conditions", Expr::list(all)))
    };
    let blockers =
        stage.blockers.iter().map(|name| Properties::new().set("Name", name.clone()).set("Type", "Schedule"));
    // Most stages say no more than their name and actions.
    let mut declaration = Properties::with_capacity(2)
        .set("Name", stage.name.clone())
        .list("Blockers", blockers)
        .set("Actions", Expr::spelled(actions))
        .opt("BeforeEntry", conditions(&stage.before_entry))
        .opt("OnSuccess", conditions(&stage.on_success))
        .opt("OnFailure", stage.on_failure.as_ref().map(OnFailure::properties));
    for (key, value) in stage.extra.clone() {
        declaration.put(key, value);
    }
    declaration
}

/// One region, one store; with more, the pipeline's own region stands among them.
fn put_stores(declaration: &mut Properties, pipeline: &Pipeline, stores: &Stores, home: Env) {
    let mut by_region = stores.by_region.iter();
    match (by_region.next(), by_region.next()) {
        (Some((_, only)), None) if !pipeline.stores_by_region => {
            declaration.put("ArtifactStore", artifact_store(only, home));
        }
        _ => {
            let all = stores.by_region.iter().map(|(region, store)| {
                Properties::with_capacity(2).set("Region", *region).set("ArtifactStore", artifact_store(store, home))
            });
            declaration.put("ArtifactStores", Expr::list(all));
        }
    }
}

fn artifact_store(store: &PlannedStore, home: Env) -> Properties {
    let location = Expr::from(store.store.bucket().name());
    let location = if store.env == home && !store.is_shared() { location } else { location.by_name() };
    let key = store.key_id.clone().map(|id| Properties::with_capacity(2).set("Id", id).set("Type", "KMS"));
    Properties::with_capacity(3).set("Type", "S3").set("Location", location).opt("EncryptionKey", key)
}
