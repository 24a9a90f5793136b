//! UpdateClusterSettings.

use super::configuration;
use super::update::{self, Change};
use crate::common::Ctx;
use crate::ecs::{fault, names};
use api::ecs;
use wire::Fault;

pub async fn run(
    ctx: Ctx,
    input: ecs::UpdateClusterSettingsRequest,
) -> Result<ecs::UpdateClusterSettingsResponse, Fault> {
    let name = names::cluster_name(ctx.scope(), input.cluster.as_deref())?;
    let settings = configuration::settings(input.settings.unwrap_or_default())?;
    if settings.is_empty() {
        return Err(fault::invalid("Cluster settings can not be empty."));
    }
    let cluster = update::apply(
        &ctx,
        name,
        Change {
            settings: Some(settings),
            ..Change::default()
        },
    )
    .await?;
    Ok(ecs::UpdateClusterSettingsResponse { cluster: Some(cluster) })
}
