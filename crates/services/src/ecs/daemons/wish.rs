//! What CreateDaemon and UpdateDaemon ask for, and the revision and deployment that come of it.

use super::definitions;
use crate::common::given;
use crate::ecs::names::DefinitionRef;
use crate::ecs::{fault, providers};
use api::ecs;
use base::{Dice, Scope, Timestamp};
use model::{
    Cluster, Daemon, DaemonDeployment, DaemonRevision, DaemonRules, DaemonSource, DefinitionStatus, DeploymentStatus,
    LaunchType, MonitorStatus, Tag, TaskDefinition, Template,
};
use providers::Kind;
use store::{Tx, View};
use wire::Fault;

const MOST_PROVIDERS: usize = 20;
/// A day.
const LONGEST_BAKE_MINUTES: i32 = 1440;

/// A request's own words, checked as far as that goes without looking at anything else.
#[derive(Clone, Debug)]
pub struct Wish {
    pub definition: DefinitionRef,
    pub providers: Vec<String>,
    /// What the request does not say stays as it was, or is the default.
    pub rules: Option<DaemonRules>,
    pub propagates_tags: Option<bool>,
    pub managed_tags: Option<bool>,
    pub exec: Option<bool>,
    pub critical: Option<bool>,
}

impl Wish {
    pub fn read(scope: &Scope, input: &ecs::UpdateDaemonRequest) -> Result<Wish, Fault> {
        Ok(Wish {
            definition: definitions::named(scope, input.daemon_task_definition_arn.as_deref().unwrap_or_default())?,
            providers: read_providers(scope, input.capacity_provider_arns.as_deref().unwrap_or_default())?,
            rules: input.deployment_configuration.as_ref().map(rules).transpose()?,
            propagates_tags: input.propagate_tags.as_deref().map(|from| from == "DAEMON"),
            managed_tags: input.enable_ecs_managed_tags,
            exec: input.enable_execute_command,
            critical: input.critical,
        })
    }
}

