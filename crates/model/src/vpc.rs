//! The virtual private cloud: subnets, security groups, and the interfaces that `awsvpc` tasks have there.
//!
//! An interface lives as long as its task does: [`attach`] makes it in the transaction that places the task, and
//! [`crate::ledger::keep`] gives its address back in the one that stops it, so that none can leak.

use crate::record::record;
use crate::{Task, TaskStatus};
use base::Timestamp;
use minicbor::{Decode, Encode};
use std::fmt;
use std::net::Ipv4Addr;
use store::{Key, Tx};

/// A block of IPv4 addresses: `172.31.0.0/16`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(map)]
pub struct Block {
    #[n(0)]
    pub first: Ipv4Addr,
    /// How many bits all of its addresses share.
    #[n(1)]
    pub prefix: u8,
}

impl Block {
    /// How many addresses it has.
    pub fn size(self) -> u32 {
        1u32.checked_shl(32 - u32::from(self.prefix.min(32)))
            .unwrap_or(u32::MAX)
    }

    /// The address that lies so many behind the first.
    pub fn at(self, offset: u32) -> Ipv4Addr {
        Ipv4Addr::from(u32::from(self.first).saturating_add(offset))
    }
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Vpc {
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub block: Block,
    /// Whether it is the one that was there from the start.
    #[n(2)]
    pub default: bool,
}

record!(Vpc, "vpc", |v| Vpc::key_of(&v.id));

impl Vpc {
    pub fn key_of(id: &str) -> Key {
        Key::of([id])
    }
}

/// A part of a VPC's addresses, in one availability zone.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Subnet {
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub vpc: String,
    #[n(2)]
    pub zone: String,
    #[n(3)]
    pub block: Block,
    /// Whether it is the one of its zone that was there from the start.
    #[n(4)]
    pub default: bool,
}

record!(Subnet, "subnet", |s| Subnet::key_of(&s.id));

impl Subnet {
    /// AWS keeps the first four addresses of a subnet (the network, the router, the name server, one for later), and the
    /// last.
    const KEPT_FIRST: u32 = 4;
    const KEPT_LAST: u32 = 1;

    pub fn key_of(id: &str) -> Key {
        Key::of([id])
    }

    /// How many addresses can be given.
    pub fn usable(&self) -> u32 {
        self.block.size().saturating_sub(Self::KEPT_FIRST + Self::KEPT_LAST)
    }

    /// The router's address.
    pub fn gateway(&self) -> Ipv4Addr {
        self.block.at(1)
    }
}

/// What of a subnet is taken. Whoever takes an address writes it, so that no two take the same one.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SubnetLedger {
    #[n(0)]
    pub subnet: String,
    #[n(1)]
    pub taken: u32,
    /// Where the search for a free one goes on: an address rests as long as possible before somebody else has it.
    #[n(2)]
    pub next: u32,
}

record!(SubnetLedger, "subnet-ledger", |l| SubnetLedger::key_of(&l.subnet));

impl SubnetLedger {
    pub fn key_of(subnet: &str) -> Key {
        Key::of([subnet])
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SecurityGroup {
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub vpc: String,
    #[n(2)]
    pub name: String,
    #[n(3)]
    pub description: String,
    #[n(4)]
    pub ingress: Vec<TrafficRule>,
    #[n(5)]
    pub egress: Vec<TrafficRule>,
}

record!(SecurityGroup, "security-group", |g| SecurityGroup::key_of(&g.id));

impl SecurityGroup {
    /// The name of the group that each VPC has from the start.
    pub const DEFAULT: &'static str = "default";

    pub fn key_of(id: &str) -> Key {
        Key::of([id])
    }
}

/// Traffic that a security group lets through, all of it by protocol and ports of one kind of peer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TrafficRule {
    /// `tcp`, `udp`, `icmp`, a number, or `-1` for all.
    #[n(0)]
    pub protocol: String,
    #[n(1)]
    pub ports: Option<(u16, u16)>,
    /// Peers by address.
    #[n(2)]
    pub block: Option<Block>,
    /// Peers by their security group.
    #[n(3)]
    pub group: Option<String>,
}

/// An interface in a subnet, with an address of its own.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NetworkInterface {
    /// `eni-` and 17 hex digits.
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub vpc: String,
    #[n(2)]
    pub subnet: String,
    #[n(3)]
    pub address: Ipv4Addr,
    #[n(4)]
    pub security_groups: Vec<String>,
    #[n(5)]
    pub created_at: Timestamp,
    /// Whose it is.
    #[n(6)]
    pub cluster: String,
    #[n(7)]
    pub task: String,
    /// The last part of the attachment's ARN.
    #[n(8)]
    pub attachment: String,
}

