//! Layers: asked for, fetched, and sent in parts. The uploads are the same as those of the distribution protocol.

mod check;
mod fetch;
mod upload;

use crate::common::table::Row;
use api::ecr::op;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::BatchCheckLayerAvailability, _>(check::run),
        Row::of::<op::GetDownloadUrlForLayer, _>(fetch::run),
        Row::of::<op::InitiateLayerUpload, _>(upload::initiate),
        Row::of::<op::UploadLayerPart, _>(upload::part),
        Row::of::<op::CompleteLayerUpload, _>(upload::complete),
    ]
}
