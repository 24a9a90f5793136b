//! The keys of a task's role.
//!
//! Words: [`Keys`] are what an SDK signs with: an access key id, its secret, and a token that says whose they are. An
//! *issuer* makes them.
//!
//! [`NodeIssuer`] makes them from the node's secret alone: the token names role, task and end, and is sealed; the keys
//! follow from it. Nothing is stored, a restarted agent gives the same keys again, and whoever has the node's secret
//! can tell a true token and the secret key of its access key id ([`verify`]). What checks requests at the front door
//! does not yet: until it knows the secrets of its nodes, these keys are well formed but open no door.

use super::secret::{NodeSecret, hex, keyed};
use super::{Later, json};
use base::{Clock, Secret, Timestamp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use minicbor::{Decode, Encode};
use std::fmt;
use std::sync::Arc;

/// How long keys hold at most, and how long the same ones are given out: SDKs ask again some minutes before the end.
const HOLD_MS: i64 = 6 * 3_600_000;
const SAME_MS: i64 = 3_600_000;

/// A token longer than this is nobody's; roles and tasks have at most some hundred characters.
const MOST_TOKEN_BYTES: usize = 8192;
const TOKEN_BEGINS: &str = "gantry1.";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    pub role: String,
    pub access_key_id: String,
    pub secret_access_key: Secret<String>,
    pub token: Secret<String>,
    pub expires_at: Timestamp,
}

/// Makes the keys of a role for a task.
pub trait Issuer: Send + Sync + 'static {
    /// `None`: not yet, ask again.
    fn issue<'a>(&'a self, role: &'a str, task: &'a str) -> Later<'a, Option<Keys>>;
}

pub struct NodeIssuer {
    secret: NodeSecret,
    clock: Arc<dyn Clock>,
}

/// What a token says, sealed.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Claims {
    #[n(0)]
    pub role: String,
    #[n(1)]
    pub task: String,
    #[n(2)]
    pub expires_at: Timestamp,
}

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It was not made with this secret, or was changed.
    NotOurs,
    Expired,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refused::NotOurs => "the token is not one of this node's",
            Refused::Expired => "the token has expired",
        })
    }
}

impl std::error::Error for Refused {}

impl NodeIssuer {
    pub fn new(secret: NodeSecret, clock: Arc<dyn Clock>) -> NodeIssuer {
        NodeIssuer { secret, clock }
    }
}

impl Issuer for NodeIssuer {
    fn issue<'a>(&'a self, role: &'a str, task: &'a str) -> Later<'a, Option<Keys>> {
        let now = self.clock.now().millis();
        let claims = Claims {
            role: role.to_string(),
            task: task.to_string(),
            expires_at: Timestamp(now - now.rem_euclid(SAME_MS) + HOLD_MS),
        };
        let keys = keys(&self.secret, &claims);
        Box::pin(async move { Some(keys) })
    }
}

/// What a token says and the keys that belong to it, when it is true and holds.
pub fn verify(secret: &NodeSecret, token: &str, now: Timestamp) -> Result<(Claims, Keys), Refused> {
    if token.len() > MOST_TOKEN_BYTES {
        return Err(Refused::NotOurs);
    }
    let sealed = token.strip_prefix(TOKEN_BEGINS).ok_or(Refused::NotOurs)?;
    let (said, seal) = sealed.split_once('.').ok_or(Refused::NotOurs)?;
    let seal = URL_SAFE_NO_PAD.decode(seal).map_err(|_| Refused::NotOurs)?;
    let differs = seal_of(secret, said)
        .iter()
        .zip(&seal)
        .fold(0, |all, (a, b)| all | (a ^ b));
    if seal.len() != 32 || differs != 0 {
        return Err(Refused::NotOurs);
    }
    let claims = URL_SAFE_NO_PAD.decode(said).map_err(|_| Refused::NotOurs)?;
    let claims: Claims = minicbor::decode(&claims).map_err(|_| Refused::NotOurs)?;
    if now >= claims.expires_at {
        return Err(Refused::Expired);
    }
    let keys = keys(secret, &claims);
    Ok((claims, keys))
}

