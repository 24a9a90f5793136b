//! Bad weather: keepers killed, memory and processes run out, floods of output, and whoever asked is gone. Nothing is
//! left of a container then, and nothing is said of it that is not so.

#![allow(clippy::unwrap_used)] // all of this file is test

mod place;

use place::{Place, exited, lines, until};
use runtime::logs::{LogReader, Record};
use runtime::spec::{LogMode, PidMode, Terminal};
use runtime::{Ended, ExecEnd, ExecSpec, HoldSpec, Runtime, State};
use std::path::Path;

/// The keeper of a container, by the lock that it holds.
fn keeper(place: &Place, id: &str) -> i32 {
    let wanted = place.dir.join("run").join(id).to_string_lossy().into_owned();
    let found = std::fs::read_dir("/proc").unwrap().flatten().find(|entry| {
        let command = std::fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
        let words: Vec<_> = command.split('\0').collect();
        words.get(1..3) == Some(&["keeper", wanted.as_str()])
            && std::fs::read_to_string(entry.path().join("status")).is_ok_and(|s| s.contains("\nNSsid:\t") )
            && std::fs::read_to_string(entry.path().join("stat")).is_ok_and(|stat| {
                let fields: Vec<_> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
                let pid = entry.file_name().to_string_lossy().into_owned();
                fields.get(3) == Some(&pid.as_str()) // it leads its session
                    && !std::fs::read_to_string(entry.path().join("cgroup")).unwrap_or_default().contains(&format!("/{id}\n"))
            })
    });
    found.unwrap().file_name().to_string_lossy().parse().unwrap()
}

fn kill(pid: i32) {
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(pid).unwrap(),
        rustix::process::Signal::KILL,
    )
    .unwrap();
}

#[tokio::test]
#[ignore = "needs root"]
async fn a_killed_keeper_takes_its_container_along() {
    let place = Place::new();
    let runtime = place.native();
    let started = runtime.run(&place.spec("a", &["sleep", "1000"])).await.unwrap();
    kill(keeper(&place, "a"));
    assert_eq!(runtime.wait("a").await.unwrap(), State::Lost);
    until("the program is gone", async || {
        !Path::new(&format!("/proc/{}/root/bin", started.pid)).exists()
    })
    .await;
    let mut reader = LogReader::open(&runtime.log_dir("a"));
    assert!(reader.next().await.unwrap().end);
    runtime.remove("a").await.unwrap();
    place.nothing_is_left();
}

#[tokio::test]
#[ignore = "needs root"]
async fn another_process_takes_over() {
    let place = Place::new();
    let first = place.native();
    let script = "i=0; while [ $i -lt 300 ]; do echo line $i; i=$((i+1)); sleep 0.005; done; exit 42";
    first.run(&place.spec("a", &["sh", "-c", script])).await.unwrap();
    // A reader that dies on the way, having acknowledged a part.
    let mut reader = LogReader::open(&first.log_dir("a"));
    let batch = reader.next().await.unwrap();
    reader.acknowledge(batch.next).unwrap();
    let mut seen = batch.records.len();
    drop((reader, first));

    let second = place.native();
    assert!(matches!(second.list().await.unwrap()[0].state, State::Running { .. }));
    let mut reader = LogReader::open(&second.log_dir("a"));
    loop {
        let batch = reader.next().await.unwrap();
        seen += batch.records.len();
        if batch.end {
            break;
        }
    }
    assert_eq!(seen, 300);
    assert_eq!(exited(second.wait("a").await.unwrap()).code(), 42);
    second.remove("a").await.unwrap();
    place.nothing_is_left();
}

#[tokio::test]
#[ignore = "needs root"]
async fn too_much_memory_is_told_as_that() {
    let place = Place::new();
    let runtime = place.native();
    let mut spec = place.spec(
        "a",
        &[
            "sh",
            "-c",
            "dd if=/dev/zero of=/dev/shm/x bs=1M count=60 2>/dev/null; exit 3",
        ],
    );
    spec.cgroup.limits.memory_bytes = Some(16 << 20);
    spec.cgroup.limits.swap_bytes = Some(0);
    runtime.run(&spec).await.unwrap();
    let exit = exited(runtime.wait("a").await.unwrap());
    assert!(exit.oom, "{exit:?}");
    runtime.remove("a").await.unwrap();
    place.nothing_is_left();
}

