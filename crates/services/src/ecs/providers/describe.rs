//! DescribeCapacityProviders: those named, or page by page all that there are.

use super::{born_in, built_in, name_of, render};
use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::ecs::{fault, names, pages};
use api::ecs;
use base::Scope;
use model::CapacityProvider;
use std::collections::BTreeSet;
use store::{Key, View};
use wire::Fault;

const PAGING: Paging = Paging {
    operation: "DescribeCapacityProviders",
    default: 10,
    max: 10,
};

/// The most that one request may name.
const MOST_NAMED: usize = 100;

pub async fn run(
    ctx: Ctx,
    input: ecs::DescribeCapacityProvidersRequest,
) -> Result<ecs::DescribeCapacityProvidersResponse, Fault> {
    let (size, after) = pages::window(&PAGING, input.max_results, input.next_token.as_deref())?;
    let tags = input.include.iter().flatten().any(|field| field == "TAGS");
    let snapshot = ctx.snapshot();
    let within = match &input.cluster {
        None => None,
        Some(cluster) => Some(associated(
            &snapshot,
            &names::cluster_name(ctx.scope(), Some(cluster))?,
        )?),
    };
    let seen = |name: &str| within.as_ref().is_none_or(|within| within.contains(name));
    let look = Look {
        view: &snapshot,
        scope: ctx.scope(),
        tags,
    };
    let named = input.capacity_providers.unwrap_or_default();
    if named.is_empty() {
        let page = PAGING.page(
            size,
            look.all(after)
                .filter(|(_, provider)| provider.name.as_deref().is_some_and(seen)),
        );
        let (capacity_providers, failures) = (Some(page.items), Some(Vec::new()));
        return Ok(ecs::DescribeCapacityProvidersResponse {
            capacity_providers,
            failures,
            next_token: page.next,
        });
    }
    if named.len() > MOST_NAMED {
        return Err(fault::invalid(format!(
            "At most {MOST_NAMED} capacity providers can be described at once."
        )));
    }
    let (mut providers, mut failures) = (Vec::new(), Vec::new());
    for given in &named {
        let name = name_of(ctx.scope(), given);
        match name
            .as_deref()
            .ok()
            .filter(|name| seen(name))
            .and_then(|name| look.one(name))
        {
            Some(provider) => providers.push(provider),
            None => failures.push(look.missing(given)),
        }
    }
    Ok(ecs::DescribeCapacityProvidersResponse {
        capacity_providers: Some(providers),
        failures: Some(failures),
        next_token: None,
    })
}

struct Look<'a> {
    view: &'a View,
    scope: &'a Scope,
    tags: bool,
}

impl<'a> Look<'a> {
    /// FARGATE and FARGATE_SPOT first, then the ACTIVE ones that users made, by name.
    fn all(&self, after: Option<Key>) -> impl Iterator<Item = (Key, ecs::CapacityProvider)> + use<'a> {
        let (scope, tags) = (self.scope, self.tags);
        let first = built_in::NAMES.map(|name| (Key::of(["0", name]), render::built_in(scope, name)));
        let made = self
            .view
            .scan::<CapacityProvider>(&Key::all())
            .filter(|provider| provider.active);
        let made = made.map(move |p| (Key::of(["1", p.name.as_str()]), render::made(scope, &p, tags)));
        first
            .into_iter()
            .chain(made)
            .filter(move |(key, _)| after.as_ref().is_none_or(|after| key > after))
    }

    /// A deleted one is still described, as INACTIVE.
    fn one(&self, name: &str) -> Option<ecs::CapacityProvider> {
        if built_in::is(name) {
            return Some(render::built_in(self.scope, name));
        }
        let provider = self.view.get::<CapacityProvider>(&CapacityProvider::key_of(name))?;
        Some(render::made(self.scope, &provider, self.tags))
    }

    fn missing(&self, given: &str) -> ecs::Failure {
        let arn = if given.starts_with("arn:") {
            given.to_string()
        } else {
            names::provider_arn(self.scope, given)
        };
        ecs::Failure {
            arn: Some(arn),
            reason: Some("MISSING".to_string()),
            detail: None,
        }
    }
}

/// The names of the providers that an ACTIVE cluster is associated with.
fn associated(view: &View, cluster: &str) -> Result<BTreeSet<String>, Fault> {
    let cluster = names::active_cluster(view, cluster)?;
    let born = born_in(view, &cluster.name).map(|provider| provider.name.clone());
    Ok(cluster.capacity_providers.iter().cloned().chain(born).collect())
}
