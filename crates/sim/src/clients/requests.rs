//! What clients ask for: mostly what makes sense, now and then what does not.

use super::Known;
use crate::chance::{once_in, one_of, weighted};
use base::Dice;

const CLUSTERS: [&str; 3] = ["default", "blue", "green"];
const FAMILIES: [&str; 4] = ["web", "job", "edge", "big"];

/// A request as it stands on the wire.
#[derive(Clone, Debug)]
pub struct Asked {
    pub operation: &'static str,
    pub json: String,
    /// The cluster that it is about, when that matters to whoever checks the answer.
    pub cluster: &'static str,
    /// Tasks that RunTask asks for.
    pub count: usize,
    pub token: Option<String>,
}

impl Asked {
    fn new(operation: &'static str, json: String) -> Self {
        Asked {
            operation,
            json,
            cluster: "",
            count: 0,
            token: None,
        }
    }
}

impl Asked {
    /// Nothing is known of what it asks.
    pub fn nonsense(operation: &'static str) -> Self {
        Asked::new(operation, String::new())
    }

    pub fn is_nonsense(&self) -> bool {
        self.json.is_empty()
    }
}

/// The next request of a client. `number` is never the same twice.
pub fn compose(dice: &dyn Dice, known: &Known, number: u64) -> Asked {
    let cluster = *one_of(dice, &CLUSTERS[..1 + weighted(dice, &[6, 2, 1])]);
    // First there must be something to work with.
    let (nodes, definitions) = (known.nodes.len(), known.definitions.len());
    let (more_nodes, more_definitions) = (if nodes < 3 { 40 } else { 4 }, if definitions < 4 { 40 } else { 6 });
    let weights = [
        6,
        1,
        3,
        more_definitions,
        1,
        1,
        more_nodes,
        1,
        3,
        30,
        6,
        18,
        10,
        3,
        4,
        3,
    ];
    match weighted(dice, &weights) {
        0 => create_cluster(cluster),
        1 => Asked::new("DeleteCluster", format!(r#"{{"cluster":"{cluster}"}}"#)),
        2 => Asked::new(
            "DescribeClusters",
            format!(r#"{{"clusters":["{cluster}","nowhere"],"include":["STATISTICS","TAGS"]}}"#),
        ),
        3 => register_definition(dice, number),
        4 => about_definition("DeregisterTaskDefinition", "taskDefinition", dice, known),
        5 => {
            let definition = some(dice, &known.inactive).or(some(dice, &known.definitions));
            let definition = definition.unwrap_or("web:1");
            Asked::new(
                "DeleteTaskDefinitions",
                format!(r#"{{"taskDefinitions":["{definition}"]}}"#),
            )
        }
        6 => register_node(dice, cluster),
        7 => about_node(dice, known, "DeregisterContainerInstance"),
        8 => about_node(dice, known, "UpdateContainerInstancesState"),
        9 => run_task(dice, known, cluster, number),
        10 => start_task(dice, known, number),
        11 => about_task(dice, known, "StopTask"),
        12 => describe_tasks(dice, known, cluster),
        13 => Asked::new(
            "ListTasks",
            format!(r#"{{"cluster":"{cluster}","maxResults":{}}}"#, 1 + dice.below(100)),
        ),
        14 => about_task(dice, known, "SubmitTaskStateChange"),
        _ => about_definition("DescribeTaskDefinition", "taskDefinition", dice, known),
    }
}

/// One of what is known, most often of the newest.
fn some<'a>(dice: &dyn Dice, list: &'a [String]) -> Option<&'a str> {
    let newest = if once_in(dice, 3) {
        list
    } else {
        &list[list.len().saturating_sub(6)..]
    };
    (!newest.is_empty()).then(|| one_of(dice, newest).as_str())
}

fn create_cluster(name: &'static str) -> Asked {
    Asked {
        cluster: name,
        ..Asked::new("CreateCluster", format!(r#"{{"clusterName":"{name}"}}"#))
    }
}

/// `MARK` tells the revisions of a family apart.
fn register_definition(dice: &dyn Dice, number: u64) -> Asked {
    let family = one_of(dice, &FAMILIES);
    let image = match dice.below(6) {
        0 => format!("simulated/exits-after-{}ms-with-{}", 1 << dice.below(15), dice.below(2)),
        1 => "simulated/cannot-pull".to_string(),
        _ => "busybox".to_string(),
    };
    let cpu = if *family == "big" { 1024 } else { 64 << dice.below(3) };
    let ports = match dice.below(4) {
        0 => r#","portMappings":[{"containerPort":80,"hostPort":8080}]"#,
        1 => r#","portMappings":[{"containerPort":80},{"containerPort":53,"protocol":"udp"}]"#,
        _ => "",
    };
    let main = format!(
        r#"{{"name":"main","image":"{image}","cpu":{cpu},"memory":{},"environment":[{{"name":"MARK","value":"{number}"}}]"#,
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

fn about_definition(operation: &'static str, member: &str, dice: &dyn Dice, known: &Known) -> Asked {
    let definition = some(dice, &known.definitions).unwrap_or("web:1");
    Asked::new(operation, format!(r#"{{"{member}":"{definition}"}}"#))
}

fn register_node(dice: &dyn Dice, cluster: &'static str) -> Asked {
    let zone = one_of(dice, &["us-east-1a", "us-east-1b", "us-east-1c"]);
    let capabilities: Vec<String> = [17, 18, 19, 20, 21, 22, 23, 24, 25, 29, 30]
        .iter()
        .map(|v| format!(r#"{{"name":"com.amazonaws.ecs.capability.docker-remote-api.1.{v}"}}"#))
        .collect();
    let json = format!(
        r#"{{"cluster":"{cluster}","totalResources":[{{"name":"CPU","type":"INTEGER","integerValue":{}}},{{"name":"MEMORY","type":"INTEGER","integerValue":{}}},{{"name":"PORTS","type":"STRINGSET","stringSetValue":["22"]}}],"attributes":[{{"name":"ecs.availability-zone","value":"{zone}"}},{}]}}"#,
        1024 << dice.below(2),
        512 << dice.below(3),
        capabilities.join(",")
    );
    Asked {
        cluster,
        ..Asked::new("RegisterContainerInstance", json)
    }
}

fn about_node(dice: &dyn Dice, known: &Known, operation: &'static str) -> Asked {
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

fn run_task(dice: &dyn Dice, known: &Known, cluster: &'static str, number: u64) -> Asked {
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
        json.push_str(
            r#","launchType":"FARGATE","networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-1"]}}"#,
        );
    } else {
        json.push_str(match dice.below(5) {
            0 => r#","placementConstraints":[{"type":"distinctInstance"}]"#,
            1 => r#","placementStrategy":[{"type":"spread","field":"attribute:ecs.availability-zone"}]"#,
            2 => r#","placementStrategy":[{"type":"binpack","field":"memory"}]"#,
            3 => r#","placementStrategy":[{"type":"random"}]"#,
            _ => "",
        });
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

fn start_task(dice: &dyn Dice, known: &Known, number: u64) -> Asked {
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

fn about_task(dice: &dyn Dice, known: &Known, operation: &'static str) -> Asked {
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

fn describe_tasks(dice: &dyn Dice, known: &Known, cluster: &'static str) -> Asked {
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
