//! The records of a data directory, opened by one process at a time.

use crate::data::DataDir;
use crate::report::Report;
use base::Clock;
use std::sync::Arc;
use std::time::Duration;
use store::{EmbeddedBackend, HistoryLimits, OpenError, Options, Store};

/// A server that was killed while it started a keeper leaves a child that holds all its locks until it has become one.
const LOCK_LOOKS: u32 = 100;
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// Opens the store of a data directory; a second process on the same one is refused.
pub fn open(data: &DataDir, clock: &Arc<dyn Clock>) -> Result<Store, Report> {
    open_keeping(data, clock, HistoryLimits::default().keep)
}

/// The same, with history kept for so long from now on.
pub fn open_keeping(data: &DataDir, clock: &Arc<dyn Clock>, keep: Duration) -> Result<Store, Report> {
    let open = || {
        let mut options = Options::new(Arc::clone(clock));
        options.history.keep = keep;
        Store::open(EmbeddedBackend::at(data.store()), crate::rooms::tables(), options)
    };
    let mut opened = open();
    for _ in 0..LOCK_LOOKS {
        if !matches!(opened, Err(OpenError::InUse { .. })) {
            break;
        }
        std::thread::park_timeout(BETWEEN_LOOKS);
        opened = open();
    }
    opened.map_err(|error| match error {
        OpenError::InUse { .. } => Report::new(format!("another Gantry is running on {}", data.path().display()))
            .because(error)
            .hint("stop it, or give this one another --data DIR and --listen ADDR"),
        error => Report::new(format!("the store in {} does not open", data.store().display())).because(error),
    })
}
