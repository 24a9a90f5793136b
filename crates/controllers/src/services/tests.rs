//! Services in a town of their own: nodes that do what they are told, a clock that is moved by hand, and after every
//! step all laws, and those of the bounds.

use super::KeepServices;
use base::{ManualClock, Timestamp};
use control::{Controller, Next};
use model::testing::{self, block_on, container, node};
use model::{
    Actor, Breaker, Cluster, ContainerPlan, Controls, DefinitionStatus, Demand, DeploymentStatus, Given, Health,
    HookAction, HookStatus, MonitorStatus, Node, NodeStatus, Plan, RevisionStatus, RolloutState, Rules, Scheduling,
    Service, ServiceDeployment, ServiceEvent, ServiceRevision, ServiceStatus, ServiceTally, Source, Stage, Standing,
    StopCode, Strategy, Task, TaskDefinition, TaskSet, TaskStatus, Template, Why, invariants, ledger,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Key, MemoryBackend, Options, Record, Snapshot, Store, StoreError, Tx};

mod balance;
mod bounds;
mod capacity;
mod ends;
mod hooks;
mod stories;

const KEEPER: KeepServices = KeepServices {
    settle_ms: 5_000,
    lost_ms: 60_000,
    batch: 100,
    board: None,
};

/// What becomes of the tasks of a revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Runs,
    /// It never comes to run.
    FailsToStart,
    /// It runs, and ends a second later.
    Exits,
    /// Its health check says no.
    Sickens,
}

struct Town {
    store: Store,
    clock: ManualClock,
    fates: BTreeMap<String, Fate>,
    /// The fewest healthy tasks that were seen since it was last asked.
    fewest: u32,
    most: u32,
}

fn stopped_by_user(task: &mut Task, now: Timestamp) {
    let why = Why {
        code: StopCode::UserInitiated,
        reason: "Task stopped by user".to_string(),
    };
    task.ask_to_stop(now, why);
}

struct Lost;

impl From<StoreError> for Lost {
    fn from(error: StoreError) -> Self {
        panic!("a store in memory keeps what it is given: {error}")
    }
}

impl Town {
    fn new(nodes: u32) -> Town {
        let clock = ManualClock::at(Timestamp(1_000_000));
        let store = Store::open(
            MemoryBackend::new(),
            model::tables(),
            Options::new(Arc::new(clock.clone())),
        )
        .expect("an empty disk in memory opens");
        let town = Town {
            store,
            clock,
            fates: BTreeMap::new(),
            fewest: 0,
            most: 0,
        };
        town.write(move |tx| {
            tx.put(cluster());
            tx.put(definition());
            for at in 0..nodes {
                tx.put(zoned(&format!("n{at}"), at));
            }
        });
        town
    }

