//! ListDaemonTaskDefinitions: by family and revision.

use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::ecs::{names, pages};
use api::ecs;
use base::Scope;
use model::{Daemon, Family, TaskDefinition};
use std::sync::Arc;
use store::{Key, Record, View};
use wire::Fault;

const RISING: Paging = Paging {
    operation: "ListDaemonTaskDefinitions",
    default: 100,
    max: 100,
};
/// A token is good for the order that it was made in.
const FALLING: Paging = Paging {
    operation: "ListDaemonTaskDefinitions DESC",
    ..RISING
};

pub async fn run(
    ctx: Ctx,
    input: ecs::ListDaemonTaskDefinitionsRequest,
) -> Result<ecs::ListDaemonTaskDefinitionsResponse, Fault> {
    let falling = input.sort.as_deref() == Some("DESC");
    let paging = if falling { FALLING } else { RISING };
    let (size, after) = pages::window(&paging, input.max_results, input.next_token.as_deref())?;
    let status = input.status.as_deref().unwrap_or("ACTIVE");
    let (prefix, exact) = (input.family_prefix.as_deref(), input.family.as_deref());
    let last_only = input.revision.is_some();
    let view = ctx.snapshot();
    let wanted = |record: &TaskDefinition, family: &str| {
        (status == "ALL" || status == record.status.as_str())
            && prefix.is_none_or(|prefix| family.starts_with(prefix))
            && exact.is_none_or(|exact| family == exact)
            && (!last_only || is_last(&view, record))
    };
    let mut found: Vec<(Key, Arc<TaskDefinition>)> = of_daemons(&view)
        .filter(|record| Daemon::of_family(&record.family).is_some_and(|family| wanted(record, family)))
        .map(|record| (record.key(), record))
        .collect();
    if falling {
        found.reverse();
    }
    let behind = |at: &Key| match &after {
        None => true,
        Some(after) if falling => at < after,
        Some(after) => at > after,
    };
    let rest = found.into_iter().filter(|(at, _)| behind(at));
    let page = paging.page(size, rest.map(|(at, record)| (at, summary(ctx.scope(), &record))));
    Ok(ecs::ListDaemonTaskDefinitionsResponse {
        daemon_task_definitions: Some(page.items),
        next_token: page.next,
    })
}

fn of_daemons(view: &View) -> impl Iterator<Item = Arc<TaskDefinition>> + '_ {
    // Before the first family of daemons comes the one without a name.
    let start = TaskDefinition::key_of(&Daemon::family(""), 0);
    view.scan_after::<TaskDefinition>(&Key::all(), Some(&start))
        .take_while(|record| Daemon::of_family(&record.family).is_some())
}

fn is_last(view: &View, record: &TaskDefinition) -> bool {
    view.get::<Family>(&Family::key_of(&record.family))
        .is_some_and(|family| family.last_revision == record.revision)
}

fn summary(scope: &Scope, record: &TaskDefinition) -> ecs::DaemonTaskDefinitionSummary {
    ecs::DaemonTaskDefinitionSummary {
        arn: Some(names::definition_arn(scope, &record.family, record.revision)),
        registered_at: Some(record.registered_at),
        registered_by: Some(record.registered_by.clone()),
        delete_requested_at: record.delete_requested_at,
        status: Some(record.status.as_str().to_string()),
    }
}
