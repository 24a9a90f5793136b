//! The loop: which runs are due, the intent, the call, and what came of it.

use crate::{Answer, Caller};
use base::{Clock, Scope, Timestamp};
use control::Stop;
use model::{HookAction, HookRun, HookStatus, ServiceDeployment};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use store::{Change, Commit, Key, Record, Store, StoreError};
use tokio::task::JoinSet;

/// Calls at one time; the others wait.
const MOST_CALLS: usize = 16;
/// A target that cannot be reached is asked so often.
const MOST_TRIES: u32 = 3;
const BETWEEN_TRIES_MS: i64 = 5_000;
/// An intent that nothing came of (the server died) is taken up again after this.
const LOST_MS: i64 = 60_000;
/// How often the clock is looked at while a call is due later.
const GLANCE: Duration = Duration::from_millis(200);

/// One run that is due.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    deployment: Key,
    run: String,
}

/// Runs until it is told to stop. Only the server that leads may.
pub async fn run(store: Store, clock: Arc<dyn Clock>, scope: Scope, caller: Caller, mut stop: Stop) {
    let mut changes = store.watch(store.snapshot().revision());
    let mut open: BTreeSet<Key> = all(&store);
    let mut calls = JoinSet::new();
    let mut called: BTreeSet<Due> = BTreeSet::new();
    while !*stop.borrow() {
        loop {
            match changes.try_next() {
                Ok(Some(commit)) => open.extend(changed(&commit)),
                Ok(None) => break,
                Err(_) => {
                    open = all(&store);
                    changes = store.watch(store.snapshot().revision());
                }
            }
        }
        let (due, later) = look(&store, &mut open, clock.now());
        for due in due {
            if calls.len() < MOST_CALLS && called.insert(due.clone()) {
                let (store, scope, caller) = (store.clone(), scope.clone(), caller.clone());
                calls.spawn(async move {
                    if let Err(error) = ask(&store, &scope, &caller, &due).await {
                        tracing::error!(%error, "the answer of a deployment's hook was not kept");
                    }
                    due
                });
            }
        }
        tokio::select! {
            biased;
            _ = stop.changed() => {}
            Some(done) = calls.join_next(), if !calls.is_empty() => {
                if let Ok(due) = done {
                    called.remove(&due);
                }
            }
            seen = changes.next() => if let Ok(commit) = seen {
                open.extend(changed(&commit));
            },
            () = tokio::time::sleep(GLANCE), if later => {}
        }
    }
}

/// The deployments that a commit is about.
fn changed(commit: &Commit) -> impl Iterator<Item = Key> {
    let of = |change: &Change| change.of::<ServiceDeployment>().and_then(|(_, after)| after);
    commit.changes.iter().filter_map(of).map(|deployment| deployment.key())
}

fn all(store: &Store) -> BTreeSet<Key> {
    let snapshot = store.snapshot();
    snapshot
        .scan::<ServiceDeployment>(&Key::all())
        .map(|d| d.key())
        .collect()
}

fn is_open(deployment: &ServiceDeployment, run: &HookRun) -> bool {
    let target = deployment
        .rules
        .hooks
        .get(run.hook as usize)
        .and_then(|hook| hook.target.as_deref());
    run.status == HookStatus::InProgress
        && run.answer.is_none()
        && run.call_at.is_some()
        && target.is_some_and(|target| target.starts_with("http"))
}

/// What is due now, and whether anything is later. Deployments without open runs are forgotten.
fn look(store: &Store, open: &mut BTreeSet<Key>, now: Timestamp) -> (Vec<Due>, bool) {
    let snapshot = store.snapshot();
    let (mut due, mut later) = (Vec::new(), false);
    open.retain(|key| {
        let Some(deployment) = snapshot.get::<ServiceDeployment>(key) else {
            return false;
        };
        let mut any = false;
        for run in deployment.hooks.iter().filter(|run| is_open(&deployment, run)) {
            any = !deployment.status.is_over();
            if run.call_at.is_some_and(|at| at <= now) {
                due.push(Due {
                    deployment: key.clone(),
                    run: run.id.clone(),
                });
            } else {
                later = true;
            }
        }
        any
    });
    (due, later)
}

