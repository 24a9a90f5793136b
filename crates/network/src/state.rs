//! The host as we keep it: which addresses and ports are given, which bridges and rules there are. Behind one lock, so
//! every step of it is short.

use crate::kept::{AllKept, Standing};
use crate::netlink::tunnel::HEADERS;
use crate::netlink::{Socket, conntrack, link};
use crate::pick::{self, Held, Ports};
use crate::table::Table;
use crate::tunnel::{Tunnel, Vpc};
use crate::{Attachment, Cidr, Error, Link, Mac, Mode, Problem, Settings, Subnet, host};
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::{Condvar, MutexGuard};
use std::time::Duration;

/// How long one caller waits for another that is at work on the same attachment; work takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// The name of every link inside.
const INSIDE: &str = "eth0";

pub struct State {
    pub route: Socket,
    pub netfilter: Socket,
    pub table: Table,
    pub bridge_cidr: Cidr,
    /// Of the way out.
    pub uplink_mtu: u32,
    pub vpc: Vpc,
    pub tunnel: Tunnel,
    /// Bridges, by their index, that we made or put right since we opened.
    pub checked_bridges: BTreeSet<u32>,
    pub ports: Ports,
    pub kept: AllKept,
    /// Where the search for the next address goes on, for each block.
    pub last: BTreeMap<u32, Ipv4Addr>,
    pub problems: Vec<Problem>,
}

impl State {
    pub fn hold_again(&mut self) {
        for (id, kept) in &mut self.kept {
            let Some(attachment) = kept.whole().cloned() else {
                continue;
            };
            for binding in &attachment.bindings {
                let (held, is_held) = Held::again(*binding);
                self.ports.skip(binding.host_port);
                kept.held.push(held);
                if !is_held {
                    self.problems.push(Problem::PortShared {
                        id: id.clone(),
                        host_port: binding.host_port,
                        protocol: binding.protocol,
                    });
                }
            }
            if let Some(link) = &attachment.link {
                let last = self.last.entry(block_key(link)).or_insert(link.address);
                *last = (*last).max(link.address);
            }
        }
    }

    pub fn write_table(&mut self) -> Result<(), Error> {
        let published = self.kept.values().filter(|kept| kept.published);
        let published = published.filter_map(|kept| kept.attachment.as_ref());
        let nodes = self.nodes();
        let batch = self.table.write(published, nodes.iter().copied());
        batch
            .send(&mut self.netfilter)
            .map_err(Error::kernel("firewall table cannot be written"))?;
        self.nodes_are_written(nodes);
        Ok(())
    }

    pub fn choose_link(&mut self, settings: &Settings, mode: &Mode) -> Result<Option<Link>, Error> {
        let (cidr, gateway, wished, mac) = match mode {
            Mode::Host | Mode::None => return Ok(None),
            Mode::Bridge => (self.bridge_cidr, gateway(self.bridge_cidr), None, None),
            Mode::Vpc { subnet, address, mac } => {
                let found = self.vpc.subnets.iter().find(|known| known.id == *subnet);
                let found = found.ok_or_else(|| Error::UnknownSubnet(subnet.clone()))?;
                self.refuse_overlap(subnet)?;
                (found.cidr, found.gateway, *address, *mac)
            }
        };
        // By the links' names, which tell of those whose notes are lost as well.
        let names: BTreeSet<&str> = self
            .kept
            .values()
            .flat_map(|kept| &kept.links)
            .map(String::as_str)
            .collect();
        let is_taken = |address| names.contains(settings.link_name(address).as_str());
        let address = match wished {
            Some(address) if !pick::is_usable(cidr, gateway, address) || is_taken(address) => {
                return Err(Error::AddressTaken(address));
            }
            Some(address) => address,
            None => {
                let last = self.last.get(&cidr.base().into()).copied();
                pick::address(cidr, gateway, last, is_taken).ok_or(Error::NoAddressLeft(cidr))?
            }
        };
        self.last.insert(cidr.base().into(), address);
        self.come_home(settings, address)?;
        Ok(Some(Link {
            interface: INSIDE.into(),
            address,
            prefix: cidr.prefix(),
            gateway,
            mac: mac.unwrap_or_else(|| Mac::of(address)),
            host_interface: settings.link_name(address),
        }))
    }

    fn refuse_overlap(&self, wished: &str) -> Result<(), Error> {
        let overlap = self.problems.iter().find_map(|problem| match problem {
            Problem::SubnetOverlaps { subnet, cidr, route } if subnet == wished => Some((*cidr, *route)),
            _ => None,
        });
        overlap.map_or(Ok(()), |(cidr, route)| Err(Error::CidrTaken { cidr, route }))
    }

