//! Containers that are only said to run: for tests of others, and for the simulator.
//!
//! Its programs are scripts in the few words of a shell that the fake knows: `echo words [>&2]`, `sleep seconds`,
//! `true`, `false`, `exit code`, `trap 'exit code' TERM`, `trap '' TERM`, `while true; do ...; done`, `oom`, joined by
//! `;`, alone or after `sh -c`. Time is tokio's, so a paused clock moves them. Another program can be put in for any
//! container or exec with [`Fake::script`]. Logs are real files, by the real writer.
//!
//! Must never know: real processes.

use crate::cgroup::Stats;
use crate::logs::{LogWriter, Stream};
use crate::runtime::{
    Created, Ended, Error, ExecEnd, ExecOutcome, ExecSpec, Exit, Held, HoldSpec, Later, Listed, Runtime, Started, State,
};
use crate::spec::{ContainerSpec, Terminal};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Chooses the script of a program: its arguments in, a script or None for the fake's own understanding out.
pub type Script = Box<dyn Fn(&[String]) -> Option<String> + Send + Sync>;

#[derive(Clone)]
pub struct Fake(Arc<Inner>);

struct Inner {
    dir: PathBuf,
    containers: Mutex<BTreeMap<String, Container>>,
    script: Mutex<Option<Script>>,
    next_pid: Mutex<u32>,
}

struct Container {
    spec: ContainerSpec,
    pid: u32,
    state: watch::Sender<State>,
    /// What a signal does: None is to end.
    on_term: Option<Option<i32>>,
}

impl Fake {
    /// Logs go below `dir`.
    pub fn new(dir: PathBuf) -> Fake {
        Fake(Arc::new(Inner {
            dir,
            containers: Mutex::default(),
            script: Mutex::default(),
            next_pid: Mutex::new(100),
        }))
    }

    pub fn script(&self, script: Script) {
        *lock(&self.0.script) = Some(script);
    }

    /// As if the container's keeper had been killed.
    pub fn lose(&self, id: &str) {
        if let Some(container) = lock(&self.0.containers).get(id) {
            container.state.send_replace(State::Lost);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One word of a script.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    Say(Stream, String),
    Sleep(Duration),
    Exit(i32),
    Oom,
    OnTerm(Option<i32>),
    Again(Vec<Step>),
}

/// None: no such program.
fn understand(args: &[String]) -> Option<Vec<Step>> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match &words[..] {
        ["sh" | "/bin/sh", "-c", script, ..] => steps(script),
        ["CMD-SHELL", script] => steps(script),
        _ => steps(&words.join(" ")),
    }
}

fn steps(script: &str) -> Option<Vec<Step>> {
    let mut all = Vec::new();
    let mut rest = script.trim();
    while !rest.is_empty() {
        if let Some(body) = rest.strip_prefix("while true; do ") {
            let (body, after) = body.split_once("; done")?;
            all.push(Step::Again(steps(body)?));
            rest = after.trim_start_matches(';').trim();
            continue;
        }
        let (one, after) = rest.split_once(';').unwrap_or((rest, ""));
        let one = one.trim();
        all.push(match one.split_once(' ').unwrap_or((one, "")) {
            ("echo", words) => match words.strip_suffix(">&2") {
                Some(words) => Step::Say(Stream::Err, words.trim().to_owned()),
                None => Step::Say(Stream::Out, words.to_owned()),
            },
            ("sleep", seconds) => Step::Sleep(Duration::from_secs_f64(seconds.parse().ok()?)),
            ("true" | "hold", _) => Step::Sleep(Duration::ZERO),
            ("false", _) => Step::Exit(1),
            ("exit", code) => Step::Exit(code.parse().ok()?),
            ("oom", _) => Step::Oom,
            ("trap", "'' TERM") => Step::OnTerm(None),
            ("trap", words) => Step::OnTerm(Some(
                words.strip_prefix("'exit ")?.strip_suffix("' TERM")?.parse().ok()?,
            )),
            _ => return None,
        });
        rest = after.trim();
    }
    Some(all)
}

fn not_found(name: &str) -> (i32, String) {
    match name {
        path if path.starts_with("/etc") => (126, format!("exec: \"{path}\": permission denied")),
        path if path.starts_with('/') => (127, format!("exec: \"{path}\": stat {path}: no such file or directory")),
        name => (127, format!("exec: \"{name}\": executable file not found in $PATH")),
    }
}

impl Inner {
    fn understand(&self, args: &[String]) -> Option<Vec<Step>> {
        match lock(&self.script).as_ref().and_then(|script| script(args)) {
            Some(script) => steps(&script),
            None => understand(args),
        }
    }

    fn state(&self, id: &str) -> State {
        lock(&self.containers)
            .get(id)
            .map_or(State::Absent, |one| *one.state.borrow())
    }

