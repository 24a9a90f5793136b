//! What a container may not do, tried from inside of it. Containers of both builders are probed alike.

#![allow(clippy::unwrap_used)] // all of this file is test

mod place;

use place::{Place, exited, lines};
use runtime::spec::{ContainerSpec, Device, Mount, MountKind, Propagation, Ulimit};
use runtime::{Ended, ExecEnd, ExecSpec, Runtime};

/// Runs a shell script in a container of that spec; its output's lines.
async fn inside(
    place: &Place,
    runtime: &dyn Runtime,
    script: &str,
    change: impl FnOnce(&mut ContainerSpec),
) -> Vec<String> {
    let mut spec = place.spec("probe", &["sh", "-c", script]);
    change(&mut spec);
    runtime.run(&spec).await.unwrap();
    let exit = exited(runtime.wait("probe").await.unwrap());
    let said = lines(runtime, "probe").await;
    assert_eq!(exit.how, Ended::Code(0), "{script}: {said:?}");
    runtime.remove("probe").await.unwrap();
    said.out
}

/// The same script as the container's program and as an exec in it: both must be held alike.
async fn both_ways(place: &Place, runtime: &dyn Runtime, script: &str) -> [Vec<String>; 2] {
    let program = inside(place, runtime, script, |_| ()).await;
    runtime.run(&place.spec("host", &["sleep", "100"])).await.unwrap();
    let done = runtime
        .exec("host", &ExecSpec::new(["sh", "-c", script]))
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&done.output).into_owned();
    assert_eq!(done.end, ExecEnd::Ended(Ended::Code(0)), "{script}: {text}");
    runtime.remove("host").await.unwrap();
    [program, text.lines().map(str::to_owned).collect()]
}

async fn rights_are_taken(place: &Place, runtime: &dyn Runtime) {
    let script = "grep -E '^(Seccomp|CapEff|CapBnd|CapInh|CapAmb|Groups|NoNewPrivs):' /proc/self/status";
    for said in both_ways(place, runtime, script).await {
        let words: Vec<String> = said
            .iter()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        for wanted in [
            "Seccomp: 2",
            "CapEff: 00000000a80425fb",
            "CapBnd: 00000000a80425fb",
            "CapInh: 0000000000000000",
            "CapAmb: 0000000000000000",
            "NoNewPrivs: 0",
        ] {
            assert!(words.iter().any(|line| line == wanted), "{wanted} in {words:?}");
        }
        // None of ours; those of root in the image's own files may be there.
        assert!(
            words.iter().any(|line| line == "Groups:" || line == "Groups: 0"),
            "{words:?}"
        );
    }
}

