//! Contents for images, and what comes of asking for them.

#![allow(dead_code, clippy::unwrap_used)] // each file of tests uses some of it, and is a test throughout

use images::testing::{Built, ImageBuilder, Packing, TarBuilder};
use images::{Images, PullError, Want};

pub fn file(path: &str, content: &[u8]) -> TarBuilder {
    TarBuilder::new().file(path, 0o644, content)
}

/// Contents that do not compress, the same each time.
pub fn noise(bytes: usize, seed: u64) -> Vec<u8> {
    let mut x = seed | 1;
    let step = |_| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        x as u8
    };
    (0..bytes).map(step).collect()
}

pub fn three_layers() -> Built {
    ImageBuilder::new()
        .packed_layer(file("a", &noise(300_000, 1)).build(), Packing::Gzip)
        .packed_layer(file("b", &noise(300_000, 2)).build(), Packing::Zstd)
        .packed_layer(file("c", b"plain").build(), Packing::Plain)
        .cmd(&["/a"])
        .build()
}

pub async fn fault(images: &Images, reference: &str) -> PullError {
    images.ensure(Want::new(reference)).await.unwrap_err()
}
