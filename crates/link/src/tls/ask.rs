//! What is said to get a certificate: one question, one answer.
//!
//! The key of a certificate is made where it is used and never leaves. That the asker has it is proved by a signature
//! over something that only this very connection has, so that nobody can have another's key certified.

use super::TokenRefused;
use crate::authority::PublicKey;
use base::Timestamp;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use rcgen::{KeyPair, PublicKeyData, SigningKey};
use tokio_rustls::rustls::{ConnectionCommon, SideData};

/// The longest question or answer.
pub(super) const MOST_BYTES: usize = 8192;

#[derive(Encode, Decode)]
#[cbor(map)]
pub(super) struct Ask {
    /// Of a join token, to become a node.
    #[n(0)]
    pub secret: Option<ByteArray<32>>,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub key: Vec<u8>,
    #[cbor(n(2), with = "minicbor::bytes")]
    pub proof: Vec<u8>,
}

#[derive(Encode, Decode)]
pub(super) enum Answer {
    #[n(0)]
    Granted(#[n(0)] Granted),
    #[n(1)]
    Refused(#[n(0)] TokenRefused),
}

#[derive(Clone, Encode, Decode)]
#[cbor(map)]
pub(super) struct Granted {
    #[n(0)]
    pub node: String,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub certificate: Vec<u8>,
    #[n(2)]
    pub since: Timestamp,
    #[n(3)]
    pub until: Timestamp,
}

impl Ask {
    pub fn new(secret: Option<[u8; 32]>, key: &KeyPair, bound_to: &[u8]) -> Ask {
        Ask {
            secret: secret.map(ByteArray::from),
            key: key.der_bytes().to_vec(),
            proof: key.sign(bound_to).expect("a key that was just made or read signs"),
        }
    }

    /// The key to certify, if the asker has it.
    pub fn proved(&self, bound_to: &[u8]) -> Option<PublicKey> {
        PublicKey::new(&self.key).filter(|key| key.signed(bound_to, &self.proof))
    }
}

/// Bytes that both ends of this connection know, and nobody else.
pub(super) fn bound_to<D: SideData>(connection: &ConnectionCommon<D>) -> [u8; 32] {
    connection
        .export_keying_material([0; 32], b"EXPORTER-gantry-proof", None)
        .expect("a connection past its handshake has it")
}
