//! One task on this node, as far as it has come. Kept in the node's journal at every change, so that a new agent knows
//! what the old one was about; what the machine really has is looked up and told as facts.

use crate::health::HealthState;
use base::Timestamp;
use link::plan::NetworkMode;
use link::{Assignment, ContainerPlan, PortBinding, StopCode};
use minicbor::{Decode, Encode};

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Work {
    #[n(0)]
    pub assigned: Assignment,
    #[n(1)]
    pub parts: Vec<Part>,
    /// When the server asked it to stop.
    #[n(2)]
    pub asked_to_stop: Option<Timestamp>,
    #[n(3)]
    pub network: Network,
    /// Why it ends, settled once: by the first thing that made it end.
    #[n(4)]
    pub ending: Option<Ending>,
    #[n(5)]
    pub pull_started_at: Option<Timestamp>,
    #[n(6)]
    pub pull_stopped_at: Option<Timestamp>,
    /// When every container had come up.
    #[n(7)]
    pub started_at: Option<Timestamp>,
    /// When the last container ended.
    #[n(8)]
    pub execution_stopped_at: Option<Timestamp>,
    /// Nothing of it is left on the machine.
    #[n(9)]
    pub cleared: bool,
    /// Whether the server has forgotten it, so that nobody waits for its report.
    #[n(10)]
    pub abandoned: bool,
    /// It is being taken away. Not remembered: a new agent begins again.
    #[cbor(skip)]
    pub clearing: bool,
}

/// Why a task ends.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Ending {
    #[n(0)]
    pub at: Timestamp,
    /// `None` when somebody asked: the server knows who and why.
    #[n(1)]
    pub code: Option<Code>,
    #[n(2)]
    pub reason: Option<String>,
}

/// [`StopCode`], as the journal keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Code {
    #[n(0)]
    FailedToStart,
    #[n(1)]
    EssentialExited,
}

impl From<Code> for StopCode {
    fn from(code: Code) -> StopCode {
        match code {
            Code::FailedToStart => StopCode::TaskFailedToStart,
            Code::EssentialExited => StopCode::EssentialContainerExited,
        }
    }
}

/// The network of a task whose containers share one; others get theirs one by one when they start.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Network {
    /// Containers have their own, or the machine's.
    #[n(0)]
    NotShared,
    #[n(1)]
    Wanted,
    #[n(2)]
    BeingMade,
    #[n(3)]
    Up,
    #[n(4)]
    Failed(#[n(0)] String),
}

/// One container of the task.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Part {
    /// What it is called, also to its users. A restarted part keeps it.
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub stage: Stage,
    #[n(2)]
    pub image: Option<ImageFacts>,
    #[n(3)]
    pub created_at: Option<Timestamp>,
    /// When it last started.
    #[n(4)]
    pub started_at: Option<Timestamp>,
    #[n(5)]
    pub finished_at: Option<Timestamp>,
    #[n(6)]
    pub exit_code: Option<i32>,
    #[n(7)]
    pub reason: Option<String>,
    #[n(8)]
    pub restarts: u32,
    #[n(9)]
    pub health: HealthState,
    #[n(10)]
    pub ports: Vec<PortBinding>,
    /// Its own address on the machine's bridge.
    #[n(11)]
    pub address: Option<String>,
    /// When it was told to stop, and when it was killed because it did not.
    #[n(12)]
    pub told_to_stop: Option<Timestamp>,
    #[n(13)]
    pub killed: Option<Timestamp>,
    /// The runs whose words have not all been passed on yet; nothing is taken away before they are.
    #[n(14)]
    pub unheard: Vec<u32>,
    /// The secret name under which it asks for its metadata, and the one for its credentials.
    #[n(15)]
    pub metadata_id: String,
    /// A check is under way. Not remembered: a new agent has none under way.
    #[cbor(skip)]
    pub checking: bool,
    /// Its pull was told to end.
    #[cbor(skip)]
    pub cancelled: bool,
    /// Its stop signal was sent. Not remembered: a new agent cannot know, and sends it again.
    #[cbor(skip)]
    pub signalled: bool,
}

/// How far a part has come. In this order, but for a restart, which goes from `Running` to `Restarting` and back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Stage {
    #[n(0)]
    Waiting,
    #[n(1)]
    Pulling,
    #[n(2)]
    Pulled,
    /// The runtime was told to start it; whether it did is for the runtime to say.
    #[n(3)]
    Starting,
    #[n(4)]
    Running,
    /// It ended, and its restart policy has it started again.
    #[n(5)]
    Restarting,
    /// It will not run again: it ended, it failed, or it was never started.
    #[n(6)]
    Over,
}

/// What is known of a part's image once it is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ImageFacts {
    #[n(0)]
    pub digest: String,
    #[n(1)]
    pub id: String,
    #[n(2)]
    pub stop_signal: Option<String>,
}

impl Work {
    /// A task that was just assigned. `ids` names each container: the runtime's name, and the secret one.
    pub fn new(assigned: Assignment, mut ids: impl FnMut() -> (String, String)) -> Work {
        let shares = matches!(
            assigned.plan.network_mode,
            Some(NetworkMode::Awsvpc | NetworkMode::None)
        );
        let part = |_: &ContainerPlan| {
            let (id, metadata_id) = ids();
            Part::new(id, metadata_id)
        };
        Work {
            parts: assigned.plan.containers.iter().map(part).collect(),
            asked_to_stop: None,
            network: if shares { Network::Wanted } else { Network::NotShared },
            ending: None,
            pull_started_at: None,
            pull_stopped_at: None,
            started_at: None,
            execution_stopped_at: None,
            cleared: false,
            abandoned: false,
            clearing: false,
            assigned,
        }
    }

    pub fn key(&self) -> &str {
        &self.assigned.key
    }

    pub fn plan(&self, part: usize) -> &ContainerPlan {
        &self.assigned.plan.containers[part]
    }

    /// The place of a container that the plan names.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.assigned.plan.containers.iter().position(|c| c.name == name)
    }

    pub fn all_over(&self) -> bool {
        self.parts.iter().all(|part| part.stage == Stage::Over)
    }

    /// The health check of a part. `NONE` is none, and one of the image's own does not count.
    pub fn check(&self, part: usize) -> Option<&link::plan::HealthCheck> {
        let check = self.plan(part).health.as_ref()?;
        (check.command.first().is_some_and(|word| word != "NONE")).then_some(check)
    }
}

impl Part {
    fn new(id: String, metadata_id: String) -> Part {
        Part {
            id,
            stage: Stage::Waiting,
            image: None,
            created_at: None,
            started_at: None,
            finished_at: None,
            exit_code: None,
            reason: None,
            restarts: 0,
            health: HealthState::default(),
            ports: Vec::new(),
            address: None,
            told_to_stop: None,
            killed: None,
            unheard: Vec::new(),
            metadata_id,
            checking: false,
            cancelled: false,
            signalled: false,
        }
    }

    /// What the runtime calls its present run: each restart is a container of its own on the same files.
    pub fn run_name(&self) -> String {
        self.run_names().last().expect("there is always the first run")
    }

    /// All runs so far, oldest first.
    pub fn run_names(&self) -> impl Iterator<Item = String> + '_ {
        (0..=self.restarts).map(|run| match run {
            0 => self.id.clone(),
            n => format!("{}.{n}", self.id),
        })
    }

    /// Whether it has run at all.
    pub fn has_run(&self) -> bool {
        self.started_at.is_some()
    }
}
