//! What only this node knows, and the names that follow from it.

use crate::Work;
use base::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

type HmacSha256 = Hmac<Sha256>;

/// 32 random bytes, made once and kept with the node's data: names that were handed to containers must still hold after
/// the agent was restarted. Every use of it has a purpose, so that what is made for one says nothing about another.
#[derive(Clone, Debug)]
pub struct NodeSecret(Secret<[u8; 32]>);

impl NodeSecret {
    pub const fn new(bytes: [u8; 32]) -> NodeSecret {
        NodeSecret(Secret::new(bytes))
    }

    /// The name under which a task's containers ask for the credentials of its role. Unlike the names of their metadata
    /// it is one for the whole task; and who has read one of those, in some log, cannot tell this one.
    pub fn credentials_id(&self, work: &Work) -> String {
        let of = self.mac("credentials id", &[work.key(), &work.assigned.arn]);
        let hex = hex(&of[..16]);
        let (a, b, c, d, e) = (&hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..]);
        format!("{a}-{b}-4{c}-8{d}-{e}")
    }

    pub(super) fn mac(&self, purpose: &str, parts: &[&str]) -> [u8; 32] {
        keyed(self.0.reveal(), purpose, parts)
    }
}

/// Parts are told with their lengths, so that no two lists of parts are the same bytes.
pub(super) fn keyed(key: &[u8], purpose: &str, parts: &[&str]) -> [u8; 32] {
    let mut mac = HmacSha256::new_from_slice(key).expect("any length is a key");
    for part in std::iter::once(&purpose).chain(parts) {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|b| [b >> 4, b & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}
