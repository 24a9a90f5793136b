//! Between records and the link's words: a task as its node is given it, and what a node tells as the model hears it.
//!
//! Pure: the session that sends and receives is somebody else.

use base::Scope;
use link::plan::NetworkMode;
use link::{Assignment, Interface, Phase, TaskPlan};
use model::report::{ContainerReport, TaskReport};
use model::{Daemon, Health, LaunchType, NetworkInterface, Port, StopCode, Subnet, Task, TaskDefinition, TaskStatus};
use store::{Key, View};

/// What every FARGATE task has without asking.
const FARGATE_STORAGE_GIB: u32 = 20;

/// What both ends call a task: `cluster/id`.
pub fn key(task: &Task) -> String {
    format!("{}/{}", task.cluster, task.id)
}

/// The record that a node means. `None` when no task could be called that.
pub fn task_key(key: &str) -> Option<Key> {
    let (cluster, id) = key.split_once('/')?;
    (!cluster.is_empty() && !id.is_empty()).then(|| Task::key_of(cluster, id))
}

/// The task as its node is given it.
pub fn assignment(task: &Task, definition: &TaskDefinition, interface: Option<Interface>, scope: &Scope) -> Assignment {
    let cluster = &task.cluster;
    let container_arn = |name: &str| {
        let there = task.containers.iter().find(|c| c.name == name);
        let path = there.map(|c| format!("container/{cluster}/{}/{}", task.id, c.id));
        path.map(|path| scope.arn("ecs", &path)).unwrap_or_default()
    };
    Assignment {
        key: key(task),
        id: task.id.clone(),
        arn: scope.arn("ecs", &format!("task/{cluster}/{}", task.id)),
        cluster: cluster.clone(),
        cluster_arn: scope.arn("ecs", &format!("cluster/{cluster}")),
        // A daemon is told its family as its user calls it.
        family: Daemon::of_family(&task.family).unwrap_or(&task.family).to_string(),
        revision: task.revision,
        group: task.group.clone(),
        launch_type: task.launch_type.unwrap_or(LaunchType::Ec2).to_string(),
        availability_zone: task.availability_zone.clone(),
        container_arns: definition
            .work
            .containers
            .iter()
            .map(|c| container_arn(&c.name))
            .collect(),
        plan: plan(task, definition),
        interface,
        stop: task.desired == TaskStatus::Stopped,
        created_at: task.created_at,
        service: task.group.strip_prefix("service:").map(str::to_string),
        gpus: task.containers.iter().flat_map(|c| c.gpus.clone()).collect(),
        exec_enabled: task.exec_enabled,
        // The first report makes a task connected, whatever it says.
        known: task.connected_at.is_some(),
    }
}

/// The interface of an `awsvpc` task as its node is given it. `None` when it has none, or has given it back.
pub fn interface(view: &View, task: &Task, scope: &Scope) -> Option<Interface> {
    let attachment = task.attachment.as_ref()?;
    let interface = view.get::<NetworkInterface>(&NetworkInterface::key_of(&attachment.interface))?;
    let subnet = view.get::<Subnet>(&Subnet::key_of(&attachment.subnet))?;
    Some(Interface {
        id: attachment.interface.clone(),
        address: attachment.address.to_string(),
        mac: attachment.mac(),
        subnet_id: subnet.id.clone(),
        subnet_cidr: subnet.block.to_string(),
        gateway: subnet.gateway().to_string(),
        vpc_id: subnet.vpc.clone(),
        private_dns_name: Some(attachment.private_dns_name(&scope.region)),
        security_groups: interface.security_groups.clone(),
    })
}

/// [`assignment`] with what it needs looked up. `None` when the definition is gone, which none is that a live task has.
pub fn of(view: &View, task: &Task, scope: &Scope) -> Option<Assignment> {
    let definition = view.get::<TaskDefinition>(&TaskDefinition::key_of(&task.family, task.revision))?;
    Some(assignment(task, &definition, interface(view, task, scope), scope))
}

