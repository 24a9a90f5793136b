//! What the server is told of a task: all that is seen, so that one report does not need the ones before.

use crate::work::{Stage, Work};
use link::{ContainerReport, Health, Phase, StopCode, TaskReport};

pub fn report(work: &Work) -> TaskReport {
    let ending = work.ending.as_ref();
    let phase = match ending {
        // STOPPED is told when nothing is left: addresses and ports are then free for others.
        Some(_) if work.cleared => Phase::Stopped,
        Some(_) if work.all_over() && work.started_at.is_some() => Phase::Deprovisioning,
        Some(_) if work.started_at.is_some() => Phase::Stopping,
        None if work.started_at.is_some() => Phase::Running,
        _ => Phase::Pending,
    };
    TaskReport {
        key: work.key().to_string(),
        phase: Some(phase),
        stop_code: ending.and_then(|e| e.code).map(StopCode::from),
        reason: ending.and_then(|e| e.reason.clone()),
        containers: (0..work.parts.len()).map(|part| container(work, part)).collect(),
        pull_started_at: work.pull_started_at,
        pull_stopped_at: work.pull_stopped_at,
        execution_stopped_at: work.execution_stopped_at,
        started_at: work.started_at,
    }
}

fn container(work: &Work, part: usize) -> ContainerReport {
    let state = &work.parts[part];
    let phase = match state.stage {
        Stage::Running | Stage::Restarting => Phase::Running,
        Stage::Starting if state.has_run() => Phase::Running,
        Stage::Over => Phase::Stopped,
        _ => Phase::Pending,
    };
    let health = work.check(part).is_some().then(|| match state.stage {
        Stage::Over => Health::Unknown,
        _ => state.health.verdict(),
    });
    ContainerReport {
        name: work.plan(part).name.clone(),
        phase: Some(phase),
        runtime_id: state.has_run().then(|| state.id.clone()),
        image_digest: state.image.as_ref().map(|image| image.digest.clone()),
        exit_code: state.exit_code.filter(|_| state.stage == Stage::Over),
        reason: state.reason.clone().filter(|_| state.stage == Stage::Over),
        ports: state.ports.clone(),
        health,
    }
}
