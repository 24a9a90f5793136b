//! Real packets: who reaches whom, by which address, and who is seen at the other end.

#![allow(clippy::unwrap_used)] // Its helpers are a test throughout.

mod stage;

use network::{Error, Mac, Mode, Network, PortWish, Problem};
use stage::*;
use std::net::Ipv4Addr;

#[test]
#[ignore = "needs root"]
fn a_container_calls_the_world_with_the_hosts_address() {
    let stage = Stage::set();
    let network = stage.open();
    let _web = stage.outside.serve(&format!("{OUTSIDE}:80"), "world");
    for wish in [bridge("a", &[]), vpc("b", "subnet-a"), vpc("c", "subnet-b")] {
        let (place, _) = inside(&network.attach(&wish).unwrap());
        assert_eq!(place.call(&format!("{OUTSIDE}:80")).unwrap(), format!("world {HOST}"));
        let socket = place.udp("0.0.0.0:0");
        let _dns = stage.outside.serve_udp(&format!("{OUTSIDE}:53"), "names");
        assert_eq!(
            ask_udp(&socket, &format!("{OUTSIDE}:53")).unwrap(),
            format!("names {HOST}")
        );
    }
}

#[test]
#[ignore = "needs root"]
fn published_ports_are_reached_from_the_host_and_from_outside_until_released() {
    let stage = Stage::set();
    let network = stage.open();
    let here = Place::here();
    let fixed = network.attach(&bridge("fixed", &[tcp(8080, 80)])).unwrap();
    let (one, two) = (bridge("one", &[tcp(0, 80)]), bridge("two", &[tcp(0, 80), tcp(0, 81)]));
    let (one, two) = (network.attach(&one).unwrap(), network.attach(&two).unwrap());
    let mut servers = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for attachment in [&fixed, &one, &two] {
        let (place, _) = inside(attachment);
        servers.push(place.serve("0.0.0.0:80", &attachment.id));
        let port = attachment.bindings[0].host_port;
        assert!(seen.insert(port));
        let gateway = attachment.link.as_ref().unwrap().gateway;
        let id = &attachment.id;
        assert_eq!(
            here.call(&format!("127.0.0.1:{port}")).unwrap(),
            format!("{id} {gateway}")
        );
        assert_eq!(here.call(&format!("{HOST}:{port}")).unwrap(), format!("{id} {HOST}"));
        // From outside the caller's own address arrives.
        assert_eq!(
            stage.outside.call(&format!("{HOST}:{port}")).unwrap(),
            format!("{id} {OUTSIDE}")
        );
    }
    assert_eq!(fixed.bindings[0].host_port, 8080);
    // The second port of `two` leads to where nobody listens.
    assert!(here.is_refused(&format!("127.0.0.1:{}", two.bindings[1].host_port)));

    let error = network.attach(&bridge("again", &[tcp(8080, 80)])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "listen tcp4 0.0.0.0:8080: bind: address already in use"
    );
    assert!(network.list().iter().all(|found| found.id != "again"));

    drop(servers);
    for attachment in [&fixed, &one, &two] {
        network.release(&attachment.id).unwrap();
        let port = attachment.bindings[0].host_port;
        assert!(here.is_refused(&format!("127.0.0.1:{port}")));
        assert!(stage.outside.is_refused(&format!("{HOST}:{port}")));
    }
    network.attach(&bridge("again", &[tcp(8080, 80)])).unwrap();
}

#[test]
#[ignore = "needs root"]
fn a_port_published_on_one_address_is_on_that_one_only() {
    let stage = Stage::set();
    let network = stage.open();
    let here = Place::here();
    let on = |host_ip: &str| PortWish {
        host_ip: Some(host_ip.parse().unwrap()),
        ..tcp(8080, 80)
    };
    let local = network.attach(&bridge("local", &[on("127.0.0.1")])).unwrap();
    let _local = inside(&local).0.serve("0.0.0.0:80", "local");
    assert!(here.call("127.0.0.1:8080").unwrap().starts_with("local "));
    assert!(here.is_refused(&format!("{HOST}:8080")));
    assert!(stage.outside.is_refused(&format!("{HOST}:8080")));
    let public = network.attach(&bridge("public", &[on(HOST)])).unwrap();
    let _public = inside(&public).0.serve("0.0.0.0:80", "public");
    assert!(here.call("127.0.0.1:8080").unwrap().starts_with("local "));
    assert!(
        stage
            .outside
            .call(&format!("{HOST}:8080"))
            .unwrap()
            .starts_with("public ")
    );
    let error = network.attach(&bridge("all", &[tcp(8080, 80)])).unwrap_err();
    assert!(matches!(error, Error::PortTaken { host_port: 8080, .. }), "{error}");
}