fn keys(secret: &NodeSecret, claims: &Claims) -> Keys {
    let said = URL_SAFE_NO_PAD.encode(minicbor::to_vec(claims).expect("a vector takes everything"));
    let seal = URL_SAFE_NO_PAD.encode(seal_of(secret, &said));
    let id = secret.mac("access key id", &[&said]);
    let key = keyed(&secret.mac("secret access key", &[&said]), "", &[]);
    Keys {
        role: claims.role.clone(),
        // As AWS writes the ids of keys that end.
        access_key_id: format!("ASIA{}", hex(&id[..8]).to_uppercase()),
        secret_access_key: Secret::new(URL_SAFE_NO_PAD.encode(&key[..30])),
        token: Secret::new(format!("{TOKEN_BEGINS}{said}.{seal}")),
        expires_at: claims.expires_at,
    }
}

fn seal_of(secret: &NodeSecret, said: &str) -> [u8; 32] {
    secret.mac("token", &[said])
}

/// What an SDK reads.
pub(super) fn body(keys: &Keys) -> String {
    json::object(|o| {
        o.text("RoleArn", &keys.role);
        o.text("AccessKeyId", &keys.access_key_id);
        o.text("SecretAccessKey", keys.secret_access_key.reveal());
        o.text("Token", keys.token.reveal());
        o.text("Expiration", &json::time(keys.expires_at));
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{CREATED, SECRET};
    use super::*;
    use base::ManualClock;

    const ROLE: &str = "arn:aws:iam::000000000000:role/shop";

    async fn issued(clock: &ManualClock, task: &str) -> Keys {
        let issuer = NodeIssuer::new(SECRET, Arc::new(clock.clone()));
        issuer.issue(ROLE, task).await.expect("this issuer always can")
    }

    #[tokio::test]
    async fn keys_stay_for_a_while_and_differ_by_task_and_time() {
        let clock = ManualClock::at(CREATED);
        let first = issued(&clock, "one").await;
        clock.advance_millis(SAME_MS - 1);
        assert_eq!(issued(&clock, "one").await, first);
        assert_eq!(first.expires_at, CREATED.plus_millis(HOLD_MS));
        clock.advance_millis(1);
        let later = issued(&clock, "one").await;
        let other = issued(&clock, "two").await;
        for (a, b) in [(&first, &later), (&later, &other)] {
            assert_ne!(a.access_key_id, b.access_key_id);
            assert_ne!(a.secret_access_key, b.secret_access_key);
            assert_ne!(a.token, b.token);
        }
        assert_eq!(first.access_key_id.len(), 20);
        assert_eq!(first.secret_access_key.reveal().len(), 40);
    }

    #[tokio::test]
    async fn a_token_tells_whose_it_is_until_it_ends() {
        let clock = ManualClock::at(CREATED);
        let keys = issued(&clock, "one").await;
        let token = keys.token.reveal();
        let claims = Claims {
            role: ROLE.to_string(),
            task: "one".to_string(),
            expires_at: keys.expires_at,
        };
        assert_eq!(verify(&SECRET, token, CREATED), Ok((claims, keys.clone())));
        assert_eq!(verify(&SECRET, token, keys.expires_at), Err(Refused::Expired));
        let other = NodeSecret::new([8; 32]);
        assert_eq!(verify(&other, token, CREATED), Err(Refused::NotOurs));
    }

    #[tokio::test]
    async fn a_token_that_was_changed_anywhere_is_refused() {
        let keys = issued(&ManualClock::at(CREATED), "one").await;
        let token = keys.token.reveal();
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert_eq!(verify(&SECRET, &changed, CREATED), Err(Refused::NotOurs), "at {at}");
            assert_eq!(verify(&SECRET, &token[..at], CREATED), Err(Refused::NotOurs), "to {at}");
        }
        assert_eq!(verify(&SECRET, &format!("{token}A"), CREATED), Err(Refused::NotOurs));
        assert_eq!(verify(&SECRET, &"A".repeat(1 << 20), CREATED), Err(Refused::NotOurs));
    }
}
