//! What the kernel remembers of flows. TCP starts anew with each connection, but a UDP client that keeps its port goes
//! where it went before, so what is remembered of a port that changes hands must be forgotten.

use super::{Attributes, DUMP, Messages, Reply, Socket};
use crate::{PortBinding, Protocol};
use std::io;

const SUBSYSTEM: u16 = 1 << 8;
const GET: u16 = 1;
const DELETE: u16 = 2;
const FIXED: usize = 4;
const IPV4: [u8; FIXED] = [2, 0, 0, 0];
const UDP: u8 = 17;

pub fn forget_udp(socket: &mut Socket, bindings: &[PortBinding]) -> io::Result<()> {
    let ports: Vec<u16> = bindings
        .iter()
        .filter(|b| b.protocol == Protocol::Udp)
        .map(|b| b.host_port)
        .collect();
    if ports.is_empty() {
        return Ok(());
    }
    let mut question = Messages::default();
    question.begin(SUBSYSTEM | GET, DUMP, &IPV4);
    for flow in socket.ask(question)? {
        let Some(original) = original(&flow)
            .filter(|(port, _)| ports.contains(port))
            .map(|(_, tuple)| tuple)
        else {
            continue;
        };
        let mut messages = Messages::default();
        messages.begin(SUBSYSTEM | DELETE, 0, &IPV4);
        let nest = messages.nest(1);
        messages.raw(original).end(nest);
        match socket.tell(messages) {
            Err(error) if !super::link::is_missing(&error) => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The port that a UDP flow asked for, and its original direction as the kernel tells it.
fn original(flow: &Reply) -> Option<(u16, &[u8])> {
    let tuple = flow.attributes(FIXED).get(1)?;
    let protocol = Attributes::of(tuple).nested(2);
    let port = protocol.get(3)?.first_chunk().copied().map(u16::from_be_bytes)?;
    (protocol.get(1)?.first() == Some(&UDP)).then_some((port, tuple))
}
