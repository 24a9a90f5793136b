//! One node's network: opened once, asked for attachments, and told to take them back.

use crate::netlink::nft::Batch;
use crate::netlink::{Socket, conntrack, link};
use crate::note::{Note, Notes};
use crate::pick::{self, Held, Ports};
use crate::table::Table;
use crate::{Attach, Attachment, Cidr, Error, Found, Link, Mac, Mode, Problem, Settings, Subnet, Traffic};
use crate::{host, netns};
use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

/// The name of every link inside.
const INSIDE: &str = "eth0";

pub struct Network {
    settings: Settings,
    /// Namespaces are mounted here.
    netns: PathBuf,
    notes: Notes,
    state: Mutex<State>,
    /// One process a directory: released when this is dropped, or when the process dies.
    _lock: File,
}

struct State {
    route: Socket,
    netfilter: Socket,
    table: Table,
    bridge_cidr: Cidr,
    mtu: u32,
    ports: Ports,
    kept: BTreeMap<String, Kept>,
    /// Where the search for the next address goes on, for each block.
    last: BTreeMap<u32, Ipv4Addr>,
    problems: Vec<Problem>,
}

/// What we know of an attachment that was begun and not yet released.
struct Kept {
    attachment: Option<Attachment>,
    finished: bool,
    /// Links that bear its name, which a note that cannot be read would not tell.
    links: Vec<String>,
    held: Vec<Held>,
}

impl Kept {
    fn whole(&self) -> Option<&Attachment> {
        self.attachment.as_ref().filter(|_| self.finished)
    }
}

