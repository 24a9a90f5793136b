//! Which packets may go where: the whole table, decided here and sent elsewhere.

use crate::netlink::nft::{Chain, Element, Match, Rule, Set, Then, hook};
use crate::netlink::tunnel::PORT;
use crate::{Cidr, METADATA_ADDRESS, PortBinding, Protocol};
use std::net::{Ipv4Addr, SocketAddrV4};

/// (protocol, port) of any address of the host, and where it leads.
pub const PORTS: &str = "ports";
/// The same for one address of the host.
pub const PORTS_AT: &str = "ports_at";
/// The other nodes of the VPC.
pub const NODES: &str = "nodes";
/// The links between which this host did not forward before we came.
pub const STRANGERS: &str = "strangers";

const ADDRESS: u32 = 7;
const PROTOCOL: u32 = 12;
const SERVICE: u32 = 13;
const LINK_NAME: u32 = 41;

pub const SETS: [Set; 4] = [
    Set {
        name: PORTS,
        key: (PROTOCOL << 6 | SERVICE, 8),
        data: Some((ADDRESS << 6 | SERVICE, 8)),
    },
    Set {
        name: PORTS_AT,
        key: (ADDRESS << 12 | PROTOCOL << 6 | SERVICE, 12),
        data: Some((ADDRESS << 6 | SERVICE, 8)),
    },
    Set {
        name: NODES,
        key: (ADDRESS, 4),
        data: None,
    },
    Set {
        name: STRANGERS,
        key: (LINK_NAME, 16),
        data: None,
    },
];

/// What the rules follow from.
pub struct Ground<'a> {
    pub bridge: &'a str,
    pub bridge_cidr: Cidr,
    pub vpc_bridge: &'a str,
    pub metadata: SocketAddrV4,
    pub guarded_ports: &'a [u16],
    /// The number of the tunnel to other nodes, if there are to be any.
    pub tunnel: Option<u32>,
}

/// The element of a binding, and the map it belongs to.
pub fn element(binding: &PortBinding, to: Ipv4Addr) -> (&'static str, Element) {
    let protocol = match binding.protocol {
        Protocol::Tcp => 6,
        Protocol::Udp => 17,
    };
    let port = |port: u16| [port.to_be_bytes(), [0, 0]].concat();
    let mut key = [&[protocol, 0, 0, 0], port(binding.host_port).as_slice()].concat();
    let data = [to.octets().as_slice(), &port(binding.container_port)].concat();
    if binding.host_ip.is_unspecified() {
        return (PORTS, (key, Some(data)));
    }
    key.splice(0..0, binding.host_ip.octets());
    (PORTS_AT, (key, Some(data)))
}

pub fn chains(ground: &Ground<'_>) -> Vec<Chain> {
    let bridges = [ground.bridge, ground.vpc_bridge];
    let mut chains = Vec::new();
    let mut chain = |name, kind, hook, priority, rules| {
        chains.push(Chain {
            name,
            kind,
            hook,
            priority,
            rules,
        });
    };
    // Before translation, so that only what a container itself addressed to loopback is caught, not answers to it.
    chain(
        "loopback",
        "filter",
        hook::PREROUTING,
        -300,
        for_each(bridges, not_to_loopback),
    );
    let arriving = [for_each(bridges, |bridge| metadata(ground, Some(bridge))), published()].concat();
    chain("arriving", "nat", hook::PREROUTING, -100, arriving);
    chain(
        "calling",
        "nat",
        hook::OUTPUT,
        -100,
        [metadata(ground, None), published()].concat(),
    );
    let leaving = [vec![hairpin(ground)], for_each(bridges, leaving)].concat();
    chain("leaving", "nat", hook::POSTROUTING, 100, leaving);
    chain(
        "host",
        "filter",
        hook::INPUT,
        0,
        [
            for_each(bridges, |bridge| guarded(ground, bridge)),
            ground.tunnel.map(tunnel).into_iter().collect(),
        ]
        .concat(),
    );
    chain("through", "filter", hook::FORWARD, 0, through(ground));
    chains
}

fn rule<const N: usize>(when: [Match; N], then: Then) -> Rule {
    Rule {
        when: when.into(),
        then,
    }
}

fn for_each(bridges: [&str; 2], rules: impl Fn(&str) -> Vec<Rule>) -> Vec<Rule> {
    bridges.into_iter().flat_map(rules).collect()
}

