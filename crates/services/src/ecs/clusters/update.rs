//! UpdateCluster: settings, configuration and service connect defaults. What the request does not name stays.

use super::configuration;
use super::render::{self, CHANGED, Kept};
use crate::common::Ctx;
use crate::ecs::names;
use api::ecs;
use model::Cluster;
use wire::Fault;

pub async fn run(ctx: Ctx, input: ecs::UpdateClusterRequest) -> Result<ecs::UpdateClusterResponse, Fault> {
    let name = names::cluster_name(ctx.scope(), input.cluster.as_deref())?;
    let change = Change {
        settings: input
            .settings
            .filter(|settings| !settings.is_empty())
            .map(configuration::settings)
            .transpose()?,
        configuration: input.configuration.map(configuration::complete).transpose()?,
        service_connect_defaults: input
            .service_connect_defaults
            .map(configuration::namespace)
            .transpose()?,
    };
    let cluster = apply(&ctx, name, change).await?;
    Ok(ecs::UpdateClusterResponse { cluster: Some(cluster) })
}

/// What is to be other than before.
#[derive(Clone, Debug, Default)]
pub(super) struct Change {
    pub settings: Option<Vec<ecs::ClusterSetting>>,
    pub configuration: Option<ecs::ClusterConfiguration>,
    /// `Some(None)` takes the namespace away.
    pub service_connect_defaults: Option<Option<ecs::ClusterServiceConnectDefaults>>,
}

pub(super) async fn apply(ctx: &Ctx, name: String, change: Change) -> Result<ecs::Cluster, Fault> {
    let scope = ctx.scope().clone();
    ctx.write(move |tx| {
        let cluster = names::active_cluster(tx, &name)?;
        let given = changed(Kept::recall(&cluster.given), change.clone()).keep();
        let cluster = Cluster {
            given,
            ..(*cluster).clone()
        };
        tx.put(cluster.clone());
        Ok(render::cluster(tx, &scope, &cluster, CHANGED))
    })
    .await
}

fn changed(kept: Kept, change: Change) -> Kept {
    let configuration = match (kept.configuration, change.configuration) {
        (Some(old), Some(new)) => Some(ecs::ClusterConfiguration {
            execute_command_configuration: new.execute_command_configuration.or(old.execute_command_configuration),
            managed_storage_configuration: new.managed_storage_configuration.or(old.managed_storage_configuration),
        }),
        (old, new) => new.or(old),
    };
    Kept {
        settings: change.settings.unwrap_or(kept.settings),
        configuration,
        service_connect_defaults: change.service_connect_defaults.unwrap_or(kept.service_connect_defaults),
        had_providers: kept.had_providers,
    }
}