    fn not_there(&self, id: &str) -> Error {
        Error::NotThere {
            id: id.to_owned(),
            state: self.state(id),
        }
    }

    /// A step forward, unless the end was there before.
    fn end(&self, id: &str, how: Ended, oom: bool) {
        if let Some(container) = lock(&self.containers).get(id) {
            container.state.send_if_modified(|state| {
                let started_at = match *state {
                    State::Running { started_at, .. } => Some(started_at),
                    State::Created => None,
                    _ => return false,
                };
                *state = State::Exited(Exit {
                    how,
                    oom,
                    at: crate::dir::now(),
                    started_at,
                });
                true
            });
        }
    }

    async fn play(self: Arc<Inner>, id: String, script: Vec<Step>, mut log: LogWriter) {
        let mut todo: Vec<Step> = script.into_iter().rev().collect();
        let mut end = (Ended::Code(0), false);
        while let Some(step) = todo.pop() {
            if !matches!(self.state(&id), State::Running { .. }) {
                return;
            }
            match step {
                Step::Say(stream, words) => log.feed(stream, format!("{words}\n").as_bytes(), crate::dir::now()),
                Step::Sleep(time) => tokio::time::sleep(time).await,
                Step::Exit(code) => {
                    end = (Ended::Code(code), false);
                    break;
                }
                Step::Oom => {
                    end = (Ended::Signal(9), true);
                    break;
                }
                Step::OnTerm(what) => {
                    if let Some(container) = lock(&self.containers).get_mut(&id) {
                        container.on_term = Some(what);
                    }
                }
                Step::Again(body) => {
                    todo.push(Step::Again(body.clone()));
                    todo.extend(body.into_iter().rev());
                }
            }
        }
        log.finish(crate::dir::now());
        self.end(&id, end.0, end.1);
    }

    fn create(&self, spec: &ContainerSpec) -> Result<Created, Error> {
        if spec.args.is_empty() || spec.id.is_empty() || spec.id.contains('/') || spec.id.starts_with('.') {
            return Err(Error::Spec("a container needs a name and a program".into()));
        }
        let known = |name: &str| name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) || name == "root";
        if !known(spec.user.split(':').next().unwrap_or_default()) {
            let text = format!("unable to find user {}: no matching entries in passwd file", spec.user);
            return Err(Error::Build {
                step: "find the user".into(),
                text,
            });
        }
        let mut containers = lock(&self.containers);
        if containers.contains_key(&spec.id) {
            return Err(Error::Exists(spec.id.clone()));
        }
        std::fs::create_dir_all(self.dir.join(&spec.id).join("log"))
            .map_err(Error::io("cannot make the log directory"))?;
        let mut next = lock(&self.next_pid);
        *next += 1;
        let container = Container {
            spec: spec.clone(),
            pid: *next,
            state: watch::Sender::new(State::Created),
            on_term: None,
        };
        containers.insert(spec.id.clone(), container);
        Ok(Created {
            pid: *next,
            warnings: Vec::new(),
        })
    }

    fn start(self: &Arc<Inner>, id: &str) -> Result<Started, Error> {
        let found = lock(&self.containers)
            .get(id)
            .map(|one| (one.spec.args.clone(), one.spec.logs, one.pid));
        let (args, mode, pid) = found.ok_or_else(|| self.not_there(id))?;
        let Some(script) = self.understand(&args) else {
            let (code, text) = not_found(&args[0]);
            self.end(id, Ended::Code(code), false);
            return Err(Error::Exec { code, text });
        };
        let at = crate::dir::now();
        let log = LogWriter::open(self.dir.join(id).join("log"), mode).map_err(Error::io("cannot open the log"))?;
        if let Some(one) = lock(&self.containers).get(id) {
            one.state.send_replace(State::Running { pid, started_at: at });
        }
        tokio::spawn(Arc::clone(self).play(id.to_owned(), script, log));
        Ok(Started {
            pid,
            at,
            warnings: Vec::new(),
        })
    }

    fn signal(&self, id: &str, signal: i32) -> Result<(), Error> {
        let on_term = lock(&self.containers).get(id).map(|one| one.on_term);
        let on_term = on_term.ok_or_else(|| self.not_there(id))?;
        match (signal, on_term) {
            (15, Some(None)) => {}
            (15, Some(Some(code))) => self.end(id, Ended::Code(code), false),
            (signal, _) => self.end(id, Ended::Signal(signal), false),
        }
        Ok(())
    }

