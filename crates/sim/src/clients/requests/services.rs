//! About services.

use super::{Asked, FAMILIES, some};
use crate::chance::{once_in, one_of, weighted};
use crate::clients::Known;
use base::{Dice, Scope};

const NAMES: [&str; 3] = ["front", "api", "batch"];
const DAEMONS: [&str; 1] = ["agent"];
const EXTERNALS: [&str; 1] = ["outside"];

pub fn compose(dice: &dyn Dice, known: &Known, cluster: &'static str) -> Asked {
    let updates = if known.services.is_empty() { 0 } else { 26 };
    let controls = if known.deployments.is_empty() { 0 } else { 5 };
    let sets = if known.externals == 0 { 1 } else { 8 };
    match weighted(dice, &[10, updates, updates / 6, 12, controls, sets, 4]) {
        0 => create(dice, known, cluster),
        1 => update(dice, known),
        2 => {
            let force = one_of(dice, &["true", "true", "false"]);
            about(dice, known, "DeleteService", &format!(r#","force":{force}"#))
        }
        3 => describe(dice, cluster),
        4 => deployment(dice, known),
        5 => task_set(dice, known, cluster),
        _ => protect(dice, known),
    }
}

/// A definition that services are made of, by the newest of its family most often.
fn definition<'a>(dice: &dyn Dice, known: &'a Known) -> &'a str {
    match dice.below(4) {
        0 => some(dice, &known.definitions).unwrap_or("web"),
        _ => one_of::<&str>(dice, &FAMILIES),
    }
}

