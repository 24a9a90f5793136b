//! Whether somebody may do something with a repository: what its policy and the registry's say.
//!
//! Until identities have policies of their own, who is of the registry's account may do what nobody denies, and others
//! what somebody allows them. The account's root may always look at the policy of a repository and take it away: nobody
//! else could.

use super::{fault, names};
use crate::common::Ctx;
use crate::common::table::Row;
use base::{Scope, Timestamp};
use model::registry::{RegistryPolicy, Repository, RepositoryId};
use policy::{Context, Policy, Request, Stands, Verdict, account_of};
use std::net::IpAddr;
use std::sync::Arc;
use store::View;
use wire::Fault;

/// Who asks, and when.
#[derive(Clone, Copy, Debug)]
pub struct Who<'a> {
    /// The ARN.
    pub principal: &'a str,
    pub user_id: &'a str,
    pub now: Timestamp,
    /// From where, if it is over a network.
    pub from: Option<IpAddr>,
}

/// The repository, if the caller may do this with it. `action` is as IAM knows it: `ecr:PutImage`.
pub fn may(ctx: &Ctx, view: &View, action: &'static str, id: &RepositoryId) -> Result<Arc<Repository>, Fault> {
    let repository = names::find(view, id)?;
    asked(ctx, view, action, id)?;
    Ok(repository)
}

/// Whether the caller may make this repository.
pub fn may_create(ctx: &Ctx, view: &View, id: &RepositoryId) -> Result<(), Fault> {
    asked(ctx, view, "ecr:CreateRepository", id)
}

/// Whether the caller may ask for all of them.
pub fn may_list(ctx: &Ctx, view: &View, registry: &str) -> Result<(), Fault> {
    let all = RepositoryId::new(registry, &ctx.scope().region, "*");
    asked(ctx, view, "ecr:DescribeRepositories", &all)
}

fn asked(ctx: &Ctx, view: &View, action: &'static str, id: &RepositoryId) -> Result<(), Fault> {
    let who = who(ctx);
    match allows(view, ctx.scope(), &who, action, id) {
        true => Ok(()),
        false => {
            let resource = names::arn(ctx, id);
            Err(fault::denied(who.principal, action, &resource, who.is_of(&id.registry)))
        }
    }
}

impl Who<'_> {
    fn is_of(&self, account: &str) -> bool {
        account_of(self.principal) == Some(account)
    }

    /// Until identities have policies of their own, those of the account may do what nobody denies.
    fn may(&self, account: &str, said: Verdict) -> bool {
        match said {
            Verdict::Deny => false,
            Verdict::Allow => true,
            Verdict::Silent => self.is_of(account),
        }
    }
}

pub fn who(ctx: &Ctx) -> Who<'_> {
    Who {
        principal: &ctx.caller.arn,
        user_id: &ctx.caller.user_id,
        now: ctx.now(),
        from: ctx.from,
    }
}

/// An operation on the registry itself, behind the question whether the caller may do that.
pub fn asked_first(row: Row) -> Row {
    let action = format!("ecr:{}", row.operation.name);
    row.behind(move |ctx| {
        let who = who(ctx);
        match configures(&ctx.snapshot(), ctx.scope(), &who, &action) {
            true => Ok(()),
            false => {
                let is_own = who.is_of(&ctx.scope().account);
                Err(fault::denied(who.principal, &action, "*", is_own))
            }
        }
    })
}

/// Whether somebody may do this with the registry: what its policy says of `*`, for it has no ARN. The account's root may
/// always look at that policy and change it: nobody else could.
fn configures(view: &View, scope: &Scope, who: &Who<'_>, action: &str) -> bool {
    let about_policy = [
        "ecr:GetRegistryPolicy",
        "ecr:PutRegistryPolicy",
        "ecr:DeleteRegistryPolicy",
    ];
    if who.is_of(&scope.account) && who.principal.ends_with(":root") && about_policy.contains(&action) {
        return true;
    }
    let Some(kept) = view.get::<RegistryPolicy>(&RegistryPolicy::key_of(&scope.account, &scope.region)) else {
        return who.may(&scope.account, Verdict::Silent);
    };
    let all = RepositoryId::new(&scope.account, &scope.region, "*");
    let context = context(who, &all, None);
    let said = verdict(&kept.text, Stands::AtResources, who, action, "*", &context);
    who.may(&scope.account, said)
}

