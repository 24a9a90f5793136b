//! The VPC beyond this node: its subnets as the node learned them, and which addresses are behind which other node.
//!
//! Kept in `<dir>/vpc`, so that a node that comes back needs nobody to go on; where addresses are the kernel knows.

use crate::netlink::link;
use crate::netlink::tunnel::{self, Change};
use crate::settings::check_subnets;
use crate::state::{self, State};
use crate::{Cidr, Error, Network, Problem, Settings, Subnet, host, kept};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

/// What a node learns of the VPC.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vpc {
    pub subnets: Vec<Subnet>,
    /// Tells the tunnel of this VPC's nodes from others; 24 bits.
    pub number: Option<u32>,
}

/// The addresses of the VPC that live on other nodes, and the tunnel to those.
#[derive(Default)]
pub struct Tunnel {
    away: BTreeMap<Ipv4Addr, Ipv4Addr>,
    /// The nodes as the firewall's table has them.
    written: BTreeSet<Ipv4Addr>,
}

impl Network {
    /// Hears what the VPC is, at any time and as often as one likes. The problems are those that came with it.
    pub fn learn(&self, vpc: &Vpc) -> Result<Vec<Problem>, Error> {
        check_subnets(&vpc.subnets)?;
        let mut vpc = vpc.clone();
        vpc.number = vpc.number.filter(|_| self.settings.tunnel);
        let mut state = self.state();
        if state.vpc == vpc {
            return Ok(Vec::new());
        }
        let routes = host::foreign_routes(&mut state.route, &self.settings)?;
        state.make_room(&self.settings, &vpc.subnets, &routes)?;
        keep(&self.settings.dir, &vpc)?;
        let mut in_the_way = routes;
        in_the_way.push(state.bridge_cidr);
        let problems = state::overlaps(&vpc.subnets, &in_the_way);
        state
            .problems
            .retain(|problem| !matches!(problem, Problem::SubnetOverlaps { .. }));
        state.problems.extend(problems.iter().cloned());
        // The next attachment gives the bridge its new addresses.
        state.checked_bridges.clear();
        let bridge_cidr = state.bridge_cidr;
        state.table.follow(bridge_cidr, vpc.number);
        state.vpc = vpc;
        state.write_table()?;
        Ok(problems)
    }

    /// Hears where addresses are: all that are on other nodes, or what has changed. What lives on this node is never
    /// looked for elsewhere, whatever is said.
    pub fn set_away(&self, all: bool, changes: &[(Ipv4Addr, Option<Ipv4Addr>)]) -> Result<(), Error> {
        let mut state = self.state();
        if state.vpc.number.is_none() {
            return Ok(());
        }
        let mut wanted: BTreeMap<Ipv4Addr, Option<Ipv4Addr>> = changes.iter().copied().collect();
        if all {
            for address in state.tunnel.away.keys() {
                wanted.entry(*address).or_insert(None);
            }
        }
        let at_home = state.addresses();
        let is_news = |(address, node): &Change| state.tunnel.away.get(address) != node.as_ref();
        let changes = wanted.into_iter().filter(|(address, _)| !at_home.contains(address));
        let changes: Vec<Change> = changes.filter(is_news).collect();
        state.move_away(&self.settings, &changes)
    }
}

impl State {
    /// Tells the kernel, and remembers.
    fn move_away(&mut self, settings: &Settings, changes: &[Change]) -> Result<(), Error> {
        if changes.is_empty() {
            return Ok(());
        }
        for (address, node) in changes {
            match node {
                Some(node) => drop(self.tunnel.away.insert(*address, *node)),
                None => drop(self.tunnel.away.remove(address)),
            }
        }
        let nodes = self.nodes();
        if nodes != self.tunnel.written {
            self.write_table()?;
        }
        let bridge = self.ensure_bridge(settings, true)?;
        self.dig(settings, bridge, changes)
    }

    /// Sees to it that the tunnel is there, with all that is to be known, or else only these changes.
    fn dig(&mut self, settings: &Settings, bridge: u32, changes: &[Change]) -> Result<(), Error> {
        let (name, doing) = (settings.tunnel_name(), "tunnel to other nodes cannot be made");
        let Some(number) = self.vpc.number else { return Ok(()) };
        let mut seen = link::find(&mut self.route, &name).map_err(Error::kernel(doing))?;
        let all: Vec<Change>;
        let mut changes = changes;
        if seen.as_ref().is_none_or(|seen| seen.master != Some(bridge)) {
            link::delete(&mut self.route, &name).map_err(Error::kernel(doing))?;
            let mtu = self.mtu(settings, true);
            tunnel::make(&mut self.route, &name, number, bridge, mtu).map_err(Error::kernel(doing))?;
            seen = link::find(&mut self.route, &name).map_err(Error::kernel(doing))?;
            all = self
                .tunnel
                .away
                .iter()
                .map(|(address, node)| (*address, Some(*node)))
                .collect();
            changes = &all;
        }
        let index = seen.map(|seen| seen.index).unwrap_or_default();
        tunnel::tell(&mut self.route, index, bridge, changes)
            .map_err(Error::kernel("other nodes' addresses cannot be told"))
    }

