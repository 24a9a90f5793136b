//! What the machine has of a container.

use super::{AGAIN, Machine, at, start};
use crate::hands::{Came, Ended, Found};
use crate::work::Work;
use base::Timestamp;
use runtime::State;
use std::sync::Arc;
use std::time::Duration;

/// Between looks at a container that is being built, which takes milliseconds; and how many are made before it is begun
/// anew.
const BUILDING: Duration = Duration::from_millis(5);
const MOST_LOOKS: u32 = 2000;

pub async fn look(machine: &Arc<Machine>, work: &Work, part: usize) -> Found {
    let run = work.parts[part].run_name();
    let mut looks = 0;
    loop {
        match machine.runtime.state(&run).await {
            // An agent before this one was killed while the container was being built. Its keeper needs nobody to go on.
            Ok(State::Created) if looks < MOST_LOOKS => {
                looks += 1;
                tokio::time::sleep(BUILDING).await;
            }
            // It has done nothing, so it may as well not be there.
            Ok(State::Created | State::Absent) => return Found::Nothing,
            Ok(State::Running { started_at, .. }) => {
                return Found::Runs(came(machine, work, part, at(started_at)).await);
            }
            Ok(State::Exited(exit)) => {
                let Some(started_at) = exit.started_at else {
                    return Found::Nothing;
                };
                let ended = ended(State::Exited(exit), machine.clock.now()).expect("it is an end");
                return Found::Ended(came(machine, work, part, at(started_at)).await, ended);
            }
            Ok(State::Lost) => {
                let now = machine.clock.now();
                let ended = ended(State::Lost, now).expect("it is an end");
                return Found::Ended(came(machine, work, part, now).await, ended);
            }
            Err(error) => {
                tracing::error!(%error, container = run, "a container cannot be looked at; trying again");
                tokio::time::sleep(AGAIN).await;
            }
        }
    }
}

/// What was told, or would have been, when it came up.
async fn came(machine: &Arc<Machine>, work: &Work, part: usize, at: Timestamp) -> Came {
    let attachment = match start::own_network(work, part) {
        Ok(Some(wish)) => start::attach(machine, wish).await.ok(),
        _ => None,
    };
    Came {
        at,
        ports: start::ports(work, part, attachment.as_ref()),
        address: attachment.and_then(|a| a.link).map(|link| link.address.to_string()),
    }
}

/// How it ended, if it did.
pub fn ended(state: State, now: Timestamp) -> Option<Ended> {
    match state {
        State::Created | State::Running { .. } => None,
        State::Exited(exit) => Some(Ended {
            at: at(exit.at),
            code: Some(exit.code()),
            out_of_memory: exit.oom,
        }),
        State::Lost | State::Absent => Some(Ended {
            at: now,
            code: None,
            out_of_memory: false,
        }),
    }
}
