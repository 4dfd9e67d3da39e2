//! The declaration of the pipeline, as CodePipeline takes it.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html>

use construct_core::{Env, Expr, Properties};

use super::roles::Roles;
use super::stores::{PlannedStore, Stores};
use crate::condition::{Condition, OnFailure};
use crate::pipeline::{ExecutionMode, Pipeline};
use crate::provider::{Category, Owner};
use crate::resolve::{Resolved, ResolvedAction};
use crate::trigger::GitTrigger;

/// The actions of all stages, still without their roles.
pub(super) fn stages(resolved: &Resolved<'_>) -> Vec<Properties> {
    resolved.actions.iter().map(|action| declare_action(resolved, action)).collect()
}

fn declare_action(resolved: &Resolved<'_>, resolved_action: &ResolvedAction<'_>) -> Properties {
    let ResolvedAction { action, spec, env, .. } = resolved_action;
    let cx = resolved.cx(resolved_action);
    let type_id = Properties::new()
        .set("Category", spec.category.as_str())
        .set("Owner", spec.owner.as_str())
        .set("Provider", spec.provider.clone())
        .set("Version", spec.version.clone());
    let inputs = spec.inputs.iter().map(|artifact| Expr::map([("Name", artifact.name().to_owned())]));
    let outputs = spec.outputs.iter().map(|artifact| {
        let files = artifact.exported_files().iter().cloned();
        Properties::new().set("Name", artifact.name().to_owned()).list("Files", files)
    });
    let configuration: Properties =
        action.provider.configuration(&cx).into_iter().map(|(key, value)| (key, as_text(value))).collect();
    let configuration = (!configuration.is_empty()).then_some(configuration);
    // Sources, third-party and custom actions run in the pipeline's region and must not say so.
    let region = (spec.owner == Owner::Aws && spec.category != Category::Source && env.region != resolved.home.region)
        .then_some(env.region);
    let mut declaration = Properties::new()
        .set("Name", action.name.clone())
        .set("ActionTypeId", type_id)
        .opt("Configuration", configuration)
        .list("InputArtifacts", inputs)
        .list("OutputArtifacts", outputs)
        .opt("Region", region)
        .set("RunOrder", action.run_order)
        .opt("Namespace", action.namespace.clone())
        .opt("TimeoutInMinutes", action.timeout_minutes);
    for (key, value) in action.provider.siblings().into_iter().chain(action.extra.clone()) {
        declaration.put(key, value);
    }
    declaration
}

/// Configuration values are text on the wire.
fn as_text(value: Expr) -> Expr {
    match value {
        Expr::Bool(flag) => flag.to_string().into(),
        Expr::Int(int) => int.to_string().into(),
        Expr::Real(real) => real.0.to_string().into(),
        other => other,
    }
}

pub(super) fn declare(
    pipeline: &Pipeline,
    roles: &Roles,
    stores: &Stores,
    home: Env,
    actions: Vec<Properties>,
) -> Properties {
    let mut actions = actions.into_iter().zip(roles.of_actions()).map(|(action, role)| match role {
        Some(role) => action.set("RoleArn", Expr::from(role.arn()).by_name()),
        None => action,
    });
    let mut stages = Vec::new();
    for stage in &pipeline.stages {
        let of_stage: Vec<Properties> = actions.by_ref().take(stage.actions.len()).collect();
        let conditions = |all: &[Condition]| {
            let all: Vec<Properties> = all.iter().map(Condition::properties).collect();
            (!all.is_empty()).then(|| Properties::new().set("Conditions", Expr::list(all)))
        };
        let blockers =
            stage.blockers.iter().map(|name| Properties::new().set("Name", name.clone()).set("Type", "Schedule"));
        let mut declaration = Properties::new()
            .set("Name", stage.name.clone())
            .list("Blockers", blockers)
            .set("Actions", of_stage)
            .opt("BeforeEntry", conditions(&stage.before_entry))
            .opt("OnSuccess", conditions(&stage.on_success))
            .opt("OnFailure", stage.on_failure.as_ref().map(OnFailure::properties));
        for (key, value) in stage.extra.clone() {
            declaration.put(key, value);
        }
        stages.push(declaration);
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
    // One region, one store; with more, the pipeline's own region stands among them.
    let mut by_region = stores.by_region.iter();
    match (by_region.next(), by_region.next()) {
        (Some((_, only)), None) if !pipeline.stores_by_region => {
            declaration.put("ArtifactStore", artifact_store(only, home));
        }
        _ => {
            let all = stores.by_region.iter().map(|(region, store)| {
                Properties::new().set("Region", *region).set("ArtifactStore", artifact_store(store, home))
            });
            declaration.put("ArtifactStores", Expr::list(all));
        }
    }
    declaration =
        declaration.list("Variables", variables).list("Triggers", pipeline.triggers.iter().map(GitTrigger::properties));
    declaration.put("Stages", Expr::list(stages));
    let mut declaration = declaration
        .list("DisableInboundStageTransitions", disabled)
        .opt("RestartExecutionOnUpdate", pipeline.restart_on_update.then_some(true));
    for (key, value) in pipeline.extra.clone() {
        declaration.put(key, value);
    }
    declaration
}

fn artifact_store(store: &PlannedStore, home: Env) -> Properties {
    let location = Expr::from(store.store.bucket().name());
    let location = if store.env == home && !store.is_shared() { location } else { location.by_name() };
    let key = store.key_id.clone().map(|id| Properties::new().set("Id", id).set("Type", "KMS"));
    Properties::new().set("Type", "S3").set("Location", location).opt("EncryptionKey", key)
}
