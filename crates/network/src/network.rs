//! One node's network: opened once, asked for attachments, and told to take them back.

use crate::kept::{Kept, Standing};
use crate::netlink::{Socket, link};
use crate::note::Notes;
use crate::pick::Ports;
use crate::reap::Reaper;
use crate::state::{self, State};
use crate::table::Table;
use crate::tunnel::{self, Tunnel, Vpc};
use crate::{Attach, Attachment, Cidr, Error, Found, Mode, PortBinding, PortWish, Problem, Settings, Traffic};
use crate::{host, kept, netns};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard};

/// How often to look whether a new link passes packets: it takes the kernel a fraction of a millisecond, seldom more.
const MOST_LOOKS: u32 = 1000;

pub struct Network {
    pub(crate) settings: Settings,
    /// Namespaces are mounted here.
    netns: PathBuf,
    notes: Notes,
    state: Mutex<State>,
    /// Some attachment is no longer in work.
    changed: Condvar,
    reaper: Reaper,
    /// Released when this is dropped, or when the process dies.
    _lock: (File, UnixListener),
}

impl Network {
    /// Brings the host to what it should be, whatever a crash left, without disturbing attachments that live.
    pub fn open(settings: Settings) -> Result<Network, Error> {
        settings.check()?;
        let netns = settings.dir.join("netns");
        fs::create_dir_all(&netns).map_err(Error::file(&netns))?;
        let lock = lock(&settings)?;
        let notes = Notes::open(&settings.dir)?;
        let mut route = Socket::route().map_err(Error::kernel("no socket to the kernel's routing"))?;
        let mut netfilter = Socket::netfilter().map_err(Error::kernel("no socket to the kernel's firewall"))?;
        let routes = host::foreign_routes(&mut route, &settings)?;
        let kept = kept::find(&settings, &netns, &notes, &mut route)?;
        let vpc = vpc(&settings);
        let bridge_cidr = kept::bridge_cidr(&settings, &vpc.subnets, &kept, &routes, &mut route)?;
        let strangers = host::turn_forwarding_on(&mut route, &settings)?;
        let mut table = Table::new(&settings, bridge_cidr, strangers);
        table.follow(bridge_cidr, vpc.number);
        let mut problems = state::overlaps(&vpc.subnets, &routes);
        problems.extend(table.open_docker(&mut netfilter)?);
        let mut state = State {
            uplink_mtu: host::uplink_mtu(&mut route)?,
            vpc,
            tunnel: Tunnel::default(),
            checked_bridges: BTreeSet::new(),
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
        state.find_tunnel(&settings)?;
        state.write_table()?;
        Ok(Network {
            settings,
            netns,
            notes,
            state: Mutex::new(state),
            changed: Condvar::new(),
            reaper: Reaper::new().map_err(Error::kernel("no socket to the kernel's routing"))?,
            _lock: lock,
        })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
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
        loop {
            let mut state = State::when_at_rest(self.state(), &wish.id, &self.changed)?;
            let Some(kept) = state.kept.get_mut(&wish.id) else {
                return self.attach_new(state, wish);
            };
            match kept.whole() {
                Some(there) if is_wished(there, wish) => return Ok(there.clone()),
                Some(_) => return Err(Error::Differs(wish.id.clone())),
                // What is left of an earlier one goes first.
                None => kept.standing = Standing::InWork,
            }
            drop(state);
            self.take_away(&[&wish.id])?;
        }
    }

    fn attach_new(&self, mut state: MutexGuard<'_, State>, wish: &Attach) -> Result<Attachment, Error> {
        let attachment = self.begin(&mut state, wish)?;
        drop(state);
        if let Err(error) = self.make(&attachment) {
            // The first error says why; should this fail too, `list` shows what is left.
            let _ = self.take_away(&[&wish.id]);
            return Err(error);
        }
        self.rest(&wish.id, Some(Standing::Whole));
        Ok(attachment)
    }

    /// Decides what the attachment gets, reserves it and notes it down.
    fn begin(&self, state: &mut State, wish: &Attach) -> Result<Attachment, Error> {
        let link = state.choose_link(&self.settings, &wish.mode)?;
        let ports: &[PortWish] = if wish.mode == Mode::Bridge { &wish.ports } else { &[] };
        let held = ports
            .iter()
            .map(|port| state.ports.take(port))
            .collect::<Result<Vec<_>, Error>>()?;
        let attachment = Attachment {
            id: wish.id.clone(),
            mode: wish.mode.clone(),
            netns: Some(self.netns.join(&wish.id)),
            link,
            bindings: held.iter().map(|held| held.binding).collect(),
        };
        self.notes.begin(&attachment).inspect_err(|_| {
            // Half a note would look like half an attachment.
            let _ = self.notes.remove(&wish.id);
        })?;
        let kept = Kept {
            attachment: Some(attachment.clone()),
            standing: Standing::InWork,
            links: attachment.link.iter().map(|link| link.host_interface.clone()).collect(),
            held,
            published: false,
        };
        state.kept.insert(wish.id.clone(), kept);
        Ok(attachment)
    }

    /// The namespace is made and set up without the lock, so that many attachments can be made at once.
    fn make(&self, attachment: &Attachment) -> Result<(), Error> {
        let path = self.netns.join(&attachment.id);
        let mut namespace = netns::make(&path).map_err(Error::kernel("network namespace cannot be made"))?;
        let mut port = None;
        if let Some(link) = &attachment.link {
            let mut state = self.state();
            let vpc = matches!(attachment.mode, Mode::Vpc { .. });
            let bridge = state.ensure_bridge(&self.settings, vpc)?;
            let mtu = state.mtu(&self.settings, vpc);
            port = Some((&link.host_interface, bridge));
            let pair = link::Pair {
                host_name: &link.host_interface,
                alias: &attachment.id,
                bridge,
                mtu,
                mac: link.mac,
                address: link.address,
                netns: namespace.file.as_fd(),
                inside_name: &link.interface,
            };
            if let Err(error) = link::make_pair(&mut state.route, &pair) {
                if error.kind() == io::ErrorKind::AlreadyExists {
                    // Not made by us, so not ours to take away; the next attachment has another address and name.
                    state.disown_links(&attachment.id);
                }
                return Err(Error::kernel("link cannot be made")(error));
            }
            state.publish(attachment, true)?;
        }
        let inside = attachment.link.as_ref();
        let inside = inside.map(|link| (link.interface.as_str(), link.address, link.prefix, link.gateway));
        link::set_up_inside(&mut namespace.socket, inside).map_err(Error::kernel("link cannot be set up"))?;
        self.notes.finish(&attachment.id)?;
        port.map_or(Ok(()), |(name, bridge)| self.wait_until_passes(name, bridge))
    }

    fn wait_until_passes(&self, port: &str, bridge: u32) -> Result<(), Error> {
        for _ in 0..MOST_LOOKS {
            let passes = link::passes(&mut self.state().route, port, bridge);
            if passes.map_err(Error::kernel("link cannot be looked at"))? {
                break;
            }
            std::thread::yield_now();
        }
        Ok(())
    }

    /// The caller's work on an attachment is done: it stands like this now, or is gone.
    fn rest(&self, id: &str, standing: Option<Standing>) {
        let mut state = self.state();
        match (standing, state.kept.get_mut(id)) {
            (Some(standing), Some(kept)) => kept.standing = standing,
            (Some(_), None) => {}
            (None, _) => drop(state.kept.remove(id)),
        }
        self.changed.notify_all();
    }

    /// Takes an attachment away and gives back all that it had. One that is not there is released already. The ports
    /// are free at once; the rest takes the kernel tens of milliseconds, in which others attach undisturbed.
    pub fn release(&self, id: &str) -> Result<(), Error> {
        self.release_all(&[id.to_owned()])
    }

    /// Many at once, which takes the kernel little more than one. All are tried; the first error is told.
    pub fn release_all(&self, ids: &[String]) -> Result<(), Error> {
        // In order, so that two callers with the same names wait for each other once and not for ever.
        let ids: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
        let mut result = Ok(());
        let mut claimed = Vec::new();
        for id in ids {
            match State::when_at_rest(self.state(), id, &self.changed) {
                Ok(mut state) => {
                    if let Some(kept) = state.kept.get_mut(id) {
                        kept.standing = Standing::InWork;
                        claimed.push(id);
                    }
                }
                Err(error) => result = result.and(Err(error)),
            }
        }
        result.and(self.take_away(&claimed))
    }

    /// Takes away what the caller has in work. It is gone after this, or stands as broken.
    fn take_away(&self, ids: &[&str]) -> Result<(), Error> {
        let mut result = Ok(());
        let (mut freed, mut links) = (Vec::new(), Vec::new());
        for id in ids {
            // Unlocked before the outcome is looked at, which locks again.
            let links_of = self.state().free(id);
            match links_of {
                Ok(names) => {
                    freed.push(*id);
                    links.extend(names);
                }
                Err(error) => {
                    self.rest(id, Some(Standing::Broken));
                    result = result.and(Err(error));
                }
            }
        }
        let deleted = self
            .reaper
            .delete(links)
            .map_err(Error::kernel("link cannot be taken away"));
        for id in freed {
            let removed = if deleted.is_ok() { self.remove_files(id) } else { Ok(()) };
            let gone = deleted.is_ok() && removed.is_ok();
            self.rest(id, (!gone).then_some(Standing::Broken));
            result = result.and(removed);
        }
        result.and(deleted)
    }

    fn remove_files(&self, id: &str) -> Result<(), Error> {
        netns::remove(&self.netns.join(id)).map_err(Error::kernel("network namespace cannot be taken away"))?;
        self.notes.remove(id)
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

    /// Writes the rules anew, in one step that no packet notices, and turns forwarding on: for when somebody else may
    /// have flushed the one and turned off the other.
    pub fn repair(&self) -> Result<(), Error> {
        let mut state = self.state();
        host::turn_forwarding_on(&mut state.route, &self.settings)?;
        state.write_table()?;
        let State { table, netfilter, .. } = &mut *state;
        table.open_docker(netfilter).map(drop)
    }

    /// Leaves everything to whoever opens it next, or with `purge` takes everything away, living attachments too.
    pub fn close(self, purge: bool) -> Result<(), Error> {
        if !purge {
            return Ok(());
        }
        let ids: Vec<String> = self.state().kept.keys().cloned().collect();
        self.release_all(&ids)?;
        self.leave().map(drop)
    }

    /// Takes bridges and rules away if nothing is attached any more, so that a host where nothing runs looks as it did
    /// before. Whether it was so. Who attaches afterwards must open the network anew.
    pub fn leave(&self) -> Result<bool, Error> {
        let mut state = self.state();
        if !state.kept.is_empty() {
            return Ok(false);
        }
        let settings = &self.settings;
        for link in [
            settings.tunnel_name(),
            settings.bridge_name(),
            settings.vpc_bridge_name(),
        ] {
            link::delete(&mut state.route, &link).map_err(Error::kernel("bridge cannot be taken away"))?;
        }
        tunnel::forget_vpc(&self.settings.dir);
        let State { table, netfilter, .. } = &mut *state;
        table.remove(netfilter)?;
        let off = !table.others_forward(netfilter)?;
        host::turn_forwarding_back(&self.settings.dir, off)?;
        kept::forget_bridge_cidr(&self.settings.dir);
        Ok(true)
    }
}

/// The VPC as it is known when the network is opened.
fn vpc(settings: &Settings) -> Vpc {
    let kept = tunnel::kept_vpc(&settings.dir);
    Vpc {
        number: kept.number.filter(|_| settings.tunnel),
        subnets: if settings.subnets.is_empty() {
            kept.subnets
        } else {
            settings.subnets.clone()
        },
    }
}

/// Nobody else may have this folder open, nor, in this network namespace, use our names.
fn lock(settings: &Settings) -> Result<(File, UnixListener), Error> {
    let path = settings.dir.join("lock");
    let file = File::create(&path).map_err(Error::file(&path))?;
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => Error::InUse(settings.dir.display().to_string()),
        TryLockError::Error(error) => Error::file(path)(error),
    })?;
    let name = SocketAddr::from_abstract_name(format!("gantry network {}", settings.instance));
    let name = name.map_err(Error::kernel("instance cannot be locked"))?;
    match UnixListener::bind_addr(&name) {
        Ok(socket) => Ok((file, socket)),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(Error::InUse(settings.instance.clone())),
        Err(error) => Err(Error::kernel("instance cannot be locked")(error)),
    }
}