#[test]
#[ignore = "needs root"]
fn datagrams_find_the_new_owner_of_a_port() {
    let stage = Stage::set();
    let network = stage.open();
    // One client socket throughout: the kernel remembers where its packets went.
    let (client, local) = (stage.outside.udp("0.0.0.0:0"), Place::here().udp("127.0.0.1:0"));
    for id in ["first", "second"] {
        let attachment = network.attach(&bridge(id, &[udp(5353, 53)])).unwrap();
        let (place, _) = inside(&attachment);
        let _server = place.serve_udp("0.0.0.0:53", id);
        assert_eq!(
            ask_udp(&client, &format!("{HOST}:5353")).unwrap(),
            format!("{id} {OUTSIDE}")
        );
        assert!(ask_udp(&local, "127.0.0.1:5353").unwrap().starts_with(id));
        network.release(id).unwrap();
    }
    // TCP and UDP ports of one number are two ports.
    network
        .attach(&bridge("both", &[udp(5353, 53), tcp(5353, 53)]))
        .unwrap();
}

#[test]
#[ignore = "needs root"]
fn containers_reach_each_other_and_themselves() {
    let stage = Stage::set();
    let network = stage.open();
    // Some hosts show bridged packets to their firewall, which then translates them inside of the bridge.
    for through_firewall in ["0", "1"] {
        std::fs::write("/proc/sys/net/bridge/bridge-nf-call-iptables", through_firewall).unwrap();
        let one = network.attach(&bridge("one", &[tcp(8081, 80)])).unwrap();
        let two = network.attach(&bridge("two", &[tcp(8082, 80)])).unwrap();
        let ((one, one_address), (two, two_address)) = (inside(&one), inside(&two));
        let (_one, _two) = (one.serve("0.0.0.0:80", "one"), two.serve("0.0.0.0:80", "two"));
        assert_eq!(
            one.call(&format!("{two_address}:80")).unwrap(),
            format!("two {one_address}")
        );
        // By the host's address and a published port: a neighbour's, and its own.
        for host in [HOST.to_owned(), gateway(&network)] {
            assert!(one.call(&format!("{host}:8082")).unwrap().starts_with("two "));
            assert!(one.call(&format!("{host}:8081")).unwrap().starts_with("one "));
        }
        let vpc = network.attach(&vpc("vpc", "subnet-a")).unwrap();
        let (vpc, vpc_address) = inside(&vpc);
        let _vpc = vpc.serve("0.0.0.0:80", "vpc");
        assert!(one.call(&format!("{vpc_address}:80")).unwrap().starts_with("vpc "));
        assert!(
            vpc.is_shut(&format!("{one_address}:80")),
            "an instance's bridge is no part of the VPC"
        );
        assert!(vpc.call(&format!("{HOST}:8081")).unwrap().starts_with("one "));
        // Unpublished ports are not for the outside, which could route to them.
        stage.outside.run(|| {
            run(&format!("ip route replace {one_address} via {HOST}"));
            run(&format!("ip route replace {vpc_address} via {HOST}"));
        });
        assert!(stage.outside.is_shut(&format!("{one_address}:80")));
        assert!(stage.outside.is_shut(&format!("{vpc_address}:80")));
        ["one", "two", "vpc"].iter().for_each(|id| network.release(id).unwrap());
    }
}

fn gateway(network: &network::Network) -> String {
    network.bridge_cidr().nth(1).unwrap().to_string()
}

#[test]
#[ignore = "needs root"]
fn tasks_of_a_vpc_have_the_addresses_they_were_given() {
    let stage = Stage::set();
    let network = stage.open();
    let mac = Mac([0x0a, 1, 2, 3, 4, 5]);
    let mut wish = vpc("given", "subnet-a");
    wish.mode = Mode::Vpc {
        subnet: "subnet-a".into(),
        address: Some(Ipv4Addr::new(172, 31, 0, 77)),
        mac: Some(mac),
    };
    let given = network.attach(&wish).unwrap();
    let (given_place, given_address) = inside(&given);
    assert_eq!(given_address, "172.31.0.77");
    let show = given_place.run(|| run("ip -4 addr show eth0; ip link show eth0; ip route"));
    for part in [
        "inet 172.31.0.77/20",
        "0a:01:02:03:04:05",
        "default via 172.31.0.1",
        "mtu 1500",
    ] {
        assert!(show.contains(part), "{part} in {show}");
    }
    let (same, same_address) = inside(&network.attach(&vpc("same", "subnet-a")).unwrap());
    let (other, other_address) = inside(&network.attach(&vpc("other", "subnet-b")).unwrap());
    let _given = given_place.serve("0.0.0.0:80", "given");
    assert_eq!(same.call("172.31.0.77:80").unwrap(), format!("given {same_address}"));
    assert_eq!(other.call("172.31.0.77:80").unwrap(), format!("given {other_address}"));
    // The host is in the VPC as well.
    assert_eq!(Place::here().call("172.31.0.77:80").unwrap(), "given 172.31.0.1");

    assert_eq!(
        network.attach(&wish).unwrap(),
        given,
        "the same wish again is the same attachment"
    );
    wish.id = "taken".into();
    assert!(matches!(network.attach(&wish), Err(Error::AddressTaken(_))));
    assert!(matches!(
        network.attach(&vpc("nowhere", "subnet-z")),
        Err(Error::UnknownSubnet(_))
    ));
    assert!(matches!(
        network.attach(&vpc("given", "subnet-b")),
        Err(Error::Differs(_))
    ));
    let traffic = network.traffic("given").unwrap().unwrap();
    assert!(
        traffic.rx_packets >= 3 && traffic.tx_packets >= 3 && traffic.rx_bytes > 100,
        "{traffic:?}"
    );
}

