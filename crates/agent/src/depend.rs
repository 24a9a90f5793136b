//! What a container waits for before it starts, and what waits for it before it stops.

use crate::work::{Stage, Work};
use base::Timestamp;
use link::Health;
use link::plan::Condition;

/// The log driver that hands everything to the task's router.
const ROUTED: &str = "awsfirelens";

/// Whether a part may start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    Open,
    /// Something may change by then; `None` when only a fact can open it.
    Shut(Option<Timestamp>),
    /// It can never open again.
    Never(String),
}

pub fn gate(work: &Work, part: usize, now: Timestamp) -> Gate {
    let plan = work.plan(part);
    let links = plan.links.iter().map(|link| (target_of(link), Condition::Start));
    let volumes = plan
        .volumes_from
        .iter()
        .map(|from| (from.container.as_str(), Condition::Start));
    let router = router_of(work, part).map(|router| (work.plan(router).name.as_str(), Condition::Start));
    let asked = plan.depends_on.iter().map(|d| (d.container.as_str(), d.condition));
    let mut gate = Gate::Open;
    for (name, condition) in asked.chain(links).chain(volumes).chain(router) {
        let Some(on) = work.place(name).filter(|on| *on != part) else {
            continue; // registration refuses such names
        };
        gate = match (gate, one(work, on, condition, &plan.name, now)) {
            (never @ Gate::Never(_), _) | (_, never @ Gate::Never(_)) => return never,
            (Gate::Shut(Some(a)), Gate::Shut(Some(b))) => Gate::Shut(Some(a.min(b))),
            (Gate::Shut(a), Gate::Shut(b)) => Gate::Shut(a.or(b)),
            (Gate::Open, other) | (other, Gate::Open) => other,
        };
    }
    gate
}

/// `links` are written `name:alias`.
pub fn target_of(link: &str) -> &str {
    link.split(':').next().unwrap_or(link)
}

/// The container that takes what this one says. It starts first, although nobody wrote so; but if it waits for others
/// itself, what it waits for might be this very one, so then nothing is implied.
fn router_of(work: &Work, part: usize) -> Option<usize> {
    let log = work.plan(part).log.as_ref();
    log.filter(|log| log.driver == ROUTED)?;
    let mut all = work.assigned.plan.containers.iter();
    let router = all.position(|plan| plan.firelens.is_some())?;
    (router != part && work.plan(router).depends_on.is_empty()).then_some(router)
}

fn one(work: &Work, on: usize, condition: Condition, of: &str, now: Timestamp) -> Gate {
    let part = &work.parts[on];
    let name = &work.plan(on).name;
    let over = part.stage == Stage::Over;
    let never_ran = over && !part.has_run();
    let met = match condition {
        // It may have been given a code without ever having run.
        _ if never_ran => false,
        Condition::Start => part.has_run(),
        Condition::Complete => over && part.exit_code.is_some(),
        Condition::Success => over && part.exit_code == Some(0),
        Condition::Healthy => part.stage == Stage::Running && part.health.verdict() == Health::Healthy,
    };
    if met {
        return Gate::Open;
    }
    if never_ran {
        return Gate::Never(format!(
            "dependency graph: failed to resolve the container ordering dependency [{name}] for target [{of}] as the \
             dependency never started"
        ));
    }
    if over {
        let why = match condition {
            Condition::Success => "did not exit successfully",
            Condition::Healthy => "has stopped and can not become healthy",
            _ => "did not exit with a known code",
        };
        return Gate::Never(format!(
            "dependency graph: failed to resolve the container ordering dependency [{name}] for target [{of}] as the \
             dependency {why}"
        ));
    }
    // The time-out belongs to the container that is waited for, and counts from its own start.
    let timeout = work.plan(on).start_timeout_s.filter(|_| condition != Condition::Start);
    match (timeout, part.started_at) {
        (Some(seconds), Some(started_at)) => {
            let until = started_at.plus_millis(i64::from(seconds) * 1000);
            if now < until {
                Gate::Shut(Some(until))
            } else {
                Gate::Never(format!(
                    "dependency graph: container ordering dependency [{name}] for target [{of}] has timed out after {seconds}s"
                ))
            }
        }
        _ => Gate::Shut(None),
    }
}

/// Whether a part that should end must wait, because one that depends on it has not ended.
pub fn is_needed(work: &Work, part: usize) -> bool {
    let name = &work.plan(part).name;
    work.assigned.plan.containers.iter().enumerate().any(|(other, plan)| {
        let depends = plan.depends_on.iter().any(|d| d.container == *name)
            || plan.links.iter().any(|link| target_of(link) == name)
            || plan.volumes_from.iter().any(|from| from.container == *name)
            || router_of(work, other) == Some(part);
        other != part && depends && work.parts[other].stage != Stage::Over
    })
}
