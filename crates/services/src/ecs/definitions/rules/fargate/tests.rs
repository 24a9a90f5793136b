//! FARGATE says no, in these words.

use super::super::super::samples::*;
use api::ecs;

fn sized(cpu: &str, memory: &str) -> ecs::RegisterTaskDefinitionRequest {
    ecs::RegisterTaskDefinitionRequest {
        cpu: text(cpu),
        memory: text(memory),
        ..fargate()
    }
}

#[test]
fn a_fargate_task_has_its_own_network() {
    assert_eq!(accepted(&fargate()), ["EC2", "FARGATE", "MANAGED_INSTANCES"]);
    for mode in [None, text("bridge"), text("host"), text("none")] {
        let request = ecs::RegisterTaskDefinitionRequest {
            network_mode: mode,
            ..fargate()
        };
        assert_eq!(refusal(&request), "Fargate only supports network mode ‘awsvpc’.");
    }
}

#[test]
fn a_fargate_task_has_a_size() {
    let request = ecs::RegisterTaskDefinitionRequest { cpu: None, ..fargate() };
    assert_eq!(
        refusal(&request),
        "Fargate requires that 'cpu' be defined at the task level."
    );
    let request = ecs::RegisterTaskDefinitionRequest {
        memory: None,
        ..fargate()
    };
    assert_eq!(
        refusal(&request),
        "Fargate requires that 'memory' be defined at the task level."
    );
}

#[test]
fn the_size_is_in_the_table() {
    let good = [
        ("256", "512"),
        (".25 vCPU", "0.5GB"),
        ("256", "1024"),
        ("256", "2048"),
        ("512", "1024"),
        ("512", "4096"),
        ("1024", "2048"),
        ("1 vCPU", "8GB"),
        ("2048", "4096"),
        ("2048", "16384"),
        ("4096", "8192"),
        ("4096", "30720"),
        ("8192", "16384"),
        ("8192", "61440"),
        ("16384", "32768"),
        ("16 vCPU", "120 GB"),
    ];
    for (cpu, memory) in good {
        accepted(&sized(cpu, memory));
    }
    let bad = [
        ("256", "1025"),
        ("256", "3072"),
        ("512", "512"),
        ("512", "5120"),
        ("1024", "1024"),
        ("1024", "9216"),
        ("2048", "17408"),
        ("4096", "7168"),
        ("4096", "31744"),
        ("8192", "17408"),
        ("8192", "65536"),
        ("16384", "36864"),
        ("16384", "131072"),
        ("300", "512"),
        ("32768", "122880"),
    ];
    for (cpu, memory) in bad {
        let sentence = format!(
            "No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. See the Amazon ECS documentation for the valid values."
        );
        assert_eq!(refusal(&sized(cpu, memory)), sentence);
    }
}

#[test]
fn windows_on_fargate_has_a_core_at_least() {
    let windows = |cpu, memory, family: &str| {
        let platform = ecs::RuntimePlatform {
            operating_system_family: text(family),
            cpu_architecture: text("X86_64"),
        };
        ecs::RegisterTaskDefinitionRequest {
            runtime_platform: Some(platform),
            ..sized(cpu, memory)
        }
    };
    accepted(&windows("1024", "2048", "WINDOWS_SERVER_2022_FULL"));
    assert!(
        refusal(&windows("512", "1024", "WINDOWS_SERVER_2022_FULL")).starts_with("No Fargate configuration exists")
    );
    let old = windows("1024", "2048", "WINDOWS_SERVER_2016_FULL");
    assert_eq!(
        refusal(&old),
        "Fargate compatible task definitions do not support operatingSystemFamily WINDOWS_SERVER_2016_FULL."
    );
}

#[test]
fn nothing_of_the_host_is_shared() {
    let ipc = ecs::RegisterTaskDefinitionRequest {
        ipc_mode: text("none"),
        ..fargate()
    };
    assert_eq!(
        refusal(&ipc),
        "Tasks using the Fargate launch type do not support ipcMode."
    );
    let pid = |mode: &str| ecs::RegisterTaskDefinitionRequest {
        pid_mode: text(mode),
        ..fargate()
    };
    let sentence =
        "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value for pidMode is 'task'.";
    assert_eq!(refusal(&pid("host")), sentence);
    accepted(&pid("task"));
    let privileged = with(fargate(), |c| c.privileged = Some(true));
    assert_eq!(
        refusal(&privileged),
        "Fargate requires that the 'privileged' setting be 'false'."
    );
    accepted(&with(fargate(), |c| c.privileged = Some(false)));
    let options = with(fargate(), |c| {
        c.docker_security_options = Some(vec!["no-new-privileges".to_string()])
    });
    assert_eq!(
        refusal(&options),
        "Fargate compatible task definitions do not support dockerSecurityOptions."
    );
}

#[test]
fn placement_is_not_the_users_business() {
    let constraint = ecs::TaskDefinitionPlacementConstraint {
        r#type: text("memberOf"),
        expression: text("attribute:a exists"),
    };
    let request = ecs::RegisterTaskDefinitionRequest {
        placement_constraints: Some(vec![constraint]),
        ..fargate()
    };
    assert_eq!(
        refusal(&request),
        "Fargate compatible task definitions do not support constraints."
    );
}

