//! Signing keys: derived from a secret for one day, region and service, and kept for the next request.

use super::{TERMINATOR, hex};
use base::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use subtle::ConstantTimeEq;

type HmacSha256 = Hmac<Sha256>;

/// What signs for one access key on one day, in one region, for one service.
pub struct SigningKey {
    /// Keyed already, so that a signature starts with half its work done.
    mac: HmacSha256,
    /// Whose it is: an access key that gets another secret must get another signing key.
    secret: Secret<String>,
}

impl SigningKey {
    pub fn derive(secret: &Secret<String>, date: &str, region: &str, service: &str) -> Self {
        let mut first = Vec::with_capacity(4 + secret.reveal().len());
        first.extend_from_slice(b"AWS4");
        first.extend_from_slice(secret.reveal().as_bytes());
        let key = [date, region, service, TERMINATOR]
            .iter()
            .fold(keyed(&first), |mac, part| keyed(&finish(mac, part.as_bytes())));
        SigningKey {
            mac: key,
            secret: secret.clone(),
        }
    }

    pub fn sign(&self, text: &[u8]) -> [u8; 32] {
        finish(self.mac.clone(), text)
    }

    /// The signature as it is written in requests.
    pub fn sign_hex(&self, text: &[u8]) -> String {
        String::from_utf8_lossy(&hex::encode(&self.sign(text))).into_owned()
    }

    fn is_of(&self, secret: &Secret<String>) -> bool {
        let (ours, theirs) = (self.secret.reveal().as_bytes(), secret.reveal().as_bytes());
        ours.ct_eq(theirs).into()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<signing key>")
    }
}

fn keyed(key: &[u8]) -> HmacSha256 {
    HmacSha256::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn finish(mut mac: HmacSha256, text: &[u8]) -> [u8; 32] {
    mac.update(text);
    mac.finalize().into_bytes().into()
}

/// The signing keys of late. Bounded: when the young half is full it becomes the old half, and the old half is forgotten;
/// a key that is used moves back among the young.
pub struct KeyCache {
    half: usize,
    generations: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<Box<str>, Arc<SigningKey>>,
    old: HashMap<Box<str>, Arc<SigningKey>>,
}

impl KeyCache {
    /// Holds at most `capacity` keys (and never less than two).
    pub fn new(capacity: usize) -> Self {
        KeyCache {
            half: (capacity / 2).max(1),
            generations: Mutex::default(),
        }
    }

    /// `scope` is `access key/date/region/service`.
    pub(super) fn get(&self, scope: &str, secret: &Secret<String>) -> Option<Arc<SigningKey>> {
        let mut generations = self.lock();
        let key = match generations.young.get(scope) {
            Some(key) => key.clone(),
            None => {
                let (scope, key) = generations.old.remove_entry(scope)?;
                self.put(&mut generations, scope, key.clone());
                key
            }
        };
        drop(generations);
        key.is_of(secret).then_some(key)
    }

    pub(super) fn remember(&self, scope: &str, key: &Arc<SigningKey>) {
        self.put(&mut self.lock(), scope.into(), key.clone());
    }

    fn put(&self, generations: &mut Generations, scope: Box<str>, key: Arc<SigningKey>) {
        if generations.young.len() >= self.half && !generations.young.contains_key(&scope) {
            generations.old = std::mem::take(&mut generations.young);
        }
        generations.young.insert(scope, key);
    }

    /// How many keys are held.
    pub fn held(&self) -> usize {
        let generations = self.lock();
        generations.young.len() + generations.old.len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Generations> {
        self.generations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for KeyCache {
    /// Room for a thousand access keys, which is half a megabyte.
    fn default() -> Self {
        KeyCache::new(1024)
    }
}

impl fmt::Debug for KeyCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyCache({} held)", self.held())
    }
}
