//! Two nodes with a part in one VPC: who reaches whom between them, and what is left of it.

#![allow(clippy::unwrap_used)] // Its helpers are a test throughout.

mod stage;

use network::{Attach, Mode, Network, Problem, Settings, Subnet, Vpc};
use stage::*;
use std::net::Ipv4Addr;

const NUMBER: u32 = 0x00ab_cdef;
/// The other node's address on the wire between the two, and this one's.
const OTHER: &str = "203.0.113.2";
const THIS: &str = "203.0.113.1";

fn vpc_known() -> Vpc {
    Vpc {
        subnets: settings(std::path::Path::new("/nowhere")).subnets,
        number: Some(NUMBER),
    }
}

/// A node that knows of no VPC until it is told.
fn joined(stage: &Stage, name: &str) -> Settings {
    let mut settings = stage.settings();
    settings.subnets.clear();
    settings.tunnel = true;
    settings.instance = name.into();
    settings.dir = stage.dir.join(name);
    settings
}

fn address(text: &str) -> Ipv4Addr {
    text.parse().unwrap()
}

/// This node and another one, in another network namespace, each with its network opened.
fn two(stage: &Stage) -> (Network, Place, Network) {
    let other = Place::new();
    other.uplink("wire0", THIS, OTHER);
    let here = Network::open(joined(stage, "t1")).unwrap();
    let there = other.run(|| Network::open(joined(stage, "t2")).unwrap());
    here.learn(&vpc_known()).unwrap();
    there.learn(&vpc_known()).unwrap();
    (here, other, there)
}

fn at(text: &str, node: &str) -> (Ipv4Addr, Option<Ipv4Addr>) {
    (address(text), Some(address(node)))
}

/// At an address that the server chose.
fn vpc_at(id: &str, subnet: &str, at: &str) -> Attach {
    let mode = Mode::Vpc {
        subnet: subnet.into(),
        address: Some(address(at)),
        mac: None,
    };
    Attach {
        mode,
        ..vpc(id, subnet)
    }
}

#[test]
#[ignore = "needs root"]
fn addresses_on_two_nodes_reach_each_other_also_between_subnets_and_in_large_packets() {
    let stage = Stage::set();
    let (here, other, there) = two(&stage);
    let (one, one_at) = inside(&here.attach(&vpc("one", "subnet-a")).unwrap());
    let wish = vpc_at("two", "subnet-a", "172.31.0.77");
    let (two, two_at) = inside(&other.run(|| there.attach(&wish).unwrap()));
    let (three, three_at) = inside(&other.run(|| there.attach(&vpc("three", "subnet-b")).unwrap()));
    let _servers = [
        one.serve("0.0.0.0:80", "one"),
        two.serve("0.0.0.0:80", "two"),
        three.serve("0.0.0.0:80", "three"),
    ];
    assert!(one.is_shut(&format!("{two_at}:80")), "nobody has told where it is");
    here.set_away(true, &[at(&two_at, OTHER), at(&three_at, OTHER)])
        .unwrap();
    other.run(|| there.set_away(true, &[at(&one_at, THIS)])).unwrap();
    assert_eq!(one.call(&format!("{two_at}:80")).unwrap(), format!("two {one_at}"));
    assert_eq!(two.call(&format!("{one_at}:80")).unwrap(), format!("one {two_at}"));
    // By the router of its own node there, and of the other one back.
    assert_eq!(one.call(&format!("{three_at}:80")).unwrap(), format!("three {one_at}"));
    assert_eq!(three.call(&format!("{one_at}:80")).unwrap(), format!("one {three_at}"));
    // The largest that fits into the wire's 1500 bytes.
    let _echo = two.serve_udp("0.0.0.0:53", "two");
    let large = one.udp("0.0.0.0:0");
    large.send_to(&[0; 1450 - 28], format!("{two_at}:53")).unwrap();
    assert_eq!(
        ask_udp(&large, &format!("{two_at}:53")).unwrap(),
        format!("two {one_at}")
    );

    // It ends, and its address lives on this node.
    other.run(|| there.release("two")).unwrap();
    let (again, again_at) = inside(&here.attach(&wish).unwrap());
    assert_eq!(again_at, two_at);
    let _again = again.serve("0.0.0.0:80", "again");
    assert_eq!(one.call(&format!("{two_at}:80")).unwrap(), format!("again {one_at}"));
    here.set_away(false, &[at(&two_at, OTHER)]).unwrap();
    assert_eq!(
        one.call(&format!("{two_at}:80")).unwrap(),
        format!("again {one_at}"),
        "what lives here is here, whatever is said"
    );
    here.set_away(false, &[(address(&three_at), None)]).unwrap();
    assert!(one.is_shut(&format!("{three_at}:80")));

    ["one", "two"].iter().for_each(|id| here.release(id).unwrap());
    other.run(|| {
        there.release("three").unwrap();
        assert!(there.leave().unwrap());
        assert!(!run("ip link").contains("gtyt2"));
    });
    assert!(here.leave().unwrap());
    assert!(!run("ip link").contains("gtyt1"));
}

