//! What a node is told about its network when it opens it.

use crate::{Cidr, Error};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// Where containers find metadata and credentials; a fact of ECS.
pub const METADATA_ADDRESS: Ipv4Addr = Ipv4Addr::new(169, 254, 170, 2);

/// One subnet of the VPC, with the address this node answers to as its router.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    pub id: String,
    pub cidr: Cidr,
    pub gateway: Ipv4Addr,
}

#[derive(Debug, Clone)]
pub struct Settings {
    /// Names everything this node makes on the host: 1 to 4 of `a-z0-9`, unlike any other node's on this machine.
    pub instance: String,
    /// For namespaces and notes; must be on a local file system and survive a restart of the agent.
    pub dir: PathBuf,
    /// Addresses of bridge mode. `None` picks the first of [`Cidr::BRIDGE_CHOICES`] that no route of this host
    /// overlaps; the choice is kept in `dir`.
    pub bridge_cidr: Option<Cidr>,
    /// Subnets that awsvpc attachments may live in, as far as they are known now; see [`crate::Network::learn`]. One
    /// that overlaps a route of the host becomes a [`crate::Problem`], and attaching to it an error; the rest works.
    pub subnets: Vec<Subnet>,
    /// Whether other nodes have a part in the VPC. Then what is sent in it leaves room for the tunnel between them.
    pub tunnel: bool,
    /// Where the agent serves metadata on this host; loopback is fine. Containers reach it at 169.254.170.2:80 only.
    pub metadata: SocketAddrV4,
    /// TCP ports of this host that containers must not reach on any of its addresses (the agent's own doors).
    pub guarded_ports: Vec<u16>,
    /// Host ports to choose from. `None`: the kernel's `ip_local_port_range`, as ECS does.
    pub dynamic_ports: Option<RangeInclusive<u16>>,
}

impl Settings {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        if self.instance.is_empty() || self.instance.len() > 4 || !self.instance.chars().all(fine) {
            return Err(Error::BadSetting("instance must be 1 to 4 of a-z and 0-9".into()));
        }
        check_subnets(&self.subnets)
    }

    pub(crate) fn bridge_name(&self) -> String {
        format!("gty{}b", self.instance)
    }

    pub(crate) fn vpc_bridge_name(&self) -> String {
        format!("gty{}v", self.instance)
    }

    /// The link to other nodes.
    pub(crate) fn tunnel_name(&self) -> String {
        format!("gty{}x", self.instance)
    }

    /// 15 letters is all that the kernel gives a name; address and instance fit exactly.
    pub(crate) fn link_name(&self, address: Ipv4Addr) -> String {
        format!("gty{}{:08x}", self.instance, u32::from(address))
    }

    /// Whether a link's name is one that [`Settings::link_name`] gives.
    pub(crate) fn is_link_name(&self, name: &str) -> bool {
        let rest = name
            .strip_prefix("gty")
            .and_then(|name| name.strip_prefix(self.instance.as_str()));
        rest.is_some_and(|hex| hex.len() == 8 && u32::from_str_radix(hex, 16).is_ok())
    }

    pub(crate) fn table_name(&self) -> String {
        format!("gantry_{}", self.instance)
    }
}

pub(crate) fn check_subnets(subnets: &[Subnet]) -> Result<(), Error> {
    match subnets.iter().find(|subnet| !subnet.cidr.contains(subnet.gateway)) {
        None => Ok(()),
        Some(Subnet { id, gateway, .. }) => {
            let text = format!("{gateway}, the gateway of {id}, is outside of it");
            Err(Error::BadSetting(text))
        }
    }
}
