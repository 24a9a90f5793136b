//! Choosing addresses and host ports. What was given back last is given out again last, so that neighbours, clients
//! and half-closed connections have time to forget it.

use crate::{Cidr, Error, PortBinding, PortWish, Protocol};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, UdpSocket};
use std::ops::RangeInclusive;

/// Addresses at the start of every block that nobody gets: network, router, and two that AWS keeps for itself.
const RESERVED: u32 = 4;

/// Whether an attachment may have this address of the block.
pub fn is_usable(cidr: Cidr, gateway: Ipv4Addr, address: Ipv4Addr) -> bool {
    let reserved = RESERVED.min(u32::try_from(cidr.size() / 4).unwrap_or(RESERVED));
    let offset = u32::from(address).wrapping_sub(u32::from(cidr.base()));
    let last = u32::try_from(cidr.size() - 1).unwrap_or(u32::MAX);
    cidr.contains(address) && address != gateway && offset >= reserved && offset < last
}

/// The next free address behind `after`, round and round.
pub fn address(
    cidr: Cidr,
    gateway: Ipv4Addr,
    after: Option<Ipv4Addr>,
    is_taken: impl Fn(Ipv4Addr) -> bool,
) -> Option<Ipv4Addr> {
    let size = cidr.size();
    let start = after.map_or(0, |after| {
        u64::from(u32::from(after).wrapping_sub(u32::from(cidr.base())))
    });
    let next = (1..=size).filter_map(|step| cidr.nth(u32::try_from((start + step) % size).ok()?));
    next.filter(|address| is_usable(cidr, gateway, *address))
        .find(|address| !is_taken(*address))
}

/// Keeps a host port from every other process for as long as it lives. Nothing is ever accepted on it: packets are
/// sent on before they arrive here.
#[derive(Debug)]
#[expect(dead_code, reason = "held for its descriptor")]
enum Holder {
    Tcp(TcpListener),
    Udp(UdpSocket),
}

/// A published port that is ours.
#[derive(Debug)]
pub struct Held {
    pub binding: PortBinding,
    _holder: Option<Holder>,
}

impl Held {
    /// One that was published before and still is, though its port may be somebody else's by now: whether we hold it.
    pub fn again(binding: PortBinding) -> (Held, bool) {
        let holder = hold(&binding).ok();
        let held = holder.is_some();
        let _holder = holder;
        (Held { binding, _holder }, held)
    }
}

fn hold(binding: &PortBinding) -> io::Result<Holder> {
    let address = SocketAddrV4::new(binding.host_ip, binding.host_port);
    match binding.protocol {
        Protocol::Tcp => TcpListener::bind(address).map(Holder::Tcp),
        Protocol::Udp => UdpSocket::bind(address).map(Holder::Udp),
    }
}

/// Host ports to choose from, and where we are.
pub struct Ports {
    range: RangeInclusive<u16>,
    next: u16,
}

impl Ports {
    pub fn new(range: RangeInclusive<u16>) -> Ports {
        let next = *range.start();
        Ports { range, next }
    }

    /// Goes on behind what is published already, after a restart.
    pub fn skip(&mut self, port: u16) {
        if self.range.contains(&port) && port >= self.next {
            self.next = self.after(port);
        }
    }

    fn after(&self, port: u16) -> u16 {
        if port >= *self.range.end() {
            *self.range.start()
        } else {
            port + 1
        }
    }

    /// Holds the port wished for, or the next that is free. A free port is one that can be bound: the kernel knows of
    /// every process and of what we hold ourselves.
    pub fn take(&mut self, wish: &PortWish) -> Result<Held, Error> {
        let mut binding = PortBinding {
            container_port: wish.container_port,
            host_port: wish.host_port,
            protocol: wish.protocol,
            host_ip: wish.host_ip.unwrap_or(Ipv4Addr::UNSPECIFIED),
        };
        if wish.host_port != 0 {
            return match hold(&binding) {
                Ok(holder) => Ok(Held {
                    binding,
                    _holder: Some(holder),
                }),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(Error::PortTaken {
                    host_ip: binding.host_ip,
                    host_port: binding.host_port,
                    protocol: binding.protocol,
                }),
                Err(error) => Err(Error::kernel("host port cannot be bound")(error)),
            };
        }
        for _ in self.range.clone() {
            binding.host_port = self.next;
            self.next = self.after(self.next);
            match hold(&binding) {
                Ok(holder) => {
                    return Ok(Held {
                        binding,
                        _holder: Some(holder),
                    });
                }
                // Taken, or kept for root, or an address that this host has not: only the first two may change.
                Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => {
                    return Err(Error::kernel("host port cannot be bound")(error));
                }
                Err(_) => {}
            }
        }
        Err(Error::NoPortLeft)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_address_is_given_once_and_the_reserved_never() {
        let cidr: Cidr = "10.0.0.0/28".parse().unwrap();
        let gateway = Ipv4Addr::new(10, 0, 0, 1);
        let (mut taken, mut last) = (BTreeSet::new(), None);
        while let Some(address) = address(cidr, gateway, last, |address| taken.contains(&address)) {
            assert!(taken.insert(address));
            last = Some(address);
        }
        let all: BTreeSet<_> = (4..15).map(|n| Ipv4Addr::new(10, 0, 0, n)).collect();
        assert_eq!(taken, all);
        // What is given back comes when it is its turn.
        taken.remove(&Ipv4Addr::new(10, 0, 0, 5));
        taken.remove(&Ipv4Addr::new(10, 0, 0, 9));
        let next = address(cidr, gateway, Some(Ipv4Addr::new(10, 0, 0, 5)), |address| {
            taken.contains(&address)
        });
        assert_eq!(next, Some(Ipv4Addr::new(10, 0, 0, 9)));
    }

    #[test]
    fn the_smallest_block_has_room_for_one() {
        let cidr: Cidr = "10.0.0.0/30".parse().unwrap();
        let next = address(cidr, Ipv4Addr::new(10, 0, 0, 1), None, |_| false);
        assert_eq!(next, Some(Ipv4Addr::new(10, 0, 0, 2)));
    }

    #[test]
    fn a_port_is_held_until_it_is_dropped() {
        let probe = TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = probe.local_addr().unwrap().port();
        let wish = |host_port| PortWish {
            container_port: 80,
            host_port,
            protocol: Protocol::Tcp,
            host_ip: Some(Ipv4Addr::LOCALHOST),
        };
        let mut ports = Ports::new(taken..=taken);
        let error = ports.take(&wish(taken)).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("listen tcp4 127.0.0.1:{taken}: bind: address already in use")
        );
        assert!(matches!(ports.take(&wish(0)), Err(Error::NoPortLeft)));
        drop(probe);
        let held = ports.take(&wish(0)).unwrap();
        assert_eq!(held.binding.host_port, taken);
        assert!(TcpListener::bind(("127.0.0.1", taken)).is_err());
        drop(held);
        assert!(TcpListener::bind(("127.0.0.1", taken)).is_ok());
    }
}
