//! A cluster as the API shows it.

use super::{counts, strategy};
use crate::common::given;
use crate::ecs::names;
use crate::ecs::tagging::shape;
use api::ecs;
use base::Scope;
use model::{Cluster, Given};
use store::View;

/// What of a cluster is shown only to who asks for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    pub attachments: bool,
    pub configurations: bool,
    pub settings: bool,
    pub statistics: bool,
    pub tags: bool,
}

/// What those who change a cluster are shown.
pub const CHANGED: Shown = Shown {
    attachments: true,
    configurations: true,
    settings: true,
    statistics: false,
    tags: true,
};

impl Shown {
    pub fn of(include: &[String]) -> Shown {
        let asks = |field: &str| include.iter().any(|f| f == field);
        Shown {
            attachments: asks("ATTACHMENTS"),
            configurations: asks("CONFIGURATIONS"),
            settings: asks("SETTINGS"),
            statistics: asks("STATISTICS"),
            tags: asks("TAGS"),
        }
    }
}

/// What the user gave and only the user reads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    pub settings: Vec<ecs::ClusterSetting>,
    pub configuration: Option<ecs::ClusterConfiguration>,
    pub service_connect_defaults: Option<ecs::ClusterServiceConnectDefaults>,
    /// Whether the cluster ever had capacity providers: from then on it has a status of its attachments.
    pub had_providers: bool,
}

/// As the one shape of ECS that has it all.
impl Kept {
    pub fn keep(self) -> Given {
        given::keep(&ecs::Cluster {
            settings: Some(self.settings),
            configuration: self.configuration,
            service_connect_defaults: self.service_connect_defaults,
            attachments_status: self.had_providers.then(|| UPDATE_COMPLETE.to_string()),
            ..Default::default()
        })
    }

    pub fn recall(given: &Given) -> Kept {
        let cluster: ecs::Cluster = given::recall(given);
        Kept {
            settings: cluster.settings.unwrap_or_default(),
            configuration: cluster.configuration,
            service_connect_defaults: cluster.service_connect_defaults,
            had_providers: cluster.attachments_status.is_some(),
        }
    }
}

/// Providers join and leave a cluster in one transaction, so nobody ever sees it in between.
const UPDATE_COMPLETE: &str = "UPDATE_COMPLETE";

/// Lists that are not asked for are empty; other things are absent, as AWS answers.
pub fn cluster(view: &View, scope: &Scope, cluster: &Cluster, shown: Shown) -> ecs::Cluster {
    let kept = Kept::recall(&cluster.given);
    let count = |n: usize| Some(i32::try_from(n).unwrap_or(i32::MAX));
    ecs::Cluster {
        cluster_arn: Some(names::cluster_arn(scope, &cluster.name)),
        cluster_name: Some(cluster.name.clone()),
        status: Some(if cluster.active { "ACTIVE" } else { "INACTIVE" }.to_string()),
        registered_container_instances_count: count(counts::registered_nodes(view, cluster)),
        running_tasks_count: count(counts::running_tasks(view, cluster)),
        pending_tasks_count: count(counts::pending_tasks(view, cluster)),
        active_services_count: count(counts::active_services(view, cluster)),
        statistics: Some(if shown.statistics {
            counts::statistics(view, cluster)
        } else {
            Vec::new()
        }),
        tags: Some(if shown.tags {
            shape::show(&cluster.tags)
        } else {
            Vec::new()
        }),
        settings: Some(if shown.settings { kept.settings } else { Vec::new() }),
        configuration: kept.configuration.filter(|_| shown.configurations),
        capacity_providers: Some(cluster.capacity_providers.clone()),
        default_capacity_provider_strategy: Some(strategy::show(&cluster.default_strategy)),
        // Gantry makes no scaling plans or hooks for a provider, so there is nothing that could be attached.
        attachments: shown.attachments.then(Vec::new),
        attachments_status: (shown.attachments && kept.had_providers).then(|| UPDATE_COMPLETE.to_string()),
        service_connect_defaults: kept.service_connect_defaults,
    }
}
