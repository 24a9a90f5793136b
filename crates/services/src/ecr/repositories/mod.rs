//! Repositories: made, described, changed, taken away.

mod create;
mod delete;
mod describe;
mod settings;
mod shape;
mod tagging;

use crate::common::table::Row;
use api::ecr::op;

pub use shape::{Settings, read_mutability, read_tags, show_exclusions, show_tags};

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::CreateRepository, _>(create::run),
        Row::of::<op::DeleteRepository, _>(delete::run),
        Row::of::<op::DescribeRepositories, _>(describe::run),
        Row::of::<op::PutImageScanningConfiguration, _>(settings::put_scanning),
        Row::of::<op::PutImageTagMutability, _>(settings::put_mutability),
        Row::of::<op::ListTagsForResource, _>(tagging::list),
        Row::of::<op::TagResource, _>(tagging::tag),
        Row::of::<op::UntagResource, _>(tagging::untag),
    ]
}
