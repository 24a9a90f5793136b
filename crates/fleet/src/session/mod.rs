//! The server's end of a node's session: takes the node in, assigns what it is to run, keeps what it reports.
//!
//! A node has one session; a newer one ends the older. A session ends when its stream does, when the node is silent for
//! too long, or when the node is deregistered; the node then counts as not connected, and its tasks stay as they were
//! last seen, until it comes back or somebody decides otherwise.

mod away;
mod logs;
mod register;
mod reports;
mod watch;

pub use away::Way;
pub use logs::LogSink;
pub use register::may_connect;

use base::{Dice, Scope};
use link::{Broken, Down, Frames, Hello, PROTOCOL, Purpose, Up, Welcome};
use model::Node;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::{Key, Store, StoreError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{mpsc, oneshot};

/// How often a node says that it lives, and how long it may say nothing.
const BEAT_EVERY: Duration = Duration::from_secs(5);
const SILENT_AFTER: Duration = Duration::from_secs(20);

/// How long a new connection may take to say hello.
const HELLO_WITHIN: Duration = Duration::from_secs(10);

/// Messages that wait for a slow node.
const MOST_WAITING: usize = 64;

/// The sessions of all nodes.
#[derive(Clone)]
pub struct Fleet(Arc<Inner>);

struct Inner {
    store: Store,
    dice: Arc<dyn Dice>,
    scope: Scope,
    logs: LogSink,
    /// Which sessions are open, and how to end each.
    open: Mutex<BTreeMap<String, Open>>,
}

struct Open {
    number: u64,
    /// Dropped to end the session.
    _end: oneshot::Sender<()>,
}

/// Why a session ended.
#[derive(Debug)]
pub enum Ended {
    Broken(Broken),
    /// It did not begin as a session does.
    NoHello,
    Refused(String),
    /// The node has opened a newer one.
    Replaced,
    Silent,
    /// The node was deregistered.
    Deregistered,
    Store(StoreError),
}

impl Fleet {
    pub fn new(store: Store, dice: Arc<dyn Dice>, scope: Scope, logs: LogSink) -> Fleet {
        Fleet(Arc::new(Inner {
            store,
            dice,
            scope,
            logs,
            open: Mutex::default(),
        }))
    }

    /// Serves one connection to its end. `certified` is the node that its certificate names, when it came by TLS.
    pub async fn serve<S>(&self, stream: S, certified: Option<String>, way: Way) -> Ended
    where
        S: AsyncRead + AsyncWrite + Send + Unpin,
    {
        let (read, write) = tokio::io::split(stream);
        let (mut up, mut down) = (Frames::new(read), Frames::new(write));
        let hello = match tokio::time::timeout(HELLO_WITHIN, up.receive::<Up>()).await {
            Ok(Ok(Up::Hello(hello))) => *hello,
            Ok(Err(broken)) => return Ended::Broken(broken),
            Ok(Ok(_)) | Err(_) => return Ended::NoHello,
        };
        let id = hello
            .node
            .clone()
            .or(certified.clone())
            .unwrap_or_else(|| self.0.dice.hex(32));
        match self.admit(hello, &id, certified).await {
            Ok(Admitted::Logs(node)) => self.logs(&node, up, down).await,
            Ok(Admitted::Control(hello)) => self.control(*hello, &id, way, up, down).await,
            Err(why) => refuse(&mut down, why).await,
        }
    }

    async fn admit(&self, hello: Hello, id: &str, certified: Option<String>) -> Result<Admitted, String> {
        if hello.protocol != PROTOCOL {
            let spoken = hello.protocol;
            return Err(format!("it speaks protocol {spoken}, and this server {PROTOCOL}"));
        }
        if certified.is_some_and(|certified| certified != id) {
            return Err("its certificate is another node's".to_string());
        }
        match hello.purpose.unwrap_or(Purpose::Control) {
            Purpose::Control => Ok(Admitted::Control(Box::new(hello))),
            Purpose::Logs => match standing(&self.0.store, &hello.cluster, id) {
                Some(node) => Ok(Admitted::Logs(node)),
                None => Err("it is not registered".to_string()),
            },
        }
    }

    fn welcome(&self, node: &Node) -> Down {
        let scope = &self.0.scope;
        Down::Welcome(Welcome {
            node: node.id.clone(),
            node_arn: scope.arn("ecs", &format!("container-instance/{}/{}", node.cluster, node.id)),
            region: scope.region.to_string(),
            account: scope.account.to_string(),
            beat_every_ms: BEAT_EVERY.as_millis() as u64,
            vpc: away::vpc(&self.0.store.snapshot()),
        })
    }

    async fn control<R, W>(&self, hello: Hello, id: &str, way: Way, up: Frames<R>, mut down: Frames<W>) -> Ended
    where
        R: AsyncRead + Send + Unpin,
        W: AsyncWrite + Send + Unpin,
    {
        // Before its record says that it is connected: the end of an older session must not say otherwise after that.
        let (number, replaced) = self.opened(id);
        let cluster = hello.cluster.clone();
        let ended = match register::control(&self.0, hello, id, way).await {
            Ok(node) => match down.send(&self.welcome(&node)).await {
                Ok(()) => self.hold(&node, &way, up, down, replaced).await,
                Err(broken) => Ended::Broken(broken),
            },
            Err(Ended::Refused(why)) => refuse(&mut down, why).await,
            Err(ended) => ended,
        };
        if self.closed(id, number) {
            register::hung_up(&self.0.store, &cluster, id).await;
        }
        ended
    }

    /// A node sends its lines over one connection, and a newer one ends the older: what was not acknowledged comes again.
    async fn logs<R, W>(&self, node: &Node, mut up: Frames<R>, mut down: Frames<W>) -> Ended
    where
        R: AsyncRead + Send + Unpin,
        W: AsyncWrite + Send + Unpin,
    {
        let name = format!("{}/logs", node.id);
        let (number, replaced) = self.opened(&name);
        let ended = match down.send(&self.welcome(node)).await {
            Ok(()) => tokio::select! {
                broken = logs::serve(&self.0.logs, &self.0.store, &mut up, &mut down) => Ended::Broken(broken),
                _ = replaced => Ended::Replaced,
            },
            Err(broken) => Ended::Broken(broken),
        };
        self.closed(&name, number);
        ended
    }

    async fn hold<R, W>(
        &self,
        node: &Node,
        way: &Way,
        mut up: Frames<R>,
        mut down: Frames<W>,
        replaced: oneshot::Receiver<()>,
    ) -> Ended
    where
        R: AsyncRead + Send + Unpin,
        W: AsyncWrite + Send + Unpin,
    {
        tracing::info!(node = node.id, cluster = node.cluster, "a node is connected");
        let (say, mut said) = mpsc::channel::<Down>(MOST_WAITING);
        let writing = async {
            while let Some(message) = said.recv().await {
                down.send(&message).await?;
            }
            Ok::<(), Broken>(())
        };
        let ended = tokio::select! {
            ended = writing => ended.map_or_else(Ended::Broken, |()| Ended::Replaced),
            ended = reports::hear(&self.0, node, &mut up, say.clone(), SILENT_AFTER) => ended,
            ended = watch::assign(&self.0, node, way, say) => ended,
            _ = replaced => Ended::Replaced,
        };
        tracing::info!(node = node.id, why = %ended, "a node's session ended");
        ended
    }

    fn opened(&self, node: &str) -> (u64, oneshot::Receiver<()>) {
        let (end, ended) = oneshot::channel();
        let mut open = self.0.open.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let number = open.get(node).map_or(1, |before| before.number + 1);
        open.insert(node.to_string(), Open { number, _end: end });
        (number, ended)
    }

    /// Whether the session that closed was the node's newest.
    fn closed(&self, node: &str, number: u64) -> bool {
        let mut open = self.0.open.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let newest = open.get(node).is_some_and(|o| o.number == number);
        if newest {
            open.remove(node);
        }
        newest
    }
}

/// What a connection is for, once it may be.
enum Admitted {
    Control(Box<Hello>),
    Logs(Arc<Node>),
}

async fn refuse<W: AsyncWrite + Unpin>(down: &mut Frames<W>, why: String) -> Ended {
    // It is told if it still listens.
    drop(down.send(&Down::Refused(why.clone())).await);
    Ended::Refused(why)
}

/// The node's record, if it is one that may hold a session.
fn standing(store: &Store, cluster: &str, id: &str) -> Option<Arc<Node>> {
    let key: Key = Node::key_of(cluster, id);
    store
        .snapshot()
        .get::<Node>(&key)
        .filter(|node| register::may_connect(node))
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Ended::Store(error)
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ended::Broken(broken) => broken.fmt(f),
            Ended::NoHello => f.write_str("it did not say hello"),
            Ended::Refused(why) => write!(f, "refused: {why}"),
            Ended::Replaced => f.write_str("the node opened a newer session"),
            Ended::Silent => f.write_str("the node is silent"),
            Ended::Deregistered => f.write_str("the node was deregistered"),
            Ended::Store(error) => write!(f, "the store does not take its reports: {error}"),
        }
    }
}
