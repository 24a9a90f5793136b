//! Tasks that are refused, in these words.

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
