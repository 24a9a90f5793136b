//! The host as a whole: its settings under /proc/sys, its uplink, its routes.

use crate::netlink::{Socket, link};
use crate::{Cidr, Error, Settings, Subnet};
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

const FORWARD: &str = "/proc/sys/net/ipv4/ip_forward";
/// What ECS falls back to as well.
const DEFAULT_PORTS: RangeInclusive<u16> = 49153..=65535;
/// More links than this beside ours are not kept apart.
const MOST_STRANGERS: usize = 256;

/// The routes of this host by links that are not ours, the default route left out.
pub fn foreign_routes(socket: &mut Socket, settings: &Settings) -> Result<Vec<Cidr>, Error> {
    let ours = [settings.bridge_name(), settings.vpc_bridge_name()];
    let links = link::links(socket).map_err(Error::kernel("links cannot be listed"))?;
    let is_ours = |index| {
        links
            .iter()
            .any(|link| link.index == index && ours.contains(&link.name))
    };
    let routes = link::routes(socket).map_err(Error::kernel("routes cannot be listed"))?;
    let foreign = routes
        .into_iter()
        .filter(|(to, index)| to.prefix() > 0 && !is_ours(*index));
    Ok(foreign.map(|(to, _)| to).collect())
}

/// The most that fits into one packet on the way out; what is larger would be lost where fragments are.
pub fn uplink_mtu(socket: &mut Socket) -> Result<u32, Error> {
    let routes = link::routes(socket).map_err(Error::kernel("routes cannot be listed"))?;
    let links = link::links(socket).map_err(Error::kernel("links cannot be listed"))?;
    let uplink = routes.iter().find(|(to, _)| to.prefix() == 0).map(|(_, index)| *index);
    let uplink = links.iter().find(|link| Some(link.index) == uplink);
    Ok(uplink.map_or(1500, |link| link.mtu))
}

/// Where bridge mode lives: as set, as chosen before, or the first choice that nothing here overlaps.
pub fn bridge_cidr(
    settings: &Settings,
    subnets: &[Subnet],
    kept: Option<Cidr>,
    routes: &[Cidr],
) -> Result<Cidr, Error> {
    let subnets = subnets.iter().map(|subnet| subnet.cidr);
    let around: Vec<Cidr> = routes.iter().copied().chain(subnets).collect();
    let overlapping = |cidr: Cidr| around.iter().copied().find(|other| other.overlaps(cidr));
    if let Some(cidr) = settings.bridge_cidr.or(kept) {
        return match overlapping(cidr) {
            Some(route) => Err(Error::CidrTaken { cidr, route }),
            None => Ok(cidr),
        };
    }
    let mut choices = Cidr::BRIDGE_CHOICES.into_iter();
    let free = choices.find(|cidr| overlapping(*cidr).is_none());
    free.ok_or_else(|| Error::BadSetting("every block for bridge mode overlaps a route; set one".into()))
}

pub fn dynamic_ports(settings: &Settings) -> RangeInclusive<u16> {
    let kernel = || {
        let text = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
        let mut words = text.split_whitespace().map(|word| word.parse().ok());
        Some(words.next()??..=words.next()??)
    };
    let range = settings.dynamic_ports.clone().or_else(kernel).unwrap_or(DEFAULT_PORTS);
    if range.is_empty() { DEFAULT_PORTS } else { range }
}

/// Per-link settings that ours need; nothing else on the host reads them.
pub fn prepare_bridge(name: &str) -> Result<(), Error> {
    // A kernel without IPv6 has no such file, and no need of it.
    let _ = fs::write(format!("/proc/sys/net/ipv6/conf/{name}/disable_ipv6"), "1");
    let path = format!("/proc/sys/net/ipv4/conf/{name}/route_localnet");
    fs::write(&path, "1").map_err(Error::file(path))
}

/// The file that says that forwarding was off before we came, and between which links.
fn was_off(dir: &Path) -> PathBuf {
    dir.join("ip_forward_was_off")
}

/// Turns forwarding on, and tells which links were here when it was we who did: between those nothing is forwarded.
pub fn turn_forwarding_on(socket: &mut Socket, settings: &Settings) -> Result<Vec<String>, Error> {
    let note = was_off(&settings.dir);
    let is_on = fs::read_to_string(FORWARD).map_err(Error::file(FORWARD))?.trim() == "1";
    if !is_on {
        let links = link::links(socket).map_err(Error::kernel("links cannot be listed"))?;
        let strangers = links.iter().map(|link| link.name.as_str());
        let strangers = strangers
            .filter(|name| *name != "lo" && !name.starts_with("gty"))
            .take(MOST_STRANGERS);
        let text = strangers.collect::<Vec<_>>().join("\n");
        // First the note: what is turned on and not noted would stay on for ever.
        fs::write(&note, text).map_err(Error::file(&note))?;
        fs::write(FORWARD, "1").map_err(Error::file(FORWARD))?;
    }
    let text = fs::read_to_string(&note).unwrap_or_default();
    Ok(text.lines().map(str::to_owned).collect())
}

/// Turns forwarding off again if it was we who turned it on, and nobody else needs it by now.
pub fn turn_forwarding_back(dir: &Path, off: bool) -> Result<(), Error> {
    let note = was_off(dir);
    if note.exists() {
        if off {
            fs::write(FORWARD, "0").map_err(Error::file(FORWARD))?;
        }
        fs::remove_file(&note).map_err(Error::file(&note))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Settings, *};
    use std::net::Ipv4Addr;

    fn settings(bridge: Option<&str>) -> Settings {
        Settings {
            instance: "t".into(),
            dir: "/nowhere".into(),
            bridge_cidr: bridge.map(|text| text.parse().unwrap()),
            subnets: vec![Subnet {
                id: "subnet-1".into(),
                cidr: "172.31.0.0/20".parse().unwrap(),
                gateway: Ipv4Addr::new(172, 31, 0, 1),
            }],
            metadata: "127.0.0.1:51679".parse().unwrap(),
            guarded_ports: vec![],
            dynamic_ports: None,
            tunnel: false,
        }
    }

    fn bridge_cidr(settings: &Settings, kept: Option<Cidr>, routes: &[Cidr]) -> Result<Cidr, Error> {
        super::bridge_cidr(settings, &settings.subnets, kept, routes)
    }

    #[test]
    fn the_bridge_avoids_what_is_there_and_says_what_is_in_its_way() {
        let routes = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<Cidr>>();
        let free = bridge_cidr(&settings(None), None, &routes(&["192.0.2.0/24"])).unwrap();
        assert_eq!(free.to_string(), "172.30.0.0/16");
        let free = bridge_cidr(&settings(None), None, &routes(&["172.16.0.0/12"])).unwrap();
        assert_eq!(free.to_string(), "10.213.0.0/16");
        let error = bridge_cidr(&settings(Some("10.1.0.0/16")), None, &routes(&["10.1.2.0/24"])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "10.1.0.0/16 overlaps this host's route to 10.1.2.0/24"
        );
        assert!(bridge_cidr(&settings(Some("172.31.0.0/16")), None, &[]).is_err());
    }
}