    async fn exec(&self, id: &str, exec: &ExecSpec) -> Result<ExecOutcome, Error> {
        if !matches!(self.state(id), State::Running { .. }) {
            return Err(self.not_there(id));
        }
        let (mut end, mut output) = (ExecEnd::Ended(Ended::Code(0)), Vec::new());
        match self.understand(&exec.args) {
            None => {
                let (code, text) = not_found(&exec.args[0]);
                (end, output) = (ExecEnd::Ended(Ended::Code(code)), text.into_bytes());
            }
            Some(steps) => {
                let mut left = exec.timeout;
                for step in steps {
                    match step {
                        Step::Say(_, words) => output.extend_from_slice(format!("{words}\n").as_bytes()),
                        Step::Sleep(time) => {
                            tokio::time::sleep(time.min(left)).await;
                            left = left.saturating_sub(time);
                        }
                        Step::Exit(code) => {
                            end = ExecEnd::Ended(Ended::Code(code));
                            break;
                        }
                        Step::Again(_) => left = Duration::ZERO,
                        Step::Oom | Step::OnTerm(_) => {}
                    }
                    if left.is_zero() {
                        end = ExecEnd::TimedOut;
                        break;
                    }
                }
            }
        }
        let truncated = output.len() > exec.max_output;
        output.truncate(exec.max_output);
        Ok(ExecOutcome { end, output, truncated })
    }
}

impl Runtime for Fake {
    fn create<'a>(&'a self, spec: &'a ContainerSpec) -> Later<'a, Created> {
        Box::pin(async move { self.0.create(spec) })
    }

    fn start<'a>(&'a self, id: &'a str) -> Later<'a, Started> {
        Box::pin(async move { self.0.start(id) })
    }

    fn signal<'a>(&'a self, id: &'a str, signal: i32) -> Later<'a, ()> {
        Box::pin(async move { self.0.signal(id, signal) })
    }

    fn state<'a>(&'a self, id: &'a str) -> Later<'a, State> {
        Box::pin(async move { Ok(self.0.state(id)) })
    }

    fn wait<'a>(&'a self, id: &'a str) -> Later<'a, State> {
        Box::pin(async move {
            let state = lock(&self.0.containers).get(id).map(|one| one.state.subscribe());
            let Some(mut state) = state else {
                return Ok(State::Absent);
            };
            let over = |state: &State| !matches!(state, State::Created | State::Running { .. });
            Ok(state.wait_for(over).await.map_or(State::Absent, |state| *state))
        })
    }

    fn exec<'a>(&'a self, id: &'a str, exec: &'a ExecSpec) -> Later<'a, ExecOutcome> {
        Box::pin(self.0.exec(id, exec))
    }

    fn resize<'a>(&'a self, _: &'a str, _: Terminal) -> Later<'a, ()> {
        Box::pin(async { Ok(()) })
    }

    fn stats<'a>(&'a self, id: &'a str) -> Later<'a, Stats> {
        Box::pin(async move {
            match self.0.state(id) {
                State::Absent => Err(self.0.not_there(id)),
                _ => Ok(Stats::default()),
            }
        })
    }

    fn remove<'a>(&'a self, id: &'a str) -> Later<'a, ()> {
        Box::pin(async move {
            self.0.end(id, Ended::Signal(9), false);
            if lock(&self.0.containers).remove(id).is_some() {
                let _ = std::fs::remove_dir_all(self.0.dir.join(id));
            }
            Ok(())
        })
    }

    fn list(&self) -> Later<'_, Vec<Listed>> {
        Box::pin(async move {
            let all = lock(&self.0.containers);
            let listed = all.iter().map(|(id, one)| Listed {
                id: id.clone(),
                state: *one.state.borrow(),
                labels: one.spec.labels.clone(),
            });
            Ok(listed.collect())
        })
    }

    fn hold<'a>(&'a self, hold: &'a HoldSpec) -> Later<'a, Held> {
        Box::pin(async move {
            let spec = ContainerSpec {
                id: hold.id.clone(),
                args: vec!["hold".into()],
                labels: hold.labels.clone(),
                ..ContainerSpec::default()
            };
            let pid = self.0.create(&spec)?.pid;
            let path = |is: bool, name: &str| is.then(|| PathBuf::from(format!("/proc/{pid}/ns/{name}")));
            Ok(Held {
                pid_namespace: path(hold.pid, "pid"),
                ipc_namespace: path(hold.ipc, "ipc"),
            })
        })
    }

    fn log_dir(&self, id: &str) -> PathBuf {
        self.0.dir.join(id).join("log")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_understood() {
        let words = [
            "sh",
            "-c",
            "trap 'exit 7' TERM; echo a b; while true; do sleep 0.5; done",
        ]
        .map(String::from);
        let Some(steps) = understand(&words) else { panic!() };
        assert_eq!(steps.len(), 3);
        assert_eq!(steps[1], Step::Say(Stream::Out, "a b".into()));
        assert_eq!(understand(&["nginx".to_owned()]), None);
    }
}
