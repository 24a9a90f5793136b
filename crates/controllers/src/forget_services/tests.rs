//! What goes, what stays, and that it ends.

use super::*;
use base::{Clock, ManualClock};
use model::testing::{block_on, service, service_deployment, service_event, service_revision};
use model::{DeploymentStatus, RevisionStatus, Source};
use std::sync::Arc;
use store::{MemoryBackend, Options, Store, StoreError};

const KEEP_MS: i64 = 100_000;
/// Older than is kept, when it is looked.
const OLD: Timestamp = Timestamp(1_000_000);
const NEW: Timestamp = Timestamp(1_990_000);
const NOW: Timestamp = Timestamp(2_000_000);

fn world() -> Store {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(NOW));
    Store::open(MemoryBackend::new(), model::tables(), Options::new(clock)).expect("an empty disk in memory opens")
}

fn write<T: Send + 'static>(store: &Store, mut write: impl FnMut(&mut Tx) -> T + Send + 'static) -> T {
    block_on(store.write(move |tx| Ok::<T, StoreError>(write(tx)))).expect("it is written")
}

/// Looks until nothing is left to do at once; answers how often.
fn look(store: &Store) -> u32 {
    for looks in 1..100 {
        let next = write(store, |tx| {
            let forget = ForgetServices { after_ms: KEEP_MS };
            forget.step(tx, &Service::key_of("default", "web"))
        });
        match next {
            Next::At(at) if at <= NOW => {}
            _ => return looks,
        }
    }
    panic!("it never ends");
}

#[test]
fn old_events_go_but_for_the_newest_hundred() {
    let store = world();
    write(&store, |tx| {
        tx.put(service("web"));
        tx.put(service("other"));
        (1..=1_300).for_each(|n| tx.put(service_event("web", n, OLD)));
        (1_301..=1_310).for_each(|n| tx.put(service_event("web", n, NEW)));
        tx.put(service_event("other", 1, OLD));
    });
    assert_eq!(look(&store), 3, "so many at a time");
    let view = store.snapshot();
    let numbers: Vec<u64> = view
        .scan::<ServiceEvent>(&Service::key_of("default", "web"))
        .map(|e| e.number)
        .collect();
    assert_eq!((numbers.len(), numbers[0]), (100, 1_211));
    assert_eq!(view.count::<ServiceEvent>(&Service::key_of("default", "other")), 1);
}

#[test]
fn what_is_still_needed_of_the_past_stays() {
    let store = world();
    write(&store, |tx| {
        let old = |id: &str| ServiceRevision {
            updated_at: OLD,
            status: RevisionStatus::Inactive,
            ..service_revision("web", id)
        };
        for id in ["target", "proven", "lives", "source", "forgotten"] {
            tx.put(old(id));
        }
        tx.put(ServiceRevision {
            updated_at: NEW,
            ..old("recent")
        });
        let over = |id: &str, target: &str, at| ServiceDeployment {
            finished_at: Some(at),
            ..service_deployment("web", id, target)
        };
        tx.put(over("long-ago", "forgotten", OLD));
        tx.put(ServiceDeployment {
            sources: vec![Source {
                revision: "source".to_string(),
                requested: 1,
                running: 0,
                pending: 0,
            }],
            ..over("lately", "proven", NEW)
        });
        tx.put(ServiceDeployment {
            status: DeploymentStatus::InProgress,
            ..over("goes-on", "target", OLD)
        });
        let mut tally = ServiceTally::empty("default", "web");
        tally.revisions.entry("lives".to_string()).or_default().running = 1;
        tally.revisions.entry("forgotten".to_string()).or_default().failed = 9;
        tx.put(tally);
        tx.put(Service {
            target: Some("target".to_string()),
            proven: Some("proven".to_string()),
            deployment: Some("goes-on".to_string()),
            ..service("web")
        });
    });
    look(&store);
    let view = store.snapshot();
    let of = Service::key_of("default", "web");
    let mut revisions: Vec<String> = view.scan::<ServiceRevision>(&of).map(|r| r.id.clone()).collect();
    revisions.sort_unstable();
    assert_eq!(revisions, ["lives", "proven", "recent", "source", "target"]);
    let deployments: Vec<String> = view.scan::<ServiceDeployment>(&of).map(|d| d.id.clone()).collect();
    assert_eq!(deployments, ["goes-on", "lately"]);
    let tally = view.get::<ServiceTally>(&of).expect("tallies stay");
    assert_eq!(tally.revisions.keys().collect::<Vec<_>>(), ["lives"]);
}

#[test]
fn a_deleted_service_goes_with_all_it_had() {
    let store = world();
    write(&store, |tx| {
        tx.put(Service {
            status: ServiceStatus::Inactive,
            deleted_at: Some(OLD),
            target: Some("r".to_string()),
            ..service("web")
        });
        tx.put(service_revision("web", "r"));
        tx.put(service_deployment("web", "d", "r"));
        tx.put(ServiceTally::empty("default", "web"));
        (1..=700).for_each(|n| tx.put(service_event("web", n, NEW)));
    });
    look(&store);
    let view = store.snapshot();
    let left = view.count::<Service>(&Key::all())
        + view.count::<ServiceRevision>(&Key::all())
        + view.count::<ServiceDeployment>(&Key::all())
        + view.count::<ServiceTally>(&Key::all())
        + view.count::<ServiceEvent>(&Key::all());
    assert_eq!(left, 0);
    write(&store, |tx| {
        tx.put(Service {
            status: ServiceStatus::Inactive,
            deleted_at: Some(NEW),
            ..service("web")
        })
    });
    look(&store);
    assert_eq!(store.snapshot().count::<Service>(&Key::all()), 1, "not yet");
}
