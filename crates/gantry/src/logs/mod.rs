//! `gantry logs`: what a task's containers say and said, wherever it went.
//!
//! Containers that log by `json-file`, or say nothing of logs, are read from the node's files, with or without a server;
//! those with `awslogs` from the server. Lines of several containers come in the order of their times.

mod find;
mod kept;
mod sent;
mod show;

use crate::client::{Api, CallError};
use crate::data::DataDir;
use crate::report::Report;
use crate::{Done, verb};
use agent::machine::Paths;
use base::{Clock, SystemClock, Timestamp};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
pub use find::works;
use find::{Container, Known, Log, Task};
use kept::Kept;
use sent::Sent;
use show::Show;
use std::collections::VecDeque;
use std::io;
use std::time::Duration;

/// Between two looks for more.
const PAUSE: Duration = Duration::from_millis(250);
/// Looks for more between two questions of how the task is.
const LOOKS: u32 = 4;
/// Kept in memory for `--tail`.
const MOST_TAIL: u32 = 1_000_000;

/// One line of a container.
pub struct Line {
    pub at: Timestamp,
    /// `stdout` or `stderr`, where that is known.
    pub stream: Option<&'static str>,
    pub text: Vec<u8>,
}

pub type Lines = VecDeque<Line>;

pub fn command(data: Arg, json: Arg) -> Command {
    Command::new("logs")
        .about("What a task's containers say and said")
        .arg(
            Arg::new("task")
                .value_name("TASK")
                .required(true)
                .help("The task's id, the beginning of it, or its ARN"),
        )
        .arg(
            Arg::new("follow")
                .long("follow")
                .short('f')
                .action(ArgAction::SetTrue)
                .help("Go on until the task is stopped"),
        )
        .arg(
            Arg::new("container")
                .long("container")
                .value_name("NAME")
                .help("Only this container"),
        )
        .arg(
            Arg::new("since")
                .long("since")
                .value_name("WHEN")
                .value_parser(When::parse)
                .help("Only what was said since: 90s, 10m, 2h, 3d ago, or a time such as 2026-01-31T12:00:00Z"),
        )
        .arg(
            Arg::new("tail")
                .long("tail")
                .value_name("N")
                .value_parser(value_parser!(u32).range(0..=i64::from(MOST_TAIL)))
                .help("Of what was said so far only the last N lines"),
        )
        .arg(
            Arg::new("times")
                .long("times")
                .short('t')
                .action(ArgAction::SetTrue)
                .help("When each line was said, in front of it"),
        )
        .arg(data)
        .arg(json)
}

pub fn run(args: &ArgMatches) -> Done {
    let data = DataDir::choose(args.get_one("data"))?;
    verb::wait(read(args, &data))
}

async fn read(args: &ArgMatches, data: &DataDir) -> Done {
    let word = args.get_one::<String>("task").expect("required");
    let paths = Paths::new(&data.node());
    if let Err(error) = std::fs::read_dir(data.path()) {
        let report = Report::new(format!("{} cannot be read", data.path().display()));
        let hint = match error.kind() {
            io::ErrorKind::PermissionDenied => "run it as the one who runs gantry up",
            _ => "give --data DIR",
        };
        return Err(report.because(error).hint(hint));
    }
    let api = Api::running(data).await?;
    let task = find::task(api.as_ref(), &paths, word).await?;
    let known = find::known(api.as_ref(), &paths, &task).await;
    let since = args.get_one::<When>("since").map(|when| when.time(SystemClock.now()));
    let only = args.get_one::<String>("container").map(String::as_str);
    let sources = sources(&paths, &task, &known, only, since, api.is_some())?;
    let names: Vec<usize> = sources.iter().map(|source| source.name.len()).collect();
    let width = (names.len() > 1).then(|| names.into_iter().max().unwrap_or(0));
    let reading = Reading {
        api: api.as_ref(),
        paths: &paths,
        task,
        sources,
        since,
        over: known.over,
    };
    let show = Show::new(args.get_flag("json"), args.get_flag("times"), width);
    let tail = args.get_one::<u32>("tail").map(|n| *n as usize);
    match reading.run(show, tail, args.get_flag("follow")).await {
        Err(Failed::Write(error)) => verb::written(Err(error), "the lines cannot be written").map(drop),
        Err(Failed::Kept(error)) => Err(Report::new("the node's files cannot be read").because(error)),
        Err(Failed::Sent(error)) => Err(Report::new("the server does not give the lines").because(error)),
        Ok(()) => Ok(()),
    }
}

