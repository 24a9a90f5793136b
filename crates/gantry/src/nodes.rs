//! Taking nodes of other machines: a listener, and a session of each node that may come.

use crate::data::DataDir;
use crate::members::{self, Book};
use crate::report::Report;
use fleet::{Fleet, Way};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use link::tls::{Accepted, Server, Settings};
use model::{Node, NodeStatus};
use registry::Registry;
use services::World;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use store::{Key, Lagged, Store};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// How long to wait when the machine has no means for another connection.
const AGAIN: Duration = Duration::from_millis(200);

/// How long a node may keep a connection to the registry that it asks nothing over.
const IDLE: Duration = Duration::from_secs(120);

pub struct Nodes {
    listener: TcpListener,
    pub address: SocketAddr,
}

impl Nodes {
    pub async fn bind(address: SocketAddr) -> std::io::Result<Nodes> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Nodes { listener, address })
    }

    /// Takes nodes until `stopped` says so. Their sessions end with it, their containers do not.
    pub fn serve(
        self,
        world: &Arc<World>,
        fleet: &Fleet,
        data: &DataDir,
        registry: Registry,
        stopped: watch::Receiver<bool>,
    ) -> Result<JoinSet<()>, Report> {
        let authority = members::authority(data, &*world.clock, &*world.dice)?;
        data.directory("members")?;
        let book = Arc::new(Book::open(data, Arc::clone(&world.clock))?);
        let server = Server::new(
            authority,
            book.clone(),
            Arc::clone(&world.clock),
            Arc::clone(&world.dice),
            Settings::default(),
        );
        let mut running = JoinSet::new();
        running.spawn(revoke(world.store.clone(), book, stopped.clone()));
        let host = world.shelf.host.parse::<SocketAddr>();
        let rooms = Rooms {
            server,
            fleet: fleet.clone(),
            registry,
            api_port: host.map_or(0, |host| host.port()),
        };
        running.spawn(listen(self.listener, Arc::new(rooms), stopped));
        Ok(running)
    }
}

/// What connections come for.
struct Rooms {
    server: Server,
    fleet: Fleet,
    registry: Registry,
    /// Where the API answers on loopback, which is part of what images are called.
    api_port: u16,
}

async fn listen(listener: TcpListener, rooms: Arc<Rooms>, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stop| *stop) => return,
            Some(_) = connections.join_next() => {}
            (stream, from) = next(&listener) => {
                connections.spawn(one(stream, from, Arc::clone(&rooms)));
            }
        }
    }
}

async fn next(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(%error, "nodes cannot be taken at the moment");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

async fn one(stream: TcpStream, from: SocketAddr, rooms: Arc<Rooms>) {
    if let Err(error) = link::tls::tune(&stream) {
        tracing::debug!(%error, %from, "a connection was gone at once");
        return;
    }
    let way = Way {
        node: Some(from.ip()),
        server: stream.local_addr().ok().map(|server| server.ip()),
    };
    match rooms.server.accept(stream, from.ip()).await {
        Ok(Accepted::Session { stream, node }) => {
            let ended = Box::pin(rooms.fleet.serve(stream, Some(node.clone()), way)).await;
            tracing::debug!(%ended, node, "a session ended");
        }
        Ok(Accepted::Pull { stream, node }) => {
            let answer = service_fn(|request| {
                let rooms = &rooms;
                let node = &node;
                async move { Ok::<_, Infallible>(rooms.registry.serve_node(request, node, rooms.api_port).await) }
            });
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(IDLE);
            let ended = http.serve_connection(TokioIo::new(stream), answer).await;
            tracing::debug!(?ended, node, "a node has pulled");
        }
        Ok(Accepted::Joined { node }) => tracing::info!(node, %from, "a machine joined as a node"),
        Ok(Accepted::Renewed { node }) => tracing::info!(node, "a node has a new certificate"),
        Err(refused) => tracing::warn!(%from, why = %refused, "a connection was refused"),
    }
}

/// Nodes that are deregistered lose their certificates; also those that were while nobody listened for nodes. Their
/// records are forgotten one day, their certificates must not come to life again by that.
async fn revoke(store: Store, book: Arc<Book>, mut stopped: watch::Receiver<bool>) {
    loop {
        let snapshot = store.snapshot();
        let gone = snapshot.scan::<Node>(&Key::all()).filter(|node| is_gone(node));
        let gone: Vec<String> = gone.map(|node| node.id.clone()).collect();
        write_down(&book, &gone);
        let mut watch = store.watch(snapshot.revision());
        drop(snapshot);
        loop {
            let next = tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => return,
                next = watch.next() => next,
            };
            let commit = match next {
                Ok(commit) => commit,
                Err(Lagged { .. }) => break,
            };
            let changed = commit.changes.iter().filter_map(|change| change.of::<Node>());
            let gone = changed.filter_map(|(before, after)| match after {
                Some(node) => is_gone(&node).then(|| node.id.clone()),
                None => before.map(|node| node.id.clone()),
            });
            write_down(&book, &gone.collect::<Vec<_>>());
        }
    }
}

fn write_down(book: &Book, gone: &[String]) {
    if let Err(error) = book.revoke(gone) {
        tracing::error!(%error, "that nodes are deregistered could not be written down");
    }
}

fn is_gone(node: &Node) -> bool {
    matches!(
        node.status,
        NodeStatus::Deregistering | NodeStatus::Inactive | NodeStatus::RegistrationFailed
    )
}
