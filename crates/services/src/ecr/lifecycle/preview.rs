//! Looking at what a policy would do. It is found out when it is asked for, by what does it in earnest.

use super::{document, no_policy, not_valid};
use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::ecr::access::may;
use crate::ecr::{fault, names, pages};
use api::ecr;
use base::Timestamp;
use model::registry::lifecycle::{Image, evaluate, images, pinned};
use model::registry::{LifecycleAction, LifecyclePolicy, LifecyclePreview};
use wire::Fault;

const PAGING: Paging = Paging {
    operation: "GetLifecyclePolicyPreview",
    default: 100,
    max: 100,
};

/// How long a preview can be asked for.
const LIFE_MS: i64 = 24 * 60 * 60 * 1000;

pub async fn start(
    ctx: Ctx,
    input: ecr::StartLifecyclePolicyPreviewRequest,
) -> Result<ecr::StartLifecyclePolicyPreviewResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let given = input.lifecycle_policy_text;
    let read = |text: String| -> Result<_, Fault> { Ok((document::read(&text).map_err(not_valid)?, text)) };
    let given = given.map(read).transpose()?;
    let (at, caller) = (id.clone(), ctx.clone());
    let text = ctx.write(move |tx| {
        let repository = may(&caller, tx, "ecr:StartLifecyclePolicyPreview", &at)?;
        let now = tx.now();
        let policy = match (&given, &repository.lifecycle) {
            (Some((rules, text)), _) => LifecyclePolicy {
                text: text.clone(),
                put_at: now,
                evaluated_at: None,
                rules: rules.clone(),
            },
            (None, Some(policy)) => LifecyclePolicy {
                put_at: now,
                ..policy.clone()
            },
            (None, None) => return Err(no_policy(&at)),
        };
        let text = policy.text.clone();
        tx.put(LifecyclePreview {
            repository: at.clone(),
            policy,
        });
        Ok(text)
    });
    Ok(ecr::StartLifecyclePolicyPreviewResponse {
        lifecycle_policy_text: Some(text.await?),
        registry_id: Some(id.registry),
        repository_name: Some(id.name),
        status: Some("IN_PROGRESS".to_string()),
    })
}

pub async fn get(
    ctx: Ctx,
    input: ecr::GetLifecyclePolicyPreviewRequest,
) -> Result<ecr::GetLifecyclePolicyPreviewResponse, Fault> {
    let id = names::id(&ctx, input.registry_id.clone(), input.repository_name.clone());
    let view = ctx.snapshot();
    may(&ctx, &view, "ecr:GetLifecyclePolicyPreview", &id)?;
    if input.image_ids.is_some() && (input.max_results.is_some() || input.next_token.is_some()) {
        return Err(fault::invalid("maxResults and nextToken cannot be used with imageIds"));
    }
    let (size, after) = pages::window(&PAGING, &id.key(), input.max_results, input.next_token.as_deref())?;
    let preview = view.get::<LifecyclePreview>(&id.key());
    let preview = preview.filter(|preview| ctx.now().since(preview.policy.put_at) < LIFE_MS);
    let policy = preview.map(|preview| preview.policy.clone());
    let policy = policy.ok_or_else(|| no_preview(&id.name, &id.registry))?;
    let images = images(&view, &id);
    let verdicts = evaluate(&policy.rules, &images, &pinned(&view), policy.put_at.max(ctx.now()));
    let count = |action: LifecycleAction| {
        let count = verdicts.iter().filter(|verdict| verdict.action == action).count();
        i32::try_from(count).unwrap_or(i32::MAX)
    };
    let archived = count(LifecycleAction::Archive);
    let summary = ecr::LifecyclePolicyPreviewSummary {
        expiring_image_total_count: Some(count(LifecycleAction::Expire)),
        transitioning_image_total_counts: (archived > 0).then(|| {
            vec![ecr::TransitioningImageTotalCount {
                target_storage_class: Some("ARCHIVE".to_string()),
                image_total_count: Some(archived),
            }]
        }),
    };
    let wanted = |image: &Image| is_wanted(&input, image);
    // Images come in the order of their digests, and so do verdicts.
    let results = verdicts.iter().map(|verdict| (verdict, &images[verdict.image]));
    let results = results.filter(|(_, image)| wanted(image)).map(|(verdict, image)| {
        let result = ecr::LifecyclePolicyPreviewResult {
            image_tags: (!image.tags.is_empty()).then(|| image.tags.clone()),
            image_digest: Some(image.manifest.digest.clone()),
            image_pushed_at: Some(image.manifest.pushed_at),
            action: Some(action(verdict.action)),
            applied_rule_priority: i32::try_from(verdict.rule).ok(),
            storage_class: Some(class(image.archived_at).to_string()),
        };
        (id.key().part(&image.manifest.digest), result)
    });
    let results = results.filter(|(key, _)| after.as_ref().is_none_or(|after| key > after));
    let page = PAGING.page(size, results);
    Ok(ecr::GetLifecyclePolicyPreviewResponse {
        registry_id: Some(id.registry),
        repository_name: Some(id.name),
        lifecycle_policy_text: Some(policy.text),
        status: Some("COMPLETE".to_string()),
        next_token: page.next,
        preview_results: Some(page.items),
        summary: Some(summary),
    })
}

fn is_wanted(input: &ecr::GetLifecyclePolicyPreviewRequest, image: &Image) -> bool {
    let named = |id: &ecr::ImageIdentifier| {
        id.image_digest
            .as_ref()
            .is_none_or(|digest| *digest == image.manifest.digest)
            && id.image_tag.as_ref().is_none_or(|tag| image.tags.contains(tag))
    };
    let status = input.filter.as_ref().and_then(|filter| filter.tag_status.as_deref());
    input.image_ids.as_ref().is_none_or(|ids| ids.iter().any(named))
        && match status {
            Some("TAGGED") => !image.tags.is_empty(),
            Some("UNTAGGED") => image.tags.is_empty(),
            _ => true,
        }
}

fn action(action: LifecycleAction) -> ecr::LifecyclePolicyRuleAction {
    let (kind, target) = match action {
        LifecycleAction::Expire => ("EXPIRE", None),
        LifecycleAction::Archive => ("TRANSITION", Some("ARCHIVE".to_string())),
    };
    ecr::LifecyclePolicyRuleAction {
        r#type: Some(kind.to_string()),
        target_storage_class: target,
    }
}

fn class(archived_at: Option<Timestamp>) -> &'static str {
    match archived_at {
        Some(_) => "ARCHIVE",
        None => "STANDARD",
    }
}

fn no_preview(name: &str, registry: &str) -> Fault {
    Fault::new(
        &ecr::fault::LifecyclePolicyPreviewNotFoundException,
        format!(
            "Lifecycle policy preview does not exist for the repository with name '{name}' in the registry with id \
             '{registry}'"
        ),
    )
}
