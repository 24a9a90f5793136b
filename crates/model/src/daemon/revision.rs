//! How a daemon's tasks are made.

use crate::Template;
use crate::record::record;
use base::Timestamp;
use minicbor::{Decode, Encode};
use store::Key;

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DaemonRevision {
    #[n(0)]
    pub cluster: String,
    #[n(1)]
    pub daemon: String,
    /// 19 digits.
    #[n(2)]
    pub id: String,
    #[n(3)]
    pub created_at: Timestamp,
    /// Of launch type EC2; a node of another kind lays its own over it.
    #[n(4)]
    pub template: Template,
    #[n(5)]
    pub critical: bool,
    #[n(6)]
    pub propagates_tags: bool,
    #[n(7)]
    pub managed_tags: bool,
}

record!(
    DaemonRevision,
    "daemon-revision",
    |r| DaemonRevision::key_of(&r.cluster, &r.daemon, &r.id),
    [DaemonRevision::BY_DEFINITION],
    |r, put| {
        let family = Key::of([r.template.family.as_str()]);
        put(
            DaemonRevision::BY_DEFINITION,
            family.part_u64(u64::from(r.template.revision)),
        );
    }
);

impl DaemonRevision {
    /// Index: family and revision of its task definition.
    pub const BY_DEFINITION: &'static str = "definition";

    pub fn key_of(cluster: &str, daemon: &str, id: &str) -> Key {
        Key::of([cluster, daemon, id])
    }

    /// Whether it makes the same tasks as another.
    pub fn is_like(&self, other: &DaemonRevision) -> bool {
        (&self.template, self.critical, self.propagates_tags, self.managed_tags)
            == (
                &Template {
                    started_by: self.template.started_by.clone(),
                    ..other.template.clone()
                },
                other.critical,
                other.propagates_tags,
                other.managed_tags,
            )
    }
}