#[test]
#[ignore = "needs root"]
fn nobody_but_nodes_sends_into_the_vpc() {
    let stage = Stage::set();
    let (here, other, there) = two(&stage);
    let (one, one_at) = inside(&here.attach(&vpc("one", "subnet-a")).unwrap());
    let (two, two_at) = inside(&other.run(|| there.attach(&vpc_at("two", "subnet-a", "172.31.0.77")).unwrap()));
    other.run(|| there.set_away(true, &[at(&one_at, THIS)])).unwrap();
    let udp = one.udp("0.0.0.0:9000");
    udp.set_read_timeout(Some(std::time::Duration::from_millis(300)))
        .unwrap();
    let heard = || udp.recv(&mut [0; 16]).is_ok();
    // This node knows of no other: what comes by the tunnel is not from one.
    two.udp("0.0.0.0:0").send_to(b"?", format!("{one_at}:9000")).unwrap();
    assert!(!heard());
    here.set_away(true, &[at(&two_at, OTHER)]).unwrap();
    two.udp("0.0.0.0:0").send_to(b"?", format!("{one_at}:9000")).unwrap();
    assert!(heard());
    // A container that wraps packets itself does not pass for its node: they never leave it.
    let (bridged, _) = inside(&other.run(|| there.attach(&bridge("bridged", &[])).unwrap()));
    let frame = wrapped(&one_at, &two_at);
    let came = || run("cat /sys/class/net/gtyt1x/statistics/rx_packets");
    run("mount -t sysfs sysfs /sys");
    let before = came();
    bridged
        .udp("0.0.0.0:0")
        .send_to(&frame, format!("{THIS}:4789"))
        .unwrap();
    assert!(!heard());
    assert_eq!(came(), before);
    // As its node may, so that it is not the packet that is wrong.
    other.udp("0.0.0.0:0").send_to(&frame, format!("{THIS}:4789")).unwrap();
    assert!(heard());
}

/// A packet for port 9000 of `to`, as the tunnel wraps it.
fn wrapped(to: &str, from: &str) -> Vec<u8> {
    let (to, from) = (address(to), address(from));
    let mut frame = vec![8, 0, 0, 0, 0xab, 0xcd, 0xef, 0];
    frame.extend(network::Mac::of(to).0);
    frame.extend(network::Mac::of(from).0);
    frame.extend([8, 0]);
    let mut header = [0x45, 0, 0, 29, 0, 0, 0, 0, 64, 17, 0, 0].to_vec();
    header.extend(from.octets());
    header.extend(to.octets());
    let sum: u32 = header
        .chunks(2)
        .map(|two| u32::from(two[0]) << 8 | u32::from(two[1]))
        .sum();
    let sum = !(((sum & 0xffff) + (sum >> 16)) as u16);
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    frame.extend(header);
    // No checksum.
    frame.extend([0x30, 0x39, 0x23, 0x28, 0, 9, 0, 0, b'?']);
    frame
}

