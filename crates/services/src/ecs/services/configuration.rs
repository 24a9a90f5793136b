//! The deployment configuration: AWS's defaults, its rules, and what the controller reads of it.

use super::hooks;
use crate::ecs::fault;
use api::ecs;
use model::{Alarms, Breaker, Controls, EarlySuccess, Rules, Scheduling, Strategy, Threshold};
use wire::Fault;

/// The longest that anything bakes.
const MOST_BAKE: i32 = 1440;
const LINEAR_STEP: f64 = 10.0;
const LINEAR_BAKE: i32 = 6;
const CANARY_STEP: f64 = 5.0;
const CANARY_BAKE: i32 = 10;

/// Fills in what AWS fills in.
pub fn complete(
    mut given: ecs::DeploymentConfiguration,
    scheduling: Scheduling,
    controls: Controls,
) -> Result<ecs::DeploymentConfiguration, Fault> {
    let daemon = scheduling == Scheduling::Daemon;
    let max = *given.maximum_percent.get_or_insert(if daemon { 100 } else { 200 });
    let min = *given
        .minimum_healthy_percent
        .get_or_insert(if daemon { 0 } else { 100 });
    check_percents(min, max, daemon)?;
    if controls != Controls::Ecs {
        return for_others(given, controls);
    }
    let strategy = strategy(&given);
    if daemon && strategy != Strategy::Rolling {
        return Err(fault::invalid(
            "The daemon scheduling strategy is only supported with the ROLLING deployment strategy.",
        ));
    }
    given.strategy = Some(strategy.to_string());
    if strategy == Strategy::BlueGreen && given.bake_time_in_minutes.is_none() {
        return Err(fault::invalid(
            "bakeTimeInMinutes must be specified for the BLUE_GREEN deployment strategy.",
        ));
    }
    let bake = *given.bake_time_in_minutes.get_or_insert(0);
    minutes("bakeTimeInMinutes", bake)?;
    only(
        strategy == Strategy::Linear,
        given.linear_configuration.is_some(),
        "linearConfiguration",
        "LINEAR",
    )?;
    only(
        strategy == Strategy::Canary,
        given.canary_configuration.is_some(),
        "canaryConfiguration",
        "CANARY",
    )?;
    match strategy {
        Strategy::Linear => {
            let linear = given.linear_configuration.get_or_insert_default();
            let step = *linear.step_percent.get_or_insert(LINEAR_STEP);
            tenths("stepPercent", step, 3.0)?;
            let bake = *linear.step_bake_time_in_minutes.get_or_insert(LINEAR_BAKE);
            minutes("stepBakeTimeInMinutes", bake)?;
        }
        Strategy::Canary => {
            let canary = given.canary_configuration.get_or_insert_default();
            let step = *canary.canary_percent.get_or_insert(CANARY_STEP);
            tenths("canaryPercent", step, 0.1)?;
            let bake = *canary.canary_bake_time_in_minutes.get_or_insert(CANARY_BAKE);
            minutes("canaryBakeTimeInMinutes", bake)?;
        }
        Strategy::Rolling | Strategy::BlueGreen => {}
    }
    given
        .deployment_circuit_breaker
        .get_or_insert_with(|| ecs::DeploymentCircuitBreaker {
            enable: Some(false),
            rollback: Some(false),
            ..Default::default()
        });
    check_breaker(&given)?;
    check_early(&given, strategy, min)?;
    hooks::complete(&mut given, strategy)?;
    Ok(given)
}

fn strategy(given: &ecs::DeploymentConfiguration) -> Strategy {
    let strategy = given.strategy.as_deref().and_then(Strategy::parse);
    strategy.unwrap_or(Strategy::Rolling)
}

/// A deployment must be able to make a step: to stop one, or to start one more.
fn check_percents(min: i32, max: i32, daemon: bool) -> Result<(), Fault> {
    if !(0..=100).contains(&min) {
        return Err(fault::invalid("minimumHealthyPercent must be between 0 and 100."));
    }
    if max < 100 {
        return Err(fault::invalid("maximumPercent must be greater than or equal to 100."));
    }
    if daemon && max > 100 {
        return Err(fault::invalid(
            "The daemon scheduling strategy does not support values above 100% for maximumPercent.",
        ));
    }
    if min == 100 && max == 100 {
        return Err(fault::invalid(
            "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.",
        ));
    }
    Ok(())
}

