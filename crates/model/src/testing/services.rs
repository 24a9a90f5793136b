//! A service in cluster `default` and what belongs to it, as plain as they can be.

use crate::{
    Breaker, Controls, DeploymentStatus, Given, Hook, HookAction, HookRun, HookStatus, LaunchType, MonitorStatus,
    PropagateTags, RevisionStatus, RolloutState, Rules, Scheduling, Service, ServiceDeployment, ServiceEvent,
    ServiceRevision, ServiceStatus, Stage, Strategy, Template,
};
use base::Timestamp;

/// An ACTIVE service of one task, made at 0, without a revision.
pub fn service(name: &str) -> Service {
    Service {
        cluster: "default".to_string(),
        name: name.to_string(),
        status: ServiceStatus::Active,
        scheduling: Scheduling::Replica,
        controls: Controls::Ecs,
        desired: 1,
        rules: rules(),
        grace_seconds: 0,
        zone_rebalancing: false,
        tags: Vec::new(),
        managed_tags: false,
        propagate_tags: PropagateTags::None,
        given: Given::default(),
        created_at: Timestamp(0),
        created_by: None,
        deleted_at: None,
        target: None,
        deployment: None,
        seed: 1,
        drawn: 0,
        events: 0,
        steady: false,
        barren: None,
        patient_since: None,
        proven: None,
        balanced_at: None,
        placement: Vec::new(),
        order: Vec::new(),
        primary_set: None,
        exec_enabled: false,
        namespace: None,
        balancing: None,
        leaves: None,
        evening_out: false,
    }
}

pub fn rules() -> Rules {
    Rules {
        min_percent: 100,
        max_percent: 200,
        strategy: Strategy::Rolling,
        bake_minutes: 0,
        breaker: Breaker::default(),
        alarms: None,
        hooks: Vec::new(),
        step_permille: 0,
        step_bake_minutes: 0,
        early: None,
    }
}

/// Waits at one stage for five minutes, and goes back then.
pub fn hook(stage: Stage) -> Hook {
    Hook {
        kind: "PAUSE".to_string(),
        target: None,
        role: None,
        stages: vec![stage.to_string()],
        details: None,
        timeout_minutes: 5,
        timeout_action: HookAction::Rollback,
    }
}

/// The first of a deployment's hooks at one stage, begun then and awaiting its answer.
pub fn hook_run(id: &str, stage: Stage, at: Timestamp) -> HookRun {
    HookRun {
        id: id.to_string(),
        hook: 0,
        stage,
        status: HookStatus::AwaitingAction,
        started_at: at,
        expires_at: at.plus_millis(300_000),
        answer: None,
        reason: None,
        calls: 0,
        call_at: None,
        memo: None,
    }
}

/// Tasks of `web:1` on EC2 that need nothing.
pub fn template(service: &str) -> Template {
    Template {
        cluster: "default".to_string(),
        family: "web".to_string(),
        revision: 1,
        launch_type: LaunchType::Ec2,
        group: Service::group(service),
        started_by: None,
        demand: Default::default(),
        all_gpus: false,
        containers: Vec::new(),
        requires: Vec::new(),
        cpu_architecture: None,
        os_family: None,
        rules: Vec::new(),
        order: Vec::new(),
        network: None,
        cpu: None,
        memory: None,
        tags: Vec::new(),
        exec_enabled: false,
        given: Given::default(),
        for_node: None,
    }
}

/// PRIMARY, and on its way.
pub fn service_revision(service: &str, id: &str) -> ServiceRevision {
    ServiceRevision {
        cluster: "default".to_string(),
        service: service.to_string(),
        id: id.to_string(),
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
        template: template(service),
        shares: Vec::new(),
        given: Given::default(),
        status: RevisionStatus::Primary,
        rollout: RolloutState::InProgress,
        rollout_reason: format!("ECS deployment ecs-svc/{id} in progress."),
        desired: 1,
        failed: 0,
        seen_failed: 0,
        streak: 0,
        last_failed_at: None,
        images: Default::default(),
        task_set: None,
        throttled: false,
    }
}

/// To a revision, and over since 0.
pub fn service_deployment(service: &str, id: &str, target: &str) -> ServiceDeployment {
    ServiceDeployment {
        cluster: "default".to_string(),
        service: service.to_string(),
        id: id.to_string(),
        created_at: Timestamp(0),
        started_at: Some(Timestamp(0)),
        finished_at: Some(Timestamp(0)),
        stopped_at: None,
        updated_at: Timestamp(0),
        sources: Vec::new(),
        target: target.to_string(),
        status: DeploymentStatus::Successful,
        reason: None,
        counts: None,
        rules: rules(),
        failed: 0,
        threshold: 3,
        breaker: MonitorStatus::Disabled,
        alarms: MonitorStatus::Disabled,
        triggered: Vec::new(),
        rollback: None,
        stage: None,
        stage_since: Timestamp(0),
        hooks: Vec::new(),
        production_permille: 0,
        test_permille: 0,
        failures: Vec::new(),
    }
}

pub fn service_event(service: &str, number: u64, at: Timestamp) -> ServiceEvent {
    ServiceEvent {
        cluster: "default".to_string(),
        service: service.to_string(),
        number,
        id: format!("id-{number}"),
        at,
        message: format!("(service {service}) said something."),
        name: None,
        level: None,
        detail: None,
        about: None,
    }
}
