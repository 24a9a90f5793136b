//! Tasks made by hand and one who knows about them, for tests.

use super::{Later, NodeFacts, NodeSecret, Source, StatsSample};
use crate::work::{Network, Stage};
use crate::{Checked, ImageFacts, Work, Works};
use base::Timestamp;
use link::plan::{HealthCheck, LogConfig, MountPoint, NetworkMode, Pair, PortWish, Volume};
use link::{Answer, Assignment, ContainerPlan, Interface, PortBinding, Question, TaskPlan};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

pub const SECRET: NodeSecret = NodeSecret::new([7; 32]);

/// 2026-11-21T02:00:00Z
pub const CREATED: Timestamp = Timestamp(1_795_226_400_000);

/// A task of two containers: `web` runs and is healthy, `setup` has ended well.
pub fn task() -> Work {
    let web = ContainerPlan {
        name: "web".to_string(),
        image: "reg.lab/shop:7".to_string(),
        essential: true,
        cpu_units: 256,
        memory_mib: Some(256),
        ports: vec![PortWish {
            container_port: 80,
            ..Default::default()
        }],
        mounts: vec![MountPoint {
            volume: "pages".to_string(),
            path: "/srv".to_string(),
            read_only: false,
        }],
        health: Some(HealthCheck {
            command: vec!["CMD-SHELL".to_string(), "true".to_string()],
            interval_s: 5,
            timeout_s: 2,
            retries: 3,
            start_period_s: 0,
        }),
        labels: vec![Pair::new("team", "a \"quoted\" one")],
        log: Some(LogConfig {
            driver: "awslogs".to_string(),
            options: vec![Pair::new("awslogs-group", "/shop")],
            secret_options: Vec::new(),
        }),
        ..Default::default()
    };
    let setup = ContainerPlan {
        name: "setup".to_string(),
        image: "reg.lab/setup:1".to_string(),
        ..Default::default()
    };
    let assigned = Assignment {
        key: "blue/aa01".to_string(),
        id: "aa01".to_string(),
        arn: "arn:aws:ecs:eu-west-1:000000000000:task/blue/aa01".to_string(),
        cluster: "blue".to_string(),
        cluster_arn: "arn:aws:ecs:eu-west-1:000000000000:cluster/blue".to_string(),
        family: "shop".to_string(),
        revision: 7,
        group: "family:shop".to_string(),
        launch_type: "EC2".to_string(),
        availability_zone: Some("eu-west-1a".to_string()),
        container_arns: vec![
            "arn:aws:ecs:eu-west-1:000000000000:container/blue/aa01/c1".to_string(),
            "arn:aws:ecs:eu-west-1:000000000000:container/blue/aa01/c2".to_string(),
        ],
        plan: TaskPlan {
            containers: vec![web, setup],
            cpu_units: Some(512),
            memory_mib: Some(1024),
            volumes: vec![Volume {
                name: "pages".to_string(),
                host_path: Some("/data/pages".to_string()),
                ..Default::default()
            }],
            task_role: Some("arn:aws:iam::000000000000:role/shop".to_string()),
            execution_role: Some("arn:aws:iam::000000000000:role/exec".to_string()),
            ..Default::default()
        },
        created_at: CREATED,
        ..Default::default()
    };
    let mut names = ["web", "setup"].iter();
    let mut work = Work::new(assigned, || {
        let name = names.next().expect("two containers");
        (format!("gty-{name}"), format!("meta-{name}"))
    });
    work.network = Network::NotShared;
    work.pull_started_at = Some(CREATED.plus_millis(100));
    work.pull_stopped_at = Some(CREATED.plus_millis(900));
    work.started_at = Some(CREATED.plus_millis(1900));
    let check = work.assigned.plan.containers[0].health.clone().expect("set above");
    for (part, image) in work.parts.iter_mut().zip(["sha256:aaaa", "sha256:bbbb"]) {
        part.image = Some(ImageFacts {
            id: image.to_string(),
            digest: "sha256:cccc".to_string(),
            ..Default::default()
        });
        part.created_at = Some(CREATED.plus_millis(1100));
        part.started_at = Some(CREATED.plus_millis(1900));
    }
    let web = &mut work.parts[0];
    web.stage = Stage::Running;
    web.address = Some("172.31.200.3".to_string());
    web.ports = vec![PortBinding {
        host_ip: "0.0.0.0".to_string(),
        host_port: 32768,
        container_port: 80,
        udp: false,
    }];
    let result = Checked {
        began_at: CREATED.plus_millis(6900),
        ended_at: CREATED.plus_millis(7000),
        exit_code: 0,
        output: "fine\n".to_string(),
    };
    web.health.heard(&check, CREATED.plus_millis(1900), result);
    let setup = &mut work.parts[1];
    setup.stage = Stage::Over;
    setup.exit_code = Some(0);
    setup.finished_at = Some(CREATED.plus_millis(2000));
    setup.address = Some("172.31.200.4".to_string());
    work
}

