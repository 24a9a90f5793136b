//! What verbs share: they wait for an answer on one thread, and write it for whoever reads, for as long as that reads.

use crate::Done;
use crate::client::{Api, CallError};
use crate::data::DataDir;
use crate::report::Report;
use clap::ArgMatches;
use serde_json::Value;
use std::future::Future;
use std::io::{self, Write};

/// Waits for it.
pub fn wait<T>(work: impl Future<Output = Result<T, Report>>) -> Result<T, Report> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Report::new("threads cannot be started").because(e))?;
    runtime.block_on(work)
}

/// What the running server says on a page of its own. `refused` says what it means when it says nothing.
pub async fn own(
    api: Option<&Api>,
    page: &str,
    question: &[(&str, &str)],
    refused: impl FnOnce(CallError) -> Report,
) -> Result<Value, Report> {
    let nobody = || Report::new("no server runs on this data directory").hint("gantry up, or give --data DIR");
    let told = api.ok_or_else(nobody)?.own(page, question).await;
    told.map_err(|error| match error {
        CallError::Unreachable(_) => nobody().because(error),
        CallError::Refused { .. } => refused(error),
    })
}

/// Asks a page, and writes what it says: as it came with `--json`, else as `text` puts it for people.
pub fn show(
    args: &ArgMatches,
    ask: impl AsyncFnOnce(&DataDir) -> Result<Value, Report>,
    text: impl FnOnce(&Value) -> String,
) -> Done {
    let data = DataDir::choose(args.get_one("data"))?;
    let told = wait(ask(&data))?;
    let text = match args.get_flag("json") {
        true => format!("{told}\n"),
        false => text(&told),
    };
    written(io::stdout().lock().write_all(text.as_bytes()), "it cannot be written").map(drop)
}

/// `false` when whoever read has read enough, which is no failure.
pub fn written(written: io::Result<()>, failed: &str) -> Result<bool, Report> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        written => written.map(|()| true).map_err(|e| Report::new(failed).because(e)),
    }
}