/// One call, from the intent to the answer.
async fn ask(store: &Store, scope: &Scope, caller: &Caller, due: &Due) -> Result<(), StoreError> {
    let Some((target, event, tries)) = intend(store, scope, due).await? else {
        return Ok(());
    };
    let answer = caller.call(&target, &event).await;
    if let Err(error) = &answer {
        tracing::info!(%error, target, "a deployment's hook could not be asked");
    }
    change(store, due, move |run, now| match &answer {
        Ok(Answer::Succeeded) => run.answer = Some(HookAction::Continue),
        Ok(Answer::Failed(why)) => {
            run.answer = Some(HookAction::Rollback);
            let why = why.clone().map_or_else(String::new, |why| format!(": {why}"));
            run.reason = Some(format!("The lifecycle hook at {} failed{why}", run.stage));
        }
        Ok(Answer::InProgress { seconds, memo }) => {
            run.calls = 0;
            run.call_at = Some(now.plus_millis(i64::from(*seconds) * 1000));
            run.memo = memo.clone().or(run.memo.take());
        }
        Err(_) if tries < MOST_TRIES => run.call_at = Some(now.plus_millis(BETWEEN_TRIES_MS)),
        Err(error) => {
            run.answer = Some(HookAction::Rollback);
            run.reason = Some(format!(
                "The lifecycle hook at {} could not be called: {error}",
                run.stage
            ));
        }
    })
    .await
    .map(drop)
}

/// Writes down that the call is made: target, what it is handed, and which try it is.
async fn intend(store: &Store, scope: &Scope, due: &Due) -> Result<Option<(String, Value, u32)>, StoreError> {
    let taken = change(store, due, |run, now| {
        run.calls += 1;
        run.call_at = Some(now.plus_millis(LOST_MS));
    });
    let Some((deployment, run)) = taken.await? else {
        return Ok(None);
    };
    let Some(hook) = deployment.rules.hooks.get(run.hook as usize) else {
        return Ok(None);
    };
    let Some(target) = hook.target.clone() else {
        return Ok(None);
    };
    let (cluster, service) = (&deployment.cluster, &deployment.service);
    let path = format!("service-deployment/{cluster}/{service}/{}", deployment.id);
    let revision = format!("service-revision/{cluster}/{service}/{}", deployment.target);
    let details = run.memo.clone().or_else(|| hook.details.clone());
    let event = json!({
        "executionDetails": {
            "executionId": run.id,
            "lifecycleStage": run.stage.as_str(),
            "resourceArn": scope.arn("ecs", &path),
            "serviceArn": scope.arn("ecs", &format!("service/{cluster}/{service}")),
            "targetServiceRevisionArn": scope.arn("ecs", &revision),
            "productionTrafficWeight": f64::from(deployment.production_permille) / 10.0,
            "testTrafficWeight": f64::from(deployment.test_permille) / 10.0,
        },
        "hookDetails": details.and_then(|text| serde_json::from_str::<Value>(&text).ok()).unwrap_or(Value::Null),
    });
    Ok(Some((target, event, run.calls)))
}

/// Changes a run that is still open. Answers with the deployment and the run as they now are.
async fn change(
    store: &Store,
    due: &Due,
    by: impl Fn(&mut HookRun, Timestamp) + Send + 'static,
) -> Result<Option<(ServiceDeployment, HookRun)>, StoreError> {
    let due = due.clone();
    store
        .write(move |tx| {
            let Some(before) = tx.get::<ServiceDeployment>(&due.deployment) else {
                return Ok(None);
            };
            let mut deployment = (*before).clone();
            let now = tx.now();
            let open = |run: &HookRun| run.id == due.run && is_open(&before, run);
            let Some(run) = deployment.hooks.iter_mut().find(|run| open(run)) else {
                return Ok(None);
            };
            by(run, now);
            let run = run.clone();
            tx.put(deployment.clone());
            Ok::<_, StoreError>(Some((deployment, run)))
        })
        .await
}
