//! Nodes and requests to draw from.

use crate::filter::fits;
use crate::query::Expression;
use crate::view::Pool;
use crate::{Amount, Constraint, NodeView, Request, Source, SpreadBy, Strategy};
use model::{Attribute, Demand, HostPort, NamedAmount, Node, NodeStatus};
use proptest::prelude::{Just, Strategy as Draw, any, prop, prop_oneof};

/// A request with all that it points at.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub count: u32,
    pub demand: Demand,
    pub all_gpus: bool,
    pub group: String,
    pub fargate: bool,
    pub source: u8,
    pub requires: Vec<String>,
    pub arm: Option<bool>,
    pub rules: Vec<&'static str>,
    pub near: Option<&'static str>,
    pub strategies: Vec<Strategy>,
    pub seed: u64,
    /// Whether the ledgers come back afterwards.
    pub told: bool,
}

const RULES: &[&str] = &[
    "distinct",
    "attribute:rack == r1",
    "attribute:rack != r1",
    "attribute:rack =~ r[12]",
    "attribute:rack exists or attribute:ecs.availability-zone == a",
    "not (attribute:ecs.availability-zone in [a, b])",
    "attribute:flag !exists",
    "task:group == family:web",
    "not (task:group == family:db)",
    "ec2InstanceId =~ i-.*",
    "agentConnected == true and attribute:rack > r0",
];

impl Asked {
    pub fn constraints(&self) -> Vec<Constraint> {
        let rule = |text: &&str| match *text {
            "distinct" => Constraint::DistinctInstance,
            text => Constraint::MemberOf(Expression::parse(text).expect("well formed")),
        };
        self.rules.iter().map(rule).collect()
    }

    pub fn near(&self) -> Option<Expression> {
        self.near.map(|text| Expression::parse(text).expect("well formed"))
    }

    pub fn pool(&self) -> Pool<'_> {
        if self.fargate {
            Pool::Fargate("default")
        } else {
            Pool::Cluster("default")
        }
    }

    pub fn request<'a>(&'a self, constraints: &'a [Constraint]) -> Request<'a> {
        let sources = [Source::Any, Source::Ec2, Source::External, Source::Provider("spot")];
        Request {
            count: self.count,
            demand: &self.demand,
            all_gpus: self.all_gpus,
            group: if self.group.is_empty() {
                "family:web"
            } else {
                &self.group
            },
            source: if self.fargate {
                Source::Fargate
            } else {
                sources[usize::from(self.source) % 4]
            },
            requires: &self.requires,
            cpu_architecture: self.arm.map(|arm| if arm { "ARM64" } else { "X86_64" }),
            os_family: None,
            constraints,
            strategies: &self.strategies,
            seed: self.seed,
        }
    }
}

/// Those of the pool that the exact scan lets through.
pub fn fitting<'a>(all: &'a [NodeView], asked: &Asked, request: &Request<'_>) -> Vec<&'a NodeView> {
    let near = asked.near();
    let is_near = |seen: &NodeView| near.as_ref().is_some_and(|near| near.holds(seen));
    let some_near = all.iter().any(is_near);
    let lets = |seen: &&NodeView| (!some_near || is_near(seen)) && fits(seen, request);
    all.iter().filter(lets).collect()
}

