//! One life of a server: the rooms as `gantry up` joins them, but for the door, on futures that others drive.

use crate::executor::Executor;
use crate::pushes::{self, KeepRegistry};
use crate::world::START;
use base::{Clock, Dice, Scope};
use control::{Controller, Held, Lease};
use controllers::RetireDefinitions;
use controllers::{Daemons, ForgetInactive, ForgetServices, ForgetTasks, ForgetTokens, KeepServices, PlaceWaiting};
use fleet::simulated;
use images::content::{Content, MemoryDisk};
use model::{CapacityProvider, Cluster, Node};
use registry::Registry;
use scheduler::Board;
use services::{Caller, Ctx, Shelf, World};
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use store::{Backend, HistoryLimits, OpenError, Options, Pump, Store, StoreError, Watch};
use telemetry::Logs;
use tokio::sync::watch;

/// How a server is set up.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Nodes in cluster `default` that take FARGATE tasks too, as with `--simulated-nodes`.
    pub own_nodes: u16,
    /// Whether those open their sessions by themselves.
    pub take_up: bool,
    pub node_cpu_units: u32,
    pub node_memory_mib: u32,
    /// How long stopped tasks are kept, and what services remember.
    pub keep_tasks_ms: i64,
    /// How long a deleted definition is shown before it goes.
    pub retire_ms: i64,
    /// How long clusters, providers and nodes can be described after they were deleted.
    pub keep_inactive_ms: i64,
    pub history: HistoryLimits,
    /// Commits that a watch may lie behind.
    pub ring_commits: usize,
    pub tasks: simulated::Tasks,
    pub services: KeepServices,
    /// What the registry's rooms do, when it is about that.
    pub registry: Option<KeepRegistry>,
}

const WEEK_MS: i64 = 7 * 24 * 3600 * 1000;

impl Default for Setup {
    fn default() -> Self {
        Setup {
            own_nodes: 0,
            take_up: true,
            node_cpu_units: 4096,
            node_memory_mib: 8192,
            keep_tasks_ms: ForgetTasks::default().after_ms,
            retire_ms: RetireDefinitions::default().after_ms,
            keep_inactive_ms: WEEK_MS,
            history: HistoryLimits::default(),
            ring_commits: 65_536,
            tasks: simulated::Tasks::default(),
            services: KeepServices::default(),
            registry: None,
        }
    }
}

pub struct Server {
    /// What requests may use, as the account's root user.
    pub ctx: Ctx,
    /// Where images are pushed and pulled.
    pub door: Registry,
    pub watch: Watch,
    /// Set when the door opens: everything before it has started.
    open: Rc<Cell<bool>>,
    pump: Pump,
    syncing: bool,
    starting: Starting,
}

type Room = Pin<Box<dyn Future<Output = ()>>>;

/// Rooms that wait to be taken up by the executor.
type Starting = Rc<RefCell<Vec<Room>>>;

impl Server {
    pub fn start(
        (disk, content): (impl Backend, &MemoryDisk),
        logs: Logs,
        setup: &Setup,
        clock: Arc<dyn Clock>,
        dice: Arc<dyn Dice>,
        conflicts: Option<Arc<dyn Dice>>,
        executor: &mut Executor,
    ) -> Result<Server, OpenError> {
        let mut options = Options::new(Arc::clone(&clock));
        options.conflicts = conflicts;
        options.limits.ring_commits = setup.ring_commits;
        options.history = setup.history.clone();
        let (store, pump) = Store::open_pumped(disk, model::tables().with::<Lease>(), options)?;
        let watch = store.watch(store.snapshot().revision());
        let scope = Scope::new("us-east-1", "000000000000");
        let world = Arc::new(World {
            board: Some(Arc::new(Board::new(&store))),
            store,
            logs,
            shelf: Shelf {
                content: Content::on(content),
                ..Shelf::memory()
            },
            clock,
            dice,
            scope,
            since: START,
        });
        let door = pushes::door(&world);
        let (open, starting) = (Rc::new(Cell::new(false)), Starting::default());
        let rooms = start_rooms(Arc::clone(&world), door.clone(), setup.clone(), Rc::clone(&starting));
        let opens = Rc::clone(&open);
        executor.spawn(async move {
            // A store that breaks so early leaves the door shut; the operator will see to it.
            opens.set(rooms.await.is_ok());
        });
        let caller = Caller {
            arn: "arn:aws:iam::000000000000:root".to_string(),
            user_id: "000000000000".to_string(),
            access_key: "AKIDSIMULATED".to_string(),
        };
        let ctx = Ctx {
            world,
            caller: Arc::new(caller),
            elsewhere: None,
            from: None,
        };
        Ok(Server {
            ctx,
            door,
            watch,
            open,
            pump,
            syncing: false,
            starting,
        })
    }

