//! What of a document reaches the node, and with which defaults.

use super::super::defaults::filled;
use super::super::samples::*;
use super::derived;
use api::ecs;
use link::plan::{Condition, Dependency, HealthCheck, LogConfig, NetworkMode, Pair, PortRange, PortWish, Volume};
use link::{ContainerPlan, TaskPlan};

fn work(request: &ecs::RegisterTaskDefinitionRequest) -> TaskPlan {
    derived(&filled(request))
}

#[test]
fn a_bare_container_gives_only_what_was_said() {
    let web = ContainerPlan {
        name: "web".to_string(),
        image: "busybox".to_string(),
        essential: true,
        memory_mib: Some(64),
        ..Default::default()
    };
    let plan = TaskPlan {
        containers: vec![web],
        ..Default::default()
    };
    assert_eq!(work(&super::super::samples::web()), plan);
}

#[test]
fn what_a_process_sees_is_what_was_given() {
    let variable = |name: &str, value: Option<&str>| ecs::KeyValuePair {
        name: text(name),
        value: value.map(str::to_string),
    };
    let plan = work(&with(web(), |c| {
        c.entry_point = Some(Vec::new());
        c.command = Some(vec!["serve".to_string()]);
        c.environment = Some(vec![
            variable("A", Some("1")),
            variable("B", None),
            variable("", Some("x")),
        ]);
        c.secrets = Some(vec![ecs::Secret {
            name: text("KEY"),
            value_from: text("arn:aws:ssm:us-east-1:000000000000:parameter/key"),
        }]);
        c.working_directory = text("/srv");
        c.user = text("");
        c.docker_labels = options(&[("team", "a")]);
        c.stop_timeout = Some(5);
    }));
    let web = &plan.containers[0];
    assert_eq!(
        web.entry_point,
        Some(Vec::new()),
        "taken away is not the same as not given"
    );
    assert_eq!(web.command, Some(vec!["serve".to_string()]));
    assert_eq!(web.environment, [Pair::new("A", "1"), Pair::new("B", "")]);
    assert_eq!(web.secrets[0].name, "KEY");
    assert_eq!(
        (web.working_directory.as_deref(), web.user.as_deref()),
        (Some("/srv"), None)
    );
    assert_eq!(web.labels, [Pair::new("team", "a")]);
    assert_eq!((web.start_timeout_s, web.stop_timeout_s), (None, Some(5)));
}

#[test]
fn ports_are_the_containers_own_where_the_network_is() {
    let ports = |mode: Option<&str>, host: Option<i32>| {
        let mut request = with(web(), |c| {
            c.port_mappings = Some(vec![ecs::PortMapping {
                host_port: host,
                ..mapping(80)
            }]);
        });
        request.network_mode = mode.map(str::to_string);
        let plan = work(&request);
        (plan.network_mode, plan.containers[0].ports[0].host_port)
    };
    assert_eq!(ports(None, None), (None, 0));
    assert_eq!(ports(None, Some(8080)), (None, 8080));
    assert_eq!(ports(Some("bridge"), None), (Some(NetworkMode::Bridge), 0));
    assert_eq!(ports(Some("host"), None), (Some(NetworkMode::Host), 80));
    assert_eq!(ports(Some("awsvpc"), None), (Some(NetworkMode::Awsvpc), 80));
    let managed = ecs::RegisterTaskDefinitionRequest {
        requires_compatibilities: Some(vec!["MANAGED_INSTANCES".to_string()]),
        ..with(web(), |c| c.port_mappings = Some(vec![mapping(80)]))
    };
    let plan = work(&managed);
    assert_eq!(plan.network_mode, Some(NetworkMode::Awsvpc));
    let wish = PortWish {
        container_port: 80,
        host_port: 80,
        udp: false,
    };
    assert_eq!(plan.containers[0].ports, [wish]);
}

