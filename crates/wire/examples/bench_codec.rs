//! How long it takes to read and write one request of about 1 KiB, in each body notation.
//!
//! `cargo run --release -p wire --example bench_codec` prints one line for each: the median of many short rounds, so
//! that a neighbour on the same core disturbs little.

// A measurement needs the machine's own clock, which the crate itself must not.
#![allow(clippy::disallowed_methods)]

use std::hint::black_box;
use std::time::{Duration, Instant};
use wire::Shape;
use wire::codec::{Limits, cbor, json};

wire::shapes! {
    plain { Text String; Flag Boolean; Int Integer; Long Long; }
    with { Text Mode .one_of(&["bridge", "host", "awsvpc", "none"]); }
    lists {
        Strings of String; Pairs of KeyValuePair; Secrets of Secret; Ports of PortMapping; Mounts of MountPoint;
        Containers of ContainerDefinition; Tags of Tag; Ulimits of Ulimit; Volumes of Volume;
    }
    maps { Labels of String String; }
    structures {
        Structure::new KeyValuePair { name "name": String; value "value": String; }
        Structure::new Secret { name "name": String .required(); value_from "valueFrom": String .required(); }
        Structure::new PortMapping {
            container_port "containerPort": Integer; host_port "hostPort": Integer; protocol "protocol": String;
            name "name": String; app_protocol "appProtocol": String; range "containerPortRange": String;
        }
        Structure::new MountPoint { volume "sourceVolume": String; path "containerPath": String; read_only "readOnly": Boolean; }
        Structure::new Ulimit { name "name": String; soft "softLimit": Integer; hard "hardLimit": Integer; }
        Structure::new LogConfiguration { driver "logDriver": String; options "options": Labels; secrets "secretOptions": Secrets; }
        Structure::new HealthCheck {
            command "command": Strings; interval "interval": Integer; timeout "timeout": Integer;
            retries "retries": Integer; start_period "startPeriod": Integer;
        }
        Structure::new ContainerDefinition {
            name "name": String; image "image": String; credentials "repositoryCredentials": Secret; cpu "cpu": Integer;
            memory "memory": Integer; reservation "memoryReservation": Integer; links "links": Strings;
            ports "portMappings": Ports; essential "essential": Boolean; restart "restartPolicy": Ulimit;
            entry_point "entryPoint": Strings; command "command": Strings; environment "environment": Pairs;
            files "environmentFiles": Pairs; mounts "mountPoints": Mounts; from "volumesFrom": Mounts;
            linux "linuxParameters": Tag; secrets "secrets": Secrets; depends_on "dependsOn": Pairs;
            start "startTimeout": Integer; stop "stopTimeout": Integer; hostname "hostname": String; user "user": String;
            directory "workingDirectory": String; no_network "disableNetworking": Boolean;
            privileged "privileged": Boolean; read_only "readonlyRootFilesystem": Boolean; dns "dnsServers": Strings;
            search "dnsSearchDomains": Strings; hosts "extraHosts": Pairs; options "dockerSecurityOptions": Strings;
            interactive "interactive": Boolean; tty "pseudoTerminal": Boolean; labels "dockerLabels": Labels;
            ulimits "ulimits": Ulimits; log "logConfiguration": LogConfiguration; health "healthCheck": HealthCheck;
            controls "systemControls": Pairs; resources "resourceRequirements": Pairs; lens "firelensConfiguration": Tag;
        }
        Structure::new Tag { key "key": String; value "value": String; }
        Structure::new Volume { name "name": String; host "host": KeyValuePair; }
        Structure::new RegisterTaskDefinition {
            family "family": String .required(); task_role "taskRoleArn": String; role "executionRoleArn": String;
            mode "networkMode": Mode; containers "containerDefinitions": Containers .required(); volumes "volumes": Volumes;
            constraints "placementConstraints": Pairs; compatibilities "requiresCompatibilities": Strings;
            cpu "cpu": String; memory "memory": String; tags "tags": Tags; pid "pidMode": String; ipc "ipcMode": String;
        }
    }
}

const REQUEST: &str = r#"{"family": "web-frontend", "executionRoleArn": "arn:aws:iam::123456789012:role/ecsTaskExecutionRole", "networkMode": "awsvpc", "containerDefinitions": [{"name": "web", "image": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/web:1.42.0", "cpu": 256, "memory": 512, "portMappings": [{"containerPort": 8080, "protocol": "tcp"}], "essential": true, "command": ["/bin/server", "--listen", "0.0.0.0:8080"], "environment": [{"name": "STAGE", "value": "prod"}, {"name": "REGION", "value": "eu-west-1"}], "secrets": [{"name": "DB", "valueFrom": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-Ab12Cd"}], "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "/ecs/web", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "web"}}, "healthCheck": {"command": ["CMD-SHELL", "curl -f http://localhost:8080/health || exit 1"], "interval": 30, "timeout": 5, "retries": 3}}], "requiresCompatibilities": ["EC2"], "tags": [{"key": "team", "value": "storefront"}, {"key": "cost-center", "value": "4711"}]}"#;

fn main() {
    let limits = Limits::default();
    let mut input = RegisterTaskDefinition::default();
    json::read(REQUEST.as_bytes(), &mut input, &limits).expect("the request is well formed");
    let mut as_json = Vec::new();
    json::write(&input, &mut as_json);
    let mut as_cbor = Vec::new();
    cbor::write(&input, &mut as_cbor);

    report("JSON read", REQUEST.len(), || {
        json::read(REQUEST.as_bytes(), fresh().as_mut(), &limits).is_ok()
    });
    report("JSON write", as_json.len(), || {
        let mut out = Vec::new();
        json::write(&input, &mut out);
        black_box(out).len() == as_json.len()
    });
    report("CBOR read", as_cbor.len(), || {
        cbor::read(&as_cbor, fresh().as_mut(), &limits).is_ok()
    });
    report("CBOR write", as_cbor.len(), || {
        let mut out = Vec::new();
        cbor::write(&input, &mut out);
        black_box(out).len() == as_cbor.len()
    });
}

fn fresh() -> Box<dyn Shape> {
    black_box(Box::new(RegisterTaskDefinition::default()))
}

fn report(what: &str, bytes: usize, mut once: impl FnMut() -> bool) {
    const ROUNDS: usize = 200;
    const EACH: u32 = 500;
    let mut rounds: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..EACH {
                assert!(black_box(once()), "{what} does what it is measured for");
            }
            start.elapsed() / EACH
        })
        .collect();
    rounds.sort_unstable();
    let micros = |d: Duration| d.as_secs_f64() * 1e6;
    let (best, median) = (micros(rounds[0]), micros(rounds[ROUNDS / 2]));
    println!(
        "{what:<12} {bytes:>5} bytes  median {median:.2} µs ({:.2} µs per KiB)  best {best:.2} µs",
        median * 1024.0 / bytes as f64
    );
}
