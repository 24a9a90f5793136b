//! `gantry top`: the containers of this machine's tasks, and what they use right now.
//!
//! It asks the node's journal and the kernel, not the server: it tells the truth also when no server runs.

mod sample;
mod table;

use crate::data::DataDir;
use crate::report::Report;
use crate::{Done, verb};
use agent::machine::Paths;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use runtime::{Kept, Settings};
use sample::Sampler;
use std::io::{self, IsTerminal, Write};
use std::time::Duration;

pub fn command(data: Arg, json: Arg) -> Command {
    Command::new("top")
        .about("The tasks that run on this machine, and what they use right now")
        .arg(
            Arg::new("once")
                .long("once")
                .action(ArgAction::SetTrue)
                .help("Show it once and end"),
        )
        .arg(
            Arg::new("every")
                .long("every")
                .value_name("SECONDS")
                .value_parser(value_parser!(u32).range(1..=3600))
                .default_value("2")
                .help("How often to look, and over how long the processor's use is measured"),
        )
        .arg(data)
        .arg(json)
}

pub fn run(args: &ArgMatches) -> Done {
    let data = DataDir::choose(args.get_one("data"))?;
    let paths = Paths::new(&data.node());
    if !paths.containers().is_dir() {
        let report = Report::new(format!("no tasks ever ran here: {} has no node", data.path().display()));
        return Err(report.hint("gantry up, as root; or give --data DIR"));
    }
    let every = Duration::from_secs(u64::from(*args.get_one::<u32>("every").expect("it has a default")));
    let mut sampler = Sampler::new(paths.clone(), look(&paths)?);
    let (once, json) = (args.get_flag("once"), args.get_flag("json"));
    let shown = verb::wait(async { Ok(show(&mut sampler, every, once, json).await) })?;
    verb::written(shown, "what was seen cannot be shown").map(drop)
}

/// The runtime of the node, to look at only: of what it can do here just `state` and `stats` are asked, which change
/// nothing.
fn look(paths: &Paths) -> Result<Kept, Report> {
    let settings = Settings {
        state_dir: paths.containers(),
        keeper: "/nonexistent".into(),    // nothing is started
        cgroup_root: "gantry/top".into(), // each container knows its own
    };
    Kept::native(settings).map_err(|e| Report::new("the containers of this machine cannot be seen").because(e))
}

async fn show(sampler: &mut Sampler, every: Duration, once: bool, json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let live = out.is_terminal() && !once && !json;
    // The first look has nothing to compare with.
    sampler.look().await;
    tokio::time::sleep(if once { every.min(FIRST) } else { FIRST }).await;
    loop {
        let rows = sampler.look().await;
        if json {
            for row in &rows {
                writeln!(out, "{}", table::json(row))?;
            }
        } else if live {
            let size = rustix::termios::tcgetwinsize(&out).ok();
            let size = size.filter(|size| size.ws_row > 1 && size.ws_col > 0); // not all terminals know theirs
            let (lines, columns) = size.map_or((24, 80), |size| (size.ws_row, size.ws_col));
            let text = table::table(&rows);
            let mut screen = String::from("\x1b[H");
            for line in text.lines().take(usize::from(lines) - 1) {
                screen.extend(line.chars().take(usize::from(columns)));
                screen.push_str("\x1b[K\n");
            }
            screen.push_str("\x1b[J");
            out.write_all(screen.as_bytes())?;
        } else {
            out.write_all(table::table(&rows).as_bytes())?;
        }
        out.flush()?;
        if once {
            return Ok(());
        }
        if !live && !json {
            out.write_all(b"\n")?;
        }
        tokio::time::sleep(every).await;
    }
}

/// Long enough to see what the processor does, short enough to wait for.
const FIRST: Duration = Duration::from_millis(500);