/// Who controls the deployments from outside has the percents alone, for nodes that are drained.
fn for_others(given: ecs::DeploymentConfiguration, controls: Controls) -> Result<ecs::DeploymentConfiguration, Fault> {
    let percents = ecs::DeploymentConfiguration {
        maximum_percent: given.maximum_percent,
        minimum_healthy_percent: given.minimum_healthy_percent,
        ..Default::default()
    };
    let breaks = given
        .deployment_circuit_breaker
        .as_ref()
        .is_some_and(|b| b.enable == Some(true));
    if breaks {
        return Err(fault::invalid(format!(
            "The deployment circuit breaker is not supported with the {controls} deployment controller."
        )));
    }
    let rest = ecs::DeploymentConfiguration {
        deployment_circuit_breaker: None,
        ..given
    };
    match rest == percents {
        true => Ok(percents),
        false => Err(fault::invalid(format!(
            "With the {controls} deployment controller, only maximumPercent and minimumHealthyPercent can be configured."
        ))),
    }
}

fn only(allowed: bool, given: bool, what: &str, strategy: &str) -> Result<(), Fault> {
    if given && !allowed {
        return Err(fault::invalid(format!(
            "{what} is only supported with the {strategy} deployment strategy."
        )));
    }
    Ok(())
}

fn minutes(what: &str, minutes: i32) -> Result<(), Fault> {
    match (0..=MOST_BAKE).contains(&minutes) {
        true => Ok(()),
        false => Err(fault::invalid(format!("{what} must be between 0 and {MOST_BAKE}."))),
    }
}

fn tenths(what: &str, percent: f64, least: f64) -> Result<(), Fault> {
    let whole = (percent * 10.0 - (percent * 10.0).round()).abs() < 1e-6;
    match whole && (least..=100.0).contains(&percent) {
        true => Ok(()),
        false => Err(fault::invalid(format!(
            "{what} must be a multiple of 0.1 between {least:.1} and 100.0."
        ))),
    }
}

fn check_breaker(given: &ecs::DeploymentConfiguration) -> Result<(), Fault> {
    let breaker = given.deployment_circuit_breaker.as_ref();
    let Some(threshold) = breaker.and_then(|b| b.threshold_configuration.as_ref()) else {
        return Ok(());
    };
    let most = if threshold.r#type.as_deref() == Some("COUNT") {
        i32::MAX
    } else {
        100
    };
    match (1..=most).contains(&threshold.value.unwrap_or_default()) {
        true => Ok(()),
        false => Err(fault::invalid(
            "The value of a deployment circuit breaker's threshold must be at least 1, and at most 100 for a percentage.",
        )),
    }
}

fn check_early(given: &ecs::DeploymentConfiguration, strategy: Strategy, min: i32) -> Result<(), Fault> {
    let Some(early) = given
        .early_success_criteria
        .as_ref()
        .filter(|early| early.enable == Some(true))
    else {
        return Ok(());
    };
    if strategy != Strategy::Rolling {
        return Err(fault::invalid(
            "earlySuccessCriteria is only supported with the ROLLING deployment strategy.",
        ));
    }
    let (Some(healthy), Some(_)) = (early.healthy_percent, &early.source_service_revision_cleanup) else {
        return Err(fault::invalid(
            "earlySuccessCriteria needs healthyPercent and sourceServiceRevisionCleanup when it is enabled.",
        ));
    };
    match healthy >= min {
        true => Ok(()),
        false => Err(fault::invalid(
            "healthyPercent must be greater than or equal to minimumHealthyPercent.",
        )),
    }
}

