//! What agents tell: SubmitTaskStateChange and its kin. News may come twice and late; what is told turns into state in
//! `model::report`, where simulated nodes and sessions bring it too.

pub mod attachments;
pub mod container;
pub mod task;

use crate::ecs::{fault, names};
use api::ecs;
use base::Scope;
use model::ledger::NotMoved;
use model::report::{self, ContainerReport, TaskReport};
use model::{NetworkInterface, Port, Task, TaskStatus};
use store::{Key, Tx, View};
use wire::Fault;

const ACK: &str = "ACK";

/// Reasons are cut by the agent at this length, and what is longer is not from one.
const MOST_REASON: usize = 1024;
/// Ports that one container may bind, ranges counted in full.
const MOST_PORTS: usize = 1000;

/// Applies a report about a task of a cluster.
fn tell(tx: &mut Tx, scope: &Scope, cluster: &str, given: &str, report: &TaskReport) -> Result<(), Fault> {
    names::active_cluster(tx, cluster)?;
    let id = names::member_id(scope, "task", cluster, given)?;
    match report::apply(tx, &Task::key_of(cluster, &id), report) {
        Ok(_) => Ok(()),
        Err(NotMoved::Unknown) => Err(fault::invalid("The referenced task was not found.")),
        Err(NotMoved::Bad(bad)) => Err(fault::client(format!("The state change was not applied: {bad}."))),
    }
}

/// An empty status says nothing.
fn status(given: Option<&str>) -> Result<Option<TaskStatus>, Fault> {
    let Some(given) = given.filter(|g| !g.is_empty()) else {
        return Ok(None);
    };
    let known = TaskStatus::parse(given);
    known
        .map(Some)
        .ok_or_else(|| fault::invalid(format!("'{given}' is not a status.")))
}

fn reason(given: Option<String>) -> Option<String> {
    given
        .filter(|r| !r.is_empty())
        .map(|r| r.chars().take(MOST_REASON).collect())
}

fn container(change: ecs::ContainerStateChange) -> Result<ContainerReport, Fault> {
    Ok(ContainerReport {
        name: change.container_name.unwrap_or_default(),
        status: status(change.status.as_deref())?,
        runtime_id: change.runtime_id.filter(|id| !id.is_empty()),
        image_digest: change.image_digest.filter(|digest| !digest.is_empty()),
        exit_code: change.exit_code,
        reason: reason(change.reason),
        ports: change.network_bindings.map(|bindings| ports(&bindings)).transpose()?,
        ..Default::default()
    })
}

fn ports(bindings: &[ecs::NetworkBinding]) -> Result<Vec<Port>, Fault> {
    let mut ports = Vec::new();
    for binding in bindings {
        let container = span(binding.container_port, binding.container_port_range.as_deref())?;
        let host = span(binding.host_port, binding.host_port_range.as_deref())?;
        if container.len() != host.len() || ports.len() + container.len() > MOST_PORTS {
            return Err(fault::invalid(
                "The ranges of a network binding don't match or are too long.",
            ));
        }
        ports.extend(container.zip(host).map(|(container_port, host_port)| Port {
            bind_ip: binding.bind_ip.clone().unwrap_or_default(),
            container_port,
            host_port,
            udp: binding.protocol.as_deref() == Some("udp"),
        }));
    }
    Ok(ports)
}

/// One port or a range of them.
fn span(one: Option<i32>, range: Option<&str>) -> Result<std::ops::RangeInclusive<u16>, Fault> {
    let bad = || fault::invalid("A network binding needs a port or a range such as 8000-8010 on both sides.");
    match (one, range) {
        (Some(port), _) => {
            let port = u16::try_from(port).map_err(|_| bad())?;
            Ok(port..=port)
        }
        (None, Some(range)) => {
            let (first, last) = range.split_once('-').ok_or_else(bad)?;
            let (first, last) = (first.parse().map_err(|_| bad())?, last.parse().map_err(|_| bad())?);
            Ok(first..=last)
        }
        (None, None) => Err(bad()),
    }
}

/// What is told of attachments must be about some that are there. It moves nothing: how far an attachment has come
/// follows from its task.
fn known_attachments(view: &View, scope: &Scope, changes: &[ecs::AttachmentStateChange]) -> Result<(), Fault> {
    for change in changes {
        let arn = change.attachment_arn.as_deref().unwrap_or_default();
        let is = |id: &str| arn == scope.arn("ecs", &format!("attachment/{id}"));
        let mut all = view.scan::<NetworkInterface>(&Key::all());
        if !all.any(|interface| is(&interface.attachment)) {
            let message = format!("The referenced attachment {arn} was not found.");
            return Err(fault::invalid(message));
        }
    }
    Ok(())
}
