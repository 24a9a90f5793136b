//! The loop keeps something true: every `Egg` becomes a `Hen` a second after it was laid.

use base::{ManualClock, Timestamp};
use control::{Controller, Lease, Next};
use std::sync::Arc;
use std::time::Duration;
use store::{BadRecord, Change, Key, MemoryBackend, Options, Record, Store, StoreError, Tables, Tx, View};
use tokio::sync::watch;

macro_rules! bird {
    ($name:ident, $table:literal) => {
        #[derive(Clone, Debug, PartialEq)]
        struct $name(String, i64);
        impl Record for $name {
            const TABLE: &'static str = $table;
            fn key(&self) -> Key {
                Key::of([self.0.as_str()])
            }
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(format!("{} {}", self.1, self.0).as_bytes());
            }
            fn decode(bytes: &[u8]) -> Result<Self, BadRecord> {
                let text = std::str::from_utf8(bytes).map_err(BadRecord::new)?;
                let (at, name) = text.split_once(' ').ok_or_else(|| BadRecord::new("no space"))?;
                Ok($name(name.to_string(), at.parse().map_err(BadRecord::new)?))
            }
        }
    };
}

bird!(Egg, "egg");
bird!(Hen, "hen");

struct Hatch;

impl Controller for Hatch {
    fn name(&self) -> &'static str {
        "hatch"
    }
    fn all(&self, view: &View) -> Vec<Key> {
        view.scan::<Egg>(&Key::all()).map(|egg| egg.key()).collect()
    }
    fn concerns(&self, change: &Change, dirty: &mut dyn FnMut(Key)) {
        if change.of::<Egg>().is_some() {
            dirty(change.key.clone());
        }
    }
    fn step(&self, tx: &mut Tx, key: &Key) -> Next {
        let Some(egg) = tx.get::<Egg>(key) else {
            return Next::Rest;
        };
        let ripe = Timestamp(egg.1).plus_millis(1000);
        if tx.now() < ripe {
            return Next::At(ripe);
        }
        tx.delete::<Egg>(key);
        tx.put(Hen(egg.0.clone(), tx.now().millis()));
        Next::Rest
    }
}

async fn lay(store: &Store, name: &str, at: i64) {
    let egg = Egg(name.to_string(), at);
    store
        .write(move |tx| {
            tx.put(egg.clone());
            Ok::<_, StoreError>(())
        })
        .await
        .expect("an egg is laid");
}

#[tokio::test]
async fn what_is_due_is_done_and_a_lost_lease_ends_it() {
    let clock = ManualClock::at(Timestamp(0));
    let tables = Tables::new().with::<Egg>().with::<Hen>().with::<Lease>();
    let store = Store::open(MemoryBackend::new(), tables, Options::new(Arc::new(clock.clone()))).expect("opens");
    lay(&store, "before", 0).await;
    let lease = Lease::seize(&store, "controllers", "a").await.expect("free");
    let (_stop, stopped) = watch::channel(false);
    let running = tokio::spawn(control::run(
        Hatch,
        store.clone(),
        Arc::new(clock.clone()),
        lease,
        stopped,
    ));
    lay(&store, "after", 0).await;
    tokio::task::yield_now().await;
    assert_eq!(store.snapshot().count::<Hen>(&Key::all()), 0);

    let mut changes = store.watch(store.snapshot().revision());
    clock.advance_millis(1000);
    lay(&store, "unripe", 1000).await; // any change makes the loop look at what is due
    let hatched = async {
        while store.snapshot().count::<Hen>(&Key::all()) < 2 {
            changes.next().await.expect("the watch keeps up");
        }
    };
    tokio::time::timeout(Duration::from_secs(60), hatched)
        .await
        .expect("both hatch");
    assert_eq!(store.snapshot().count::<Egg>(&Key::all()), 1);

    Lease::seize(&store, "controllers", "b").await.expect("taken over");
    lay(&store, "late", 0).await;
    tokio::time::timeout(Duration::from_secs(60), running)
        .await
        .expect("the loop ends")
        .expect("without a panic");
    assert_eq!(
        store.snapshot().count::<Egg>(&Key::all()),
        2,
        "who lost the lease changes nothing"
    );
}

#[tokio::test]
async fn a_lease_is_one_holders_until_it_ends() {
    let clock = ManualClock::at(Timestamp(0));
    let store = Store::open(
        MemoryBackend::new(),
        Tables::new().with::<Lease>(),
        Options::new(Arc::new(clock.clone())),
    )
    .expect("opens");
    assert!(Lease::acquire(&store, "l", "a", 1000).await.expect("kept").is_ok());
    assert!(
        Lease::acquire(&store, "l", "a", 1000).await.expect("kept").is_ok(),
        "one's own is renewed"
    );
    assert!(Lease::acquire(&store, "l", "b", 1000).await.expect("kept").is_err());
    clock.advance_millis(1001);
    assert!(Lease::acquire(&store, "l", "b", 1000).await.expect("kept").is_ok());
}
