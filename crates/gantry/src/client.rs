//! What verbs ask of the running server: the same requests as any AWS client's, signed with root's credentials.
//!
//! One connection a request: verbs ask seldom, and a server that came back in between is then the one that answers.

use crate::data::{Credentials, DataDir};
use crate::report::Report;
use base::{Clock, SystemClock};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::fmt;
use std::time::Duration;
use tokio::net::TcpStream;
use wire::sigv4::{self, Payload, PayloadHash, Rules, Signer};

/// No answer that verbs ask for is longer.
const MOST_ANSWER_BYTES: usize = 32 << 20;

const PATIENCE: Duration = Duration::from_secs(30);

/// A service that verbs talk to, with what its requests' targets begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Service {
    name: &'static str,
    target: &'static str,
}

pub const ECS: Service = Service {
    name: "ecs",
    target: "AmazonEC2ContainerServiceV20141113",
};
pub const LOGS: Service = Service {
    name: "logs",
    target: "Logs_20140328",
};

/// The server of a data directory.
pub struct Api {
    /// `127.0.0.1:4566`
    authority: String,
    region: String,
    credentials: Credentials,
}

impl Api {
    /// The server that runs on this data directory, or ran there last; `None` when there was none.
    pub fn of(data: &DataDir) -> Result<Option<Api>, Report> {
        let (Some(endpoint), Some(credentials)) = (data.endpoint()?, data.known_credentials()?) else {
            return Ok(None);
        };
        let (scope, _) = data.identity(None, None, &SystemClock)?;
        Ok(endpoint.strip_prefix("http://").map(|authority| Api {
            authority: authority.to_string(),
            region: scope.region.to_string(),
            credentials,
        }))
    }

    /// The same, if it runs right now.
    pub async fn running(data: &DataDir) -> Result<Option<Api>, Report> {
        let Some(api) = Api::of(data)? else { return Ok(None) };
        let connected = TcpStream::connect(&api.authority).await;
        Ok(connected.is_ok().then_some(api))
    }

    pub async fn call(&self, service: Service, operation: &str, input: &Value) -> Result<Value, CallError> {
        match tokio::time::timeout(PATIENCE, self.ask(service, operation, input)).await {
            Ok(answer) => answer,
            Err(_) => Err(CallError::Unreachable("it does not answer".into())),
        }
    }

    /// A page of Gantry's own, by its path behind `/_gantry/`.
    pub async fn own(&self, page: &str, query: &[(&str, &str)]) -> Result<Value, CallError> {
        self.page("GET", page, query).await
    }

    /// The same for a page that does something.
    pub async fn deed(&self, page: &str, query: &[(&str, &str)]) -> Result<Value, CallError> {
        self.page("POST", page, query).await
    }

    async fn page(&self, method: &'static str, page: &str, query: &[(&str, &str)]) -> Result<Value, CallError> {
        let pairs = query.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
        let query = pairs.collect::<Vec<_>>().join("&");
        let headers = vec![("host".to_string(), self.authority.clone())];
        let question = Question {
            method,
            path: &format!("/_gantry/{page}"),
            query: &query,
            body: String::new(),
        };
        match tokio::time::timeout(PATIENCE, self.exchange(ECS, question, headers)).await {
            Ok(answer) => answer,
            Err(_) => Err(CallError::Unreachable("it does not answer".into())),
        }
    }

    async fn ask(&self, service: Service, operation: &str, input: &Value) -> Result<Value, CallError> {
        let target = format!("{}.{operation}", service.target);
        let headers = vec![
            ("host".to_string(), self.authority.clone()),
            ("content-type".to_string(), "application/x-amz-json-1.1".to_string()),
            ("x-amz-target".to_string(), target),
        ];
        let question = Question {
            method: "POST",
            path: "/",
            query: "",
            body: input.to_string(),
        };
        self.exchange(service, question, headers).await
    }

