//! A node's session for logs: batches in, and each is answered once it is on the disk.

use link::{Broken, Down, Frames, LogBatch, Up};
use model::LogGroup;
use store::{Store, StoreError};
use telemetry::{Append, AppendError, Event, Logs};
use tokio::io::{AsyncRead, AsyncWrite};

/// Where the logs of containers go.
pub type LogSink = Logs;

/// What a batch is refused with, worded as the driver reports it.
const NO_GROUP: &str = "ResourceNotFoundException: The specified log group does not exist.";

pub async fn serve<R, W>(logs: &Logs, store: &Store, up: &mut Frames<R>, down: &mut Frames<W>) -> Broken
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin,
{
    loop {
        let (sequence, batch) = match up.receive::<Up>().await {
            Ok(Up::Logs(sequence, batch)) => (sequence, batch),
            Ok(_) => continue,
            Err(broken) => return broken,
        };
        let refused = match keep(logs, store, batch).await {
            Ok(()) => None,
            Err(NotKept::Never(why)) => Some(why),
            // The node sends it again in its next session.
            Err(NotKept::NotNow(why)) => {
                tracing::warn!(why, "logs of a node are not taken right now");
                return Broken::Closed;
            }
        };
        if let Err(broken) = down.send(&Down::LogAck(sequence, refused)).await {
            return broken;
        }
    }
}

enum NotKept {
    Never(String),
    NotNow(String),
}

async fn keep(logs: &Logs, store: &Store, batch: LogBatch) -> Result<(), NotKept> {
    see_to_group(store, &batch).await?;
    if batch.events.is_empty() {
        return logs
            .make_stream(&batch.group, &batch.stream)
            .await
            .map(drop)
            .map_err(not_kept);
    }
    let event = |e: link::LogEvent| Event {
        at: e.at,
        message: e.message,
        position: e.position,
    };
    let append = Append {
        group: batch.group,
        stream: batch.stream,
        source: Some(batch.source),
        events: batch.events.into_iter().map(event).collect(),
        create: true,
    };
    logs.append(append).await.map(drop).map_err(not_kept)
}

fn not_kept(error: AppendError) -> NotKept {
    if error.is_passing() {
        NotKept::NotNow(error.to_string())
    } else {
        NotKept::Never(error.to_string())
    }
}

async fn see_to_group(store: &Store, batch: &LogBatch) -> Result<(), NotKept> {
    let key = LogGroup::key_of(&batch.group);
    if store.snapshot().get::<LogGroup>(&key).is_some() {
        return Ok(());
    }
    if !batch.create_group {
        return Err(NotKept::Never(NO_GROUP.to_string()));
    }
    let name = batch.group.clone();
    let made = store.write(move |tx| {
        if tx.get::<LogGroup>(&key).is_none() {
            tx.put(LogGroup::new(name.clone(), tx.now()));
        }
        Ok::<_, StoreError>(())
    });
    made.await.map_err(|error| NotKept::NotNow(error.to_string()))
}