/// What a kept policy says.
fn verdict(text: &str, stands: Stands, who: &Who<'_>, action: &str, resource: &str, context: &Context) -> Verdict {
    match Policy::read(text, stands) {
        Ok(policy) => policy.verdict(&Request {
            principal: who.principal,
            action,
            resource,
            context,
        }),
        Err(bad) => {
            tracing::error!(%bad, resource, "a kept policy does not read back: nobody gets in");
            Verdict::Deny
        }
    }
}

/// Whether somebody may do this with a repository, which need not be there.
pub fn allows(view: &View, scope: &Scope, who: &Who<'_>, action: &str, id: &RepositoryId) -> bool {
    let is_root = who.is_of(&id.registry) && who.principal.ends_with(":root");
    if is_root && matches!(action, "ecr:GetRepositoryPolicy" | "ecr:DeleteRepositoryPolicy") {
        return true;
    }
    let repository = view.get::<Repository>(&id.key());
    let at_repository = repository.as_ref().and_then(|repository| repository.policy.as_deref());
    let at_registry = view.get::<RegistryPolicy>(&RegistryPolicy::key_of(&id.registry, &id.region));
    if at_repository.is_none() && at_registry.is_none() {
        return who.may(&id.registry, Verdict::Silent);
    }
    let context = context(who, id, repository.as_deref());
    let said = |text: Option<&str>, stands: Stands| match text {
        None => Verdict::Silent,
        Some(text) => verdict(text, stands, who, action, &arn(scope, id), &context),
    };
    let repository = said(at_repository, Stands::AtResource);
    let registry = said(at_registry.as_ref().map(|p| p.text.as_str()), Stands::AtResources);
    who.may(&id.registry, repository.and(registry))
}

/// Whether a policy that is about to be set keeps somebody from setting another one.
pub fn locks_out(policy: &Policy, scope: &Scope, who: &Who<'_>, repository: &Repository) -> bool {
    let verdict = policy.verdict(&Request {
        principal: who.principal,
        action: "ecr:SetRepositoryPolicy",
        resource: &arn(scope, &repository.id),
        context: &context(who, &repository.id, Some(repository)),
    });
    verdict == Verdict::Deny
}

fn arn(scope: &Scope, id: &RepositoryId) -> String {
    let RepositoryId { registry, region, name } = id;
    format!("arn:{}:ecr:{region}:{registry}:repository/{name}", scope.partition())
}

fn context(who: &Who<'_>, id: &RepositoryId, repository: Option<&Repository>) -> Context {
    let mut context = Context::default()
        .with("aws:PrincipalArn", who.principal)
        .with("aws:PrincipalAccount", account_of(who.principal).unwrap_or(""))
        .with("aws:userid", who.user_id)
        .with("aws:CurrentTime", who.now.iso8601())
        .with("aws:EpochTime", (who.now.millis() / 1000).to_string())
        .with("aws:RequestedRegion", &*id.region)
        .with("aws:ResourceAccount", &*id.registry);
    if let Some(from) = who.from {
        context = context.with("aws:SourceIp", from.to_canonical().to_string());
    }
    if let Some((_, name)) = who.principal.split_once(":user/") {
        context = context.with("aws:username", name.rsplit('/').next().unwrap_or(name));
    }
    for tag in repository.into_iter().flat_map(|repository| &repository.tags) {
        for service in ["aws", "ecr"] {
            context = context.with(&format!("{service}:ResourceTag/{}", tag.key), &*tag.value);
        }
    }
    context
}
