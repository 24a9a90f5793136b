//! Lifecycle hooks. Where AWS calls a Lambda function, Gantry calls an address of `http` or `https`, or runs a task of a
//! definition; a pause waits for ContinueServiceDeployment.

use crate::ecs::{fault, names};
use api::ecs;
use base::{Arn, Scope};
use model::{Hook, HookAction, Strategy, TaskDefinition};
use store::View;
use wire::Fault;

const PAUSE: &str = "PAUSE";
const CALL: &str = "AWS_LAMBDA";
/// A day.
const TIMEOUT_MINUTES: i32 = 1440;
const MOST_HOOKS: usize = 20;
/// The stages of a rolling deployment that hooks can be at.
const ROLLING: [&str; 2] = ["PRE_SCALE_UP", "POST_SCALE_UP"];
/// Stages that traffic moves in, which nothing may stop.
const MOVING: [&str; 2] = ["TEST_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT"];

/// Fills in AWS's defaults and checks what can be checked without looking at anything else.
pub fn complete(given: &mut ecs::DeploymentConfiguration, strategy: Strategy) -> Result<(), Fault> {
    let Some(hooks) = given.lifecycle_hooks.as_mut().filter(|hooks| !hooks.is_empty()) else {
        return Ok(());
    };
    let stages = || hooks.iter().flat_map(|hook| hook.lifecycle_stages.iter().flatten());
    if let Some(stage) = stages().find(|stage| strategy == Strategy::Rolling && !ROLLING.contains(&stage.as_str())) {
        return Err(fault::invalid(format!(
            "The ROLLING deployment strategy doesn't go through the {stage} stage, so it can't have lifecycle hooks there."
        )));
    }
    if hooks.len() > MOST_HOOKS {
        return Err(fault::invalid(format!(
            "A deployment configuration can have at most {MOST_HOOKS} lifecycle hooks."
        )));
    }
    hooks.iter_mut().try_for_each(hook)
}

fn hook(hook: &mut ecs::DeploymentLifecycleHook) -> Result<(), Fault> {
    let kind = hook.target_type.get_or_insert_with(|| CALL.to_string()).clone();
    let stages = hook.lifecycle_stages.as_deref().unwrap_or_default();
    if stages.is_empty() {
        return Err(fault::invalid("lifecycleStages can not be empty."));
    }
    let target = hook.hook_target_arn.as_deref().filter(|target| !target.is_empty());
    match (kind.as_str(), target) {
        (PAUSE, Some(_)) => return Err(fault::invalid("hookTargetArn is not applicable for PAUSE hooks.")),
        (PAUSE, None) => {
            if let Some(stage) = stages.iter().find(|stage| MOVING.contains(&stage.as_str())) {
                return Err(fault::invalid(format!(
                    "PAUSE hooks cannot be configured at the {stage} stage."
                )));
            }
        }
        (_, None) => return Err(fault::invalid("hookTargetArn must be specified for AWS_LAMBDA hooks.")),
        (_, Some(target)) => check_target(target)?,
    }
    let timeout = hook.timeout_configuration.get_or_insert_default();
    timeout.timeout_in_minutes.get_or_insert(TIMEOUT_MINUTES);
    timeout.action.get_or_insert_with(|| HookAction::Rollback.to_string());
    Ok(())
}

fn check_target(target: &str) -> Result<(), Fault> {
    if target.starts_with("http://") || target.starts_with("https://") {
        let plain = target.len() <= 2048 && !target.chars().any(|c| c.is_whitespace() || c.is_control());
        let host = target
            .split_once("://")
            .is_some_and(|(_, rest)| !rest.is_empty() && !rest.starts_with('/'));
        return match plain && host {
            true => Ok(()),
            false => Err(fault::invalid(format!("hookTargetArn is not a good URL: {target}"))),
        };
    }
    match Arn::parse(target) {
        Some(arn) if arn.service == "lambda" => Err(fault::invalid(
            "There are no Lambda functions here. Give hookTargetArn an http or https URL, which is called as the function would \
             be, or the ARN of a task definition, of which a task is run.",
        )),
        Some(arn) if arn.service == "ecs" && arn.of_kind("task-definition").is_some() => Ok(()),
        _ => Err(fault::invalid(format!(
            "hookTargetArn must be an http or https URL or the ARN of a task definition, but was {target}"
        ))),
    }
}

