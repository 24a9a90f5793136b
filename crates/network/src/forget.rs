//! A network that nobody opens any more.

use crate::{Error, Network, Settings};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;

/// Takes away everything that a node by this name, with its notes in this folder, made on this host and in its
/// containers. Nobody may have it open.
pub fn forget(instance: &str, dir: &Path) -> Result<(), Error> {
    let settings = Settings {
        instance: instance.to_owned(),
        dir: dir.to_owned(),
        bridge_cidr: None,
        subnets: Vec::new(),
        tunnel: false,
        metadata: SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9), // nobody will be led there
        guarded_ports: Vec::new(),
        dynamic_ports: None,
    };
    Network::open(settings)?.close(true)
}
