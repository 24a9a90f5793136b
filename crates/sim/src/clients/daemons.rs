//! What answers about managed daemons must hold.

use super::Clients;
use super::oracle::{Look, key, tail};
use api::ecs;
use model::{Daemon, DaemonStatus};
use wire::Shape;

impl Clients {
    /// Learns from an answer about daemons, and holds it against what is so. `false` when it is about something else.
    pub(super) fn about_daemons(&mut self, look: &mut Look<'_>, answer: &dyn Shape) -> bool {
        let known = &mut self.known;
        if let Some(answer) = answer.downcast_ref::<ecs::RegisterDaemonTaskDefinitionResponse>() {
            let name = tail(answer.daemon_task_definition_arn.as_deref());
            let fresh = !known.daemon_definitions.contains(&name);
            look.law(fresh, "a revision is given to one request", &name);
            known.daemon_definitions.push(name);
        } else if let Some(answer) = answer.downcast_ref::<ecs::CreateDaemonResponse>() {
            let arn = answer.daemon_arn.clone().unwrap_or_default();
            look.is_published::<Daemon>(&key(&tail(Some(&arn))), &arn);
            if !known.daemons.contains(&arn) {
                known.daemons.push(arn);
            }
            known.daemon_deployments.extend(answer.deployment_arn.clone());
        } else if let Some(answer) = answer.downcast_ref::<ecs::UpdateDaemonResponse>() {
            let arn = answer.daemon_arn.clone().unwrap_or_default();
            look.is_published::<Daemon>(&key(&tail(Some(&arn))), &arn);
            known.daemon_deployments.extend(answer.deployment_arn.clone());
        } else if let Some(answer) = answer.downcast_ref::<ecs::DeleteDaemonResponse>() {
            let leaves = answer.status.as_deref() == Some(DaemonStatus::DeleteInProgress.as_str());
            let arn = answer.daemon_arn.clone().unwrap_or_default();
            look.law(leaves, "a daemon that is deleted is DELETE_IN_PROGRESS first", &arn);
            known.daemon_deployments.extend(answer.deployment_arn.clone());
        } else {
            return false;
        }
        true
    }
}