fn block(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Cidr {
    Cidr::route(Ipv4Addr::new(a, b, c, d), prefix)
}

fn not_to_loopback(bridge: &str) -> Vec<Rule> {
    vec![rule(
        [Match::InLink(bridge.into()), Match::To(block(127, 0, 0, 0, 8))],
        Then::Drop,
    )]
}

/// The way to the agent's endpoint; tasks in host mode call from the host itself.
fn metadata(ground: &Ground<'_>, bridge: Option<&str>) -> Vec<Rule> {
    let mut when: Vec<Match> = bridge.into_iter().map(|bridge| Match::InLink(bridge.into())).collect();
    when.extend([Match::To(Cidr::route(METADATA_ADDRESS, 32)), Match::TcpPort(80)]);
    let address = *ground.metadata.ip();
    let address = if address.is_unspecified() {
        Ipv4Addr::LOCALHOST
    } else {
        address
    };
    let then = Then::TranslateTo(address, ground.metadata.port());
    vec![Rule { when, then }]
}

/// Published ports, the more exact map first.
fn published() -> Vec<Rule> {
    let to = |then| rule([Match::ToHost], then);
    vec![
        to(Then::TranslateByAddressAndPort(PORTS_AT)),
        to(Then::TranslateByPort(PORTS)),
    ]
}

/// A container that calls a published port of its neighbour, or its own: the answer must come back by us to be
/// translated. Known by its address, because the link it came by is not told where the bridge shows it to the firewall.
fn hairpin(ground: &Ground<'_>) -> Rule {
    let out = Match::OutLink(ground.bridge.into());
    rule(
        [Match::From(ground.bridge_cidr), out, Match::Translated],
        Then::Masquerade,
    )
}

fn leaving(bridge: &str) -> Vec<Rule> {
    let (into, out_of) = (Match::InLink(bridge.into()), Match::OutLink(bridge.into()));
    vec![
        // The host that calls 127.0.0.1:PORT: nobody could answer that address.
        rule([out_of, Match::From(block(127, 0, 0, 0, 8))], Then::Masquerade),
        rule([into, Match::NotOutLink(bridge.into())], Then::Masquerade),
    ]
}

/// The agent's own doors stay shut to containers, but for the way through the metadata address.
fn guarded(ground: &Ground<'_>, bridge: &str) -> Vec<Rule> {
    let ports = ground.guarded_ports.iter().copied().chain([ground.metadata.port()]);
    let shut = |port| {
        rule(
            [Match::InLink(bridge.into()), Match::TcpPort(port), Match::NotTranslated],
            Then::Drop,
        )
    };
    ports.map(shut).collect()
}

/// What comes by the tunnel counts as of the VPC, so it must come from a node of it; whose address is believed, as the
/// network between nodes is.
fn tunnel(number: u32) -> Rule {
    rule(
        [
            Match::UdpPort(PORT),
            Match::TunnelNumber(number),
            Match::FromNoneOf(NODES),
        ],
        Then::Drop,
    )
}

/// No container speaks to the tunnels of other nodes, where it would pass for its own.
fn not_to_tunnels(bridge: &str) -> Vec<Rule> {
    vec![rule(
        [Match::InLink(bridge.into()), Match::UdpPort(PORT), Match::ToOf(NODES)],
        Then::Drop,
    )]
}

fn through(ground: &Ground<'_>) -> Vec<Rule> {
    let (bridge, vpc) = (ground.bridge, ground.vpc_bridge);
    let from = |link: &str| Match::InLink(link.into());
    let to = |link: &str| Match::OutLink(link.into());
    let link_local = || Match::To(block(169, 254, 170, 0, 24));
    let mut rules = for_each([bridge, vpc], not_to_tunnels);
    rules.extend([
        rule([Match::Established], Then::Accept),
        // What the endpoint does not serve must not wander off by the default route.
        rule([from(bridge), link_local()], Then::Drop),
        rule([from(vpc), link_local()], Then::Drop),
        rule([from(bridge), to(bridge)], Then::Accept),
        rule([from(vpc), to(vpc)], Then::Accept),
        // In AWS a bridge container reaches addresses of the VPC as its instance does, and not the other way.
        rule([from(bridge), to(vpc)], Then::Accept),
        rule([to(bridge), Match::Translated], Then::Accept),
        rule([to(vpc), Match::Translated], Then::Accept),
        rule([to(bridge)], Then::Drop),
        rule([to(vpc)], Then::Drop),
        rule([Match::InLinkOf(STRANGERS), Match::OutLinkOf(STRANGERS)], Then::Drop),
    ]);
    rules
}

/// What Docker's own chain is told, so that its dropping of forwarded packets does not meet ours: all that comes from
/// or goes to our bridges. Our own chain still judges it.
pub fn for_docker(bridges: [&str; 2]) -> Vec<Rule> {
    for_each(bridges, |bridge| {
        vec![
            rule([Match::InLink(bridge.into())], Then::Accept),
            rule([Match::OutLink(bridge.into())], Then::Accept),
        ]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_data_lie_as_the_registers_hold_them() {
        let mut binding = PortBinding {
            container_port: 80,
            host_port: 0x1234,
            protocol: Protocol::Udp,
            host_ip: Ipv4Addr::UNSPECIFIED,
        };
        let (map, (key, data)) = element(&binding, Ipv4Addr::new(172, 30, 0, 5));
        assert_eq!((map, key), (PORTS, vec![17, 0, 0, 0, 0x12, 0x34, 0, 0]));
        assert_eq!(data, Some(vec![172, 30, 0, 5, 0, 80, 0, 0]));
        binding.host_ip = Ipv4Addr::LOCALHOST;
        let (map, (key, _)) = element(&binding, Ipv4Addr::new(172, 30, 0, 5));
        assert_eq!(
            (map, key),
            (PORTS_AT, vec![127, 0, 0, 1, 17, 0, 0, 0, 0x12, 0x34, 0, 0])
        );
    }
}
