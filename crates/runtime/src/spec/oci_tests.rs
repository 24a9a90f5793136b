//! The whole config.json, for one who reads: `golden/ordinary.json` is what a container that asks for nothing gets, and
//! `golden/asking.json` what one gets that asks for much.

use super::*;
use crate::cgroup::Mounted;
use proptest::prelude::*;
use serde_json::{Value, json};

const ORDINARY: &str = include_str!("golden/ordinary.json");
const ASKING: &str = include_str!("golden/asking.json");

fn machine() -> Machine {
    Machine {
        capabilities: Caps::ALL.without(Caps::parse("SYS_RESOURCE").unwrap()),
        oom_score_adj: 0,
        hard_limits: [20_000; RESOURCES.len()],
    }
}

fn config(spec: &ContainerSpec, user: User, cgroups: Vec<Mounted>) -> (Value, Plan) {
    let machine = machine();
    let facts = Facts {
        machine: &machine,
        user,
        devices: look_up_devices(&spec.devices).unwrap(),
        cgroups,
    };
    let plan = plan(spec, facts).unwrap();
    let place = OciPlace {
        rootfs: "/run/gantry/c1/root".into(),
        cgroup: "/gantry/test/c1".into(),
        resources: resources(&spec.cgroup.limits, &plan.device_rules, true),
        seccomp: None,
    };
    (oci(spec, &plan, &place), plan)
}

fn ordinary() -> ContainerSpec {
    ContainerSpec {
        id: "c1".into(),
        args: vec!["/bin/sh".into(), "-c".into(), "true".into()],
        ..Default::default()
    }
}

fn asking() -> ContainerSpec {
    let text = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
    ContainerSpec {
        rootfs: Rootfs {
            read_only: true,
            ..Default::default()
        },
        env: Env(text(&["A=1"])),
        cwd: "/srv".into(),
        user: "www".into(),
        hostname: Some("web".into()),
        mounts: vec![Mount {
            kind: MountKind::Volume,
            source: "/data/v1".into(),
            destination: "/srv/data".into(),
            read_only: true,
            options: vec![],
            propagation: Propagation::Slave,
        }],
        etc: EtcFiles {
            hosts: Some("/run/gantry/c1/hosts".into()),
            ..Default::default()
        },
        capabilities_add: text(&["NET_ADMIN"]),
        capabilities_drop: text(&["MKNOD"]),
        no_new_privileges: true,
        user_namespace: Some(UserNamespace {
            host_uid: 100_000,
            host_gid: 200_000,
            count: 65_536,
        }),
        ulimits: vec![Ulimit {
            name: "nofile".into(),
            soft: 1024,
            hard: 65_536,
        }],
        sysctls: vec![("net.core.somaxconn".into(), "1024".into())],
        devices: vec![Device {
            host_path: "/dev/null".into(),
            container_path: "/dev/nothing".into(),
            read: true,
            write: false,
            mknod: false,
        }],
        oom_score_adj: Some(500),
        cgroup: CgroupSpec {
            limits: Limits {
                cpu_shares: Some(256),
                cpu_quota: Some(CpuQuota {
                    quota_us: 25_000,
                    period_us: 100_000,
                }),
                memory_bytes: Some(64 << 20),
                swap_bytes: Some(0),
                pids: Some(100),
                ..Default::default()
            },
            ..Default::default()
        },
        pid: PidMode::Host,
        ipc: IpcMode::Join("/proc/7/ns/ipc".into()),
        network: NetworkMode::Join("/run/netns/gty-1".into()),
        terminal: Some(Terminal { rows: 24, columns: 80 }),
        ..ordinary()
    }
}

fn same(got: &Value, golden: &str) {
    let wanted: Value = serde_json::from_str(golden).unwrap();
    assert!(
        *got == wanted,
        "config.json is now:\n{}",
        serde_json::to_string_pretty(got).unwrap()
    );
}

#[test]
fn one_who_asks_for_nothing() {
    let (got, plan) = config(&ordinary(), User::default(), vec![Mounted::V2]);
    assert_eq!(plan.warnings, []);
    same(&got, ORDINARY);
}

#[test]
fn one_who_asks_for_much() {
    let user = User {
        uid: 33,
        gid: 33,
        groups: vec![10],
        home: "/srv".into(),
    };
    let v1 = Mounted::V1 {
        name: "memory".into(),
        directory: "/sys/fs/cgroup/memory/gantry/test/c1".into(),
    };
    same(&config(&asking(), user, vec![v1]).0, ASKING);
}

#[test]
fn a_spec_is_read_as_it_was_written() {
    for spec in [ordinary(), asking()] {
        let text = serde_json::to_string(&spec).unwrap();
        assert_eq!(serde_json::from_str::<ContainerSpec>(&text).unwrap(), spec);
    }
    // By an older or a newer keeper too.
    let other = json!({ "id": "c1", "args": ["/bin/sh", "-c", "true"], "a_field_of_tomorrow": 1 });
    assert_eq!(serde_json::from_value::<ContainerSpec>(other).unwrap(), ordinary());
}

proptest! {
    #[test]
    fn config_never_has_more_powers_than_asked(add in 0u64..1 << 41, drop in 0u64..1 << 41, uid in 0u32..3) {
        let (add, drop) = (Caps(add), Caps(drop));
        let spec = ContainerSpec { capabilities_add: add.names(), capabilities_drop: drop.names(), ..ordinary() };
        let (got, _) = config(&spec, User { uid, ..User::default() }, vec![]);
        let sets = got["process"]["capabilities"].as_object().unwrap();
        for (set, names) in sets {
            for name in names.as_array().unwrap() {
                let cap = Caps::parse(name.as_str().unwrap()).unwrap();
                prop_assert!((add | Caps::docker_default()).contains(cap) && drop.and(cap) == Caps::NONE, "{} in {}", name, set);
                prop_assert!(machine().capabilities.contains(cap));
                prop_assert!(set == "bounding" || uid == 0);
            }
        }
    }
}
