//! CreateDaemon.

use super::arns;
use super::wish::{self, Ids, Wish};
use crate::common::once::{Once, Seen};
use crate::common::{Ctx, given};
use crate::ecs::tagging::shape;
use crate::ecs::{fault, names};
use api::ecs;
use base::Scope;
use model::{Daemon, DaemonStatus, Tag};
use store::Tx;
use wire::Fault;

const MOST_TOKEN: usize = 36;

pub async fn run(ctx: Ctx, input: ecs::CreateDaemonRequest) -> Result<ecs::CreateDaemonResponse, Fault> {
    let plan = Plan::read(ctx.scope(), &input)?;
    let (ids, scope) = (Ids::draw(ctx.dice()), ctx.scope().clone());
    ctx.write(move |tx| once(tx, &scope, &plan, &ids)).await
}

struct Plan {
    cluster: String,
    name: String,
    tags: Vec<Tag>,
    wish: Wish,
    once: Option<Once>,
}

impl Plan {
    fn read(scope: &Scope, input: &ecs::CreateDaemonRequest) -> Result<Plan, Fault> {
        let cluster = names::cluster_name(scope, input.cluster_arn.as_deref())?;
        let name = input.daemon_name.clone().unwrap_or_default();
        if !names::is_name(&name) {
            return Err(fault::invalid(
                "The daemon name must be 1 to 255 letters, numbers, hyphens and underscores.",
            ));
        }
        let token = input.client_token.as_deref();
        if token.is_some_and(|t| t.len() > MOST_TOKEN || !t.bytes().all(|b| (33..=126).contains(&b))) {
            return Err(fault::invalid(format!(
                "clientToken can have up to {MOST_TOKEN} characters in the range of 33-126."
            )));
        }
        let as_update = ecs::UpdateDaemonRequest {
            daemon_task_definition_arn: input.daemon_task_definition_arn.clone(),
            capacity_provider_arns: input.capacity_provider_arns.clone(),
            deployment_configuration: input.deployment_configuration.clone(),
            propagate_tags: input.propagate_tags.clone(),
            enable_ecs_managed_tags: input.enable_ecs_managed_tags,
            enable_execute_command: input.enable_execute_command,
            critical: input.critical,
            ..Default::default()
        };
        Ok(Plan {
            once: Once::new(format!("CreateDaemon {cluster}"), token, input),
            tags: shape::read(input.tags.as_deref())?,
            wish: Wish::read(scope, &as_update)?,
            cluster,
            name,
        })
    }
}

fn once(tx: &mut Tx, scope: &Scope, plan: &Plan, ids: &Ids) -> Result<ecs::CreateDaemonResponse, Fault> {
    match plan.once.as_ref().map(|once| once.seen(tx)) {
        None | Some(Seen::First) => {}
        Some(Seen::Before(kept)) => return Ok(given::recall(&kept.answer)),
        Some(Seen::Conflict) => {
            return Err(fault::invalid(
                "The provided clientToken is already in use with a different CreateDaemon request.",
            ));
        }
    }
    let answer = make(tx, scope, plan, ids)?;
    if let Some(once) = &plan.once {
        once.keep(tx, vec![plan.name.clone()], given::keep(&answer));
    }
    Ok(answer)
}

fn make(tx: &mut Tx, scope: &Scope, plan: &Plan, ids: &Ids) -> Result<ecs::CreateDaemonResponse, Fault> {
    let cluster = names::active_cluster(tx, &plan.cluster)?;
    if let Some(there) = tx.get::<Daemon>(&Daemon::key_of(&cluster.name, &plan.name)) {
        return Err(match there.status {
            DaemonStatus::Active => fault::invalid("Creation of daemon was not idempotent."),
            DaemonStatus::DeleteInProgress => {
                fault::invalid("A daemon of that name is being deleted. Try again when it is gone.")
            }
        });
    }
    wish::check_providers(tx, &cluster, &plan.wish.providers)?;
    let of = (cluster.name.as_str(), plan.name.as_str(), plan.tags.as_slice());
    let revision = wish::revision(tx, &plan.wish, of, None, &ids.revision, tx.now())?;
    let daemon = Daemon {
        cluster: cluster.name.clone(),
        name: plan.name.clone(),
        status: DaemonStatus::Active,
        providers: plan.wish.providers.clone(),
        rules: plan.wish.rules.clone().unwrap_or_default(),
        tags: plan.tags.clone(),
        created_at: tx.now(),
        updated_at: tx.now(),
        target: revision.id.clone(),
        deployment: ids.deployment.clone(),
        proven: None,
        seed: ids.seed,
        drawn: 0,
        critical: revision.critical,
    };
    tx.put(revision);
    wish::deploy(tx, &daemon, Vec::new(), false);
    tx.put(daemon.clone());
    Ok(ecs::CreateDaemonResponse {
        daemon_arn: Some(arns::daemon(scope, &daemon.cluster, &daemon.name)),
        status: Some(daemon.status.to_string()),
        created_at: Some(daemon.created_at),
        deployment_arn: Some(arns::deployment(
            scope,
            &daemon.cluster,
            &daemon.name,
            &daemon.deployment,
        )),
    })
}
