//! The real machine: carries out steps with the image store, the runtime and the network.
//!
//! Words: the *node's directory* holds all that the node keeps but images; a *destination* is where a container's log
//! events go, for those that keep none here.

pub mod about;
mod clear;
mod collect;
mod devices;
mod files;
mod house;
mod look;
mod paths;
mod pull;
mod source;
mod spec;
mod start;
mod users;
mod vpc;

pub use paths::Paths;
pub use source::NodeSource;

use crate::endpoints::NodeSecret;
use crate::hands::{Came, Ended, Found, Hands, NotUp};
use crate::health::Checked;
use crate::session::Identity;
use crate::ship::Shipper;
use crate::work::{ImageFacts, Work};
use base::{Clock, Timestamp};
use collect::Destination;
use images::{Image, Images, PullPolicy};
use link::{Away, Vpc};
use network::Network;
use runtime::{ExecEnd, ExecSpec, Runtime, Trash};
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use telemetry::driver::{Options, OptionsError};

/// The rooms below, opened.
pub struct Machine {
    pub images: Images,
    pub runtime: Arc<dyn Runtime>,
    pub network: Arc<Network>,
    pub shipper: Shipper,
    pub identity: Identity,
    pub clock: Arc<dyn Clock>,
    pub paths: Paths,
    /// Takes what tasks leave in their directories.
    pub trash: Trash,
    pub secret: NodeSecret,
    pub pull_policy: PullPolicy,
    /// Images of parts that will start soon, so that a start need not look them up.
    pub(crate) ready: Mutex<BTreeMap<String, Image>>,
    /// Held while a holder of namespaces is being made.
    pub(crate) holders: tokio::sync::Mutex<()>,
    /// Whether tasks can have users of their own, as far as is known.
    pub(crate) gives_users: AtomicBool,
    pub(crate) house: house::House,
    pub(crate) ways: vpc::Ways,
}

/// The rooms and settings of a [`Machine`].
pub struct Parts {
    pub images: Images,
    pub runtime: Arc<dyn Runtime>,
    pub network: Arc<Network>,
    pub shipper: Shipper,
    pub identity: Identity,
    pub clock: Arc<dyn Clock>,
    pub paths: Paths,
    /// Takes what tasks leave in their directories.
    pub trash: Trash,
    pub secret: NodeSecret,
    pub pull_policy: PullPolicy,
}

/// Pause between attempts at what must succeed in the end.
const AGAIN: Duration = Duration::from_millis(500);

impl Machine {
    pub fn new(parts: Parts) -> Machine {
        let Parts {
            images,
            runtime,
            network,
            shipper,
            identity,
            clock,
            paths,
            trash,
            secret,
            pull_policy,
        } = parts;
        Machine {
            images,
            runtime,
            network,
            shipper,
            identity,
            clock,
            paths,
            trash,
            secret,
            pull_policy,
            ready: Mutex::default(),
            holders: tokio::sync::Mutex::default(),
            gives_users: AtomicBool::new(true),
            house: house::House::default(),
            ways: vpc::Ways::default(),
        }
    }

    fn remember(&self, part: &str, image: Image) {
        let mut ready = self.ready.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        ready.insert(part.to_string(), image);
    }

    fn remembered(&self, part: &str) -> Option<Image> {
        let ready = self.ready.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        ready.get(part).cloned()
    }

    fn forget(&self, part: &str) {
        let mut ready = self.ready.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        ready.remove(part);
    }

    /// Where a part's events go; `None` when it keeps its logs here.
    fn destination(&self, work: &Work, part: usize) -> Result<Option<Destination>, OptionsError> {
        let Some(log) = work.plan(part).log.as_ref().filter(|log| log.driver == "awslogs") else {
            return Ok(None);
        };
        let options = log.options.iter().map(|p| (p.name.as_str(), p.value.as_str()));
        let options = Options::parse(options)?;
        let state = &work.parts[part];
        Ok(Some(Destination {
            stream: options.stream_for(&work.plan(part).name, &work.assigned.id, &state.id),
            options,
            source: state.run_name(),
        }))
    }
}

impl Hands for Machine {
    async fn pull(self: Arc<Self>, work: Arc<Work>, part: usize) -> Result<ImageFacts, String> {
        pull::pull(&self, &work, part).await
    }

    async fn network(self: Arc<Self>, work: Arc<Work>) -> Result<(), String> {
        start::share(&self, &work).await
    }

    async fn start(self: Arc<Self>, work: Arc<Work>, part: usize) -> Result<Came, NotUp> {
        start::start(&self, &work, part).await
    }

