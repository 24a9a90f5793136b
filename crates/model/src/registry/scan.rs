//! Scans of images: which are wanted, and what was found.

use super::repository::matches;
use super::{Manifest, Repository, RepositoryId};
use crate::record::record;
use crate::words::words;
use base::Timestamp;
use minicbor::{Decode, Encode};
use store::{Key, Tx, View};

words! {
    ScanStatus {
        InProgress = 0 "IN_PROGRESS",
        Complete = 1 "COMPLETE",
        Failed = 2 "FAILED",
        UnsupportedImage = 3 "UNSUPPORTED_IMAGE",
    }
}

/// A package of an image for which there is an advisory.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Finding {
    /// `CVE-2026-1`
    #[n(0)]
    pub id: String,
    #[n(1)]
    pub severity: String,
    #[n(2)]
    pub package: String,
    #[n(3)]
    pub version: String,
    #[n(4)]
    pub description: Option<String>,
    #[n(5)]
    pub uri: Option<String>,
}

/// The scan of an image: the order, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Scan {
    #[n(0)]
    pub repository: RepositoryId,
    #[n(1)]
    pub digest: String,
    #[n(2)]
    pub status: ScanStatus,
    /// Why it is so.
    #[n(3)]
    pub description: String,
    #[n(4)]
    pub asked_at: Timestamp,
    #[n(5)]
    pub completed_at: Option<Timestamp>,
    #[n(6)]
    #[cbor(default)]
    pub findings: Vec<Finding>,
}

record!(
    Scan,
    "image-scan",
    |s| Manifest::key_of(&s.repository, &s.digest),
    [Scan::WAITING],
    |s, put| {
        if s.status == ScanStatus::InProgress {
            put(Scan::WAITING, Key::of(["waiting"]));
        }
    }
);

impl Scan {
    /// Index of those in progress.
    pub const WAITING: &'static str = "waiting";
    /// An image is not scanned again before.
    pub const AGAIN_MS: i64 = 24 * 60 * 60 * 1000;
}

/// Which repositories of a registry in a region are scanned when something is pushed: those that any of these patterns
/// with `*` fits, beside those that say it of themselves.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Scanning {
    #[n(0)]
    pub registry: String,
    #[n(1)]
    pub region: String,
    #[n(2)]
    #[cbor(default)]
    pub on_push: Vec<String>,
    /// Patterns of rules that ask for nothing by themselves.
    #[n(3)]
    #[cbor(default)]
    pub manual: Vec<String>,
}

record!(Scanning, "scanning", |s| RepositoryId::all_of(&s.registry, &s.region));

/// The patterns by which a repository is scanned when something is pushed.
pub fn applied(view: &View, id: &RepositoryId) -> Vec<String> {
    let scanning = view.get::<Scanning>(&RepositoryId::all_of(&id.registry, &id.region));
    let patterns = scanning.iter().flat_map(|scanning| &scanning.on_push);
    patterns.filter(|pattern| matches(pattern, &id.name)).cloned().collect()
}

/// Orders a scan of an image.
pub fn ask(tx: &mut Tx, id: &RepositoryId, digest: &str) -> Scan {
    let scan = Scan {
        repository: id.clone(),
        digest: digest.to_string(),
        status: ScanStatus::InProgress,
        description: "The scan has not ended yet.".to_string(),
        asked_at: tx.now(),
        completed_at: None,
        findings: Vec::new(),
    };
    tx.put(scan.clone());
    scan
}

/// Orders a scan of what was just pushed, where one is wanted of all that is.
pub(super) fn on_push(tx: &mut Tx, repository: &Repository, manifest: &Manifest) {
    let id = &repository.id;
    if manifest.is_image() && (repository.scan_on_push || !applied(tx, id).is_empty()) {
        ask(tx, id, &manifest.digest);
    }
}

/// Writes down what came of a scan, if its image is there still.
pub fn done(tx: &mut Tx, scan: Scan) {
    let key = Manifest::key_of(&scan.repository, &scan.digest);
    if tx.get::<Scan>(&key).is_some_and(|now| now.asked_at == scan.asked_at) {
        tx.put(scan);
    }
}