/// A complete configuration, typed.
pub fn rules(given: &ecs::DeploymentConfiguration) -> Rules {
    let number = |n: Option<i32>| n.and_then(|n| u32::try_from(n).ok()).unwrap_or_default();
    let permille = |percent: Option<f64>| (percent.unwrap_or_default() * 10.0).round() as u32;
    let (linear, canary) = (&given.linear_configuration, &given.canary_configuration);
    let (step, step_bake) = match (linear, canary) {
        (Some(linear), _) => (linear.step_percent, linear.step_bake_time_in_minutes),
        (_, Some(canary)) => (canary.canary_percent, canary.canary_bake_time_in_minutes),
        _ => (None, None),
    };
    let early = given
        .early_success_criteria
        .as_ref()
        .filter(|early| early.enable == Some(true));
    Rules {
        min_percent: number(given.minimum_healthy_percent),
        max_percent: number(given.maximum_percent),
        strategy: strategy(given),
        bake_minutes: number(given.bake_time_in_minutes),
        breaker: given
            .deployment_circuit_breaker
            .as_ref()
            .map(breaker)
            .unwrap_or_default(),
        alarms: given.alarms.as_ref().map(|alarms| Alarms {
            names: alarms.alarm_names.clone().unwrap_or_default(),
            enable: alarms.enable.unwrap_or_default(),
            rollback: alarms.rollback.unwrap_or_default(),
        }),
        hooks: given.lifecycle_hooks.iter().flatten().map(hooks::typed).collect(),
        step_permille: permille(step),
        step_bake_minutes: number(step_bake),
        early: early.map(|early| EarlySuccess {
            healthy_percent: number(early.healthy_percent),
            blocking: early.source_service_revision_cleanup.as_deref() == Some("BLOCKING"),
        }),
    }
}

