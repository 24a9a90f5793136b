//! From an id to the one who was given it.

use super::NodeSecret;
use crate::Works;
use crate::work::{Stage, Work};
use std::net::IpAddr;
use std::sync::Arc;

/// The container that was told this name of its metadata, unless it is another task that asks with it.
pub fn container(works: &Works, id: &str, caller: IpAddr) -> Option<(Arc<Work>, usize)> {
    if id.is_empty() {
        return None;
    }
    let mut all = works.values().filter(|work| !work.cleared);
    let found = all.find_map(|work| {
        let part = work.parts.iter().position(|part| part.metadata_id == id)?;
        Some((Arc::clone(work), part))
    })?;
    (!is_anothers(works, &found.0, caller)).then_some(found)
}

/// The task that was told this name of its credentials. One that is over needs none.
pub fn task(works: &Works, secret: &NodeSecret, id: &str, caller: IpAddr) -> Option<Arc<Work>> {
    let may = |work: &&Arc<Work>| work.assigned.plan.task_role.is_some() && !work.all_over();
    let work = works
        .values()
        .filter(may)
        .find(|work| secret.credentials_id(work) == id)?;
    (!is_anothers(works, work, caller)).then(|| Arc::clone(work))
}

/// The task whose own address the caller has.
pub fn by_address(works: &Works, caller: IpAddr) -> Option<Arc<Work>> {
    let mut all = works.values().filter(|work| !work.cleared);
    let found = all.find(|work| {
        let interface = work.assigned.interface.as_ref();
        interface.is_some_and(|interface| interface.address.parse() == Ok(caller))
    });
    found.cloned()
}

/// Whether the caller's address is known, and known to be another task's: then the id was stolen. An address that
/// nobody has is the machine's own, or one that was translated on the way.
fn is_anothers(works: &Works, own: &Work, caller: IpAddr) -> bool {
    let others = works.values().filter(|work| work.key() != own.key());
    !has(own, caller, |_| true)
        && others
            .filter(|work| !work.cleared)
            .any(|work| has(work, caller, is_live))
}

/// An address that a container had is another's once it has ended.
fn is_live(stage: Stage) -> bool {
    matches!(stage, Stage::Starting | Stage::Running | Stage::Restarting)
}

fn has(work: &Work, caller: IpAddr, counts: impl Fn(Stage) -> bool) -> bool {
    let is = |address: &String| address.parse() == Ok(caller);
    let interface = work.assigned.interface.as_ref();
    let mut parts = work.parts.iter().filter(|part| counts(part.stage));
    interface.is_some_and(|interface| is(&interface.address)) || parts.any(|part| part.address.as_ref().is_some_and(is))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{SECRET, task as made, with_interface, works};
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_id_finds_its_container_for_whoever_may_have_it() {
        let works = works([made(), with_interface()]);
        for caller in ["127.0.0.1", "172.31.200.3", "172.31.200.4", "10.0.0.1"] {
            let (work, part) = container(&works, "meta-setup", ip(caller)).expect("it is there");
            assert_eq!((work.key(), part), ("blue/aa01", 1), "{caller}");
        }
        assert_eq!(
            container(&works, "meta-setup", ip("127.0.0.9")),
            None,
            "another task's interface"
        );
        assert_eq!(
            container(&works, "meta-other", ip("172.31.200.3")),
            None,
            "another task's container"
        );
        let freed = container(&works, "meta-other", ip("172.31.200.4"));
        assert!(freed.is_some(), "an ended container's address may be anybody's by now");
        for unknown in ["", "meta", "meta-web2"] {
            assert_eq!(container(&works, unknown, ip("127.0.0.1")), None, "{unknown}");
        }
    }

    #[test]
    fn credentials_are_for_tasks_with_a_role_that_are_not_over() {
        let (with, without) = (made(), with_interface());
        let (id, other) = (SECRET.credentials_id(&with), SECRET.credentials_id(&without));
        let all = works([with.clone(), without]);
        let found = task(&all, &SECRET, &id, ip("127.0.0.1")).expect("it is there");
        assert_eq!(found.key(), "blue/aa01");
        assert_eq!(task(&all, &SECRET, &id, ip("127.0.0.9")), None);
        assert_eq!(task(&all, &SECRET, &other, ip("127.0.0.1")), None, "no role");
        assert_eq!(task(&all, &SECRET, "", ip("127.0.0.1")), None);
        let mut over = with;
        over.parts[0].stage = Stage::Over;
        assert_eq!(task(&works([over]), &SECRET, &id, ip("127.0.0.1")), None);
    }
}