fn network(dice: &dyn Dice) -> String {
    let subnets = services::ec2::default_subnets(&Scope::new("us-east-1", "000000000000"));
    let subnet = one_of(dice, &subnets);
    format!(r#","networkConfiguration":{{"awsvpcConfiguration":{{"subnets":["{subnet}"]}}}}"#)
}

/// How it is deployed; nothing is AWS's defaults.
fn configuration(dice: &dyn Dice) -> String {
    let percents = one_of(
        dice,
        &[
            r#""minimumHealthyPercent":50,"maximumPercent":100"#,
            r#""minimumHealthyPercent":100,"maximumPercent":150"#,
            r#""minimumHealthyPercent":0,"maximumPercent":100"#,
            r#""minimumHealthyPercent":50,"maximumPercent":200"#,
            r#""minimumHealthyPercent":100,"maximumPercent":200"#,
        ],
    );
    let breaker = match dice.below(5) {
        0 | 1 => r#","deploymentCircuitBreaker":{"enable":true,"rollback":true}"#,
        2 => r#","deploymentCircuitBreaker":{"enable":true,"rollback":false}"#,
        3 => {
            r#","deploymentCircuitBreaker":{"enable":true,"rollback":true,"thresholdConfiguration":{"type":"COUNT","value":2}}"#
        }
        _ => "",
    };
    let hook = || {
        let stage = one_of(
            dice,
            &[
                "PRE_SCALE_UP",
                "POST_SCALE_UP",
                "POST_TEST_TRAFFIC_SHIFT",
                "POST_PRODUCTION_TRAFFIC_SHIFT",
            ],
        );
        let action = one_of(dice, &["CONTINUE", "ROLLBACK"]);
        let minutes = 1 + dice.below(30);
        format!(
            r#","lifecycleHooks":[{{"targetType":"PAUSE","lifecycleStages":["{stage}"],"timeoutConfiguration":{{"timeoutInMinutes":{minutes},"action":"{action}"}}}}]"#
        )
    };
    let strategy = match dice.below(10) {
        0 => r#","strategy":"BLUE_GREEN","bakeTimeInMinutes":1"#.to_string(),
        1 => format!(r#","strategy":"BLUE_GREEN","bakeTimeInMinutes":0{}"#, hook()),
        2 => format!(
            r#","strategy":"CANARY","canaryConfiguration":{{"canaryPercent":20,"canaryBakeTimeInMinutes":1}}{}"#,
            if once_in(dice, 2) { hook() } else { String::new() }
        ),
        3 => r#","strategy":"LINEAR","linearConfiguration":{"stepPercent":50,"stepBakeTimeInMinutes":1}"#.to_string(),
        4 => r#","strategy":"ROLLING","bakeTimeInMinutes":2"#.to_string(),
        _ => r#","strategy":"ROLLING""#.to_string(),
    };
    format!(r#","deploymentConfiguration":{{{percents}{breaker}{strategy}}}"#)
}

fn create(dice: &dyn Dice, known: &Known, cluster: &'static str) -> Asked {
    let (name, mut json) = match dice.below(6) {
        0 => {
            let name = *one_of(dice, &DAEMONS);
            let family = one_of(dice, &["web", "job"]);
            (
                name,
                format!(r#","schedulingStrategy":"DAEMON","taskDefinition":"{family}""#),
            )
        }
        1 => {
            let name = *one_of(dice, &EXTERNALS);
            let count = dice.below(4);
            (
                name,
                format!(r#","deploymentController":{{"type":"EXTERNAL"}},"desiredCount":{count}"#),
            )
        }
        _ => {
            let name = *one_of(dice, &NAMES);
            let definition = definition(dice, known);
            let mut json = format!(r#","taskDefinition":"{definition}","desiredCount":{}"#, dice.below(6));
            if definition.starts_with("edge") {
                json.push_str(r#","launchType":"FARGATE""#);
                json.push_str(&network(dice));
            } else {
                json.push_str(match dice.below(5) {
                    0 => r#","placementConstraints":[{"type":"distinctInstance"}]"#,
                    1 => r#","placementStrategy":[{"type":"binpack","field":"memory"}]"#,
                    2 => r#","availabilityZoneRebalancing":"ENABLED""#,
                    _ => "",
                });
                json.push_str(super::capacity::strategy(dice, known));
                if once_in(dice, 5) {
                    let moves = one_of(dice, &[1, 60, 3600]);
                    json.push_str(&format!(r#","tags":[{{"key":"gantry:rebalance","value":"{moves}"}}]"#));
                }
            }
            if !once_in(dice, 3) {
                json.push_str(&configuration(dice));
            }
            (name, json)
        }
    };
    if once_in(dice, 3) {
        json.push_str(&format!(r#","clientToken":"of-{name}""#));
    }
    Asked {
        cluster,
        ..Asked::new(
            "CreateService",
            format!(r#"{{"cluster":"{cluster}","serviceName":"{name}"{json}}}"#),
        )
    }
}

fn update(dice: &dyn Dice, known: &Known) -> Asked {
    let service = some(dice, &known.services).unwrap_or("default/front");
    let daemon = DAEMONS.iter().any(|name| service.ends_with(name));
    let mut json = String::new();
    let mut wishes = dice.below(3) + 1;
    if once_in(dice, 2) && !daemon {
        json.push_str(&format!(r#","desiredCount":{}"#, dice.below(6)));
        wishes -= 1;
    }
    if wishes > 0 && once_in(dice, 2) {
        let definition = definition(dice, known);
        json.push_str(&format!(r#","taskDefinition":"{definition}""#));
        if definition.starts_with("edge") {
            json.push_str(&network(dice));
        }
        wishes -= 1;
    }
    if wishes > 0 && once_in(dice, 3) {
        json.push_str(r#","forceNewDeployment":true"#);
        json.push_str(super::capacity::strategy(dice, known));
    }
    if once_in(dice, 4) && !daemon {
        json.push_str(&configuration(dice));
    }
    let (cluster, name) = service.split_once('/').unwrap_or(("default", service));
    Asked::new(
        "UpdateService",
        format!(r#"{{"cluster":"{cluster}","service":"{name}"{json}}}"#),
    )
}

fn about(dice: &dyn Dice, known: &Known, operation: &'static str, more: &str) -> Asked {
    let service = some(dice, &known.services).unwrap_or("default/front");
    let (cluster, name) = service.split_once('/').unwrap_or(("default", service));
    Asked::new(
        operation,
        format!(r#"{{"cluster":"{cluster}","service":"{name}"{more}}}"#),
    )
}

fn describe(dice: &dyn Dice, cluster: &'static str) -> Asked {
    if once_in(dice, 6) {
        return Asked::new("ListServices", format!(r#"{{"cluster":"{cluster}","maxResults":2}}"#));
    }
    let named: Vec<String> = NAMES
        .iter()
        .chain(&DAEMONS)
        .chain(&EXTERNALS)
        .map(|n| format!("\"{n}\""))
        .collect();
    Asked {
        cluster,
        count: named.len(),
        ..Asked::new(
            "DescribeServices",
            format!(r#"{{"cluster":"{cluster}","services":[{}]}}"#, named.join(",")),
        )
    }
}

fn deployment(dice: &dyn Dice, known: &Known) -> Asked {
    let arn = some(dice, &known.deployments).unwrap_or_default();
    if let Some((arn, hook)) = known.hooks.last().filter(|_| once_in(dice, 2)) {
        let action = one_of(dice, &["CONTINUE", "ROLLBACK"]);
        let json = format!(r#"{{"serviceDeploymentArn":"{arn}","hookId":"{hook}","action":"{action}"}}"#);
        return Asked::new("ContinueServiceDeployment", json);
    }
    match dice.below(3) {
        0 => {
            let kind = one_of(dice, &["ROLLBACK", "ABORT"]);
            let json = format!(r#"{{"serviceDeploymentArn":"{arn}","stopType":"{kind}"}}"#);
            Asked::new("StopServiceDeployment", json)
        }
        _ => Asked::new(
            "DescribeServiceDeployments",
            format!(r#"{{"serviceDeploymentArns":["{arn}"]}}"#),
        ),
    }
}

fn task_set(dice: &dyn Dice, known: &Known, cluster: &'static str) -> Asked {
    let name = one_of(dice, &EXTERNALS);
    let of = format!(r#"{{"cluster":"{cluster}","service":"{name}""#);
    let Some(set) = some(dice, &known.task_sets).filter(|_| !once_in(dice, 3)) else {
        let family = one_of(dice, &["web", "job"]);
        let scale = 25 * dice.below(5);
        let json = format!(r#"{of},"taskDefinition":"{family}","scale":{{"unit":"PERCENT","value":{scale}}}}}"#);
        return Asked::new("CreateTaskSet", json);
    };
    match dice.below(4) {
        0 => Asked::new(
            "DeleteTaskSet",
            format!(r#"{of},"taskSet":"{set}","force":{}}}"#, once_in(dice, 2)),
        ),
        1 => Asked::new(
            "UpdateServicePrimaryTaskSet",
            format!(r#"{of},"primaryTaskSet":"{set}"}}"#),
        ),
        2 => {
            let scale = 25 * dice.below(5);
            let json = format!(r#"{of},"taskSet":"{set}","scale":{{"unit":"PERCENT","value":{scale}}}}}"#);
            Asked::new("UpdateTaskSet", json)
        }
        _ => Asked::new("DescribeTaskSets", format!("{of}}}")),
    }
}

fn protect(dice: &dyn Dice, known: &Known) -> Asked {
    let task = some(dice, &known.tasks).unwrap_or("default/0123456789abcdef0123456789abcdef");
    let (cluster, id) = task.split_once('/').unwrap_or(("default", task));
    let how = match once_in(dice, 3) {
        true => r#""protectionEnabled":false"#.to_string(),
        false => format!(r#""protectionEnabled":true,"expiresInMinutes":{}"#, 1 + dice.below(30)),
    };
    Asked::new(
        "UpdateTaskProtection",
        format!(r#"{{"cluster":"{cluster}","tasks":["{id}"],{how}}}"#),
    )
}
