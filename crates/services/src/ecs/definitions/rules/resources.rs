//! CPU and memory of the containers, by themselves and against the task's own size.

use super::{Look, Rule, refuse_if, text};
use wire::Fault;

pub const RULES: &[Rule] = &[cpu, memory, memory_is_known, memory_within_task, cpu_sum, memory_sum];

/// The container engine gives no container less.
pub const LEAST_MIB: u32 = 6;

fn cpu(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        refuse_if(container.cpu.is_some_and(|units| units < 0), || {
            format!("Invalid 'cpu' setting for container '{}'.", text(&container.name))
        })
    })
}

fn memory(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let name = text(&container.name);
        let settings = [
            ("memory", container.memory),
            ("memoryReservation", container.memory_reservation),
        ];
        for (setting, mib) in settings {
            refuse_if(mib.is_some_and(|mib| i64::from(mib) < i64::from(LEAST_MIB)), || {
                format!("Invalid '{setting}' setting for container '{name}'. It must be at least {LEAST_MIB} MiB.")
            })?;
        }
        let soft_above_hard = container
            .memory
            .zip(container.memory_reservation)
            .is_some_and(|(hard, soft)| soft > hard);
        refuse_if(soft_above_hard, || {
            format!("Invalid setting for container '{name}'. 'memory' must be greater than 'memoryReservation'.")
        })
    })
}

fn memory_is_known(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let unknown = look.memory_mib.is_none() && container.memory.is_none() && container.memory_reservation.is_none();
        refuse_if(unknown, || {
            format!(
                "Invalid setting for container '{}'. At least one of 'memory' or 'memoryReservation' must be specified.",
                text(&container.name)
            )
        })
    })
}

/// Windows has no task-wide limits: there the task's size is ignored, as AWS documents.
fn task_size(look: &Look<'_>, size: Option<u32>) -> Option<i64> {
    size.filter(|_| !look.is_windows()).map(i64::from)
}

fn memory_within_task(look: &Look<'_>) -> Result<(), Fault> {
    let Some(task) = task_size(look, look.memory_mib) else {
        return Ok(());
    };
    look.each(|container| {
        let settings = [
            ("memory", container.memory),
            ("memoryReservation", container.memory_reservation),
        ];
        let above = settings
            .into_iter()
            .find(|(_, mib)| mib.is_some_and(|mib| i64::from(mib) > task));
        let Some((setting, _)) = above else { return Ok(()) };
        refuse_if(true, || {
            format!(
                "The '{setting}' setting for container '{}' is greater than for the task.",
                text(&container.name)
            )
        })
    })
}

fn cpu_sum(look: &Look<'_>) -> Result<(), Fault> {
    let Some(task) = task_size(look, look.cpu_units) else {
        return Ok(());
    };
    let sum: i64 = look
        .containers()
        .iter()
        .map(|c| i64::from(c.cpu.unwrap_or_default()))
        .sum();
    refuse_if(sum > task, || {
        "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.".into()
    })
}

/// What placement counts is the soft limit, and the hard one only without it.
fn memory_sum(look: &Look<'_>) -> Result<(), Fault> {
    let Some(task) = task_size(look, look.memory_mib) else {
        return Ok(());
    };
    let reserved = look
        .containers()
        .iter()
        .map(|c| i64::from(c.memory_reservation.or(c.memory).unwrap_or_default()));
    refuse_if(reserved.sum::<i64>() > task, || {
        "The sum of all container 'memory' values cannot be greater than the value of the task 'memory'.".into()
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::*;
    use api::ecs;

    fn memory(hard: Option<i32>, soft: Option<i32>) -> ecs::RegisterTaskDefinitionRequest {
        with(web(), |c| (c.memory, c.memory_reservation) = (hard, soft))
    }

    #[test]
    fn memory_must_come_from_somewhere() {
        let sentence =
            "Invalid setting for container 'web'. At least one of 'memory' or 'memoryReservation' must be specified.";
        assert_eq!(refusal(&memory(None, None)), sentence);
        accepted(&memory(None, Some(6)));
        accepted(&ecs::RegisterTaskDefinitionRequest {
            memory: text("512"),
            ..memory(None, None)
        });
    }

    #[test]
    fn less_than_the_engine_gives_is_refused() {
        let sentence = "Invalid 'memory' setting for container 'web'. It must be at least 6 MiB.";
        assert_eq!(refusal(&memory(Some(5), None)), sentence);
        assert_eq!(refusal(&memory(Some(-1), None)), sentence);
        assert!(refusal(&memory(None, Some(0))).starts_with("Invalid 'memoryReservation' setting"));
        let negative = with(web(), |c| c.cpu = Some(-1));
        assert_eq!(refusal(&negative), "Invalid 'cpu' setting for container 'web'.");
    }

    #[test]
    fn the_soft_limit_is_not_above_the_hard_one() {
        accepted(&memory(Some(64), Some(64)));
        let sentence = "Invalid setting for container 'web'. 'memory' must be greater than 'memoryReservation'.";
        assert_eq!(refusal(&memory(Some(64), Some(65))), sentence);
    }

    #[test]
    fn no_container_is_larger_than_its_task() {
        let request = |mib| ecs::RegisterTaskDefinitionRequest {
            memory: text("512"),
            ..memory(Some(mib), None)
        };
        accepted(&request(512));
        assert_eq!(
            refusal(&request(513)),
            "The 'memory' setting for container 'web' is greater than for the task."
        );
    }

    #[test]
    fn all_containers_together_fit_the_task() {
        let cpu = |units| {
            and(
                with(fargate(), |c| c.cpu = Some(units)),
                ecs::ContainerDefinition {
                    cpu: Some(6),
                    ..container("b")
                },
            )
        };
        accepted(&cpu(250));
        let sentence = "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'.";
        assert_eq!(refusal(&cpu(251)), sentence);
        let soft = |mib| {
            and(
                fargate(),
                ecs::ContainerDefinition {
                    memory: Some(500),
                    memory_reservation: Some(mib),
                    ..container("b")
                },
            )
        };
        accepted(&soft(448));
        let sentence =
            "The sum of all container 'memory' values cannot be greater than the value of the task 'memory'.";
        assert_eq!(refusal(&soft(449)), sentence);
    }
}
