//! UpdateDaemon: always a new deployment; a new revision where tasks come out otherwise than before.

use super::arns::{self, Named};
use super::find;
use super::wish::{self, Ids, Wish};
use crate::common::Ctx;
use crate::ecs::names;
use api::ecs::{self, fault as declared};
use base::Scope;
use model::{Daemon, DaemonRevision, DaemonSource, DaemonStatus};
use store::Tx;
use wire::Fault;

pub async fn run(ctx: Ctx, input: ecs::UpdateDaemonRequest) -> Result<ecs::UpdateDaemonResponse, Fault> {
    let named = arns::read_daemon(ctx.scope(), input.daemon_arn.as_deref())?;
    let wish = Wish::read(ctx.scope(), &input)?;
    let (ids, scope) = (Ids::draw(ctx.dice()), ctx.scope().clone());
    ctx.write(move |tx| update(tx, &scope, &named, &wish, &ids)).await
}

fn update(
    tx: &mut Tx,
    scope: &Scope,
    named: &Named,
    wish: &Wish,
    ids: &Ids,
) -> Result<ecs::UpdateDaemonResponse, Fault> {
    let there = find(tx, named)?;
    check_active(&there)?;
    let cluster = names::active_cluster(tx, &named.cluster)?;
    wish::check_providers(tx, &cluster, &wish.providers)?;
    let key = DaemonRevision::key_of(&there.cluster, &there.name, &there.target);
    let before = tx.get::<DaemonRevision>(&key);
    let of = (there.cluster.as_str(), there.name.as_str(), there.tags.as_slice());
    let mut revision = wish::revision(tx, wish, of, before.as_deref(), &ids.revision, tx.now())?;
    if let Some(before) = before.filter(|before| revision.is_like(before)) {
        revision = (*before).clone();
    }
    wish::supersede(tx, &there);
    let source = DaemonSource {
        revision: there.target.clone(),
        providers: there.providers.clone(),
    };
    let daemon = Daemon {
        providers: wish.providers.clone(),
        rules: wish.rules.clone().unwrap_or_else(|| there.rules.clone()),
        updated_at: tx.now(),
        target: revision.id.clone(),
        deployment: ids.deployment.clone(),
        critical: revision.critical,
        ..(*there).clone()
    };
    tx.put(revision);
    wish::deploy(tx, &daemon, vec![source], false);
    tx.put(daemon.clone());
    Ok(ecs::UpdateDaemonResponse {
        daemon_arn: Some(arns::daemon(scope, &daemon.cluster, &daemon.name)),
        status: Some(daemon.status.to_string()),
        created_at: Some(daemon.created_at),
        updated_at: Some(daemon.updated_at),
        deployment_arn: Some(arns::deployment(
            scope,
            &daemon.cluster,
            &daemon.name,
            &daemon.deployment,
        )),
    })
}

pub fn check_active(daemon: &Daemon) -> Result<(), Fault> {
    if daemon.status == DaemonStatus::Active {
        return Ok(());
    }
    Err(Fault::new(
        &declared::DaemonNotActiveException,
        "Daemon was not ACTIVE.",
    ))
}
