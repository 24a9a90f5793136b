//! What the account has set for its registry, and whose pulls are not noted.

use super::{fault, names, pages};
use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::common::table::Row;
use api::ecr::{self, op};
use model::registry::{PullTimeExclusion, RegistrySetting, RepositoryId};
use wire::Fault;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::GetAccountSetting, _>(get),
        Row::of::<op::PutAccountSetting, _>(put),
        Row::of::<op::RegisterPullTimeUpdateExclusion, _>(register),
        Row::of::<op::DeregisterPullTimeUpdateExclusion, _>(deregister),
        Row::of::<op::ListPullTimeUpdateExclusions, _>(list),
    ]
}

const PAGING: Paging = Paging {
    operation: "ListPullTimeUpdateExclusions",
    default: 100,
    max: 1000,
};
/// Of one registry.
const MOST_EXCLUSIONS: usize = 100;

/// A setting's values, the first of which is meant when nobody has said another.
fn values_of(name: &str) -> Result<&'static [&'static str], Fault> {
    match name {
        "BASIC_SCAN_TYPE_VERSION" => Ok(&["AWS_NATIVE"]),
        "REGISTRY_POLICY_SCOPE" => Ok(&["V2"]),
        RegistrySetting::BLOB_MOUNTING => Ok(&[RegistrySetting::ENABLED, RegistrySetting::DISABLED]),
        _ => Err(fault::invalid_at("name", &format!("there is no setting '{name}'"))),
    }
}

async fn get(ctx: Ctx, input: ecr::GetAccountSettingRequest) -> Result<ecr::GetAccountSettingResponse, Fault> {
    let name = input.name.unwrap_or_default();
    let usual = values_of(&name)?[0];
    let (registry, region) = (names::registry(&ctx, None), &ctx.scope().region);
    let set = ctx
        .snapshot()
        .get::<RegistrySetting>(&RegistrySetting::key_of(&registry, region, &name));
    Ok(ecr::GetAccountSettingResponse {
        value: Some(set.map_or_else(|| usual.to_string(), |set| set.value.clone())),
        name: Some(name),
    })
}

async fn put(ctx: Ctx, input: ecr::PutAccountSettingRequest) -> Result<ecr::PutAccountSettingResponse, Fault> {
    let (name, value) = (input.name.unwrap_or_default(), input.value.unwrap_or_default());
    let values = values_of(&name)?;
    if !values.contains(&value.as_str()) {
        let why = format!("'{name}' is one of {}", values.join(", "));
        return Err(fault::invalid_at("value", &why));
    }
    let (registry, region) = (names::registry(&ctx, None), ctx.scope().region.to_string());
    ctx.write(move |tx| {
        tx.put(RegistrySetting {
            registry: registry.clone(),
            region: region.clone(),
            name: name.clone(),
            value: value.clone(),
        });
        Ok(ecr::PutAccountSettingResponse {
            name: Some(name.clone()),
            value: Some(value.clone()),
        })
    })
    .await
}

async fn register(
    ctx: Ctx,
    input: ecr::RegisterPullTimeUpdateExclusionRequest,
) -> Result<ecr::RegisterPullTimeUpdateExclusionResponse, Fault> {
    let principal = input.principal_arn.unwrap_or_default();
    let (registry, region) = (names::registry(&ctx, None), ctx.scope().region.to_string());
    ctx.write(move |tx| {
        let key = PullTimeExclusion::key_of(&registry, &region, &principal);
        if tx.get::<PullTimeExclusion>(&key).is_some() {
            let message = format!("The pull times of '{principal}' are excluded already");
            return Err(Fault::new(&ecr::fault::ExclusionAlreadyExistsException, message));
        }
        let all = RepositoryId::all_of(&registry, &region);
        if tx.count::<PullTimeExclusion>(&all) >= MOST_EXCLUSIONS {
            let message = format!("A registry has at most {MOST_EXCLUSIONS} pull time update exclusions");
            return Err(Fault::new(&ecr::fault::LimitExceededException, message));
        }
        let created_at = tx.now();
        tx.put(PullTimeExclusion {
            registry: registry.clone(),
            region: region.clone(),
            principal: principal.clone(),
            created_at,
        });
        Ok(ecr::RegisterPullTimeUpdateExclusionResponse {
            principal_arn: Some(principal.clone()),
            created_at: Some(created_at),
        })
    })
    .await
}

async fn deregister(
    ctx: Ctx,
    input: ecr::DeregisterPullTimeUpdateExclusionRequest,
) -> Result<ecr::DeregisterPullTimeUpdateExclusionResponse, Fault> {
    let principal = input.principal_arn.unwrap_or_default();
    let (registry, region) = (names::registry(&ctx, None), ctx.scope().region.to_string());
    ctx.write(move |tx| {
        let was = tx.delete::<PullTimeExclusion>(&PullTimeExclusion::key_of(&registry, &region, &principal));
        if was.is_none() {
            let message = format!("The pull times of '{principal}' are not excluded");
            return Err(Fault::new(&ecr::fault::ExclusionNotFoundException, message));
        }
        Ok(ecr::DeregisterPullTimeUpdateExclusionResponse {
            principal_arn: Some(principal.clone()),
        })
    })
    .await
}

async fn list(
    ctx: Ctx,
    input: ecr::ListPullTimeUpdateExclusionsRequest,
) -> Result<ecr::ListPullTimeUpdateExclusionsResponse, Fault> {
    let all = RepositoryId::all_of(&names::registry(&ctx, None), &ctx.scope().region);
    let (size, after) = pages::window(&PAGING, &all, input.max_results, input.next_token.as_deref())?;
    let view = ctx.snapshot();
    let found = view.scan_after::<PullTimeExclusion>(&all, after.as_ref());
    let page = PAGING.page(
        size,
        found.map(|exclusion| (all.part(&exclusion.principal), exclusion.principal.clone())),
    );
    Ok(ecr::ListPullTimeUpdateExclusionsResponse {
        pull_time_update_exclusions: Some(page.items),
        next_token: page.next,
    })
}
