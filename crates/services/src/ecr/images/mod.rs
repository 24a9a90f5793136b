//! Images: manifests and indexes, by digest and by tag.

mod archive;
mod delete;
mod describe;
mod get;
mod list;
mod name;
mod put;
mod referrers;

use crate::common::table::Row;
use api::ecr::op;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::PutImage, _>(put::run),
        Row::of::<op::BatchGetImage, _>(get::run),
        Row::of::<op::BatchDeleteImage, _>(delete::run),
        Row::of::<op::DescribeImages, _>(describe::run),
        Row::of::<op::ListImages, _>(list::run),
        Row::of::<op::ListImageReferrers, _>(referrers::run),
        Row::of::<op::UpdateImageStorageClass, _>(archive::run),
    ]
}
