//! Fault injection, which this agent cannot do yet and says so; what could not be asked of any agent is told first.

use super::answer::Answer;
use crate::Work;
use link::plan::NetworkMode;

pub fn answer(work: Option<&Work>) -> Answer {
    let Some(work) = work else {
        return error(404, "unable to lookup container");
    };
    let plan = &work.assigned.plan;
    if !plan.fault_injection {
        let arn = &work.assigned.arn;
        return error(400, &format!("enableFaultInjection is not enabled for task: {arn}"));
    }
    let mode = plan.network_mode.unwrap_or(NetworkMode::Bridge);
    if !matches!(mode, NetworkMode::Host | NetworkMode::Awsvpc) {
        return error(
            400,
            &format!("{mode} mode is not supported. Please use either host or awsvpc mode."),
        );
    }
    error(501, "fault injection is not supported by this agent")
}

fn error(status: u16, text: &str) -> Answer {
    Answer::object(status, |o| o.text("Error", text))
}
