//! Which tasks are stopped, when some are to be. Protected ones are not; of the others those first that serve least;
//! among equals one of the zone, then of the node, that has most of them: what is left stays spread.

use super::seen::{Seen, State};
use base::Timestamp;
use std::collections::BTreeMap;

/// Up to `count` of the candidates, in the order in which they go.
pub fn choose<'a>(candidates: impl Iterator<Item = &'a Seen>, count: u32, now: Timestamp) -> Vec<&'a Seen> {
    if count == 0 {
        return Vec::new(); // who wants none need not have a hundred thousand counted
    }
    let mut left: Vec<&Seen> = candidates
        .filter(|seen| seen.state != State::Leaving && !seen.task.is_protected(now))
        .collect();
    let count = (count as usize).min(left.len());
    if count == left.len() {
        return left;
    }
    let (mut zones, mut nodes) = (BTreeMap::new(), BTreeMap::new());
    for seen in &left {
        *zones.entry(seen.task.availability_zone.as_deref()).or_insert(0u32) += 1;
        *nodes.entry(seen.task.node.as_deref()).or_insert(0u32) += 1;
    }
    let mut chosen = Vec::with_capacity(count);
    // A choice changes what is fullest, so each looks at all that are left; ties go to the youngest.
    for _ in 0..count {
        let rank = |seen: &Seen| {
            let zone = zones.get(&seen.task.availability_zone.as_deref()).copied();
            let node = nodes.get(&seen.task.node.as_deref()).copied();
            (
                serves(seen.state),
                zone,
                node,
                seen.task.created_at,
                seen.task.id.clone(),
            )
        };
        let Some(at) = (0..left.len()).max_by_key(|at| rank(left[*at])) else {
            break;
        };
        let one = left.swap_remove(at);
        if let Some(zone) = zones.get_mut(&one.task.availability_zone.as_deref()) {
            *zone -= 1;
        }
        if let Some(node) = nodes.get_mut(&one.task.node.as_deref()) {
            *node -= 1;
        }
        chosen.push(one);
    }
    chosen
}

/// More goes first.
fn serves(state: State) -> u8 {
    match state {
        State::Unhealthy => 3,
        State::Pending => 2,
        State::Unsettled(_) => 1,
        State::Ready | State::Leaving => 0,
    }
}
