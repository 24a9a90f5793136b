//! Nothing stays behind: counted before and after, and after a kill -9 in the middle of things.

#![allow(clippy::unwrap_used)] // Its helpers are a test throughout.

mod stage;

use network::{Error, Mode, Network};
use stage::*;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// Everything on this stage that an attachment could leave behind.
#[derive(Debug, PartialEq, Eq)]
struct Count {
    links: usize,
    mounts: usize,
    files: usize,
    elements: usize,
    descriptors: usize,
    lines_of_rules: usize,
}

fn count(stage: &Stage) -> Count {
    let network = stage.dir.join("network");
    let files = |folder: &str| fs::read_dir(network.join(folder)).unwrap().count();
    let table = run("nft list table ip gantry_t1");
    let mounts = fs::read_to_string("/proc/thread-self/mounts").unwrap();
    let netns = network.join("netns");
    let own = netns.to_str().unwrap();
    Count {
        links: run("ip -o link show type veth").matches(": gtyt1").count(),
        // Ours alone: a copy of the machine's mounts is here too, and goes as other nodes' attachments do.
        mounts: mounts.lines().filter(|line| line.contains(own)).count(),
        files: files("netns") + files("attachments"),
        elements: table.matches(" : ").count(),
        descriptors: fs::read_dir("/proc/self/fd").unwrap().count(),
        lines_of_rules: table.lines().count(),
    }
}

#[test]
#[ignore = "needs root"]
fn a_hundred_attachments_of_each_mode_leave_nothing() {
    let stage = Stage::set();
    let network = stage.open();
    let wishes = |n: usize| {
        let none = network::Attach {
            mode: Mode::None,
            ..bridge(&format!("none{n}"), &[])
        };
        [
            bridge(&format!("bridge{n}"), &[tcp(0, 80), udp(0, 53)]),
            vpc(&format!("vpc{n}"), "subnet-a"),
            none,
        ]
    };
    // Bridges come with the first attachment and stay.
    for wish in wishes(0) {
        network.attach(&wish).unwrap();
        network.release(&wish.id).unwrap();
    }
    let before = count(&stage);
    for n in 1..=100 {
        for wish in wishes(n) {
            network.attach(&wish).unwrap();
            // A few live side by side, so that releases do not come in order.
            if n > 3 {
                network
                    .release(&format!("{}{}", wish.id.trim_end_matches(char::is_numeric), n - 3))
                    .unwrap();
            }
        }
    }
    assert_eq!(network.list().len(), 9);
    let ids: Vec<String> = network.list().into_iter().map(|found| found.id).collect();
    network.release_all(&ids).unwrap();
    network.release_all(&ids).unwrap();
    assert_eq!(count(&stage), before);
    assert_eq!(network.list(), []);
    network.close(true).unwrap();
    assert_eq!(run("ip -o link show").matches("gtyt1").count(), 0);
    assert!(!run("nft list tables").contains("gantry"));
}

#[test]
#[ignore = "needs root"]
fn many_callers_with_the_same_names_and_ports_agree() {
    let stage = Stage::set();
    let network = stage.open();
    let before = count(&stage);
    // Two ids have one port; each id has two callers.
    let work = |thread: usize| {
        for n in 0..30 {
            let id = format!("id{}", (thread + n) % 4);
            let port = [8081, 8082][(thread + n) % 2];
            match network.attach(&bridge(&id, &[tcp(port, 80)])) {
                Ok(attachment) => assert_eq!(attachment.bindings[0].host_port, port),
                Err(Error::PortTaken { host_port, .. }) => assert_eq!(host_port, port),
                Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error)),
            }
            network.release(&id).unwrap();
        }
    };
    std::thread::scope(|scope| {
        (0..8).for_each(|thread| {
            drop(scope.spawn({
                let work = &work;
                move || work(thread)
            }))
        })
    });
    assert_eq!(network.list(), []);
    assert_eq!(count(&stage), before);
}

#[test]
#[ignore = "needs root"]
fn what_fails_halfway_leaves_nothing() {
    let stage = Stage::set();
    let network = stage.open();
    network.attach(&bridge("first", &[])).unwrap();
    let before = count(&stage);
    // Somebody's link has the name that the next address will need.
    run("ip link add gtyt1ac1e0005 type bridge");
    let error = network.attach(&bridge("second", &[tcp(8080, 80)])).unwrap_err();
    assert_eq!(error.to_string(), "link cannot be made");
    run("ip link del gtyt1ac1e0005");
    assert_eq!(count(&stage), before);
    assert!(Place::here().is_refused("127.0.0.1:8080"));
    network.attach(&bridge("second", &[tcp(8080, 80)])).unwrap();
}

/// Attaches and releases for ever, telling each that it keeps. Run by the test below, which kills it.
fn churn(network: &Network) -> ! {
    println!("ready");
    for n in 0.. {
        let wish = match n % 3 {
            0 => bridge(&format!("bridge{n}"), &[tcp(0, 80), udp(0, 53)]),
            1 => vpc(&format!("vpc{n}"), "subnet-a"),
            _ => network::Attach {
                mode: Mode::None,
                ..bridge(&format!("none{n}"), &[])
            },
        };
        network.attach(&wish).unwrap();
        if n % 4 == 0 {
            println!("kept {}", wish.id);
        } else {
            network.release(&wish.id).unwrap();
        }
    }
    unreachable!("the loop has no end");
}

