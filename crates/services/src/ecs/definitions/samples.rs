//! Small definitions that tests begin with.

use super::rules;
use api::ecs;

pub fn text(text: &str) -> Option<String> {
    Some(text.to_string())
}

/// The smallest definition there is: one container that says how much memory it needs.
pub fn web() -> ecs::RegisterTaskDefinitionRequest {
    ecs::RegisterTaskDefinitionRequest {
        family: text("web"),
        container_definitions: Some(vec![container("web")]),
        ..Default::default()
    }
}

/// The smallest definition for FARGATE.
pub fn fargate() -> ecs::RegisterTaskDefinitionRequest {
    ecs::RegisterTaskDefinitionRequest {
        network_mode: text("awsvpc"),
        requires_compatibilities: Some(vec!["FARGATE".to_string()]),
        cpu: text("256"),
        memory: text("512"),
        ..web()
    }
}

pub fn container(name: &str) -> ecs::ContainerDefinition {
    ecs::ContainerDefinition {
        name: text(name),
        image: text("busybox"),
        memory: Some(64),
        ..Default::default()
    }
}

pub fn mapping(port: i32) -> ecs::PortMapping {
    ecs::PortMapping {
        container_port: Some(port),
        ..Default::default()
    }
}

/// `request` with its only container changed.
pub fn with(
    mut request: ecs::RegisterTaskDefinitionRequest,
    change: impl FnOnce(&mut ecs::ContainerDefinition),
) -> ecs::RegisterTaskDefinitionRequest {
    change(
        &mut request
            .container_definitions
            .as_mut()
            .expect("samples have a container")[0],
    );
    request
}

/// `request` with one more container.
pub fn and(
    mut request: ecs::RegisterTaskDefinitionRequest,
    more: ecs::ContainerDefinition,
) -> ecs::RegisterTaskDefinitionRequest {
    request
        .container_definitions
        .as_mut()
        .expect("samples have a container")
        .push(more);
    request
}

pub fn options(pairs: &[(&str, &str)]) -> Option<std::collections::BTreeMap<String, String>> {
    Some(
        pairs
            .iter()
            .map(|(key, value)| (key.to_string(), value.to_string()))
            .collect(),
    )
}

/// The sentence with which `request` is refused.
#[track_caller]
pub fn refusal(request: &ecs::RegisterTaskDefinitionRequest) -> String {
    let fault = rules::check(&super::defaults::filled(request)).expect_err("this should be refused");
    assert_eq!((&*fault.code, fault.status), ("ClientException", 400));
    fault.message
}

#[track_caller]
pub fn accepted(request: &ecs::RegisterTaskDefinitionRequest) -> Vec<String> {
    match rules::check(&super::defaults::filled(request)) {
        Ok(platforms) => platforms.iter().map(|p| p.as_str().to_string()).collect(),
        Err(fault) => panic!("{fault}"),
    }
}
