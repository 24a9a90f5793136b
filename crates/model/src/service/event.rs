//! What a service tells people, in AWS's wording. AWS shows the last hundred; here they are kept with the service.

use crate::record::record;
use base::Timestamp;
use minicbor::{Decode, Encode};
use store::Key;

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ServiceEvent {
    #[n(0)]
    pub cluster: String,
    #[n(1)]
    pub service: String,
    /// Counts up from 1 in each service.
    #[n(2)]
    pub number: u64,
    /// A UUID.
    #[n(3)]
    pub id: String,
    #[n(4)]
    pub at: Timestamp,
    #[n(5)]
    pub message: String,
    /// The name and level that ECS gives the event in its stream (`SERVICE_STEADY_STATE`, `INFO`), when it has one there.
    #[n(6)]
    pub name: Option<String>,
    #[n(7)]
    pub level: Option<String>,
    /// The reason as data, when there is more to say than the sentence: a placement's explanation.
    #[n(8)]
    pub detail: Option<String>,
    /// What it is about, for programs that read the event stream.
    #[n(9)]
    pub about: Option<About>,
}

/// The ids behind an event: who tells of it makes ARNs of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct About {
    /// AWS's word for what was missing: `RESOURCE:CPU`.
    #[n(0)]
    pub reason: Option<String>,
    /// How many tasks there are to be.
    #[n(1)]
    pub desired: Option<u32>,
    #[n(2)]
    #[cbor(default)]
    pub tasks: Vec<String>,
    /// `ecs-svc/` and 19 digits, each.
    #[n(3)]
    #[cbor(default)]
    pub task_sets: Vec<String>,
    #[n(4)]
    #[cbor(default)]
    pub nodes: Vec<String>,
    /// Capacity providers, by name.
    #[n(5)]
    #[cbor(default)]
    pub providers: Vec<String>,
    /// Of what becomes of a deployment: the revision that it is shown as.
    #[n(6)]
    pub deployment: Option<String>,
}

record!(ServiceEvent, "service-event", |e| ServiceEvent::key_of(
    &e.cluster, &e.service, e.number
));

impl ServiceEvent {
    pub fn key_of(cluster: &str, service: &str, number: u64) -> Key {
        Key::of([cluster, service]).part_u64(number)
    }

    /// All of a service.
    pub fn of(cluster: &str, service: &str) -> Key {
        Key::of([cluster, service])
    }
}
