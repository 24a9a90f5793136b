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
mod tests {
    use super::super::super::samples::*;
    use api::ecs;

    #[test]
    fn families_have_plain_names() {
        let named = |family: &str| ecs::RegisterTaskDefinitionRequest {
            family: text(family),
            ..web()
        };
        assert_eq!(refusal(&named("")), "Family should not be null or empty.");
        assert_eq!(refusal(&named("a b")), "Family contains invalid characters.");
        assert_eq!(
            refusal(&named(&"a".repeat(256))),
            "Family should not be longer than 255 characters."
        );
        accepted(&named(&"a".repeat(255)));
    }

    #[test]
    fn roles_are_names_or_arns_of_roles() {
        let role = |role: &str| ecs::RegisterTaskDefinitionRequest {
            task_role_arn: text(role),
            ..web()
        };
        for good in [
            "app",
            "arn:aws:iam::000000000000:role/app",
            "arn:aws:iam::000000000000:role/teams/a/app",
        ] {
            accepted(&role(good));
        }
        for bad in [
            "",
            "a b",
            "arn:aws:iam::000000000000:user/app",
            "arn:aws:iam::0:role/app",
            "arn:aws:iam::000000000000:role/",
        ] {
            assert_eq!(refusal(&role(bad)), "Role is not valid", "{bad}");
        }
    }

    #[test]
    fn task_sizes_are_readable_and_within_bounds() {
        for bad in ["", "127", "196609", "x"] {
            let request = ecs::RegisterTaskDefinitionRequest {
                cpu: text(bad),
                ..web()
            };
            assert!(
                refusal(&request).starts_with("Invalid 'cpu' setting for task."),
                "{bad}"
            );
        }
        for bad in ["", "0", "5", "1 MB"] {
            let request = ecs::RegisterTaskDefinitionRequest {
                memory: text(bad),
                ..web()
            };
            assert!(
                refusal(&request).starts_with("Invalid 'memory' setting for task."),
                "{bad}"
            );
        }
        accepted(&ecs::RegisterTaskDefinitionRequest {
            cpu: text("128"),
            memory: text("717"),
            ..web()
        });
    }

    #[test]
    fn ephemeral_storage_is_for_fargate_and_has_bounds() {
        let sized = |request: ecs::RegisterTaskDefinitionRequest, gib: i32| {
            let storage = Some(ecs::EphemeralStorage {
                size_in_gi_b: Some(gib),
            });
            ecs::RegisterTaskDefinitionRequest {
                ephemeral_storage: storage,
                ..request
            }
        };
        assert_eq!(
            refusal(&sized(web(), 30)),
            "Tasks using the EC2 launch type do not support EphemeralStorage."
        );
        assert_eq!(
            refusal(&sized(fargate(), 20)),
            "EphemeralStorage size should be at least 21."
        );
        assert_eq!(
            refusal(&sized(fargate(), 201)),
            "EphemeralStorage size should be at most 200."
        );
        assert_eq!(accepted(&sized(fargate(), 21)), ["EC2", "FARGATE"]);
    }

    #[test]
    fn ten_placement_constraints_and_each_says_something() {
        let constrained = |count: usize, expression: &str| {
            let one = ecs::TaskDefinitionPlacementConstraint {
                r#type: text("memberOf"),
                expression: text(expression),
            };
            ecs::RegisterTaskDefinitionRequest {
                placement_constraints: Some(vec![one; count]),
                ..web()
            }
        };
        let expression = "attribute:ecs.availability-zone == us-east-1a";
        accepted(&constrained(10, expression));
        assert_eq!(
            refusal(&constrained(11, expression)),
            "The number of placement constraints exceeds the limit of 10."
        );
        assert_eq!(
            refusal(&constrained(1, " ")),
            "constraint.expression should not be null or empty."
        );
    }

    #[test]
    fn a_proxy_is_a_container_of_the_task() {
        let property = |name: &str| ecs::KeyValuePair {
            name: text(name),
            value: text("1337"),
        };
        let properties = ["IgnoredUID", "AppPorts", "ProxyIngressPort", "ProxyEgressPort"]
            .map(property)
            .to_vec();
        let proxied = |container: &str, properties: &[ecs::KeyValuePair]| ecs::RegisterTaskDefinitionRequest {
            network_mode: text("awsvpc"),
            proxy_configuration: Some(ecs::ProxyConfiguration {
                r#type: text("APPMESH"),
                container_name: text(container),
                properties: Some(properties.to_vec()),
            }),
            ..web()
        };
        accepted(&proxied("web", &properties));
        assert_eq!(
            refusal(&proxied("envoy", &properties)),
            "Proxy container [envoy] does not exist."
        );
        let missing = refusal(&proxied("web", &properties[1..3]));
        assert_eq!(
            missing,
            "Proxy configuration requires properties: ProxyEgressPort, IgnoredUID or IgnoredGID"
        );
        let bridged = ecs::RegisterTaskDefinitionRequest {
            network_mode: None,
            ..proxied("web", &properties)
        };
        assert_eq!(
            refusal(&bridged),
            "Proxy configuration is only supported when networkMode=awsvpc."
        );
    }

    #[test]
    fn what_aws_took_away_is_refused() {
        let accelerator = ecs::InferenceAccelerator {
            device_name: text("a"),
            device_type: text("eia2.medium"),
        };
        let request = ecs::RegisterTaskDefinitionRequest {
            inference_accelerators: Some(vec![accelerator]),
            ..web()
        };
        assert_eq!(refusal(&request), "Unsupported field 'inferenceAccelerators'.");
    }

    #[test]
    fn fault_injection_needs_a_network_of_its_own() {
        let injected = |mode: &str| ecs::RegisterTaskDefinitionRequest {
            enable_fault_injection: Some(true),
            network_mode: text(mode),
            ..web()
        };
        accepted(&injected("host"));
        let sentence = "Fault injection is only supported when networkMode is awsvpc or host.";
        assert_eq!(refusal(&injected("bridge")), sentence);
    }

    #[test]
    fn a_confidential_sandbox_needs_a_policy() {
        let trusted = |mode: &str, policy: Option<String>| ecs::RegisterTaskDefinitionRequest {
            trusted_execution_configuration: Some(ecs::TrustedExecutionConfiguration {
                isolation_mode: text(mode),
                attestation_policy: policy,
            }),
            requires_compatibilities: Some(vec!["MANAGED_INSTANCES".to_string()]),
            ..web()
        };
        let sentence = "An attestationPolicy is required when isolationMode is CONFIDENTIAL_SANDBOX.";
        assert_eq!(refusal(&trusted("CONFIDENTIAL_SANDBOX", None)), sentence);
        assert_eq!(
            accepted(&trusted("CONFIDENTIAL_SANDBOX", text("e30="))),
            ["MANAGED_INSTANCES"]
        );
    }
}
