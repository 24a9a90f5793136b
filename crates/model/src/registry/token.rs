//! Which authorization tokens of the registry are void before their time.

use crate::record::record;
use base::Timestamp;
use minicbor::{Decode, Encode};
use store::Key;

/// All tokens that were given to somebody until then are void. Tokens themselves are not kept: they prove themselves.
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
