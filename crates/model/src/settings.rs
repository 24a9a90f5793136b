//! Account settings, and the tokens that make a repeated request answer as the first one did.

use crate::Given;
use crate::record::record;
use base::Timestamp;
use minicbor::{Decode, Encode};
use store::Key;

/// An account setting of one principal, or of the account when the principal is empty.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AccountSetting {
    #[n(0)]
    pub principal: String,
    #[n(1)]
    pub name: String,
    #[n(2)]
    pub value: String,
}

record!(AccountSetting, "account-setting", |s| AccountSetting::key_of(
    &s.principal,
    &s.name
));

impl AccountSetting {
    /// `principal` is empty for the account's default.
    pub fn key_of(principal: &str, name: &str) -> Key {
        Key::of([principal, name])
    }
}

/// What a request with a client token did, so that the same request again does nothing more.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ClientToken {
    /// The operation, and the cluster where AWS scopes tokens to one.
    #[n(0)]
    pub scope: String,
    #[n(1)]
    pub token: String,
    /// A digest of the request: the same token with other parameters is a conflict.
    #[n(2)]
    pub request: u64,
    /// What was made: task ids for RunTask.
    #[n(3)]
    pub made: Vec<String>,
    /// The rest of the first answer, when records alone cannot give it again (`failures`).
    #[n(4)]
    pub answer: Given,
    #[n(5)]
    pub at: Timestamp,
}

record!(ClientToken, "client-token", |t| ClientToken::key_of(&t.scope, &t.token));

impl ClientToken {
    /// How long a token is remembered: AWS says 24 hours for RunTask.
    pub const REMEMBERED_MS: i64 = 24 * 3600 * 1000;

    pub fn key_of(scope: &str, token: &str) -> Key {
        Key::of([scope, token])
    }
}