#[test]
fn kernel_settings_of_the_host_are_not_given() {
    let linux = |linux: ecs::LinuxParameters| refusal(&with(fargate(), |c| c.linux_parameters = Some(linux)));
    let unsupported = |what: &str| format!("Fargate compatible task definitions do not support {what}.");
    let device = ecs::Device {
        host_path: text("/dev/fuse"),
        ..Default::default()
    };
    assert_eq!(
        linux(ecs::LinuxParameters {
            devices: Some(vec![device]),
            ..Default::default()
        }),
        unsupported("devices")
    );
    assert_eq!(
        linux(ecs::LinuxParameters {
            max_swap: Some(0),
            ..Default::default()
        }),
        unsupported("maxSwap")
    );
    assert_eq!(
        linux(ecs::LinuxParameters {
            swappiness: Some(0),
            ..Default::default()
        }),
        unsupported("swappiness")
    );
    let shared = ecs::LinuxParameters {
        shared_memory_size: Some(64),
        ..Default::default()
    };
    assert_eq!(linux(shared), unsupported("sharedMemorySize"));
    let add = |capability: &str| ecs::LinuxParameters {
        capabilities: Some(ecs::KernelCapabilities {
            add: Some(vec![capability.to_string()]),
            drop: None,
        }),
        ..Default::default()
    };
    assert_eq!(linux(add("NET_ADMIN")), "NET_ADMIN is not allowed on Fargate.");
    accepted(&with(fargate(), |c| c.linux_parameters = Some(add("SYS_PTRACE"))));
}

#[test]
fn volumes_do_not_lie_on_the_host() {
    let held = |volume: ecs::Volume| ecs::RegisterTaskDefinitionRequest {
        volumes: Some(vec![volume]),
        ..fargate()
    };
    let named = || ecs::Volume {
        name: text("v"),
        ..Default::default()
    };
    accepted(&held(named()));
    let host = Some(ecs::HostVolumeProperties {
        source_path: text("/srv"),
    });
    assert_eq!(
        refusal(&held(ecs::Volume { host, ..named() })),
        "Fargate compatible task definitions do not support sourcePath."
    );
    let docker = held(ecs::Volume {
        docker_volume_configuration: Some(Default::default()),
        ..named()
    });
    assert_eq!(
        refusal(&docker),
        "Fargate compatible task definitions do not support dockerVolumeConfiguration."
    );
}

#[test]
fn logs_leave_through_three_drivers() {
    let logged = |driver: &str, pairs: &[(&str, &str)]| {
        let logs = ecs::LogConfiguration {
            log_driver: text(driver),
            options: options(pairs),
            secret_options: None,
        };
        with(fargate(), |c| c.log_configuration = Some(logs))
    };
    let sentence = "json-file is not a valid log driver. Must be one of [awslogs, splunk, awsfirelens]";
    assert_eq!(refusal(&logged("json-file", &[])), sentence);
    let place = [
        ("awslogs-region", "us-east-1"),
        ("awslogs-group", "/app"),
        ("awslogs-stream-prefix", "ecs"),
    ];
    let sentence = "Fargate requires task definition to have execution role ARN to support log driver awslogs.";
    assert_eq!(refusal(&logged("awslogs", &place)), sentence);
    let roled = |request| ecs::RegisterTaskDefinitionRequest {
        execution_role_arn: text("execution"),
        ..request
    };
    accepted(&roled(logged("awslogs", &place)));
    let sentence = "Log driver awslogs requires options: awslogs-stream-prefix";
    assert_eq!(refusal(&roled(logged("awslogs", &place[..2]))), sentence);
}

#[test]
fn images_of_ecr_need_an_execution_role() {
    let image = "000000000000.dkr.ecr.us-east-1.amazonaws.com/app:1";
    let request = with(fargate(), |c| c.image = text(image));
    let sentence = "Fargate requires task definition to have execution role ARN to support ECR images.";
    assert_eq!(refusal(&request), sentence);
    accepted(&ecs::RegisterTaskDefinitionRequest {
        execution_role_arn: text("execution"),
        ..request
    });
    accepted(&with(fargate(), |c| {
        c.image = text("public.ecr.aws/docker/library/busybox")
    }));
    assert!(super::is_ecr(image) && !super::is_ecr("x.dkr.ecr.us-east-1.amazonaws.com/app"));
}

#[test]
fn gpus_are_elsewhere() {
    let gpu = ecs::ResourceRequirement {
        r#type: text("GPU"),
        value: text("1"),
        sharing_strategy: None,
    };
    let request = with(fargate(), |c| c.resource_requirements = Some(vec![gpu]));
    assert_eq!(
        refusal(&request),
        "Tasks using the Fargate launch type do not support GPU resource requirements."
    );
}

#[test]
fn a_router_does_not_read_its_file_from_s3() {
    let pairs = [
        ("config-file-type", "s3"),
        ("config-file-value", "arn:aws:s3:::bucket/extra.conf"),
    ];
    let firelens = ecs::FirelensConfiguration {
        r#type: text("fluentbit"),
        options: options(&pairs),
    };
    let logs = ecs::LogConfiguration {
        log_driver: text("awsfirelens"),
        ..Default::default()
    };
    let request = with(fargate(), |c| c.log_configuration = Some(logs));
    let request = and(
        request,
        ecs::ContainerDefinition {
            firelens_configuration: Some(firelens),
            ..container("router")
        },
    );
    assert_eq!(
        refusal(&request),
        "Fargate launch type does not support FirelensConfiguration config file from 's3'"
    );
}

#[test]
fn containers_start_and_stop_in_two_minutes() {
    accepted(&with(fargate(), |c| {
        (c.start_timeout, c.stop_timeout) = (Some(2), Some(120))
    }));
    let sentence = "Tasks using the Fargate launch type must have a container stop timeout of less than 120 seconds.";
    assert_eq!(refusal(&with(fargate(), |c| c.stop_timeout = Some(121))), sentence);
    let sentence = "Tasks using the Fargate launch type must have a container start timeout of at least 2 seconds.";
    assert_eq!(refusal(&with(fargate(), |c| c.start_timeout = Some(1))), sentence);
}
