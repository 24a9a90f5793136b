//! How long an attachment takes, in namespaces of its own: `cargo run --release -p network --example attach_time`
//! as root. Compare figures of one run only.
#![allow(unsafe_code)] // Leaves the machine's namespaces, so that nothing on it is touched.
#![allow(clippy::disallowed_methods)] // It measures, so it asks for the time.

use network::{Attach, Mode, Network, PortWish, Protocol, Settings, Subnet};
use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};
use rustix::thread::{UnshareFlags, unshare_unsafe};
use std::time::{Duration, Instant};

const ROUNDS: usize = 200;

fn main() {
    // SAFETY: there is one thread.
    unsafe { unshare_unsafe(UnshareFlags::NEWNET | UnshareFlags::NEWNS) }.expect("this needs root");
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC).expect("root may");
    let dir = std::env::temp_dir().join(format!("gantry-attach-time-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a folder for the namespaces");
    mount("tmpfs", &dir, "tmpfs", MountFlags::empty(), None).expect("root may");
    let settings = Settings {
        instance: "m1".into(),
        dir: dir.join("network"),
        bridge_cidr: None,
        subnets: vec![Subnet {
            id: "subnet-a".into(),
            cidr: "172.31.0.0/20".parse().expect("a block"),
            gateway: [172, 31, 0, 1].into(),
        }],
        metadata: "127.0.0.1:51679".parse().expect("an address"),
        guarded_ports: vec![],
        dynamic_ports: Some(32768..=60999),
        tunnel: false,
    };
    let start = Instant::now();
    let network = Network::open(settings).expect("opens");
    println!("open                       {:>8.3} ms", millis(start.elapsed()));
    let port = PortWish {
        container_port: 80,
        host_port: 0,
        protocol: Protocol::Tcp,
        host_ip: None,
    };
    let vpc = Mode::Vpc {
        subnet: "subnet-a".into(),
        address: None,
        mac: None,
    };
    for (name, mode, ports) in [
        ("none", Mode::None, vec![]),
        ("bridge", Mode::Bridge, vec![]),
        ("bridge, one port", Mode::Bridge, vec![port]),
        ("awsvpc", vpc, vec![]),
    ] {
        one_by_one(&network, name, &mode, &ports);
        at_once(&network, name, &mode, &ports);
    }
    beside_releases(&network);
    network.close(true).expect("closes");
    rustix::mount::unmount(&dir, rustix::mount::UnmountFlags::DETACH).expect("ours");
    std::fs::remove_dir(&dir).expect("empty");
}

fn wish(id: String, mode: &Mode, ports: &[PortWish]) -> Attach {
    Attach {
        id,
        mode: mode.clone(),
        ports: ports.to_vec(),
    }
}

fn one_by_one(network: &Network, name: &str, mode: &Mode, ports: &[PortWish]) {
    let (mut attach, mut release) = (Vec::new(), Vec::new());
    for n in 0..ROUNDS {
        let wish = wish(format!("one{n}"), mode, ports);
        let start = Instant::now();
        network.attach(&wish).expect("attaches");
        attach.push(start.elapsed());
        let start = Instant::now();
        network.release(&wish.id).expect("releases");
        release.push(start.elapsed());
    }
    println!("{name:<17} attach    {}", spread(attach));
    println!("{name:<17} release   {}", spread(release));
}

/// Attachments by one thread while another releases, as in a rolling deployment.
fn beside_releases(network: &Network) {
    let (send, receive) = std::sync::mpsc::channel::<String>();
    let mut attach = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(move || receive.iter().for_each(|id| network.release(&id).expect("releases")));
        for n in 0..ROUNDS {
            let wish = wish(format!("beside{n}"), &Mode::Bridge, &[]);
            let start = Instant::now();
            network.attach(&wish).expect("attaches");
            attach.push(start.elapsed());
            send.send(wish.id).expect("the other end lives as long");
        }
        drop(send);
    });
    println!("bridge, releasing attach    {}", spread(attach));
}

/// 100 attachments from 8 threads.
fn at_once(network: &Network, name: &str, mode: &Mode, ports: &[PortWish]) {
    let start = Instant::now();
    on_threads(|n| {
        drop(
            network
                .attach(&wish(format!("many{n}"), mode, ports))
                .expect("attaches"),
        )
    });
    println!("{name:<17} 100 at once {:>6.1} ms", millis(start.elapsed()));
    let ids: Vec<String> = network.list().into_iter().map(|found| found.id).collect();
    let start = Instant::now();
    network.release_all(&ids).expect("releases");
    println!("{name:<17} 100 released{:>6.1} ms", millis(start.elapsed()));
}

fn on_threads(work: impl Fn(usize) + Sync) {
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let work = &work;
            scope.spawn(move || (thread..100).step_by(8).for_each(work));
        }
    });
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort();
    let at = |part: usize| millis(times[times.len() * part / 100]);
    format!(
        "p10 {:>7.3}  p50 {:>7.3}  p90 {:>7.3}  p99 {:>7.3} ms",
        at(10),
        at(50),
        at(90),
        at(99)
    )
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
