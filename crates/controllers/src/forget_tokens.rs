//! Client tokens are remembered for a day, as AWS does, and then forgotten.

use control::{Controller, Next};
use model::ClientToken;
use store::{Change, Key, Record, Tx, View};

#[derive(Clone, Copy, Debug, Default)]
pub struct ForgetTokens;

impl Controller for ForgetTokens {
    fn name(&self) -> &'static str {
        "forget-tokens"
    }

    fn all(&self, view: &View) -> Vec<Key> {
        view.scan::<ClientToken>(&Key::all()).map(|token| token.key()).collect()
    }

    fn concerns(&self, change: &Change, dirty: &mut dyn FnMut(Key)) {
        if let Some((_, Some(token))) = change.of::<ClientToken>() {
            dirty(token.key());
        }
    }

    fn step(&self, tx: &mut Tx, key: &Key) -> Next {
        let Some(token) = tx.get::<ClientToken>(key) else {
            return Next::Rest;
        };
        let due = token.at.plus_millis(ClientToken::REMEMBERED_MS);
        if tx.now() <= due {
            return Next::At(due.plus_millis(1));
        }
        tx.delete::<ClientToken>(key);
        Next::Rest
    }
}
