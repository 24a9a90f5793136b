//! What the definition says about the task as a whole.

use super::resources::LEAST_MIB;
use super::{Look, Platform, Rule, list, refuse_if, text};
use crate::ecs::{fault, names};
use wire::Fault;

pub const RULES: &[Rule] = &[
    family,
    roles,
    cpu,
    memory,
    ephemeral_storage,
    placement,
    proxy,
    accelerators,
    fault_injection,
    trust,
];

fn family(look: &Look<'_>) -> Result<(), Fault> {
    let family = text(&look.definition.family);
    refuse_if(family.is_empty(), || "Family should not be null or empty.".into())?;
    refuse_if(family.len() > 255, || {
        "Family should not be longer than 255 characters.".into()
    })?;
    refuse_if(!names::is_name(family), || "Family contains invalid characters.".into())
}

fn roles(look: &Look<'_>) -> Result<(), Fault> {
    let given = [&look.definition.task_role_arn, &look.definition.execution_role_arn];
    refuse_if(given.into_iter().flatten().any(|role| !is_role(role)), || {
        "Role is not valid".into()
    })
}

/// A role's name, or its ARN: `arn:aws:iam::000000000000:role/path/name`.
fn is_role(role: &str) -> bool {
    let name = match role.strip_prefix("arn:") {
        None => role,
        Some(_) => {
            let arn = base::Arn::parse(role).filter(|arn| arn.service == "iam" && arn.region.is_empty());
            let arn = arn.filter(|arn| arn.account.len() == 12 && arn.account.bytes().all(|b| b.is_ascii_digit()));
            let path = arn.and_then(|arn| arn.of_kind("role")).unwrap_or_default();
            path.rsplit('/').next().unwrap_or_default()
        }
    };
    (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
}

/// The least and the most that a task may ask for by itself; FARGATE knows only some sizes between.
const CPU_UNITS: std::ops::RangeInclusive<u32> = 128..=196_608;

fn cpu(look: &Look<'_>) -> Result<(), Fault> {
    let wrong = look.definition.cpu.is_some() && look.cpu_units.is_none_or(|units| !CPU_UNITS.contains(&units));
    refuse_if(wrong, || invalid_size("cpu"))
}

fn memory(look: &Look<'_>) -> Result<(), Fault> {
    let wrong = look.definition.memory.is_some() && look.memory_mib.is_none_or(|mib| mib < LEAST_MIB);
    refuse_if(wrong, || invalid_size("memory"))
}

fn invalid_size(what: &str) -> String {
    format!(
        "Invalid '{what}' setting for task. For more information, see the Troubleshooting section of the Amazon ECS \
         Developer Guide."
    )
}

fn ephemeral_storage(look: &Look<'_>) -> Result<(), Fault> {
    let Some(storage) = &look.definition.ephemeral_storage else {
        return Ok(());
    };
    let gib = storage.size_in_gi_b.unwrap_or_default();
    refuse_if(!look.requires(Platform::Fargate), || {
        "Tasks using the EC2 launch type do not support EphemeralStorage.".into()
    })?;
    refuse_if(gib < 21, || "EphemeralStorage size should be at least 21.".into())?;
    refuse_if(gib > 200, || "EphemeralStorage size should be at most 200.".into())
}

fn placement(look: &Look<'_>) -> Result<(), Fault> {
    let constraints = list(&look.definition.placement_constraints);
    refuse_if(constraints.len() > 10, || {
        "The number of placement constraints exceeds the limit of 10.".into()
    })?;
    for constraint in constraints {
        let (kind, expression) = (text(&constraint.r#type), text(&constraint.expression));
        refuse_if(kind != "memberOf", || "constraint.type should be 'memberOf'.".into())?;
        refuse_if(expression.trim().is_empty(), || {
            "constraint.expression should not be null or empty.".into()
        })?;
        if let Err(malformed) = scheduler::query::Expression::parse(expression) {
            return Err(fault::client(format!(
                "constraint.expression '{expression}' is not valid: {malformed}"
            )));
        }
    }
    Ok(())
}

fn proxy(look: &Look<'_>) -> Result<(), Fault> {
    let Some(proxy) = &look.definition.proxy_configuration else {
        return Ok(());
    };
    let name = text(&proxy.container_name);
    refuse_if(look.container(name).is_none(), || {
        format!("Proxy container [{name}] does not exist.")
    })?;
    refuse_if(look.mode() != "awsvpc", || {
        "Proxy configuration is only supported when networkMode=awsvpc.".into()
    })?;
    let given = |wanted: &str| {
        let mut named = list(&proxy.properties).iter().filter(|p| text(&p.name) == wanted);
        named.any(|p| !text(&p.value).is_empty())
    };
    let mut missing: Vec<&str> = ["AppPorts", "ProxyIngressPort", "ProxyEgressPort"]
        .into_iter()
        .filter(|name| !given(name))
        .collect();
    if !given("IgnoredUID") && !given("IgnoredGID") {
        missing.push("IgnoredUID or IgnoredGID");
    }
    refuse_if(!missing.is_empty(), || {
        format!("Proxy configuration requires properties: {}", missing.join(", "))
    })
}

/// Elastic Inference is gone from AWS, and so is this member.
fn accelerators(look: &Look<'_>) -> Result<(), Fault> {
    let given = !list(&look.definition.inference_accelerators).is_empty();
    refuse_if(given, || "Unsupported field 'inferenceAccelerators'.".into())
}

fn fault_injection(look: &Look<'_>) -> Result<(), Fault> {
    let wanted = look.definition.enable_fault_injection == Some(true);
    refuse_if(wanted && !matches!(look.mode(), "awsvpc" | "host"), || {
        "Fault injection is only supported when networkMode is awsvpc or host.".into()
    })
}

fn trust(look: &Look<'_>) -> Result<(), Fault> {
    let Some(trust) = &look.definition.trusted_execution_configuration else {
        return Ok(());
    };
    if text(&trust.isolation_mode) == "CONFIDENTIAL_SANDBOX" && text(&trust.attestation_policy).is_empty() {
        return Err(fault::client(
            "An attestationPolicy is required when isolationMode is CONFIDENTIAL_SANDBOX.",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
