//! Attributes of nodes: custom ones are put and deleted here; all are listed, also those a node registers with.

mod delete;
mod list;
mod put;
mod target;
#[cfg(test)]
mod tests;

use super::fault;
use crate::common::table::Row;
use api::ecs::{self, op};
use model::Attribute;
use wire::Fault;

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::DeleteAttributes, _>(delete::run),
        Row::of::<op::ListAttributes, _>(list::run),
        Row::of::<op::PutAttributes, _>(put::run),
    ]
}

/// The most custom attributes that a node can have, and that one request can name.
pub const MOST: usize = 10;

/// Whether only the node itself may have said so.
pub fn is_built_in(name: &str) -> bool {
    ["ecs.", "com.amazonaws."]
        .into_iter()
        .any(|prefix| name.starts_with(prefix))
}

/// A custom attribute of a request: 1 to 128 characters, and no reserved name.
pub fn check(name: &str, value: Option<&str>) -> Result<(), Fault> {
    if !fits(name, "-_/\\.") {
        return Err(fault::invalid(format!(
            "Invalid attribute name '{name}': up to 128 letters, numbers, hyphens, underscores, slashes, back slashes and periods."
        )));
    }
    if is_built_in(name) {
        return Err(fault::invalid(format!(
            "The attribute name '{name}' is reserved: it can't be put or deleted."
        )));
    }
    match value {
        Some(value) if !fits(value, "-_.@/\\: ") || value.starts_with(' ') || value.ends_with(' ') => {
            Err(fault::invalid(format!(
                "Invalid attribute value '{value}': up to 128 letters, numbers, hyphens, underscores, periods, at signs, slashes, back \
                 slashes, colons and spaces, and no space at its ends."
            )))
        }
        _ => Ok(()),
    }
}

fn fits(text: &str, signs: &str) -> bool {
    (1..=128).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || signs.contains(c))
}

/// As AWS answers: with the node's ARN, without its type.
fn show(attribute: &Attribute, node_arn: String) -> ecs::Attribute {
    ecs::Attribute {
        name: Some(attribute.name.clone()),
        value: attribute.value.clone(),
        target_type: None,
        target_id: Some(node_arn),
    }
}

#[cfg(test)]
mod rules {
    use super::*;

    #[test]
    fn names_and_values_have_their_letters() {
        for (name, value) in [
            ("stack", None),
            ("team/a_b.c-d\\e", Some("a b:c@d/e")),
            ("x", Some("1")),
        ] {
            assert_eq!(check(name, value), Ok(()), "{name}");
        }
        let long = "x".repeat(129);
        let bad = [
            ("", None),
            ("a b", None),
            ("a:b", None),
            ("ecs.os-type", None),
            ("com.amazonaws.ecs.x", None),
            (&*long, None),
        ];
        for (name, value) in bad {
            assert!(check(name, value).is_err(), "{name}");
        }
        for value in ["", " x", "x ", "größe", &long] {
            assert!(check("stack", Some(value)).is_err(), "{value}");
        }
    }
}