    /// For a bridge that was made anew.
    pub fn dig_again(&mut self, settings: &Settings, bridge: u32) -> Result<(), Error> {
        match self.tunnel.away.is_empty() {
            true => Ok(()),
            false => self.dig(settings, bridge, &[]),
        }
    }

    /// An address that lives here from now on.
    pub fn come_home(&mut self, settings: &Settings, address: Ipv4Addr) -> Result<(), Error> {
        match self.tunnel.away.contains_key(&address) {
            true => self.move_away(settings, &[(address, None)]),
            false => Ok(()),
        }
    }

    /// The nodes that have a part in the VPC, as far as this one has to do with them.
    pub fn nodes(&self) -> BTreeSet<Ipv4Addr> {
        self.tunnel.away.values().copied().collect()
    }

    pub fn nodes_are_written(&mut self, nodes: BTreeSet<Ipv4Addr>) {
        self.tunnel.written = nodes;
    }

    fn addresses(&self) -> BTreeSet<Ipv4Addr> {
        let attachments = self.kept.values().filter_map(|kept| kept.attachment.as_ref());
        attachments
            .filter_map(|attachment| attachment.link.as_ref())
            .map(|link| link.address)
            .collect()
    }

    /// What is left of the time before: the tunnel and what the kernel knows of it. Without a VPC it is nobody's.
    pub fn find_tunnel(&mut self, settings: &Settings) -> Result<(), Error> {
        let (name, doing) = (settings.tunnel_name(), "tunnel to other nodes cannot be looked at");
        let seen = link::find(&mut self.route, &name).map_err(Error::kernel(doing))?;
        let Some(seen) = seen else { return Ok(()) };
        if self.vpc.number.is_none() {
            return link::delete(&mut self.route, &name).map_err(Error::kernel(doing));
        }
        let told = tunnel::told(&mut self.route, seen.index).map_err(Error::kernel(doing))?;
        self.tunnel.away = told.into_iter().collect();
        Ok(())
    }

    /// Bridge mode moves out of the way of subnets that are new here, while nobody lives there.
    fn make_room(&mut self, settings: &Settings, subnets: &[Subnet], routes: &[Cidr]) -> Result<(), Error> {
        let here = self.bridge_cidr;
        let in_the_way = subnets.iter().any(|subnet| subnet.cidr.overlaps(here));
        let may_move = settings.bridge_cidr.is_none() && !self.kept.values().any(kept::Kept::is_on_bridge);
        if !in_the_way || !may_move {
            return Ok(());
        }
        link::delete(&mut self.route, &settings.bridge_name()).map_err(Error::kernel("bridge cannot be taken away"))?;
        kept::forget_bridge_cidr(&settings.dir);
        self.bridge_cidr = kept::bridge_cidr(settings, subnets, &self.kept, routes, &mut self.route)?;
        Ok(())
    }
}

fn path(dir: &Path) -> PathBuf {
    dir.join("vpc")
}

fn keep(dir: &Path, vpc: &Vpc) -> Result<(), Error> {
    let number = vpc.number.map(|number| format!("number {number}\n"));
    let subnet = |s: &Subnet| format!("subnet {} {} {}\n", s.cidr, s.gateway, s.id);
    let text: String = number.into_iter().chain(vpc.subnets.iter().map(subnet)).collect();
    // Renamed when it is whole: half of it would be another VPC.
    let (new, path) = (dir.join("vpc.new"), path(dir));
    fs::write(&new, text).map_err(Error::file(&new))?;
    fs::rename(&new, &path).map_err(Error::file(&path))
}

/// What was learned last time; nothing when there is none, or somebody wrote something else there.
pub fn kept_vpc(dir: &Path) -> Vpc {
    let read = |text: String| {
        let mut vpc = Vpc::default();
        for line in text.lines() {
            match line.splitn(4, ' ').collect::<Vec<_>>().as_slice() {
                ["number", number] => vpc.number = Some(number.parse().ok()?),
                ["subnet", cidr, gateway, id] => vpc.subnets.push(Subnet {
                    id: (*id).to_owned(),
                    cidr: cidr.parse().ok()?,
                    gateway: gateway.parse().ok()?,
                }),
                _ => return None,
            }
        }
        check_subnets(&vpc.subnets).ok()?;
        Some(vpc)
    };
    let text = fs::read_to_string(path(dir)).ok();
    text.and_then(read).unwrap_or_default()
}

pub fn forget_vpc(dir: &Path) {
    let _ = fs::remove_file(path(dir));
}
