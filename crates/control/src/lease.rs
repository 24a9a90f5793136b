//! The lease: a record that says which server's controllers may step.
//!
//! It fences: every step reads it in its own transaction, so a server that lost it cannot change anything any more,
//! however late it notices.

use base::Timestamp;
use minicbor::{Decode, Encode};
use std::fmt;
use store::{BadRecord, Key, Record, Store, StoreError, Tx};

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Lease {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub holder: String,
    /// Goes up by one with every new holder.
    #[n(2)]
    pub epoch: u64,
    /// `None`: for as long as the holder has the store to itself.
    #[n(3)]
    pub until: Option<Timestamp>,
}

impl Record for Lease {
    const TABLE: &'static str = "lease";

    fn key(&self) -> Key {
        Key::of([self.name.as_str()])
    }

    fn encode(&self, out: &mut Vec<u8>) {
        minicbor::encode(self, out).expect("a vector takes whatever is written to it");
    }

    fn decode(bytes: &[u8]) -> Result<Self, BadRecord> {
        minicbor::decode(bytes).map_err(BadRecord::new)
    }
}

/// A lease that was taken: the proof that steps carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    name: String,
    epoch: u64,
}

/// Somebody else has the lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotHeld {
    pub holder: Option<String>,
}

impl fmt::Display for NotHeld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.holder {
            Some(holder) => write!(f, "the lease is held by {holder}"),
            None => f.write_str("nobody holds the lease"),
        }
    }
}

impl std::error::Error for NotHeld {}

/// Why a lease could not be taken.
#[derive(Debug)]
enum Refused {
    Held(NotHeld),
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Refused::Store(error)
    }
}

impl Lease {
    /// Takes the lease from whoever had it. Only for a server that has the store to itself, as the lock on an embedded
    /// store proves: who had the lease before is dead.
    pub async fn seize(store: &Store, name: &str, holder: &str) -> Result<Held, StoreError> {
        let (name, holder) = (name.to_string(), holder.to_string());
        store.write(move |tx| Ok(take(tx, &name, &holder, None))).await
    }

    /// Takes the lease when nobody has it any more, or renews one's own, until `ttl_ms` from now.
    pub async fn acquire(
        store: &Store,
        name: &str,
        holder: &str,
        ttl_ms: i64,
    ) -> Result<Result<Held, NotHeld>, StoreError> {
        let (name, holder) = (name.to_string(), holder.to_string());
        let taken = store
            .write(move |tx| {
                let until = Some(tx.now().plus_millis(ttl_ms));
                match tx.get::<Lease>(&Key::of([name.as_str()])) {
                    Some(lease) if lease.holder == holder => {
                        tx.put(Lease {
                            until,
                            ..(*lease).clone()
                        });
                        Ok(Held {
                            name: name.clone(),
                            epoch: lease.epoch,
                        })
                    }
                    Some(lease) if lease.until.is_none_or(|until| until > tx.now()) => Err(Refused::Held(NotHeld {
                        holder: Some(lease.holder.clone()),
                    })),
                    _ => Ok(take(tx, &name, &holder, until)),
                }
            })
            .await;
        match taken {
            Ok(held) => Ok(Ok(held)),
            Err(Refused::Held(by)) => Ok(Err(by)),
            Err(Refused::Store(error)) => Err(error),
        }
    }
}

impl Held {
    /// Whether the lease is still this one, as this transaction sees it.
    pub fn check(&self, tx: &Tx) -> Result<(), NotHeld> {
        match tx.get::<Lease>(&Key::of([self.name.as_str()])) {
            Some(lease) if lease.epoch == self.epoch && lease.until.is_none_or(|until| until > tx.now()) => Ok(()),
            Some(lease) if lease.epoch == self.epoch => Err(NotHeld { holder: None }),
            other => Err(NotHeld {
                holder: other.map(|lease| lease.holder.clone()),
            }),
        }
    }
}

fn take(tx: &mut Tx, name: &str, holder: &str, until: Option<Timestamp>) -> Held {
    let epoch = tx.get::<Lease>(&Key::of([name])).map_or(1, |lease| lease.epoch + 1);
    tx.put(Lease {
        name: name.to_string(),
        holder: holder.to_string(),
        epoch,
        until,
    });
    Held {
        name: name.to_string(),
        epoch,
    }
}
