//! Amazon CloudWatch Logs: groups, their streams, and the events in them.
//!
//! Groups are records in the store; streams and events are in the log store, which knows of a group only its name. So
//! whether a group exists, and what of it may still be seen, is decided here.

mod events;
mod groups;
mod names;
mod retention;
mod streams;
mod tagging;
#[cfg(test)]
mod tests;

pub use retention::{forget, sweep};

use crate::common::table::Table;
use api::logs;
use telemetry::{AppendError, ReadError};
use wire::Fault;
use wire::validate::{Violation, coral_message};

pub fn table() -> Table {
    Table {
        service: &logs::LOGS,
        invalid: |violations: &[Violation]| bad(coral_message(violations)),
        ledger: &[include_str!("../../ledger/logs.txt")],
        rows: [
            groups::rows(),
            streams::rows(),
            events::rows(),
            retention::rows(),
            tagging::rows(),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}

fn bad(message: impl Into<String>) -> Fault {
    Fault::new(&logs::fault::InvalidParameterException, message)
}

fn missing(message: impl Into<String>) -> Fault {
    Fault::new(&logs::fault::ResourceNotFoundException, message)
}

fn no_stream() -> Fault {
    missing("The specified log stream does not exist.")
}

fn exists(message: impl Into<String>) -> Fault {
    Fault::new(&logs::fault::ResourceAlreadyExistsException, message)
}

fn unavailable() -> Fault {
    let message = "The service cannot complete the request.";
    Fault::new(&logs::fault::ServiceUnavailableException, message)
}

/// What an append that was not kept is to who sent it.
fn not_kept(error: AppendError) -> Fault {
    match error {
        AppendError::NoSuchStream => no_stream(),
        AppendError::TooManyStreams => Fault::new(&logs::fault::LimitExceededException, "Resource limit exceeded."),
        AppendError::Busy => Fault::common("ThrottlingException", 400, "Rate exceeded"),
        AppendError::Disk(_) => unavailable(), // the store has told of it
        AppendError::Closed => {
            tracing::error!(%error, "log events were not kept");
            unavailable()
        }
    }
}

fn not_read(error: ReadError) -> Fault {
    tracing::error!(%error, because = %std::error::Error::source(&error).map_or(String::new(), ToString::to_string),
        "log events were not read");
    unavailable()
}