#[tokio::test]
#[ignore = "needs root"]
async fn a_fork_bomb_stays_in_its_container() {
    let place = Place::new();
    let runtime = place.native();
    let mut spec = place.spec("a", &["sh", "-c", "bomb() { bomb | bomb & }; bomb; read x"]);
    spec.stdin = true;
    spec.cgroup.limits.pids = Some(40);
    runtime.run(&spec).await.unwrap();
    until("it has forked", async || {
        runtime.stats("a").await.unwrap().pids.current > 10
    })
    .await;
    assert!(runtime.stats("a").await.unwrap().pids.current <= 40);
    runtime.remove("a").await.unwrap();
    place.nothing_is_left();
}

#[tokio::test]
#[ignore = "needs root"]
async fn with_the_hosts_processes_nothing_is_left_behind_either() {
    let place = Place::new();
    let runtime = place.native();
    let mut spec = place.spec("a", &["sh", "-c", "sleep 1000 & sleep 1000 & exit 5"]);
    spec.pid = PidMode::Host;
    runtime.run(&spec).await.unwrap();
    assert_eq!(exited(runtime.wait("a").await.unwrap()).code(), 5);
    assert_eq!(place.processes(), Vec::<String>::new());
    runtime.remove("a").await.unwrap();
    place.nothing_is_left();
}

#[tokio::test]
#[ignore = "needs root"]
async fn a_line_without_end_needs_no_memory() {
    let place = Place::new();
    let runtime = place.native();
    let mut spec = place.spec("a", &["sh", "-c", "head -c 200000000 /dev/zero; sleep 1000"]);
    spec.logs = LogMode::NonBlocking { max_bytes: 1 << 20 };
    runtime.run(&spec).await.unwrap();
    let pid = keeper(&place, "a");
    until("much was read", async || {
        std::fs::read_to_string(format!("/proc/{pid}/io"))
            .unwrap()
            .lines()
            .any(|line| {
                line.strip_prefix("rchar: ")
                    .is_some_and(|n| n.parse::<u64>().unwrap() > 190_000_000)
            })
    })
    .await;
    let smaps = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let dirty = smaps
        .lines()
        .find_map(|line| line.strip_prefix("Private_Dirty:"))
        .unwrap();
    let kb: u64 = dirty.split_whitespace().next().unwrap().parse().unwrap();
    assert!(kb < 1024, "{kb} kB");
    runtime.remove("a").await.unwrap();
}

#[tokio::test]
#[ignore = "needs root"]
async fn in_blocking_mode_the_container_waits_for_its_reader_and_loses_nothing() {
    let place = Place::new();
    let runtime = place.native();
    let mut spec = place.spec("a", &["seq", "1", "200000"]);
    spec.logs = LogMode::Blocking { max_bytes: 256 << 10 };
    runtime.run(&spec).await.unwrap();
    let mut reader = LogReader::open(&runtime.log_dir("a"));
    let mut next = 1u32;
    loop {
        let batch = reader.next().await.unwrap();
        for record in batch.records {
            let Record::Line { bytes, .. } = record else {
                panic!("{record:?}")
            };
            assert_eq!(String::from_utf8(bytes).unwrap(), next.to_string());
            next += 1;
        }
        reader.acknowledge(batch.next).unwrap();
        if batch.end {
            break;
        }
    }
    assert_eq!(next, 200_001);
    runtime.remove("a").await.unwrap();
}

#[tokio::test]
#[ignore = "needs root"]
async fn an_init_process_reaps_and_passes_signals_on() {
    let place = Place::new();
    let runtime = place.native();
    let script = "trap 'exit 9' TERM; (sleep 0.01 &); echo $$; while true; do sleep 0.02; done";
    let mut spec = place.spec("a", &["sh", "-c", script]);
    spec.init = true;
    runtime.run(&spec).await.unwrap();
    until("it speaks", async || !lines(&runtime, "a").await.out.is_empty()).await;
    assert_ne!(lines(&runtime, "a").await.out, ["1"]);
    let look = ExecSpec::new([
        "sh",
        "-c",
        "ls /proc/1/exe; cat /proc/1/environ; grep -E '^Cap(Eff|Bnd)' /proc/1/status",
    ]);
    let seen = String::from_utf8_lossy(&runtime.exec("a", &look).await.unwrap().output).into_owned();
    assert!(
        !seen.contains("gantry") && seen.contains("CapEff:\t0000000000000020"),
        "{seen}"
    );
    until("no zombie", async || {
        let count = ExecSpec::new(["sh", "-c", "grep -l 'State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l"]);
        String::from_utf8_lossy(&runtime.exec("a", &count).await.unwrap().output).trim() == "0"
    })
    .await;
    runtime.signal("a", 15).await.unwrap();
    assert_eq!(exited(runtime.wait("a").await.unwrap()).code(), 9);
    runtime.remove("a").await.unwrap();
    place.nothing_is_left();
}

