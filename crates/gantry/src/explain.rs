//! `gantry explain`: where a task could run now, and if nowhere, what each node lacks and what the smallest change is.

use crate::client::Api;
use crate::data::DataDir;
use crate::report::Report;
use crate::{Done, verb};
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command};
use serde_json::Value;
use std::fmt::Write as _;

pub fn command(data: Arg, json: Arg) -> Command {
    Command::new("explain")
        .about("Where a task, or the next one of a service or definition, could run now, and if nowhere, why")
        .arg(
            Arg::new("of")
                .value_name("TASK|SERVICE")
                .help("A task's id or the beginning of it, a service's name, or their ARNs"),
        )
        .arg(
            Arg::new("definition")
                .long("task-definition")
                .value_name("FAMILY[:REV]")
                .help("One task of this definition"),
        )
        .group(ArgGroup::new("subject").args(["of", "definition"]).required(true))
        .arg(
            Arg::new("cluster")
                .long("cluster")
                .value_name("C")
                .help("In this cluster"),
        )
        .arg(
            Arg::new("launch-type")
                .long("launch-type")
                .value_name("TYPE")
                .value_parser(["EC2", "FARGATE", "EXTERNAL"])
                .requires("definition")
                .conflicts_with("capacity-provider")
                .help("On capacity of this launch type"),
        )
        .arg(
            Arg::new("capacity-provider")
                .long("capacity-provider")
                .value_name("NAME")
                .action(ArgAction::Append)
                .requires("definition")
                .help("On capacity of this provider; may be given several times"),
        )
        .arg(data)
        .arg(json)
}

pub fn run(args: &ArgMatches) -> Done {
    verb::show(args, async |data| ask(args, data).await, text)
}

async fn ask(args: &ArgMatches, data: &DataDir) -> Result<Value, Report> {
    let names = [
        ("of", "of"),
        ("definition", "definition"),
        ("cluster", "cluster"),
        ("launch-type", "launchType"),
        ("capacity-provider", "capacityProvider"),
    ];
    let mut question = Vec::new();
    for (word, name) in names {
        let values = args.get_many::<String>(word).into_iter().flatten();
        question.extend(values.map(|value| (name, value.as_str())));
    }
    let refused = |error| Report::new("the server has no explanation").because(error);
    verb::own(Api::of(data)?.as_ref(), "explain", &question, refused).await
}

fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

/// Writing to a string does not fail.
fn text(told: &Value) -> String {
    let mut out = String::new();
    let of = match told["kind"].as_str() {
        Some("definition") => format!("a task of {}", word(told, "definition")),
        Some(kind) => format!("{kind} {} of {}", word(told, "id"), word(told, "definition")),
        None => String::new(),
    };
    let _ = writeln!(out, "{of} in cluster {}", word(told, "cluster"));
    if let Some(node) = told["node"].as_str() {
        let because = told["because"]
            .as_str()
            .map_or(String::new(), |because| format!(": {because}"));
        let _ = writeln!(
            out,
            "It is {} and was placed on node {node}{because}.",
            word(told, "status")
        );
    } else if told["waits"] == false {
        let _ = writeln!(out, "It is {}, and never had a place.", word(told, "status"));
    }
    if let Some(until) = told["patientUntil"].as_str() {
        let _ = writeln!(
            out,
            "Nodes that were cut off a moment ago may be on their way back: it waits for them until {until}."
        );
    }
    if let Some(waiting) = told["waiting"].as_u64().filter(|waiting| *waiting > 0) {
        let _ = writeln!(out, "{waiting} of its tasks wait for capacity.");
    }
    if told["startsNothing"] == true {
        out.push_str("Its deployment failed, and nothing served before: it starts nothing until it is updated.\n");
    }
    protected(&told["protected"], &mut out);
    for capacity in list(told, "capacity") {
        look(capacity, word(told, "launchType"), &mut out);
    }
    out
}

