//! What nodes on other machines pull from here: known by their certificates, they need no token, and only read. References
//! mean to them what they mean to the node of this machine.

use crate::auth::Anybody;
use crate::body::Body;
use crate::fault::{Code, Fault};
use crate::route::{Route, route};
use crate::{Answer, Asked, Registry, blobs, manifests, told};
use bytes::Bytes;
use http::{Request, Response};
use model::registry::Bearer;

impl Registry {
    /// Answers one request of a node. `port` is the one that this registry answers on, on its own loopback.
    pub async fn serve_node<B>(&self, request: Request<B>, node: &str, port: u16) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + Unpin,
        B::Error: std::fmt::Display,
    {
        let (head, mut body) = request.into_parts();
        let answer = self.answer_node(&head, node, port).await;
        told(answer, &head, &mut body).await
    }

    async fn answer_node(&self, head: &http::request::Parts, node: &str, port: u16) -> Result<Answer, Fault> {
        let now = self.0.clock.now();
        let bearer = Bearer {
            principal: format!("node/{node}"),
            user_id: String::new(),
            access_key: String::new(),
            issued: now,
            expires: now,
        };
        let asked = Asked {
            registry: self,
            bearer: &bearer,
            permit: &Anybody,
            head,
        };
        let host = asked.host();
        let mine = |name: &str| match self.means(host, name, port) {
            Some(_) => Ok(()),
            None => Err(Fault::new(421, Code::NameUnknown, "the name is another registry's")),
        };
        match (route(head.uri.path())?, head.method.as_str()) {
            (Route::Manifest(name, reference), "GET" | "HEAD") => {
                mine(name)?;
                manifests::get(&asked, name, reference).await
            }
            (Route::Blob(name, digest), "GET" | "HEAD") => {
                mine(name)?;
                blobs::get(&asked, name, digest).await
            }
            _ => Err(Fault::new(405, Code::Unsupported, "nodes pull")),
        }
    }
}
