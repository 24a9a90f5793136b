//! ListTaskDefinitions: the ARNs of revisions with one status, by family and revision.

use super::render;
use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::ecs::{fault, names, pages};
use api::ecs;
use model::{Daemon, DefinitionStatus, TaskDefinition};
use std::sync::Arc;
use store::{Key, Record, View};
use wire::Fault;

const RISING: Paging = Paging {
    operation: "ListTaskDefinitions",
    default: 100,
    max: 100,
};
/// A token is good for the order that it was made in.
const FALLING: Paging = Paging {
    operation: "ListTaskDefinitions DESC",
    ..RISING
};

pub async fn run(ctx: Ctx, input: ecs::ListTaskDefinitionsRequest) -> Result<ecs::ListTaskDefinitionsResponse, Fault> {
    let falling = input.sort.as_deref() == Some("DESC");
    let paging = if falling { FALLING } else { RISING };
    let (size, after) = pages::window(&paging, input.max_results, input.next_token.as_deref())?;
    let status = input.status.as_deref().unwrap_or(DefinitionStatus::Active.as_str());
    let family = input.family_prefix.as_deref().filter(|family| !family.is_empty());
    if family.is_some_and(|family| !names::is_name(family)) {
        return Err(fault::invalid("The specified familyPrefix is not a valid family name."));
    }
    let snapshot = ctx.snapshot();
    let shown = |record: Arc<TaskDefinition>| (record.key(), render::arn(ctx.scope(), &record));
    let page = if falling {
        paging.page(
            size,
            backwards(&snapshot, status, family, after.as_ref())
                .into_iter()
                .map(shown),
        )
    } else {
        paging.page(size, forwards(&snapshot, status, family, after.as_ref()).map(shown))
    };
    Ok(ecs::ListTaskDefinitionsResponse {
        task_definition_arns: Some(page.items),
        next_token: page.next,
    })
}

fn forwards<'a>(
    view: &'a View,
    status: &str,
    family: Option<&'a str>,
    after: Option<&Key>,
) -> impl Iterator<Item = Arc<TaskDefinition>> + use<'a> {
    let all = Key::of([status]);
    // Before the first revision of a family, which is 1, its key with revision 0 would come.
    let start = family.map(|family| TaskDefinition::key_of(family, 0));
    let after = start.as_ref().into_iter().chain(after).max();
    let found = view.by_after::<TaskDefinition>(TaskDefinition::BY_STATUS, &all, after);
    found
        .filter(|record| Daemon::of_family(&record.family).is_none())
        .take_while(move |record| family.is_none_or(|family| record.family == family))
}

/// The store reads forwards only, so all that come before `after` are gathered first: pointers, no records.
fn backwards(view: &View, status: &str, family: Option<&str>, after: Option<&Key>) -> Vec<Arc<TaskDefinition>> {
    let before = |record: &Arc<TaskDefinition>| after.is_none_or(|after| record.key() < *after);
    let mut found: Vec<_> = forwards(view, status, family, None).take_while(before).collect();
    found.reverse();
    found
}
