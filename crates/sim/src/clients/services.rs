//! What answers about services must hold.

use super::Clients;
use super::oracle::{Look, key, tail};
use api::ecs;
use model::Service;
use wire::{Document, Shape};

impl Clients {
    /// Learns from an answer about services, and holds it against what is so. `false` when it is about something else.
    pub(super) fn about_services(&mut self, look: &mut Look<'_>, answer: &dyn Shape) -> bool {
        if let Some(answer) = answer.downcast_ref::<ecs::CreateServiceResponse>() {
            let name = self.learn(look, answer.service.as_ref());
            look.is_published::<Service>(&key(&name), &name);
        } else if let Some(answer) = answer.downcast_ref::<ecs::UpdateServiceResponse>() {
            let name = self.learn(look, answer.service.as_ref());
            look.is_published::<Service>(&key(&name), &name);
            let asked = Document::from_json(look.asked.json.as_bytes(), &Default::default()).ok();
            let asked = asked.as_ref().and_then(|asked| number(asked, "desiredCount"));
            let told = answer.service.as_ref().and_then(|s| s.desired_count).map(i64::from);
            look.law(
                asked.is_none() || asked == told,
                "an answer is about what was asked",
                &name,
            );
        } else if let Some(answer) = answer.downcast_ref::<ecs::DeleteServiceResponse>() {
            let status = answer.service.as_ref().and_then(|s| s.status.clone());
            let name = self.learn(look, answer.service.as_ref());
            look.law(
                status.as_deref() == Some("DRAINING"),
                "what is deleted is DRAINING first",
                &name,
            );
        } else if let Some(answer) = answer.downcast_ref::<ecs::DescribeServicesResponse>() {
            let services = answer.services.as_deref().unwrap_or_default();
            let told = services.len() + answer.failures.as_ref().map_or(0, Vec::len);
            let all = told == look.asked.count || look.asked.is_nonsense();
            look.law(all, "every service asked about is told of", &look.asked.json.clone());
            for service in services {
                self.learn(look, Some(service));
            }
        } else if let Some(answer) = answer.downcast_ref::<ecs::DescribeServiceDeploymentsResponse>() {
            for deployment in answer.service_deployments.iter().flatten() {
                let arn = deployment.service_deployment_arn.clone().unwrap_or_default();
                for hook in deployment.lifecycle_hook_details.iter().flatten() {
                    if hook.status.as_deref() == Some("AWAITING_ACTION") {
                        let id = hook.hook_id.clone().unwrap_or_default();
                        self.known.hooks.push((arn.clone(), id));
                    }
                }
            }
        } else if let Some(answer) = answer.downcast_ref::<ecs::CreateTaskSetResponse>() {
            let id = answer.task_set.as_ref().and_then(|set| set.id.clone());
            self.known.task_sets.extend(id);
        } else {
            return false;
        }
        true
    }

    /// What one service shows of itself adds up. Answers with its `cluster/name`.
    fn learn(&mut self, look: &mut Look<'_>, service: Option<&ecs::Service>) -> String {
        let Some(service) = service else {
            look.law(false, "an answer is about what was asked", "no service");
            return String::new();
        };
        let name = tail(service.service_arn.as_deref());
        let deployments = service.deployments.as_deref().unwrap_or_default();
        let controller = service.deployment_controller.as_ref().and_then(|c| c.r#type.as_deref());
        let by_ecs = controller == Some("ECS");
        if by_ecs {
            let status = |d: &&ecs::Deployment| d.status.as_deref() == Some("PRIMARY");
            let primaries = deployments.iter().filter(status).count();
            let right = match service.status.as_deref() {
                Some("ACTIVE") => primaries == 1,
                _ => primaries <= 1,
            };
            look.law(right, "an ACTIVE service shows one PRIMARY deployment", &name);
            let running: i32 = deployments.iter().filter_map(|d| d.running_count).sum();
            let pending: i32 = deployments.iter().filter_map(|d| d.pending_count).sum();
            let counts = (service.running_count, service.pending_count);
            let adds_up = service.status.as_deref() != Some("ACTIVE") || counts == (Some(running), Some(pending));
            let at = format!("{name}: {counts:?} of {running}, {pending}");
            look.law(adds_up, "a service's counts are those of its deployments", &at);
        }
        let events: Vec<_> = service
            .events
            .iter()
            .flatten()
            .filter_map(|event| event.created_at)
            .collect();
        let newest_first = events.windows(2).all(|two| two[0] >= two[1]) && events.len() <= 100;
        look.law(
            newest_first,
            "a service shows its last hundred events, newest first",
            &name,
        );
        for deployment in service.current_service_deployment.iter() {
            if !self.known.deployments.contains(deployment) {
                self.known.deployments.push(deployment.clone());
            }
        }
        if !self.known.services.contains(&name) {
            self.known.externals += usize::from(!by_ecs);
            self.known.services.push(name.clone());
        }
        name
    }
}

fn number(document: &Document, name: &str) -> Option<i64> {
    let Document::Map(members) = document else { return None };
    match members.get(name)? {
        Document::Whole(number) => Some(*number),
        _ => None,
    }
}
