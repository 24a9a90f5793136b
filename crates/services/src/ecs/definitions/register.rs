//! RegisterTaskDefinition: the next revision of a family, checked, completed, and planned once for all.

use super::{attributes, defaults, plan, render, rules, work};
use crate::common::{Ctx, given};
use crate::ecs::fault;
use crate::ecs::tagging::shape;
use api::ecs;
use model::{DefinitionStatus, Family, Tag, TaskDefinition};
use store::Tx;
use wire::Fault;

/// AWS's quota of revisions in a family; those that are gone count too.
const MOST_REVISIONS: u32 = 1_000_000;
/// AWS's quota for one definition.
const MOST_BYTES: usize = 64 << 10;

pub async fn run(
    ctx: Ctx,
    input: ecs::RegisterTaskDefinitionRequest,
) -> Result<ecs::RegisterTaskDefinitionResponse, Fault> {
    let draft = draft(&input)?;
    let registrant = ctx.caller.arn.clone();
    let tags = draft.tags.clone();
    let record = ctx.write(move |tx| add(tx, &draft, &registrant)).await?;
    Ok(ecs::RegisterTaskDefinitionResponse {
        task_definition: Some(render::definition(ctx.scope(), &record)),
        tags: input.tags.is_some().then(|| shape::show(&tags)),
    })
}

/// All of a revision that does not depend on what else is registered.
pub struct Draft {
    family: String,
    tags: Vec<Tag>,
    given: model::Given,
    plan: model::Plan,
    compatibilities: Vec<String>,
    requires_attributes: Vec<String>,
    work: link::TaskPlan,
}

pub fn draft(input: &ecs::RegisterTaskDefinitionRequest) -> Result<Draft, Fault> {
    if input.tags.as_ref().is_some_and(Vec::is_empty) {
        return Err(fault::invalid("Tags can not be empty."));
    }
    let tags = shape::read(input.tags.as_deref())?;
    let document = defaults::filled(input);
    check_size(&document)?;
    let platforms = rules::check(&document)?;
    Ok(Draft {
        family: document.family.clone().unwrap_or_default(),
        tags,
        given: given::keep(&document),
        plan: plan::derived(&document),
        compatibilities: platforms.iter().map(|platform| platform.as_str().to_string()).collect(),
        requires_attributes: attributes::required(&document),
        work: work::derived(&document),
    })
}

impl Draft {
    /// Kept in another family, and as another document, than those that it was made of.
    pub fn in_family(self, family: String, given: model::Given) -> Draft {
        Draft { family, given, ..self }
    }
}

fn check_size(document: &ecs::TaskDefinition) -> Result<(), Fault> {
    let mut bytes = Vec::new();
    wire::codec::json::write(document, &mut bytes);
    if bytes.len() <= MOST_BYTES {
        return Ok(());
    }
    Err(fault::client(format!(
        "Actual length: '{}'. Max allowed length is '{MOST_BYTES}' bytes.",
        bytes.len()
    )))
}

pub fn add(tx: &mut Tx, draft: &Draft, registrant: &str) -> Result<TaskDefinition, Fault> {
    let family = tx.get::<Family>(&Family::key_of(&draft.family));
    let mut family = family.map_or_else(
        || Family {
            name: draft.family.clone(),
            last_revision: 0,
            active_revisions: 0,
        },
        |family| (*family).clone(),
    );
    if family.last_revision >= MOST_REVISIONS {
        return Err(fault::limit(format!(
            "The limit of {MOST_REVISIONS} revisions in a family is reached."
        )));
    }
    family.last_revision += 1;
    family.active_revisions += 1;
    let record = TaskDefinition {
        family: draft.family.clone(),
        revision: family.last_revision,
        status: DefinitionStatus::Active,
        registered_at: tx.now(),
        registered_by: registrant.to_string(),
        deregistered_at: None,
        delete_requested_at: None,
        tags: draft.tags.clone(),
        given: draft.given.clone(),
        plan: draft.plan.clone(),
        compatibilities: draft.compatibilities.clone(),
        requires_attributes: draft.requires_attributes.clone(),
        work: draft.work.clone(),
    };
    tx.put(family);
    tx.put(record.clone());
    Ok(record)
}
