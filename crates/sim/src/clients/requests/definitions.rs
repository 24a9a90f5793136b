//! About task definitions.

use super::{Asked, FAMILIES, some};
use crate::chance::{one_of, weighted};
use crate::clients::Known;
use base::Dice;

pub fn compose(dice: &dyn Dice, known: &Known, number: u64) -> Asked {
    let weights = if known.definitions.len() < 4 {
        [9, 1, 0, 0]
    } else {
        [6, 3, 4, 5]
    };
    let any = || some(dice, &known.definitions).unwrap_or("web:1");
    match weighted(dice, &weights) {
        0 => register(dice, number),
        1 => Asked::new("DescribeTaskDefinition", format!(r#"{{"taskDefinition":"{}"}}"#, any())),
        2 => Asked::new(
            "DeregisterTaskDefinition",
            format!(r#"{{"taskDefinition":"{}"}}"#, any()),
        ),
        _ => {
            let definition = some(dice, &known.inactive).unwrap_or_else(any);
            let json = format!(r#"{{"taskDefinitions":["{definition}"]}}"#);
            Asked::new("DeleteTaskDefinitions", json)
        }
    }
}

/// `MARK` tells the revisions of a family apart.
fn register(dice: &dyn Dice, number: u64) -> Asked {
    let family = one_of(dice, &FAMILIES);
    let image = match dice.below(8) {
        0 => format!("simulated/exits-after-{}ms-with-{}", 1 << dice.below(15), dice.below(2)),
        1 => "simulated/cannot-pull".to_string(),
        2 => format!("simulated/sickens-after-{}ms", *one_of(dice, &[0, 100, 20_000])),
        _ => "busybox".to_string(),
    };
    let cpu = if *family == "big" { 1024 } else { 64 << dice.below(3) };
    let ports = match dice.below(4) {
        0 => r#","portMappings":[{"containerPort":80,"hostPort":8080}]"#,
        1 => r#","portMappings":[{"containerPort":80},{"containerPort":53,"protocol":"udp"}]"#,
        _ => "",
    };
    let check = match image.contains("sickens") || dice.below(3) == 0 {
        true => r#","healthCheck":{"command":["CMD","true"]}"#,
        false => "",
    };
    let main = format!(
        r#"{{"name":"main","image":"{image}"{check},"cpu":{cpu},"memory":{},"environment":[{{"name":"MARK","value":"{number}"}}]"#,
        64 << dice.below(3)
    );
    let side = match dice.below(3) {
        0 => r#",{"name":"side","image":"simulated/exits-after-64ms-with-1","memory":32,"essential":false}"#,
        _ => "",
    };
    let json = if *family == "edge" {
        format!(
            r#"{{"family":"edge","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512","containerDefinitions":[{main}}}]}}"#
        )
    } else {
        format!(r#"{{"family":"{family}","containerDefinitions":[{main}{ports}}}{side}]}}"#)
    };
    Asked::new("RegisterTaskDefinition", json)
}
