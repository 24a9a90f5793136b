//! What AWS answers for definitions like these.

use super::super::defaults::filled;
use super::super::samples::*;
use super::required;
use api::ecs;

fn of(request: &ecs::RegisterTaskDefinitionRequest) -> Vec<String> {
    let names = required(&filled(request)).into_iter();
    let short = |n: String| {
        n.replace("com.amazonaws.ecs.capability.", "")
            .replace("ecs.capability.", "")
    };
    names.map(short).map(|n| n.replace("docker-remote-api.", "")).collect()
}

fn awslogs(extra: &[(&str, &str)]) -> Option<ecs::LogConfiguration> {
    let place = [
        ("awslogs-region", "us-east-1"),
        ("awslogs-group", "/app"),
        ("awslogs-stream-prefix", "ecs"),
    ];
    let pairs = [place.as_slice(), extra].concat();
    Some(ecs::LogConfiguration {
        log_driver: text("awslogs"),
        options: options(&pairs),
        secret_options: None,
    })
}

const ECR: &str = "000000000000.dkr.ecr.us-east-1.amazonaws.com/app:1";

#[test]
fn a_bare_definition_needs_nothing() {
    assert_eq!(of(&web()), Vec::<String>::new());
    assert_eq!(of(&fargate()), ["1.18", "task-eni"]);
}

/// As AWS answers for the same definition, in the same order.
#[test]
fn environment_files_logs_and_storage_of_a_fargate_task() {
    let request = ecs::RegisterTaskDefinitionRequest {
        execution_role_arn: text("execution"),
        ephemeral_storage: Some(ecs::EphemeralStorage { size_in_gi_b: Some(21) }),
        ..fargate()
    };
    let request = with(request, |c| {
        c.image = text(ECR);
        let file = ecs::EnvironmentFile {
            value: text("arn:aws:s3:::bucket/a.env"),
            r#type: text("s3"),
        };
        c.environment_files = Some(vec![file]);
        c.ulimits = Some(Vec::new());
        c.log_configuration = awslogs(&[
            ("mode", "non-blocking"),
            ("awslogs-create-group", "true"),
            ("max-buffer-size", "25m"),
        ]);
    });
    let expected = [
        "logging-driver.awslogs",
        "execution-role-awslogs",
        "ecr-auth",
        "1.19",
        "1.28",
        "env-files.s3",
        "execution-role-ecr-pull",
        "extensible-ephemeral-storage",
        "1.18",
        "task-eni",
        "1.29",
    ];
    assert_eq!(
        as_sets_of_buckets(of(&request)),
        as_sets_of_buckets(expected.map(str::to_string).to_vec())
    );
}

/// With more than twelve attributes AWS's table is twice as large, and the order another.
#[test]
fn health_checks_order_and_secrets_of_two_containers() {
    let request = ecs::RegisterTaskDefinitionRequest {
        execution_role_arn: text("execution"),
        task_role_arn: text("app"),
        ..fargate()
    };
    let rails = with(request, |c| {
        c.image = text(ECR);
        (c.memory, c.memory_reservation) = (None, Some(512));
        c.secrets = Some(vec![ecs::Secret {
            name: text("DB"),
            value_from: text("/db"),
        }]);
        c.log_configuration = awslogs(&[("awslogs-create-group", "true")]);
        let command = Some(vec!["CMD-SHELL".to_string(), "true".to_string()]);
        c.health_check = Some(ecs::HealthCheck {
            command,
            start_period: Some(300),
            ..Default::default()
        });
    });
    let wait = ecs::ContainerDependency {
        container_name: text("web"),
        condition: text("HEALTHY"),
    };
    let nginx = ecs::ContainerDefinition {
        depends_on: Some(vec![wait]),
        memory: None,
        ..container("nginx")
    };
    let expected = [
        "execution-role-awslogs",
        "ecr-auth",
        "1.21",
        "task-iam-role",
        "container-health-check",
        "execution-role-ecr-pull",
        "secrets.ssm.environment-variables",
        "1.18",
        "task-eni",
        "1.29",
        "logging-driver.awslogs",
        "1.19",
        "container-ordering",
    ];
    assert_eq!(
        as_sets_of_buckets(of(&and(rails, nginx))),
        as_sets_of_buckets(expected.map(str::to_string).to_vec())
    );
}

/// Within one bucket AWS's order is that of its own evaluation, which nobody can see.
fn as_sets_of_buckets(names: Vec<String>) -> Vec<Vec<String>> {
    let full = |name: &String| match name.as_str() {
        n if n.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("com.amazonaws.ecs.capability.docker-remote-api.{n}")
        }
        n @ ("ecr-auth" | "task-iam-role" | "logging-driver.awslogs") => {
            format!("com.amazonaws.ecs.capability.{n}")
        }
        n => format!("ecs.capability.{n}"),
    };
    let buckets = if names.len() > 12 { 32 } else { 16 };
    let mut groups: Vec<(u32, Vec<String>)> = Vec::new();
    for name in names {
        let bucket = super::order::hash(&full(&name)) & (buckets - 1);
        match groups.last_mut().filter(|(last, _)| *last == bucket) {
            Some((_, group)) => group.push(name),
            None => groups.push((bucket, vec![name])),
        }
    }
    groups
        .into_iter()
        .map(|(_, mut group)| {
            group.sort();
            group
        })
        .collect()
}

#[test]
fn roles_and_modes_of_the_host() {
    let host = ecs::RegisterTaskDefinitionRequest {
        network_mode: text("host"),
        task_role_arn: text("app"),
        ..web()
    };
    assert_eq!(of(&host), ["task-iam-role-network-host"]);
    let shared = ecs::RegisterTaskDefinitionRequest {
        pid_mode: text("host"),
        ipc_mode: text("none"),
        ..web()
    };
    assert_eq!(of(&shared), ["pid-ipc-namespace-sharing", "1.32"]);
    let large = ecs::RegisterTaskDefinitionRequest {
        cpu: text("16384"),
        memory: text("32768"),
        ..fargate()
    };
    assert_eq!(of(&large), ["increased-task-cpu-limit", "1.18", "task-eni"]);
}

#[test]
fn a_volume_of_efs_needs_what_aws_says() {
    let efs = ecs::EFSVolumeConfiguration {
        file_system_id: text("fs-1"),
        ..Default::default()
    };
    let volume = ecs::Volume {
        name: text("v"),
        efs_volume_configuration: Some(efs),
        ..Default::default()
    };
    let mut names = of(&ecs::RegisterTaskDefinitionRequest {
        volumes: Some(vec![volume]),
        ..web()
    });
    names.sort();
    assert_eq!(names, ["1.25", "efs", "efsAuth"]);
}

#[test]
fn privilege_and_security_options() {
    let mut names = of(&with(web(), |c| {
        c.privileged = Some(true);
        c.docker_security_options = Some(vec!["no-new-privileges".to_string(), "label:type:x".to_string()]);
    }));
    names.sort();
    assert_eq!(names, ["1.23", "privileged-container", "selinux"]);
}
