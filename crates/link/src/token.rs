//! Join tokens: all that a new machine needs to become a node, in one word to copy.
//!
//! A token says where the server is, by which fingerprint to know its authority, and a secret that proves that whoever
//! has it was asked in. The server keeps only the secret's hash.

use crate::authority::Fingerprint;
use base::{Secret, Timestamp};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use minicbor::{Decode, Encode};
use ring::rand::SecureRandom;
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;

const PREFIX: &str = "gantry-join:";
const VERSION: u32 = 1;

/// Bytes of a checksum at the end, so that a slip in copying is called that.
const CHECK_BYTES: usize = 4;

const MOST_BYTES: usize = 4096;
const MOST_ADDRESSES: usize = 16;

#[derive(Clone, Debug)]
pub struct Token {
    /// `host:port`, in the order to try them.
    pub addresses: Vec<String>,
    pub authority: Fingerprint,
    pub secret: JoinSecret,
    /// The server decides; this is so that a node can say it without asking.
    pub expires: Timestamp,
}

/// Proves that who has it was asked in.
#[derive(Clone, Debug)]
pub struct JoinSecret(pub(crate) Secret<[u8; 32]>);

/// Why a word is not a join token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAToken {
    /// It does not begin as one.
    Other,
    /// Part of it is missing or changed.
    Damaged,
    /// It is of a version that this program does not know.
    Newer,
}

#[derive(Encode, Decode)]
#[cbor(map)]
struct Written {
    #[n(0)]
    version: u32,
    #[n(1)]
    addresses: Vec<String>,
    #[cbor(n(2), with = "minicbor::bytes")]
    authority: Fingerprint,
    #[cbor(n(3), with = "minicbor::bytes")]
    secret: [u8; 32],
    #[n(4)]
    expires: Timestamp,
}

impl JoinSecret {
    /// Drawn by the crypto library, never by dice, which may be seeded.
    pub fn new() -> JoinSecret {
        let mut bytes = [0; 32];
        let drawn = ring::rand::SystemRandom::new().fill(&mut bytes);
        drawn.expect("the kernel has randomness once it has started");
        JoinSecret(Secret::new(bytes))
    }

    /// What the server keeps of it, in hex. A secret of 256 random bits needs no slow hash.
    pub fn hash(&self) -> String {
        let hash = Sha256::digest(self.0.reveal());
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Default for JoinSecret {
    fn default() -> Self {
        JoinSecret::new()
    }
}

/// The word to copy: whoever prints a token gives it away.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = Written {
            version: VERSION,
            addresses: self.addresses.clone(),
            authority: self.authority,
            secret: *self.secret.0.reveal(),
            expires: self.expires,
        };
        let mut bytes = minicbor::to_vec(written).expect("a vector takes whatever is written to it");
        bytes.extend(check(&bytes));
        write!(f, "{PREFIX}{}", BASE64.encode(bytes))
    }
}

impl FromStr for Token {
    type Err = NotAToken;

    fn from_str(text: &str) -> Result<Token, NotAToken> {
        let text = text.trim().strip_prefix(PREFIX).ok_or(NotAToken::Other)?;
        if text.len() > MOST_BYTES {
            return Err(NotAToken::Damaged);
        }
        let bytes = BASE64.decode(text).map_err(|_| NotAToken::Damaged)?;
        let (bytes, sum) = bytes.split_last_chunk::<CHECK_BYTES>().ok_or(NotAToken::Damaged)?;
        if check(bytes) != *sum {
            return Err(NotAToken::Damaged);
        }
        let written: Written = minicbor::decode(bytes).map_err(|_| NotAToken::Damaged)?;
        if written.version != VERSION {
            return Err(NotAToken::Newer);
        }
        if written.addresses.is_empty() || written.addresses.len() > MOST_ADDRESSES {
            return Err(NotAToken::Damaged);
        }
        Ok(Token {
            addresses: written.addresses,
            authority: written.authority,
            secret: JoinSecret(Secret::new(written.secret)),
            expires: written.expires,
        })
    }
}

fn check(bytes: &[u8]) -> [u8; CHECK_BYTES] {
    let hash: [u8; 32] = Sha256::digest(bytes).into();
    *hash.first_chunk().expect("a hash is longer than that")
}

impl fmt::Display for NotAToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotAToken::Other => "a join token begins with gantry-join:",
            NotAToken::Damaged => "the join token is damaged: part of it is missing or changed",
            NotAToken::Newer => "the join token was made by a newer Gantry",
        })
    }
}

impl std::error::Error for NotAToken {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token() -> Token {
        Token {
            addresses: vec!["10.0.0.1:7400".to_string(), "server.example:7400".to_string()],
            authority: [7; 32],
            secret: JoinSecret::new(),
            expires: Timestamp(1_800_000_000_000),
        }
    }

    #[test]
    fn a_token_is_read_as_it_was_written() {
        let token = token();
        let read: Token = format!(" {token}\n").parse().expect("it is one");
        assert_eq!(read.addresses, token.addresses);
        assert_eq!((read.authority, read.expires), (token.authority, token.expires));
        assert_eq!(read.secret.hash(), token.secret.hash());
        assert_ne!(JoinSecret::new().hash(), token.secret.hash());
        let shown = format!("{token:?}");
        let bytes = format!("{:?}", token.secret.0.reveal());
        assert!(!shown.contains(&bytes), "{shown}");
    }

    #[test]
    fn a_slip_in_copying_is_called_that() {
        let word = token().to_string();
        let slip = |word: &str| word.parse::<Token>().map(drop);
        assert_eq!(slip(&word[..word.len() - 1]), Err(NotAToken::Damaged));
        let changed = if word.ends_with('A') { "B" } else { "A" };
        let at = word.len() - 20;
        let other = if &word[at..=at] == "x" { "y" } else { "x" };
        assert_eq!(
            slip(&format!("{}{other}{}", &word[..at], &word[at + 1..])),
            Err(NotAToken::Damaged)
        );
        assert_eq!(
            slip(&format!("{}{changed}{changed}", &word[..word.len() - 2])),
            Err(NotAToken::Damaged)
        );
        assert_eq!(slip("gantry-join:"), Err(NotAToken::Damaged));
        assert_eq!(slip("something"), Err(NotAToken::Other));
    }

    proptest! {
        #[test]
        fn nonsense_is_refused_and_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut summed = bytes.clone();
            summed.extend(check(&bytes));
            for bytes in [bytes, summed] {
                let word = format!("{PREFIX}{}", BASE64.encode(bytes));
                prop_assert!(word.parse::<Token>().is_err());
            }
        }
    }
}
