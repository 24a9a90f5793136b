//! What the machine has of a container.

use super::{AGAIN, Machine, at};
use crate::hands::{Ended, Found};
use crate::work::Work;
use base::Timestamp;
use runtime::State;

pub async fn look(machine: &Machine, work: &Work, part: usize) -> Found {
    loop {
        match super::state(machine, work, part).await {
            // Created and never told to run: it has done nothing, so it may as well not be there.
            Ok(State::Created | State::Absent) => return Found::Nothing,
            Ok(State::Running { .. }) => return Found::Runs,
            Ok(state @ (State::Exited(_) | State::Lost)) => {
                let ended = ended(state, machine.clock.now());
                return Found::Ended(ended.expect("both are ends"));
            }
            Err(error) => {
                let run = work.parts[part].run_name();
                tracing::error!(%error, container = run, "a container cannot be looked at; trying again");
                tokio::time::sleep(AGAIN).await;
            }
        }
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
