//! About managed daemons.

use super::{Asked, some};
use crate::chance::{once_in, one_of, weighted};
use crate::clients::Known;
use base::Dice;

const NAMES: [&str; 2] = ["logger", "prober"];
/// Families of their own: those of tasks are others.
const FAMILIES: [&str; 2] = ["logs", "probe"];

pub fn compose(dice: &dyn Dice, known: &Known, cluster: &'static str) -> Asked {
    if known.daemon_definitions.is_empty() {
        return register(dice);
    }
    let (changes, deployments) = (known.daemons.len().min(1), known.daemon_deployments.len().min(1));
    match weighted(
        dice,
        &[3, 6, 9 * changes as u64, 2 * changes as u64, 3, deployments as u64, 1],
    ) {
        0 => register(dice),
        1 => create(dice, known, cluster),
        2 => {
            let json = format!(
                r#"{{"daemonArn":"{}",{}}}"#,
                some(dice, &known.daemons).unwrap_or_default(),
                wish(dice, known)
            );
            Asked::new("UpdateDaemon", json)
        }
        3 => named(dice, known, "DeleteDaemon"),
        4 if once_in(dice, 3) => Asked::new("ListDaemons", format!(r#"{{"clusterArn":"{cluster}"}}"#)),
        4 => named(dice, known, "DescribeDaemon"),
        5 => {
            let arn = some(dice, &known.daemon_deployments).unwrap_or_default();
            Asked::new(
                "DescribeDaemonDeployments",
                format!(r#"{{"daemonDeploymentArns":["{arn}"]}}"#),
            )
        }
        _ => {
            let definition = some(dice, &known.daemon_definitions).unwrap_or("logs:1");
            let json = format!(r#"{{"daemonTaskDefinition":"{definition}"}}"#);
            Asked::new("DeleteDaemonTaskDefinition", json)
        }
    }
}

fn register(dice: &dyn Dice) -> Asked {
    let family = one_of(dice, &FAMILIES);
    let image = match dice.below(10) {
        0 => format!("simulated/exits-after-{}ms-with-1", 1 << dice.below(12)),
        1 => "simulated/cannot-pull".to_string(),
        2 => "simulated/sickens-after-100ms".to_string(),
        _ => "busybox".to_string(),
    };
    let check = match image.contains("sickens") || once_in(dice, 4) {
        true => r#","healthCheck":{"command":["CMD","true"]}"#,
        false => "",
    };
    // Now and then more than a small node has.
    let memory = one_of(dice, &[16, 32, 64, 768]);
    Asked::new(
        "RegisterDaemonTaskDefinition",
        format!(
            r#"{{"family":"{family}","containerDefinitions":[{{"name":"main","image":"{image}"{check},"cpu":32,"memory":{memory}}}]}}"#
        ),
    )
}

/// What CreateDaemon and UpdateDaemon both say.
fn wish(dice: &dyn Dice, known: &Known) -> String {
    let definition = match once_in(dice, 2) {
        true => some(dice, &known.daemon_definitions).unwrap_or("logs"),
        false => one_of::<&str>(dice, &FAMILIES),
    };
    let capacity = one_of(
        dice,
        &[
            r#"["EC2"]"#,
            r#"["EC2"]"#,
            r#"["EC2","EXTERNAL"]"#,
            r#"["EC2","grows","firm"]"#,
            r#"["grows"]"#,
        ],
    );
    let critical = if once_in(dice, 3) { r#","critical":true"# } else { "" };
    let how = match dice.below(3) {
        0 => r#","deploymentConfiguration":{"drainPercent":100}"#,
        1 => r#","deploymentConfiguration":{"drainPercent":50,"bakeTimeInMinutes":1}"#,
        _ => "",
    };
    format!(r#""daemonTaskDefinitionArn":"{definition}","capacityProviderArns":{capacity}{critical}{how}"#)
}

fn create(dice: &dyn Dice, known: &Known, cluster: &'static str) -> Asked {
    let name = one_of(dice, &NAMES);
    let token = match once_in(dice, 3) {
        true => format!(r#","clientToken":"of-{name}""#),
        false => String::new(),
    };
    Asked {
        cluster,
        ..Asked::new(
            "CreateDaemon",
            format!(
                r#"{{"clusterArn":"{cluster}","daemonName":"{name}",{}{token}}}"#,
                wish(dice, known)
            ),
        )
    }
}

fn named(dice: &dyn Dice, known: &Known, operation: &'static str) -> Asked {
    let arn = some(dice, &known.daemons).unwrap_or("arn:aws:ecs:us-east-1:000000000000:daemon/default/logger");
    Asked::new(operation, format!(r#"{{"daemonArn":"{arn}"}}"#))
}
