//! DeleteDaemon: a last deployment takes its tasks away, and then it is gone.

use super::arns::{self, Named};
use super::find;
use super::update::check_active;
use super::wish::{self, Ids};
use crate::common::Ctx;
use api::ecs;
use model::{Daemon, DaemonSource, DaemonStatus};
use store::Tx;
use wire::Fault;

pub async fn run(ctx: Ctx, input: ecs::DeleteDaemonRequest) -> Result<ecs::DeleteDaemonResponse, Fault> {
    let named = arns::read_daemon(ctx.scope(), input.daemon_arn.as_deref())?;
    let ids = Ids::draw(ctx.dice());
    let daemon = ctx.write(move |tx| delete(tx, &named, &ids)).await?;
    let (scope, cluster) = (ctx.scope(), &daemon.cluster);
    Ok(ecs::DeleteDaemonResponse {
        daemon_arn: Some(arns::daemon(scope, cluster, &daemon.name)),
        status: Some(daemon.status.to_string()),
        created_at: Some(daemon.created_at),
        updated_at: Some(daemon.updated_at),
        deployment_arn: Some(arns::deployment(scope, cluster, &daemon.name, &daemon.deployment)),
    })
}

fn delete(tx: &mut Tx, named: &Named, ids: &Ids) -> Result<Daemon, Fault> {
    let there = find(tx, named)?;
    check_active(&there)?;
    wish::supersede(tx, &there);
    let daemon = Daemon {
        status: DaemonStatus::DeleteInProgress,
        deployment: ids.deployment.clone(),
        updated_at: tx.now(),
        ..(*there).clone()
    };
    let source = DaemonSource {
        revision: there.target.clone(),
        providers: there.providers.clone(),
    };
    wish::deploy(tx, &daemon, vec![source], true);
    tx.put(daemon.clone());
    Ok(daemon)
}