/// Whether the definitions that hooks name are there.
pub fn check_there(view: &View, scope: &Scope, hooks: &[Hook]) -> Result<(), Fault> {
    for target in hooks.iter().filter_map(|hook| hook.target.as_deref()) {
        if !target.starts_with("arn:") {
            continue;
        }
        let named = names::definition(scope, target)?;
        let there = match named.revision {
            Some(revision) => view
                .get::<TaskDefinition>(&TaskDefinition::key_of(&named.family, revision))
                .is_some(),
            None => crate::ecs::definitions::revision(view, &named).is_some(),
        };
        if !there {
            return Err(fault::client("TaskDefinition not found."));
        }
    }
    Ok(())
}

/// Of a complete hook.
pub fn typed(given: &ecs::DeploymentLifecycleHook) -> Hook {
    let timeout = given.timeout_configuration.clone().unwrap_or_default();
    let minutes = timeout.timeout_in_minutes.unwrap_or(TIMEOUT_MINUTES);
    Hook {
        kind: given.target_type.clone().unwrap_or_else(|| CALL.to_string()),
        target: given.hook_target_arn.clone().filter(|target| !target.is_empty()),
        role: given.role_arn.clone(),
        stages: given.lifecycle_stages.clone().unwrap_or_default(),
        details: given.hook_details.as_ref().map(wire::Document::to_json),
        timeout_minutes: u32::try_from(minutes).unwrap_or_default(),
        timeout_action: timeout
            .action
            .as_deref()
            .and_then(HookAction::parse)
            .unwrap_or(HookAction::Rollback),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(kind: Option<&str>, target: Option<&str>, stage: &str) -> Result<Hook, String> {
        let hook = ecs::DeploymentLifecycleHook {
            target_type: kind.map(str::to_string),
            hook_target_arn: target.map(str::to_string),
            lifecycle_stages: Some(vec![stage.to_string()]),
            ..Default::default()
        };
        let mut given = ecs::DeploymentConfiguration {
            lifecycle_hooks: Some(vec![hook]),
            ..Default::default()
        };
        complete(&mut given, Strategy::BlueGreen).map_err(|fault| fault.message)?;
        Ok(typed(&given.lifecycle_hooks.expect("it was there")[0]))
    }

    #[test]
    fn hooks_call_addresses_and_tasks() {
        let hook = verdict(None, Some("http://example.com/check"), "PRE_SCALE_UP").expect("a good hook");
        assert_eq!((hook.kind.as_str(), hook.timeout_minutes), (CALL, 1440));
        assert_eq!(hook.timeout_action, HookAction::Rollback);
        assert!(verdict(None, Some("https://example.com/check"), "PRE_SCALE_UP").is_ok());
        let task = "arn:aws:ecs:us-east-1:000000000000:task-definition/check:1";
        assert!(verdict(None, Some(task), "POST_TEST_TRAFFIC_SHIFT").is_ok());
        let lambda = verdict(
            None,
            Some("arn:aws:lambda:us-east-1:000000000000:function:f"),
            "PRE_SCALE_UP",
        );
        assert!(lambda.is_err_and(|said| said.contains("Lambda")));
        for bad in [
            "http://",
            "http:///x",
            "https://",
            "ftp://host",
            "http://a b",
            "arn:aws:ecs:us-east-1:000000000000:task/x",
        ] {
            assert!(verdict(None, Some(bad), "PRE_SCALE_UP").is_err(), "{bad}");
        }
        assert!(verdict(None, None, "PRE_SCALE_UP").is_err());
    }

    #[test]
    fn a_pause_has_no_target_and_never_stops_traffic_halfway() {
        assert!(verdict(Some(PAUSE), None, "POST_SCALE_UP").is_ok());
        assert!(verdict(Some(PAUSE), None, "PRODUCTION_TRAFFIC_SHIFT").is_err());
        assert!(verdict(Some(PAUSE), Some("https://example.com"), "POST_SCALE_UP").is_err());
        let rolling = |stage: &str| {
            let hook = ecs::DeploymentLifecycleHook {
                target_type: Some(PAUSE.to_string()),
                lifecycle_stages: Some(vec![stage.to_string()]),
                ..Default::default()
            };
            let mut given = ecs::DeploymentConfiguration {
                lifecycle_hooks: Some(vec![hook]),
                ..Default::default()
            };
            complete(&mut given, Strategy::Rolling)
        };
        assert!(rolling("POST_SCALE_UP").is_ok() && rolling("POST_TEST_TRAFFIC_SHIFT").is_err());
    }
}