    /// The bridge of the VPC or of bridge mode, made if it is not there. Looked up each time: somebody may have deleted it.
    pub fn ensure_bridge(&mut self, settings: &Settings, vpc: bool) -> Result<u32, Error> {
        let (name, addresses) = match vpc {
            true => {
                let free = self
                    .vpc
                    .subnets
                    .iter()
                    .filter(|subnet| self.refuse_overlap(&subnet.id).is_ok());
                let addresses = free.map(|subnet| (subnet.gateway, subnet.cidr.prefix()));
                (settings.vpc_bridge_name(), addresses.collect::<Vec<_>>())
            }
            false => {
                let address = (gateway(self.bridge_cidr), self.bridge_cidr.prefix());
                (settings.bridge_name(), vec![address])
            }
        };
        let doing = "bridge cannot be made";
        let mut seen = link::find(&mut self.route, &name).map_err(Error::kernel(doing))?;
        if let Some(seen) = seen.as_ref().filter(|seen| self.checked_bridges.contains(&seen.index)) {
            return Ok(seen.index);
        }
        if seen.is_none() {
            let mac = addresses
                .first()
                .map_or(Mac([0x02, 0x67, 0, 0, 0, 1]), |(address, _)| Mac::of(*address));
            let mtu = self.mtu(settings, vpc);
            link::make_bridge(&mut self.route, &name, mac, mtu).map_err(Error::kernel(doing))?;
            seen = link::find(&mut self.route, &name).map_err(Error::kernel(doing))?;
        }
        // One that was there may be a crash's, and lack the rest.
        host::prepare_bridge(&name)?;
        let index = seen.map(|seen| seen.index).unwrap_or_default();
        for (address, prefix) in addresses {
            link::add_address(&mut self.route, index, address, prefix).map_err(Error::kernel(doing))?;
        }
        self.checked_bridges.insert(index);
        if vpc {
            self.dig_again(settings, index)?;
        }
        Ok(index)
    }

    /// The most that fits into one packet.
    pub fn mtu(&self, settings: &Settings, vpc: bool) -> u32 {
        let headers = if vpc && settings.tunnel { HEADERS } else { 0 };
        self.uplink_mtu.saturating_sub(headers)
    }

    /// Puts the ports of an attachment into the table, or takes them out. Where the table is not as we left it, because
    /// somebody flushed it or a crash came in between, all of it is written anew.
    pub fn publish(&mut self, attachment: &Attachment, published: bool) -> Result<(), Error> {
        if let Some(kept) = self.kept.get_mut(&attachment.id) {
            kept.published = published;
        }
        if attachment.bindings.is_empty() {
            return Ok(());
        }
        let batch = if published {
            self.table.publish(attachment)
        } else {
            self.table.unpublish(attachment)
        };
        if batch.send(&mut self.netfilter).is_err() {
            self.write_table()?;
        }
        self.forget_flows(attachment)
    }

    /// Gives back the ports of an attachment, and says which links are to go.
    pub fn free(&mut self, id: &str) -> Result<Vec<String>, Error> {
        let Some(kept) = self.kept.get_mut(id) else {
            return Ok(vec![]);
        };
        kept.held.clear();
        let (links, attachment) = (kept.links.clone(), kept.attachment.clone());
        attachment.map_or(Ok(()), |attachment| self.publish(&attachment, false))?;
        Ok(links)
    }

    pub fn disown_links(&mut self, id: &str) {
        if let Some(kept) = self.kept.get_mut(id) {
            kept.links.clear();
        }
    }

    /// Waits until no other caller is at work on this attachment.
    pub fn when_at_rest<'a>(
        mut state: MutexGuard<'a, State>,
        id: &str,
        changed: &Condvar,
    ) -> Result<MutexGuard<'a, State>, Error> {
        let in_work = |state: &mut State| state.kept.get(id).is_some_and(|kept| kept.standing == Standing::InWork);
        let calm = "nothing panics while it holds the state";
        let timeout;
        (state, timeout) = changed.wait_timeout_while(state, PATIENCE, in_work).expect(calm);
        if timeout.timed_out() {
            Err(Error::Busy(id.to_owned()))
        } else {
            Ok(state)
        }
    }

    fn forget_flows(&mut self, attachment: &Attachment) -> Result<(), Error> {
        conntrack::forget_udp(&mut self.netfilter, &attachment.bindings)
            .map_err(Error::kernel("old flows cannot be forgotten"))
    }
}

/// The router of a block is its first address.
fn gateway(cidr: Cidr) -> Ipv4Addr {
    cidr.nth(1).expect("a block has four addresses or more")
}

fn block_key(link: &Link) -> u32 {
    Cidr::route(link.address, link.prefix).base().into()
}

pub fn overlaps(subnets: &[Subnet], routes: &[Cidr]) -> Vec<Problem> {
    let problem = |subnet: &Subnet| {
        let route = routes.iter().find(|route| route.overlaps(subnet.cidr))?;
        Some(Problem::SubnetOverlaps {
            subnet: subnet.id.clone(),
            cidr: subnet.cidr,
            route: *route,
        })
    };
    subnets.iter().filter_map(problem).collect()
}
