//! FARGATE: sizes from a table, a network of its own, and nothing of the host.

use super::{Look, Rule, firelens, gpus, list, logs, managed, refuse_if, text};
use crate::ecs::fault;
use api::ecs;
use wire::Fault;

pub const RULES: &[Rule] = &[
    network,
    size,
    operating_system,
    shared_namespaces,
    placement,
    containers,
    linux,
    volumes,
    drivers,
    awslogs,
    ecr,
    devices,
    firelens_file,
    timeouts,
    managed::not_trusted,
];

fn network(look: &Look<'_>) -> Result<(), Fault> {
    refuse_if(look.definition.network_mode.as_deref() != Some("awsvpc"), || {
        "Fargate only supports network mode ‘awsvpc’.".into()
    })
}

fn size(look: &Look<'_>) -> Result<(), Fault> {
    let missing = |what: &str| fault::client(format!("Fargate requires that '{what}' be defined at the task level."));
    let cpu = look.cpu_units.ok_or_else(|| missing("cpu"))?;
    let memory = look.memory_mib.ok_or_else(|| missing("memory"))?;
    let known = sizes(cpu).contains(&memory) && !(look.is_windows() && cpu < 1024);
    refuse_if(!known, || {
        format!(
            "No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. See the Amazon ECS \
             documentation for the valid values."
        )
    })
}

/// The memory, in MiB, that goes with so many CPU units.
fn sizes(cpu_units: u32) -> Vec<u32> {
    const GB: u32 = 1024;
    let from_to = |least: u32, most: u32, step: u32| (least * GB..=most * GB).step_by((step * GB) as usize).collect();
    match cpu_units {
        256 => vec![GB / 2, GB, 2 * GB],
        512 => from_to(1, 4, 1),
        1024 => from_to(2, 8, 1),
        2048 => from_to(4, 16, 1),
        4096 => from_to(8, 30, 1),
        8192 => from_to(16, 60, 4),
        16384 => from_to(32, 120, 8),
        _ => Vec::new(),
    }
}

fn unsupported(what: &str) -> String {
    format!("Fargate compatible task definitions do not support {what}.")
}

fn operating_system(look: &Look<'_>) -> Result<(), Fault> {
    let family = look.os_family();
    let known = !look.is_windows()
        || ["WINDOWS_SERVER_2019_", "WINDOWS_SERVER_2022_", "WINDOWS_SERVER_2025_"]
            .iter()
            .any(|f| family.starts_with(f));
    refuse_if(!known, || unsupported(&format!("operatingSystemFamily {family}")))?;
    refuse_if(look.is_windows() && look.definition.ephemeral_storage.is_some(), || {
        unsupported("ephemeralStorage on Windows")
    })
}

fn shared_namespaces(look: &Look<'_>) -> Result<(), Fault> {
    let pid_mode = look.definition.pid_mode.as_deref();
    refuse_if(look.definition.ipc_mode.is_some(), || {
        "Tasks using the Fargate launch type do not support ipcMode.".into()
    })?;
    refuse_if(pid_mode.is_some_and(|mode| mode != "task"), || {
        format!(
            "Tasks using the Fargate launch type do not support pidMode '{}'. The supported value for pidMode is 'task'.",
            pid_mode.unwrap_or_default()
        )
    })
}

fn placement(look: &Look<'_>) -> Result<(), Fault> {
    refuse_if(!list(&look.definition.placement_constraints).is_empty(), || {
        unsupported("constraints")
    })
}

fn containers(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        refuse_if(container.privileged == Some(true), || {
            "Fargate requires that the 'privileged' setting be 'false'.".into()
        })?;
        refuse_if(!list(&container.docker_security_options).is_empty(), || {
            unsupported("dockerSecurityOptions")
        })
    })
}

