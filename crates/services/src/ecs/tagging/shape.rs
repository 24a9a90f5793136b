//! Tags between ECS's shape and the record's.

use crate::common::tags;
use crate::ecs::fault;
use api::ecs;
use model::{Service, Tag};
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
    let rebalance = all.iter().find(|tag| tag.key == Service::REBALANCE_TAG);
    if rebalance.is_some_and(|tag| Service::moves_of(&tag.value).is_none()) {
        return Err(fault::invalid(format!(
            "The value of the tag {} is how many tasks an hour may be moved: from 1 to {}.",
            Service::REBALANCE_TAG,
            Service::MOST_MOVES_AN_HOUR
        )));
    }
    Ok(all)
}

pub fn show(tags: &[Tag]) -> Vec<ecs::Tag> {
    let show = |tag: &Tag| ecs::Tag {
        key: Some(tag.key.clone()),
        value: Some(tag.value.clone()),
    };
    tags.iter().map(show).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_of_moves_is_a_number_of_them() {
        let tagged = |value: &str| {
            read(Some(&[ecs::Tag {
                key: Some("gantry:rebalance".to_string()),
                value: Some(value.to_string()),
            }]))
        };
        assert!(tagged("1").is_ok() && tagged("3600").is_ok());
        for bad in ["", "0", "3601", "often", "-1"] {
            assert!(
                tagged(bad).is_err_and(|fault| fault.message.contains("tasks an hour")),
                "{bad}"
            );
        }
    }
}
