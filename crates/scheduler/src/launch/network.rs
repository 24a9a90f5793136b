//! Interfaces: each task of network mode `awsvpc` gets one, in one of the subnets that its template names.

use crate::Constraint;
use crate::query::Expression;
use model::vpc::{self, NewInterface};
use model::{LaunchType, Node, Subnet, SubnetLedger, Task, VpcWish};
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{Key, Tx, View};

/// The subnets that a template names, as far as they are there.
#[derive(Clone, Debug)]
pub struct Wanted {
    subnets: Vec<Arc<Subnet>>,
    security_groups: Vec<String>,
    launch_type: LaunchType,
}

impl Wanted {
    pub fn new(view: &View, wish: &VpcWish, launch_type: LaunchType) -> Wanted {
        let subnet = |id: &String| view.get::<Subnet>(&Subnet::key_of(id));
        Wanted {
            subnets: wish.subnets.iter().filter_map(subnet).collect(),
            security_groups: wish.security_groups.clone(),
            launch_type,
        }
    }

    /// The zones to run in: those of the subnets, without the ones where no address is free, unless none is anywhere.
    fn zones(&self, view: &View) -> BTreeSet<&str> {
        let free = |subnet: &&Arc<Subnet>| {
            let ledger = view.get::<SubnetLedger>(&SubnetLedger::key_of(&subnet.id));
            ledger.is_none_or(|ledger| ledger.taken < subnet.usable())
        };
        let with_room: BTreeSet<&str> = self.subnets.iter().filter(free).map(|s| s.zone.as_str()).collect();
        if with_room.is_empty() {
            return self.subnets.iter().map(|s| s.zone.as_str()).collect();
        }
        with_room
    }

    /// What the subnets ask of nodes that people see: to be in their zones, if they are in any. Of FARGATE's nobody knows
    /// where they are: see [`Wanted::near`].
    pub fn constraint(&self, view: &View) -> Option<Constraint> {
        let zones = self.zones(view);
        let everywhere = || {
            view.scan::<Subnet>(&Key::all())
                .all(|s| zones.contains(s.zone.as_str()))
        };
        if self.launch_type == LaunchType::Fargate || everywhere() {
            return None;
        }
        let zones: Vec<&str> = zones.into_iter().collect();
        let zone = format!("attribute:{}", Node::ZONE);
        let text = format!("{zone} in [{}] or {zone} !exists", zones.join(", "));
        let expression = Expression::parse(&text).expect("zones are plain words of the cluster query language");
        Some(Constraint::MemberOf(expression))
    }

    /// Which nodes FARGATE prefers: those in the zones of the subnets. Where there are none it takes the others: a machine
    /// that stands alone stands for every zone.
    pub fn near(&self, view: &View) -> Option<Expression> {
        let zones: Vec<&str> = self.zones(view).into_iter().collect();
        if self.launch_type != LaunchType::Fargate || zones.is_empty() {
            return None;
        }
        let text = format!("attribute:{} in [{}]", Node::ZONE, zones.join(", "));
        Some(Expression::parse(&text).expect("zones are plain words of the cluster query language"))
    }

    /// Gives the task an interface for that node, or says what is missing.
    pub fn attach(&self, tx: &mut Tx, task: &mut Task, node: &Node, new: &NewInterface) -> Result<(), String> {
        let zone = node.attribute(Node::ZONE);
        let near: Vec<&Arc<Subnet>> = self.subnets.iter().filter(|s| Some(s.zone.as_str()) == zone).collect();
        let anywhere = zone.is_none() || self.launch_type == LaunchType::Fargate;
        let subnets = match near.as_slice() {
            [] if anywhere => self.subnets.iter().collect(),
            [] => return Err(format!("no subnet is in {}", zone.unwrap_or_default())),
            _ => near,
        };
        for subnet in &subnets {
            if vpc::attach(tx, task, subnet, &self.security_groups, new) {
                task.availability_zone = Some(subnet.zone.clone());
                return Ok(());
            }
        }
        let ids: Vec<&str> = subnets.iter().map(|s| s.id.as_str()).collect();
        Err(format!("{} has no address left", ids.join(", ")))
    }
}