    fn write<T: Send + 'static>(&self, mut f: impl FnMut(&mut Tx) -> T + Send + 'static) -> T {
        let written = block_on(self.store.write(move |tx| Ok::<T, Lost>(f(tx))));
        written.unwrap_or_else(|Lost| unreachable!("it panics before"))
    }

    fn change_task(&self, key: Key, f: impl Fn(&mut Task, Timestamp) + Send + 'static) {
        self.write(move |tx| {
            let mut task = (*tx.get::<Task>(&key).expect("it is there")).clone();
            f(&mut task, tx.now());
            ledger::keep(tx, task);
        });
    }

    fn snapshot(&self) -> Snapshot {
        self.store.snapshot()
    }

    fn service(&self) -> Service {
        let service = self.snapshot().get::<Service>(&key());
        (*service.expect("the service is there")).clone()
    }

    fn deployment(&self) -> ServiceDeployment {
        let id = self.service().deployment.expect("it was deployed");
        let found = self
            .snapshot()
            .get::<ServiceDeployment>(&ServiceDeployment::key_of("default", "web", &id));
        (*found.expect("deployments stay")).clone()
    }

    fn revision(&self, id: &str) -> ServiceRevision {
        let found = self
            .snapshot()
            .get::<ServiceRevision>(&ServiceRevision::key_of("default", "web", id));
        (*found.expect("revisions stay")).clone()
    }

    fn words(&self) -> Vec<String> {
        let snapshot = self.snapshot();
        let events = snapshot.scan::<ServiceEvent>(&ServiceEvent::of("default", "web"));
        events.map(|event| event.message.clone()).collect()
    }

    fn said(&self, part: &str) -> usize {
        self.words().iter().filter(|word| word.contains(part)).count()
    }

    fn tasks(&self) -> Vec<Arc<Task>> {
        self.snapshot().scan::<Task>(&Key::all()).collect()
    }

    fn live(&self, revision: &str) -> u32 {
        let tally = self
            .snapshot()
            .get::<ServiceTally>(&ServiceTally::key_of("default", "web"));
        tally.map_or(0, |tally| tally.of(revision).wanted())
    }

    /// All services are looked at until they rest.
    fn look(&self) -> Option<Timestamp> {
        let mut wake = None;
        for key in KEEPER.all(&self.snapshot()) {
            for round in 0.. {
                assert!(round < 100, "the service finds no rest: {:?}", self.words());
                let mine = key.clone();
                let before = self.snapshot().revision();
                let next = self.write(move |tx| KEEPER.step(tx, &mine));
                self.check();
                if self.snapshot().revision() == before {
                    if let Next::At(at) = next {
                        super::seen::sooner(&mut wake, at);
                    }
                    break;
                }
            }
        }
        wake
    }

    fn check(&self) {
        let broken = invariants::check(&self.snapshot());
        assert!(broken.is_empty(), "{broken:#?}\n{:#?}", self.words());
    }

    /// Nodes do one thing for each of their tasks.
    fn nodes_work(&self) {
        for task in self.tasks() {
            let (Some(_), false) = (&task.node, task.is_stopped()) else {
                continue;
            };
            let revision = task.member.as_ref().map(|m| m.revision.clone()).unwrap_or_default();
            let fate = self.fates.get(&revision).copied().unwrap_or(Fate::Runs);
            let (key, now) = (task.key(), self.snapshot_time());
            let silent = self
                .snapshot()
                .scan::<Node>(&Key::all())
                .any(|n| Some(&n.id) == task.node.as_ref() && !n.connected);
            if silent {
                continue;
            }
            self.write(move |tx| {
                let mut task = (*tx.get::<Task>(&key).expect("nobody takes it away")).clone();
                let lived = task.started_at.map_or(0, |at| now.since(at));
                let to = match (task.desired, task.status, fate) {
                    (TaskStatus::Stopped, ..) | (_, TaskStatus::Pending, Fate::FailsToStart) => TaskStatus::Stopped,
                    (_, TaskStatus::Pending, _) => TaskStatus::Running,
                    (_, TaskStatus::Running, Fate::Exits) if lived >= 1000 => TaskStatus::Stopped,
                    (_, TaskStatus::Running, Fate::Sickens) if task.health != Health::Unhealthy => {
                        task.health = Health::Unhealthy;
                        return ledger::keep(tx, task);
                    }
                    _ => return,
                };
                task.advance(Actor::Node, to, now, None)
                    .expect("a step that nodes take");
                ledger::keep(tx, task);
            });
        }
    }

    fn snapshot_time(&self) -> Timestamp {
        use base::Clock;
        self.clock.now()
    }

    /// A second of life: the keeper looks, nodes work, and the keeper looks again.
    fn second(&mut self) {
        self.look();
        self.note();
        self.nodes_work();
        self.look();
        self.note();
        self.clock.advance_millis(1000);
    }

    fn seconds(&mut self, count: u32) {
        for _ in 0..count {
            self.second();
        }
    }

    /// Until it is so, for half an hour at most.
    fn until(&mut self, what: &str, is: impl Fn(&Town) -> bool) {
        for _ in 0..1800 {
            if is(self) {
                return;
            }
            self.second();
        }
        panic!("never: {what}\n{:#?}\n{:#?}", self.words(), self.deployment());
    }

    fn until_steady(&mut self) {
        self.second();
        self.until("steady", |town| town.service().steady);
    }

    /// Counts what serves, and what is there.
    fn note(&mut self) {
        let (mut up, mut wanted) = (0, 0);
        for task in self.tasks() {
            match Standing::of(&task) {
                Standing::Running => (up, wanted) = (up + 1, wanted + 1),
                Standing::Pending | Standing::Unhealthy => wanted += 1,
                _ => {}
            }
        }
        self.fewest = self.fewest.min(up);
        self.most = self.most.max(wanted);
    }

    fn watch(&mut self) {
        (self.fewest, self.most) = (u32::MAX, 0);
    }

    fn create(&self, desired: u32, rules: Rules) {
        let service = service(desired, rules.clone());
        self.write(move |tx| {
            tx.put(revision("1"));
            tx.put(deployment("d1", "1", &[], rules.clone()));
            tx.put(service.clone());
        });
    }

    /// As UpdateService does it: a new revision, and a deployment that leads there.
    fn update(&self, to: &'static str) {
        self.write(move |tx| {
            let mut service = (*tx.get::<Service>(&key()).expect("it was made")).clone();
            let former = service.target.replace(to.to_string()).expect("it has a target");
            if let Some(id) = service.deployment.replace(format!("d{to}")) {
                let of = ServiceDeployment::key_of("default", "web", &id);
                let mut last = (*tx.get::<ServiceDeployment>(&of).expect("deployments stay")).clone();
                if !last.status.is_over() {
                    last.status = DeploymentStatus::Stopped;
                    last.stopped_at = Some(tx.now());
                    tx.put(last);
                }
            }
            let of = ServiceRevision::key_of("default", "web", &former);
            let mut old = (*tx.get::<ServiceRevision>(&of).expect("revisions stay")).clone();
            old.status = RevisionStatus::Active;
            tx.put(old);
            tx.put(revision(to));
            let mut deployment = deployment(&format!("d{to}"), to, &[&former], service.rules.clone());
            deployment.created_at = tx.now();
            deployment.stage_since = tx.now();
            tx.put(deployment);
            tx.put(service);
        });
    }

    fn change(&self, change: impl Fn(&mut Service) + Send + 'static) {
        self.write(move |tx| {
            let mut service = (*tx.get::<Service>(&key()).expect("it was made")).clone();
            change(&mut service);
            tx.put(service);
        });
    }

    fn change_node(&self, id: &str, change: impl Fn(&mut Node) + Send + 'static) {
        let key = Node::key_of("default", id);
        self.write(move |tx| {
            let mut node = (*tx.get::<Node>(&key).expect("it was registered")).clone();
            change(&mut node);
            tx.put(node);
        });
    }
}