fn linux(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let Some(linux) = &container.linux_parameters else {
            return Ok(());
        };
        refuse_if(!list(&linux.devices).is_empty(), || unsupported("devices"))?;
        refuse_if(linux.shared_memory_size.is_some(), || unsupported("sharedMemorySize"))?;
        refuse_if(linux.max_swap.is_some(), || unsupported("maxSwap"))?;
        refuse_if(linux.swappiness.is_some(), || unsupported("swappiness"))?;
        let added = linux.capabilities.as_ref().map_or(&[][..], |c| list(&c.add));
        let Some(other) = added.iter().find(|c| *c != "SYS_PTRACE") else {
            return Ok(());
        };
        refuse_if(true, || format!("{other} is not allowed on Fargate."))
    })
}

fn volumes(look: &Look<'_>) -> Result<(), Fault> {
    for volume in look.volumes() {
        let on_host = volume.host.as_ref().is_some_and(|host| host.source_path.is_some());
        refuse_if(on_host, || unsupported("sourcePath"))?;
        refuse_if(volume.docker_volume_configuration.is_some(), || {
            unsupported("dockerVolumeConfiguration")
        })?;
        let fsx = volume.fsx_windows_file_server_volume_configuration.is_some();
        refuse_if(fsx, || unsupported("fsxWindowsFileServerVolumeConfiguration"))?;
    }
    Ok(())
}

fn drivers(look: &Look<'_>) -> Result<(), Fault> {
    logs::only(look, &["awslogs", "splunk", "awsfirelens"])
}

fn awslogs(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let logs = container
            .log_configuration
            .as_ref()
            .filter(|l| text(&l.log_driver) == "awslogs");
        let Some(logs) = logs else { return Ok(()) };
        refuse_if(!look.has_execution_role(), || {
            needs_execution_role("log driver awslogs")
        })?;
        logs::refuse_missing("awslogs", &["awslogs-stream-prefix"], logs)
    })
}

fn needs_execution_role(what: &str) -> String {
    format!("Fargate requires task definition to have execution role ARN to support {what}.")
}

fn ecr(look: &Look<'_>) -> Result<(), Fault> {
    let from_ecr = look.containers().iter().any(|c| is_ecr(text(&c.image)));
    refuse_if(from_ecr && !look.has_execution_role(), || {
        needs_execution_role("ECR images")
    })
}

/// `000000000000.dkr.ecr.us-east-1.amazonaws.com/app`
pub fn is_ecr(image: &str) -> bool {
    let Some((host, _)) = image.split_once('/') else {
        return false;
    };
    let Some((account, rest)) = host.split_once(".dkr.ecr") else {
        return false;
    };
    let digits = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    digits && (rest.starts_with('.') || rest.starts_with("-fips."))
}

fn devices(look: &Look<'_>) -> Result<(), Fault> {
    refuse_if(gpus::asked(look, "GPU"), || {
        "Tasks using the Fargate launch type do not support GPU resource requirements.".into()
    })?;
    refuse_if(gpus::asked(look, "NeuronDevice"), || {
        "Tasks using the Fargate launch type do not support NeuronDevice resource requirements.".into()
    })
}

fn firelens_file(look: &Look<'_>) -> Result<(), Fault> {
    let from_s3 = |c: &ecs::ContainerDefinition| {
        c.firelens_configuration
            .as_ref()
            .is_some_and(|router| firelens::option(router, "config-file-type") == "s3")
    };
    refuse_if(look.containers().iter().any(from_s3), || {
        "Fargate launch type does not support FirelensConfiguration config file from 's3'".into()
    })
}

fn timeouts(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        for (what, seconds) in [("start", container.start_timeout), ("stop", container.stop_timeout)] {
            let begin = "Tasks using the Fargate launch type must have a container";
            refuse_if(seconds.is_some_and(|s| s > 120), || {
                format!("{begin} {what} timeout of less than 120 seconds.")
            })?;
            refuse_if(seconds.is_some_and(|s| s < 2), || {
                format!("{begin} {what} timeout of at least 2 seconds.")
            })?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests;
