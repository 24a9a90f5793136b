//! Log groups: the names under which logs are kept.

use crate::Tag;
use crate::record::record;
use base::Timestamp;
use minicbor::{Decode, Encode};
use store::Key;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LogGroup {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub created_at: Timestamp,
    /// `STANDARD`, `INFREQUENT_ACCESS` or `DELIVERY`.
    #[n(2)]
    pub class: String,
    #[n(3)]
    pub kms_key: Option<String>,
    #[n(4)]
    pub tags: Vec<Tag>,
    #[n(5)]
    pub deletion_protected: bool,
    /// How long lines are kept; for ever when it is not said.
    #[n(6)]
    pub retention_days: Option<u32>,
}

record!(LogGroup, "log-group", |g| LogGroup::key_of(&g.name));

impl LogGroup {
    /// A group of the usual class with nothing special about it.
    pub fn new(name: impl Into<String>, now: Timestamp) -> Self {
        LogGroup {
            name: name.into(),
            created_at: now,
            class: "STANDARD".to_string(),
            kms_key: None,
            tags: Vec::new(),
            deletion_protected: false,
            retention_days: None,
        }
    }

    /// What was said before this time is not kept.
    pub fn keeps_from(&self, now: Timestamp) -> Timestamp {
        let days = match self.class.as_str() {
            "DELIVERY" => Some(1),
            _ => self.retention_days,
        };
        Timestamp(days.map_or(0, |days| now.millis() - i64::from(days) * DAY_MS))
    }

    pub fn key_of(name: &str) -> Key {
        Key::of([name])
    }
}
