//! `gantry up`: everything, in one process, until it is told to stop.

use crate::data::DataDir;
use crate::nodes::Nodes;
use crate::report::Report;
use crate::{Done, outside, records};
use base::{Clock, Dice, Scope, SystemClock, SystemDice};
use clap::ArgMatches;
use controllers::KeepServices;
use fleet::Fleet;
use gateway::{Door, OneKey, Settings};
use rehearsal::Planner;
use scheduler::Board;
use services::{Services, World};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use telemetry::Logs;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;

pub fn run(args: &ArgMatches) -> Done {
    tell(args.get_one::<String>("log").expect("it has a default"));
    let data = DataDir::choose(args.get_one("data"))?;
    data.create()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let dice: Arc<dyn Dice> = Arc::new(SystemDice::default());
    let days = *args.get_one::<u32>("keep-days").expect("it has a default");
    let keep = Duration::from_secs(u64::from(days) * 24 * 3600);
    let store = records::open_keeping(&data, &clock, keep)?; // the store's lock also guards the files beside it
    let (scope, since) = data.identity(text(args, "region"), text(args, "account"), &*clock)?;
    let credentials = data.credentials(&*dice)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Report::new("the runtime does not start").because(e))?;
    let key = OneKey::root(
        &scope.account,
        scope.partition(),
        credentials.access_key,
        credentials.secret,
    );
    let listen = *args.get_one::<SocketAddr>("listen").expect("it has a default");
    let listener = runtime
        .block_on(TcpListener::bind(listen))
        .map_err(|e| taken(listen, e))?;
    let address = listener
        .local_addr()
        .map_err(|e| Report::new("the listener has no address").because(e))?;
    let world = Arc::new(World {
        board: Some(Arc::new(Board::new(&store))),
        store: store.clone(),
        logs: logs(&data, &clock)?,
        shelf: runtime.block_on(crate::registry::shelf(&data, &*dice, address, Some(args)))?,
        clock,
        dice,
        scope,
        since,
    });
    let simulated = *args.get_one::<u16>("simulated-nodes").expect("it has a default");
    runtime.block_on(async {
        let mut stop = Stop::watch()?;
        let nodes = match args.get_one::<SocketAddr>("nodes") {
            None => None,
            Some(at) => Some(Nodes::bind(*at).await.map_err(|e| taken(*at, e))?),
        };
        let nodes_at = nodes.as_ref().map(|nodes| nodes.address);
        let _announced = data.announce(&format!("http://{address}"), nodes_at)?;
        let vpc = args.get_one("vpc-cidr").copied().unwrap_or(services::ec2::USUAL_BLOCK);
        let caller = errands::Caller::trusting(outside::vouching(args, "hook-ca"));
        let errands_of_images = (
            crate::registry::copier(args, &world)?,
            crate::registry::scanner(args, &world)?,
        );
        let keeper_of_services = keeper(args, &world);
        let rooms = crate::rooms::start(
            &world,
            simulated,
            vpc,
            keeper_of_services,
            keep,
            caller,
            errands_of_images,
        );
        let rooms = rooms.await;
        let rooms = rooms.map_err(|e| Report::new("the store does not take writes").because(e))?;
        let (stop_node, node_stopped) = tokio::sync::watch::channel(false);
        let registry_stopped = node_stopped.clone();
        let fleet = fleet(&world);
        let registry = crate::registry::open(&world);
        let serving = match nodes {
            None => JoinSet::new(),
            Some(nodes) => nodes.serve(&world, &fleet, &data, registry.clone(), node_stopped.clone())?,
        };
        let own_ports = [Some(address), nodes_at].into_iter().flatten().map(|at| at.port());
        let own_ports = own_ports.collect();
        let node = match wants_node(args, simulated) {
            Ok(()) => Ok(node(args, &world, fleet, &data, own_ports, node_stopped).await?),
            Err(why) => Err(why),
        };
        let collecting = tokio::spawn(crate::registry::keep_house(registry.clone(), registry_stopped));
        let door = Door::new(
            Services::all(args.get_flag("strict")),
            Arc::clone(&world),
            key,
            Settings::default(),
        )
        .with(crate::registry::Behind(registry.clone()))
        .with_page(
            "plan",
            Planner::new(Services::all(args.get_flag("strict")), keeper(args, &world)),
        );
        greet(args, &data, address, &world.scope, node.as_ref().err());
        gateway::listen(listener, Arc::new(door), stop.asked()).await;
        stop_node.send_replace(true);
        if let Ok(node) = node {
            node.ended().await;
        }
        serving.join_all().await;
        let _ = collecting.await; // what it could not take away it takes away the next time
        rooms.stop().await;
        Ok(())
    })?;
    drop(runtime);
    drop(world);
    tracing::info!("stopped");
    Ok(())
}

/// Whether this machine is to run tasks; if not, why, in one line.
fn wants_node(args: &ArgMatches, simulated: u16) -> Result<(), String> {
    if simulated > 0 {
        return Err(format!("{simulated} simulated nodes pretend to run tasks."));
    }
    if args.get_flag("no-node") {
        return Err("No tasks run on this machine, as asked with --no-node.".to_string());
    }
    match agent::machine::about::lacks() {
        None => Ok(()),
        Some(lack) => Err(lack),
    }
}

