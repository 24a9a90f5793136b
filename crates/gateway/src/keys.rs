//! Whose access key it is.

use base::Secret;
use services::Caller;
use std::sync::Arc;

/// Knows the secrets of access keys. Root's is all there is until identity has a room of its own.
pub trait Keys: Send + Sync + 'static {
    /// The key's secret and who it belongs to; `None` for a key that nobody has.
    fn find(&self, access_key: &str) -> Option<(Secret<String>, Arc<Caller>)>;
}

/// One key: the root user's, made at the first start.
pub struct OneKey {
    secret: Secret<String>,
    caller: Arc<Caller>,
}

impl OneKey {
    pub fn root(account: &str, partition: &str, access_key: String, secret: Secret<String>) -> Self {
        let arn = format!("arn:{partition}:iam::{account}:root");
        OneKey {
            secret,
            caller: Arc::new(Caller {
                arn,
                user_id: account.to_string(),
                access_key,
            }),
        }
    }
}

impl Keys for OneKey {
    fn find(&self, access_key: &str) -> Option<(Secret<String>, Arc<Caller>)> {
        (access_key == self.caller.access_key).then(|| (self.secret.clone(), Arc::clone(&self.caller)))
    }
}
