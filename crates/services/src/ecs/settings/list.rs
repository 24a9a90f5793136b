//! ListAccountSettings: what a principal has chosen, or what holds for it.

use super::facts::{self, FACTS};
use super::principal::{self, Principal};
use super::{effective, render};
use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::ecs::{fault, pages};
use api::ecs;
use base::Scope;
use model::AccountSetting;
use store::{Key, View};
use wire::Fault;

const PAGING: Paging = Paging {
    operation: "ListAccountSettings",
    default: 10,
    max: 10,
};

pub async fn run(ctx: Ctx, input: ecs::ListAccountSettingsRequest) -> Result<ecs::ListAccountSettingsResponse, Fault> {
    let principal = principal::meant(ctx.scope(), &ctx.caller.arn, input.principal_arn.as_deref())?;
    let name = input.name.as_deref();
    if name.is_none() && input.value.is_some() {
        return Err(fault::invalid(
            "You must also specify an account setting name to filter by value.",
        ));
    }
    let only = name
        .map(|name| facts::named(Some(name)))
        .transpose()?
        .map(|fact| fact.name);
    let (size, after) = pages::window(&PAGING, input.max_results, input.next_token.as_deref())?;
    let snapshot = ctx.snapshot();
    let settings = match input.effective_settings {
        Some(true) => all_in_force(&snapshot, ctx.scope(), &principal),
        _ => own(&snapshot, &principal),
    };
    let wanted = settings.into_iter().filter_map(|setting| {
        let name = setting.name.as_deref()?;
        let asked = only.is_none_or(|only| only == name) && (input.value.is_none() || input.value == setting.value);
        let key = Key::of([name]);
        (asked && after.as_ref().is_none_or(|after| key > *after)).then_some((key, setting))
    });
    let page = PAGING.page(size, wanted);
    Ok(ecs::ListAccountSettingsResponse {
        settings: Some(page.items),
        next_token: page.next,
    })
}

/// Every setting with what holds. A value that the account's default decided shows the root user as its principal.
fn all_in_force(view: &View, scope: &Scope, principal: &Principal) -> Vec<ecs::Setting> {
    let root = principal::root(scope);
    let show = |fact| {
        let held = effective(view, principal, fact);
        render(
            fact,
            &held.value,
            if held.from_root { root.arn() } else { principal.arn() },
        )
    };
    FACTS.iter().map(show).collect()
}

/// Only what the principal itself chose.
fn own(view: &View, principal: &Principal) -> Vec<ecs::Setting> {
    let Some(key) = principal.own_key() else {
        return Vec::new();
    };
    let chosen = view.scan::<AccountSetting>(&Key::of([key]));
    chosen
        .filter_map(|s| Some(render(facts::find(&s.name)?, &s.value, principal.arn())))
        .collect()
}