/// One container's lines.
struct Source {
    name: String,
    from: From,
    lines: Lines,
    /// There is no more for now.
    dry: bool,
}

enum From {
    Kept(Kept),
    Sent(Sent),
}

fn sources(
    paths: &Paths,
    task: &Task,
    known: &Known,
    only: Option<&str>,
    since: Option<Timestamp>,
    has_server: bool,
) -> Result<Vec<Source>, Report> {
    let names: Vec<&str> = known.containers.iter().map(|c| c.name.as_str()).collect();
    if let Some(only) = only.filter(|only| !names.contains(only)) {
        let report = Report::new(format!("task {} has no container {only}", task.id));
        return Err(report.hint(format!("one of {}", names.join(", "))));
    }
    let chosen = known
        .containers
        .iter()
        .filter(|c| only.is_none_or(|only| c.name == only));
    let mut all = Vec::new();
    for container in chosen {
        let from = match &container.log {
            Log::Kept => From::Kept(Kept::new(paths, &task.id, &container.name)),
            Log::Sent { .. } if !has_server => {
                eprintln!(
                    "note: the lines of {} are with the server, which does not run",
                    container.name
                );
                continue;
            }
            Log::Sent { group, .. } => From::Sent(Sent::new(group, since)),
            Log::Nowhere { driver } => {
                eprintln!(
                    "note: nothing can be read of {}: its log driver is {driver}",
                    container.name
                );
                continue;
            }
        };
        let mut source = Source {
            name: container.name.clone(),
            from,
            lines: Lines::new(),
            dry: false,
        };
        source.hear(container);
        all.push(source);
    }
    Ok(all)
}

impl Source {
    /// Takes in what is newly known of the container.
    fn hear(&mut self, container: &Container) {
        match (&mut self.from, &container.log) {
            (From::Kept(kept), _) => container.runtime_id.iter().for_each(|id| kept.is_called(id)),
            (From::Sent(sent), Log::Sent { stream, .. }) => stream.iter().for_each(|stream| sent.is_called(stream)),
            _ => {}
        }
    }
}

enum Failed {
    Write(io::Error),
    Kept(io::Error),
    Sent(CallError),
}

struct Reading<'a> {
    api: Option<&'a Api>,
    paths: &'a Paths,
    task: Task,
    sources: Vec<Source>,
    since: Option<Timestamp>,
    over: bool,
}

impl Reading<'_> {
    async fn run(mut self, mut show: Show, tail: Option<usize>, follow: bool) -> Result<(), Failed> {
        let mut last: VecDeque<(usize, Line)> = VecDeque::new();
        while let Some((source, line)) = self.next(follow).await? {
            match tail {
                None => show.line(&self.sources[source].name, &line).map_err(Failed::Write)?,
                Some(tail) => {
                    last.push_back((source, line));
                    last.drain(..last.len().saturating_sub(tail));
                }
            }
        }
        for (source, line) in last {
            show.line(&self.sources[source].name, &line).map_err(Failed::Write)?;
        }
        show.flush().map_err(Failed::Write)?;
        let mut looks = 0;
        // Whether it is over was found out before what was read last.
        while follow && !self.over {
            tokio::time::sleep(PAUSE).await;
            looks += 1;
            if looks % LOOKS == 0 {
                let known = find::known(self.api, self.paths, &self.task).await;
                for source in &mut self.sources {
                    let container = known.containers.iter().find(|c| c.name == source.name);
                    container.into_iter().for_each(|container| source.hear(container));
                }
                self.over = known.over;
            }
            self.sources.iter_mut().for_each(|source| source.dry = false);
            while let Some((source, line)) = self.next(follow).await? {
                show.line(&self.sources[source].name, &line).map_err(Failed::Write)?;
            }
            show.flush().map_err(Failed::Write)?;
        }
        for source in &self.sources {
            let found = match &source.from {
                From::Kept(kept) => kept.found(),
                From::Sent(sent) => sent.found,
            };
            if !found {
                eprintln!(
                    "note: nothing is there of {}: it has not run, it ran on another machine, or its lines were taken away since",
                    source.name
                );
            }
        }
        Ok(())
    }

    /// The next line in the order of times; `None` when that is all for now.
    async fn next(&mut self, follow: bool) -> Result<Option<(usize, Line)>, Failed> {
        loop {
            for source in &mut self.sources {
                while source.lines.is_empty() && !source.dry {
                    let more = match &mut source.from {
                        From::Kept(kept) => kept.fill(&mut source.lines).map_err(Failed::Kept)?,
                        From::Sent(sent) => {
                            let api = self.api.expect("without a server nothing is read from it");
                            match sent.fill(api, &mut source.lines).await {
                                // It may come back: its containers stay.
                                Err(CallError::Unreachable(_)) if follow => false,
                                filled => filled.map_err(Failed::Sent)?,
                            }
                        }
                    };
                    source.dry = !more;
                }
            }
            let waiting = self.sources.iter().enumerate();
            let first = waiting
                .filter_map(|(n, source)| Some((source.lines.front()?.at, n)))
                .min();
            let Some((at, source)) = first else {
                return Ok(None);
            };
            let line = self.sources[source].lines.pop_front().expect("it was just looked at");
            if self.since.is_none_or(|since| at >= since) {
                return Ok(Some((source, line)));
            }
        }
    }
}