    async fn signal(self: Arc<Self>, work: Arc<Work>, part: usize) {
        self.send(&work, part, spec::stop_signal(&work, part)).await;
    }

    async fn kill(self: Arc<Self>, work: Arc<Work>, part: usize) {
        self.send(&work, part, SIGKILL).await;
    }

    async fn check(self: Arc<Self>, work: Arc<Work>, part: usize) -> Checked {
        let began_at = self.clock.now();
        let (exit_code, output) = self.run_check(&work, part).await;
        Checked {
            began_at,
            ended_at: self.clock.now().max(began_at),
            exit_code,
            output,
        }
    }

    async fn clear(self: Arc<Self>, work: Arc<Work>) {
        clear::clear(&self, &work).await;
    }

    async fn ended(self: Arc<Self>, work: Arc<Work>, part: usize) -> Ended {
        let run = work.parts[part].run_name();
        loop {
            match self.runtime.wait(&run).await {
                Ok(state) => match look::ended(state, self.clock.now()) {
                    Some(ended) => return ended,
                    None => continue, // it said that it waits until there is an end
                },
                Err(error) => {
                    tracing::error!(%error, container = run, "a container cannot be waited for; trying again");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }

    async fn logs(self: Arc<Self>, work: Arc<Work>, part: usize) {
        let run = work.parts[part].run_name();
        // Options that make no sense kept it from starting.
        let Ok(Some(to)) = self.destination(&work, part) else {
            // Its keeper keeps them; they are all there once it has ended.
            let _ = Arc::clone(&self).ended(work, part).await;
            return;
        };
        while let Err(error) = collect::collect(&self.runtime.log_dir(&run), &to, &self.shipper, &*self.clock).await {
            if error.kind() == std::io::ErrorKind::NotFound {
                return; // the container is gone, and its logs were passed on before that
            }
            tracing::error!(%error, container = run, "a container's logs cannot be read; trying again");
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn look(self: Arc<Self>, work: Arc<Work>, part: usize) -> Found {
        look::look(&self, &work, part).await
    }

    async fn sweep(self: Arc<Self>, works: Vec<Arc<Work>>) {
        clear::sweep(&self, &works).await;
    }

    fn learn(&self, vpc: &Vpc) {
        vpc::learn(&self.network, vpc);
    }

    fn away(&self, all: bool, away: Vec<Away>) {
        self.ways.put(all, away);
    }

    fn changed(&self, _work: &Arc<Work>) {}

    fn forgotten(&self, work: &Arc<Work>) {
        for part in &work.parts {
            self.forget(&part.id);
        }
    }
}

const SIGKILL: i32 = 9;

impl Machine {
    async fn send(&self, work: &Work, part: usize, signal: i32) {
        let run = work.parts[part].run_name();
        match self.runtime.signal(&run, signal).await {
            // One that ends by itself meanwhile needs none.
            Ok(())
            | Err(runtime::Error::NotThere {
                state: runtime::State::Exited(_) | runtime::State::Absent,
                ..
            }) => {}
            Err(error) => tracing::warn!(%error, container = run, signal, "a signal was not delivered"),
        }
    }

    /// The exit code and what was printed; -1 when it did not end by itself in time.
    async fn run_check(&self, work: &Work, part: usize) -> (i32, String) {
        let Some(check) = work.check(part) else {
            return (0, String::new()); // there was one when it was decided
        };
        let words: Vec<String> = match check.command.split_first() {
            Some((kind, rest)) if kind == "CMD-SHELL" => {
                let shell = ["/bin/sh", "-c"].map(str::to_string);
                shell.into_iter().chain([rest.join(" ")]).collect()
            }
            Some((kind, rest)) if kind == "CMD" => rest.to_vec(),
            _ => check.command.clone(),
        };
        let mut exec = ExecSpec::new(words);
        exec.timeout = Duration::from_secs(u64::from(check.timeout_s.max(1)));
        exec.max_output = crate::health::MOST_OUTPUT_BYTES;
        match self.runtime.exec(&work.parts[part].run_name(), &exec).await {
            Ok(outcome) => {
                let output = String::from_utf8_lossy(&outcome.output).into_owned();
                match outcome.end {
                    ExecEnd::Ended(runtime::Ended::Code(code)) => (code, output),
                    ExecEnd::Ended(runtime::Ended::Signal(signal)) => (128 + signal, output),
                    ExecEnd::TimedOut => (
                        -1,
                        format!("Health check exceeded timeout ({}s): {output}", check.timeout_s),
                    ),
                }
            }
            Err(error) => (-1, error.to_string()),
        }
    }
}

/// When the kernel says that something happened.
fn at(nanos: runtime::Nanos) -> Timestamp {
    Timestamp(nanos.millis())
}
