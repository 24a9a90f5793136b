//! About nodes.

use super::{Asked, some};
use crate::chance::{once_in, one_of, weighted};
use crate::clients::Known;
use base::Dice;

pub fn compose(dice: &dyn Dice, known: &Known, cluster: &'static str) -> Asked {
    match weighted(dice, if known.nodes.len() < 3 { &[9, 0, 1] } else { &[4, 1, 3] }) {
        0 => register(dice, cluster),
        1 => about(dice, known, "DeregisterContainerInstance"),
        _ => about(dice, known, "UpdateContainerInstancesState"),
    }
}

fn register(dice: &dyn Dice, cluster: &'static str) -> Asked {
    let zone = one_of(dice, &["us-east-1a", "us-east-1b", "us-east-1c"]);
    let capabilities: Vec<String> = [17, 18, 19, 20, 21, 22, 23, 24, 25, 29, 30]
        .iter()
        .map(|v| format!(r#"{{"name":"com.amazonaws.ecs.capability.docker-remote-api.1.{v}"}}"#))
        .collect();
    let provider = match once_in(dice, 3) {
        true => {
            let name = one_of(dice, &super::capacity::PROVIDERS);
            format!(r#",{{"name":"gantry/capacity-provider","value":"{name}"}}"#)
        }
        false => String::new(),
    };
    let json = format!(
        r#"{{"cluster":"{cluster}","totalResources":[{{"name":"CPU","type":"INTEGER","integerValue":{}}},{{"name":"MEMORY","type":"INTEGER","integerValue":{}}},{{"name":"PORTS","type":"STRINGSET","stringSetValue":["22"]}}],"attributes":[{{"name":"ecs.availability-zone","value":"{zone}"}},{}{provider}]}}"#,
        1024 << dice.below(2),
        512 << dice.below(3),
        capabilities.join(",")
    );
    Asked {
        cluster,
        ..Asked::new("RegisterContainerInstance", json)
    }
}

fn about(dice: &dyn Dice, known: &Known, operation: &'static str) -> Asked {
    let node = some(dice, &known.nodes).unwrap_or("default/0123456789abcdef0123456789abcdef");
    let (cluster, id) = node.split_once('/').unwrap_or(("default", node));
    let json = match operation {
        "UpdateContainerInstancesState" => {
            let status = one_of(dice, &["ACTIVE", "DRAINING"]);
            format!(r#"{{"cluster":"{cluster}","containerInstances":["{id}"],"status":"{status}"}}"#)
        }
        _ => {
            let force = once_in(dice, 2);
            format!(r#"{{"cluster":"{cluster}","containerInstance":"{id}","force":{force}}}"#)
        }
    };
    Asked::new(operation, json)
}
