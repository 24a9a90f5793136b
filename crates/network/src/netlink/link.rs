//! Links, addresses and routes, in the routing family's messages.

use super::{CREATE, DUMP, EXCLUSIVE, Messages, REPLACE, Reply, Socket};
use crate::{Cidr, Mac, Traffic};
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, BorrowedFd};

const NEW_LINK: u16 = 16;
const DELETE_LINK: u16 = 17;
const GET_LINK: u16 = 18;
const NEW_ADDRESS: u16 = 20;
const NEW_ROUTE: u16 = 24;
const GET_ROUTE: u16 = 26;
const NEW_NEIGHBOUR: u16 = 28;
const REACHABLE: u8 = 2;
const FORWARDING: u8 = 3;
const OPERATING: u8 = 6;
const INET: u8 = 2;
const UP: u32 = 1;
const LINK_FIXED: usize = 16;
const ROUTE_FIXED: usize = 12;
/// The group of links that are about to go ("gtyX"): a number that nobody else's links have by chance.
const DOOMED: u32 = 0x6774_7958;
const DELETED_AT_ONCE: usize = 64;

/// `IFLA_*`: what a link's attributes are called.
pub mod attr {
    pub const MAC: u16 = 1;
    pub const NAME: u16 = 3;
    pub const MTU: u16 = 4;
    pub const MASTER: u16 = 10;
    pub const INFO: u16 = 18;
    pub const ALIAS: u16 = 20;
    pub const STATS64: u16 = 23;
    pub const GROUP: u16 = 27;
    pub const NETNS_FD: u16 = 28;
    pub const INFO_KIND: u16 = 1;
    pub const INFO_DATA: u16 = 2;
    pub const INFO_SLAVE_KIND: u16 = 4;
    pub const INFO_SLAVE_DATA: u16 = 5;
    pub const VETH_PEER: u16 = 1;
    pub const PORT_STATE: u16 = 1;
    pub const PORT_HAIRPIN: u16 = 4;
    pub const OPERATION: u16 = 16;
}

/// A link as the kernel lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub index: u32,
    pub name: String,
    pub mtu: u32,
    /// We keep the attachment's id here, so that a link can be told from its name alone and from this.
    pub alias: Option<String>,
    /// The bridge it is a port of.
    pub master: Option<u32>,
}

/// A pair of links: one end on a bridge of the host, the other `eth0` in a namespace.
pub struct Pair<'a> {
    pub host_name: &'a str,
    pub alias: &'a str,
    pub bridge: u32,
    pub mtu: u32,
    pub mac: Mac,
    pub address: Ipv4Addr,
    pub netns: BorrowedFd<'a>,
    pub inside_name: &'a str,
}

pub fn header(index: u32, up: bool) -> [u8; LINK_FIXED] {
    let mut header = [0; LINK_FIXED];
    header[4..8].copy_from_slice(&index.to_ne_bytes());
    if up {
        header[8..12].copy_from_slice(&UP.to_ne_bytes());
        header[12..16].copy_from_slice(&UP.to_ne_bytes());
    }
    header
}

pub fn links(socket: &mut Socket) -> io::Result<Vec<Seen>> {
    let mut question = Messages::default();
    question.begin(GET_LINK, DUMP, &header(0, false));
    Ok(socket.ask(question)?.iter().filter_map(seen).collect())
}

/// `None` if there is no link of this name.
pub fn find(socket: &mut Socket, name: &str) -> io::Result<Option<Seen>> {
    Ok(one(socket, name)?.as_ref().and_then(seen))
}

/// Counters of the host's end, turned round: what it sent is what the inside received.
pub fn traffic(socket: &mut Socket, name: &str) -> io::Result<Option<Traffic>> {
    let reply = one(socket, name)?;
    let stats = reply
        .as_ref()
        .and_then(|reply| reply.attributes(LINK_FIXED).get(attr::STATS64));
    let Some(stats) = stats else { return Ok(None) };
    let counter = |n: usize| {
        stats
            .get(n * 8..)
            .and_then(|rest| rest.first_chunk().copied())
            .map_or(0, u64::from_ne_bytes)
    };
    Ok(Some(Traffic {
        tx_packets: counter(0),
        rx_packets: counter(1),
        tx_bytes: counter(2),
        rx_bytes: counter(3),
        tx_errors: counter(4),
        rx_errors: counter(5),
        tx_dropped: counter(6),
        rx_dropped: counter(7),
    }))
}