/// The tasks that a service would stop, if they were not protected, by what they hold up.
fn protected(told: &Value, out: &mut String) {
    let count = told["count"].as_u64().unwrap_or(0);
    if count == 0 {
        return;
    }
    let _ = writeln!(out, "Tasks that should stop, and are protected from scale-in: {count}.");
    for task in list(told, "tasks") {
        let holds = match word(task, "holds") {
            "ROLLOUT" => "the rollout waits for it",
            "DRAIN" => "its node is being drained",
            _ => "more run than are desired",
        };
        let (id, until) = (word(task, "task"), word(task, "until"));
        let _ = writeln!(out, "  task {id}  {holds}; protected until {until}");
    }
}

fn look(capacity: &Value, launch_type: &str, out: &mut String) {
    let (fits, nodes) = (
        capacity["fits"].as_u64().unwrap_or(0),
        capacity["nodes"].as_u64().unwrap_or(0),
    );
    let whose = match capacity["provider"].as_str() {
        Some(provider) => format!("capacity provider {provider}"),
        None => launch_type.to_string(),
    };
    let _ = match (fits, nodes) {
        (_, 0) => writeln!(out, "On {whose} there are no nodes."),
        (0, _) => writeln!(out, "On {whose} it fits on none of {nodes} nodes."),
        _ => writeln!(out, "On {whose} it fits on {fits} of {nodes} nodes."),
    };
    if capacity["next"].is_object() {
        let next = &capacity["next"];
        let _ = writeln!(
            out,
            "The next one goes to node {}: {}.",
            word(next, "node"),
            word(next, "because")
        );
    }
    for ground in list(capacity, "grounds") {
        let _ = writeln!(out, "  {}", ground.as_str().unwrap_or_default());
    }
    if let Some(near) = list(capacity, "nearest").next().filter(|_| fits == 0) {
        let _ = writeln!(out, "The smallest change that would do: {}.", word(near, "words"));
    }
    for verdict in list(capacity, "verdicts") {
        let misfits: Vec<&str> = list(verdict, "misfits").map(|misfit| word(misfit, "words")).collect();
        let says = match misfits.is_empty() {
            _ if verdict["runs"] == true => "has its task".to_string(),
            true => "fits".to_string(),
            false => misfits.join("; "),
        };
        let _ = writeln!(out, "  node {}  {says}", word(verdict, "node"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_node_says_what_it_lacks_and_the_smallest_change_stands_above() {
        let told = json!({
            "kind": "definition", "definition": "web:1", "cluster": "c", "launchType": "EC2",
            "capacity": [{
                "provider": null, "nodes": 2, "fits": 0, "next": null, "grounds": ["2 nodes: memory short by at least 5 MiB"],
                "nearest": [{"words": "node n1 needs 5 MiB more memory"}],
                "verdicts": [{"node": "n1", "misfits": [{"words": "memory"}, {"words": "port"}]}, {"node": "n2", "misfits": []}],
            }],
        });
        let expected = "a task of web:1 in cluster c\nOn EC2 it fits on none of 2 nodes.\n  \
            2 nodes: memory short by at least 5 MiB\nThe smallest change that would do: node n1 needs 5 MiB more memory.\n  \
            node n1  memory; port\n  node n2  fits\n";
        assert_eq!(text(&told), expected);
    }

    #[test]
    fn protected_tasks_are_told_with_what_they_hold_up_and_nodes_with_their_task() {
        let told = json!({
            "kind": "service", "id": "web", "definition": "web:2", "cluster": "c", "launchType": "EC2", "startsNothing": true,
            "protected": {"count": 101, "tasks": [{"task": "t1", "holds": "ROLLOUT", "until": "2026-01-02T03:04:05Z"}]},
            "capacity": [{"nodes": 1, "fits": 0, "verdicts": [{"node": "n1", "runs": true, "misfits": [{"words": "port"}]}]}],
        });
        let expected = "service web of web:2 in cluster c\n\
            Its deployment failed, and nothing served before: it starts nothing until it is updated.\nTasks that should stop, and are protected from scale-in: 101.\n  \
            task t1  the rollout waits for it; protected until 2026-01-02T03:04:05Z\n\
            On EC2 it fits on none of 1 nodes.\n  node n1  has its task\n";
        assert_eq!(text(&told), expected);
    }
}
