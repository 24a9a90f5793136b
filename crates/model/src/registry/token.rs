//! Authorization tokens of the registry: they prove themselves, so they are not kept, only which of them are void.

use super::RepositoryId;
use crate::record::record;
use base::{Secret, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use minicbor::{Decode, Encode};
use sha2::Sha256;
use std::fmt;
use std::fmt::Write;
use store::{Key, View};

/// All tokens that were given to somebody until then are void.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TokensVoid {
    /// The ARN of who asked for them, or `*` for everybody.
    #[n(0)]
    pub principal: String,
    #[n(1)]
    pub until: Timestamp,
}

record!(TokensVoid, "tokens-void", |t| TokensVoid::key_of(&t.principal));

impl TokensVoid {
    pub const EVERYBODY: &'static str = "*";

    pub fn key_of(principal: &str) -> Key {
        Key::of([principal])
    }
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The ARN of who asked for it.
    pub principal: String,
    pub user_id: String,
    pub access_key: String,
    pub issued: Timestamp,
    pub expires: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadToken {
    /// Nobody here has made it.
    Forged,
    Expired,
    /// It was taken back.
    Void,
}

/// Makes tokens and checks them, with a key that outlives the process.
#[derive(Clone)]
pub struct Tokens(Secret<[u8; 32]>);

const TOKEN: &str = "gantry registry token";
const PASS: &str = "gantry registry pass";

impl Tokens {
    /// How long a token is good, as ECR has it.
    pub const LIFE_MS: i64 = 12 * 60 * 60 * 1000;
    pub const PASS_LIFE_MS: i64 = 60 * 60 * 1000;

    pub fn new(key: Secret<[u8; 32]>) -> Self {
        Tokens(key)
    }

    /// A token for who it says, good from now on for as long as tokens are. Names and keys have no line breaks.
    pub fn make(
        &self,
        principal: &str,
        user_id: &str,
        access_key: &str,
        now: Timestamp,
    ) -> (Secret<String>, Timestamp) {
        let expires = Timestamp(now.millis() + Self::LIFE_MS);
        let (from, to) = (now.millis(), expires.millis());
        let said = hex(format!("1\n{from}\n{to}\n{principal}\n{user_id}\n{access_key}").as_bytes());
        let proof = hex(&self.mac(TOKEN, &said).finalize().into_bytes());
        (Secret::new(format!("{said}.{proof}")), expires)
    }

    /// Whether it was made here, and is good still.
    pub fn check(&self, token: &str, view: &View, now: Timestamp) -> Result<Bearer, BadToken> {
        let (bearer, _) = self.read(TOKEN, token).ok_or(BadToken::Forged)?;
        is_good_still(bearer, view, now)
    }

    /// A permission, as good as a token, to read one blob of one repository. It stands in addresses, so it does not last.
    pub fn pass(&self, to: &RepositoryId, blob: &str, bearer: (&str, &str), now: Timestamp) -> Secret<String> {
        let expires = Timestamp(now.millis() + Self::PASS_LIFE_MS);
        let (from, until, (principal, user_id)) = (now.millis(), expires.millis(), bearer);
        let said = hex(format!("1\n{from}\n{until}\n{principal}\n{user_id}\n\n{to}\n{blob}").as_bytes());
        let proof = hex(&self.mac(PASS, &said).finalize().into_bytes());
        Secret::new(format!("{said}.{proof}"))
    }

    /// Whether a pass for this was made here, and is good still.
    pub fn check_pass(
        &self,
        pass: &str,
        to: &RepositoryId,
        blob: &str,
        view: &View,
        now: Timestamp,
    ) -> Result<Bearer, BadToken> {
        let (bearer, what) = self.read(PASS, pass).ok_or(BadToken::Forged)?;
        match what == [to.to_string(), blob.to_string()] {
            true => is_good_still(bearer, view, now),
            false => Err(BadToken::Forged),
        }
    }

    /// What it says, and the lines behind that.
    fn read(&self, kind: &str, token: &str) -> Option<(Bearer, Vec<String>)> {
        let (said, proof) = token.split_once('.')?;
        self.mac(kind, said).verify_slice(&unhex(proof)?).ok()?;
        let said = String::from_utf8(unhex(said)?).ok()?;
        let mut lines = said.split('\n');
        if lines.next()? != "1" {
            return None;
        }
        let issued = Timestamp(lines.next()?.parse().ok()?);
        let expires = Timestamp(lines.next()?.parse().ok()?);
        let bearer = Bearer {
            principal: lines.next()?.to_string(),
            user_id: lines.next()?.to_string(),
            access_key: lines.next()?.to_string(),
            issued,
            expires,
        };
        Some((bearer, lines.map(str::to_string).collect()))
    }

    /// Proofs of one kind prove nothing of another.
    fn mac(&self, kind: &str, said: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.reveal()).expect("a key may have any length");
        mac.update(kind.as_bytes());
        mac.update(b"\n");
        mac.update(said.as_bytes());
        mac
    }
}

