//! The cluster's own authority: makes the certificates that nodes and the server show each other.
//!
//! A node's certificate says its name and that it is a node, the server's that it is the server, so that neither can
//! pass for the other. All but the authority itself are short-lived.

use base::{Dice, Secret, Timestamp};
use minicbor::{Decode, Encode};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SanType, SerialNumber, SignatureAlgorithm,
};
use sha2::{Digest, Sha256};
use std::fmt;
use std::time::Duration;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};

/// What the server's certificate names, wherever the server is: nodes trust the authority, not an address.
pub(crate) const SERVER_NAME: &str = "server.gantry";

/// Under it each node has a name of its own.
const NODES: &str = ".node.gantry";

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const AUTHORITY_DAYS: i64 = 20 * 365;
pub(crate) const SERVER_DAYS: i64 = 30;
/// How many days a node's certificate is good.
pub const NODE_DAYS: i64 = 90;

/// Certificates are valid from a little before they are made: clocks differ.
const BEFORE_MS: i64 = 60 * 60 * 1000;

/// The longest name of a node that a certificate says.
const MOST_NAME_BYTES: usize = 63;

/// The sha256 of an authority's certificate: what a join token says of it.
pub type Fingerprint = [u8; 32];

pub struct Authority {
    /// What its certificate is called. Unlike that of other clusters, so that a wrong one is known as such.
    name: String,
    certificate: Vec<u8>,
    key: KeyPair,
}

/// What is kept is not an authority.
#[derive(Debug)]
pub struct Damaged;

/// How an authority is kept.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Kept {
    #[n(0)]
    name: String,
    #[cbor(n(1), with = "minicbor::bytes")]
    certificate: Vec<u8>,
    #[cbor(n(2), with = "minicbor::bytes")]
    key: Vec<u8>,
}

/// A certificate, and the time it is for.
pub(crate) struct Issued {
    pub certificate: Vec<u8>,
    pub since: Timestamp,
    pub until: Timestamp,
}

impl Authority {
    /// A new cluster's. Its key is drawn by the crypto library, never by dice, which may be seeded.
    pub fn new(dice: &dyn Dice, now: Timestamp) -> Authority {
        let name = format!("Gantry cluster {}", dice.hex(8));
        let key = new_key();
        let mut params = params(&name, dice, now, AUTHORITY_DAYS);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let certificate = params.self_signed(&key).expect("it asks for nothing unusual");
        Authority {
            name,
            certificate: certificate.der().to_vec(),
            key,
        }
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Authority, Damaged> {
        let kept: Kept = minicbor::decode(bytes).map_err(|_| Damaged)?;
        let key = PrivatePkcs8KeyDer::from(kept.key);
        Ok(Authority {
            name: kept.name,
            certificate: kept.certificate,
            key: KeyPair::from_pkcs8_der_and_sign_algo(&key, &PKCS_ECDSA_P256_SHA256).map_err(|_| Damaged)?,
        })
    }

    /// For nobody but the server to read.
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        let kept = Kept {
            name: self.name.clone(),
            certificate: self.certificate.clone(),
            key: self.key.serialize_der(),
        };
        Secret::new(minicbor::to_vec(kept).expect("a vector takes whatever is written to it"))
    }

    pub fn fingerprint(&self) -> Fingerprint {
        fingerprint(&self.certificate)
    }

    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        CertificateDer::from(self.certificate.clone())
    }

    /// A certificate for the node of this name, whose key never leaves it.
    pub(crate) fn for_node(&self, node: &str, key: &PublicKey, dice: &dyn Dice, now: Timestamp) -> Issued {
        let mut params = params(node, dice, now, NODE_DAYS);
        params.subject_alt_names = vec![dns(&format!("{node}{NODES}"))];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(params, key, now, NODE_DAYS)
    }

    pub(crate) fn for_server(&self, key: &KeyPair, dice: &dyn Dice, now: Timestamp) -> Issued {
        let mut params = params(SERVER_NAME, dice, now, SERVER_DAYS);
        params.subject_alt_names = vec![dns(SERVER_NAME)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.issue(params, key, now, SERVER_DAYS)
    }

    fn issue(&self, mut params: CertificateParams, key: &impl PublicKeyData, now: Timestamp, days: i64) -> Issued {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        let mut issuer = CertificateParams::default();
        issuer.distinguished_name = called(&self.name);
        issuer.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let issued = params.signed_by(key, &Issuer::from_params(&issuer, &self.key));
        Issued {
            certificate: issued.expect("it asks for nothing unusual").der().to_vec(),
            since: now,
            until: now.plus_millis(days * DAY_MS),
        }
    }
}

/// The node that a certificate names. Whether to believe it is decided elsewhere.
pub(crate) fn node_of(certificate: &CertificateDer<'_>) -> Option<String> {
    let certificate = webpki::EndEntityCert::try_from(certificate).ok()?;
    let mut names = certificate.valid_dns_names();
    let (name, more) = (names.next()?, names.next());
    let node = name.strip_suffix(NODES)?;
    (more.is_none() && is_name(node)).then(|| node.to_string())
}

/// Names of nodes are written into certificates and looked for on the disk: letters, digits and hyphens only.
fn is_name(node: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !node.is_empty() && node.len() <= MOST_NAME_BYTES && node.bytes().all(plain)
}

pub(crate) fn fingerprint(certificate: &[u8]) -> Fingerprint {
    Sha256::digest(certificate).into()
}

/// When a new certificate is to be had: two thirds into its time, so that there is a third to try in.
pub(crate) fn renew_at(since: Timestamp, until: Timestamp) -> Timestamp {
    since.plus_millis(until.since(since) / 3 * 2)
}

/// A key for certificates of this cluster.
pub(crate) fn new_key() -> KeyPair {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).expect("the kernel has randomness once it has started")
}

/// The public half of a node's key: an uncompressed point of P-256.
pub(crate) struct PublicKey([u8; PublicKey::BYTES]);

impl PublicKey {
    const BYTES: usize = 65;

    pub fn new(bytes: &[u8]) -> Option<PublicKey> {
        Some(PublicKey(bytes.try_into().ok()?))
    }

    /// Whether the private half signed this. Not so when the point is none of the curve.
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = ring::signature::UnparsedPublicKey::new(&ring::signature::ECDSA_P256_SHA256_ASN1, &self.0);
        key.verify(message, signature).is_ok()
    }
}

impl PublicKeyData for PublicKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

fn params(name: &str, dice: &dyn Dice, now: Timestamp, days: i64) -> CertificateParams {
    let mut serial = [0; 16];
    serial[..8].copy_from_slice(&dice.u64().to_be_bytes());
    serial[8..].copy_from_slice(&dice.u64().to_be_bytes());
    serial[0] &= 0x7f; // a serial number is positive
    let mut params = CertificateParams::default();
    params.distinguished_name = called(name);
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let at = |time: Timestamp| epoch + Duration::from_millis(time.millis().max(0).unsigned_abs());
    params.not_before = at(now.plus_millis(-BEFORE_MS));
    params.not_after = at(now.plus_millis(days * DAY_MS));
    params
}

fn called(name: &str) -> DistinguishedName {
    let mut called = DistinguishedName::new();
    called.push(DnType::CommonName, name);
    called
}

fn dns(name: &str) -> SanType {
    SanType::DnsName(name.try_into().expect("names of nodes are plain ASCII"))
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what is kept of the cluster's authority is damaged")
    }
}

impl std::error::Error for Damaged {}
