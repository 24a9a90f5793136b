//! The link that carries the VPC's packets to other nodes (VXLAN), and what the kernel knows of who is behind it.
//!
//! It learns nothing from packets and sends none to everybody: each address is told, with the node it is behind, to the
//! link, to its bridge and to the host's list of neighbours. Whoever asks on the bridge who has such an address is
//! answered on the spot.

use super::link::{self, attr};
use super::{CREATE, DUMP, EXCLUSIVE, Messages, REPLACE, Socket};
use crate::Mac;
use std::io;
use std::net::Ipv4Addr;

/// As the standard has it; Linux's own default is an older number.
pub const PORT: u16 = 4789;
/// Headers around each packet: Ethernet, IPv4, UDP and VXLAN.
pub const HEADERS: u32 = 50;

const NEW_LINK: u16 = 16;
const NEW_NEIGHBOUR: u16 = 28;
const DELETE_NEIGHBOUR: u16 = 29;
const GET_NEIGHBOUR: u16 = 30;
const BRIDGE: u8 = 7;
const INET: u8 = 2;
const NEIGHBOUR_FIXED: usize = 12;
const REACHABLE: u16 = 2;
const NO_ARP: u16 = 0x40;
const PERMANENT: u16 = 0x80;
const AT_LINK: u8 = 2;
const AT_BRIDGE: u8 = 4;
const ADDRESS: u16 = 1;
const LINK_ADDRESS: u16 = 2;
/// Addresses told in one call.
const TOLD_AT_ONCE: usize = 500;

/// `IFLA_VXLAN_*` and `IFLA_BRPORT_*`.
const NUMBER: u16 = 1;
const LEARNS: u16 = 7;
const UDP_PORT: u16 = 15;
const PORT_LEARNS: u16 = 8;
const PORT_ANSWERS: u16 = 32;

/// An address, and the node it is behind; without one it is nowhere any more.
pub type Change = (Ipv4Addr, Option<Ipv4Addr>);

/// Makes the link, up and on its bridge.
pub fn make(socket: &mut Socket, name: &str, number: u32, bridge: u32, mtu: u32) -> io::Result<()> {
    let mut messages = Messages::default();
    messages.begin(NEW_LINK, CREATE | EXCLUSIVE, &link::header(0, false));
    messages.text(attr::NAME, name).u32(attr::MTU, mtu);
    let info = messages.nest(attr::INFO);
    messages.text(attr::INFO_KIND, "vxlan");
    let data = messages.nest(attr::INFO_DATA);
    messages
        .u32(NUMBER, number)
        .bytes(LEARNS, &[0])
        .bytes(UDP_PORT, &PORT.to_be_bytes());
    messages.end(data).end(info);
    messages.begin(NEW_LINK, 0, &link::header(0, true));
    messages.text(attr::NAME, name).u32(attr::MASTER, bridge);
    // Only now it is a port, and has a port's settings.
    messages.begin(NEW_LINK, 0, &link::header(0, false));
    messages.text(attr::NAME, name);
    let info = messages.nest(attr::INFO);
    messages.text(attr::INFO_SLAVE_KIND, "bridge");
    let data = messages.nest(attr::INFO_SLAVE_DATA);
    messages.bytes(PORT_LEARNS, &[0]).bytes(PORT_ANSWERS, &[1]);
    messages.end(data).end(info);
    socket.tell(messages)
}

/// Tells the kernel where addresses are.
pub fn tell(socket: &mut Socket, index: u32, bridge: u32, changes: &[Change]) -> io::Result<()> {
    for part in changes.chunks(TOLD_AT_ONCE) {
        let (mut known, mut gone) = (Messages::default(), Messages::default());
        for (address, behind) in part {
            match behind {
                Some(node) => {
                    one(&mut known, NEW_NEIGHBOUR, CREATE | REPLACE, bridge, *address, None);
                    one(
                        &mut known,
                        NEW_NEIGHBOUR,
                        CREATE | REPLACE,
                        index,
                        *address,
                        Some(*node),
                    );
                }
                // Each by itself: what is not known is not known to either.
                None => {
                    one(&mut gone, DELETE_NEIGHBOUR, 0, bridge, *address, None);
                    one(
                        &mut gone,
                        DELETE_NEIGHBOUR,
                        0,
                        index,
                        *address,
                        Some(Ipv4Addr::UNSPECIFIED),
                    );
                }
            }
        }
        socket.tell(gone).or_else(|error| {
            let missing = link::is_missing(&error);
            if missing { Ok(()) } else { Err(error) }
        })?;
        socket.tell(known)?;
    }
    Ok(())
}

/// What the host knows of an address, or with `node` what link and bridge do.
fn one(messages: &mut Messages, kind: u16, flags: u16, link: u32, address: Ipv4Addr, node: Option<Ipv4Addr>) {
    let (family, state, at) = match node {
        None => (INET, PERMANENT, 0),
        Some(_) => (BRIDGE, NO_ARP | REACHABLE, AT_LINK | AT_BRIDGE),
    };
    let mut header = [0; NEIGHBOUR_FIXED];
    header[0] = family;
    header[4..8].copy_from_slice(&link.to_ne_bytes());
    header[8..10].copy_from_slice(&state.to_ne_bytes());
    header[10] = at;
    messages.begin(kind, flags, &header);
    let to = node.unwrap_or(address);
    if !to.is_unspecified() {
        messages.bytes(ADDRESS, &to.octets());
    }
    messages.bytes(LINK_ADDRESS, &Mac::of(address).0);
}

/// What the link was told, by whoever had it before.
pub fn told(socket: &mut Socket, index: u32) -> io::Result<Vec<(Ipv4Addr, Ipv4Addr)>> {
    let mut question = Messages::default();
    let mut header = [0; NEIGHBOUR_FIXED];
    header[0] = BRIDGE;
    question.begin(GET_NEIGHBOUR, DUMP, &header);
    let replies = socket.ask(question)?;
    let entry = |reply: &super::Reply| {
        let of = reply.body.get(4..8)?.first_chunk().copied().map(u32::from_ne_bytes)?;
        let attributes = reply.attributes(NEIGHBOUR_FIXED);
        let node = attributes.address(ADDRESS).filter(|_| of == index)?;
        let mac: [u8; 6] = attributes.get(LINK_ADDRESS)?.try_into().ok()?;
        let address = Ipv4Addr::new(mac[2], mac[3], mac[4], mac[5]);
        (Mac(mac) == Mac::of(address)).then_some((address, node))
    };
    Ok(replies.iter().filter_map(entry).collect())
}