fn breaker(given: &ecs::DeploymentCircuitBreaker) -> Breaker {
    let default = Breaker::default();
    let threshold = given.threshold_configuration.as_ref();
    Breaker {
        enable: given.enable.unwrap_or_default(),
        rollback: given.rollback.unwrap_or_default(),
        reset_on_healthy: given.reset_on_healthy_task.unwrap_or(default.reset_on_healthy),
        threshold: threshold
            .and_then(|t| t.r#type.as_deref())
            .and_then(Threshold::parse)
            .unwrap_or(default.threshold),
        value: threshold
            .and_then(|t| t.value)
            .and_then(|value| u32::try_from(value).ok())
            .unwrap_or(default.value),
    }
}

/// `new` over `old`, member by member; what belongs to another strategy than the new one goes.
pub fn merge(old: ecs::DeploymentConfiguration, new: ecs::DeploymentConfiguration) -> ecs::DeploymentConfiguration {
    let was = strategy(&old);
    let is = new.strategy.as_deref().and_then(Strategy::parse).unwrap_or(was);
    let stays = |strategy| was == is && is == strategy;
    ecs::DeploymentConfiguration {
        deployment_circuit_breaker: new.deployment_circuit_breaker.or(old.deployment_circuit_breaker),
        maximum_percent: new.maximum_percent.or(old.maximum_percent),
        minimum_healthy_percent: new.minimum_healthy_percent.or(old.minimum_healthy_percent),
        alarms: new.alarms.or(old.alarms),
        strategy: new.strategy.or(old.strategy),
        bake_time_in_minutes: new.bake_time_in_minutes.or(old.bake_time_in_minutes),
        lifecycle_hooks: new
            .lifecycle_hooks
            .or(old.lifecycle_hooks.filter(|_| is != Strategy::Rolling)),
        linear_configuration: new
            .linear_configuration
            .or(old.linear_configuration.filter(|_| stays(Strategy::Linear))),
        canary_configuration: new
            .canary_configuration
            .or(old.canary_configuration.filter(|_| stays(Strategy::Canary))),
        early_success_criteria: new
            .early_success_criteria
            .or(old.early_success_criteria.filter(|_| is == Strategy::Rolling)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(given: ecs::DeploymentConfiguration) -> Result<Rules, String> {
        complete(given, Scheduling::Replica, Controls::Ecs)
            .map(|complete| rules(&complete))
            .map_err(|fault| fault.message)
    }

    fn of(strategy: &str) -> ecs::DeploymentConfiguration {
        ecs::DeploymentConfiguration {
            strategy: Some(strategy.to_string()),
            bake_time_in_minutes: Some(5),
            ..Default::default()
        }
    }

    #[test]
    fn each_kind_of_service_has_percents_of_its_own() {
        let percents = |scheduling, controls| {
            let complete = complete(Default::default(), scheduling, controls).expect("nothing said is good");
            (complete.minimum_healthy_percent, complete.maximum_percent)
        };
        assert_eq!(percents(Scheduling::Replica, Controls::Ecs), (Some(100), Some(200)));
        assert_eq!(percents(Scheduling::Daemon, Controls::Ecs), (Some(0), Some(100)));
        assert_eq!(
            percents(Scheduling::Replica, Controls::External),
            (Some(100), Some(200))
        );
    }

    #[test]
    fn a_deployment_must_be_able_to_make_a_step() {
        let verdict = |min, max| {
            completed(ecs::DeploymentConfiguration {
                minimum_healthy_percent: Some(min),
                maximum_percent: Some(max),
                ..Default::default()
            })
        };
        assert!(verdict(100, 100).is_err_and(|said| said.contains("block deployments")));
        assert!(verdict(0, 100).is_ok() && verdict(100, 101).is_ok());
        assert!(verdict(101, 200).is_err() && verdict(50, 99).is_err() && verdict(-1, 200).is_err());
    }

    #[test]
    fn steps_have_defaults_and_bounds() {
        let linear = completed(of("LINEAR")).expect("defaults are good");
        assert_eq!((linear.step_permille, linear.step_bake_minutes), (100, 6));
        let canary = completed(of("CANARY")).expect("defaults are good");
        assert_eq!((canary.step_permille, canary.step_bake_minutes), (50, 10));
        let step = |percent| {
            completed(ecs::DeploymentConfiguration {
                linear_configuration: Some(ecs::LinearConfiguration {
                    step_percent: Some(percent),
                    ..Default::default()
                }),
                ..of("LINEAR")
            })
            .map(|rules| rules.step_permille)
        };
        assert_eq!(step(3.3), Ok(33));
        assert!(step(2.9).is_err() && step(10.05).is_err() && step(100.1).is_err());
        let misplaced = ecs::DeploymentConfiguration {
            canary_configuration: Some(Default::default()),
            ..of("LINEAR")
        };
        assert!(completed(misplaced).is_err_and(|said| said.contains("CANARY")));
    }

    #[test]
    fn blue_and_green_must_say_how_long_they_bake() {
        let unsaid = ecs::DeploymentConfiguration {
            bake_time_in_minutes: None,
            ..of("BLUE_GREEN")
        };
        assert!(completed(unsaid).is_err());
        assert_eq!(completed(of("BLUE_GREEN")).map(|rules| rules.bake_minutes), Ok(5));
        let long = ecs::DeploymentConfiguration {
            bake_time_in_minutes: Some(1441),
            ..of("BLUE_GREEN")
        };
        assert!(completed(long).is_err());
    }

    #[test]
    fn an_update_keeps_what_it_does_not_name() {
        let old = ecs::DeploymentConfiguration {
            maximum_percent: Some(150),
            canary_configuration: Some(Default::default()),
            ..of("CANARY")
        };
        let kept = merge(old.clone(), Default::default());
        assert_eq!(kept, old);
        let rolling = merge(old, of("ROLLING"));
        assert_eq!(
            (rolling.maximum_percent, rolling.canary_configuration),
            (Some(150), None)
        );
    }

    #[test]
    fn thresholds_and_early_success_are_read() {
        let breaker = |kind: &str, value| ecs::DeploymentConfiguration {
            deployment_circuit_breaker: Some(ecs::DeploymentCircuitBreaker {
                enable: Some(true),
                rollback: Some(true),
                reset_on_healthy_task: Some(false),
                threshold_configuration: Some(ecs::ThresholdConfiguration {
                    r#type: Some(kind.to_string()),
                    value: Some(value),
                }),
            }),
            ..Default::default()
        };
        let read = completed(breaker("COUNT", 500)).expect("a good breaker").breaker;
        assert_eq!(
            (read.threshold, read.value, read.reset_on_healthy),
            (Threshold::Count, 500, false)
        );
        assert!(completed(breaker("UNBOUNDED_PERCENT", 500)).is_err());
        assert!(completed(breaker("COUNT", 0)).is_err());
        let early = |healthy| ecs::DeploymentConfiguration {
            early_success_criteria: Some(ecs::DeploymentEarlySuccessCriteria {
                enable: Some(true),
                healthy_percent: healthy,
                source_service_revision_cleanup: Some("DEFERRED".to_string()),
            }),
            minimum_healthy_percent: Some(50),
            ..Default::default()
        };
        let read = completed(early(Some(80))).expect("good criteria").early;
        assert_eq!(
            read.map(|early| (early.healthy_percent, early.blocking)),
            Some((80, false))
        );
        assert!(completed(early(Some(40))).is_err() && completed(early(None)).is_err());
    }
}
