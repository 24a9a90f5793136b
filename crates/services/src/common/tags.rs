//! Tags: their limits, and how two sets of them become one.

use model::Tag;

/// The most tags that a resource can have.
pub const MAX: usize = 50;

/// Checks a set of tags as AWS documents it. The sentence says what is wrong; the service wraps it in its own fault.
pub fn check(tags: &[Tag]) -> Result<(), String> {
    if tags.len() > MAX {
        return Err(format!("The number of tags exceeds the limit of {MAX}."));
    }
    for (i, Tag { key, value }) in tags.iter().enumerate() {
        check_key(key)?;
        if value.chars().count() > 256 || !value.chars().all(allowed) {
            return Err(format!(
                "The tag value '{value}' is not valid: at most 256 letters, digits, spaces and _.:/=+-@."
            ));
        }
        if tags[..i].iter().any(|earlier| earlier.key == *key) {
            return Err(format!("Duplicate tag keys found: '{key}'. Tag keys must be unique."));
        }
    }
    Ok(())
}

/// Checks one key, as UntagResource needs it.
pub fn check_key(key: &str) -> Result<(), String> {
    if key.is_empty() || key.chars().count() > 128 || !key.chars().all(allowed) {
        return Err(format!(
            "The tag key '{key}' is not valid: 1 to 128 letters, digits, spaces and _.:/=+-@."
        ));
    }
    if key.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("aws:")) {
        return Err("Tag keys starting with 'aws:' are reserved for system use.".to_string());
    }
    Ok(())
}

/// Letters, separators and numbers of any script, and a few signs.
fn allowed(c: char) -> bool {
    c.is_alphanumeric() || c == ' ' || "_.:/=+-@".contains(c) || (c.is_whitespace() && !c.is_control())
}

/// `new` laid over `old`: the order of the old ones stays, new keys come behind.
pub fn merge(old: &[Tag], new: &[Tag]) -> Vec<Tag> {
    let mut merged = old.to_vec();
    for tag in new {
        match merged.iter_mut().find(|t| t.key == tag.key) {
            Some(there) => there.value.clone_from(&tag.value),
            None => merged.push(tag.clone()),
        }
    }
    merged
}

/// `old` without the named keys.
pub fn without(old: &[Tag], keys: &[String]) -> Vec<Tag> {
    old.iter().filter(|t| !keys.contains(&t.key)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag {
            key: key.to_string(),
            value: value.to_string(),
        }
    }

    #[test]
    fn good_tags_pass_and_bad_ones_say_why() {
        assert_eq!(check(&[tag("a", "1"), tag("Größe", "größer als 5")]), Ok(()));
        assert!(check(&[tag("a", "1"), tag("a", "2")]).is_err());
        assert!(check(&[tag("", "1")]).is_err());
        assert!(check(&[tag("AWS:x", "1")]).is_err());
        assert!(check(&[tag("a", "\u{7}")]).is_err());
        assert!(check(&vec![tag("a", "1"); 51]).is_err());
        assert!(check(&[tag(&"k".repeat(129), "")]).is_err());
    }

    #[test]
    fn merging_keeps_order_and_takes_new_values() {
        let merged = merge(&[tag("a", "1"), tag("b", "1")], &[tag("b", "2"), tag("c", "3")]);
        assert_eq!(merged, [tag("a", "1"), tag("b", "2"), tag("c", "3")]);
        assert_eq!(
            without(&merged, &["a".to_string(), "x".to_string()]),
            [tag("b", "2"), tag("c", "3")]
        );
    }
}
