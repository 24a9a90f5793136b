//! Our table in the host's firewall, and the one place in another's where ours must be let through.

use crate::netlink::Socket;
use crate::netlink::nft::{self, Batch, SeenChain, hook, name_bytes};
use crate::rules::{self, Ground};
use crate::{Attachment, Cidr, Error, Problem, Settings};
use std::io;
use std::net::Ipv4Addr;

/// Docker makes this chain for other people's rules and keeps it through its own restarts.
const DOCKER: (&str, &str) = ("filter", "DOCKER-USER");
const IPV4: u8 = 2;
const BOTH: u8 = 1;

pub struct Table {
    name: String,
    bridges: [String; 2],
    bridge_cidr: Cidr,
    metadata: std::net::SocketAddrV4,
    guarded_ports: Vec<u16>,
    strangers: Vec<String>,
    /// The number of the tunnel to other nodes.
    tunnel: Option<u32>,
}

impl Table {
    pub fn new(settings: &Settings, bridge_cidr: Cidr, strangers: Vec<String>) -> Table {
        Table {
            name: settings.table_name(),
            bridges: [settings.bridge_name(), settings.vpc_bridge_name()],
            bridge_cidr,
            metadata: settings.metadata,
            guarded_ports: settings.guarded_ports.clone(),
            strangers,
            tunnel: None,
        }
    }

    /// Follows what the node learned; the table is to be written after this.
    pub fn follow(&mut self, bridge_cidr: Cidr, tunnel: Option<u32>) {
        (self.bridge_cidr, self.tunnel) = (bridge_cidr, tunnel);
    }

    /// The whole table anew. Connections that live go on: the kernel remembers them apart from the rules.
    pub fn write<'a>(
        &self,
        attachments: impl Iterator<Item = &'a Attachment>,
        nodes: impl Iterator<Item = Ipv4Addr>,
    ) -> Batch {
        let mut batch = Batch::new(&self.name);
        // Added first, so that there is one to delete.
        batch.add_table();
        batch.delete_table();
        batch.add_table();
        for (number, set) in (1..).zip(&rules::SETS) {
            batch.add_set(set, number);
        }
        let strangers: Vec<_> = self
            .strangers
            .iter()
            .map(|name| (name_bytes(name).to_vec(), None))
            .collect();
        batch.add_elements(rules::STRANGERS, &strangers);
        let nodes: Vec<_> = nodes.map(|node| (node.octets().to_vec(), None)).collect();
        batch.add_elements(rules::NODES, &nodes);
        let ground = Ground {
            bridge: &self.bridges[0],
            bridge_cidr: self.bridge_cidr,
            vpc_bridge: &self.bridges[1],
            metadata: self.metadata,
            guarded_ports: &self.guarded_ports,
            tunnel: self.tunnel,
        };
        for chain in rules::chains(&ground) {
            batch.add_chain(&chain);
        }
        add_ports(&mut batch, attachments);
        batch
    }

    pub fn publish(&self, attachment: &Attachment) -> Batch {
        let mut batch = Batch::new(&self.name);
        add_ports(&mut batch, std::iter::once(attachment));
        batch
    }

    pub fn unpublish(&self, attachment: &Attachment) -> Batch {
        let mut batch = Batch::new(&self.name);
        for (map, elements) in elements(std::iter::once(attachment)) {
            batch.delete_elements(map, &elements);
        }
        batch
    }

    /// Lets our bridges through where Docker drops what it does not know, and tells of firewalls that drop and have no
    /// such place.
    pub fn open_docker(&self, socket: &mut Socket) -> Result<Vec<Problem>, Error> {
        let seen = nft::chains(socket).map_err(Error::kernel("firewall chains cannot be listed"))?;
        let has_docker = seen.iter().any(is_docker);
        if has_docker {
            self.rewrite_docker(socket, true)?;
        }
        let helped = |chain: &SeenChain| has_docker && chain.family == IPV4 && chain.table == DOCKER.0;
        let concerned = seen.iter().filter(|chain| [IPV4, BOTH].contains(&chain.family));
        let problem = |chain: &SeenChain| {
            let (table, name) = (chain.table.clone(), chain.name.clone());
            match chain.hook.filter(|_| chain.drops)? {
                hook::FORWARD if !helped(chain) => Some(Problem::ForwardDropped { table, chain: name }),
                hook::INPUT => Some(Problem::InputDropped { table, chain: name }),
                _ => None,
            }
        };
        Ok(concerned.filter_map(problem).collect())
    }

    fn rewrite_docker(&self, socket: &mut Socket, add: bool) -> Result<(), Error> {
        let (table, chain) = DOCKER;
        let doing = "Docker's chain cannot be told of our bridges";
        let old = nft::rules_with_comment(socket, table, chain, &self.name).map_err(Error::kernel(doing))?;
        let mut batch = Batch::new(table);
        old.iter().for_each(|handle| batch.delete_rule(chain, handle));
        if add {
            for rule in rules::for_docker([&self.bridges[0], &self.bridges[1]]) {
                batch.add_rule(chain, 0, &rule, Some(&self.name));
            }
        }
        batch.send(socket).map_err(Error::kernel(doing))
    }

    /// Whether another firewall, or another node of ours, has a say about forwarded packets, and so may live on it.
    pub fn others_forward(&self, socket: &mut Socket) -> Result<bool, Error> {
        let seen = nft::chains(socket).map_err(Error::kernel("firewall chains cannot be listed"))?;
        Ok(seen
            .iter()
            .any(|chain| chain.hook == Some(hook::FORWARD) && chain.table != self.name))
    }

    pub fn remove(&self, socket: &mut Socket) -> Result<(), Error> {
        let seen = nft::chains(socket).map_err(Error::kernel("firewall chains cannot be listed"))?;
        if seen.iter().any(is_docker) {
            self.rewrite_docker(socket, false)?;
        }
        let mut batch = Batch::new(&self.name);
        batch.add_table();
        batch.delete_table();
        let removed: io::Result<()> = batch.send(socket);
        removed.map_err(Error::kernel("firewall table cannot be taken away"))
    }
}

fn is_docker(chain: &SeenChain) -> bool {
    chain.family == IPV4 && (chain.table.as_str(), chain.name.as_str()) == DOCKER
}

/// Elements for each of the two maps of ports.
fn elements<'a>(attachments: impl Iterator<Item = &'a Attachment>) -> [(&'static str, Vec<nft::Element>); 2] {
    let mut maps = [(rules::PORTS, Vec::new()), (rules::PORTS_AT, Vec::new())];
    for attachment in attachments {
        let Some(link) = &attachment.link else { continue };
        for binding in &attachment.bindings {
            let (map, element) = rules::element(binding, link.address);
            maps.iter_mut()
                .filter(|(name, _)| *name == map)
                .for_each(|(_, list)| list.push(element.clone()));
        }
    }
    maps
}

fn add_ports<'a>(batch: &mut Batch, attachments: impl Iterator<Item = &'a Attachment>) {
    for (map, elements) in elements(attachments) {
        batch.add_elements(map, &elements);
    }
}
