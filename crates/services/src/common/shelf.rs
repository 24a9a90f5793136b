//! What the registry's two doors share: ECR's API here, and the one that images are pushed and pulled through.

use base::Secret;
use images::Upstreams;
use images::content::Content;
use model::registry::Tokens;
use std::collections::BTreeMap;

pub struct Shelf {
    /// The bytes of all that was pushed.
    pub content: Content,
    pub tokens: Tokens,
    /// Registries elsewhere that repositories here may stand for.
    pub upstreams: Upstreams,
    /// What stands before the name of a repository for whoever pushes and pulls: `127.0.0.1:4566`.
    pub host: String,
}

impl Shelf {
    /// One that ends with this process, for tests and simulations.
    pub fn memory() -> Self {
        Shelf {
            content: Content::memory(),
            tokens: Tokens::new(Secret::new([0; 32])),
            upstreams: Upstreams::new(&images::Settings::default(), BTreeMap::new()),
            host: "127.0.0.1:4566".to_string(),
        }
    }
}
