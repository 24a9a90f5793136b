//! The registry, joined: its key and content in the data directory, its door behind the gateway's, its housekeeping.

use crate::data::DataDir;
use crate::report::Report;
use base::{Clock, Dice, Scope, Secret};
use clap::ArgMatches;
use errands::copies::{Copier, Peers};
use errands::scans::{Advisories, Scanner};
use gateway::{Annex, AnnexBody};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use images::{Credentials, Upstreams};
use model::registry::{Bearer, RepositoryId, Tokens};
use registry::{Grace, Parts, Permit, Registry};
use serde_json::Value;
use services::ecr::{Who, allows};
use services::{Shelf, World};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use store::Store;
use tokio::sync::watch;

/// How long a body may pause.
const PATIENCE: Duration = Duration::from_secs(60);
const COLLECT_EVERY: Duration = Duration::from_secs(60 * 60);

/// Opens what is kept of the registry beside its records. `address` is where the API answers; `args` may name a bucket.
pub async fn shelf(
    data: &DataDir,
    dice: &dyn Dice,
    address: SocketAddr,
    args: Option<&ArgMatches>,
) -> Result<Shelf, Report> {
    let key = key(data, dice)?;
    Ok(Shelf {
        content: crate::bucket::open(data, args, key.reveal()).await?,
        tokens: Tokens::new(key),
        upstreams: upstreams(args)?,
        host: reachable(address).to_string(),
    })
}

/// How registries elsewhere are asked that repositories here stand for.
fn upstreams(args: Option<&ArgMatches>) -> Result<Upstreams, Report> {
    let Some(args) = args else {
        return Ok(Upstreams::new(&images::Settings::default(), BTreeMap::new()));
    };
    let secrets = match args.get_one::<PathBuf>("upstream-credentials") {
        None => BTreeMap::new(),
        Some(file) => {
            let bad = || format!("{} does not tell of credentials", file.display());
            let text = std::fs::read_to_string(file).map_err(|e| Report::new(bad()).because(e))?;
            let all = serde_json::from_str(&text).map_err(|e| Report::new(bad()).because(e))?;
            secrets(all).ok_or_else(|| {
                Report::new(bad()).hint("it looks like {\"arn:..\": {\"username\": \"..\", \"accessToken\": \"..\"}}")
            })?
        }
    };
    Ok(Upstreams::new(&crate::outside::settings(args), secrets))
}

/// What secrets hold, as AWS wants it for pull-through caches.
fn secrets(all: BTreeMap<String, Value>) -> Option<BTreeMap<String, Credentials>> {
    let one = |(name, told): (String, Value)| {
        let text = |member: &str| Some(told.get(member)?.as_str()?.to_string());
        let (user, password) = (text("username")?, Secret::new(text("accessToken")?));
        Some((name, Credentials { user, password }))
    };
    all.into_iter().map(one).collect()
}

/// Where a client of this machine finds what listens there.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// How this machine's node pulls: what this registry has, it takes from where it lies.
pub fn images(args: &ArgMatches, world: &World) -> images::Settings {
    let mut settings = crate::outside::settings(args);
    let address = world.shelf.host.parse::<SocketAddr>();
    settings.here = address.ok().map(|address| open(world).here(address.port()));
    settings
}

/// The key that tokens are made and checked with; made at the first start.
pub fn key(data: &DataDir, dice: &dyn Dice) -> Result<Secret<[u8; 32]>, Report> {
    const NAME: &str = "registry/key";
    data.directory("registry")?;
    if let Some(kept) = data.read_bytes(NAME)? {
        let kept = <[u8; 32]>::try_from(kept);
        let damaged = |_| Report::new(format!("{} is damaged", data.path().join(NAME).display()));
        return kept.map(Secret::new).map_err(damaged);
    }
    let mut key = [0; 32];
    key.chunks_mut(8)
        .for_each(|eight| eight.copy_from_slice(&dice.u64().to_le_bytes()));
    data.write(NAME, key)?;
    Ok(Secret::new(key))
}

pub fn open(world: &World) -> Registry {
    Registry::new(Parts {
        store: world.store.clone(),
        content: world.shelf.content.clone(),
        tokens: world.shelf.tokens.clone(),
        upstreams: world.shelf.upstreams.clone(),
        clock: Arc::clone(&world.clock),
        dice: Arc::clone(&world.dice),
        scope: world.scope.clone(),
        permit: Policies::of(&world.store, &world.scope, &world.clock),
        patience: PATIENCE,
    })
}

