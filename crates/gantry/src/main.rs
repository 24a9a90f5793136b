//! The binary: reads configuration, builds the rooms, joins them, waits for the signal.
//!
//! For: the command line and nothing else. Data goes to stdout, talk to stderr; the exit status is 0 when it went
//! well, 1 when it did not, 2 when the command line makes no sense.
//!
//! Must never hold logic that a room could have: only this floor knows everything, so it must know little of each.

mod admin;
mod bucket;
mod cli;
mod client;
mod data;
mod env;
mod events;
mod explain;
mod images;
mod join;
mod leave;
mod logs;
mod members;
mod node;
mod nodes;
mod outside;
mod plan;
mod push;
mod records;
mod registry;
mod report;
mod revoke;
mod rooms;
mod top;
mod up;
mod verb;
mod why;

use report::Report;
use std::process::ExitCode;

fn main() -> ExitCode {
    // The hidden verb of the process beside each container. First of all, because it must stay small: not even the
    // command line is built for it.
    let mut words = std::env::args_os().skip(1);
    if let (Some(verb), Some(dir), None) = (words.next(), words.next(), words.next())
        && verb == "keeper"
    {
        return ExitCode::from(runtime::keeper_main(dir.as_ref()));
    }
    let matches = cli::command().get_matches(); // answers --help and bad words by itself, with status 0 and 2
    let done = match matches.subcommand() {
        Some(("up", args)) => up::run(args),
        Some(("agent", args)) => join::run(args),
        Some(("env", args)) => env::run(args),
        Some(("admin", args)) => admin::run(args),
        Some(("events", args)) => events::run(args),
        Some(("explain", args)) => explain::run(args),
        Some(("plan", args)) => plan::run(args),
        Some(("why", args)) => why::run(args),
        Some(("images", args)) => images::run(args),
        Some(("logs", args)) => logs::run(args),
        Some(("top", args)) => top::run(args),
        _ => unreachable!("clap asks for a subcommand that it knows"),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(report) => {
            eprint!("{report}");
            ExitCode::FAILURE
        }
    }
}

/// What a verb comes to.
type Done = Result<(), Report>;