#[test]
#[ignore = "needs root"]
fn metadata_is_reached_by_its_address_and_the_agents_doors_by_none() {
    let stage = Stage::set();
    let network = stage.open();
    let here = Place::here();
    let _metadata = here.serve(&format!("127.0.0.1:{AGENT_PORT}"), "metadata");
    let _admin = here.serve("0.0.0.0:4580", "admin");
    let _other = here.serve("0.0.0.0:4600", "other");
    assert!(here.call(METADATA).unwrap().starts_with("metadata "), "host mode");
    assert!(!here.is_shut("127.0.0.1:4580"));
    for wish in [bridge("a", &[]), vpc("b", "subnet-a")] {
        let attachment = network.attach(&wish).unwrap();
        let (place, address) = inside(&attachment);
        let gateway = attachment.link.unwrap().gateway;
        assert_eq!(place.call(METADATA).unwrap(), format!("metadata {address}"));
        assert!(place.is_shut("169.254.170.2:81"));
        for host in [HOST.to_owned(), gateway.to_string()] {
            assert!(place.is_shut(&format!("{host}:4580")));
            assert!(place.is_shut(&format!("{host}:{AGENT_PORT}")));
            assert!(place.call(&format!("{host}:4600")).unwrap().starts_with("other "));
        }
        // A container that is root inside may send loopback's addresses out; the host lets none of them in.
        place.run(|| {
            run("echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet");
            run("ip route del table local local 127.0.0.0/8 dev lo; ip route del table local local 127.0.0.1 dev lo");
            run(&format!("ip route add 127.0.0.0/8 via {gateway} src {address}"));
        });
        assert!(place.is_shut("127.0.0.1:4600"));
    }
    let none = stage::bridge("none", &[]);
    let none = network
        .attach(&network::Attach {
            mode: Mode::None,
            ..none
        })
        .unwrap();
    let (place, _) = inside(&none);
    assert!(place.is_shut(METADATA));
    let _own = place.serve("127.0.0.1:80", "own");
    assert!(place.call("127.0.0.1:80").is_ok(), "loopback is up");
}

#[test]
#[ignore = "needs root"]
fn another_firewall_that_drops_is_opened_for_us_or_named() {
    let stage = Stage::set();
    let _web = stage.outside.serve(&format!("{OUTSIDE}:80"), "world");
    run("nft 'add table ip filter; add chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }'");
    let network = stage.open();
    let blocked = Problem::ForwardDropped {
        table: "filter".into(),
        chain: "FORWARD".into(),
    };
    assert_eq!(network.problems(), [blocked]);
    run("nft 'add table inet mine; add chain inet mine in { type filter hook input priority 0; policy drop; }'");
    drop(network);
    let network = stage.open();
    let told: Vec<String> = network.problems().iter().map(|problem| problem.to_string()).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[1].starts_with("chain in of table mine drops what arrives at this host"),
        "{told:?}"
    );
    run("nft delete table inet mine");
    let (place, _) = inside(&network.attach(&bridge("a", &[])).unwrap());
    assert!(place.is_shut(&format!("{OUTSIDE}:80")));
    // Now as Docker leaves it.
    run("nft 'add chain ip filter DOCKER-USER; insert rule ip filter FORWARD jump DOCKER-USER'");
    let before = run("nft list table ip filter");
    network.repair().unwrap();
    assert!(place.call(&format!("{OUTSIDE}:80")).is_ok());
    let neighbour = network.attach(&bridge("b", &[tcp(8080, 80)])).unwrap();
    let (neighbour, address) = inside(&neighbour);
    let _neighbour = neighbour.serve("0.0.0.0:80", "neighbour");
    std::fs::write("/proc/sys/net/bridge/bridge-nf-call-iptables", "1").unwrap();
    assert!(place.call(&format!("{address}:80")).is_ok());
    assert!(stage.outside.call(&format!("{HOST}:8080")).is_ok());
    drop(network);
    let network = stage.open();
    assert_eq!(network.problems(), []);
    network.close(true).unwrap();
    assert_eq!(run("nft list table ip filter"), before);
}

