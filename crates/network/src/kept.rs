//! What was begun and not yet released: found on the host when it is opened, remembered from then on.

use crate::netlink::{Socket, link};
use crate::note::{Note, Notes};
use crate::pick::Held;
use crate::{Attachment, Cidr, Error, Mode, Settings, Subnet, host, netns};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

pub type AllKept = BTreeMap<String, Kept>;

pub struct Kept {
    /// `None` if its note cannot be read.
    pub attachment: Option<Attachment>,
    pub standing: Standing,
    /// Links that bear its name, which a note that cannot be read would not tell.
    pub links: Vec<String>,
    pub held: Vec<Held>,
    /// Its ports are in the table.
    pub published: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A caller is making or releasing it.
    InWork,
    Whole,
    /// A crash or an error left it so.
    Broken,
}

impl Kept {
    fn nothing() -> Kept {
        Kept {
            attachment: None,
            standing: Standing::Broken,
            links: vec![],
            held: vec![],
            published: false,
        }
    }

    /// Whether it lives, or is about to, in the block of bridge mode.
    pub fn is_on_bridge(&self) -> bool {
        let attachment = self.attachment.as_ref().filter(|_| self.standing != Standing::Broken);
        attachment.is_some_and(|attachment| attachment.mode == Mode::Bridge)
    }

    pub fn whole(&self) -> Option<&Attachment> {
        self.attachment.as_ref().filter(|_| self.standing == Standing::Whole)
    }
}

/// Everything that has our name: notes, mounted namespaces, links. Each is judged by what the kernel shows.
pub fn find(settings: &Settings, netns: &Path, notes: &Notes, route: &mut Socket) -> Result<AllKept, Error> {
    let links = link::links(route).map_err(Error::kernel("links cannot be listed"))?;
    let ours: Vec<_> = links.iter().filter(|link| settings.is_link_name(&link.name)).collect();
    let is_there = |name: &str| ours.iter().any(|link| link.name == name);
    let mut kept = AllKept::new();
    for note in notes.all(netns)? {
        let Note {
            id,
            finished,
            attachment,
        } = note;
        let link = attachment.as_ref().and_then(|attachment| attachment.link.as_ref());
        let has_all = link.is_none_or(|link| is_there(&link.host_interface)) && netns::is_mounted(&netns.join(&id));
        let links = link.iter().map(|link| link.host_interface.clone()).collect();
        let entry = kept.entry(id).or_insert_with(Kept::nothing);
        // There may be an unfinished note beside a finished one, of which it knows no more.
        if entry.standing == Standing::Broken {
            let whole = finished && attachment.is_some() && has_all;
            entry.standing = if whole { Standing::Whole } else { Standing::Broken };
            entry.published = whole;
            (entry.attachment, entry.links) = (attachment, links);
        }
    }
    for entry in fs::read_dir(netns).map_err(Error::file(netns))? {
        let name = entry.map_err(Error::file(netns))?.file_name();
        kept.entry(name.to_string_lossy().into_owned())
            .or_insert_with(Kept::nothing);
    }
    for link in ours {
        // One that has lost its alias as well is known by its name.
        let id = link.alias.clone().unwrap_or_else(|| link.name.clone());
        let entry = kept.entry(id).or_insert_with(Kept::nothing);
        if !entry.links.contains(&link.name) {
            entry.links.push(link.name.clone());
        }
    }
    Ok(kept)
}

const CIDR_FILE: &str = "bridge_cidr";

/// The block that bridge mode lives in, kept for the next time. It cannot change while somebody lives in it.
pub fn bridge_cidr(
    settings: &Settings,
    subnets: &[Subnet],
    kept: &AllKept,
    routes: &[Cidr],
    route: &mut Socket,
) -> Result<Cidr, Error> {
    let path = settings.dir.join(CIDR_FILE);
    let before: Option<Cidr> = fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok());
    let in_use = kept.values().any(Kept::is_on_bridge);
    let cidr = match (before, in_use) {
        (Some(before), true) if settings.bridge_cidr.is_some_and(|wished| wished != before) => {
            return Err(Error::BadSetting(format!(
                "containers live in {before}, so bridge mode cannot move"
            )));
        }
        (Some(before), true) => before,
        _ => host::bridge_cidr(settings, subnets, before, routes)?,
    };
    if before.is_some_and(|before| before != cidr) {
        link::delete(route, &settings.bridge_name()).map_err(Error::kernel("bridge cannot be taken away"))?;
    }
    fs::write(&path, cidr.to_string()).map_err(Error::file(&path))?;
    Ok(cidr)
}

pub fn forget_bridge_cidr(dir: &Path) {
    let _ = fs::remove_file(dir.join(CIDR_FILE));
}
