//! What can go wrong, and what a host may lack.

use crate::{Cidr, Protocol};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::{fmt, io};

#[derive(Debug)]
pub enum Error {
    BadSetting(String),
    /// An id that cannot name a file.
    BadId(String),
    /// Another process has this folder or this instance open.
    InUse(String),
    /// A host port that somebody has: another attachment, or a process of the host.
    PortTaken {
        host_ip: Ipv4Addr,
        host_port: u16,
        protocol: Protocol,
    },
    /// No dynamic host port is left.
    NoPortLeft,
    /// No address is left in this block.
    NoAddressLeft(Cidr),
    /// The address wished for belongs to another attachment, is reserved, or is outside of the subnet.
    AddressTaken(Ipv4Addr),
    UnknownSubnet(String),
    /// A block that a route of this host already covers.
    CidrTaken {
        cidr: Cidr,
        route: Cidr,
    },
    /// The id is attached already, and differently.
    Differs(String),
    /// Another caller is making or releasing it, and does not end.
    Busy(String),
    /// The kernel said no.
    Kernel {
        doing: &'static str,
        source: io::Error,
    },
    /// A file said no.
    File {
        path: PathBuf,
        source: io::Error,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::BadSetting(what) => write!(f, "network settings: {what}"),
            Error::BadId(id) => write!(f, "`{id}` cannot name an attachment"),
            Error::InUse(what) => write!(f, "another process has the network `{what}` open"),
            // Docker's words, which people search for.
            Error::PortTaken {
                host_ip,
                host_port,
                protocol,
            } => write!(
                f,
                "listen {protocol}4 {host_ip}:{host_port}: bind: address already in use"
            ),
            Error::NoPortLeft => f.write_str("no dynamic host port is left"),
            Error::NoAddressLeft(cidr) => write!(f, "no address is left in {cidr}"),
            Error::AddressTaken(address) => write!(f, "address {address} cannot be given: taken, reserved or outside"),
            Error::UnknownSubnet(id) => write!(f, "this node has no subnet `{id}`"),
            Error::CidrTaken { cidr, route } => write!(f, "{cidr} overlaps this host's route to {route}"),
            Error::Differs(id) => write!(f, "`{id}` is attached already, with another mode or other ports"),
            Error::Busy(id) => write!(f, "another caller is at work on `{id}`"),
            Error::Kernel { doing, .. } => write!(f, "{doing}"),
            Error::File { path, .. } => write!(f, "{}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Kernel { source, .. } | Error::File { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl Error {
    pub(crate) fn kernel(doing: &'static str) -> impl FnOnce(io::Error) -> Error {
        move |source| Error::Kernel { doing, source }
    }

    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::File { path, source }
    }
}

/// What limits this node's network though it works: told at start, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Attaching to this subnet fails with [`Error::CidrTaken`].
    SubnetOverlaps { subnet: String, cidr: Cidr, route: Cidr },
    /// Another firewall's chain drops forwarded packets by default and has no place for our rule, so published ports
    /// and traffic out of containers will not work until it lets our bridges through.
    ForwardDropped { table: String, chain: String },
    /// Another firewall's chain drops by default what arrives at the host, so containers may not reach the metadata
    /// endpoint until it lets our bridges through.
    InputDropped { table: String, chain: String },
    /// A port of an attachment that lives is now also used by a process of the host; packets go to the attachment.
    PortShared {
        id: String,
        host_port: u16,
        protocol: Protocol,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::SubnetOverlaps { subnet, cidr, route } => {
                write!(
                    f,
                    "subnet {subnet} ({cidr}) overlaps this host's route to {route}; no task can use it"
                )
            }
            Problem::ForwardDropped { table, chain } => {
                write!(
                    f,
                    "chain {chain} of table {table} drops forwarded packets; let our bridges through there"
                )
            }
            Problem::InputDropped { table, chain } => write!(
                f,
                "chain {chain} of table {table} drops what arrives at this host; let our bridges through to the metadata port"
            ),
            Problem::PortShared {
                id,
                host_port,
                protocol,
            } => write!(f, "a process of this host took port {host_port}/{protocol} of {id}"),
        }
    }
}
