//! What nodes are told of the VPC, in which tasks have addresses of their own: what it is when they are welcomed, and with
//! their assignments which of its addresses are behind which other node.

use minicbor::{Decode, Encode};
use std::net::Ipv4Addr;

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Vpc {
    #[n(0)]
    pub id: String,
    /// The number of the tunnel between its nodes; 24 bits.
    #[n(1)]
    pub tunnel: u32,
    #[n(2)]
    #[cbor(default)]
    pub subnets: Vec<Subnet>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Subnet {
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub first: Ipv4Addr,
    /// How many bits all of its addresses share.
    #[n(2)]
    pub prefix: u8,
    #[n(3)]
    pub gateway: Ipv4Addr,
}

/// Addresses that live on one other node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Away {
    /// The node's own address, by which other nodes reach it; without one they live nowhere any more.
    #[n(0)]
    pub node: Option<Ipv4Addr>,
    #[n(1)]
    #[cbor(default)]
    pub addresses: Vec<Ipv4Addr>,
}
