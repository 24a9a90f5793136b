//! The signatures of a stream's chunks, each made of the one before.

use super::{SigningKey, hex};
use std::sync::Arc;

/// Where a signed stream has got to.
#[derive(Clone, Debug)]
pub struct ChunkChain {
    key: Arc<SigningKey>,
    /// `20130524T000000Z\n20130524/us-east-1/s3/aws4_request`
    place: String,
    previous: [u8; 64],
}

impl ChunkChain {
    pub(super) fn new(key: Arc<SigningKey>, amz_date: &str, scope: &str, seed: &[u8; 32]) -> Self {
        ChunkChain {
            key,
            place: format!("{amz_date}\n{scope}"),
            previous: hex::encode(seed),
        }
    }

    /// The signature of the next chunk, of whose bytes this is the hash.
    pub fn chunk(&mut self, hash: [u8; 32]) -> [u8; 32] {
        const EMPTY: &[u8] = b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        self.next(&[b"AWS4-HMAC-SHA256-PAYLOAD"], &[EMPTY, &hex::encode(&hash)])
    }

    /// The signature of the trailer, each line `name:value` with a line feed.
    pub fn trailer(&mut self, hash: [u8; 32]) -> [u8; 32] {
        self.next(&[b"AWS4-HMAC-SHA256-TRAILER"], &[&hex::encode(&hash)])
    }

    fn next(&mut self, head: &[&[u8]], tail: &[&[u8]]) -> [u8; 32] {
        let middle: [&[u8]; 2] = [self.place.as_bytes(), &self.previous];
        let text = [head, &middle, tail].concat().join(&b'\n');
        let signature = self.key.sign(&text);
        self.previous = hex::encode(&signature);
        signature
    }
}