fn read_providers(scope: &Scope, given: &[String]) -> Result<Vec<String>, Fault> {
    if given.is_empty() || given.len() > MOST_PROVIDERS {
        return Err(fault::invalid(format!(
            "Between 1 and {MOST_PROVIDERS} capacity providers must be specified."
        )));
    }
    let mut names = Vec::new();
    for given in given {
        let name = providers::name_of(scope, given)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

fn rules(given: &ecs::DaemonDeploymentConfiguration) -> Result<DaemonRules, Fault> {
    let bake = given.bake_time_in_minutes.unwrap_or(0);
    if !(0..=LONGEST_BAKE_MINUTES).contains(&bake) {
        return Err(fault::invalid(format!(
            "bakeTimeInMinutes must be between 0 and {LONGEST_BAKE_MINUTES}, but was {bake}."
        )));
    }
    let alarms = given.alarms.clone().unwrap_or_default();
    let default = DaemonRules::default();
    Ok(DaemonRules {
        // The model's own bounds were checked: it is between 0 and 100.
        drain_millipercent: given
            .drain_percent
            .map_or(default.drain_millipercent, |percent| (percent * 1000.0).round() as u32),
        bake_minutes: bake.unsigned_abs(),
        alarms: alarms.alarm_names.unwrap_or_default(),
        alarms_enabled: alarms.enable.unwrap_or(false),
    })
}

/// The providers must be the cluster's, or words for nodes that are in none.
pub fn check_providers(view: &View, cluster: &Cluster, wanted: &[String]) -> Result<(), Fault> {
    for name in wanted {
        let listed = cluster.capacity_providers.contains(name);
        match providers::kind(view, name) {
            Some(Kind::Fargate) => {
                return Err(fault::unsupported(
                    "Daemons run on container instances, and FARGATE has none.",
                ));
            }
            Some(Kind::Managed) if providers::born_in(view, &cluster.name).any(|p| p.name == *name) => {}
            Some(Kind::Group) if listed => {}
            None if [Daemon::EC2, Daemon::EXTERNAL].contains(&name.as_str()) => {}
            None => return Err(providers::missing()),
            Some(_) => {
                return Err(fault::invalid(format!(
                    "The capacity provider {name} is not associated with the cluster {}.",
                    cluster.name
                )));
            }
        }
    }
    Ok(())
}

/// What is random about a new revision and its deployment, drawn before the transaction.
#[derive(Clone, Debug)]
pub struct Ids {
    pub revision: String,
    pub deployment: String,
    pub seed: u64,
}

impl Ids {
    pub fn draw(dice: &dyn Dice) -> Ids {
        const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let rest = dice.text(18, b"0123456789");
        Ids {
            revision: format!("{}{rest}", dice.text(1, b"123456789")),
            deployment: dice.text(21, SIGNS),
            seed: dice.u64(),
        }
    }
}

/// The revision that the wish comes to; what it does not say is as in `before`.
pub fn revision(
    view: &View,
    wish: &Wish,
    of: (&str, &str, &[Tag]),
    before: Option<&DaemonRevision>,
    id: &str,
    now: Timestamp,
) -> Result<DaemonRevision, Fault> {
    let (cluster, name, tags) = of;
    let definition = definitions::find(view, &wish.definition)
        .filter(|definition| definition.status == DefinitionStatus::Active)
        .ok_or_else(|| fault::client("DaemonTaskDefinition not found."))?;
    let propagates_tags = wish
        .propagates_tags
        .unwrap_or(before.is_some_and(|b| b.propagates_tags));
    let managed_tags = wish.managed_tags.unwrap_or(before.is_some_and(|b| b.managed_tags));
    let exec = wish.exec.unwrap_or(before.is_some_and(|b| b.template.exec_enabled));
    let mut task_tags = if propagates_tags { tags.to_vec() } else { Vec::new() };
    if managed_tags {
        task_tags.push(Tag {
            key: "aws:ecs:clusterName".to_string(),
            value: cluster.to_string(),
        });
    }
    check_exec(exec, &definition)?;
    Ok(DaemonRevision {
        cluster: cluster.to_string(),
        daemon: name.to_string(),
        id: id.to_string(),
        created_at: now,
        template: Template {
            group: Daemon::group(name),
            started_by: Some(format!("ecs-daemon/{id}")),
            tags: task_tags,
            exec_enabled: exec,
            ..template(cluster, &definition)
        },
        critical: wish.critical.unwrap_or(before.is_none_or(|b| b.critical)),
        propagates_tags,
        managed_tags,
    })
}

fn check_exec(exec: bool, definition: &TaskDefinition) -> Result<(), Fault> {
    let document: ecs::DaemonTaskDefinition = given::recall(&definition.given);
    if !exec || document.task_role_arn.is_some_and(|role| !role.is_empty()) {
        return Ok(());
    }
    let message = "The daemon couldn't be created because a valid taskRoleArn is not being used. Specify a valid task \
                   role in your daemon task definition and try again.";
    Err(fault::invalid(message))
}

fn template(cluster: &str, definition: &TaskDefinition) -> Template {
    let plan = &definition.plan;
    let demand = scheduler::demand::of(plan, &scheduler::demand::Overrides::default());
    let over = |c: &model::ContainerPlan| ecs::ContainerOverride {
        name: Some(c.name.clone()),
        ..Default::default()
    };
    let shown = ecs::Task {
        overrides: Some(ecs::TaskOverride {
            container_overrides: Some(plan.containers.iter().map(over).collect()),
            inference_accelerator_overrides: Some(Vec::new()),
            ..Default::default()
        }),
        ..Default::default()
    };
    Template {
        cluster: cluster.to_string(),
        family: definition.family.clone(),
        revision: definition.revision,
        launch_type: LaunchType::Ec2,
        group: String::new(),
        started_by: None,
        all_gpus: false,
        containers: plan.containers.clone(),
        requires: definition.requires_attributes.clone(),
        cpu_architecture: None,
        os_family: None,
        rules: Vec::new(),
        order: Vec::new(),
        network: None,
        cpu: Some(plan.cpu_units.unwrap_or(demand.cpu_units).to_string()),
        memory: Some(plan.memory_mib.unwrap_or(demand.memory_mib).to_string()),
        tags: Vec::new(),
        exec_enabled: false,
        given: given::keep(&shown),
        for_node: None,
        demand,
    }
}

/// A deployment of the daemon as it now is, in place of the one before it.
pub fn deploy(tx: &mut Tx, daemon: &Daemon, sources: Vec<DaemonSource>, removes: bool) -> DaemonDeployment {
    let alarms = if daemon.rules.alarms_enabled {
        MonitorStatus::Monitoring
    } else {
        MonitorStatus::Disabled
    };
    let deployment = DaemonDeployment {
        cluster: daemon.cluster.clone(),
        daemon: daemon.name.clone(),
        id: daemon.deployment.clone(),
        created_at: tx.now(),
        started_at: None,
        finished_at: None,
        stopped_at: None,
        target: DaemonSource {
            revision: daemon.target.clone(),
            providers: daemon.providers.clone(),
        },
        sources,
        status: DeploymentStatus::Pending,
        reason: None,
        rules: daemon.rules.clone(),
        failed: 0,
        threshold: 0,
        breaker: MonitorStatus::Monitoring,
        alarms,
        rollback: None,
        complete_since: None,
        removes,
    };
    tx.put(deployment.clone());
    deployment
}

/// The deployment that is under way, if one is, gives way to another.
pub fn supersede(tx: &mut Tx, daemon: &Daemon) {
    let key = DaemonDeployment::key_of(&daemon.cluster, &daemon.name, &daemon.deployment);
    if let Some(deployment) = tx.get::<DaemonDeployment>(&key) {
        let mut deployment = (*deployment).clone();
        deployment.give_way(tx.now(), "Deployment was replaced by a new deployment.");
        tx.put(deployment);
    }
}