/// The definition's work with what this one run changes of it, and what its launch type adds.
fn plan(task: &Task, definition: &TaskDefinition) -> TaskPlan {
    let mut plan = match &task.launch {
        Some(launch) => launch.overrides.laid_over(&definition.work),
        None => definition.work.clone(),
    };
    // Who wants all GPUs has as many as there are.
    for container in &mut plan.containers {
        if let Some(has) = task.containers.iter().find(|c| c.name == container.name) {
            container.gpus = u32::try_from(has.gpus.len()).unwrap_or(u32::MAX);
        }
    }
    if task.launch_type == Some(LaunchType::Fargate) {
        plan.network_mode = Some(NetworkMode::Awsvpc);
        plan.ephemeral_storage_gib.get_or_insert(FARGATE_STORAGE_GIB);
    }
    plan
}

/// What a node tells about a task.
pub fn report(told: &link::TaskReport) -> TaskReport {
    TaskReport {
        status: told.phase.map(status),
        reason: told.reason.clone(),
        stop_code: told.stop_code.map(|code| match code {
            link::StopCode::TaskFailedToStart => StopCode::TaskFailedToStart,
            link::StopCode::EssentialContainerExited => StopCode::EssentialContainerExited,
        }),
        containers: told.containers.iter().map(container).collect(),
        pull_started_at: told.pull_started_at,
        pull_stopped_at: told.pull_stopped_at,
        execution_stopped_at: told.execution_stopped_at,
        started_at: told.started_at,
    }
}

fn container(told: &link::ContainerReport) -> ContainerReport {
    let port = |p: &link::PortBinding| Port {
        bind_ip: p.host_ip.clone(),
        container_port: p.container_port,
        host_port: p.host_port,
        udp: p.udp,
    };
    ContainerReport {
        name: told.name.clone(),
        status: told.phase.map(status),
        runtime_id: told.runtime_id.clone(),
        image_digest: told.image_digest.clone(),
        exit_code: told.exit_code,
        reason: told.reason.clone(),
        // A report is all that the node sees; but ports that are gone are still told of by a task that ran.
        ports: (!told.ports.is_empty()).then(|| told.ports.iter().map(port).collect()),
        health: told.health.map(|health| match health {
            link::Health::Healthy => Health::Healthy,
            link::Health::Unhealthy => Health::Unhealthy,
            link::Health::Unknown => Health::Unknown,
        }),
        agents: Vec::new(),
    }
}

