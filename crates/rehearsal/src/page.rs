//! `/_gantry/plan`: the plan of a request, and the request itself if its plan is still the one that was seen.

use crate::{Pace, Wish, call, rehearse};
use controllers::KeepServices;
use serde_json::Value;
use services::own::{Page, Query, Told};
use services::{Ctx, Services};
use std::sync::Arc;
use wire::Fault;

/// What answers the page.
pub struct Planner {
    services: Arc<Services>,
    keeper: KeepServices,
}

impl Planner {
    pub fn new(services: Services, keeper: KeepServices) -> Planner {
        Planner {
            services: Arc::new(services),
            keeper,
        }
    }
}

impl Page for Planner {
    fn answer(&self, ctx: Ctx, query: Query) -> Told {
        let (services, keeper) = (Arc::clone(&self.services), self.keeper.clone());
        Box::pin(async move { plan(&ctx, &services, keeper, &query).await })
    }
}

async fn plan(ctx: &Ctx, services: &Services, keeper: KeepServices, query: &Query) -> Result<Vec<u8>, Fault> {
    let invalid = |message: String| Fault::common("InvalidParameterException", 400, message);
    let input = query.text("input").unwrap_or("{}");
    let input: Value = serde_json::from_str(input).map_err(|e| invalid(format!("The input is not JSON: {e}")))?;
    if !input.is_object() {
        return Err(invalid("The input is not a JSON object.".to_string()));
    }
    let wish = Wish {
        operation: query.text("operation").unwrap_or_default().to_string(),
        input,
    };
    let plan = rehearse(ctx, services, &wish, keeper, Pace::default()).await?;
    let mut told = plan.to_json();
    if let Some(seen) = query.text("apply") {
        if seen != plan.hash() {
            let now = plan.hash();
            let message = format!("The plan is no longer {seen} but {now}: look at it again. Nothing was changed.");
            return Err(Fault::common("ConflictException", 409, message));
        }
        told["applied"] = call(ctx, services, &wish.operation, &wish.input).await?;
    }
    Ok(told.to_string().into_bytes())
}
