//! Account settings chosen, inherited and forgotten, against a store in memory.

use super::*;
use crate::common::testing::{block_on, world};

const ANNA: &str = "arn:aws:iam::000000000000:user/anna";
const ROOT: &str = "arn:aws:iam::000000000000:root";

fn put(ctx: &Ctx, name: &str, value: &str, principal: Option<&str>) -> Result<ecs::Setting, String> {
    let input = ecs::PutAccountSettingRequest {
        name: Some(name.to_string()),
        value: Some(value.to_string()),
        principal_arn: principal.map(str::to_string),
    };
    block_on(put::run(ctx.clone(), input))
        .map(|o| o.setting.expect("always there"))
        .map_err(|f| f.code.into_owned())
}

fn put_default(ctx: &Ctx, name: &str, value: &str) -> ecs::Setting {
    let input = ecs::PutAccountSettingDefaultRequest {
        name: Some(name.to_string()),
        value: Some(value.to_string()),
    };
    block_on(put_default::run(ctx.clone(), input))
        .expect("a good value")
        .setting
        .expect("always there")
}

fn list(ctx: &Ctx, input: ecs::ListAccountSettingsRequest) -> Vec<(String, String, String)> {
    let settings = block_on(list::run(ctx.clone(), input))
        .expect("a good request")
        .settings
        .expect("always there");
    let text = |t: Option<String>| t.expect("always there");
    settings
        .into_iter()
        .map(|s| (text(s.name), text(s.value), text(s.principal_arn)))
        .collect()
}

fn effective_of(ctx: &Ctx, name: &str) -> (String, String) {
    let input = ecs::ListAccountSettingsRequest {
        name: Some(name.to_string()),
        effective_settings: Some(true),
        ..Default::default()
    };
    let (_, value, principal) = list(ctx, input).pop().expect("every setting is in force somehow");
    (value, principal)
}

#[test]
fn own_choice_goes_before_the_accounts_and_that_before_the_default() {
    let root = world();
    let anna = root.as_caller(ANNA);
    let is = |value: &str, principal: &str| (value.to_string(), principal.to_string());
    assert_eq!(effective_of(&anna, "containerInsights"), is("disabled", ANNA));
    assert_eq!(
        put_default(&root, "containerInsights", "enabled")
            .principal_arn
            .as_deref(),
        Some(ROOT)
    );
    assert_eq!(effective_of(&anna, "containerInsights"), is("enabled", ROOT));
    put(&anna, "containerInsights", "enhanced", None).expect("her own");
    assert_eq!(effective_of(&anna, "containerInsights"), is("enhanced", ANNA));
    assert_eq!(in_force(&root.snapshot(), &root, "containerInsights"), "enabled");

    let delete = ecs::DeleteAccountSettingRequest {
        name: Some("containerInsights".to_string()),
        ..Default::default()
    };
    let left = block_on(delete::run(anna.clone(), delete))
        .expect("her own")
        .setting
        .expect("always there");
    assert_eq!(left.value.as_deref(), Some("enabled"));
    assert_eq!(effective_of(&anna, "containerInsights"), is("enabled", ROOT));
}

#[test]
fn without_effective_only_choices_are_listed() {
    let root = world();
    let anna = root.as_caller(ANNA);
    assert_eq!(list(&anna, Default::default()), []);
    put(&root, "awsvpcTrunking", "enabled", Some(ANNA)).expect("root may");
    put(&root, "containerInsights", "enabled", None).expect("root may");
    let chosen = ("awsvpcTrunking".to_string(), "enabled".to_string(), ANNA.to_string());
    assert_eq!(list(&anna, Default::default()), [chosen]);
    assert_eq!(list(&root, Default::default()).len(), 1);
}

#[test]
fn pages_of_ten_hold_all_settings_in_order() {
    let root = world();
    let first = ecs::ListAccountSettingsRequest {
        effective_settings: Some(true),
        ..Default::default()
    };
    let page = block_on(list::run(root.clone(), first.clone())).expect("a page");
    let second = ecs::ListAccountSettingsRequest {
        next_token: page.next_token.clone(),
        ..first.clone()
    };
    assert!(page.next_token.is_some());
    let mut names: Vec<_> = page.settings.into_iter().flatten().map(|s| s.name).collect();
    names.extend(list(&root, second).into_iter().map(|s| Some(s.0)));
    assert_eq!(
        names,
        facts::FACTS
            .iter()
            .map(|f| Some(f.name.to_string()))
            .collect::<Vec<_>>()
    );
    let greedy = ecs::ListAccountSettingsRequest {
        max_results: Some(11),
        ..first
    };
    assert_eq!(
        block_on(list::run(root, greedy)).map_err(|f| f.code).err().as_deref(),
        Some("InvalidParameterException")
    );
}

#[test]
fn what_may_not_be_chosen_is_refused() {
    let root = world();
    let anna = root.as_caller(ANNA);
    let invalid = Err("InvalidParameterException".to_string());
    assert_eq!(
        put(&anna, "fargateTaskRetirementWaitPeriod", "14", None).map(|_| ()),
        invalid
    );
    assert!(put(&root, "fargateTaskRetirementWaitPeriod", "14", None).is_ok());
    assert_eq!(put(&root, "guardDutyActivate", "on", None).map(|_| ()), invalid);
    assert_eq!(put(&root, "taskLongArnFormat", "disabled", None).map(|_| ()), invalid);
    assert_eq!(
        put(&anna, "containerInsights", "enabled", Some(ROOT)).map(|_| ()),
        Err("AccessDeniedException".to_string())
    );
    let guest = root.as_caller("arn:aws:sts::000000000000:federated-user/guest");
    assert_eq!(put(&guest, "containerInsights", "enabled", None).map(|_| ()), invalid);
    let value_alone = ecs::ListAccountSettingsRequest {
        value: Some("enabled".to_string()),
        ..Default::default()
    };
    assert!(block_on(list::run(root, value_alone)).is_err());
}
