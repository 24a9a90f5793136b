//! Client tokens: the same request again answers as the first one did, and does nothing more.

use model::{ClientToken, Given};
use store::Tx;
use wire::Shape;
use wire::codec::cbor;

/// A request that carries a token.
#[derive(Clone, Debug)]
pub struct Once {
    scope: String,
    token: String,
    request: u64,
}

/// What the token says.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    /// Nobody came with this token: do it, then [`Once::keep`].
    First,
    /// Done before: this was made.
    Before(ClientToken),
    /// The token came with another request.
    Conflict,
}

impl Once {
    /// `scope` is the operation, and the cluster where AWS scopes tokens to one. `None` when there is no token.
    pub fn new(scope: String, token: Option<&str>, request: &dyn Shape) -> Option<Once> {
        let token = token.filter(|t| !t.is_empty())?;
        let mut bytes = Vec::new();
        cbor::write(request, &mut bytes);
        Some(Once {
            scope,
            token: token.to_string(),
            request: fnv1a(&bytes),
        })
    }

    pub fn seen(&self, tx: &Tx) -> Seen {
        match tx.get::<ClientToken>(&ClientToken::key_of(&self.scope, &self.token)) {
            None => Seen::First,
            Some(kept) if tx.now().since(kept.at) > ClientToken::REMEMBERED_MS => Seen::First,
            Some(kept) if kept.request == self.request => Seen::Before((*kept).clone()),
            Some(_) => Seen::Conflict,
        }
    }

    pub fn keep(&self, tx: &mut Tx, made: Vec<String>, answer: Given) {
        let at = tx.now();
        tx.put(ClientToken {
            scope: self.scope.clone(),
            token: self.token.clone(),
            request: self.request,
            made,
            answer,
            at,
        });
    }
}

/// A digest that is the same on every machine and in every version.
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| {
        (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3)
    })
}
