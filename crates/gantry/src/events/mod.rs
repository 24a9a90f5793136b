//! `gantry events`: what happens, as ECS tells it to EventBridge; from a cursor on, without missing anything.

mod show;

use crate::client::{Api, CallError};
use crate::data::DataDir;
use crate::logs::When;
use crate::report::Report;
use crate::{Done, verb};
use base::{Clock, SystemClock};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::Value;
use std::time::Duration;

/// How far back it begins when nobody says.
const USUAL_PAST: &str = "1h";
/// How long the server is to wait for something to happen before it answers, in seconds.
const WAIT_SECONDS: &str = "15";
/// Between two tries to reach a server that is away.
const PAUSE: Duration = Duration::from_millis(500);

pub fn command(data: Arg, json: Arg) -> Command {
    Command::new("events")
        .about("What happened to tasks, instances, services and deployments")
        .arg(
            Arg::new("follow")
                .long("follow")
                .short('f')
                .action(ArgAction::SetTrue)
                .help("Go on with what happens from now on, through restarts of the server"),
        )
        .arg(
            Arg::new("cluster")
                .long("cluster")
                .value_name("C")
                .help("Only of this cluster"),
        )
        .arg(
            Arg::new("type")
                .long("type")
                .value_name("TYPE")
                .action(ArgAction::Append)
                .value_parser(["task", "instance", "service", "deployment"])
                .help("Only of this type; may be given several times"),
        )
        .arg(
            Arg::new("after")
                .long("after")
                .value_name("CURSOR")
                .conflicts_with("since")
                .help("Go on behind this one: the id of the last event you have, or a cursor"),
        )
        .arg(
            Arg::new("since")
                .long("since")
                .value_name("WHEN")
                .value_parser(When::parse)
                .default_value(USUAL_PAST)
                .help("What happened since: 90s, 10m, 2h, 3d ago, or a time such as 2026-01-31T12:00:00Z"),
        )
        .arg(data)
        .arg(json)
}

pub fn run(args: &ArgMatches) -> Done {
    let data = DataDir::choose(args.get_one("data"))?;
    verb::wait(read(args, &data))
}

/// What is asked each time, but for where to go on.
fn asked(args: &ArgMatches) -> Vec<(&'static str, String)> {
    let mut asked = Vec::new();
    let cluster = args.get_one::<String>("cluster");
    asked.extend(cluster.map(|cluster| ("cluster", cluster.clone())));
    let kinds = args.get_many::<String>("type").into_iter().flatten();
    asked.extend(kinds.map(|kind| ("type", kind.clone())));
    asked
}

async fn read(args: &ArgMatches, data: &DataDir) -> Done {
    let follow = args.get_flag("follow");
    let json = args.get_flag("json");
    let asked = asked(args);
    let mut begin = match args.get_one::<String>("after") {
        Some(cursor) => ("after", cursor.clone()),
        None => {
            let since = *args.get_one::<When>("since").expect("it has a default");
            ("since", since.time(SystemClock.now()).iso8601())
        }
    };
    let mut waits = false;
    let mut reached = false;
    loop {
        let mut question: Vec<(&str, &str)> = asked.iter().map(|(name, value)| (*name, value.as_str())).collect();
        question.push((begin.0, &begin.1));
        if waits {
            question.push(("wait", WAIT_SECONDS));
        }
        let page = match ask(data, &question).await? {
            Ok(page) => page,
            // It may be on its way back; nothing is missed meanwhile.
            Err(error) if follow && reached && error.may_pass() => {
                tokio::time::sleep(PAUSE).await;
                continue;
            }
            Err(error) => return Err(refused(error)),
        };
        reached = true;
        if !verb::written(show::page(&page, json), "the events cannot be written")? {
            return Ok(());
        }
        let cursor = page["cursor"].as_str();
        let cursor = cursor.ok_or_else(|| Report::new("the server's answer is not one of events"))?;
        begin = ("after", cursor.to_string());
        let more = page["more"] == true;
        if !more && !follow {
            return Ok(());
        }
        waits = !more;
    }
}

/// Asked anew each time where the server is: it may come back at another address.
async fn ask(data: &DataDir, question: &[(&str, &str)]) -> Result<Result<Value, CallError>, Report> {
    match Api::of(data)? {
        Some(api) => Ok(api.own("events", question).await),
        None => Ok(Err(CallError::Unreachable(
            "no server runs on this data directory".into(),
        ))),
    }
}

fn refused(error: CallError) -> Report {
    let hint = match &error {
        CallError::Unreachable(_) => "gantry up, or give --data DIR",
        error if error.is("EventsForgottenException") => "give --after that cursor, or --since",
        _ => "gantry events --help",
    };
    Report::new("the server does not tell events").because(error).hint(hint)
}
