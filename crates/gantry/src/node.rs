//! The node of this very machine: its rooms opened and joined to the server, over a pipe when that is in this process.
//!
//! Its containers do not end with it: they are there again when it comes back.

use crate::data::{DataDir, NodeIdentity};
use crate::report::Report;
use agent::endpoints::{Audience, Endpoints, NodeIssuer, NodeSecret};
use agent::machine::{Machine, NodeSource, Parts, Paths, about};
use agent::{Asked, Connect, Identity, Journal, Node, Shipper};
use base::{Clock, Dice};
use clap::ArgMatches;
use fleet::{Fleet, Way};
use images::{Images, PullPolicy};
use link::{Hello, PROTOCOL};
use network::{Network, Settings};
use runtime::{Kept, Trash};
use services::World;
use std::fs::File;
use std::net::SocketAddrV4;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::DuplexStream;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

/// Bytes that a pipe holds between the node and its server.
const PIPE_BYTES: usize = 256 * 1024;

/// Questions of containers that wait for the session.
const MOST_QUESTIONS: usize = 64;

/// What the command line says of the node.
pub struct Wish {
    pub cluster: String,
    pub pull_policy: PullPolicy,
    pub images: images::Settings,
    /// Ports of this machine that Gantry itself listens on.
    pub own_ports: Vec<u16>,
    /// An OCI runtime's command to use instead of the built-in one.
    pub oci_runtime: Option<PathBuf>,
    /// The name in the node's certificate, when it has one.
    pub certified: Option<String>,
}

/// What is there around a node.
pub struct Around {
    pub clock: Arc<dyn Clock>,
    pub dice: Arc<dyn Dice>,
    /// The VPC's, where they are known; elsewhere the server tells them.
    pub subnets: Vec<network::Subnet>,
    /// Whether other nodes have a part in the VPC, too.
    pub tunnel: bool,
}

/// When images are asked for, as the command line says it.
pub fn pull_policy(args: &ArgMatches) -> PullPolicy {
    match args.get_one::<String>("pull").map(String::as_str) {
        Some("always") => PullPolicy::Always,
        Some("once") => PullPolicy::Once,
        Some("prefer-cached") => PullPolicy::PreferCached,
        _ => PullPolicy::Default,
    }
}

/// A node that runs; it ends with `stopped`, its containers do not.
pub struct Running {
    tasks: JoinSet<()>,
    network: Arc<Network>,
    runtime: Kept,
    _lock: File,
}

impl Running {
    pub async fn ended(mut self) {
        while self.tasks.join_next().await.is_some() {}
        // A machine where nothing of ours runs is left as it was found.
        if let Err(error) = self.network.leave() {
            tracing::warn!(%error, "bridges and rules are left on this machine");
        }
        if let Err(error) = self.runtime.leave(false).await {
            tracing::warn!(%error, "cgroups are left on this machine");
        }
    }
}

pub async fn start<C: Connect + Clone>(
    around: Around,
    connect: C,
    data: &DataDir,
    wish: Wish,
    stopped: watch::Receiver<bool>,
) -> Result<Running, Report> {
    let paths = Paths::new(&data.node());
    let kept = data.node_identity(&*around.dice)?;
    let lock = data.lock_node()?;
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.map_err(|e| Report::new("containers have no place to ask").because(e))?;
    let metadata = match listener.local_addr() {
        Ok(std::net::SocketAddr::V4(address)) => address,
        other => return Err(Report::new(format!("containers have no place to ask: {other:?}"))),
    };
    let identity = Identity::new(hello(&around, &wish, &kept, metadata));
    let (shipper, shipping) = Shipper::new();
    let runtime = open_runtime(&wish, &paths, &kept.instance)?;
    let machine = Machine::new(Parts {
        images: Images::open(&data.images(), wish.images.clone()).map_err(cannot("the image store"))?,
        runtime: Arc::new(runtime.clone()),
        network: Arc::new(open_network(&around, &wish, &paths, &kept.instance, metadata)?),
        shipper,
        identity: identity.clone(),
        clock: Arc::clone(&around.clock),
        paths: paths.clone(),
        trash: Trash::open(paths.gone()).map_err(cannot("the node's directory"))?,
        secret: NodeSecret::new(kept.secret),
        pull_policy: wish.pull_policy,
    });
    let journal = Journal::open(&paths.journal()).map_err(cannot("the node's journal"))?;
    let machine = Arc::new(machine);
    let node = Node::open(
        Arc::clone(&machine),
        journal,
        Arc::clone(&around.clock),
        Arc::clone(&around.dice),
    )
    .await;
    let node = node.map_err(cannot("the node's journal"))?;
    let mut tasks = JoinSet::new();
    let network = Arc::clone(&machine.network);
    tasks.spawn(Arc::clone(&machine).keep_house(stopped.clone()));
    tasks.spawn(Arc::clone(&machine).follow_ways(stopped.clone()));
    let (questions, asked) = mpsc::channel::<Asked>(MOST_QUESTIONS);
    let (ear, outbox) = (node.ear(), node.outbox());
    let source = NodeSource {
        machine,
        works: node.works(),
        questions,
    };
    let secret = NodeSecret::new(kept.secret);
    let issuer = NodeIssuer::new(secret.clone(), Arc::clone(&around.clock));
    let endpoints = Endpoints::new(
        node.works(),
        Arc::new(source),
        Arc::new(issuer),
        secret,
        Arc::clone(&around.clock),
    );
    tasks.spawn(endpoints.serve(listener, Audience::Containers, stopped.clone()));
    tasks.spawn(shipping.run(connect.clone(), identity.clone(), stopped.clone()));
    tasks.spawn(remember(data.clone(), identity.clone(), stopped.clone()));
    tasks.spawn(node.run(stopped.clone()));
    tasks.spawn(agent::stay(connect, identity, ear, outbox, asked, stopped));
    Ok(Running {
        tasks,
        network,
        runtime,
        _lock: lock,
    })
}

