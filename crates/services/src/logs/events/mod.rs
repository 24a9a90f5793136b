//! Log events: in, and out again.

mod filter;
mod get;
mod put;
mod tail;

use crate::common::table::Row;
use api::logs::op;
use base::Timestamp;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::FilterLogEvents, _>(filter::run),
        Row::of::<op::GetLogEvents, _>(get::run),
        Row::of::<op::PutLogEvents, _>(put::run),
        Row::streaming::<op::StartLiveTail, _>(tail::run),
    ]
}

/// What clients of old hand back with their next events. Nobody looks at it.
pub fn sequence_token(ingested: Option<Timestamp>) -> String {
    format!("{:056}", ingested.map_or(0, Timestamp::millis).max(0))
}
