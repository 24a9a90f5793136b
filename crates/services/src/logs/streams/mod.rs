//! Log streams, which are in the log store.

mod create;
mod delete;
mod describe;

use crate::common::table::Row;
use api::logs::op;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::CreateLogStream, _>(create::run),
        Row::of::<op::DeleteLogStream, _>(delete::run),
        Row::of::<op::DescribeLogStreams, _>(describe::run),
    ]
}
