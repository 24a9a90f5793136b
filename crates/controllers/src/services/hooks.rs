//! Hooks that are tasks: one of the definition that the hook names is run where the target runs, and its exit code is the
//! answer. What it is about stands in its environment.

use super::act::Barren;
use super::scene::Scene;
use super::tell;
use link::ContainerOverride;
use link::plan::Pair;
use model::{
    ContainerPlan, Given, Hook, HookAction, HookRun, HookStatus, Launch, ServiceDeployment, StopCode, Task,
    TaskDefinition, Template,
};
use scheduler::launch::{Draw, Ready};
use store::{Key, Tx, View};

/// The group of the tasks of a service's hooks.
pub const GROUP: &str = "hook:";
/// Without room for its task, a hook is tried again after this.
const AGAIN_MS: i64 = 5_000;

/// Starts what is to be started, and judges what has ended.
pub fn run(tx: &mut Tx, scene: &mut Scene) {
    let Some(deployment) = scene.under_way().cloned() else {
        return;
    };
    for (at, run) in deployment.hooks.iter().enumerate() {
        let hook = deployment.rules.hooks.get(run.hook as usize);
        let Some(target) = hook.and_then(Hook::task_definition).filter(|_| is_open(run)) else {
            continue;
        };
        let changed = match &run.memo {
            None => begin(tx, scene, &deployment, run, target),
            Some(task) => judge(tx, &deployment.cluster, run, task),
        };
        if let (Some(changed), Some(deployment)) = (changed, &mut scene.deployment) {
            deployment.hooks[at] = changed;
        }
    }
}

fn is_open(run: &HookRun) -> bool {
    run.status == HookStatus::InProgress && run.answer.is_none()
}

fn begin(
    tx: &mut Tx,
    scene: &mut Scene,
    deployment: &ServiceDeployment,
    run: &HookRun,
    target: &str,
) -> Option<HookRun> {
    let failed = |why: String| {
        Some(HookRun {
            answer: Some(HookAction::Rollback),
            reason: Some(why),
            ..run.clone()
        })
    };
    let Some(definition) = find(tx, target) else {
        return failed(format!(
            "The lifecycle hook at {} has no task definition {target}",
            run.stage
        ));
    };
    let hook = &deployment.rules.hooks[run.hook as usize];
    let like = scene.revisions.get(&deployment.target)?.template.clone();
    let environment = [
        ("GANTRY_HOOK_STAGE", run.stage.to_string()),
        ("GANTRY_HOOK_DETAILS", hook.details.clone().unwrap_or_default()),
        ("GANTRY_SERVICE", deployment.service.clone()),
        ("GANTRY_SERVICE_DEPLOYMENT", deployment.id.clone()),
        ("GANTRY_SERVICE_REVISION", deployment.target.clone()),
    ];
    let template = template(&definition, &like, deployment, &environment);
    let ready = Ready::new(tx, &template);
    let placement = ready.find(tx, scene.board.as_deref(), None, 1, scene.service.glance());
    let Some(place) = placement.assigned.first() else {
        let again = scene.now.plus_millis(AGAIN_MS);
        scene.wake_at(again);
        let barren = Barren::of(tx, &template, None, &placement);
        if run.reason.is_some() || barren.passes {
            return None;
        }
        let reason = format!(
            "The task of the lifecycle hook at {} has no place: {}",
            run.stage, barren.reason
        );
        let word = tell::unplaced(&scene.service.name, &barren.reason, barren.detail, barren.about);
        scene.say(word);
        return Some(HookRun {
            reason: Some(reason),
            ..run.clone()
        });
    };
    let draw = Draw::seeded(scene.service.draw());
    match ready.start(tx, &draw, None, None, place) {
        Ok(task) => {
            let word = tell::started(&scene.service.name, None, std::slice::from_ref(&task.id));
            scene.say(word);
            Some(HookRun {
                memo: Some(task.id.clone()),
                reason: None,
                calls: run.calls + 1,
                ..run.clone()
            })
        }
        Err(lacks) => failed(format!("The lifecycle hook at {} has no interface: {lacks}", run.stage)),
    }
}

/// `..:task-definition/family:revision`, or the newest of a family.
fn find(view: &View, arn: &str) -> Option<TaskDefinition> {
    let (_, name) = arn.split_once("task-definition/")?;
    let found = match name.split_once(':') {
        Some((family, revision)) => view.get::<TaskDefinition>(&TaskDefinition::key_of(family, revision.parse().ok()?)),
        None => view.scan::<TaskDefinition>(&Key::of([name])).last(),
    };
    found.map(|definition| (*definition).clone())
}

fn template(
    definition: &TaskDefinition,
    like: &Template,
    deployment: &ServiceDeployment,
    environment: &[(&str, String)],
) -> Template {
    let plan = &definition.plan;
    let demand = scheduler::demand::of(plan, &Default::default());
    let pairs: Vec<Pair> = environment
        .iter()
        .map(|(name, value)| Pair::new(*name, value))
        .collect();
    let over = |container: &ContainerPlan| ContainerOverride {
        name: container.name.clone(),
        environment: pairs.clone(),
        ..Default::default()
    };
    let mut launch = Launch::default();
    launch.overrides.containers = plan.containers.iter().map(over).collect();
    let network = like.network.clone().filter(|_| plan.network_mode == "awsvpc");
    launch.network.clone_from(&network);
    Template {
        family: definition.family.clone(),
        revision: definition.revision,
        group: format!("{GROUP}{}", deployment.service),
        started_by: Some(deployment.id.clone()),
        all_gpus: false,
        containers: plan.containers.clone(),
        requires: definition.requires_attributes.clone(),
        cpu_architecture: plan.cpu_architecture.clone(),
        os_family: plan.os_family.clone(),
        rules: plan.placement.clone(),
        order: Vec::new(),
        network,
        cpu: Some(demand.cpu_units.to_string()),
        memory: Some(demand.memory_mib.to_string()),
        tags: Vec::new(),
        exec_enabled: false,
        given: Given::default(),
        for_node: Some(Box::new(launch)),
        demand,
        ..like.clone()
    }
}

fn judge(view: &View, cluster: &str, run: &HookRun, task: &str) -> Option<HookRun> {
    let there = view.get::<Task>(&Task::key_of(cluster, task));
    let (answer, reason) = match there {
        None => (HookAction::Rollback, Some("its task is gone".to_string())),
        Some(task) if !task.is_stopped() => return None,
        Some(task) => {
            // Who was stopped has answered nothing, whatever its exit code.
            let ended = task
                .stop_code
                .is_none_or(|code| code == StopCode::EssentialContainerExited);
            let good = task
                .containers
                .iter()
                .filter(|c| c.essential)
                .all(|c| c.exit_code == Some(0));
            let good = good && ended;
            let codes: Vec<String> = task
                .containers
                .iter()
                .filter_map(|c| Some(format!("{} exited with {}", c.name, c.exit_code?)))
                .collect();
            let why = task.stopped_reason.clone().unwrap_or_default();
            match good {
                true => (HookAction::Continue, None),
                false => (HookAction::Rollback, Some(format!("{why} ({})", codes.join(", ")))),
            }
        }
    };
    Some(HookRun {
        answer: Some(answer),
        reason: reason.map(|why| format!("The lifecycle hook at {} failed: task {task}: {why}", run.stage)),
        ..run.clone()
    })
}
