//! What Gantry tells beside AWS's APIs, under `/_gantry/`: asked by its own verbs, signed like every other request, and
//! answered with JSON.
//!
//! A page is a function of a question to JSON text. It reads what there is and changes nothing, but for the few that are
//! *deeds*: those are asked for by POST.

mod events;
mod explain;
mod query;
mod revoke;
mod why;

use crate::common::Ctx;
pub use query::Query;
pub use revoke::{check as check_user, revoke};
use std::future::Future;
use std::pin::Pin;
use wire::Fault;

/// A question: the path behind `/_gantry/`, and what was said with it.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub path: String,
    pub query: Query,
    /// Asked by POST.
    pub deed: bool,
}

/// A page that a room above answers: one that needs more than there is on this floor.
pub trait Page: Send + Sync + 'static {
    fn answer(&self, ctx: Ctx, query: Query) -> Told;
}

/// What a page comes to: JSON.
pub type Told = Pin<Box<dyn Future<Output = Result<Vec<u8>, Fault>> + Send>>;

/// The answer as JSON.
pub async fn answer(ctx: Ctx, asked: Asked) -> Result<Vec<u8>, Fault> {
    match asked.path.as_str() {
        "revoke-tokens" if asked.deed => revoke::answer(ctx, &asked.query).await,
        "events" => events::answer(ctx, &asked.query).await,
        "explain" => explain::answer(ctx, &asked.query).await,
        "why" => why::answer(ctx, &asked.query).await,
        path => Err(Fault::common(
            "UnknownPageException",
            404,
            format!("There is no page /_gantry/{path}."),
        )),
    }
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::common("InvalidParameterException", 400, message)
}