#[test]
#[ignore = "needs root"]
fn a_kill_in_the_middle_is_cleaned_up_and_what_was_whole_lives_on() {
    const NAME: &str = "a_kill_in_the_middle_is_cleaned_up_and_what_was_whole_lives_on";
    if let Some(dir) = std::env::var_os("GANTRY_TEST_CHURN") {
        // The child: it is on its parent's stage already.
        let settings = stage::settings(dir.as_ref());
        churn(&Network::open(settings).unwrap());
    }
    let stage = Stage::set();
    drop(stage.open());
    let nothing = count(&stage);
    for round in 0..8 {
        let mut child = Command::new("/proc/self/exe")
            .args(["--exact", NAME, "--ignored", "--nocapture"])
            .env("GANTRY_TEST_CHURN", &stage.dir)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // Killed as soon as it has told enough, wherever it is by then.
        let mut kept = BTreeSet::new();
        for line in BufReader::new(child.stdout.as_mut().unwrap()).lines() {
            let line = line.unwrap();
            kept.extend(line.strip_prefix("kept ").map(str::to_owned));
            if kept.len() > round {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        drop(child);

        let network = stage.open();
        let found = network.list();
        let whole: BTreeSet<String> = found
            .iter()
            .filter(|f| f.attachment.is_some())
            .map(|f| f.id.clone())
            .collect();
        assert!(kept.is_subset(&whole), "kept {kept:?}, found {found:?}");
        // Those that live still work: their ports, their addresses, their names.
        let mut servers = Vec::new();
        for attachment in found.iter().filter_map(|found| found.attachment.as_ref()) {
            let (place, address) = inside(attachment);
            servers.push(place.serve("0.0.0.0:80", &attachment.id));
            let port = attachment
                .bindings
                .first()
                .map(|binding| format!("127.0.0.1:{}", binding.host_port));
            if let Some(address) = port.or_else(|| attachment.link.as_ref().map(|_| format!("{address}:80"))) {
                assert!(Place::here().call(&address).unwrap().starts_with(&attachment.id));
            }
        }
        drop(servers);
        // New ones get nothing that is taken.
        let new = network.attach(&bridge("new", &[tcp(0, 80)])).unwrap();
        let all = found
            .iter()
            .filter_map(|found| found.attachment.as_ref()?.link.as_ref());
        assert!(
            all.map(|link| link.address)
                .all(|address| address != new.link.as_ref().unwrap().address)
        );
        let ids: Vec<String> = network.list().into_iter().map(|found| found.id).collect();
        network.release_all(&ids).unwrap();
        drop(network);
        assert_eq!(count(&stage), nothing);
    }
}

#[test]
#[ignore = "needs root"]
fn a_copy_of_the_mount_elsewhere_keeps_no_namespace() {
    let stage = Stage::set();
    let network = stage.open();
    let attachment = network.attach(&bridge("a", &[])).unwrap();
    let path = attachment.netns.unwrap();
    // Any service with a mount namespace of its own gets copies of all mounts; this one says when it has them.
    let mut child = Command::new("unshare")
        .args([
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-c",
            "echo ready; read wait",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let has_copy = || {
        let mounts = fs::read_to_string(format!("/proc/{}/mounts", child.id())).unwrap();
        mounts.contains(&*path.to_string_lossy())
    };
    assert!(has_copy());
    network.release("a").unwrap();
    assert!(!has_copy());
    drop(child.stdin.take());
    child.wait().unwrap();
}

#[test]
#[ignore = "needs root"]
fn after_a_reboot_only_notes_remain_and_are_released() {
    let stage = Stage::set();
    let network = stage.open();
    let before = count(&stage);
    network.attach(&bridge("a", &[tcp(8080, 80)])).unwrap();
    network.attach(&vpc("b", "subnet-a")).unwrap();
    drop(network);
    // What a reboot does to the kernel's part.
    run("nft delete table ip gantry_t1; ip link del gtyt1b; ip link del gtyt1v");
    run(&format!(
        "ip link del gtyt1ac1e0004; ip link del gtyt1ac1f0004; umount {}/network/netns/*",
        stage.dir.display()
    ));
    let network = stage.open();
    assert!(network.list().iter().all(|found| found.attachment.is_none()));
    assert_eq!(network.list().len(), 2);
    // Attaching anew under the same name needs no release.
    network.attach(&bridge("a", &[tcp(8080, 80)])).unwrap();
    network.release("a").unwrap();
    network.release("b").unwrap();
    assert_eq!(count(&stage), before);
}

#[test]
#[ignore = "needs root"]
fn a_flushed_firewall_is_mended_by_the_next_attachment() {
    let stage = Stage::set();
    let network = stage.open();
    let first = network.attach(&bridge("first", &[tcp(8081, 80)])).unwrap();
    let _first = inside(&first).0.serve("0.0.0.0:80", "first");
    run("nft flush ruleset");
    let here = Place::here();
    network.attach(&bridge("second", &[tcp(8082, 80)])).unwrap();
    assert!(here.call("127.0.0.1:8081").unwrap().starts_with("first "));
    run("nft flush ruleset");
    network.release("second").unwrap();
    assert!(here.call("127.0.0.1:8081").unwrap().starts_with("first "));
    assert!(here.is_refused("127.0.0.1:8082"));
}

#[test]
#[ignore = "needs root"]
fn one_process_at_a_time_has_an_instance() {
    let stage = Stage::set();
    let network = stage.open();
    let dir = stage.dir.join("network");
    let refused = |settings| Network::open(settings).err().map(|error| error.to_string());
    let (same, mut elsewhere) = (refused(stage.settings()), stage.settings());
    assert_eq!(
        same,
        Some(format!("another process has the network `{}` open", dir.display()))
    );
    elsewhere.dir = stage.dir.join("elsewhere");
    assert_eq!(
        refused(elsewhere),
        Some("another process has the network `t1` open".into())
    );
    drop(network);
    stage.open();
}
