//! Tags between ECS's shape and the record's.

use crate::common::tags;
use crate::ecs::fault;
use api::ecs;
use model::Tag;
use wire::Fault;

/// The tags of a request, checked. A tag without a value has an empty one, as AWS answers.
pub fn read(given: Option<&[ecs::Tag]>) -> Result<Vec<Tag>, Fault> {
    let read = |tag: &ecs::Tag| {
        let key = tag
            .key
            .clone()
            .ok_or_else(|| fault::invalid("Tags can not be null or have null elements."))?;
        let value = tag.value.clone().unwrap_or_default();
        Ok(Tag { key, value })
    };
    let all = given
        .unwrap_or_default()
        .iter()
        .map(read)
        .collect::<Result<Vec<Tag>, Fault>>()?;
    tags::check(&all).map_err(fault::invalid)?;
    Ok(all)
}

pub fn show(tags: &[Tag]) -> Vec<ecs::Tag> {
    let show = |tag: &Tag| ecs::Tag {
        key: Some(tag.key.clone()),
        value: Some(tag.value.clone()),
    };
    tags.iter().map(show).collect()
}
