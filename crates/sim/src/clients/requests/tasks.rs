//! About tasks.

use super::{Asked, FAMILIES, some};
use crate::chance::{once_in, one_of, weighted};
use crate::clients::Known;
use base::{Dice, Scope};

pub fn compose(dice: &dyn Dice, known: &Known, cluster: &'static str, number: u64) -> Asked {
    match weighted(dice, &[30, 6, 18, 10, 3, 4]) {
        0 => run(dice, known, cluster, number),
        1 => start(dice, known, number),
        2 => about(dice, known, "StopTask"),
        3 => describe(dice, known, cluster),
        4 => {
            let most = 1 + dice.below(100);
            Asked::new("ListTasks", format!(r#"{{"cluster":"{cluster}","maxResults":{most}}}"#))
        }
        _ => about(dice, known, "SubmitTaskStateChange"),
    }
}

fn run(dice: &dyn Dice, known: &Known, cluster: &'static str, number: u64) -> Asked {
    if let Some(again) = known.with_token.last().filter(|_| once_in(dice, 4)) {
        let before = &known.with_token[dice.below(known.with_token.len() as u64) as usize];
        return if once_in(dice, 3) {
            before.clone()
        } else {
            again.clone()
        };
    }
    // The newest of a family, most often.
    let definition = match dice.below(3) {
        0 => some(dice, &known.definitions).unwrap_or("web"),
        _ => one_of(dice, &FAMILIES),
    };
    let count = 1 + dice.below(4) as usize;
    let mut json = format!(r#"{{"cluster":"{cluster}","taskDefinition":"{definition}","count":{count}"#);
    if definition.starts_with("edge") {
        let subnets = services::ec2::default_subnets(&Scope::new("us-east-1", "000000000000"));
        let subnet = one_of(dice, &subnets);
        json.push_str(&format!(
            r#","launchType":"FARGATE","networkConfiguration":{{"awsvpcConfiguration":{{"subnets":["{subnet}"]}}}}"#,
        ));
    } else {
        json.push_str(match dice.below(5) {
            0 => r#","placementConstraints":[{"type":"distinctInstance"}]"#,
            1 => r#","placementStrategy":[{"type":"spread","field":"attribute:ecs.availability-zone"}]"#,
            2 => r#","placementStrategy":[{"type":"binpack","field":"memory"}]"#,
            3 => r#","placementStrategy":[{"type":"random"}]"#,
            _ => "",
        });
        json.push_str(super::capacity::strategy(dice, known));
    }
    let token = once_in(dice, 2).then(|| format!("token-{number}"));
    match &token {
        Some(token) => json.push_str(&format!(r#","startedBy":"{token}","clientToken":"{token}"}}"#)),
        None => json.push_str(&format!(r#","startedBy":"request-{number}"}}"#)),
    }
    Asked {
        cluster,
        count,
        token,
        ..Asked::new("RunTask", json)
    }
}

fn start(dice: &dyn Dice, known: &Known, number: u64) -> Asked {
    let node = some(dice, &known.nodes).unwrap_or("default/0123456789abcdef0123456789abcdef");
    let (cluster, id) = node.split_once('/').unwrap_or(("default", node));
    let definition = one_of(dice, &FAMILIES);
    Asked::new(
        "StartTask",
        format!(
            r#"{{"cluster":"{cluster}","taskDefinition":"{definition}","containerInstances":["{id}"],"startedBy":"request-{number}"}}"#
        ),
    )
}

fn about(dice: &dyn Dice, known: &Known, operation: &'static str) -> Asked {
    let task = some(dice, &known.tasks).unwrap_or("default/0123456789abcdef0123456789abcdef");
    let (cluster, id) = task.split_once('/').unwrap_or(("default", task));
    let json = match operation {
        // An agent that tells late, twice, or nonsense.
        "SubmitTaskStateChange" => {
            let status = one_of(dice, &["PENDING", "ACTIVATING", "RUNNING", "STOPPED", "PROVISIONING"]);
            format!(r#"{{"cluster":"{cluster}","task":"{id}","status":"{status}"}}"#)
        }
        _ => format!(r#"{{"cluster":"{cluster}","task":"{id}","reason":"enough"}}"#),
    };
    Asked::new(operation, json)
}

fn describe(dice: &dyn Dice, known: &Known, cluster: &'static str) -> Asked {
    let here: Vec<&str> = known
        .tasks
        .iter()
        .filter_map(|task| task.strip_prefix(cluster)?.strip_prefix('/'))
        .collect();
    let first = dice.below(here.len().max(1) as u64) as usize;
    let named: Vec<String> = here.iter().skip(first).take(10).map(|id| format!("\"{id}\"")).collect();
    let named = if named.is_empty() {
        r#""0123456789abcdef0123456789abcdef""#.to_string()
    } else {
        named.join(",")
    };
    Asked {
        cluster,
        count: named.split(',').count(),
        ..Asked::new(
            "DescribeTasks",
            format!(r#"{{"cluster":"{cluster}","tasks":[{named}]}}"#),
        )
    }
}
