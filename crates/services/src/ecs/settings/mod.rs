//! Account settings: what the account, a user or a role has chosen, and what holds for whoever has not.
//!
//! Words: a *fact* is what is known of a setting without looking at the store: its values, its default, whose it is. A
//! *principal* is who a setting is for; the root user's settings are the account's defaults.

mod delete;
pub mod facts;
mod list;
pub mod principal;
mod put;
mod put_default;
#[cfg(test)]
mod tests;

use crate::common::Ctx;
use crate::common::table::Row;
use api::ecs::{self, op};
use facts::Fact;
use model::AccountSetting;
use principal::Principal;
use store::View;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::DeleteAccountSetting, _>(delete::run),
        Row::of::<op::ListAccountSettings, _>(list::run),
        Row::of::<op::PutAccountSetting, _>(put::run),
        Row::of::<op::PutAccountSettingDefault, _>(put_default::run),
    ]
}

/// What holds for whoever calls. Asking for a setting that there is not is a bug.
pub fn in_force(view: &View, ctx: &Ctx, name: &str) -> String {
    let fact = facts::find(name).expect("the names of settings are written in our own code");
    effective(view, &principal::of_caller(ctx.scope(), &ctx.caller.arn), fact).value
}

/// What holds for a principal, and where it comes from.
#[derive(Debug, PartialEq, Eq)]
pub struct Effective {
    pub value: String,
    /// Whether the account's default decided, rather than the principal's own choice or AWS's default.
    pub from_root: bool,
}

/// The principal's own choice, else the account's, else what AWS begins with.
pub fn effective(view: &View, principal: &Principal, fact: &Fact) -> Effective {
    let chosen = |of: &str| {
        view.get::<AccountSetting>(&AccountSetting::key_of(of, fact.name))
            .map(|s| s.value.clone())
    };
    let own = principal.own_key().filter(|key| !key.is_empty()).and_then(chosen);
    if let Some(value) = own {
        return Effective {
            value,
            from_root: false,
        };
    }
    match chosen(principal::ROOT_KEY) {
        Some(value) => Effective { value, from_root: true },
        None => Effective {
            value: fact.default.to_string(),
            from_root: false,
        },
    }
}

fn render(fact: &Fact, value: &str, principal_arn: &str) -> ecs::Setting {
    ecs::Setting {
        name: Some(fact.name.to_string()),
        value: Some(value.to_string()),
        principal_arn: Some(principal_arn.to_string()),
        r#type: Some(if fact.aws_managed { "aws_managed" } else { "user" }.to_string()),
    }
}