record!(
    NetworkInterface,
    "network-interface",
    |i| NetworkInterface::key_of(&i.id),
    [NetworkInterface::BY_ADDRESS],
    |i, put| {
        put(
            NetworkInterface::BY_ADDRESS,
            NetworkInterface::place(&i.subnet, i.address),
        );
    }
);

impl NetworkInterface {
    /// Index: subnet, address.
    pub const BY_ADDRESS: &'static str = "address";

    pub fn key_of(id: &str) -> Key {
        Key::of([id])
    }

    fn place(subnet: &str, address: Ipv4Addr) -> Key {
        Key::of([subnet]).part_u64(u64::from(u32::from(address)))
    }
}

/// What a task knows of its interface, also when it has given it back.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Attachment {
    /// A UUID: the last part of its ARN.
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub interface: String,
    #[n(2)]
    pub subnet: String,
    #[n(3)]
    pub address: Ipv4Addr,
}

impl Attachment {
    /// The interface's hardware address. It follows from the address, so that within a VPC no two are the same, and what
    /// neighbours remember of an address stays right when the next task has it.
    pub fn mac(&self) -> String {
        let [a, b, c, d] = self.address.octets();
        format!("02:67:{a:02x}:{b:02x}:{c:02x}:{d:02x}")
    }

    /// `ip-172-31-0-4.ec2.internal`
    pub fn private_dns_name(&self, region: &str) -> String {
        let [a, b, c, d] = self.address.octets();
        match region {
            "us-east-1" => format!("ip-{a}-{b}-{c}-{d}.ec2.internal"),
            _ => format!("ip-{a}-{b}-{c}-{d}.{region}.compute.internal"),
        }
    }

    /// How far it has come, in the words of an attachment's status.
    pub fn status(task: TaskStatus) -> &'static str {
        match task {
            TaskStatus::Provisioning => "PRECREATED",
            TaskStatus::Pending => "ATTACHING",
            TaskStatus::Deprovisioning => "DETACHING",
            TaskStatus::Stopped => "DELETED",
            _ => "ATTACHED",
        }
    }
}

/// The names of an interface that is yet to be made.
#[derive(Clone, Debug)]
pub struct NewInterface {
    pub id: String,
    pub attachment: String,
}

/// Gives a task an interface in this subnet. `false` when the subnet has no address left; the task is then as it was.
pub fn attach(tx: &mut Tx, task: &mut Task, subnet: &Subnet, security_groups: &[String], new: &NewInterface) -> bool {
    let Some(address) = take_address(tx, subnet) else {
        return false;
    };
    let created_at = tx.now();
    tx.put(NetworkInterface {
        id: new.id.clone(),
        vpc: subnet.vpc.clone(),
        subnet: subnet.id.clone(),
        address,
        security_groups: security_groups.to_vec(),
        created_at,
        cluster: task.cluster.clone(),
        task: task.id.clone(),
        attachment: new.attachment.clone(),
    });
    task.attachment = Some(Box::new(Attachment {
        id: new.attachment.clone(),
        interface: new.id.clone(),
        subnet: subnet.id.clone(),
        address,
    }));
    true
}

fn take_address(tx: &mut Tx, subnet: &Subnet) -> Option<Ipv4Addr> {
    let ledger = tx.get::<SubnetLedger>(&SubnetLedger::key_of(&subnet.id));
    let (taken, next) = ledger.map_or((0, 0), |ledger| (ledger.taken, ledger.next));
    let usable = subnet.usable();
    if taken >= usable {
        return None;
    }
    let address = |offset: u32| subnet.block.at(Subnet::KEPT_FIRST + offset);
    let free = |tx: &Tx, address| {
        let place = NetworkInterface::place(&subnet.id, address);
        tx.by::<NetworkInterface>(NetworkInterface::BY_ADDRESS, &place)
            .next()
            .is_none()
    };
    let offset = (0..usable)
        .map(|step| (next + step) % usable)
        .find(|offset| free(tx, address(*offset)))?;
    tx.put(SubnetLedger {
        subnet: subnet.id.clone(),
        taken: taken + 1,
        next: (offset + 1) % usable,
    });
    Some(address(offset))
}