fn status(phase: Phase) -> TaskStatus {
    match phase {
        Phase::Pending => TaskStatus::Pending,
        Phase::Activating => TaskStatus::Activating,
        Phase::Running => TaskStatus::Running,
        Phase::Deactivating => TaskStatus::Deactivating,
        Phase::Stopping => TaskStatus::Stopping,
        Phase::Deprovisioning => TaskStatus::Deprovisioning,
        Phase::Stopped => TaskStatus::Stopped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Timestamp;
    use link::plan::Pair;
    use link::{ContainerOverride, ContainerPlan, Overrides};
    use model::vpc::{self, NewInterface};
    use model::{Block, DefinitionStatus, Given, Launch, Plan, ledger};
    use std::net::Ipv4Addr;
    use store::Record;

    fn scope() -> Scope {
        Scope::new("us-east-1", "000000000000")
    }

    fn definition() -> TaskDefinition {
        let container = |name: &str| ContainerPlan {
            name: name.to_string(),
            essential: true,
            ..Default::default()
        };
        TaskDefinition {
            family: "web".to_string(),
            revision: 1,
            status: DefinitionStatus::Active,
            registered_at: Timestamp(0),
            registered_by: String::new(),
            deregistered_at: None,
            delete_requested_at: None,
            tags: Vec::new(),
            given: Given::default(),
            plan: Plan::default(),
            compatibilities: Vec::new(),
            requires_attributes: Vec::new(),
            work: TaskPlan {
                containers: vec![container("app"), container("side")],
                ..Default::default()
            },
        }
    }

    fn task() -> Task {
        Task {
            // Not in the order of the plan.
            containers: vec![
                model::testing::container("side", true),
                model::testing::container("app", true),
            ],
            ..model::testing::task("t1")
        }
    }

    #[test]
    fn a_node_is_told_who_the_task_is() {
        let given = assignment(&task(), &definition(), None, &scope());
        assert_eq!(given.key, "default/t1");
        assert_eq!(task_key(&given.key), Some(task().key()));
        assert_eq!(given.arn, "arn:aws:ecs:us-east-1:000000000000:task/default/t1");
        let of = |id: &str| format!("arn:aws:ecs:us-east-1:000000000000:container/default/t1/{id}");
        assert_eq!(given.container_arns, [of("app-id"), of("side-id")]);
        assert_eq!((given.service, given.stop), (None, false));
        let served = Task {
            group: "service:front".to_string(),
            desired: TaskStatus::Stopped,
            ..task()
        };
        let given = assignment(&served, &definition(), None, &scope());
        assert_eq!((given.service.as_deref(), given.stop), (Some("front"), true));
    }

    #[test]
    fn one_run_changes_its_plan_and_fargate_adds_to_it() {
        let overrides = Overrides {
            cpu_units: Some(512),
            containers: vec![ContainerOverride {
                name: "app".to_string(),
                environment: vec![Pair::new("A", "1")],
                ..Default::default()
            }],
            ..Default::default()
        };
        let changed = Task {
            launch_type: Some(LaunchType::Fargate),
            launch: Some(Box::new(Launch {
                overrides,
                ..Default::default()
            })),
            ..task()
        };
        let given = assignment(&changed, &definition(), None, &scope()).plan;
        assert_eq!(given.cpu_units, Some(512));
        assert_eq!(given.containers[0].environment, [Pair::new("A", "1")]);
        assert_eq!(
            (given.network_mode, given.ephemeral_storage_gib),
            (Some(NetworkMode::Awsvpc), Some(20))
        );
        assert_eq!(
            assignment(&task(), &definition(), None, &scope()).plan,
            definition().work
        );
    }

    #[test]
    fn an_interface_comes_with_its_task() {
        let store = model::testing::world();
        let placed = model::testing::write(&store, |tx| {
            let subnet = Subnet {
                id: "subnet-1".to_string(),
                vpc: "vpc-1".to_string(),
                zone: "us-east-1a".to_string(),
                block: Block {
                    first: Ipv4Addr::new(172, 31, 16, 0),
                    prefix: 20,
                },
                default: true,
            };
            tx.put(subnet.clone());
            tx.put(definition());
            let mut task = task();
            let new = NewInterface {
                id: "eni-1".to_string(),
                attachment: "uuid".to_string(),
            };
            assert!(vpc::attach(tx, &mut task, &subnet, &["sg-1".to_string()], &new));
            ledger::assign(tx, task, &model::testing::node("n1"), None)
        });
        let placed = placed.expect("a waiting task may be placed");
        let given = of(&store.snapshot(), &placed, &scope()).expect("its definition is there");
        let interface = Interface {
            id: "eni-1".to_string(),
            address: "172.31.16.4".to_string(),
            mac: "02:67:ac:1f:10:04".to_string(),
            subnet_id: "subnet-1".to_string(),
            subnet_cidr: "172.31.16.0/20".to_string(),
            gateway: "172.31.16.1".to_string(),
            vpc_id: "vpc-1".to_string(),
            private_dns_name: Some("ip-172-31-16-4.ec2.internal".to_string()),
            security_groups: vec!["sg-1".to_string()],
        };
        assert_eq!(given.interface, Some(interface));
    }

    #[test]
    fn keys_that_name_nothing_are_nobodys() {
        for bad in ["", "t1", "/t1", "default/"] {
            assert_eq!(task_key(bad), None, "{bad}");
        }
    }

    #[test]
    fn every_phase_has_its_status() {
        let phases = [
            Phase::Pending,
            Phase::Activating,
            Phase::Running,
            Phase::Deactivating,
            Phase::Stopping,
            Phase::Deprovisioning,
            Phase::Stopped,
        ];
        for phase in phases {
            assert_eq!(status(phase).as_str(), phase.as_str());
        }
    }
}
