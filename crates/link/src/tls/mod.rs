//! Streams between machines: TLS 1.3 with certificates of the cluster's own authority at both ends.
//!
//! One listener serves all: what a connection is for is its ALPN name. Sessions are never resumed, because a resumed one
//! would not be asked for its certificate again.

mod ask;
mod client;
mod server;
mod socket;
#[cfg(test)]
mod tests;
mod trouble;
mod verify;

pub use crate::authority::NODE_DAYS;
pub use client::{Membership, Stream, join};
pub use server::{Accepted, Members, Server, Settings};
pub use socket::tune;
pub use trouble::{CertificateTrouble, NotConnected, Refused, TokenRefused};

use base::{Clock, Timestamp};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::time_provider::TimeProvider;
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::{RootCertStore, SupportedProtocolVersion};

/// A session of a node, as [`crate::Up`] and [`crate::Down`] have it.
const SESSION: &[u8] = b"gantry-node/1";
/// Becoming a node, with the secret of a join token.
const JOIN: &[u8] = b"gantry-join/1";
/// A new certificate for the node that shows its old one.
const RENEW: &[u8] = b"gantry-renew/1";

/// Images of the registry that the server is, over HTTP.
const PULL: &[u8] = b"gantry-pull/1";

const VERSIONS: &[&SupportedProtocolVersion] = &[&TLS13];

/// What the server says first in a session, so that a node knows that its certificate was taken. In TLS 1.3 the node
/// has finished its part before the server looks.
const TAKEN: u8 = 1;

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Only this one is believed.
fn only(authority: &CertificateDer<'static>) -> Result<Arc<RootCertStore>, tokio_rustls::rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone())?;
    Ok(Arc::new(roots))
}

/// The clock that was handed down, as TLS asks for it.
struct Time(Arc<dyn Clock>);

impl TimeProvider for Time {
    fn current_time(&self) -> Option<UnixTime> {
        Some(unix(self.0.now()))
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Time")
    }
}

fn unix(time: Timestamp) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_millis(time.millis().max(0).unsigned_abs()))
}
