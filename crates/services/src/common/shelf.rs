//! What the registry's two doors share: ECR's API here, and the one that images are pushed and pulled through.

use base::Secret;
use images::Upstreams;
use images::content::Content;
use model::registry::Tokens;
use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

pub struct Shelf {
    /// The bytes of all that was pushed.
    pub content: Content,
    pub tokens: Tokens,
    /// Registries elsewhere that repositories here may stand for.
    pub upstreams: Upstreams,
    /// What stands before the name of a repository for whoever pushes and pulls: `127.0.0.1:4566`.
    pub host: String,
    pub short_parts: ShortParts,
}

impl Shelf {
    /// One that ends with this process, for tests and simulations.
    pub fn memory() -> Self {
        Shelf {
            content: Content::memory(),
            tokens: Tokens::new(Secret::new([0; 32])),
            upstreams: Upstreams::new(&images::Settings::default(), BTreeMap::new()),
            host: "127.0.0.1:4566".to_string(),
            short_parts: ShortParts::default(),
        }
    }
}

/// Where the first part of an upload ended that was smaller than all but the last must be. Not kept: an upload that goes
/// on after a restart is not told of it.
#[derive(Default)]
pub struct ShortParts(Mutex<HashMap<String, u64>>);

impl ShortParts {
    /// Of as many uploads at once.
    const MOST: usize = 4096;

    pub fn note(&self, upload: &str, end: u64) {
        let mut ends = self.0.lock().expect("never poisoned");
        if ends.len() >= Self::MOST {
            ends.clear(); // most of them are of uploads that nobody ended
        }
        ends.entry(upload.to_string()).or_insert(end);
    }

    pub fn first_of(&self, upload: &str) -> Option<u64> {
        self.0.lock().expect("never poisoned").get(upload).copied()
    }

    pub fn forget(&self, upload: &str) {
        self.0.lock().expect("never poisoned").remove(upload);
    }
}