fn one(socket: &mut Socket, name: &str) -> io::Result<Option<Reply>> {
    let mut question = Messages::default();
    question.begin(GET_LINK, 0, &header(0, false)).text(attr::NAME, name);
    match socket.ask(question) {
        Ok(replies) => Ok(replies.into_iter().next()),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

pub fn is_missing(error: &io::Error) -> bool {
    use rustix::io::Errno;
    [Errno::NODEV, Errno::NOENT]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

fn seen(reply: &Reply) -> Option<Seen> {
    let attributes = reply.attributes(LINK_FIXED);
    Some(Seen {
        index: reply.body.get(4..)?.first_chunk().copied().map(u32::from_ne_bytes)?,
        name: attributes.text(attr::NAME)?.to_owned(),
        mtu: attributes.u32(attr::MTU).unwrap_or(1500),
        alias: attributes.text(attr::ALIAS).map(str::to_owned),
        master: attributes.u32(attr::MASTER),
    })
}

/// Makes a bridge that is up. Its MAC is given, because a bridge without one takes its ports' and changes with them.
pub fn make_bridge(socket: &mut Socket, name: &str, mac: Mac, mtu: u32) -> io::Result<()> {
    let mut messages = Messages::default();
    messages.begin(NEW_LINK, CREATE | EXCLUSIVE, &header(0, true));
    messages
        .text(attr::NAME, name)
        .bytes(attr::MAC, &mac.0)
        .u32(attr::MTU, mtu);
    let info = messages.nest(attr::INFO);
    messages.text(attr::INFO_KIND, "bridge").end(info);
    socket.tell(messages)
}

/// Gives a link an address and the route to its block; one that is there already is left as it is.
pub fn add_address(socket: &mut Socket, index: u32, address: Ipv4Addr, prefix: u8) -> io::Result<()> {
    let mut messages = Messages::default();
    address_message(&mut messages, index, address, prefix);
    socket.tell(messages)
}

fn address_message(messages: &mut Messages, index: u32, address: Ipv4Addr, prefix: u8) {
    let mut header = [INET, prefix, 0, 0, 0, 0, 0, 0];
    header[4..8].copy_from_slice(&index.to_ne_bytes());
    messages.begin(NEW_ADDRESS, CREATE | REPLACE, &header);
    messages.bytes(1, &address.octets()).bytes(2, &address.octets());
    let host_bits = u32::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
    messages.bytes(4, &(u32::from(address) | host_bits).to_be_bytes());
}

/// Both ends in one call, the host's end up and on its bridge; the inside cannot be up before it knows its other end.
pub fn make_pair(socket: &mut Socket, pair: &Pair<'_>) -> io::Result<()> {
    let mut messages = Messages::default();
    messages.begin(NEW_LINK, CREATE | EXCLUSIVE, &header(0, true));
    messages
        .text(attr::NAME, pair.host_name)
        .u32(attr::MTU, pair.mtu)
        .u32(attr::MASTER, pair.bridge);
    let info = messages.nest(attr::INFO);
    messages.text(attr::INFO_KIND, "veth");
    let data = messages.nest(attr::INFO_DATA);
    let peer = messages.nest(attr::VETH_PEER);
    messages.raw(&header(0, false)).text(attr::NAME, pair.inside_name);
    messages.bytes(attr::MAC, &pair.mac.0).u32(attr::MTU, pair.mtu);
    messages.bytes(attr::NETNS_FD, &pair.netns.as_raw_fd().to_ne_bytes());
    messages.end(peer).end(data).end(info);
    // A port must hand back what came from it: with `bridge-nf-call-iptables` on, a container that calls its own
    // published port is translated inside the bridge.
    messages
        .begin(NEW_LINK, 0, &header(0, false))
        .text(attr::NAME, pair.host_name);
    messages.bytes(attr::ALIAS, pair.alias.as_bytes());
    let info = messages.nest(attr::INFO);
    messages.text(attr::INFO_SLAVE_KIND, "bridge");
    let data = messages.nest(attr::INFO_SLAVE_DATA);
    messages.bytes(attr::PORT_HAIRPIN, &[1]).end(data).end(info);
    // The host need not ask who has the address, nor believe what it remembers of who had it before.
    let mut neighbour = [INET, 0, 0, 0, 0, 0, 0, 0, REACHABLE, 0, 0, 0];
    neighbour[4..8].copy_from_slice(&pair.bridge.to_ne_bytes());
    messages.begin(NEW_NEIGHBOUR, CREATE | REPLACE, &neighbour);
    messages.bytes(1, &pair.address.octets()).bytes(2, &pair.mac.0);
    socket.tell(messages)
}

/// Inside: loopback up, and the link's address and way out. `socket` must belong to the namespace.
pub fn set_up_inside(socket: &mut Socket, link: Option<(&str, Ipv4Addr, u8, Ipv4Addr)>) -> io::Result<()> {
    let mut messages = Messages::default();
    // Loopback is the first link of every namespace.
    messages.begin(NEW_LINK, 0, &header(1, true));
    if let Some((name, address, prefix, gateway)) = link {
        let eth0 = find(socket, name)?.ok_or_else(|| io::Error::other("the link did not arrive in its namespace"))?;
        messages.begin(NEW_LINK, 0, &header(eth0.index, true));
        address_message(&mut messages, eth0.index, address, prefix);
        // Family, prefix of the destination, source, tos, main table, boot, everywhere, unicast, flags.
        messages.begin(
            NEW_ROUTE,
            CREATE | EXCLUSIVE,
            &[INET, 0, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0],
        );
        messages.bytes(5, &gateway.octets()).u32(4, eth0.index);
    }
    socket.tell(messages)
}

/// Whether packets pass between a bridge and one of its ports. The kernel sees to it some time after both ends are up,
/// and what is sent before that is lost.
pub fn passes(socket: &mut Socket, port: &str, bridge: u32) -> io::Result<bool> {
    let port = one(socket, port)?;
    let state = port.as_ref().map(|port| {
        port.attributes(LINK_FIXED)
            .nested(attr::INFO)
            .nested(attr::INFO_SLAVE_DATA)
    });
    if state.and_then(|state| state.get(attr::PORT_STATE)) != Some(&[FORWARDING]) {
        return Ok(false);
    }
    let mut question = Messages::default();
    question.begin(GET_LINK, 0, &header(bridge, false));
    let bridge = socket.ask(question)?;
    let mut states = bridge
        .iter()
        .map(|bridge| bridge.attributes(LINK_FIXED).get(attr::OPERATION));
    Ok(states.any(|state| state == Some(&[OPERATING])))
}

/// Takes a link away; both ends of a pair go. One that is gone already is fine.
pub fn delete(socket: &mut Socket, name: &str) -> io::Result<()> {
    let mut messages = Messages::default();
    messages.begin(DELETE_LINK, 0, &header(0, false)).text(attr::NAME, name);
    ignore_missing(socket.tell(messages))
}

/// Takes many links away at once, which costs little more than one: the kernel waits for its readers once for all.
pub fn delete_many(socket: &mut Socket, names: &[String]) -> io::Result<()> {
    if let [name] = names {
        return delete(socket, name);
    }
    for part in names.chunks(DELETED_AT_ONCE) {
        let mut messages = Messages::default();
        for name in part {
            messages.begin(NEW_LINK, 0, &header(0, false));
            messages.text(attr::NAME, name).u32(attr::GROUP, DOOMED);
        }
        ignore_missing(socket.tell(messages))?;
        let mut messages = Messages::default();
        messages
            .begin(DELETE_LINK, 0, &header(0, false))
            .u32(attr::GROUP, DOOMED);
        ignore_missing(socket.tell(messages))?;
    }
    Ok(())
}

fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    result.or_else(|error| if is_missing(&error) { Ok(()) } else { Err(error) })
}

/// The main table: where to, and by which link.
pub fn routes(socket: &mut Socket) -> io::Result<Vec<(Cidr, u32)>> {
    let mut question = Messages::default();
    question.begin(GET_ROUTE, DUMP, &[INET, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let replies = socket.ask(question)?;
    let route = |reply: &Reply| {
        let (prefix, table) = (*reply.body.get(1)?, *reply.body.get(4)?);
        let attributes = reply.attributes(ROUTE_FIXED);
        let to = attributes.address(1).unwrap_or(Ipv4Addr::UNSPECIFIED);
        (table == 254).then(|| (Cidr::route(to, prefix), attributes.u32(4).unwrap_or(0)))
    };
    Ok(replies.iter().filter_map(route).collect())
}
