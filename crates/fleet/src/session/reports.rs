//! What a node says: reports become state, questions get answers, and any word at all means that it lives.

use super::{Ended, Inner};
use crate::assign;
use base::Timestamp;
use link::{Answer, Broken, Down, Frames, Question, TaskReport, Up};
use model::report::{self, TaskReport as Heard};
use model::{Node, Task};
use std::sync::Arc;
use std::time::Duration;
use store::{Key, Store, StoreError, Tx, View};
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
            Up::Ask(id, question) => match answer(&inner.store, node, &question).await {
                Ok(answer) => Down::Answer(id, answer),
                Err(error) => return Ended::Store(error),
            },
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

async fn answer(store: &Store, node: &Node, question: &Question) -> Result<Answer, StoreError> {
    let most = Task::MOST_PROTECTED_MINUTES;
    let (key, wish) = match question {
        Question::Tags(key) => return Ok(tags(store, node, key)),
        Question::Protection(key) => (key, None),
        Question::Protect(_, _, Some(minutes)) if !(1..=most).contains(minutes) => {
            let message = format!("expiresInMinutes must be between 1 and {most}.");
            return Ok(Answer::No("InvalidParameterException".to_string(), message));
        }
        Question::Protect(key, protect, minutes) => {
            (key, Some(protect.then_some(minutes.unwrap_or(Task::PROTECTED_MINUTES))))
        }
    };
    let Some(key) = assign::task_key(key) else {
        return Ok(not_found());
    };
    let id = node.id.clone();
    // Also who only asks comes here: what time it is, only a transaction knows.
    let look = move |tx: &mut Tx| {
        let Some(task) = mine(tx, &key, &id) else {
            return Ok(not_found());
        };
        let mut task = (*task).clone();
        let valid = match wish {
            None => task.member.is_some(),
            Some(minutes) => task.protect(minutes, tx.now()),
        };
        if !valid {
            return Ok(Answer::No(
                "TASK_NOT_VALID".to_string(),
                "The task is not part of a service.".to_string(),
            ));
        }
        let answer = protection(&task, tx.now());
        if wish.is_some() {
            tx.put(task);
        }
        Ok(answer)
    };
    store.write(look).await
}

/// The task, if it is on this node and has not stopped.
fn mine(view: &View, key: &Key, node: &str) -> Option<Arc<Task>> {
    view.get::<Task>(key)
        .filter(|task| task.node.as_deref() == Some(node) && !task.is_stopped())
}

fn tags(store: &Store, node: &Node, key: &str) -> Answer {
    let view = store.snapshot();
    let Some(task) = assign::task_key(key).and_then(|key| mine(&view, &key, &node.id)) else {
        return not_found();
    };
    let pairs = |tags: &[model::Tag]| tags.iter().map(|t| link::plan::Pair::new(&*t.key, &*t.value)).collect();
    let node = view.get::<Node>(&Node::key_of(&node.cluster, &node.id));
    Answer::Tags(
        pairs(&task.tags),
        node.map(|node| pairs(&node.tags)).unwrap_or_default(),
    )
}

fn protection(task: &Task, now: Timestamp) -> Answer {
    Answer::Protection(
        task.is_protected(now),
        task.protected_until.filter(|until| *until > now),
    )
}

fn not_found() -> Answer {
    Answer::No(
        "ResourceNotFoundException".to_string(),
        "The referenced task was not found.".to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::testing::{block_on, node, task, world, write};
    use model::{Membership, TaskStatus};

    #[test]
    fn a_container_protects_its_task_if_that_is_a_services() {
        let store = world();
        let on = |id: &str, node: &str, service: Option<&str>| Task {
            status: TaskStatus::Running,
            node: Some(node.to_string()),
            member: service.map(|service| {
                Box::new(Membership {
                    service: service.to_string(),
                    revision: "1".to_string(),
                })
            }),
            ..task(id)
        };
        let put = write(&store, move |tx| {
            tx.put(on("t1", "n1", Some("web")));
            tx.put(on("t2", "n1", None));
            tx.put(on("t3", "n2", Some("web")));
            Ok(())
        });
        put.expect("plain tasks are taken");
        let ask = |question| block_on(answer(&store, &node("n1"), &question)).expect("the store takes it");
        let protect = |id: &str, minutes| ask(Question::Protect(format!("default/{id}"), true, minutes));
        let look = |id: &str| ask(Question::Protection(format!("default/{id}")));
        let code = |answer| match answer {
            Answer::No(code, _) => code,
            other => panic!("{other:?}"),
        };
        assert_eq!(look("t1"), Answer::Protection(false, None));
        assert!(matches!(protect("t1", None), Answer::Protection(true, Some(_))));
        assert!(matches!(look("t1"), Answer::Protection(true, Some(_))));
        let open = ask(Question::Protect("default/t1".to_string(), false, None));
        assert_eq!(open, Answer::Protection(false, None));
        assert_eq!(code(protect("t1", Some(2881))), "InvalidParameterException");
        assert_eq!(code(protect("t2", None)), "TASK_NOT_VALID");
        assert_eq!(code(look("t2")), "TASK_NOT_VALID");
        assert_eq!(code(protect("t3", None)), "ResourceNotFoundException");
    }
}
