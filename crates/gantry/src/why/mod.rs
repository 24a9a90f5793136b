//! `gantry why`: the post-mortem of a task, a deployment or a service: what the server remembers, and, where they are on
//! this machine, what the health checks printed and the last lines of the containers.

mod show;

use crate::client::Api;
use crate::data::DataDir;
use crate::report::Report;
use crate::{Done, logs, verb};
use agent::machine::Paths;
use clap::{Arg, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

pub fn command(data: Arg, json: Arg) -> Command {
    Command::new("why")
        .about("What became of a task, a deployment or a service, and why")
        .arg(
            Arg::new("of")
                .value_name("TASK|DEPLOYMENT|SERVICE")
                .required(true)
                .help("A task's id or the beginning of it, a deployment's id, a service's name, or any of their ARNs"),
        )
        .arg(
            Arg::new("cluster")
                .long("cluster")
                .value_name("C")
                .help("Look in this cluster only"),
        )
        .arg(
            Arg::new("tail")
                .long("tail")
                .value_name("N")
                .value_parser(value_parser!(u32).range(0..=10_000))
                .default_value("10")
                .help("Of each container's lines the last N"),
        )
        .arg(data)
        .arg(json)
}

pub fn run(args: &ArgMatches) -> Done {
    verb::show(args, async |data| look(args, data).await, show::text)
}

async fn look(args: &ArgMatches, data: &DataDir) -> Result<Value, Report> {
    let of = args.get_one::<String>("of").expect("required");
    let mut question = vec![("of", of.as_str())];
    question.extend(
        args.get_one::<String>("cluster")
            .map(|cluster| ("cluster", cluster.as_str())),
    );
    let refused = |error| {
        let report = Report::new(format!("nothing is known of {of}")).because(error);
        report.hint("gantry events, or aws ecs list-tasks")
    };
    let api = Api::of(data)?;
    let mut told = verb::own(api.as_ref(), "why", &question, refused).await?;
    let tail = *args.get_one::<u32>("tail").expect("it has a default") as usize;
    let paths = Paths::new(&data.node());
    for task in tasks(&mut told) {
        add_health(task, &paths);
        if let Some(api) = api.as_ref().filter(|_| tail > 0) {
            add_lines(task, api, &paths, tail).await;
        }
    }
    Ok(told)
}

/// The tasks that the answer tells of.
fn tasks(told: &mut Value) -> Vec<&mut Value> {
    if told["kind"] == "task" {
        return vec![told];
    }
    let Some(members) = told.as_object_mut() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (name, value) in members {
        match name.as_str() {
            "tasks" => found.extend(value.as_array_mut().into_iter().flatten()),
            "lastFailed" if value.is_object() => found.push(value),
            "deployment" if value.is_object() => found.extend(tasks(value)),
            _ => {}
        }
    }
    found
}

/// What its health checks printed, which the node keeps until the server knows that the task is over.
fn add_health(task: &mut Value, paths: &Paths) {
    let works = logs::works(paths);
    let Some(work) = works.iter().find(|work| task["id"] == work.assigned.id.as_str()) else {
        return;
    };
    for container in task["containers"].as_array_mut().into_iter().flatten() {
        let named = |part: &usize| container["name"] == work.plan(*part).name.as_str();
        let Some(part) = (0..work.parts.len()).find(named) else {
            continue;
        };
        let checks = work.parts[part].health.transcript.iter().map(|checked| {
            json!({
                "at": checked.began_at.iso8601(),
                "millis": checked.ended_at.since(checked.began_at),
                "exitCode": checked.exit_code,
                "output": checked.output,
            })
        });
        let checks: Vec<Value> = checks.collect();
        if !checks.is_empty() {
            container["healthChecks"] = checks.into();
        }
    }
}

/// The last lines of its containers, wherever `gantry logs` finds them.
async fn add_lines(task: &mut Value, api: &Api, paths: &Paths, tail: usize) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let (id, cluster) = (text(&task["id"]), text(&task["cluster"]));
    let Ok(lines) = logs::last(api, paths, &id, &cluster, tail).await else {
        return; // they are a help, and not what was asked for
    };
    for container in task["containers"].as_array_mut().into_iter().flatten() {
        let of = lines.iter().filter(|(name, _)| container["name"] == name.as_str());
        let of = of.map(|(_, line)| {
            json!({"at": line.at.iso8601(), "stream": line.stream, "text": String::from_utf8_lossy(&line.text)})
        });
        let of: Vec<Value> = of.collect();
        if !of.is_empty() {
            container["lastLines"] = of.into();
        }
    }
}
