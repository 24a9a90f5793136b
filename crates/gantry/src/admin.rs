//! `gantry admin`: looks behind the API.

use crate::Done;
use crate::data::DataDir;
use crate::report::Report;
use base::{Clock, SystemClock};
use clap::ArgMatches;
use services::{Services, fidelity};
use std::fmt::Write;
use std::sync::Arc;

pub fn run(args: &ArgMatches) -> Done {
    match args.subcommand() {
        Some(("fidelity", args)) => show_fidelity(args),
        Some(("doctor", args)) => doctor(args),
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
    for line in fidelity::printed(&services).iter().filter(|line| only.is_none_or(|only| line.service == only)) {
        let fidelity::Printed { service, what, level, note } = line;
        // Names and notes are ours: no quotes, no backslashes.
        let _ = if args.get_flag("json") {
            writeln!(out, "{{\"service\": \"{service}\", \"what\": \"{what}\", \"level\": \"{level}\", \"note\": \"{note}\"}}")
        } else {
            writeln!(out, "{service:<17} {level:<9} {what}{}{note}", if note.is_empty() { "" } else { "  # " })
        };
    }
    print!("{out}");
    Ok(())
}

fn doctor(args: &ArgMatches) -> Done {
    let data = DataDir::choose(args.get_one("data"))?;
    if !data.store().exists() {
        return Err(Report::new(format!("there is no store in {}", data.path().display())).hint("give --data DIR"));
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = crate::up::open(&data, &clock)?;
    let broken = model::invariants::check(&store.snapshot());
    if args.get_flag("json") {
        let quote = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let each = broken.iter().map(|b| format!("{{\"law\": {}, \"at\": {}}}", quote(b.law), quote(&b.at)));
        println!("{{\"laws\": {}, \"broken\": [{}]}}", model::invariants::LAWS.len(), each.collect::<Vec<_>>().join(", "));
    } else {
        for (law, _) in model::invariants::LAWS {
            let at: Vec<&str> = broken.iter().filter(|b| b.law == *law).map(|b| b.at.as_str()).collect();
            println!("{} {law}", if at.is_empty() { "holds " } else { "BROKEN" });
            at.iter().for_each(|at| println!("       {at}"));
        }
    }
    match broken.len() {
        0 => Ok(()),
        n => Err(Report::new(format!("{n} things are not as they must be"))),
    }
}