fn key() -> Key {
    Service::key_of("default", "web")
}

fn cluster() -> Cluster {
    Cluster {
        name: "default".to_string(),
        active: true,
        created_at: Timestamp(0),
        deleted_at: None,
        tags: Vec::new(),
        given: Given::default(),
        capacity_providers: Vec::new(),
        default_strategy: Vec::new(),
    }
}

fn definition() -> TaskDefinition {
    TaskDefinition {
        family: "web".to_string(),
        revision: 0,
        status: DefinitionStatus::Inactive,
        registered_at: Timestamp(0),
        registered_by: String::new(),
        deregistered_at: None,
        delete_requested_at: None,
        tags: Vec::new(),
        given: Given::default(),
        plan: Plan::default(),
        compatibilities: Vec::new(),
        requires_attributes: Vec::new(),
        work: Default::default(),
    }
}

/// Three zones, one after the other. Each node has room for eight tasks.
fn zoned(id: &str, at: u32) -> Node {
    let zone = model::Attribute {
        name: Node::ZONE.to_string(),
        value: Some(format!("z{}", at % 3)),
    };
    Node {
        attributes: vec![zone],
        ..node(id)
    }
}

fn rules(min: u32, max: u32) -> Rules {
    Rules {
        min_percent: min,
        max_percent: max,
        step_permille: 500,
        step_bake_minutes: 1,
        ..testing::rules()
    }
}

fn with_breaker(rollback: bool) -> Rules {
    Rules {
        breaker: Breaker {
            enable: true,
            rollback,
            ..Default::default()
        },
        ..rules(100, 200)
    }
}

fn service(desired: u32, rules: Rules) -> Service {
    Service {
        desired,
        rules,
        target: Some("1".to_string()),
        deployment: Some("d1".to_string()),
        seed: 7,
        ..testing::service("web")
    }
}

fn revision(id: &str) -> ServiceRevision {
    let web = ContainerPlan {
        name: container("web", true).name,
        image: "web".to_string(),
        essential: true,
        ..Default::default()
    };
    ServiceRevision {
        template: Template {
            revision: 0,
            started_by: Some(ServiceRevision::shown_as(id)),
            demand: Demand {
                cpu_units: 512,
                memory_mib: 512,
                ..Default::default()
            },
            containers: vec![web],
            ..testing::template("web")
        },
        desired: 0,
        ..testing::service_revision("web", id)
    }
}

fn deployment(id: &str, target: &str, sources: &[&str], rules: Rules) -> ServiceDeployment {
    let source = |id: &&str| Source {
        revision: id.to_string(),
        requested: 0,
        running: 0,
        pending: 0,
    };
    ServiceDeployment {
        started_at: None,
        finished_at: None,
        sources: sources.iter().map(source).collect(),
        status: DeploymentStatus::Pending,
        rules,
        threshold: 0,
        ..testing::service_deployment("web", id, target)
    }
}
