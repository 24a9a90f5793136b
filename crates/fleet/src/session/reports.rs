//! What a node says: reports become state, questions get answers, and any word at all means that it lives.

use super::{Ended, Inner};
use crate::assign;
use link::{Answer, Broken, Down, Frames, Question, TaskReport, Up};
use model::report::{self, TaskReport as Heard};
use model::{Node, Task, TaskStatus};
use std::time::Duration;
use store::{Key, StoreError, Tx};
use tokio::io::AsyncRead;
use tokio::sync::mpsc;

pub async fn hear<R: AsyncRead + Send + Unpin>(
    inner: &Inner,
    node: &Node,
    up: &mut Frames<R>,
    say: mpsc::Sender<Down>,
    silent_after: Duration,
) -> Ended {
    loop {
        let message = match tokio::time::timeout(silent_after, up.receive::<Up>()).await {
            Err(_) => return Ended::Silent,
            Ok(Err(broken)) => return Ended::Broken(broken),
            Ok(Ok(message)) => message,
        };
        let answer = match message {
            Up::Report(sequence, reports) => match keep(inner, node, reports).await {
                Ok(()) => Down::Ack(sequence),
                Err(error) => return Ended::Store(error),
            },
            Up::Ask(id, question) => Down::Answer(id, answer(inner, node, &question)),
            Up::Beat => continue,
            Up::Hello(_) | Up::Logs(..) => return Ended::NoHello,
        };
        if say.send(answer).await.is_err() {
            return Ended::Broken(Broken::Closed);
        }
    }
}

async fn keep(inner: &Inner, node: &Node, reports: Vec<TaskReport>) -> Result<(), StoreError> {
    let told: Vec<(Key, Heard)> = reports
        .iter()
        .filter_map(|told| Some((assign::task_key(&told.key)?, assign::report(told))))
        .collect();
    let id = node.id.clone();
    let not_kept = inner
        .store
        .write(move |tx| {
            Ok::<_, StoreError>(
                told.iter()
                    .filter_map(|(key, told)| hear_one(tx, &id, key, told))
                    .collect::<Vec<_>>(),
            )
        })
        .await?;
    for why in not_kept {
        tracing::debug!(node = node.id, why, "a report changed nothing");
    }
    Ok(())
}

/// Why a report changed nothing, when it should have.
fn hear_one(tx: &mut Tx, node: &str, key: &Key, told: &Heard) -> Option<String> {
    let task = tx.get::<Task>(key)?; // forgotten since: the node need not hear of it
    if task.node.as_deref() != Some(node) {
        return Some(format!("task {key} is not on this node"));
    }
    report::apply(tx, key, told)
        .err()
        .map(|error| format!("task {key}: {error}"))
}

fn answer(inner: &Inner, node: &Node, question: &Question) -> Answer {
    let (Question::Protection(key) | Question::Protect(key, ..) | Question::Tags(key)) = question;
    let view = inner.store.snapshot();
    let mine = |task: &Task| task.node.as_deref() == Some(&node.id) && task.status != TaskStatus::Stopped;
    let task = assign::task_key(key)
        .and_then(|key| view.get::<Task>(&key))
        .filter(|task| mine(task));
    let Some(task) = task else {
        return Answer::No(
            "ResourceNotFoundException".to_string(),
            "The referenced task was not found.".to_string(),
        );
    };
    match question {
        Question::Tags(_) => {
            let pairs = |tags: &[model::Tag]| tags.iter().map(|t| link::plan::Pair::new(&*t.key, &*t.value)).collect();
            let node = view.get::<Node>(&Node::key_of(&node.cluster, &node.id));
            Answer::Tags(
                pairs(&task.tags),
                node.map(|node| pairs(&node.tags)).unwrap_or_default(),
            )
        }
        // Only tasks of services are scaled in, and there are no services yet.
        Question::Protection(_) | Question::Protect(..) => Answer::No(
            "TASK_NOT_VALID".to_string(),
            "The task is not part of a service.".to_string(),
        ),
    }
}
