//! Requests to another Gantry: one connection, opened again when it breaks, with a token that is asked for when it is
//! needed.

use super::Peer;
use base::{Clock, Secret};
use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use model::registry::replication::COPY_HEADER;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use wire::sigv4::{self, Payload, PayloadHash, Rules, Signer};

const PATIENCE: Duration = Duration::from_secs(60);
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
const MOST_ANSWER_BYTES: usize = 8 << 20;

/// Why an image is not there yet, or never will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// It may go better later.
    Passing(String),
    ForGood(&'static str, String),
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failed::Passing(why) | Failed::ForGood(_, why) => f.write_str(why),
        }
    }
}

pub struct Talk {
    peer: Peer,
    clock: Arc<dyn Clock>,
    sender: Option<SendRequest<Full<Bytes>>>,
    token: Option<Secret<String>>,
}

impl Talk {
    pub fn with(peer: Peer, clock: Arc<dyn Clock>) -> Self {
        Talk {
            peer,
            clock,
            sender: None,
            token: None,
        }
    }

    /// Asks the door of the registry. An answer of any status is an answer, except that the token was refused twice.
    pub async fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Response<Bytes>, Failed> {
        for fresh in [false, true] {
            let token = match (&self.token, fresh) {
                (Some(token), false) => token.clone(),
                _ => self.get_token().await?,
            };
            self.token = Some(token.clone());
            let host = format!(
                "{}.dkr.ecr.{}.amazonaws.com",
                self.peer.is.registry, self.peer.is.region
            );
            let mut request = Request::builder()
                .method(method)
                .uri(path)
                .header(header::HOST, host)
                .header(header::AUTHORIZATION, token.reveal())
                .header(COPY_HEADER, "true");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let request = request.body(Full::new(body.clone()));
            let request = request.map_err(|e| Failed::ForGood("InvalidRequest", e.to_string()))?;
            let answer = self.send(request).await?;
            if fresh || !matches!(answer.status().as_u16(), 401 | 403) {
                return Ok(answer);
            }
        }
        unreachable!("the second answer is given back whatever it is")
    }

    async fn get_token(&mut self) -> Result<Secret<String>, Failed> {
        const TARGET: &str = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken";
        let headers = [
            ("host", self.peer.authority.as_str()),
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", TARGET),
        ];
        let signer = Signer {
            access_key: &self.peer.access_key,
            secret: &self.peer.secret,
            session_token: None,
            region: &self.peer.is.region,
            service: "ecr",
            at: self.clock.now(),
            rules: Rules::Common,
        };
        let question = sigv4::Request {
            method: "POST",
            path: "/",
            query: "",
            headers: &headers,
        };
        let mut request = Request::post("/");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        for (name, value) in signer.sign(&question, Payload::Hashed, PayloadHash::of(b"{}")) {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(Bytes::from_static(b"{}")));
        let request = request.map_err(|e| Failed::ForGood("InvalidRequest", e.to_string()))?;
        let answer = self.send(request).await?;
        let said: Value = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
        let token = said["authorizationData"][0]["authorizationToken"].as_str();
        match token {
            Some(token) => Ok(Secret::new(format!("Basic {token}"))),
            None => {
                let why = format!("no token to be had: {} {}", answer.status().as_u16(), said["message"]);
                Err(Failed::Passing(why))
            }
        }
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, Failed> {
        let sent = tokio::time::timeout(PATIENCE, self.send_now(request)).await;
        let sent = sent.unwrap_or_else(|_| Err("it does not answer in time".to_string()));
        if sent.is_err() {
            self.sender = None;
        }
        sent.map_err(|why| Failed::Passing(format!("{}: {why}", self.peer.authority)))
    }

    async fn send_now(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Bytes>, String> {
        let told = |e: hyper::Error| e.to_string();
        let kept = self.sender.take().filter(|sender| !sender.is_closed());
        let mut sender = match kept {
            Some(sender) => sender,
            None => {
                let connecting = tokio::time::timeout(CONNECT_PATIENCE, TcpStream::connect(&self.peer.authority));
                let stream = connecting.await.map_err(|_| "no connection in time".to_string())?;
                let stream = stream.map_err(|e| e.to_string())?;
                match &self.peer.tls {
                    None => open(stream).await.map_err(told)?,
                    Some(tls) => {
                        let host = self.peer.authority.rsplit_once(':').map_or("", |(host, _)| host);
                        let host = host.trim_start_matches('[').trim_end_matches(']').to_string();
                        let name = ServerName::try_from(host).map_err(|e| e.to_string())?;
                        let secret = TlsConnector::from(Arc::clone(tls)).connect(name, stream);
                        let secret = tokio::time::timeout(CONNECT_PATIENCE, secret).await;
                        let secret = secret.map_err(|_| "no connection in time".to_string())?;
                        open(secret.map_err(|e| e.to_string())?).await.map_err(told)?
                    }
                }
            }
        };
        sender.ready().await.map_err(told)?;
        let (head, body) = sender.send_request(request).await.map_err(told)?.into_parts();
        let body = Limited::new(body, MOST_ANSWER_BYTES).collect().await;
        let body = body.map_err(|e| e.to_string())?.to_bytes();
        self.sender = Some(sender);
        Ok(Response::from_parts(head, body))
    }
}

async fn open<S>(stream: S) -> hyper::Result<SendRequest<Full<Bytes>>>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection); // ends with the sender; its failures are the request's
    Ok(sender)
}
