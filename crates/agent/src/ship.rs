//! Passing logs on: a session of its own, so that a flood of lines never delays a report.
//!
//! A batch is sent again until the server says that it is kept (or why it never will be). It says where it comes from
//! and how far it reaches, so that one that arrives twice is kept once.

use crate::session::{Connect, Identity, Parted, introduce};
use link::{Broken, Down, Frames, LogBatch, Purpose, Up};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot, watch};

/// Batches that wait to be sent, of all containers together.
const MOST_WAITING: usize = 64;
/// Batches that are sent and not answered.
const MOST_IN_FLIGHT: usize = 64;

const AGAIN: Duration = Duration::from_millis(250);

type Parcel = (LogBatch, oneshot::Sender<Result<(), String>>);

/// The way in: clones share it.
#[derive(Clone, Debug)]
pub struct Shipper(mpsc::Sender<Parcel>);

impl Shipper {
    pub fn new() -> (Shipper, Shipping) {
        let (send, receive) = mpsc::channel(MOST_WAITING);
        let shipping = Shipping {
            parcels: receive,
            waiting: BTreeMap::new(),
            sequence: 0,
        };
        (Shipper(send), shipping)
    }

    /// Waits until the server has kept a batch. The error is the server's reason why it never will.
    pub async fn ship(&self, batch: LogBatch) -> Result<(), String> {
        let (done, kept) = oneshot::channel();
        if self.0.send((batch, done)).await.is_err() {
            return std::future::pending().await; // the node is stopping, and so will the caller
        }
        match kept.await {
            Ok(answer) => answer,
            Err(_) => std::future::pending().await,
        }
    }
}

/// The other side of [`Shipper`].
#[derive(Debug)]
pub struct Shipping {
    parcels: mpsc::Receiver<Parcel>,
    /// Not answered yet, by sequence.
    waiting: BTreeMap<u64, Parcel>,
    sequence: u64,
}

impl Shipping {
    /// Holds one session after the other until `stopped` says so.
    pub async fn run<C: Connect>(mut self, connect: C, identity: Identity, mut stopped: watch::Receiver<bool>) {
        let mut welcome = identity.welcome();
        let work = async {
            // The server must know the node before it takes its logs.
            if welcome.wait_for(Option::is_some).await.is_err() {
                return;
            }
            loop {
                let parted = match connect.connect().await {
                    Ok(stream) => self.hold(stream, &identity).await,
                    Err(error) => Parted::Broken(error.into()),
                };
                tracing::debug!(%parted, "the session for logs ended; it is tried again");
                tokio::time::sleep(AGAIN).await;
            }
        };
        tokio::select! {
            () = work => {}
            _ = stopped.wait_for(|stop| *stop) => {}
        }
    }

    async fn hold<S: AsyncRead + AsyncWrite + Send + Unpin>(&mut self, stream: S, identity: &Identity) -> Parted {
        let (read, write) = tokio::io::split(stream);
        let (mut down, mut up) = (Frames::new(read), Frames::new(write));
        if let Err(parted) = introduce(&mut down, &mut up, identity, Purpose::Logs).await {
            return parted;
        }
        let parcels = &mut self.parcels;
        let sequence = &mut self.sequence;
        let again: Vec<(u64, LogBatch)> = self.waiting.iter().map(|(n, (batch, _))| (*n, batch.clone())).collect();
        let waiting = Mutex::new(std::mem::take(&mut self.waiting));
        let answered = tokio::sync::Notify::new();
        let sending = async {
            for (n, batch) in again {
                up.send(&Up::Logs(n, batch)).await?;
            }
            loop {
                let full = || lock(&waiting).len() >= MOST_IN_FLIGHT;
                while full() {
                    answered.notified().await;
                }
                let Some((batch, done)) = parcels.recv().await else {
                    return std::future::pending::<Result<(), Broken>>().await;
                };
                *sequence += 1;
                let message = Up::Logs(*sequence, batch.clone());
                lock(&waiting).insert(*sequence, (batch, done));
                up.send(&message).await?;
            }
        };
        let hearing = async {
            loop {
                if let Down::LogAck(n, refused) = down.receive().await? {
                    if let Some((_, done)) = lock(&waiting).remove(&n) {
                        drop(done.send(refused.map_or(Ok(()), Err)));
                    }
                    answered.notify_one();
                }
            }
        };
        let ended: Result<(), Broken> = tokio::select! {
            ended = sending => ended,
            ended = hearing => ended,
        };
        self.waiting = waiting.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
        ended.err().map_or(Parted::NoWelcome, Parted::Broken)
    }
}

fn lock(waiting: &Mutex<BTreeMap<u64, Parcel>>) -> std::sync::MutexGuard<'_, BTreeMap<u64, Parcel>> {
    waiting.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