/// The registry of a data directory on which no server runs.
pub async fn open_alone(
    data: &DataDir,
    scope: Scope,
    clock: Arc<dyn Clock>,
    dice: Arc<dyn Dice>,
) -> Result<Registry, Report> {
    let nowhere = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0);
    let store = crate::records::open(data, &clock)?; // its lock also guards the content
    let shelf = shelf(data, &*dice, nowhere, None).await?;
    Ok(Registry::new(Parts {
        permit: Policies::of(&store, &scope, &clock),
        store,
        content: shelf.content,
        tokens: shelf.tokens,
        upstreams: shelf.upstreams,
        clock,
        dice,
        scope,
        patience: PATIENCE,
    }))
}

/// What records of the registry promise and its content store lacks. With `bytes` all of it is read.
pub async fn lost(data: &DataDir, store: &Store, bytes: bool) -> Result<Vec<String>, Report> {
    if !data.path().join("registry").exists() {
        return Ok(Vec::new());
    }
    let owner = key(data, &base::SystemDice::default())?;
    let content = crate::bucket::open(data, None, owner.reveal()).await?;
    let looked = registry::lost(&content, &store.snapshot(), bytes).await;
    looked.map_err(|e| Report::new("the registry's content cannot be looked at").because(e))
}

/// What the policies of repositories and of the registry say, as of now.
struct Policies {
    store: Store,
    scope: Scope,
    clock: Arc<dyn Clock>,
}

impl Policies {
    fn of(store: &Store, scope: &Scope, clock: &Arc<dyn Clock>) -> Arc<dyn Permit> {
        Arc::new(Policies {
            store: store.clone(),
            scope: scope.clone(),
            clock: Arc::clone(clock),
        })
    }
}

impl Permit for Policies {
    fn allows(&self, bearer: &Bearer, from: Option<IpAddr>, action: &'static str, on: &RepositoryId) -> bool {
        let who = Who {
            principal: &bearer.principal,
            user_id: &bearer.user_id,
            now: self.clock.now(),
            from,
        };
        allows(&self.store.snapshot(), &self.scope, &who, action, on)
    }
}

/// The registry's paths, behind the door of the AWS APIs.
pub struct Behind(pub Registry);

impl Annex for Behind {
    fn serves(&self, path: &str) -> bool {
        Registry::serves(path)
    }

    fn serve<'a>(
        &'a self,
        request: hyper::Request<Incoming>,
    ) -> Pin<Box<dyn Future<Output = hyper::Response<AnnexBody>> + Send + 'a>> {
        Box::pin(async move { self.0.serve(request).await.map(BodyExt::boxed_unsync) })
    }
}

/// What copies images to where replication wants them.
pub fn copier(args: &ArgMatches, world: &World) -> Result<Copier, Report> {
    let peers = match args.get_one::<PathBuf>("replicate-to") {
        None => Peers::default(),
        Some(file) => {
            let bad = || format!("{} does not tell of other Gantries", file.display());
            let text = std::fs::read_to_string(file).map_err(|e| Report::new(bad()).because(e))?;
            let authorities = crate::outside::vouching(args, "registry-ca");
            Peers::read(&text, &authorities).map_err(|e| Report::new(bad()).because(e))?
        }
    };
    Ok(Copier {
        store: world.store.clone(),
        content: world.shelf.content.clone(),
        clock: Arc::clone(&world.clock),
        scope: world.scope.clone(),
        peers,
    })
}

/// What scans images.
pub fn scanner(args: &ArgMatches, world: &World) -> Result<Scanner, Report> {
    let advisories = args.get_one::<PathBuf>("advisories").cloned();
    if let Some(file) = &advisories {
        let bad = || format!("{} does not tell of advisories", file.display());
        let text = std::fs::read_to_string(file).map_err(|e| Report::new(bad()).because(e))?;
        Advisories::read(&text).map_err(|e| Report::new(bad()).because(e))?;
    }
    Ok(Scanner {
        store: world.store.clone(),
        content: world.shelf.content.clone(),
        advisories,
    })
}

/// From time to time takes away what nobody needs.
pub async fn keep_house(registry: Registry, mut stopped: watch::Receiver<bool>) {
    loop {
        match registry.collect(Grace::default()).await {
            Ok(gone) => tracing::debug!(?gone, "the registry was collected"),
            Err(error) => tracing::warn!(%error, "the registry could not be collected"),
        }
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(COLLECT_EVERY) => {}
        }
    }
}
