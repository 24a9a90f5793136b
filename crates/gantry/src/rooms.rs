//! Joining the rooms that run beside the door.

use base::Clock;
use control::{Controller, Held, Lease};
use controllers::{ForgetInactive, KeepServices};
use errands::copies::Copier;
use errands::scans::Scanner;
use fleet::simulated;
use model::{Block, CapacityProvider, Cluster, Node};
use scheduler::Board;
use services::World;
use std::sync::Arc;
use std::time::Duration;
use store::{Store, StoreError, Tables};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What every simulated node has.
const SIMULATED_CPU_UNITS: u32 = 16_384;
const SIMULATED_MEMORY_MIB: u32 = 65_536;

/// So many simulated tasks are told of in one transaction.
const SIMULATED_AT_ONCE: usize = 256;

/// How often the board reads what has changed though nobody asks it.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);

/// How often logs are looked through for what is too old.
const FORGET_LOGS_EVERY: Duration = Duration::from_secs(3600);

/// Every table of every room.
pub fn tables() -> Tables {
    model::tables().with::<Lease>()
}

/// The rooms that run; they end when told to.
pub struct Rooms {
    stop: watch::Sender<bool>,
    running: JoinSet<()>,
}

/// Starts the controllers, and `simulated` nodes when there are to be some. `vpc` are the addresses of a default VPC that
/// is not there yet; `keep` is how long what is over stays to be asked for, `caller` asks what people have
/// outside.
pub async fn start(
    world: &Arc<World>,
    simulated: u16,
    vpc: Block,
    keeper: KeepServices,
    keep: Duration,
    caller: errands::Caller,
    errands_of_images: (Copier, Scanner),
) -> Result<Rooms, StoreError> {
    let store = &world.store;
    // The lock on the data directory proves that who led before is gone.
    let lease = Lease::seize(store, "controllers", &world.dice.uuid()).await?;
    fleet::hang_up(store).await?;
    services::ec2::seed(world, vpc).await?;
    if let Err(error) = services::logs::sweep(world).await {
        tracing::warn!(%error, "logs of groups that are gone could not be removed");
    }
    let (copier, scanner) = errands_of_images;
    let (stop, stopped) = watch::channel(false);
    let mut rooms = Starting {
        store,
        clock: &world.clock,
        lease,
        stopped,
        running: JoinSet::new(),
    };
    let after_ms = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
    rooms.run(controllers::ForgetTasks { after_ms });
    rooms.run(controllers::ForgetServices { after_ms });
    rooms.run(controllers::ForgetTokens);
    rooms.run(controllers::ExpireImages::default());
    rooms.run(controllers::FillReplicas);
    rooms.run(ForgetInactive::<Cluster>::after(after_ms));
    rooms.run(ForgetInactive::<CapacityProvider>::after(after_ms));
    rooms.run(ForgetInactive::<Node>::after(after_ms));
    rooms.run(controllers::RetireDefinitions::default());
    let (settle_ms, lost_ms) = (keeper.settle_ms, keeper.lost_ms);
    rooms.run(keeper);
    rooms.run(controllers::PlaceWaiting {
        board: world.board.clone(),
    });
    rooms.run(controllers::Daemons {
        keep_ms: after_ms,
        settle_ms,
        lost_ms,
    });
    rooms.running.spawn(errands::run(
        store.clone(),
        Arc::clone(&world.clock),
        world.scope.clone(),
        caller,
        rooms.stopped.clone(),
    ));
    if let Some(board) = &world.board {
        rooms.running.spawn(follow(Arc::clone(board), rooms.stopped.clone()));
    }
    rooms
        .running
        .spawn(errands::copies::copy_images(copier, rooms.stopped.clone()));
    rooms
        .running
        .spawn(errands::scans::scan_images(scanner, rooms.stopped.clone()));
    rooms
        .running
        .spawn(forget_logs(Arc::clone(world), rooms.stopped.clone()));
    if simulated > 0 {
        let shape = simulated::Shape {
            cpu_units: SIMULATED_CPU_UNITS,
            memory_mib: SIMULATED_MEMORY_MIB,
            region: world.scope.region.to_string(),
        };
        simulated::register(store, simulated, shape, &*world.dice).await?;
        rooms.run(simulated::Tasks {
            at_once: SIMULATED_AT_ONCE,
            ..simulated::Tasks::default()
        });
        rooms.run(simulated::TakeUp {
            at_once: SIMULATED_AT_ONCE,
        });
    }
    Ok(Rooms {
        stop,
        running: rooms.running,
    })
}

/// Keeps the board near what is so while nobody places anything.
async fn follow(board: Arc<Board>, mut stopped: watch::Receiver<bool>) {
    loop {
        board.follow();
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(FOLLOW_EVERY) => {}
        }
    }
}

/// From time to time gives back the disk that logs take which nobody wants kept any longer.
async fn forget_logs(world: Arc<World>, mut stopped: watch::Receiver<bool>) {
    loop {
        services::logs::forget(&world);
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(FORGET_LOGS_EVERY) => {}
        }
    }
}

struct Starting<'a> {
    store: &'a Store,
    clock: &'a Arc<dyn Clock>,
    lease: Held,
    stopped: watch::Receiver<bool>,
    running: JoinSet<()>,
}

impl Starting<'_> {
    fn run(&mut self, controller: impl Controller) {
        let (store, clock) = (self.store.clone(), Arc::clone(self.clock));
        self.running.spawn(control::run(
            controller,
            store,
            clock,
            self.lease.clone(),
            self.stopped.clone(),
        ));
    }
}

impl Rooms {
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        while self.running.join_next().await.is_some() {}
    }
}
