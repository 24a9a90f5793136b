//! Addresses, links and rules on one node.
//!
//! For: giving each container (or task) a network namespace of its own, joined to the world as its network mode says,
//! and taking all of it back. Everything blocks, attaching for a millisecond or two and releasing for some tens: an
//! async caller wraps it in `spawn_blocking`. Nothing is forked or exec'd; the kernel is asked through netlink.
//!
//! Words: an [`Attachment`] is one network namespace with its address and published ports; in bridge mode each
//! container has one, in awsvpc mode each task. A *bridge* is the switch that attachments of one mode share. A
//! *binding* is a port of the host that leads to a port of an attachment. A *problem* is what this host lacks.
//!
//! # What stands on the host, and how it is found again
//! All names carry the instance, so that two nodes on one machine never meet:
//! - bridges `gty<inst>b` (bridge mode) and `gty<inst>v` (awsvpc), made when first needed;
//! - the tunnel `gty<inst>x` to other nodes with a part in the VPC, made when the first of them has an address there;
//! - the host's end of each link, `gty<inst><address as 8 hex digits>`; the other end is `eth0` inside;
//! - the nftables table `ip gantry_<inst>`, and nothing in anybody else's tables but marked rules in Docker's
//!   `DOCKER-USER` where Docker would otherwise drop our traffic;
//! - `<dir>/netns/<id>`, the namespace as a bind mount: it needs no process to stay, containers join it by path;
//! - `<dir>/attachments/<id>`, a few lines that say what an attachment has; written before anything is made, renamed
//!   when all is made. After a kill -9 [`Network::open`] reads these, puts the rules right, and [`Network::list`] tells
//!   what is whole and what is half made; [`Network::release`] takes either away. After a reboot only these remain.
//!
//! Two processes never share an instance: an abstract socket holds its name in the host's network namespace.
//!
//! # Global settings touched
//! `net.ipv4.ip_forward` is set to 1 if it is 0. Then a rule of ours drops what is forwarded between the links that were
//! there and are not ours, so the host routes no more than it did, and [`Network::close`] with `purge` sets it back
//! unless another firewall has come to judge forwarded packets. On our own bridges only: `route_localnet=1` (so that
//! 127.0.0.1:PORT on the host reaches a container; packets from containers to 127/8 are dropped before any translation)
//! and `disable_ipv6=1`.
//!
//! # Who reaches whom
//! Containers reach each other on their bridge, the world with the host's address, and the host's own services but for
//! the agent's ([`Settings::guarded_ports`] and the metadata port); 169.254.170.2:80 leads to metadata from anywhere.
//! Bridge containers reach tasks of the VPC on their own node, not the other way round. Tasks of the VPC reach each
//! other on all nodes, by a tunnel (VXLAN, UDP port 4789, neither encrypted nor signed: who can forge a node's address on
//! the network between nodes can send into the VPC). From outside only published ports lead in.
//! Not here yet: IPv6, ranges of ports as one wish, and walls between containers on one bridge (one that may send raw
//! packets can pretend to be another).
//!
//! Must never know: AWS APIs, the store, records, what runs behind an address.

mod attachment;
mod cidr;
mod error;
mod forget;
mod host;
mod kept;
pub mod names;
mod netlink;
mod netns;
mod network;
mod note;
mod pick;
mod reap;
mod rules;
mod settings;
mod state;
mod table;
mod tunnel;

pub use attachment::{Attach, Attachment, Found, Link, Mac, Mode, PortBinding, PortWish, Protocol, Traffic};
pub use cidr::Cidr;
pub use error::{Error, Problem};
pub use forget::forget;
pub use netlink::tunnel::PORT as TUNNEL_PORT;
pub use network::Network;
pub use settings::{METADATA_ADDRESS, Settings, Subnet};
pub use tunnel::Vpc;