#[test]
#[ignore = "needs root"]
fn two_nodes_on_one_machine_leave_each_other_alone() {
    let stage = Stage::set();
    let network = stage.open();
    let mut settings = stage.settings();
    settings.instance = "t2".into();
    settings.dir = stage.dir.join("second");
    settings.dynamic_ports = Some(40100..=40199);
    let one = network.attach(&bridge("a", &[tcp(8081, 80)])).unwrap();
    network.attach(&vpc("b", "subnet-a")).unwrap();
    let second = Network::open(settings).unwrap();
    // The first has both subnets, and its bridge has the first choice.
    assert_eq!(second.problems().len(), 2);
    assert!(matches!(
        second.attach(&vpc("b", "subnet-a")),
        Err(Error::CidrTaken { .. })
    ));
    assert!(!second.bridge_cidr().overlaps(network.bridge_cidr()));
    assert!(matches!(
        second.attach(&bridge("a", &[tcp(8081, 80)])),
        Err(Error::PortTaken { .. })
    ));
    let other = second.attach(&bridge("a", &[tcp(8082, 80)])).unwrap();
    let ((one, _), (other, _)) = (inside(&one), inside(&other));
    let (_one, _other) = (one.serve("0.0.0.0:80", "one"), other.serve("0.0.0.0:80", "other"));
    let here = Place::here();
    assert!(here.call("127.0.0.1:8081").unwrap().starts_with("one "));
    assert!(here.call("127.0.0.1:8082").unwrap().starts_with("other "));
    assert!(one.call(&format!("{HOST}:8082")).unwrap().starts_with("other "));
    assert!(other.call(&format!("{HOST}:8081")).unwrap().starts_with("one "));
    // The first turned forwarding on, and leaves it on for the second.
    drop(network);
    let mut settings = stage.settings();
    settings.dynamic_ports = None;
    Network::open(settings).unwrap().close(true).unwrap();
    assert!(
        stage
            .outside
            .call(&format!("{HOST}:8082"))
            .unwrap()
            .starts_with("other ")
    );
    second.close(true).unwrap();
    assert_eq!(run("nft list tables"), "");
}

#[test]
#[ignore = "needs root"]
fn a_node_that_leaves_takes_nothing_of_its_neighbour() {
    let stage = Stage::set();
    let network = stage.open();
    let mut settings = stage.settings();
    settings.instance = "t2".into();
    settings.dir = stage.dir.join("second");
    let one = network.attach(&bridge("a", &[tcp(8081, 80)])).unwrap();
    let task = network.attach(&vpc("b", "subnet-a")).unwrap();
    let (one, _) = inside(&one);
    let _one = one.serve("0.0.0.0:80", "one");
    let here = Place::here();
    let second = Network::open(settings).unwrap();
    second.attach(&bridge("a", &[tcp(8082, 80)])).unwrap();
    second.close(true).unwrap();
    assert!(here.call("127.0.0.1:8081").unwrap().starts_with("one "));
    let (task, address) = inside(&task);
    let _task = task.serve("0.0.0.0:80", "task");
    assert!(here.call(&format!("{address}:80")).unwrap().starts_with("task "));
}

#[test]
#[ignore = "needs root"]
fn the_host_routes_for_nobody_else_because_of_us() {
    let stage = Stage::set();
    let second = Place::new();
    second.uplink("up1", "203.0.113.2", "203.0.113.1");
    let _second = second.serve("203.0.113.1:80", "second");
    stage
        .outside
        .run(|| run(&format!("ip route add 203.0.113.0/24 via {HOST}")));
    second.run(|| run("ip route add default via 203.0.113.2"));
    let forwards = || std::fs::read_to_string("/proc/sys/net/ipv4/ip_forward").unwrap();
    assert_eq!(forwards(), "0\n");
    let network = stage.open();
    assert_eq!(forwards(), "1\n");
    assert!(stage.outside.is_shut("203.0.113.1:80"));
    drop(network);
    let network = stage.open();
    assert!(stage.outside.is_shut("203.0.113.1:80"));
    network.close(true).unwrap();
    assert_eq!(forwards(), "0\n");
    // Where somebody wanted it before us, it stays as it was.
    std::fs::write("/proc/sys/net/ipv4/ip_forward", "1").unwrap();
    let network = stage.open();
    assert!(stage.outside.call("203.0.113.1:80").is_ok());
    network.close(true).unwrap();
    assert_eq!(forwards(), "1\n");
}