#[test]
fn ranges_stand_apart_from_single_ports() {
    let plan = work(&with(web(), |c| {
        c.port_mappings = Some(vec![ecs::PortMapping {
            container_port_range: text("100-200"),
            protocol: text("udp"),
            ..Default::default()
        }]);
    }));
    let range = PortRange {
        first: 100,
        last: 200,
        udp: true,
    };
    assert_eq!(plan.containers[0].port_ranges, [range]);
    assert!(plan.containers[0].ports.is_empty());
}

#[test]
fn checks_and_restarts_have_their_defaults() {
    let plan = work(&with(web(), |c| {
        c.health_check = Some(ecs::HealthCheck {
            command: Some(vec!["CMD".to_string(), "true".to_string()]),
            ..Default::default()
        });
        c.restart_policy = Some(ecs::ContainerRestartPolicy {
            enabled: Some(true),
            ..Default::default()
        });
        c.depends_on = Some(vec![ecs::ContainerDependency {
            container_name: text("side"),
            condition: text("HEALTHY"),
        }]);
    }));
    let web = &plan.containers[0];
    let health = HealthCheck {
        command: vec!["CMD".to_string(), "true".to_string()],
        interval_s: 30,
        timeout_s: 5,
        retries: 3,
        start_period_s: 0,
    };
    assert_eq!(web.health, Some(health));
    assert_eq!(web.restart.as_ref().map(|r| r.attempt_period_s), Some(300));
    let waits = Dependency {
        container: "side".to_string(),
        condition: Condition::Healthy,
    };
    assert_eq!(web.depends_on, [waits]);
    let off = work(&with(super::super::samples::web(), |c| {
        c.restart_policy = Some(ecs::ContainerRestartPolicy {
            enabled: Some(false),
            ..Default::default()
        });
    }));
    assert_eq!(off.containers[0].restart, None);
}

#[test]
fn logs_go_where_they_were_sent() {
    let plan = work(&with(web(), |c| {
        c.log_configuration = Some(ecs::LogConfiguration {
            log_driver: text("awslogs"),
            options: options(&[("awslogs-group", "g"), ("mode", "non-blocking")]),
            secret_options: None,
        });
    }));
    let log = LogConfig {
        driver: "awslogs".to_string(),
        options: vec![Pair::new("awslogs-group", "g"), Pair::new("mode", "non-blocking")],
        secret_options: Vec::new(),
    };
    assert_eq!(plan.containers[0].log, Some(log));
}

#[test]
fn a_volume_says_how_it_is_made_or_what_cannot_make_it() {
    let mut request = web();
    let named = |name: &str| ecs::Volume {
        name: text(name),
        ..Default::default()
    };
    request.volumes = Some(vec![
        named("scratch"),
        ecs::Volume {
            host: Some(ecs::HostVolumeProperties {
                source_path: text("/data"),
            }),
            ..named("data")
        },
        ecs::Volume {
            docker_volume_configuration: Some(ecs::DockerVolumeConfiguration {
                scope: text("shared"),
                autoprovision: Some(true),
                driver: text("local"),
                driver_opts: options(&[("type", "tmpfs")]),
                ..Default::default()
            }),
            ..named("kept")
        },
        ecs::Volume {
            efs_volume_configuration: Some(ecs::EFSVolumeConfiguration::default()),
            ..named("far")
        },
        ecs::Volume {
            configured_at_launch: Some(true),
            ..named("later")
        },
    ]);
    let volumes = work(&request).volumes;
    let plain = |name: &str| Volume {
        name: name.to_string(),
        ..Default::default()
    };
    let data = Volume {
        host_path: text("/data"),
        ..plain("data")
    };
    let kept = Volume {
        shared: true,
        autoprovision: true,
        driver: text("local"),
        driver_options: vec![Pair::new("type", "tmpfs")],
        ..plain("kept")
    };
    assert_eq!(volumes[..3], [plain("scratch"), data, kept]);
    let unsupported: Vec<_> = volumes.iter().map(|v| v.unsupported.as_deref()).collect();
    assert_eq!(unsupported, [None, None, None, Some("efs"), Some("ebs")]);
}
