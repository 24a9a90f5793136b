//! How long a placement takes: `cargo run --release -p scheduler --example place`.
//!
//! Prints, for several numbers of nodes, the time of one call that places ten tasks, and of building the view from a
//! store first, as RunTask does.

use model::testing::{node, world, write};
use model::{Attribute, Demand, Node, NodeLedger};
use scheduler::view::{Pool, look};
use scheduler::{Constraint, Request, Source, place, query::Expression};
use std::time::Duration;

fn main() {
    println!("nodes   tasks  place     per task  with view");
    for count in [10, 100, 1_000, 10_000] {
        measure(count);
    }
}

fn measure(count: usize) {
    let store = world();
    write(&store, move |tx| {
        for i in 0..count {
            let mut node = node(&format!("n{i}"));
            let zone = format!("us-east-1{}", ["a", "b", "c"][i % 3]);
            node.attributes = vec![Attribute {
                name: Node::ZONE.to_string(),
                value: Some(zone),
            }];
            let mut ledger = NodeLedger::empty("default", &node.id);
            for group in 0..5 {
                ledger.take("default", &format!("family:{group}"), &Demand::default());
            }
            tx.put(ledger);
            tx.put(node);
        }
        Ok(())
    })
    .expect("a store in memory keeps what it is given");
    let demand = Demand {
        cpu_units: 256,
        memory_mib: 512,
        ..Demand::default()
    };
    let member = Expression::parse("attribute:ecs.availability-zone in [us-east-1a, us-east-1b]").expect("well formed");
    let request = Request {
        count: 10,
        demand: &demand,
        all_gpus: false,
        group: "family:0",
        source: Source::Ec2,
        requires: &[],
        cpu_architecture: None,
        os_family: None,
        constraints: &[Constraint::MemberOf(member)],
        strategies: &[],
        seed: 1,
    };
    let view = store.snapshot();
    let looking = || look(&view, Pool::Cluster("default"), &request.wants());
    let placing = time(looking, |nodes| place(nodes, &request).assigned.len());
    let both = time(|| (), |()| place(looking(), &request).assigned.len());
    println!("{count:<7} 10     {placing:<9.1?} {:<9.1?} {both:.1?}", placing / 10);
}

/// The least of many times: what the work costs when nobody disturbs it.
fn time<T>(prepare: impl Fn() -> T, work: impl Fn(T) -> usize) -> Duration {
    let mut least = Duration::MAX;
    for _ in 0..200 {
        let prepared = prepare();
        #[allow(clippy::disallowed_methods)] // a benchmark measures the machine
        let start = std::time::Instant::now();
        assert_eq!(work(prepared), 10);
        least = least.min(start.elapsed());
    }
    least
}