fn is_good_still(bearer: Bearer, view: &View, now: Timestamp) -> Result<Bearer, BadToken> {
    if bearer.expires <= now {
        return Err(BadToken::Expired);
    }
    let void = |principal: &str| {
        let void = view.get::<TokensVoid>(&TokensVoid::key_of(principal));
        void.is_some_and(|void| bearer.issued <= void.until)
    };
    match void(TokensVoid::EVERYBODY) || void(&bearer.principal) {
        true => Err(BadToken::Void),
        false => Ok(bearer),
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a String takes all");
        hex
    })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |b: &u8| char::from(*b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        })
        .collect()
}

impl fmt::Display for BadToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadToken::Forged => "the authorization token was not made here",
            BadToken::Expired => "the authorization token has expired",
            BadToken::Void => "the authorization token was taken back",
        })
    }
}

impl std::error::Error for BadToken {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{block_on, world};

    const NOW: Timestamp = Timestamp(1_000_000);

    fn make(key: u8) -> (Tokens, String) {
        let tokens = Tokens::new(Secret::new([key; 32]));
        let (token, expires) = tokens.make("arn:aws:iam::000000000000:root", "000000000000", "AKID", NOW);
        assert_eq!(expires.since(NOW), Tokens::LIFE_MS);
        (tokens, token.reveal().clone())
    }

    #[test]
    fn a_token_is_good_for_twelve_hours_unless_taken_back() {
        let (store, (tokens, token)) = (world(), make(1));
        let check = |at: i64| tokens.check(&token, &store.snapshot(), Timestamp(at));
        let bearer = check(NOW.millis() + 1).expect("it was made just now");
        assert_eq!(bearer.principal, "arn:aws:iam::000000000000:root");
        assert_eq!((&*bearer.user_id, &*bearer.access_key), ("000000000000", "AKID"));
        assert_eq!(check(NOW.millis() + Tokens::LIFE_MS), Err(BadToken::Expired));
        for (principal, until, good) in [
            ("arn:aws:iam::000000000000:user/x", NOW, true),
            (TokensVoid::EVERYBODY, Timestamp(NOW.millis() - 1), true),
            (&bearer.principal, NOW, false),
        ] {
            let void = TokensVoid {
                principal: principal.to_string(),
                until,
            };
            let kept = store.write(move |tx| -> Result<(), store::StoreError> {
                tx.put(void.clone());
                Ok(())
            });
            block_on(kept).expect("a store in memory takes a record");
            assert_eq!(check(NOW.millis() + 1).is_ok(), good, "{principal}");
        }
        assert_eq!(check(NOW.millis() + 1), Err(BadToken::Void));
    }

    #[test]
    fn a_token_that_was_not_made_here_is_forged() {
        let (store, (tokens, token)) = (world(), make(1));
        let (said, proof) = token.split_once('.').expect("two parts");
        let other = make(2).1;
        for bad in [
            "",
            ".",
            "x",
            said,
            &format!("{said}."),
            &format!("{said}.{}", &proof[2..]),
            &format!("{said}.{}", proof.replace(['0', '1'], "2")),
            &format!("{}.{proof}", said.replacen('3', "4", 1)),
            &other,
            &format!("{token}0"),
            "é.é",
        ] {
            let checked = tokens.check(bad, &store.snapshot(), NOW);
            assert_eq!(checked, Err(BadToken::Forged), "{bad}");
        }
    }

    #[test]
    fn a_pass_is_good_for_one_blob_and_not_for_long() {
        let (store, (tokens, token)) = (world(), make(1));
        let to = RepositoryId::new("000000000000", "us-east-1", "web");
        let pass = tokens.pass(&to, "sha256:a", ("arn:aws:iam::000000000000:root", "000000000000"), NOW);
        let pass = pass.reveal();
        let check = |pass: &str, to: &RepositoryId, blob: &str, at: i64| {
            tokens.check_pass(pass, to, blob, &store.snapshot(), Timestamp(NOW.millis() + at))
        };
        let other = RepositoryId::new("000000000000", "us-east-1", "api");
        assert!(check(pass, &to, "sha256:a", 1).is_ok());
        assert_eq!(check(pass, &to, "sha256:b", 1), Err(BadToken::Forged));
        assert_eq!(check(pass, &other, "sha256:a", 1), Err(BadToken::Forged));
        assert_eq!(check(&token, &to, "sha256:a", 1), Err(BadToken::Forged));
        assert_eq!(
            check(pass, &to, "sha256:a", Tokens::PASS_LIFE_MS),
            Err(BadToken::Expired)
        );
        let as_token = tokens.check(pass, &store.snapshot(), NOW);
        assert_eq!(as_token, Err(BadToken::Forged), "it opens nothing else");
    }
}
