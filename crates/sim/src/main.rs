//! `cargo run -p sim -- --seed N --trace` reads one run; `--seeds A..B` hunts; `stories` compares the golden transcripts.

use clap::{Arg, ArgAction, Command, value_parser};
use sim::pushes;
use sim::storm::{self, Report};
use sim::story;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words = Command::new("sim")
        .about("A whole Gantry in one thread, with weather")
        .arg_required_else_help(true)
        .arg(
            Arg::new("seed")
                .long("seed")
                .value_name("N")
                .value_parser(value_parser!(u64))
                .help("Run one seed"),
        )
        .arg(
            Arg::new("trace")
                .long("trace")
                .action(ArgAction::SetTrue)
                .help("Print what happens, line by line"),
        )
        .arg(
            Arg::new("seeds")
                .long("seeds")
                .value_name("A..B")
                .value_parser(range)
                .help("Run many, and tell of those that break a law"),
        )
        .arg(
            Arg::new("pushes")
                .long("pushes")
                .action(ArgAction::SetTrue)
                .help("The storm about the registry, instead of the one about tasks and services"),
        )
        .subcommand(
            Command::new("stories")
                .about("Compare the golden transcripts with what happens now")
                .arg(
                    Arg::new("bless")
                        .long("bless")
                        .action(ArgAction::SetTrue)
                        .help("Write what happens now into the files"),
                ),
        )
        .get_matches();
    if let Some(words) = words.subcommand_matches("stories") {
        return stories(words.get_flag("bless"));
    }
    let run = match words.get_flag("pushes") {
        true => pushes::run,
        false => storm::run,
    };
    if let Some(seed) = words.get_one::<u64>("seed") {
        return told(&[run(*seed, words.get_flag("trace"))]);
    }
    if let Some((from, to)) = words.get_one::<(u64, u64)>("seeds") {
        return hunt(run, *from, *to);
    }
    ExitCode::SUCCESS
}

fn range(text: &str) -> Result<(u64, u64), String> {
    let (from, to) = text.split_once("..").ok_or("as in 1..1000")?;
    let number = |text: &str| text.parse::<u64>().map_err(|e| e.to_string());
    Ok((number(from)?, number(to)?))
}

fn hunt(run: fn(u64, bool) -> Report, from: u64, to: u64) -> ExitCode {
    let mut broken = Vec::new();
    let (mut moves, mut lines, mut answers, mut deaths) = (0, 0, 0, 0);
    for seed in from..to {
        let report = run(seed, false);
        moves += report.moves;
        lines += report.lines;
        answers += report.answers;
        deaths += report.deaths;
        if let Some(breach) = report.breaches.first() {
            println!("seed {seed}: {} [{}]", breach.law, breach.at);
            broken.push(report);
        }
    }
    println!(
        "{} seeds, {moves} moves, {lines} lines, {answers} answers, {deaths} deaths; {} broke a law",
        to.saturating_sub(from),
        broken.len()
    );
    if broken.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn stories(bless: bool) -> ExitCode {
    let mut ended = ExitCode::SUCCESS;
    for path in sim::story_files() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is = std::fs::read_to_string(&path).unwrap_or_default();
        match story::tell(&is) {
            Err(why) => {
                println!("{name}: {why}");
                ended = ExitCode::FAILURE;
            }
            Ok(now) => match story::difference(&is, &now) {
                None => println!("{name}: as it was"),
                Some(_) if bless && std::fs::write(&path, &now).is_ok() => println!("{name}: written"),
                Some(difference) => {
                    println!("{name}: {difference}");
                    ended = ExitCode::FAILURE;
                }
            },
        }
    }
    ended
}

fn told(reports: &[Report]) -> ExitCode {
    for report in reports {
        println!(
            "seed {}: {} moves, {} lines, {} answers, {} deaths, hash {:016x}",
            report.seed, report.moves, report.lines, report.answers, report.deaths, report.hash
        );
        for breach in &report.breaches {
            println!("  broken: {} [{}]", breach.law, breach.at);
        }
    }
    match reports.iter().all(|report| report.breaches.is_empty()) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
