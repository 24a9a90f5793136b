//! The registry of the server that this machine is a node of. References mean here what they mean on the server's machine:
//! hosts of ECR's form, and loopback with a port, are asked for there first, over the node's own connections to it.

use crate::Reference;
use crate::connect::Origin;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};

/// A stream to the server.
pub trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Wire for S {}

type Dialed = Pin<Box<dyn Future<Output = Result<Box<dyn Wire>, String>> + Send>>;

/// How the server is reached.
#[derive(Clone)]
pub struct Home(Arc<dyn Fn() -> Dialed + Send + Sync>);

impl Home {
    pub fn new(dial: impl Fn() -> Dialed + Send + Sync + 'static) -> Self {
        Home(Arc::new(dial))
    }

    pub(crate) async fn dial(&self) -> Result<Box<dyn Wire>, String> {
        (self.0)().await
    }
}

/// Whether it is for the server to say what this is, and perhaps that it is not its own.
pub(crate) fn is_asked_for_at_home(reference: &Reference) -> bool {
    let host = &*reference.host;
    let own_name = host.contains(':') && Origin::new(host, false).is_loopback();
    own_name || host.contains(".dkr.ecr")
}

impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Home")
    }
}