#[test]
#[ignore = "needs root"]
fn a_node_that_comes_back_goes_on_where_it_was() {
    let stage = Stage::set();
    let (here, other, there) = two(&stage);
    let (one, one_at) = inside(&here.attach(&vpc("one", "subnet-a")).unwrap());
    let (two, two_at) = inside(&other.run(|| there.attach(&vpc_at("two", "subnet-b", "172.31.16.77")).unwrap()));
    let _two = two.serve("0.0.0.0:80", "two");
    here.set_away(true, &[at(&two_at, OTHER)]).unwrap();
    other.run(|| there.set_away(true, &[at(&one_at, THIS)])).unwrap();
    let calls = || {
        one.call(&format!("{two_at}:80"))
            .unwrap_or_else(|error| error.to_string())
    };
    assert_eq!(calls(), format!("two {one_at}"));
    drop(here);
    let here = Network::open(joined(&stage, "t1")).unwrap();
    assert_eq!(calls(), format!("two {one_at}"), "nobody had to tell it anything");
    here.attach(&vpc("more", "subnet-b")).unwrap();
    // What it knew and is not so any more goes with the first full word.
    here.learn(&vpc_known()).unwrap();
    here.set_away(true, &[at("172.31.5.5", OTHER)]).unwrap();
    assert!(one.is_shut(&format!("{two_at}:80")));
    here.set_away(false, &[at(&two_at, OTHER)]).unwrap();
    // Somebody takes the links away.
    run("ip link del gtyt1x");
    here.set_away(false, &[at("172.31.5.6", OTHER)]).unwrap();
    assert_eq!(calls(), format!("two {one_at}"));
    let known = run("bridge fdb show dev gtyt1x");
    assert_eq!(known.lines().filter(|line| line.contains("dst")).count(), 3, "{known}");
}

#[test]
#[ignore = "needs root"]
fn subnets_that_are_new_find_their_place() {
    let stage = Stage::set();
    let network = Network::open(joined(&stage, "t1")).unwrap();
    let taken = network.bridge_cidr();
    let subnet = |id: &str, cidr: &str, gateway: &str| Subnet {
        id: id.into(),
        cidr: cidr.parse().unwrap(),
        gateway: address(gateway),
    };
    let error = network.attach(&vpc("early", "subnet-a")).unwrap_err();
    assert!(matches!(error, network::Error::UnknownSubnet(_)), "{error}");
    // Bridge mode gives way while nobody lives there.
    let theirs = Vpc {
        subnets: vec![subnet(
            "subnet-a",
            &taken.to_string(),
            &taken.nth(1).unwrap().to_string(),
        )],
        number: Some(NUMBER),
    };
    assert_eq!(network.learn(&theirs).unwrap(), []);
    let moved = network.bridge_cidr();
    assert!(!moved.overlaps(taken));
    network.attach(&vpc("vpc", "subnet-a")).unwrap();
    network.attach(&bridge("bridged", &[])).unwrap();
    let again = Vpc {
        subnets: vec![
            theirs.subnets[0].clone(),
            subnet("subnet-b", &moved.to_string(), &moved.nth(1).unwrap().to_string()),
            subnet("subnet-c", "198.51.100.0/25", "198.51.100.1"),
        ],
        number: Some(NUMBER),
    };
    let problems = network.learn(&again).unwrap();
    let mut bad = problems.iter().map(|problem| match problem {
        Problem::SubnetOverlaps { subnet, .. } => subnet.as_str(),
        other => panic!("{other}"),
    });
    assert_eq!(
        (bad.next(), bad.next(), bad.next()),
        (Some("subnet-b"), Some("subnet-c"), None)
    );
    assert!(matches!(
        network.attach(&vpc("b", "subnet-b")),
        Err(network::Error::CidrTaken { .. })
    ));
    assert_eq!(network.learn(&again).unwrap(), [], "told once");
}