fn check_id(id: &str) -> Result<(), Error> {
    let fine = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let good = (1..=100).contains(&id.len()) && !id.starts_with('.') && id.chars().all(fine);
    if good { Ok(()) } else { Err(Error::BadId(id.to_owned())) }
}

/// Nothing is made, so nothing is kept: a process of the host binds its ports itself.
fn host_attachment(wish: &Attach) -> Attachment {
    let binding = |port: &PortWish| PortBinding {
        container_port: port.container_port,
        host_port: port.container_port,
        protocol: port.protocol,
        host_ip: port.host_ip.unwrap_or(Ipv4Addr::UNSPECIFIED),
    };
    Attachment {
        id: wish.id.clone(),
        mode: Mode::Host,
        netns: None,
        link: None,
        bindings: wish.ports.iter().map(binding).collect(),
    }
}

/// Whether what is there is what this wish would make.
fn is_wished(there: &Attachment, wish: &Attach) -> bool {
    let ports: &[_] = if wish.mode == Mode::Bridge { &wish.ports } else { &[] };
    let same_port = |(binding, wish): (&PortBinding, &PortWish)| {
        binding.container_port == wish.container_port
            && binding.protocol == wish.protocol
            && binding.host_ip == wish.host_ip.unwrap_or(Ipv4Addr::UNSPECIFIED)
            && (wish.host_port == 0 || wish.host_port == binding.host_port)
    };
    there.mode == wish.mode && there.bindings.len() == ports.len() && there.bindings.iter().zip(ports).all(same_port)
}