/// The last lines of each container of a task, as far as they can be found from here.
pub async fn last(
    api: &Api,
    paths: &Paths,
    id: &str,
    cluster: &str,
    most: usize,
) -> Result<Vec<(String, Line)>, Report> {
    let task = Task {
        id: id.to_string(),
        cluster: Some(cluster.to_string()),
    };
    let known = find::known(Some(api), paths, &task).await;
    let mut reading = Reading {
        api: Some(api),
        paths,
        sources: sources(paths, &task, &known, None, None, true)?,
        task,
        since: None,
        over: known.over,
    };
    let mut last: Vec<VecDeque<Line>> = reading.sources.iter().map(|_| VecDeque::new()).collect();
    while let Ok(Some((source, line))) = reading.next(false).await {
        last[source].push_back(line);
        if last[source].len() > most {
            last[source].pop_front();
        }
    }
    let named = reading.sources.iter().zip(last);
    Ok(named
        .flat_map(|(source, lines)| lines.into_iter().map(|line| (source.name.clone(), line)))
        .collect())
}

/// A time, or so long ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    At(Timestamp),
    AgoMillis(i64),
}

impl When {
    pub fn parse(text: &str) -> Result<When, String> {
        if let Some(at) = Timestamp::parse_iso8601(text) {
            return Ok(When::At(at));
        }
        let unit = match text.as_bytes().last() {
            Some(b's') => 1,
            Some(b'm') => 60,
            Some(b'h') => 60 * 60,
            Some(b'd') => 24 * 60 * 60,
            _ => 0,
        };
        let number = text
            .get(..text.len().saturating_sub(1))
            .and_then(|n| n.parse::<u32>().ok());
        match (number, unit) {
            (Some(number), 1..) => Ok(When::AgoMillis(i64::from(number) * unit * 1000)),
            _ => Err("neither 90s, 10m, 2h or 3d, nor a time such as 2026-01-31T12:00:00Z".to_string()),
        }
    }

    pub fn time(self, now: Timestamp) -> Timestamp {
        match self {
            When::At(at) => at,
            When::AgoMillis(ago) => now.plus_millis(-ago),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_given_in_either_way() {
        let now = Timestamp(1_000_000_000_000);
        let of = |text| When::parse(text).map(|when| when.time(now).millis());
        assert_eq!(of("90s"), Ok(now.millis() - 90_000));
        assert_eq!(of("2h"), Ok(now.millis() - 7_200_000));
        assert_eq!(of("1970-01-01T00:00:01Z"), Ok(1000));
        for bad in ["", "h", "-1h", "1w", "tomorrow", "1.5h", "ü"] {
            assert!(of(bad).is_err(), "{bad}");
        }
    }
}
