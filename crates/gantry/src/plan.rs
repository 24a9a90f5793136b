//! `gantry plan`: what a request would come to, told before it is made; and made, if the plan is still the one seen.

use crate::client::Api;
use crate::data::DataDir;
use crate::report::Report;
use crate::{Done, verb};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// Verbs of the AWS CLI, and the operations that they are.
const OPERATIONS: [(&str, &str); 3] = [
    ("create-service", "CreateService"),
    ("update-service", "UpdateService"),
    ("run-task", "RunTask"),
];

pub fn command(data: Arg, json: Arg) -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let count = |name: &'static str, help: &'static str| option(name, "N", help).value_parser(value_parser!(i64));
    Command::new("plan")
        .about("What a request would come to: what changes, step by step, within which bounds, and whether it fits")
        .arg(
            Arg::new("operation")
                .value_name("OPERATION")
                .value_parser(OPERATIONS.map(|(verb, _)| verb))
                .required(true)
                .help("As the AWS CLI names it"),
        )
        .arg(option(
            "cli-input-json",
            "JSON|file://F",
            "The whole request, as the AWS CLI takes it",
        ))
        .arg(option("cluster", "C", "In this cluster"))
        .arg(option("service", "S", "The service to update"))
        .arg(option("service-name", "S", "The service to create"))
        .arg(option("task-definition", "FAMILY[:REV]", "The definition of its tasks"))
        .arg(option("launch-type", "TYPE", "Where tasks run"))
        .arg(count("desired-count", "How many tasks the service should have"))
        .arg(count("count", "How many tasks to run"))
        .arg(
            Arg::new("force-new-deployment")
                .long("force-new-deployment")
                .action(ArgAction::SetTrue)
                .help("Deploy anew though nothing changes"),
        )
        .arg(option(
            "apply",
            "HASH",
            "Make the request, if its plan still has this hash",
        ))
        .arg(data)
        .arg(json)
}

pub fn run(args: &ArgMatches) -> Done {
    verb::show(args, async |data| ask(args, data).await, |told| text(told, args))
}

/// The request: what the JSON says, and what single options say over it.
fn input(args: &ArgMatches) -> Result<Value, Report> {
    let mut input = match args.get_one::<String>("cli-input-json") {
        None => Map::new(),
        Some(given) => {
            let text = match given.strip_prefix("file://") {
                None => given.clone(),
                Some(path) => std::fs::read_to_string(path)
                    .map_err(|e| Report::new(format!("{path} cannot be read")).because(e))?,
            };
            let parsed = serde_json::from_str::<Value>(&text);
            match parsed.map_err(|e| Report::new("the input is not JSON").because(e))? {
                Value::Object(members) => members,
                _ => return Err(Report::new("the input is not a JSON object")),
            }
        }
    };
    let texts = [
        ("cluster", "cluster"),
        ("service", "service"),
        ("service-name", "serviceName"),
        ("task-definition", "taskDefinition"),
        ("launch-type", "launchType"),
    ];
    for (option, member) in texts {
        if let Some(text) = args.get_one::<String>(option) {
            input.insert(member.to_string(), Value::from(text.as_str()));
        }
    }
    for (option, member) in [("desired-count", "desiredCount"), ("count", "count")] {
        if let Some(number) = args.get_one::<i64>(option) {
            input.insert(member.to_string(), Value::from(*number));
        }
    }
    if args.get_flag("force-new-deployment") {
        input.insert("forceNewDeployment".to_string(), Value::Bool(true));
    }
    Ok(Value::Object(input))
}

async fn ask(args: &ArgMatches, data: &DataDir) -> Result<Value, Report> {
    let verb = args.get_one::<String>("operation").expect("it is required");
    let operation = OPERATIONS
        .iter()
        .find(|(named, _)| named == verb)
        .map_or("", |(_, operation)| operation);
    let input = input(args)?.to_string();
    let mut question = vec![("operation", operation), ("input", input.as_str())];
    if let Some(hash) = args.get_one::<String>("apply") {
        question.push(("apply", hash));
    }
    let refused = |error| Report::new("there is no such plan").because(error);
    verb::own(Api::of(data)?.as_ref(), "plan", &question, refused).await
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

fn number(value: &Value, name: &str) -> i64 {
    value[name].as_i64().unwrap_or_default()
}

fn seconds(ms: i64) -> String {
    format!("{:>7.1} s", ms as f64 / 1000.0)
}

/// Writing to a string does not fail.
fn text(told: &Value, args: &ArgMatches) -> String {
    let mut out = String::new();
    let plain = |value: &Value| value.as_str().unwrap_or("(none)").to_string();
    for change in list(told, "differences") {
        let path = change["path"].as_str().unwrap_or_default();
        let _ = writeln!(
            out,
            "  {path}: {} -> {}",
            plain(&change["before"]),
            plain(&change["after"])
        );
    }
    if list(told, "steps").next().is_some() {
        let _ = writeln!(out, "\nsteps (tasks are taken to start and stop within a second)");
    }
    for step in list(told, "steps") {
        let of = step["of"].as_str().unwrap_or_default();
        let at = seconds(number(step, "atMs"));
        let (started, running, stopped) = (
            number(step, "started"),
            number(step, "running"),
            number(step, "stopped"),
        );
        let _ = writeln!(
            out,
            "{at}  {of:<24} start {started:>4}  stop {stopped:>4}  running {running:>4}"
        );
    }
    for pause in list(told, "pauses") {
        let stage = pause["text"].as_str().unwrap_or_default();
        let _ = writeln!(
            out,
            "{}  waits for an answer at {stage}",
            seconds(number(pause, "atMs"))
        );
    }
    let bounds = &told["bounds"];
    if bounds.is_object() {
        let _ = writeln!(
            out,
            "\nof {} desired at least {} stay, at most {} are there; fewest {}, most {}",
            number(bounds, "desired"),
            number(bounds, "minimum"),
            number(bounds, "maximum"),
            number(bounds, "fewest"),
            number(bounds, "most"),
        );
    }
    let peak = &told["peak"];
    let _ = writeln!(
        out,
        "peak: {} CPU units of {}, {} MiB of {}, {} addresses",
        number(peak, "cpu"),
        number(peak, "ofCpu"),
        number(peak, "memory"),
        number(peak, "ofMemory"),
        number(peak, "addresses"),
    );
    let protected: Vec<&str> = list(told, "protected").filter_map(Value::as_str).collect();
    if !protected.is_empty() {
        let _ = writeln!(out, "protected tasks that may hold it up: {}", protected.join(", "));
    }
    if told["fits"] == true {
        let _ = writeln!(out, "it fits");
    }
    for lack in list(told, "lacks").filter_map(Value::as_str) {
        let _ = writeln!(out, "it does not fit: {lack}");
    }
    let hash = told["hash"].as_str().unwrap_or_default();
    if told["applied"].is_object() {
        let _ = writeln!(out, "\nplan {hash} is applied");
    } else {
        let verb = args.get_one::<String>("operation").map_or("", String::as_str);
        let _ = writeln!(
            out,
            "\nplan {hash}; to make it so: gantry plan {verb} .. --apply {hash}"
        );
    }
    out
}
