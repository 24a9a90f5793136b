//! What answers must hold: each against what is published, and against what was answered before.

use super::Clients;
use super::requests::Asked;
use crate::laws::Breach;
use crate::world::World;
use api::ecs;
use model::{CapacityProvider, Cluster, Node, Task, TaskDefinition, TaskStatus};
use store::{Key, Record};
use wire::Shape;

/// One answer, being looked at.
pub(super) struct Look<'a> {
    pub(super) world: &'a World,
    pub(super) asked: &'a Asked,
    broken: Vec<Breach>,
}

impl Look<'_> {
    pub(super) fn law(&mut self, holds: bool, law: &str, at: &str) {
        if !holds {
            let at = format!("{} {at}", self.asked.operation);
            self.broken.push(Breach::new(law, at));
        }
    }

    pub(super) fn is_published<R: Record>(&mut self, key: &Key, at: &str) {
        let there = self.world.published.had::<R>(key);
        self.law(there, "what is acknowledged is published", at);
    }

    /// A task as it is now, if it is not forgotten.
    fn task(&self, name: &str) -> Option<std::sync::Arc<Task>> {
        let server = self.world.server.as_ref()?;
        server.store().snapshot().get::<Task>(&key(name))
    }
}

impl Clients {
    /// Learns from an answer, and says which laws it breaks.
    pub fn check(&mut self, world: &World, asked: &Asked, answer: &dyn Shape) -> Vec<Breach> {
        let mut look = Look {
            world,
            asked,
            broken: Vec::new(),
        };
        if let Some(answer) = answer.downcast_ref::<ecs::CreateClusterResponse>() {
            let name = answer.cluster.as_ref().and_then(|c| c.cluster_name.as_deref());
            let right = name == Some(asked.cluster) || asked.is_nonsense();
            look.law(right, "an answer is about what was asked", asked.cluster);
            look.is_published::<Cluster>(&Cluster::key_of(name.unwrap_or_default()), asked.cluster);
        } else if let Some(answer) = answer.downcast_ref::<ecs::RegisterContainerInstanceResponse>() {
            let node = answer.container_instance.as_ref();
            let node = tail(node.and_then(|n| n.container_instance_arn.as_deref()));
            look.is_published::<Node>(&key(&node), &node);
            self.known.nodes.push(node);
        } else if let Some(answer) = answer.downcast_ref::<ecs::RegisterTaskDefinitionResponse>() {
            let (family, revision) = named(answer.task_definition.as_ref());
            let name = format!("{family}:{revision}");
            look.is_published::<TaskDefinition>(&TaskDefinition::key_of(&family, revision), &name);
            let fresh = !self.known.definitions.contains(&name);
            look.law(fresh, "a revision is given to one request", &name);
            self.known.definitions.push(name);
        } else if let Some(answer) = answer.downcast_ref::<ecs::DeregisterTaskDefinitionResponse>() {
            let (family, revision) = named(answer.task_definition.as_ref());
            self.known.inactive.push(format!("{family}:{revision}"));
        } else if let Some(answer) = answer.downcast_ref::<ecs::RunTaskResponse>() {
            self.launched(&mut look, answer.tasks.as_deref(), answer.failures.as_deref());
        } else if let Some(answer) = answer.downcast_ref::<ecs::StartTaskResponse>() {
            self.launched(&mut look, answer.tasks.as_deref(), answer.failures.as_deref());
        } else if let Some(answer) = answer.downcast_ref::<ecs::StopTaskResponse>() {
            let name = tail(answer.task.as_ref().and_then(|t| t.task_arn.as_deref()));
            let stops = look.task(&name).is_none_or(|task| task.desired == TaskStatus::Stopped);
            look.law(stops, "a task that StopTask answered for is to stop", &name);
        } else if self.about_services(&mut look, answer) || self.about_daemons(&mut look, answer) {
            // It was.
        } else if let Some(answer) = answer.downcast_ref::<ecs::CreateCapacityProviderResponse>() {
            let name = answer.capacity_provider.as_ref().and_then(|p| p.name.clone());
            let name = name.unwrap_or_default();
            look.is_published::<CapacityProvider>(&CapacityProvider::key_of(&name), &name);
            self.known.providers.push(name);
        } else if answer
            .downcast_ref::<ecs::PutClusterCapacityProvidersResponse>()
            .is_some()
        {
            self.known.provided += 1;
        } else if let Some(answer) = answer.downcast_ref::<ecs::ListTasksResponse>() {
            let tasks = answer.task_arns.iter().flatten().map(|arn| tail(Some(arn)));
            let fresh: Vec<String> = tasks.filter(|task| !self.known.tasks.contains(task)).collect();
            self.known.tasks.extend(fresh);
        } else if let Some(answer) = answer.downcast_ref::<ecs::DescribeTasksResponse>() {
            let told = answer.tasks.as_ref().map_or(0, Vec::len) + answer.failures.as_ref().map_or(0, Vec::len);
            let all = told == asked.count || asked.is_nonsense();
            look.law(all, "every task asked about is told of", &asked.json);
        }
        look.broken
    }

    fn launched(&mut self, look: &mut Look<'_>, tasks: Option<&[ecs::Task]>, failures: Option<&[ecs::Failure]>) {
        let asked = look.asked;
        let failures = failures.unwrap_or_default();
        let tasks = tasks.unwrap_or_default().iter().map(|t| tail(t.task_arn.as_deref()));
        let tasks: Vec<String> = tasks.collect();
        for task in &tasks {
            look.is_published::<Task>(&key(task), task);
        }
        // Asked again with its token, those that were started may be forgotten.
        let again = |token: &String| look.world.published.started_by(token) > 0;
        let explained = !tasks.is_empty() || !failures.is_empty() || asked.token.as_ref().is_some_and(again);
        let explained = explained || asked.is_nonsense(); // which may carry a token too
        look.law(explained, "what could not be started has a reason", &asked.json);
        let reasons = failures.iter().all(|failure| failure.reason.is_some());
        look.law(reasons, "a failure has a reason", &asked.json);
        if let Some(token) = asked.token.as_ref().filter(|_| !tasks.is_empty()) {
            let enough = tasks.len() <= asked.count;
            look.law(enough, "no more tasks are started than were asked for", token);
            let place = (asked.cluster.to_string(), token.clone());
            let told = self.told.entry(place).or_insert_with(|| tasks.clone());
            let still = |task: &&String| look.task(task).is_some();
            let same = told.iter().filter(still).eq(tasks.iter().filter(still));
            look.law(same, "the same token gets the same answer", token);
        }
        for task in tasks {
            if !self.known.tasks.contains(&task) {
                self.known.tasks.push(task);
            }
        }
    }
}

fn named(definition: Option<&ecs::TaskDefinition>) -> (String, u32) {
    let family = definition.and_then(|d| d.family.clone()).unwrap_or_default();
    let revision = definition.and_then(|d| d.revision).unwrap_or_default();
    (family, revision.unsigned_abs())
}

/// `cluster/id`, from `arn:aws:ecs:us-east-1:000000000000:task/cluster/id`.
pub(super) fn tail(arn: Option<&str>) -> String {
    let resource = arn.and_then(|arn| arn.splitn(6, ':').nth(5)).unwrap_or_default();
    resource.split_once('/').map_or("", |(_, tail)| tail).to_string()
}

pub(super) fn key(name: &str) -> Key {
    let (cluster, id) = name.split_once('/').unwrap_or(("", name));
    Key::of([cluster, id])
}