fn fleet(world: &World) -> Fleet {
    let (store, dice, scope) = (world.store.clone(), Arc::clone(&world.dice), world.scope.clone());
    Fleet::new(store, dice, scope, world.logs.clone())
}

async fn node(
    args: &ArgMatches,
    world: &Arc<World>,
    fleet: Fleet,
    data: &DataDir,
    own_ports: Vec<u16>,
    stopped: tokio::sync::watch::Receiver<bool>,
) -> Result<crate::node::Running, Report> {
    if was_deregistered(world, data)? {
        data.keep_node_id("")?;
    }
    let wish = crate::node::Wish {
        cluster: CLUSTER.to_string(),
        pull_policy: crate::node::pull_policy(args),
        images: crate::registry::images(args, world),
        own_ports,
        oci_runtime: args.get_one("oci-runtime").cloned(),
        certified: None,
    };
    let around = crate::node::Around {
        clock: Arc::clone(&world.clock),
        dice: Arc::clone(&world.dice),
        subnets: crate::node::subnets(world),
        tunnel: args.contains_id("nodes"),
    };
    crate::node::start(around, crate::node::Pipe(fleet), data, wish, stopped).await
}

/// The cluster that this machine's own node is in.
const CLUSTER: &str = "default";

/// Whether this machine was deregistered: that is final for the node it was, so it comes back as another one.
fn was_deregistered(world: &World, data: &DataDir) -> Result<bool, Report> {
    let Some(id) = data.node_identity(&*world.dice)?.id else {
        return Ok(false);
    };
    let node = world
        .store
        .snapshot()
        .get::<model::Node>(&model::Node::key_of(CLUSTER, &id));
    Ok(node.is_some_and(|node| !fleet::may_connect(&node)))
}

/// Opens the log store of a data directory.
fn logs(data: &DataDir, clock: &Arc<dyn Clock>) -> Result<Logs, Report> {
    let opened = Logs::open(&data.logs(), Arc::clone(clock), telemetry::Options::default());
    opened.map_err(|error| Report::new(format!("the logs in {} do not open", data.logs().display())).because(error))
}

fn greet(args: &ArgMatches, data: &DataDir, address: SocketAddr, scope: &Scope, no_node: Option<&String>) {
    if args.get_flag("json") {
        println!(
            "{{\"endpoint\": \"http://{address}\", \"region\": \"{}\", \"account\": \"{}\", \"pid\": {}, \"node\": {}}}",
            scope.region,
            scope.account,
            std::process::id(),
            no_node.is_none()
        );
        return;
    }
    let at = args
        .get_one::<std::path::PathBuf>("data")
        .map(|dir| format!(" --data '{}'", dir.display()))
        .unwrap_or_default();
    println!(
        "Gantry answers on http://{address} as account {} in {}.",
        scope.account, scope.region
    );
    println!("State is kept in {}.", data.path().display());
    match no_node {
        None => println!("Tasks run on this machine."),
        Some(why) => println!("{why}"),
    }
    println!("\nIn another terminal:");
    println!("  eval \"$({} env{at})\"", myself());
    println!("  aws ecs create-cluster --cluster-name default");
    println!("  aws ecs list-clusters");
    println!("\nStop with Ctrl-C.");
}

/// How to call this program again: by its name when the shell finds it, else by its path, as short as it gets.
fn myself() -> String {
    let Ok(exe) = std::env::current_exe() else {
        return "gantry".to_string();
    };
    let found =
        std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join("gantry") == exe));
    if found {
        return "gantry".to_string();
    }
    let here = std::env::current_dir().ok();
    let short = here.and_then(|here| exe.strip_prefix(here).ok().map(|short| short.to_path_buf()));
    short.unwrap_or(exe).display().to_string()
}

fn keeper(args: &ArgMatches, world: &World) -> KeepServices {
    let settle_ms = *args.get_one::<u32>("settle-ms").expect("it has a default");
    KeepServices {
        settle_ms: i64::from(settle_ms),
        board: world.board.clone(),
        ..KeepServices::default()
    }
}

/// The signals that end a server.
pub struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    pub fn watch() -> Result<Self, Report> {
        let on = |kind| signal(kind).map_err(|e| Report::new("signals cannot be watched").because(e));
        Ok(Stop {
            terminate: on(SignalKind::terminate())?,
            interrupt: on(SignalKind::interrupt())?,
        })
    }

    pub async fn asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn taken(listen: SocketAddr, error: std::io::Error) -> Report {
    let hint = match error.kind() {
        std::io::ErrorKind::AddrInUse => "stop what listens there, or give another --listen ADDR",
        std::io::ErrorKind::PermissionDenied => "give a port above 1023, or run as root",
        _ => "give another --listen ADDR",
    };
    Report::new(format!("cannot listen on {listen}"))
        .because(error)
        .hint(hint)
}

pub fn tell(level: &str) {
    let filter = tracing_subscriber::EnvFilter::new(level);
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
}

pub fn text<'a>(args: &'a ArgMatches, name: &str) -> Option<&'a str> {
    args.get_one::<String>(name).map(String::as_str)
}