/// Takes away the interface of a task that stops.
pub(crate) fn give_back(tx: &mut Tx, attachment: &Attachment) {
    if tx
        .delete::<NetworkInterface>(&NetworkInterface::key_of(&attachment.interface))
        .is_none()
    {
        return;
    }
    if let Some(ledger) = tx.get::<SubnetLedger>(&SubnetLedger::key_of(&attachment.subnet)) {
        tx.put(SubnetLedger {
            taken: ledger.taken.saturating_sub(1),
            ..(*ledger).clone()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger;
    use crate::testing::{node, task, world, write};
    use crate::{Actor, invariants};
    use store::Store;

    fn subnet(prefix: u8) -> Subnet {
        Subnet {
            id: "subnet-1".to_string(),
            vpc: "vpc-1".to_string(),
            zone: "us-east-1a".to_string(),
            block: Block {
                first: Ipv4Addr::new(10, 0, 0, 0),
                prefix,
            },
            default: true,
        }
    }

    /// Places a task with an interface; `None` when the subnet is full.
    fn start(store: &Store, id: &'static str) -> Option<Ipv4Addr> {
        write(store, move |tx| {
            tx.put(subnet(29));
            let mut task = task(id);
            let new = NewInterface {
                id: format!("eni-{id}"),
                attachment: format!("uuid-{id}"),
            };
            if !attach(tx, &mut task, &subnet(29), &[], &new) {
                return Ok(None);
            }
            let task = ledger::assign(tx, task, &node("n1"), None)?;
            Ok(task.attachment.as_ref().map(|a| a.address))
        })
        .expect("a new task may be placed")
    }

    fn end(store: &Store, id: &'static str) {
        write(store, move |tx| {
            ledger::move_task(tx, &Task::key_of("default", id), Actor::Node, TaskStatus::Stopped, None)
        })
        .expect("a placed task may stop");
    }

    fn address(last: u8) -> Option<Ipv4Addr> {
        Some(Ipv4Addr::new(10, 0, 0, last))
    }

    #[test]
    fn addresses_are_given_once_and_come_back() {
        let store = world();
        assert_eq!(start(&store, "a"), address(4), "the first four are kept");
        assert_eq!(start(&store, "b"), address(5));
        end(&store, "a");
        assert_eq!(start(&store, "c"), address(6), "what came back rests");
        assert_eq!(start(&store, "d"), address(4));
        assert_eq!(start(&store, "e"), None, "the last one is kept");
        end(&store, "b");
        assert_eq!(start(&store, "e"), address(5));
        let snapshot = store.snapshot();
        let ended = snapshot
            .get::<Task>(&Task::key_of("default", "a"))
            .expect("stopped tasks stay");
        assert!(ended.attachment.is_some(), "what it had can still be told");
        assert_eq!(snapshot.count::<NetworkInterface>(&Key::all()), 3);
        let broken = invariants::check(&snapshot);
        assert!(broken.iter().all(|b| !b.law.contains("interface")), "{broken:?}");
    }

    #[test]
    fn the_laws_see_what_leaks() {
        let store = world();
        start(&store, "a");
        write(&store, |tx| {
            tx.delete::<Task>(&Task::key_of("default", "a"));
            Ok(())
        })
        .expect("a record may go");
        let broken = invariants::check(&store.snapshot());
        assert!(broken.iter().any(|b| b.at.contains("eni-a")), "{broken:?}");
    }

    #[test]
    fn what_follows_from_an_address() {
        let attachment = Attachment {
            id: String::new(),
            interface: String::new(),
            subnet: String::new(),
            address: Ipv4Addr::new(172, 31, 0, 4),
        };
        assert_eq!(attachment.mac(), "02:67:ac:1f:00:04");
        assert_eq!(attachment.private_dns_name("us-east-1"), "ip-172-31-0-4.ec2.internal");
        assert_eq!(
            attachment.private_dns_name("eu-west-1"),
            "ip-172-31-0-4.eu-west-1.compute.internal"
        );
        assert_eq!(
            (subnet(20).block.to_string().as_str(), subnet(20).usable()),
            ("10.0.0.0/20", 4091)
        );
    }
}
