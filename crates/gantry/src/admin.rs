//! `gantry admin`: looks behind the API.

use crate::data::DataDir;
use crate::report::Report;
use crate::{Done, verb};
use base::{Clock, SystemClock};
use clap::ArgMatches;
use model::invariants::Broken;
use model::{Actor, MOVES, Move, TaskStatus};
use services::{Services, fidelity};
use std::fmt::Write;
use std::sync::Arc;

pub fn run(args: &ArgMatches) -> Done {
    match args.subcommand() {
        Some(("fidelity", args)) => show_fidelity(args),
        Some(("moves", args)) => show_moves(args),
        Some(("doctor", args)) => doctor(args),
        Some(("leave", args)) => crate::leave::run(args),
        Some(("join-token", args)) => crate::join::make_token(args),
        Some(("revoke-tokens", args)) => crate::revoke::run(args),
        _ => unreachable!("clap asks for a subcommand that it knows"),
    }
}

fn show_fidelity(args: &ArgMatches) -> Done {
    let services = Services::all(false);
    let only = args.get_one::<String>("service");
    if let Some(only) = only
        && !services.facts().iter().any(|s| s.id == only)
    {
        let known: Vec<&str> = services.facts().iter().map(|s| s.id).collect();
        return Err(Report::new(format!("there is no service {only}")).hint(format!("one of {}", known.join(", "))));
    }
    if args.get_flag("markdown") {
        print!("{}", fidelity::markdown(&services));
        return Ok(());
    }
    let mut out = String::new();
    for line in fidelity::printed(&services)
        .iter()
        .filter(|line| only.is_none_or(|only| line.service == only))
    {
        let fidelity::Printed {
            service,
            what,
            level,
            note,
        } = line;
        // Names and notes are ours: no quotes, no backslashes.
        let _ = if args.get_flag("json") {
            writeln!(
                out,
                "{{\"service\": \"{service}\", \"what\": \"{what}\", \"level\": \"{level}\", \"note\": \"{note}\"}}"
            )
        } else {
            writeln!(
                out,
                "{service:<17} {level:<9} {what}{}{note}",
                if note.is_empty() { "" } else { "  # " }
            )
        };
    }
    print!("{out}");
    Ok(())
}

fn show_moves(args: &ArgMatches) -> Done {
    if args.get_flag("markdown") {
        print!("{}", moves_page());
        return Ok(());
    }
    for Move(actor, from, to) in MOVES {
        if args.get_flag("json") {
            println!("{{\"actor\": \"{actor}\", \"from\": \"{from}\", \"to\": \"{to}\"}}");
        } else {
            println!("{actor:<10} {from:<14} {to}");
        }
    }
    Ok(())
}

/// One row for each place a task can be in: where it may go from there, and who may send it.
fn moves_page() -> String {
    let mut page = String::from(
        "# The moves of a task\n\nWritten by `gantry admin moves --markdown` from `MOVES` in `crates/model/src/task.rs`, which is also what\n\
         `Task::advance` checks; never by hand. A task only ever goes forward; a replacement is a new task.\n\n| from |",
    );
    for actor in Actor::ALL {
        let _ = write!(page, " {actor} |");
    }
    page.push_str("\n|---|");
    page.push_str(&"---|".repeat(Actor::ALL.len()));
    for from in TaskStatus::ALL {
        let _ = write!(page, "\n| {from} |");
        for actor in Actor::ALL {
            let to: Vec<&str> = MOVES
                .iter()
                .filter(|m| m.0 == *actor && m.1 == *from)
                .map(|m| m.2.as_str())
                .collect();
            let _ = write!(page, " {} |", to.join(", "));
        }
    }
    page.push('\n');
    page
}

/// The one law that is not about records alone.
const HAS_CONTENT: &str = "the registry has the content of what is in it";

fn doctor(args: &ArgMatches) -> Done {
    let data = DataDir::choose(args.get_one("data"))?;
    if !data.store().exists() {
        return Err(Report::new(format!("there is no store in {}", data.path().display())).hint("give --data DIR"));
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = crate::records::open(&data, &clock)?;
    let mut broken = model::invariants::check(&store.snapshot());
    let lost = verb::wait(crate::registry::lost(&data, &store, args.get_flag("content")))?;
    broken.extend(lost.into_iter().map(|at| Broken { law: HAS_CONTENT, at }));
    let past = model::invariants::history::check(&store)
        .map_err(|error| Report::new("what the store remembers cannot be read").because(error))?;
    let of_state = model::invariants::LAWS.iter().map(|(law, _)| *law);
    let laws: Vec<&str> = of_state.chain([HAS_CONTENT]).chain(past.laws.keys().copied()).collect();
    broken.extend(past.broken);
    if args.get_flag("json") {
        let quote = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let each = broken
            .iter()
            .map(|b| format!("{{\"law\": {}, \"at\": {}}}", quote(b.law), quote(&b.at)));
        println!(
            "{{\"laws\": {}, \"broken\": [{}]}}",
            laws.len(),
            each.collect::<Vec<_>>().join(", ")
        );
    } else {
        for law in laws {
            let at: Vec<&str> = broken.iter().filter(|b| b.law == law).map(|b| b.at.as_str()).collect();
            println!("{} {law}", if at.is_empty() { "holds " } else { "BROKEN" });
            at.iter().for_each(|at| println!("       {at}"));
        }
    }
    match broken.len() {
        0 => Ok(()),
        n => Err(Report::new(format!("{n} things are not as they must be"))),
    }
}
