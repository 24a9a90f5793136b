//! Taking away what a task has on the machine, and what belongs to no task.

use super::{AGAIN, Machine, start};
use crate::work::Work;
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

pub async fn clear(machine: &Arc<Machine>, work: &Work) {
    let mut complained = false;
    while let Err(error) = try_clear(machine, work).await {
        if !complained {
            tracing::warn!(
                error,
                task = work.key(),
                "a task's remains cannot be taken away yet; trying again"
            );
            complained = true;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn try_clear(machine: &Arc<Machine>, work: &Work) -> Result<(), String> {
    for (part, state) in work.parts.iter().enumerate() {
        for run in state.run_names() {
            match keep_logs(machine, work, part, &run) {
                // What it leaves would stay for ever if this were waited for.
                Err(error) if error.kind() == io::ErrorKind::StorageFull => {
                    tracing::warn!(container = run, "the disk is full; what a container said is not kept");
                }
                kept => kept.map_err(|error| format!("logs of {run}: {error}"))?,
            }
            machine
                .runtime
                .remove(&run)
                .await
                .map_err(|error| format!("{run}: {error}"))?;
        }
    }
    let holder = start::holder_name(work);
    machine
        .runtime
        .remove(&holder)
        .await
        .map_err(|error| format!("{holder}: {error}"))?;
    for id in attachments(work) {
        let network = Arc::clone(&machine.network);
        let released =
            tokio::task::spawn_blocking(move || network.release(&id).map_err(|e| format!("{id}: {e}"))).await;
        released.expect("the network does not panic, and is not cancelled")?;
    }
    for part in &work.parts {
        machine
            .images
            .release(&part.id)
            .await
            .map_err(|error| format!("image of {}: {error}", part.id))?;
    }
    let files = machine.trash.take(&machine.paths.task(work), None);
    files.map_err(|error| format!("files: {error}"))
}

/// What a container said and nobody shipped stays for people to read.
fn keep_logs(machine: &Machine, work: &Work, part: usize, run: &str) -> io::Result<()> {
    let driver = work.plan(part).log.as_ref().map(|log| log.driver.as_str());
    if driver == Some("none") || matches!(machine.destination(work, part), Ok(Some(_))) {
        return Ok(());
    }
    let from = machine.runtime.log_dir(run);
    if !from.exists() {
        return Ok(());
    }
    let to = machine.paths.logs().join(&work.assigned.id).join(&work.plan(part).name);
    std::fs::create_dir_all(&to)?;
    machine.house.left_logs();
    match std::fs::rename(&from, to.join(run)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// All that the network may have of a task.
fn attachments(work: &Work) -> Vec<String> {
    let own = work.parts.iter().map(|part| part.id.clone());
    own.chain([work.assigned.id.clone()]).collect()
}

/// Removes what no work owns: of a crash in the middle of something, or of an agent with another journal.
pub async fn sweep(machine: &Arc<Machine>, works: &[Arc<Work>]) {
    let runs: BTreeSet<String> = works
        .iter()
        .flat_map(|work| {
            let runs = work.parts.iter().flat_map(|part| part.run_names());
            runs.chain([start::holder_name(work)]).collect::<Vec<_>>()
        })
        .collect();
    match machine.runtime.list().await {
        Ok(listed) => {
            for container in listed.iter().filter(|c| !runs.contains(&c.id)) {
                tracing::warn!(container = container.id, "a container of no task is removed");
                if let Err(error) = machine.runtime.remove(&container.id).await {
                    tracing::error!(%error, container = container.id, "it cannot be removed");
                }
            }
        }
        Err(error) => tracing::error!(%error, "the containers of this machine cannot be listed"),
    }
    let wanted: BTreeSet<String> = works.iter().flat_map(|work| attachments(work)).collect();
    let network = Arc::clone(&machine.network);
    let found = tokio::task::spawn_blocking(move || network.list()).await;
    for found in found.expect("the network does not panic, and is not cancelled") {
        if !wanted.contains(&found.id) || found.attachment.is_none() {
            start::release(machine, found.id).await;
        }
    }
    let parts: BTreeSet<&str> = works
        .iter()
        .flat_map(|w| &w.parts)
        .map(|part| part.id.as_str())
        .collect();
    match machine.images.holders().await {
        Ok(holders) => {
            for (holder, _) in holders.iter().filter(|(holder, _)| !parts.contains(holder.as_str())) {
                if let Err(error) = machine.images.release(holder).await {
                    tracing::error!(%error, holder, "an image stays held by nobody");
                }
            }
        }
        Err(error) => tracing::error!(%error, "the holders of images cannot be listed"),
    }
    let tasks: BTreeSet<&str> = works.iter().map(|work| work.assigned.id.as_str()).collect();
    for entry in std::fs::read_dir(machine.paths.tasks()).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_none_or(|name| !tasks.contains(name))
            && let Err(error) = machine.trash.take(&entry.path(), None)
        {
            tracing::error!(%error, path = %entry.path().display(), "files of no task cannot be removed");
        }
    }
}
