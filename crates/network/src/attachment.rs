//! What a caller asks for, and what it gets.

use std::fmt;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::str::FromStr;

/// A wish for one network namespace. In bridge mode ask once for each container, in awsvpc mode once for a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attach {
    /// Names the attachment: 1 to 100 of letters, digits, `-`, `_` and `.`, not beginning with a dot.
    pub id: String,
    pub mode: Mode,
    /// Heard in bridge mode; in host mode a container's port is the host's, and elsewhere that of its own address.
    pub ports: Vec<PortWish>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// The host's own network; nothing is made.
    Host,
    /// A namespace with loopback only.
    None,
    /// An address on the node's own bridge, behind NAT.
    Bridge,
    /// An address of a subnet. Without `address` the next free one is taken, without `mac` one that follows from it.
    Vpc {
        subnet: String,
        address: Option<Ipv4Addr>,
        mac: Option<Mac>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    Tcp,
    Udp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortWish {
    pub container_port: u16,
    /// 0: choose a free one.
    pub host_port: u16,
    pub protocol: Protocol,
    /// `None`: every IPv4 address of the host, shown as 0.0.0.0.
    pub host_ip: Option<Ipv4Addr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PortBinding {
    pub container_port: u16,
    pub host_port: u16,
    pub protocol: Protocol,
    /// 0.0.0.0 for every address of the host.
    pub host_ip: Ipv4Addr,
}

/// One attachment, as it stands on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub id: String,
    pub mode: Mode,
    /// The namespace to join; `None` means the host's own.
    pub netns: Option<PathBuf>,
    pub link: Option<Link>,
    pub bindings: Vec<PortBinding>,
}

/// The interface inside, as it was set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its name inside.
    pub interface: String,
    pub address: Ipv4Addr,
    /// Length of the network's prefix.
    pub prefix: u8,
    pub gateway: Ipv4Addr,
    pub mac: Mac,
    /// The name of its other end on the host.
    pub host_interface: String,
}

/// What [`crate::Network::list`] sees. `attachment` is `None` for what a crash left half made or half released, and
/// for what a reboot took away: release it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub id: String,
    pub attachment: Option<Attachment>,
}

/// Counters since the attachment was made, as the container sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    pub rx_bytes: u64,
    pub rx_packets: u64,
    pub rx_errors: u64,
    pub rx_dropped: u64,
    pub tx_bytes: u64,
    pub tx_packets: u64,
    pub tx_errors: u64,
    pub tx_dropped: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// Locally administered, and a function of the address: who takes an address over also takes over what the
    /// neighbours remember of it. Another MAC for a used address is unknown to neighbours for some seconds.
    pub fn of(address: Ipv4Addr) -> Mac {
        let [a, b, c, d] = address.octets();
        Mac([0x02, 0x67, a, b, c, d])
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

impl FromStr for Mac {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let octets: Option<Vec<u8>> = text.split(':').map(|part| u8::from_str_radix(part, 16).ok()).collect();
        let octets = octets.and_then(|octets| octets.try_into().ok());
        octets.map(Mac).ok_or_else(|| format!("`{text}` is not a MAC address"))
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
        })
    }
}
