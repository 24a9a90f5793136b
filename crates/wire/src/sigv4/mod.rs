//! SigV4: who a request says it is from, and whether that is true.
//!
//! Words: a *claim* is what a request says about itself (access key, scope, time, signature); it is worth nothing until
//! it is *verified* with the secret that belongs to the access key. The *scope* binds a signature to one day, region
//! and service. The *canonical request* is the one text that signer and verifier both derive from a request. A
//! *presigned* URL carries its claim in the query; all others carry it in the `Authorization` header.
//!
//! The steps are apart so that the door can route, and refuse, before it reads a body:
//!
//! 1. [`Claim::read`] finds and parses the claim. `None`: the request says nothing about who sent it.
//! 2. [`Claim::check`] compares time, scope and signed headers with what is expected. It needs no secret.
//! 3. [`Claim::verify`] does all of `check`, then compares signatures. Some payloads are signed without having been
//!    seen; [`Verified::owed`] tells what is still to be checked when the body has come.
//! 4. A streamed body goes through a [`ChunkDecoder`].
//!
//! [`Signer`] makes signatures from the same canonical text.
//!
//! Must never know: any HTTP library, any service, where secrets are kept.
//!
//! Bounds: the `Authorization` header, the number of signed headers and the query have the limits below, chunk headers
//! and trailers those of [`ChunkLimits`], the cache of signing keys its capacity.

mod canonical;
mod chain;
mod chunks;
mod claim;
mod error;
mod hex;
mod keys;
mod parse;
mod presigned;
mod sign;
mod verify;
mod words;

pub use chain::ChunkChain;
pub use chunks::{ChunkDecoder, ChunkError, ChunkLimits, Step};
pub use claim::{Claim, Payload};
pub use error::{AuthError, ScopeFaults};
pub use keys::{KeyCache, SigningKey};
pub use sign::Signer;
pub use verify::{Expect, Owed, PayloadHash, Verified};

/// A request as it came from the wire, borrowed.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub method: &'a str,
    /// As on the request line: still percent-encoded.
    pub path: &'a str,
    /// As on the request line, without the `?`.
    pub query: &'a str,
    /// Names in any case; a name may repeat. HTTP/2's `:authority` must be given as `host`.
    pub headers: &'a [(&'a str, &'a str)],
}

/// How a service derives the canonical request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rules {
    /// The path is normalised and encoded once more; a presigned request signs its payload.
    #[default]
    Common,
    /// The path is taken as it is; a presigned request leaves its payload unsigned.
    S3,
}

/// The one algorithm that is spoken here.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

const TERMINATOR: &str = "aws4_request";
const MAX_AUTHORIZATION_BYTES: usize = 8 * 1024;
const MAX_SIGNED_HEADERS: usize = 128;
const MAX_TARGET_BYTES: usize = 64 * 1024;

impl<'a> Request<'a> {
    /// All values of a header, in the order they came.
    fn values(&self, name: &[u8]) -> impl Iterator<Item = &'a str> {
        let headers = self.headers;
        headers
            .iter()
            .filter(move |(n, _)| n.as_bytes().eq_ignore_ascii_case(name))
            .map(|(_, v)| *v)
    }

    /// The value of a header that must not be ambiguous.
    fn single(&self, name: &'static str) -> Result<Option<&'a str>, AuthError> {
        let mut values = self.values(name.as_bytes());
        let first = values.next();
        match values.next() {
            None => Ok(first.map(str::trim)),
            Some(_) => Err(AuthError::Repeated(name)),
        }
    }
}

#[cfg(test)]
mod tests;
