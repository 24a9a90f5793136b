//! What we remember: the records, who may move them, and what must always hold.
//!
//! For: one Rust type for each thing Gantry keeps, its place in the store, and the few rules that belong to the thing
//! itself whoever touches it: a task's status moves only along [`MOVES`], and only through [`Task::advance`].
//!
//! Words: a *node* is what ECS calls a container instance; a *ledger* says what of a node is taken; a *plan* is what
//! scheduler and nodes see of a task definition; what the user gave is kept beside it as [`Given`].
//!
//! Must never know: AWS shapes (they stop in `services`), the network, or how records reach the disk.

mod capacity;
mod cluster;
mod daemon;
mod definition;
mod given;
pub mod invariants;
pub mod ledger;
mod logs;
mod node;
mod record;
pub mod registry;
pub mod report;
mod service;
mod settings;
mod task;
mod template;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod vpc;
mod words;

pub use capacity::CapacityProvider;
pub use cluster::{Cluster, StrategyItem};
pub use daemon::{
    Daemon, DaemonDeployment, DaemonRevision, DaemonRollback, DaemonRules, DaemonSeat, DaemonSource, DaemonStatus,
};
pub use definition::{
    ContainerPlan, DefinitionStatus, Family, HostPort, PlacementRule, Plan, PortPlan, PortRange, TaskDefinition,
};
pub use given::{Given, Tag};
pub use logs::LogGroup;
pub use node::{Attribute, Demand, NamedAmount, Node, NodeLedger, NodeStatus, Resources};
pub use record::tables;
pub use service::{
    About, Alarms, Breaker, Controls, DeploymentStatus, EarlySuccess, Hook, HookAction, HookRun, HookStatus,
    MonitorStatus, Place, PropagateTags, RevisionStatus, Rollback, RolloutState, Rules, Scheduling, Service,
    ServiceDeployment, ServiceEvent, ServiceRevision, ServiceStatus, ServiceTally, Source, Stage, Standing, Strategy,
    Tally, TaskSet, Threshold,
};
pub use settings::{AccountSetting, ClientToken};
pub use task::{
    Actor, BadMove, Container, Health, Launch, LaunchType, MOVES, ManagedAgent, Membership, Move, Port, StopCode, Task,
    TaskStatus, VpcWish, Why,
};
pub use template::{PlacementOrder, Template, Waiting};
pub use vpc::{Attachment, Block, NetworkInterface, SecurityGroup, Subnet, SubnetLedger, TrafficRule, Vpc};
