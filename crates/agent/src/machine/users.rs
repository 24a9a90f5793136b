//! Users of their own for tasks that share a machine with strangers: in a FARGATE task root is nobody on the machine.
//!
//! Not every kernel and file system can map the owners of an image's files (overlay on mapped layers needs 5.19, and the
//! file system below must agree). Where a first task shows that it cannot be done, it is said once, and tasks run as
//! they do on EC2: root inside is root outside, held by capabilities, seccomp, namespaces and read-only kernel files.

use super::Machine;
use crate::work::Work;
use runtime::spec::{ContainerSpec, UserNamespace};
use runtime::{Error, Started};
use std::sync::atomic::Ordering;

/// Users that a task has.
const COUNT: u32 = 65_536;

/// Where those of the first task begin: beyond what distributions give to people and their containers.
const FIRST: u32 = 1 << 30;

/// The numbers on the machine that a task's users are, unlike any other task's that lives: they follow from its address,
/// and the subnets of a VPC are within its first quarter.
pub fn of(work: &Work) -> Option<UserNamespace> {
    if work.assigned.launch_type != "FARGATE" {
        return None;
    }
    let address: std::net::Ipv4Addr = work.assigned.interface.as_ref()?.address.parse().ok()?;
    let first = FIRST + (u32::from(address) & 0x3fff) * COUNT;
    Some(UserNamespace {
        host_uid: first,
        host_gid: first,
        count: COUNT,
    })
}

/// Runs a container, without users of its own if this machine cannot give it any.
pub async fn run(machine: &Machine, spec: &mut ContainerSpec) -> Result<Started, Error> {
    if !machine.gives_users.load(Ordering::Relaxed) {
        spec.user_namespace = None;
    }
    let first = machine.runtime.run(spec).await;
    if !is_about_users(spec, &first) {
        return first;
    }
    // Once more, so that nothing that passes is taken for what the machine cannot do.
    machine.runtime.remove(&spec.id).await?;
    let again = machine.runtime.run(spec).await;
    if !is_about_users(spec, &again) {
        return again;
    }
    let users = spec.user_namespace.take();
    machine.runtime.remove(&spec.id).await?;
    let Ok(started) = machine.runtime.run(spec).await else {
        spec.user_namespace = users;
        return again; // they were not it
    };
    if let (true, Err(error)) = (machine.gives_users.swap(false, Ordering::Relaxed), again) {
        tracing::warn!(%error, "FARGATE tasks have no users of their own here: root in them is root");
    }
    Ok(started)
}

/// Whether that it did not start may be for its users. A starter that was killed did not even say so.
fn is_about_users(spec: &ContainerSpec, started: &Result<Started, Error>) -> bool {
    let said = match started {
        Err(Error::Build { step, .. }) => step != "start",
        Err(Error::Spec(_)) => true,
        _ => false,
    };
    said && spec.user_namespace.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use link::{Assignment, Interface};

    fn work(launch_type: &str, address: &str) -> Work {
        let assigned = Assignment {
            launch_type: launch_type.to_string(),
            interface: Some(Interface {
                address: address.to_string(),
                ..Default::default()
            }),
            ..Default::default()
        };
        Work::new(assigned, || unreachable!("it has no containers"))
    }

    #[test]
    fn a_starter_that_was_killed_tells_nothing_of_users() {
        let failed = |step: &str| {
            Err(Error::Build {
                step: step.to_string(),
                text: String::new(),
            })
        };
        let mut spec = ContainerSpec::default();
        assert!(!is_about_users(&spec, &failed("open the layer")), "it asks for none");
        spec.user_namespace = of(&work("FARGATE", "172.31.0.5"));
        assert!(is_about_users(&spec, &failed("open the layer")));
        assert!(!is_about_users(&spec, &failed("start")));
        assert!(!is_about_users(&spec, &Err(Error::Exists(String::new()))));
    }

    #[test]
    fn no_two_addresses_have_a_user_in_common() {
        assert_eq!(of(&work("EC2", "172.31.0.5")), None);
        let first = |address| of(&work("FARGATE", address)).map(|users| users.host_uid);
        assert_eq!(first("172.31.0.5"), Some(FIRST + 5 * COUNT));
        assert_eq!(first("172.31.0.6"), Some(FIRST + 6 * COUNT));
        assert_eq!(first("172.31.47.254"), Some(FIRST + 0x2ffe * COUNT));
    }
}