async fn the_host_is_out_of_reach(place: &Place, runtime: &dyn Runtime) {
    // Each line is tried; what succeeds is told.
    let script = "
        try() { if \"$@\" >/dev/null 2>&1; then echo \"possible: $*\"; fi; }
        try mount -t tmpfs none /tmp
        try mount -t proc proc /tmp
        try unshare -m true
        try mknod /tmp/disk b 8 0 && try head -c 1 /tmp/disk
        try mknod /tmp/mem c 1 1 && try head -c 1 /tmp/mem
        try mknod /tmp/loop b 7 0 && try head -c 1 /tmp/loop
        try sh -c 'head -c 1 /proc/kcore | grep -q .'
        try sh -c 'echo b > /proc/sysrq-trigger'
        try sh -c 'echo 1 > /proc/sys/kernel/panic'
        try sh -c 'echo x > /proc/sys/kernel/core_pattern'
        try touch /sys/x
        try hostname other
        for file in $(ls -d /sys/fs/cgroup/*/cgroup.procs /sys/fs/cgroup/cgroup.procs 2>/dev/null); do
            try sh -c \"echo $$ > $file\"
        done
        for file in /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max \\
                /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max; do
            try sh -c \"echo 8589934592 > $file\"
        done
        try mkdir /sys/fs/cgroup/memory/x
        true";
    for said in both_ways(place, runtime, script).await {
        let allowed = [
            "possible: mknod /tmp/disk b 8 0",
            "possible: mknod /tmp/mem c 1 1",
            "possible: mknod /tmp/loop b 7 0",
        ];
        let bad: Vec<_> = said.iter().filter(|line| !allowed.contains(&line.as_str())).collect();
        assert!(bad.is_empty(), "{bad:?}");
    }
}

async fn only_its_own_is_seen(place: &Place, runtime: &dyn Runtime) {
    std::fs::write(place.dir.join("secret"), "of another").unwrap();
    let script = format!(
        "ls /proc | grep -c '^[0-9][0-9]*$'; cat {0}/secret 2>/dev/null; ls /proc/1/root/{0} 2>/dev/null; \
         grep -c {0} /proc/self/mountinfo; ls /sys/class/net; ls /proc/self/fd | wc -l; ls -A /var/tmp 2>/dev/null; true",
        place.dir.display()
    );
    let said = inside(place, runtime, &script, |_| ()).await;
    let processes: u32 = said[0].parse().unwrap();
    assert!(processes <= 4, "{said:?}");
    assert_eq!(
        said[1..3],
        ["0", "lo"],
        "no path of the host's, no network but its own: {said:?}"
    );
    let open: u32 = said[3].parse().unwrap();
    assert!(open <= 4, "0, 1, 2 and the directory being listed: {said:?}");
    assert_eq!(said.len(), 4);
}

async fn the_spec_is_carried_out(place: &Place, runtime: &dyn Runtime) {
    let said = inside(
        place,
        runtime,
        "id -u; id -g; id -G; pwd; echo $HOME $A; ulimit -n; hostname; touch /x 2>/dev/null || echo read-only; \
         cat /data/file; touch /data/file 2>/dev/null || echo read-only; df -k /dev/shm | tail -n 1 | cut -c1-3; \
         stat -f -c %T /scratch; cat /proc/self/oom_score_adj; cat /proc/sys/net/ipv4/ip_unprivileged_port_start; \
         stat -c '%t %T' /dev/mine",
        |spec| {
            let data = place.dir.join("data");
            std::fs::create_dir_all(&data).unwrap();
            std::fs::write(data.join("file"), "from the host\n").unwrap();
            spec.user = "app".into();
            spec.cwd = "/var/app".into();
            spec.env.0.push("A=b c".into());
            spec.hostname = Some("here".into());
            spec.rootfs.read_only = true;
            spec.oom_score_adj = Some(500);
            spec.sysctls = vec![("net.ipv4.ip_unprivileged_port_start".into(), "80".into())];
            spec.ulimits = vec![Ulimit {
                name: "nofile".into(),
                soft: 100,
                hard: 200,
            }];
            spec.devices = vec![Device {
                host_path: "/dev/zero".into(),
                container_path: "/dev/mine".into(),
                read: true,
                write: false,
                mknod: false,
            }];
            let mount = |kind, source: std::path::PathBuf, destination: &str, read_only| Mount {
                kind,
                source,
                destination: destination.into(),
                read_only,
                options: Vec::new(),
                propagation: Propagation::Private,
            };
            std::fs::create_dir_all(place.dir.join("layer/data")).unwrap();
            std::fs::create_dir_all(place.dir.join("layer/scratch")).unwrap();
            spec.mounts = vec![
                mount(MountKind::Bind, data, "/data", true),
                Mount {
                    options: vec!["size=1m".into(), "mode=1770".into()],
                    ..mount(MountKind::Tmpfs, "".into(), "/scratch", false)
                },
            ];
        },
    )
    .await;
    assert_eq!(
        said,
        [
            "1000",
            "1000",
            "1000 2000",
            "/var/app",
            "/var/app b c",
            "100",
            "here",
            "read-only",
            "from the host",
            "read-only",
            "shm",
            "tmpfs",
            "500",
            "80",
            "1 5"
        ]
    );
}

async fn everything(place: &Place, runtime: &dyn Runtime) {
    rights_are_taken(place, runtime).await;
    the_host_is_out_of_reach(place, runtime).await;
    only_its_own_is_seen(place, runtime).await;
    the_spec_is_carried_out(place, runtime).await;
}

#[tokio::test]
#[ignore = "needs root"]
async fn native_containers_are_held() {
    let place = Place::new();
    everything(&place, &place.native()).await;
    place.nothing_is_left();
}

#[tokio::test]
#[ignore = "needs root"]
async fn containers_by_runc_are_held() {
    let place = Place::new();
    everything(&place, &place.by_command("/usr/sbin/runc")).await;
    place.nothing_is_left();
}

#[tokio::test]
#[ignore = "needs root"]
async fn the_keeper_cannot_be_traced_even_with_the_host_before_it() {
    let place = Place::new();
    let runtime = place.native();
    let said = inside(
        &place,
        &runtime,
        // What a keeper forks is a keeper until it is the container's own program: what became that meanwhile was none.
        "keeps() { grep -q 'gantry-[k]eeper' $1/cmdline 2>/dev/null; }; \
         for p in /proc/[0-9]*; do if keeps $p; then found=$( \
           cat $p/environ >/dev/null 2>&1 && echo environ; readlink $p/fd/0 && echo fd; readlink $p/exe && echo exe; \
           head -c 1 $p/mem >/dev/null 2>&1 && echo mem; ls $p/root/etc >/dev/null 2>&1 && echo root; \
           nsenter -t ${p#/proc/} -m true 2>/dev/null && echo entered); \
           keeps $p && echo $found seen; fi; done; true",
        |spec| spec.pid = runtime::spec::PidMode::Host,
    )
    .await;
    assert!(!said.is_empty() && said.iter().all(|word| word == "seen"), "{said:?}");
}

#[tokio::test]
#[ignore = "needs root"]
async fn a_promise_not_to_gain_privileges_is_kept() {
    let place = Place::new();
    let said = inside(
        &place,
        &place.native(),
        "grep -E 'NoNewPrivs|Seccomp:' /proc/self/status",
        |spec| {
            spec.no_new_privileges = true;
            spec.user = "app".into();
        },
    )
    .await;
    assert_eq!(said, ["NoNewPrivs:\t1", "Seccomp:\t2"]);
}

#[tokio::test]
#[ignore = "needs root"]
async fn a_volume_begins_with_what_the_image_has() {
    let place = Place::new();
    let image = place.dir.join("layer/seed/deep");
    std::fs::create_dir_all(&image).unwrap();
    std::fs::write(image.join("file"), "from the image\n").unwrap();
    std::os::unix::fs::symlink("deep/file", place.dir.join("layer/seed/link")).unwrap();
    std::os::unix::fs::chown(image.join("file"), Some(1000), Some(1000)).unwrap();
    let volume = place.dir.join("volume");
    std::fs::create_dir_all(&volume).unwrap();
    for expected in ["from the image", "changed"] {
        let said = inside(
            &place,
            &place.native(),
            "cat /seed/link; stat -c %u /seed/deep/file; echo changed > /seed/deep/file",
            |spec| {
                spec.mounts = vec![Mount {
                    kind: MountKind::Volume,
                    source: volume.clone(),
                    destination: "/seed".into(),
                    read_only: false,
                    options: Vec::new(),
                    propagation: Propagation::Private,
                }];
            },
        )
        .await;
        assert_eq!(said, [expected, "1000"]);
    }
}

#[tokio::test]
#[ignore = "needs root"]
async fn links_in_an_image_lead_nowhere() {
    let place = Place::new();
    let victim = place.dir.join("victim");
    std::fs::create_dir_all(&victim).unwrap();
    std::os::unix::fs::symlink(&victim, place.dir.join("layer/evil")).unwrap();
    std::os::unix::fs::symlink("../../../../../../../..", place.dir.join("layer/up")).unwrap();
    let runtime = place.native();
    for destination in ["/evil/made".to_owned(), format!("/up{}/made", victim.display())] {
        let mut spec = place.spec("probe", &["true"]);
        spec.mounts.push(Mount {
            kind: MountKind::Tmpfs,
            source: "".into(),
            destination,
            read_only: false,
            options: Vec::new(),
            propagation: Propagation::Private,
        });
        // Refused or led inside: either will do.
        let _ = runtime.run(&spec).await;
        runtime.remove("probe").await.unwrap();
    }
    assert_eq!(std::fs::read_dir(&victim).unwrap().count(), 0);
    place.nothing_is_left();
}

#[tokio::test]
#[ignore = "needs root"]
async fn a_users_own_namespace_makes_root_nobody_outside() {
    let place = Place::new();
    let runtime = place.native();
    let volume = place.dir.join("volume");
    std::fs::create_dir_all(&volume).unwrap();
    let script = "id -u; stat -c %u / /bin/busybox /data; touch /mine /data/mine && stat -c %u /mine /data/mine; \
        echo to-stdout > /dev/stdout; hostname other 2>/dev/null || echo held; grep -E 'CapEff|Seccomp:' /proc/self/status; \
        echo ready; sleep 1000";
    let mut spec = place.spec("probe", &["sh", "-c", script]);
    spec.user_namespace = Some(runtime::spec::UserNamespace {
        host_uid: 500_000,
        host_gid: 500_000,
        count: 65_536,
    });
    spec.capabilities_add = vec!["SYS_ADMIN".into()];
    spec.mounts = vec![Mount {
        kind: MountKind::Volume,
        source: volume.clone(),
        destination: "/data".into(),
        read_only: false,
        options: Vec::new(),
        propagation: Propagation::Private,
    }];
    let started = runtime.run(&spec).await.unwrap();
    place::until("ready", async || {
        lines(&runtime, "probe")
            .await
            .out
            .last()
            .is_some_and(|line| line == "ready")
    })
    .await;
    let said = lines(&runtime, "probe").await.out;
    assert_eq!(
        said[..8],
        ["0", "0", "0", "0", "0", "0", "to-stdout", "held"],
        "{said:?}"
    );
    assert!(said[8].starts_with("CapEff") && said[9].ends_with('2'), "{said:?}");
    let status = std::fs::read_to_string(format!("/proc/{}/status", started.pid)).unwrap();
    assert!(status.contains("Uid:\t500000\t500000\t500000\t500000"), "{status}");
    use std::os::unix::fs::MetadataExt;
    assert_eq!(
        std::fs::metadata(place.dir.join("writable/probe/upper/mine"))
            .unwrap()
            .uid(),
        500_000
    );
    assert_eq!(std::fs::metadata(volume.join("mine")).unwrap().uid(), 0);
    let done = runtime
        .exec(
            "probe",
            &ExecSpec::new(["sh", "-c", "id -u; cat /proc/self/uid_map | wc -l; kill 1"]),
        )
        .await
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&done.output), "0\n1\n");
    let map = runtime
        .exec(
            "probe",
            &ExecSpec::new(["sh", "-c", "grep -c 500000 /proc/self/uid_map"]),
        )
        .await
        .unwrap();
    assert_eq!(map.end, ExecEnd::Ended(Ended::Code(0)));
    runtime.remove("probe").await.unwrap();
    place.nothing_is_left();
}

#[tokio::test]
#[ignore = "needs root"]
async fn a_user_may_open_its_own_output_anew() {
    let place = Place::new();
    let said = inside(
        &place,
        &place.native(),
        "echo anew > /dev/stdout; echo err > /dev/stderr",
        |spec| spec.user = "app".into(),
    )
    .await;
    assert_eq!(said, ["anew"]);
}