    pub fn is_open(&self) -> bool {
        self.open.get()
    }

    /// Hands rooms that start to the executor.
    pub fn take_up(&mut self, executor: &mut Executor) {
        for room in self.starting.take() {
            executor.spawn(room);
        }
    }

    /// The disk's next move: append what has gathered, or sync what was appended. `false` when there is nothing to do.
    pub fn disk_moves(&mut self) -> Option<&'static str> {
        if self.syncing {
            self.pump.finish();
            self.syncing = false;
            return Some("synced");
        }
        self.syncing = self.pump.begin();
        self.syncing.then_some("appended")
    }

    pub fn store(&self) -> &Store {
        &self.ctx.world.store
    }
}

/// As floor 7 does it: the lease, who is connected, then everything that runs.
async fn start_rooms(world: Arc<World>, door: Registry, setup: Setup, starting: Starting) -> Result<(), StoreError> {
    let store = &world.store;
    let lease = Lease::seize(store, "controllers", &world.dice.uuid()).await?;
    fleet::hang_up(store).await?;
    services::ec2::seed(&world, services::ec2::USUAL_BLOCK).await?;
    let rooms = Rooms {
        world: Arc::clone(&world),
        lease,
        starting,
    };
    rooms.run(ForgetTasks {
        after_ms: setup.keep_tasks_ms,
    });
    rooms.run(ForgetServices {
        after_ms: setup.keep_tasks_ms,
    });
    rooms.run(ForgetTokens);
    rooms.run(ForgetInactive::<Cluster>::after(setup.keep_inactive_ms));
    rooms.run(ForgetInactive::<CapacityProvider>::after(setup.keep_inactive_ms));
    rooms.run(ForgetInactive::<Node>::after(setup.keep_inactive_ms));
    rooms.run(RetireDefinitions {
        after_ms: setup.retire_ms,
    });
    rooms.run(KeepServices {
        board: world.board.clone(),
        ..setup.services
    });
    rooms.run(PlaceWaiting {
        board: world.board.clone(),
    });
    rooms.run(Daemons {
        keep_ms: setup.keep_inactive_ms,
        settle_ms: setup.services.settle_ms,
        lost_ms: setup.services.lost_ms,
    });
    rooms.run(setup.tasks);
    if let Some(keep) = &setup.registry {
        rooms.run(keep.expire);
        rooms.run(controllers::FillReplicas);
        rooms.add(pushes::collect(door, keep.clone()));
        rooms.add(pushes::copy(Arc::clone(&world)));
    }
    if setup.own_nodes > 0 {
        let shape = simulated::Shape {
            cpu_units: setup.node_cpu_units,
            memory_mib: setup.node_memory_mib,
            region: world.scope.region.to_string(),
        };
        simulated::register(store, setup.own_nodes, shape, &*world.dice).await?;
        if setup.take_up {
            rooms.run(simulated::TakeUp::default());
        }
    }
    Ok(())
}

struct Rooms {
    world: Arc<World>,
    lease: Held,
    starting: Starting,
}

impl Rooms {
    fn add(&self, room: impl Future<Output = ()> + 'static) {
        self.starting.borrow_mut().push(Box::pin(room));
    }

    fn run(&self, controller: impl Controller) {
        let (store, clock, lease) = (
            self.world.store.clone(),
            Arc::clone(&self.world.clock),
            self.lease.clone(),
        );
        let (told, stop) = watch::channel(false);
        self.add(async move {
            let _told = told; // nobody tells it: servers here end by being killed
            control::run(controller, store, clock, lease, stop).await;
        });
    }
}