    async fn exchange(
        &self,
        service: Service,
        question: Question<'_>,
        mut headers: Vec<(String, String)>,
    ) -> Result<Value, CallError> {
        headers.extend(self.signature(service, &question, &headers));
        let uri = match question.query {
            "" => question.path.to_string(),
            query => format!("{}?{query}", question.path),
        };
        let mut request = Request::builder().method(question.method).uri(uri);
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        let request = request
            .body(Full::new(Bytes::from(question.body)))
            .expect("names and values are ours, and plain");

        let stream = TcpStream::connect(&self.authority).await.map_err(unreachable)?;
        let (mut sender, connection) = handshake(TokioIo::new(stream)).await.map_err(unreachable)?;
        tokio::spawn(connection); // ends with the sender; its failures are the request's
        let answer = sender.send_request(request).await.map_err(unreachable)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MOST_ANSWER_BYTES);
        let body = body.collect().await.map_err(CallError::Unreachable)?.to_bytes();
        let value: Value = serde_json::from_slice(&body)
            .map_err(|_| unreachable(format!("its answer of status {status} is not JSON")))?;
        if status.is_success() {
            return Ok(value);
        }
        let text = |name: &str| value[name].as_str().unwrap_or_default();
        Err(CallError::Refused {
            code: text("__type").rsplit('#').next().unwrap_or_default().to_string(),
            message: text("message").to_string(),
        })
    }

    fn signature(
        &self,
        service: Service,
        question: &Question<'_>,
        headers: &[(String, String)],
    ) -> Vec<(String, String)> {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let signer = Signer {
            access_key: &self.credentials.access_key,
            secret: &self.credentials.secret,
            session_token: None,
            region: &self.region,
            service: service.name,
            at: SystemClock.now(),
            rules: Rules::Common,
        };
        let request = sigv4::Request {
            method: question.method,
            path: question.path,
            query: question.query,
            headers: &headers,
        };
        signer.sign(&request, Payload::Hashed, PayloadHash::of(question.body.as_bytes()))
    }

    /// All that the pages of a list hold under a name.
    pub async fn list(
        &self,
        service: Service,
        operation: &str,
        mut input: Value,
        name: &str,
    ) -> Result<Vec<String>, CallError> {
        let mut all = Vec::new();
        loop {
            let page = self.call(service, operation, &input).await?;
            let listed = page[name].as_array().into_iter().flatten();
            all.extend(listed.filter_map(|one| one.as_str().map(str::to_string)));
            match page["nextToken"].as_str() {
                Some(token) if !token.is_empty() => input["nextToken"] = token.into(),
                _ => return Ok(all),
            }
        }
    }
}

struct Question<'a> {
    method: &'static str,
    path: &'a str,
    query: &'a str,
    body: String,
}

/// As a value stands in a URL's query.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let bytes = text.bytes().map(|byte| match plain(byte) {
        true => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    bytes.collect()
}

/// Why there is no answer.
#[derive(Debug)]
pub enum CallError {
    /// Nobody is there, or not all of an answer came.
    Unreachable(Box<dyn std::error::Error + Send + Sync>),
    /// The server's own no.
    Refused { code: String, message: String },
}

fn unreachable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> CallError {
    CallError::Unreachable(error.into())
}

impl CallError {
    pub fn is(&self, wanted: &str) -> bool {
        matches!(self, CallError::Refused { code, .. } if code == wanted)
    }

    /// Whether a server that restarts may be all there is to it.
    pub fn may_pass(&self) -> bool {
        matches!(self, CallError::Unreachable(_)) || self.is("ServiceUnavailable")
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::Unreachable(_) => f.write_str("the server cannot be reached"),
            CallError::Refused { code, message } => write!(f, "{code}: {message}"),
        }
    }
}

impl std::error::Error for CallError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CallError::Unreachable(error) => Some(&**error),
            CallError::Refused { .. } => None,
        }
    }
}