#[tokio::test]
#[ignore = "needs root"]
async fn a_terminal_is_one() {
    let place = Place::new();
    let runtime = place.native();
    let mut spec = place.spec(
        "a",
        &[
            "sh",
            "-c",
            "tty; stty size; echo $TERM; test -c /dev/console && echo console",
        ],
    );
    spec.terminal = Some(Terminal { rows: 33, columns: 99 });
    runtime.run(&spec).await.unwrap();
    assert_eq!(exited(runtime.wait("a").await.unwrap()).code(), 0);
    let said = lines(&runtime, "a").await.out;
    assert_eq!(said, ["/dev/pts/0\r", "33 99\r", "xterm\r", "console\r"]);
    runtime.remove("a").await.unwrap();

    runtime.run(&place.spec("b", &["sleep", "100"])).await.unwrap();
    let mut exec = ExecSpec::new(["tty"]);
    exec.tty = true;
    let done = runtime.exec("b", &exec).await.unwrap();
    assert_eq!(
        done.end,
        ExecEnd::Ended(Ended::Code(0)),
        "{}",
        String::from_utf8_lossy(&done.output)
    );
    runtime.remove("b").await.unwrap();
    place.nothing_is_left();
}

#[tokio::test]
#[ignore = "needs root"]
async fn containers_share_what_is_held_for_them() {
    let place = Place::new();
    let runtime = place.native();
    let held = runtime
        .hold(&HoldSpec {
            id: "hold".into(),
            pid: true,
            ipc: true,
            ..HoldSpec::default()
        })
        .await
        .unwrap();
    let mut spec = place.spec("a", &["sleep", "1000"]);
    spec.pid = PidMode::Join(held.pid_namespace.clone().unwrap());
    runtime.run(&spec).await.unwrap();
    let mut spec = place.spec("b", &["sh", "-c", "ps | grep -c 'sleep 1000'; kill 1; exit 4"]);
    spec.pid = PidMode::Join(held.pid_namespace.unwrap());
    runtime.run(&spec).await.unwrap();
    assert_eq!(exited(runtime.wait("b").await.unwrap()).code(), 4);
    assert_ne!(lines(&runtime, "b").await.out, ["0"]);
    assert!(matches!(runtime.state("a").await.unwrap(), State::Running { .. }));
    // Without the holder the namespace is over, and all in it.
    runtime.remove("hold").await.unwrap();
    assert_eq!(exited(runtime.wait("a").await.unwrap()).how, Ended::Signal(9));
    runtime.remove("a").await.unwrap();
    runtime.remove("b").await.unwrap();
    place.nothing_is_left();
}

#[tokio::test]
#[ignore = "needs root"]
async fn a_writable_layer_has_its_limit() {
    let place = Place::new();
    let runtime = place.native();
    let file = place.dir.join("shared.img");
    let spec = |id: &str, script: &str| {
        let mut spec = place.spec(id, &["sh", "-c", script]);
        spec.rootfs.size_limit_mib = Some(16);
        spec.rootfs.size_limit_file = Some(file.clone());
        spec.rootfs.size_limit_templates = Some(place.dir.join("templates"));
        spec
    };
    runtime
        .run(&spec("a", "echo mine > /x; cat /x; sleep 1000"))
        .await
        .unwrap();
    until("written", async || lines(&runtime, "a").await.out == ["mine"]).await;
    // Another on the same file: its own files, the common room.
    let script = "cat /x 2>/dev/null; dd if=/dev/zero of=/y bs=1M count=40 2>/dev/null && echo too much; exit 6";
    runtime.run(&spec("b", script)).await.unwrap();
    assert_eq!(exited(runtime.wait("b").await.unwrap()).code(), 6);
    assert_eq!(lines(&runtime, "b").await.out, Vec::<String>::new());
    runtime.remove("a").await.unwrap();
    runtime.remove("b").await.unwrap();
    until("the loop device is gone", async || {
        std::panic::catch_unwind(|| place.nothing_is_left()).is_ok()
    })
    .await;
}

