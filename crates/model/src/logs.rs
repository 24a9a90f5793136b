//! Log groups: the names under which logs are kept.

use crate::Tag;
use crate::record::record;
use base::Timestamp;
use minicbor::{Decode, Encode};
use store::Key;

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
}

record!(LogGroup, "log-group", |g| LogGroup::key_of(&g.name));

impl LogGroup {
    pub fn key_of(name: &str) -> Key {
        Key::of([name])
    }
}