/// Another task, with an interface of its own, and no role.
pub fn with_interface() -> Work {
    let mut assigned = task().assigned;
    assigned.key = "blue/bb02".to_string();
    assigned.id = "bb02".to_string();
    assigned.arn = "arn:aws:ecs:eu-west-1:000000000000:task/blue/bb02".to_string();
    assigned.launch_type = "FARGATE".to_string();
    assigned.service = Some("shop".to_string());
    assigned.plan.network_mode = Some(NetworkMode::Awsvpc);
    assigned.plan.task_role = None;
    assigned.plan.containers.truncate(1);
    assigned.interface = Some(Interface {
        id: "eni-1".to_string(),
        address: "127.0.0.9".to_string(),
        mac: "0a:00:00:00:00:01".to_string(),
        subnet_id: "subnet-1".to_string(),
        subnet_cidr: "127.0.0.0/20".to_string(),
        gateway: "127.0.0.1".to_string(),
        vpc_id: "vpc-1".to_string(),
        private_dns_name: Some("ip-127-0-0-9.eu-west-1.compute.internal".to_string()),
        security_groups: Vec::new(),
    });
    Work::new(assigned, || ("gty-other".to_string(), "meta-other".to_string()))
}

pub fn works<const N: usize>(all: [Work; N]) -> Works {
    all.into_iter()
        .map(|work| (work.key().to_string(), Arc::new(work)))
        .collect()
}

/// Who knows everything that a test wants known. Of the containers only `gty-web` runs; each sample of it has used one
/// nanosecond more.
#[derive(Default)]
pub struct Oracle {
    pub samples: AtomicU64,
    pub asked: Mutex<Vec<Question>>,
    /// What the server says; when there is nothing left it says nothing at all.
    pub answers: Mutex<VecDeque<Answer>>,
}

impl Source for Oracle {
    fn facts(&self) -> NodeFacts {
        NodeFacts {
            region: "eu-west-1".to_string(),
            account: "000000000000".to_string(),
            cluster: "blue".to_string(),
            node_arn: "arn:aws:ecs:eu-west-1:000000000000:container-instance/blue/n1".to_string(),
            agent_version: "1.0".to_string(),
            instance_id: None,
            zone: Some("eu-west-1b".to_string()),
        }
    }

    fn stats<'a>(&'a self, run: &'a str) -> Later<'a, Option<StatsSample>> {
        Box::pin(async move {
            let mut sample = StatsSample::default();
            sample.cpu.usage_ns = 1 + self.samples.fetch_add(1, SeqCst);
            (run == "gty-web").then_some(sample)
        })
    }

    fn ask(&self, question: Question) -> Later<'_, Answer> {
        self.asked.lock().expect("no test panics with it").push(question);
        let answer = self.answers.lock().expect("no test panics with it").pop_front();
        Box::pin(async move {
            match answer {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        })
    }
}