impl Network {
    /// Brings the host to what it should be, whatever a crash left, without disturbing attachments that live.
    pub fn open(settings: Settings) -> Result<Network, Error> {
        settings.check()?;
        let netns = settings.dir.join("netns");
        fs::create_dir_all(&netns).map_err(Error::file(&netns))?;
        let lock = lock(&settings.dir)?;
        let notes = Notes::open(&settings.dir)?;
        let mut route = Socket::route().map_err(Error::kernel("no socket to the kernel's routing"))?;
        let mut netfilter = Socket::netfilter().map_err(Error::kernel("no socket to the kernel's firewall"))?;
        let routes = host::foreign_routes(&mut route, &settings)?;
        let kept = find_kept(&settings, &netns, &notes, &mut route)?;
        let bridge_cidr = keep_bridge_cidr(&settings, &kept, &routes, &mut route)?;
        let strangers = host::turn_forwarding_on(&mut route, &settings)?;
        let table = Table::new(&settings, bridge_cidr, strangers);
        let mut problems = overlaps(&settings.subnets, &routes);
        problems.extend(table.open_docker(&mut netfilter)?);
        let mut state = State {
            mtu: host::uplink_mtu(&mut route)?,
            ports: Ports::new(host::dynamic_ports(&settings)),
            route,
            netfilter,
            table,
            bridge_cidr,
            kept,
            last: BTreeMap::new(),
            problems,
        };
        state.hold_again();
        state.write_table()?;
        Ok(Network {
            settings,
            netns,
            notes,
            state: Mutex::new(state),
            _lock: lock,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the state")
    }

    /// What limits this host's network; to be told to people once.
    pub fn problems(&self) -> Vec<Problem> {
        self.state().problems.clone()
    }

    /// Where bridge attachments live.
    pub fn bridge_cidr(&self) -> Cidr {
        self.state().bridge_cidr
    }

    /// Makes an attachment, or answers with the one that is there if it was made to the same wish. What fails leaves
    /// nothing behind.
    pub fn attach(&self, wish: &Attach) -> Result<Attachment, Error> {
        check_id(&wish.id)?;
        if wish.mode == Mode::Host {
            return Ok(host_attachment(wish));
        }
        let attachment = match self.begin(wish)? {
            Begun::There(attachment) => return Ok(attachment),
            Begun::New(attachment) => attachment,
        };
        let made = self.make(&attachment);
        if made.is_err() {
            // The first error says why; should this fail too, `list` shows what is left.
            let _ = self.release(&wish.id);
        }
        made.map(|()| attachment)
    }

    /// Decides what the attachment gets, reserves it and notes it down.
    fn begin(&self, wish: &Attach) -> Result<Begun, Error> {
        let mut state = self.state();
        match state.kept.get(&wish.id).map(Kept::whole) {
            Some(Some(there)) if is_wished(there, wish) => return Ok(Begun::There(there.clone())),
            Some(Some(_)) => return Err(Error::Differs(wish.id.clone())),
            Some(None) => self.release_in(&mut state, &wish.id)?,
            None => {}
        }
        let link = state.choose_link(&self.settings, &wish.mode)?;
        let mut held = Vec::new();
        if wish.mode == Mode::Bridge {
            for port in &wish.ports {
                held.push(state.ports.take(port)?);
            }
        }
        let attachment = Attachment {
            id: wish.id.clone(),
            mode: wish.mode.clone(),
            netns: Some(self.netns.join(&wish.id)),
            link,
            bindings: held.iter().map(|held| held.binding).collect(),
        };
        self.notes.begin(&attachment)?;
        let kept = Kept {
            attachment: Some(attachment.clone()),
            finished: false,
            links: attachment.link.iter().map(|link| link.host_interface.clone()).collect(),
            held,
        };
        state.kept.insert(wish.id.clone(), kept);
        Ok(Begun::New(attachment))
    }

    /// The namespace is made without the lock, so that many attachments can be made at once.
    fn make(&self, attachment: &Attachment) -> Result<(), Error> {
        let path = self.netns.join(&attachment.id);
        let mut namespace = netns::make(&path).map_err(Error::kernel("network namespace cannot be made"))?;
        if let Some(link) = &attachment.link {
            let mut state = self.state();
            let (bridge, mtu) = (state.ensure_bridge(&self.settings, &attachment.mode)?, state.mtu);
            let pair = link::Pair {
                host_name: &link.host_interface,
                alias: &attachment.id,
                bridge,
                mtu,
                mac: link.mac,
                netns: namespace.file.as_fd(),
                inside_name: &link.interface,
            };
            link::make_pair(&mut state.route, &pair).map_err(Error::kernel("link cannot be made"))?;
            state.publish(attachment)?;
        }
        let inside = attachment.link.as_ref();
        let inside = inside.map(|link| (link.interface.as_str(), link.address, link.prefix, link.gateway));
        link::set_up_inside(&mut namespace.socket, inside).map_err(Error::kernel("link cannot be set up"))?;
        self.notes.finish(&attachment.id)?;
        if let Some(kept) = self.state().kept.get_mut(&attachment.id) {
            kept.finished = true;
        }
        Ok(())
    }

    /// Takes an attachment away and gives back all that it had. One that is not there is released already.
    pub fn release(&self, id: &str) -> Result<(), Error> {
        self.release_in(&mut self.state(), id)
    }

    fn release_in(&self, state: &mut State, id: &str) -> Result<(), Error> {
        let Some(kept) = state.kept.get_mut(id) else {
            return Ok(());
        };
        kept.finished = false;
        let (links, attachment) = (kept.links.clone(), kept.attachment.clone());
        if let Some(attachment) = attachment.filter(|attachment| !attachment.bindings.is_empty()) {
            state.unpublish(id, &attachment)?;
        }
        for link in links {
            link::delete(&mut state.route, &link).map_err(Error::kernel("link cannot be taken away"))?;
        }
        netns::remove(&self.netns.join(id)).map_err(Error::kernel("network namespace cannot be taken away"))?;
        self.notes.remove(id)?;
        state.kept.remove(id);
        Ok(())
    }

    /// All that stands on this host under our name, whole or not. Attachments being made by other threads show as not
    /// whole, so list before you attach.
    pub fn list(&self) -> Vec<Found> {
        let state = self.state();
        let found = state.kept.iter().map(|(id, kept)| Found {
            id: id.clone(),
            attachment: kept.whole().cloned(),
        });
        found.collect()
    }

    /// What went through an attachment; `None` if it has no link, or is not there.
    pub fn traffic(&self, id: &str) -> Result<Option<Traffic>, Error> {
        let mut state = self.state();
        let attachment = state.kept.get(id).and_then(Kept::whole);
        let Some(link) = attachment.and_then(|attachment| attachment.link.as_ref()) else {
            return Ok(None);
        };
        let name = link.host_interface.clone();
        link::traffic(&mut state.route, &name).map_err(Error::kernel("counters cannot be read"))
    }

    /// Writes the rules anew, in one step that no packet notices: for when somebody else may have flushed them.
    pub fn repair(&self) -> Result<(), Error> {
        let mut state = self.state();
        state.write_table()?;
        let State { table, netfilter, .. } = &mut *state;
        table.open_docker(netfilter).map(drop)
    }

    /// Leaves everything to whoever opens it next, or with `purge` takes everything away, living attachments too.
    pub fn close(self, purge: bool) -> Result<(), Error> {
        if !purge {
            return Ok(());
        }
        let mut state = self.state();
        for id in state.kept.keys().cloned().collect::<Vec<_>>() {
            self.release_in(&mut state, &id)?;
        }
        for bridge in [self.settings.bridge_name(), self.settings.vpc_bridge_name()] {
            link::delete(&mut state.route, &bridge).map_err(Error::kernel("bridge cannot be taken away"))?;
        }
        let State { table, netfilter, .. } = &mut *state;
        table.remove(netfilter)?;
        host::turn_forwarding_back(&self.settings.dir)?;
        let _ = fs::remove_file(self.settings.dir.join(CIDR_FILE));
        Ok(())
    }
}

enum Begun {
    There(Attachment),
    New(Attachment),
}

impl State {
    fn hold_again(&mut self) {
        for (id, kept) in &mut self.kept {
            let Some(attachment) = kept.attachment.as_ref().filter(|_| kept.finished) else {
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

    fn write_table(&mut self) -> Result<(), Error> {
        let whole = self.kept.values().filter_map(Kept::whole);
        let batch = self.table.write(whole);
        batch
            .send(&mut self.netfilter)
            .map_err(Error::kernel("firewall table cannot be written"))
    }

    fn choose_link(&mut self, settings: &Settings, mode: &Mode) -> Result<Option<Link>, Error> {
        let (cidr, gateway, wished, mac) = match mode {
            Mode::Host | Mode::None => return Ok(None),
            Mode::Bridge => (self.bridge_cidr, gateway(self.bridge_cidr), None, None),
            Mode::Vpc { subnet, address, mac } => {
                let found = settings.subnets.iter().find(|known| known.id == *subnet);
                let found = found.ok_or_else(|| Error::UnknownSubnet(subnet.clone()))?;
                self.refuse_overlap(subnet)?;
                (found.cidr, found.gateway, *address, *mac)
            }
        };
        let links = self
            .kept
            .values()
            .filter_map(|kept| kept.attachment.as_ref()?.link.as_ref());
        let taken: std::collections::HashSet<Ipv4Addr> = links.map(|link| link.address).collect();
        // A link that lost its note still has its address.
        let names: std::collections::HashSet<&str> = self
            .kept
            .values()
            .flat_map(|kept| kept.links.iter().map(String::as_str))
            .collect();
        let is_taken = |address| taken.contains(&address) || names.contains(settings.link_name(address).as_str());
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

    /// The bridge of a mode, made if it is not there. Looked up each time: somebody may have deleted it.
    fn ensure_bridge(&mut self, settings: &Settings, mode: &Mode) -> Result<u32, Error> {
        let (name, addresses) = match mode {
            Mode::Vpc { .. } => {
                let free = settings
                    .subnets
                    .iter()
                    .filter(|subnet| self.refuse_overlap(&subnet.id).is_ok());
                let addresses = free.map(|subnet| (subnet.gateway, subnet.cidr.prefix()));
                (settings.vpc_bridge_name(), addresses.collect::<Vec<_>>())
            }
            _ => {
                let address = (gateway(self.bridge_cidr), self.bridge_cidr.prefix());
                (settings.bridge_name(), vec![address])
            }
        };
        let doing = "bridge cannot be made";
        if let Some(seen) = link::find(&mut self.route, &name).map_err(Error::kernel(doing))? {
            return Ok(seen.index);
        }
        let mac = addresses
            .first()
            .map_or(Mac([0x02, 0x67, 0, 0, 0, 1]), |(address, _)| Mac::of(*address));
        link::make_bridge(&mut self.route, &name, mac, self.mtu).map_err(Error::kernel(doing))?;
        host::prepare_bridge(&name)?;
        let seen = link::find(&mut self.route, &name).map_err(Error::kernel(doing))?;
        let index = seen.map(|seen| seen.index).unwrap_or_default();
        for (address, prefix) in addresses {
            link::add_address(&mut self.route, index, address, prefix).map_err(Error::kernel(doing))?;
        }
        Ok(index)
    }

    fn publish(&mut self, attachment: &Attachment) -> Result<(), Error> {
        if attachment.bindings.is_empty() {
            return Ok(());
        }
        let doing = "ports cannot be published";
        if self.table.publish(attachment).send(&mut self.netfilter).is_err() {
            // The table is not what we left; somebody flushed it, or put our ports there. Ours is whole after this.
            self.write_table()?;
            let batch: Batch = self.table.publish(attachment);
            batch.send(&mut self.netfilter).map_err(Error::kernel(doing))?;
        }
        self.forget_flows(attachment)
    }

    fn unpublish(&mut self, id: &str, attachment: &Attachment) -> Result<(), Error> {
        // Not there, if a crash came before it was published or somebody flushed the table: then all is written anew,
        // without this one, which is finished no more.
        if self.table.unpublish(attachment).send(&mut self.netfilter).is_err() {
            self.write_table()?;
        }
        if let Some(kept) = self.kept.get_mut(id) {
            kept.held.clear();
        }
        self.forget_flows(attachment)
    }

    fn forget_flows(&mut self, attachment: &Attachment) -> Result<(), Error> {
        conntrack::forget_udp(&mut self.netfilter, &attachment.bindings)
            .map_err(Error::kernel("old flows cannot be forgotten"))
    }
}

const CIDR_FILE: &str = "bridge_cidr";

/// The router of a block is its first address.
fn gateway(cidr: Cidr) -> Ipv4Addr {
    cidr.nth(1).expect("a block has four addresses or more")
}

fn block_key(link: &Link) -> u32 {
    Cidr::route(link.address, link.prefix).base().into()
}

fn lock(dir: &Path) -> Result<File, Error> {
    let path = dir.join("lock");
    let file = File::create(&path).map_err(Error::file(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse(dir.to_owned())),
        Err(TryLockError::Error(error)) => Err(Error::file(path)(error)),
    }
}

fn check_id(id: &str) -> Result<(), Error> {
    let fine = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let good = (1..=100).contains(&id.len()) && !id.starts_with('.') && id.chars().all(fine);
    if good { Ok(()) } else { Err(Error::BadId(id.to_owned())) }
}

fn host_attachment(wish: &Attach) -> Attachment {
    Attachment {
        id: wish.id.clone(),
        mode: Mode::Host,
        netns: None,
        link: None,
        bindings: vec![],
    }
}

/// Whether what is there is what this wish would make.
fn is_wished(there: &Attachment, wish: &Attach) -> bool {
    let ports: &[_] = if wish.mode == Mode::Bridge { &wish.ports } else { &[] };
    let same_port = |(binding, wish): (&crate::PortBinding, &crate::PortWish)| {
        binding.container_port == wish.container_port
            && binding.protocol == wish.protocol
            && binding.host_ip == wish.host_ip.unwrap_or(Ipv4Addr::UNSPECIFIED)
            && (wish.host_port == 0 || wish.host_port == binding.host_port)
    };
    there.mode == wish.mode && there.bindings.len() == ports.len() && there.bindings.iter().zip(ports).all(same_port)
}

/// Everything that has our name: notes, mounted namespaces, links. Each is judged by what the kernel shows.
fn find_kept(
    settings: &Settings,
    netns: &Path,
    notes: &Notes,
    route: &mut Socket,
) -> Result<BTreeMap<String, Kept>, Error> {
    let links = link::links(route).map_err(Error::kernel("links cannot be listed"))?;
    let ours: Vec<_> = links.iter().filter(|link| settings.is_link_name(&link.name)).collect();
    let mut kept: BTreeMap<String, Kept> = BTreeMap::new();
    let nothing = || Kept {
        attachment: None,
        finished: false,
        links: vec![],
        held: vec![],
    };
    for note in notes.all(netns)? {
        let Note {
            id,
            finished,
            attachment,
        } = note;
        let has_link = |name: &str| ours.iter().any(|link| link.name == name);
        let link = attachment.as_ref().and_then(|attachment| attachment.link.as_ref());
        let finished =
            finished && link.is_none_or(|link| has_link(&link.host_interface)) && netns::is_mounted(&netns.join(&id));
        let links = link.iter().map(|link| link.host_interface.clone()).collect();
        // Both an unfinished note and a finished one: the finished one tells more.
        let entry = kept.entry(id).or_insert_with(nothing);
        if finished || !entry.finished {
            (entry.attachment, entry.finished, entry.links) = (attachment, finished, links);
        }
    }
    let entries = fs::read_dir(netns).map_err(Error::file(netns))?;
    for entry in entries {
        let entry = entry.map_err(Error::file(netns))?;
        kept.entry(entry.file_name().to_string_lossy().into_owned())
            .or_insert_with(nothing);
    }
    for link in ours {
        // Older or foreign hands may leave a link without an alias; its name will do for an id.
        let id = link.alias.clone().unwrap_or_else(|| link.name.clone());
        let entry = kept.entry(id).or_insert_with(nothing);
        if !entry.links.contains(&link.name) {
            entry.links.push(link.name.clone());
        }
    }
    Ok(kept)
}

/// The block that bridge mode lives in, kept for the next time. It cannot change while somebody lives in it.
fn keep_bridge_cidr(
    settings: &Settings,
    kept: &BTreeMap<String, Kept>,
    routes: &[Cidr],
    route: &mut Socket,
) -> Result<Cidr, Error> {
    let path = settings.dir.join(CIDR_FILE);
    let before: Option<Cidr> = fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok());
    let in_use = kept
        .values()
        .filter_map(Kept::whole)
        .any(|attachment| attachment.mode == Mode::Bridge);
    let cidr = match (before, in_use) {
        (Some(before), true) if settings.bridge_cidr.is_some_and(|wished| wished != before) => {
            return Err(Error::BadSetting(format!(
                "containers live in {before}, so bridge mode cannot move"
            )));
        }
        (Some(before), true) => before,
        _ => host::bridge_cidr(settings, before, routes)?,
    };
    if before.is_some_and(|before| before != cidr) {
        link::delete(route, &settings.bridge_name()).map_err(Error::kernel("bridge cannot be taken away"))?;
    }
    fs::write(&path, cidr.to_string()).map_err(Error::file(&path))?;
    Ok(cidr)
}

fn overlaps(subnets: &[Subnet], routes: &[Cidr]) -> Vec<Problem> {
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