pub fn a_node() -> impl Draw<Value = Node> {
    let attribute = |name: &'static str, values: &'static [&'static str]| {
        let value = (0..values.len()).prop_map(move |i| values[i].to_string());
        let told = prop::option::weighted(0.9, value);
        let attribute = told.prop_map(move |value| Attribute {
            name: name.to_string(),
            value,
        });
        prop::option::weighted(0.8, attribute)
    };
    let attributes = (
        attribute(Node::ZONE, &["a", "b", "c"]),
        attribute("ecs.cpu-architecture", &["x86_64", "arm64"]),
        attribute("flag", &["on"]),
        attribute("rack", &["r0", "r1", "r2"]),
    );
    let kind = (
        any::<bool>(),
        prop::bool::weighted(0.9),
        prop::bool::weighted(0.9),
        any::<bool>(),
    );
    let more = (
        prop::option::of(Just("spot")),
        prop::option::of(Just("i-1")),
        prop::bool::weighted(0.2),
    );
    (0usize..12, 0u32..12, 0u32..12, 0usize..3, attributes, kind, more).prop_map(
        |(id, cpu_units, memory_mib, gpus, (zone, arch, flag, rack), (fargate, connected, active, mine), more)| {
            let mut node = model::testing::node(&format!("n{id}"));
            node.resources.cpu_units = cpu_units;
            node.resources.memory_mib = memory_mib;
            node.resources.gpus = (0..gpus).map(|gpu| gpu.to_string()).collect();
            node.resources.reserved_ports = vec![HostPort { port: 22, udp: false }];
            node.resources.enis = (gpus > 0).then_some(cpu_units);
            node.resources.named = vec![NamedAmount {
                name: "licence".to_string(),
                amount: memory_mib,
            }];
            node.attributes = [zone, arch, flag, rack].into_iter().flatten().collect();
            (node.fargate, node.connected) = (fargate, connected);
            if !active {
                node.status = NodeStatus::Draining;
            }
            if fargate && !mine {
                node.cluster = "other".to_string();
            }
            node.capacity_provider = more.0.map(str::to_string);
            node.instance_id = more.1.map(str::to_string);
            node.external = more.2;
            node
        },
    )
}

pub fn strategies() -> impl Draw<Value = Vec<Strategy>> {
    let by = |name: &str| Strategy::Spread(SpreadBy::Attribute(name.to_string()));
    let one = prop_oneof![
        Just(Strategy::Random),
        Just(Strategy::Binpack(Amount::Cpu)),
        Just(Strategy::Binpack(Amount::Memory)),
        Just(Strategy::Spread(SpreadBy::Instance)),
        Just(by(Node::ZONE)),
        Just(by("rack")),
    ];
    prop::collection::vec(one, 0..5)
}

pub fn asked() -> impl Draw<Value = Asked> {
    let ports = prop::sample::subsequence(vec![22u16, 80, 81], 0..2);
    let named = prop::option::weighted(0.3, 1u32..4).prop_map(|amount| {
        let named = amount.map(|amount| NamedAmount {
            name: "licence".to_string(),
            amount,
        });
        named.into_iter().collect()
    });
    let amounts = (0u32..4, 0u32..4, 0u32..2, 0u32..2, named);
    let demand = (amounts, ports).prop_map(|((cpu_units, memory_mib, gpus, enis, named), ports)| Demand {
        enis,
        named,
        cpu_units,
        memory_mib,
        gpus,
        host_ports: ports.into_iter().map(|port| HostPort { port, udp: false }).collect(),
    });
    let names = prop::sample::subsequence(vec!["flag".to_string(), "rack".to_string()], 0..2);
    let rules = prop::sample::subsequence(RULES.to_vec(), 0..3);
    let near = prop::option::weighted(0.2, Just("attribute:ecs.availability-zone == a"));
    let group = prop_oneof![Just("family:web"), Just("family:db")];
    let which = (group, prop::bool::weighted(0.2), 0u8..4, prop::bool::weighted(0.1));
    let what = (
        demand,
        names,
        prop::option::weighted(0.3, any::<bool>()),
        rules,
        near,
        strategies(),
    );
    (0u32..6, which, what, any::<u64>(), any::<bool>()).prop_map(|(count, which, what, seed, told)| {
        let (group, fargate, source, all_gpus) = which;
        let (demand, requires, arm, rules, near, strategies) = what;
        Asked {
            count,
            demand,
            all_gpus,
            group: group.to_string(),
            fargate,
            source,
            requires,
            arm,
            rules,
            near,
            strategies,
            seed,
            told,
        }
    })
}
