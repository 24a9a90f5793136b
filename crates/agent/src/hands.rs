//! What carries out steps: the real machine, or a pretended one for tests.

use crate::health::Checked;
use crate::work::{ImageFacts, Work};
use base::Timestamp;
use link::{Away, PortBinding, Vpc};
use std::future::Future;
use std::sync::Arc;

/// A container came up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Came {
    pub at: Timestamp,
    pub ports: Vec<PortBinding>,
    pub address: Option<String>,
}

/// A container did not come up; whatever was made for it is gone again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotUp {
    pub reason: String,
    pub exit_code: Option<i32>,
}

/// How a container ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    pub at: Timestamp,
    /// `None` when nobody can know any more.
    pub code: Option<i32>,
    pub out_of_memory: bool,
}

/// What the machine has of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Runs(Came),
    Ended(Came, Ended),
    /// No trace of its present run, or of one whose program was never executed.
    Nothing,
}

/// Every method may be called again for the same thing after a crash, and must then end in the same state.
pub trait Hands: Send + Sync + 'static {
    /// Sees to it that a part's image is there. The error is the container's reason. Dropping it cancels it.
    fn pull(self: Arc<Self>, work: Arc<Work>, part: usize) -> impl Future<Output = Result<ImageFacts, String>> + Send;
    /// Makes the network that the task's containers share.
    fn network(self: Arc<Self>, work: Arc<Work>) -> impl Future<Output = Result<(), String>> + Send;
    fn start(self: Arc<Self>, work: Arc<Work>, part: usize) -> impl Future<Output = Result<Came, NotUp>> + Send;
    fn signal(self: Arc<Self>, work: Arc<Work>, part: usize) -> impl Future<Output = ()> + Send;
    fn kill(self: Arc<Self>, work: Arc<Work>, part: usize) -> impl Future<Output = ()> + Send;
    fn check(self: Arc<Self>, work: Arc<Work>, part: usize) -> impl Future<Output = Checked> + Send;
    /// Takes away all that the task has on the machine. Tries until it is so.
    fn clear(self: Arc<Self>, work: Arc<Work>) -> impl Future<Output = ()> + Send;
    /// Waits for the end of a container that runs.
    fn ended(self: Arc<Self>, work: Arc<Work>, part: usize) -> impl Future<Output = Ended> + Send;
    /// Passes on what a container says, from where it was left, until it has ended and all is passed on.
    fn logs(self: Arc<Self>, work: Arc<Work>, part: usize) -> impl Future<Output = ()> + Send;
    fn look(self: Arc<Self>, work: Arc<Work>, part: usize) -> impl Future<Output = Found> + Send;
    /// Removes whatever the machine has that belongs to no task of these.
    fn sweep(self: Arc<Self>, works: Vec<Arc<Work>>) -> impl Future<Output = ()> + Send;
    /// The server says what the VPC is, before any task that has an address there is given.
    fn learn(&self, _vpc: &Vpc) {}
    /// Where the VPC's addresses on other nodes are: all of them, or those that moved. In the order they are told.
    fn away(&self, _all: bool, _away: Vec<Away>) {}
    /// Something that containers are told has changed. Called with every change of a work.
    fn changed(&self, work: &Arc<Work>);
    /// The work is forgotten.
    fn forgotten(&self, work: &Arc<Work>);
}
