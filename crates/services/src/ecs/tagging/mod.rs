//! Tags on every resource that has them, by its ARN; and how ECS writes tags in its shapes.

mod list;
pub mod shape;
mod tag;
mod target;
#[cfg(test)]
mod tests;
mod untag;

use crate::common::table::Row;
use api::ecs::op;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::ListTagsForResource, _>(list::run),
        Row::of::<op::TagResource, _>(tag::run),
        Row::of::<op::UntagResource, _>(untag::run),
    ]
}
