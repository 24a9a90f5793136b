//! Whom this machine believes over TLS: the authorities that it trusts anyway, or Mozilla's where it has none, and those
//! it was told of.

use std::fmt;
use std::sync::Arc;
use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore, crypto::ring};

/// What a client needs that speaks to servers with such authorities behind them. `told` are certificates in DER.
pub fn client(told: &[Vec<u8>]) -> Result<Arc<ClientConfig>, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots.add_parsable_certificates(told.iter().map(|der| der.as_slice().into()));
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The certificates of a file in PEM, each in DER.
pub fn certificates(pem: &[u8]) -> Result<Vec<Vec<u8>>, NoCertificates> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|_| NoCertificates)?;
    let usable = RootCertStore::empty()
        .add_parsable_certificates(found.iter().cloned())
        .0;
    if usable == 0 || usable < found.len() {
        return Err(NoCertificates);
    }
    Ok(found.into_iter().map(|one| one.to_vec()).collect())
}

/// A file that should have certificates has none, or not only.
#[derive(Debug)]
pub struct NoCertificates;

impl fmt::Display for NoCertificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there must be certificates in it, in PEM")
    }
}

impl std::error::Error for NoCertificates {}
