//! Records to test with, as plain as they can be.

mod services;

use crate::ledger::NotMoved;
use crate::{Container, Demand, Given, Health, LaunchType, Node, NodeStatus, Resources, Task, TaskStatus, Template};
use base::{SystemClock, Timestamp};
pub use services::{hook, hook_run, rules, service, service_deployment, service_event, service_revision, template};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use store::{MemoryBackend, Options, Store, StoreError, Tx};

/// An active, connected EC2 node of cluster `default` with 4 cores, 8 GiB and two GPUs.
pub fn node(id: &str) -> Node {
    Node {
        cluster: "default".to_string(),
        id: id.to_string(),
        status: NodeStatus::Active,
        status_reason: None,
        connected: true,
        registered_at: Timestamp(0),
        instance_id: None,
        capacity_provider: None,
        resources: Resources {
            cpu_units: 4096,
            memory_mib: 8192,
            reserved_ports: Vec::new(),
            gpus: vec!["gpu-0".to_string(), "gpu-1".to_string()],
            ..Resources::default()
        },
        attributes: Vec::new(),
        tags: Vec::new(),
        given: Given::default(),
        version: 1,
        fargate: false,
        external: false,
        agent_version: None,
        awaits: Vec::new(),
    }
}

/// A task of `web:1` in cluster `default` that waits for a node and needs nothing of it.
pub fn task(id: &str) -> Task {
    Task {
        cluster: "default".to_string(),
        id: id.to_string(),
        family: "web".to_string(),
        revision: 1,
        status: TaskStatus::Provisioning,
        desired: TaskStatus::Running,
        launch_type: Some(LaunchType::Ec2),
        capacity_provider: None,
        node: None,
        demand: Demand::default(),
        group: "family:web".to_string(),
        started_by: None,
        containers: Vec::new(),
        health: Health::Unknown,
        given: Given::default(),
        tags: Vec::new(),
        created_at: Timestamp(0),
        started_at: None,
        stopping_at: None,
        execution_stopped_at: None,
        stopped_at: None,
        stop_code: None,
        stopped_reason: None,
        pull_started_at: None,
        pull_stopped_at: None,
        connected: false,
        connected_at: None,
        version: 1,
        availability_zone: None,
        cpu: None,
        memory: None,
        exec_enabled: false,
        because: None,
        launch: None,
        attachment: None,
        architecture: None,
        member: None,
        protected_until: None,
    }
}

/// How tasks of `web:1` in cluster `default` are made that need so much CPU and nothing else.
pub fn template_of(cpu_units: u32) -> Template {
    Template {
        group: "family:web".to_string(),
        demand: Demand {
            cpu_units,
            ..Demand::default()
        },
        ..template("web")
    }
}

pub fn container(name: &str, essential: bool) -> Container {
    Container {
        name: name.to_string(),
        id: format!("{name}-id"),
        image: "busybox".to_string(),
        image_digest: None,
        status: TaskStatus::Pending,
        runtime_id: None,
        exit_code: None,
        reason: None,
        health: Health::Unknown,
        ports: Vec::new(),
        essential,
        cpu_units: 0,
        memory_mib: None,
        memory_reservation_mib: None,
        agents: Vec::new(),
        has_health_check: false,
        gpus: Vec::new(),
    }
}

/// A store of all tables in memory.
pub fn world() -> Store {
    let options = Options::new(Arc::new(SystemClock));
    Store::open(MemoryBackend::new(), crate::tables(), options).expect("an empty disk in memory opens")
}

/// One write, driven to its end on this thread, which sleeps until it is woken.
pub fn write<T, F>(store: &Store, mut write: F) -> Result<T, NotMoved>
where
    T: Send + 'static,
    F: FnMut(&mut Tx) -> Result<T, NotMoved> + Send + 'static,
{
    struct Refused(NotMoved);
    impl From<StoreError> for Refused {
        fn from(error: StoreError) -> Self {
            panic!("a store in memory keeps what it is given: {error}")
        }
    }
    block_on(store.write(move |tx| write(tx).map_err(Refused))).map_err(|Refused(why)| why)
}

/// Drives a future to its end on this thread, which sleeps until it is woken.
pub fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(done) => return done,
            Poll::Pending => thread::park(),
        }
    }
}