#[tokio::test]
#[ignore = "needs root"]
async fn empty_writable_layers_are_copied_and_a_damaged_store_of_them_keeps_nobody_from_starting() {
    let place = Place::new();
    let runtime = place.native();
    let templates = place.dir.join("templates");
    // Each size has its own; who comes second finds it, and what the first one wrote is not in it.
    std::fs::create_dir_all(&templates).unwrap();
    std::fs::write(templates.join("ext4-1-16.new"), "of one who was killed at it").unwrap();
    for (number, size) in [16, 16, 32, 32].into_iter().enumerate() {
        if number == 3 {
            std::fs::remove_file(templates.join("ext4-1-32")).unwrap();
            std::fs::create_dir(templates.join("ext4-1-32")).unwrap();
        }
        let id = format!("c{number}");
        let mut spec = place.spec(
            &id,
            &["sh", "-c", "test ! -e /x && echo mine > /x && df -m / | tail -1"],
        );
        spec.rootfs.size_limit_mib = Some(size);
        spec.rootfs.size_limit_file = Some(place.dir.join(format!("{id}.img")));
        spec.rootfs.size_limit_templates = Some(templates.clone());
        runtime.run(&spec).await.unwrap();
        assert_eq!(exited(runtime.wait(&id).await.unwrap()).code(), 0);
        let said = lines(&runtime, &id).await.out.concat();
        let room: u64 = said.split_whitespace().nth(1).unwrap().parse().unwrap();
        assert!(room <= size && room > size / 2, "{said}");
        runtime.remove(&id).await.unwrap();
    }
    let mut kept: Vec<_> = std::fs::read_dir(&templates)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    kept.sort();
    assert_eq!(kept, ["ext4-1-16", "ext4-1-32"]);
    until("the loop device is gone", async || {
        std::panic::catch_unwind(|| place.nothing_is_left()).is_ok()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs root"]
async fn a_hundred_at_once_all_end_well() {
    let place = std::sync::Arc::new(Place::new());
    let runtime = place.native();
    let mut all = tokio::task::JoinSet::new();
    for number in 0..100 {
        let (place, runtime) = (std::sync::Arc::clone(&place), runtime.clone());
        all.spawn(async move {
            let id = format!("c{number}");
            runtime.run(&place.spec(&id, &["echo", &id])).await.unwrap();
            let exit = exited(runtime.wait(&id).await.unwrap());
            let said = lines(&runtime, &id).await.out;
            runtime.remove(&id).await.unwrap();
            (exit.code(), said == [id])
        });
    }
    while let Some(done) = all.join_next().await {
        assert_eq!(done.unwrap(), (0, true));
    }
    place.nothing_is_left();
}

#[tokio::test]
#[ignore = "needs root"]
async fn what_fails_on_the_way_leaves_nothing() {
    let place = Place::new();
    let runtime = place.native();
    let mount = |source: &str| runtime::spec::Mount {
        kind: runtime::spec::MountKind::Bind,
        source: source.into(),
        destination: "/x".into(),
        read_only: false,
        options: Vec::new(),
        propagation: runtime::spec::Propagation::Private,
    };
    let failing: [fn(&mut runtime::spec::ContainerSpec); 4] = [
        |spec| spec.rootfs.layers = vec!["/nowhere".into()],
        |spec| spec.rootfs.layers.clear(),
        |spec| spec.network = runtime::spec::NetworkMode::Join("/nowhere".into()),
        |spec| spec.sysctls = vec![("net.ipv4.no_such_thing".into(), "1".into())],
    ];
    for (number, change) in failing.into_iter().enumerate() {
        let mut spec = place.spec("a", &["true"]);
        change(&mut spec);
        assert!(runtime.run(&spec).await.is_err(), "{number}");
        assert_eq!(runtime.state("a").await.unwrap(), State::Absent);
        place.nothing_is_left();
    }
    let mut spec = place.spec("a", &["true"]);
    spec.mounts = vec![mount("/nowhere/at/all")];
    let why = runtime.run(&spec).await.unwrap_err().to_string();
    assert!(why.contains("/nowhere/at/all"), "{why}");
    place.nothing_is_left();
}
