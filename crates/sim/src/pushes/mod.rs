//! A storm about the registry: images are pushed, pulled, moved, deleted, expired, copied and collected, all at once, by
//! ECR's API and by the door of the distribution protocol, while the server dies, the power goes and the disk fills up.
//!
//! Where to start: `client.rs` (what clients do), `laws.rs` (what must hold whatever they do), `rest.rs` (what must have
//! come to be when it is calm). Seeds here are others than those of [`crate::storm`].

mod client;
mod image;
mod laws;
mod plan;
mod rest;
mod run;
mod told;
mod wishes;

pub use run::run;

use controllers::ExpireImages;
use errands::copies::{Copier, Peers, copy_images};
use registry::{Anybody, Grace, Parts, Registry};
use services::World;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// What the rooms of the registry do.
#[derive(Clone, Debug)]
pub struct KeepRegistry {
    pub grace: Grace,
    pub collect_every: Duration,
    pub expire: ExpireImages,
}

/// How long a body may pause.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn door(world: &World) -> Registry {
    Registry::new(Parts {
        store: world.store.clone(),
        content: world.shelf.content.clone(),
        tokens: world.shelf.tokens.clone(),
        upstreams: world.shelf.upstreams.clone(),
        clock: Arc::clone(&world.clock),
        dice: Arc::clone(&world.dice),
        scope: world.scope.clone(),
        permit: Arc::new(Anybody),
        patience: PATIENCE,
    })
}

/// Collects from time to time, as the binary does.
pub(crate) async fn collect(door: Registry, keep: KeepRegistry) {
    loop {
        if let Err(error) = door.collect(keep.grace).await {
            tracing::warn!(%error, "the registry could not be collected");
        }
        tokio::time::sleep(keep.collect_every).await;
    }
}

/// Copies images to other regions. There is no other registry to reach.
pub(crate) async fn copy(world: Arc<World>) {
    let copier = Copier {
        store: world.store.clone(),
        content: world.shelf.content.clone(),
        clock: Arc::clone(&world.clock),
        scope: world.scope.clone(),
        peers: Peers::default(),
    };
    let (told, stop) = watch::channel(false);
    copy_images(copier, stop).await;
    drop(told); // nobody tells it: servers here end by being killed
}
