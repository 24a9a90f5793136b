//! Log groups, which are records.

mod create;
mod delete;
mod describe;
mod protect;

use crate::common::table::Row;
use api::logs::op;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::CreateLogGroup, _>(create::run),
        Row::of::<op::DeleteLogGroup, _>(delete::run),
        Row::of::<op::DescribeLogGroups, _>(describe::run),
        Row::of::<op::PutLogGroupDeletionProtection, _>(protect::run),
    ]
}
