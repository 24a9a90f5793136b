//! What one task changes of its plan, and how it is laid over it.

use crate::plan::Pair;
use crate::{ContainerPlan, TaskPlan};
use minicbor::{Decode, Encode};

/// `None` and empty lists change nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Overrides {
    #[n(0)]
    pub cpu_units: Option<u32>,
    #[n(1)]
    pub memory_mib: Option<u32>,
    #[n(2)]
    pub ephemeral_storage_gib: Option<u32>,
    #[n(3)]
    pub task_role: Option<String>,
    #[n(4)]
    pub execution_role: Option<String>,
    #[n(5)]
    #[cbor(default)]
    pub containers: Vec<ContainerOverride>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ContainerOverride {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub command: Option<Vec<String>>,
    /// Laid over the definition's variables by name.
    #[n(2)]
    #[cbor(default)]
    pub environment: Vec<Pair>,
    /// Read instead of the definition's files.
    #[n(3)]
    #[cbor(default)]
    pub environment_files: Vec<String>,
    #[n(4)]
    pub cpu_units: Option<u32>,
    #[n(5)]
    pub memory_mib: Option<u32>,
    #[n(6)]
    pub memory_reservation_mib: Option<u32>,
    #[n(7)]
    pub gpus: Option<u32>,
    /// The definition's image, bound to the digest that it stood for once.
    #[n(8)]
    pub image: Option<String>,
}

impl Overrides {
    /// The plan of one task.
    pub fn laid_over(&self, plan: &TaskPlan) -> TaskPlan {
        let mut laid = plan.clone();
        over(&mut laid.cpu_units, self.cpu_units);
        over(&mut laid.memory_mib, self.memory_mib);
        over(&mut laid.ephemeral_storage_gib, self.ephemeral_storage_gib);
        over(&mut laid.task_role, self.task_role.clone());
        over(&mut laid.execution_role, self.execution_role.clone());
        for change in &self.containers {
            if let Some(container) = laid.containers.iter_mut().find(|c| c.name == change.name) {
                change.lay(container);
            }
        }
        laid
    }
}

impl ContainerOverride {
    fn lay(&self, container: &mut ContainerPlan) {
        over(&mut container.command, self.command.clone());
        if let Some(image) = &self.image {
            container.image.clone_from(image);
        }
        for pair in &self.environment {
            match container.environment.iter_mut().find(|p| p.name == pair.name) {
                Some(there) => there.value.clone_from(&pair.value),
                None => container.environment.push(pair.clone()),
            }
        }
        if !self.environment_files.is_empty() {
            container.environment_files.clone_from(&self.environment_files);
        }
        if let Some(units) = self.cpu_units {
            container.cpu_units = units;
        }
        over(&mut container.memory_mib, self.memory_mib);
        over(&mut container.memory_reservation_mib, self.memory_reservation_mib);
        if let Some(gpus) = self.gpus {
            container.gpus = gpus;
        }
    }
}

fn over<T>(place: &mut Option<T>, with: Option<T>) {
    if with.is_some() {
        *place = with;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_changes_its_own_plan_only_where_it_says_so() {
        let plan = TaskPlan {
            cpu_units: Some(256),
            task_role: Some("mine".to_string()),
            containers: vec![ContainerPlan {
                name: "app".to_string(),
                command: Some(vec!["serve".to_string()]),
                environment: vec![Pair::new("A", "1"), Pair::new("B", "2")],
                ..Default::default()
            }],
            ..Default::default()
        };
        assert_eq!(Overrides::default().laid_over(&plan), plan);
        let change = ContainerOverride {
            name: "app".to_string(),
            command: Some(Vec::new()),
            environment: vec![Pair::new("B", "3"), Pair::new("C", "4")],
            ..Default::default()
        };
        let overrides = Overrides {
            memory_mib: Some(512),
            containers: vec![change],
            ..Default::default()
        };
        let laid = overrides.laid_over(&plan);
        assert_eq!((laid.cpu_units, laid.memory_mib), (Some(256), Some(512)));
        let app = &laid.containers[0];
        assert_eq!(app.command, Some(Vec::new()));
        let all = [Pair::new("A", "1"), Pair::new("B", "3"), Pair::new("C", "4")];
        assert_eq!(app.environment, all);
    }
}
