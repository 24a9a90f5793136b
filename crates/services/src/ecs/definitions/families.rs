//! ListTaskDefinitionFamilies: the names of families that have revisions.

use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::ecs::pages;
use api::ecs;
use model::{Daemon, Family, TaskDefinition};
use store::{Key, Record, View};
use wire::Fault;

const PAGING: Paging = Paging {
    operation: "ListTaskDefinitionFamilies",
    default: 100,
    max: 100,
};

pub async fn run(
    ctx: Ctx,
    input: ecs::ListTaskDefinitionFamiliesRequest,
) -> Result<ecs::ListTaskDefinitionFamiliesResponse, Fault> {
    let (size, after) = pages::window(&PAGING, input.max_results, input.next_token.as_deref())?;
    let (snapshot, prefix) = (ctx.snapshot(), input.family_prefix.unwrap_or_default());
    // The family that is the prefix itself is its own first key; all others with that prefix come behind it.
    let exact = Family::key_of(&prefix);
    let first = snapshot.get::<Family>(&exact).filter(|_| after.is_none());
    let start = [Some(&exact).filter(|_| !prefix.is_empty()), after.as_ref()]
        .into_iter()
        .flatten()
        .max();
    let rest = snapshot
        .scan_after::<Family>(&Key::all(), start)
        .take_while(|family| family.name.starts_with(&prefix));
    let asked = input.status.as_deref().unwrap_or("ALL");
    let wanted = first
        .into_iter()
        .chain(rest)
        .filter(|family| is_wanted(&snapshot, family, asked));
    let page = PAGING.page(size, wanted.map(|family| (family.key(), family.name.clone())));
    Ok(ecs::ListTaskDefinitionFamiliesResponse {
        families: Some(page.items),
        next_token: page.next,
    })
}

/// A family whose revisions are all gone is only a counter.
fn is_wanted(view: &View, family: &Family, asked: &str) -> bool {
    if Daemon::of_family(&family.name).is_some() {
        return false; // of daemons, whose definitions have a list of their own
    }
    let active = family.active_revisions > 0;
    match asked {
        "ACTIVE" => active,
        "INACTIVE" => !active && has_revisions(view, family),
        _ => active || has_revisions(view, family),
    }
}

fn has_revisions(view: &View, family: &Family) -> bool {
    view.scan::<TaskDefinition>(&Key::of([family.name.as_str()]))
        .next()
        .is_some()
}
