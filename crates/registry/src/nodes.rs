//! What nodes on other machines pull from here: known by their certificates, they need no token, and only read. References
//! mean to them what they mean to the node of this machine.

use crate::body::Body;
use crate::fault::{Code, Fault};
use crate::route::{Route, route};
use crate::{Answer, Asked, Registry, blobs, manifests, told};
use bytes::Bytes;
use http::{Request, Response};
use model::registry::Bearer;

/// The role that the instances of a cluster have at AWS unless somebody thinks of another.
const ROLE: &str = "ecsInstanceRole";

impl Registry {
    /// Who a node is to the policies of repositories.
    pub(crate) fn node(&self, name: &str) -> Bearer {
        let (now, scope) = (self.0.clock.now(), &self.0.scope);
        let (partition, account) = (scope.partition(), &scope.account);
        Bearer {
            principal: format!("arn:{partition}:sts::{account}:assumed-role/{ROLE}/{name}"),
            user_id: String::new(),
            access_key: String::new(),
            issued: now,
            expires: now,
        }
    }

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
        let bearer = self.node(node);
        let asked = Asked {
            registry: self,
            bearer: &bearer,
            permit: &*self.0.permit,
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
