//! The nodes and the requests that are measured.

use model::{Attribute, Demand, Node, NodeLedger};
use scheduler::board::Yard;
use scheduler::query::Expression;
use scheduler::{Amount, Constraint, NodeView, Request, Source, Strategy};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Nodes of three zones and several types, each with room for some 500 of the tasks.
pub struct World {
    pub nodes: usize,
    records: Vec<Arc<Node>>,
}

pub fn node(i: usize) -> Node {
    let mut node = model::testing::node(&format!("{i:032x}"));
    let attribute = |name: &str, value: String| Attribute {
        name: name.to_string(),
        value: Some(value),
    };
    node.attributes = vec![
        attribute(Node::ZONE, format!("us-east-1{}", ["a", "b", "c"][i % 3])),
        attribute("ecs.cpu-architecture", "x86_64".to_string()),
        attribute(
            "ecs.instance-type",
            format!("{}.{}", ["t3", "m5", "c5", "r5"][i % 4], ["large", "xlarge"][i % 2]),
        ),
        attribute("rack", format!("r{}", i % 40)),
    ];
    for i in 0..12 {
        node.attributes.push(Attribute {
            name: format!("com.amazonaws.ecs.capability.{i}"),
            value: None,
        });
    }
    node.resources.cpu_units = 128 * 1024;
    node.resources.memory_mib = 256 * 1024;
    node
}

impl World {
    pub fn of(nodes: usize) -> World {
        World {
            nodes,
            records: (0..nodes).map(|i| Arc::new(node(i))).collect(),
        }
    }

    pub fn yard(&self) -> Yard {
        let mut yard = Yard::default();
        self.records.iter().for_each(|node| yard.put_node(Arc::clone(node)));
        yard
    }

    pub fn views(&self) -> Vec<NodeView> {
        let view = |node: &Arc<Node>| NodeView {
            node: Arc::clone(node),
            ledger: Arc::new(NodeLedger::empty("default", &node.id)),
            groups: BTreeMap::new(),
            running: 0,
        };
        self.records.iter().map(view).collect()
    }
}

/// One kind of request.
#[derive(Clone)]
pub struct Kind {
    pub name: String,
    group: String,
    rules: &'static [&'static str],
    strategies: Vec<Strategy>,
    demand: Demand,
    requires: Vec<String>,
}

impl Kind {
    pub fn is_distinct(&self) -> bool {
        self.rules.contains(&"distinct")
    }

    /// Calls of ten after which a service that must be on distinct nodes is followed by another.
    const CALLS: u64 = 20;

    pub fn with<T>(&self, count: u32, seed: u64, run: impl FnOnce(&Request<'_>) -> T) -> T {
        thread_local! {
            // Read once, as a definition's are.
            static READ: std::cell::RefCell<BTreeMap<usize, &'static [Constraint]>> = Default::default();
        }
        let constraints = READ.with_borrow_mut(|read| {
            *read.entry(self.rules.as_ptr() as usize).or_insert_with(|| {
                let rule = |rule: &&str| match *rule {
                    "distinct" => Constraint::DistinctInstance,
                    text => Constraint::MemberOf(Expression::parse(text).expect("well formed")),
                };
                self.rules.iter().map(rule).collect::<Vec<_>>().leak()
            })
        });
        let group = match self.is_distinct() {
            true => format!("{}-{}", self.group, seed / Kind::CALLS),
            false => self.group.clone(),
        };
        run(&Request {
            count,
            demand: &self.demand,
            all_gpus: false,
            group: &group,
            source: Source::Ec2,
            requires: &self.requires,
            cpu_architecture: Some("X86_64"),
            os_family: Some("LINUX"),
            constraints,
            strategies: &self.strategies,
            seed,
        })
    }
}

fn kind(name: &str, rules: &'static [&'static str], strategies: Vec<Strategy>) -> Kind {
    Kind {
        name: name.to_string(),
        group: format!("family:{name}"),
        rules,
        strategies,
        demand: Demand {
            cpu_units: 256,
            memory_mib: 512,
            ..Demand::default()
        },
        requires: (0..12).map(|i| format!("com.amazonaws.ecs.capability.{i}")).collect(),
    }
}

const MEMBERS: &[&str] =
    &["attribute:ecs.instance-type =~ m5.* and attribute:ecs.availability-zone in [us-east-1a, us-east-1b]"];
const DISTINCT: &[&str] = &["distinct", "attribute:ecs.instance-type != t3.large"];

pub fn kinds() -> Vec<Kind> {
    vec![
        kind("spread by zone and instance", &[], crate::spread_default()),
        kind("binpack by memory", &[], vec![Strategy::Binpack(Amount::Memory)]),
        kind("random", &[], vec![Strategy::Random]),
        kind("spread, memberOf", MEMBERS, crate::spread_default()),
        kind(
            "spread, memberOf, distinctInstance; services of 200",
            DISTINCT,
            crate::spread_default(),
        ),
    ]
}

pub fn services(count: usize) -> Vec<Kind> {
    let kinds: Vec<Kind> = kinds().into_iter().filter(|kind| !kind.is_distinct()).collect();
    let service = |i: usize| Kind {
        group: format!("service:{i}"),
        ..kinds[i % kinds.len()].clone()
    };
    (0..count).map(service).collect()
}

/// CPU that this process has taken, in steps of some milliseconds.
pub fn cpu() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").expect("Linux tells it");
    let of_thread = |path: std::path::PathBuf| {
        let told = std::fs::read_to_string(path.join("schedstat")).ok()?;
        told.split(' ').next()?.parse::<u64>().ok()
    };
    let nanos = threads.filter_map(|thread| of_thread(thread.ok()?.path())).sum();
    Duration::from_nanos(nanos)
}