fn cannot(what: &'static str) -> impl Fn(std::io::Error) -> Report {
    move |error| Report::new(format!("{what} cannot be opened")).because(error)
}

fn hello(around: &Around, wish: &Wish, kept: &NodeIdentity, metadata: SocketAddrV4) -> Hello {
    let mut own = wish.own_ports.clone();
    own.push(metadata.port());
    let mut resources = about::resources(&own);
    if around.tunnel {
        resources.reserved_ports_udp.push(network::TUNNEL_PORT);
    }
    Hello {
        protocol: PROTOCOL,
        purpose: None,
        node: wish.certified.clone().or_else(|| kept.id.clone()),
        cluster: wish.cluster.clone(),
        instance_id: Some(kept.instance_id.clone()),
        resources,
        attributes: about::attributes(),
        agent_version: env!("CARGO_PKG_VERSION").to_string(),
        fargate: true,
        availability_zone: None,
    }
}

/// Where containers are kept, and what keeps them.
pub fn runtime_settings(paths: &Paths, instance: &str) -> Result<runtime::Settings, Report> {
    Ok(runtime::Settings {
        state_dir: paths.containers(),
        keeper: std::env::current_exe().map_err(cannot("this program's own file"))?,
        cgroup_root: format!("gantry/{instance}"),
    })
}

fn open_runtime(wish: &Wish, paths: &Paths, instance: &str) -> Result<Kept, Report> {
    let settings = runtime_settings(paths, instance)?;
    let opened = match &wish.oci_runtime {
        None => Kept::native(settings),
        Some(command) => Kept::by_command(settings, command.clone()),
    };
    opened.map_err(|e| Report::new("the container runtime cannot be opened").because(e))
}

fn open_network(
    around: &Around,
    wish: &Wish,
    paths: &Paths,
    instance: &str,
    metadata: SocketAddrV4,
) -> Result<Network, Report> {
    let mut guarded_ports = wish.own_ports.clone();
    guarded_ports.push(metadata.port());
    let settings = Settings {
        instance: instance.to_string(),
        dir: paths.network(),
        bridge_cidr: None,
        subnets: around.subnets.clone(),
        tunnel: around.tunnel,
        metadata,
        guarded_ports,
        dynamic_ports: None,
    };
    let network = Network::open(settings).map_err(|e| Report::new("the node's network cannot be opened").because(e))?;
    for problem in network.problems() {
        tracing::warn!(%problem, "the node's network is limited");
    }
    Ok(network)
}

/// The VPC's subnets: this node is a router of all of them.
pub fn subnets(world: &World) -> Vec<network::Subnet> {
    let view = world.store.snapshot();
    let subnet = |s: Arc<model::Subnet>| {
        Some(network::Subnet {
            id: s.id.clone(),
            cidr: network::Cidr::new(s.block.first, s.block.prefix)?,
            gateway: s.gateway(),
        })
    };
    view.scan::<model::Subnet>(&store::Key::all())
        .filter_map(subnet)
        .collect()
}

/// Writes down the id that the server gave, so that the node is the same one the next time.
async fn remember(data: DataDir, identity: Identity, mut stopped: watch::Receiver<bool>) {
    let mut welcome = identity.welcome();
    let id = tokio::select! {
        Ok(welcome) = welcome.wait_for(Option::is_some) => welcome.as_ref().map(|welcome| welcome.node.clone()),
        // A server that will not have this node never says it.
        _ = stopped.wait_for(|stop| *stop) => return,
    };
    if let Err(error) = data.keep_node_id(&id.unwrap_or_default()) {
        tracing::error!(%error, "the node's id cannot be kept; it will be another node the next time");
    }
}

/// Streams to the server in this same process.
#[derive(Clone)]
pub struct Pipe(pub Fleet);

impl Connect for Pipe {
    type Stream = DuplexStream;

    async fn connect(&self) -> std::io::Result<DuplexStream> {
        let (node, server) = tokio::io::duplex(PIPE_BYTES);
        let fleet = self.0.clone();
        tokio::spawn(async move {
            let ended = fleet.serve(server, None, Way::default()).await;
            tracing::debug!(%ended, "a session with this machine's own node ended");
        });
        Ok(node)
    }
}
