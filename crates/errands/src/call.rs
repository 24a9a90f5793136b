//! One call.

use bytes::Bytes;
use http::{Request, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::{ClientConfig, pki_types::ServerName};

/// As long as a Lambda function that answers a hook may take on AWS, and no longer.
const PATIENCE: Duration = Duration::from_secs(30);
const MOST_BYTES: usize = 64 * 1024;

/// What a target says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Succeeded,
    Failed(Option<String>),
    /// Ask again, after so long.
    InProgress {
        seconds: u32,
        memo: Option<String>,
    },
}

/// Why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAnswer(String);

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoAnswer {}

fn no(why: impl fmt::Display) -> NoAnswer {
    NoAnswer(why.to_string())
}

/// Calls addresses. Behind `https` it believes whom this machine believes, and those authorities that it was told of.
#[derive(Clone, Default)]
pub struct Caller {
    /// Each in DER.
    authorities: Arc<Vec<Vec<u8>>>,
    /// Made when the first call needs it.
    tls: Arc<OnceLock<Arc<ClientConfig>>>,
}

impl Caller {
    pub fn trusting(authorities: Vec<Vec<u8>>) -> Caller {
        Caller {
            authorities: Arc::new(authorities),
            ..Caller::default()
        }
    }

    /// Sends JSON to an address of `http` or `https`, and reads the answer.
    pub async fn call(&self, target: &str, event: &Value) -> Result<Answer, NoAnswer> {
        match tokio::time::timeout(PATIENCE, self.exchange(target, event)).await {
            Ok(answer) => answer,
            Err(_) => Err(no("it did not answer in time")),
        }
    }

    async fn exchange(&self, target: &str, event: &Value) -> Result<Answer, NoAnswer> {
        let uri: Uri = target.parse().map_err(no)?;
        let (usual, secret) = match uri.scheme_str() {
            Some("http") => (80, false),
            Some("https") => (443, true),
            _ => return Err(no("only addresses of http and https can be called")),
        };
        let authority = uri.authority().ok_or_else(|| no("it names no host"))?;
        // IPv6 stands in brackets there, and nowhere else.
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let port = authority.port_u16().unwrap_or(usual);
        let stream = TcpStream::connect((host, port)).await.map_err(no)?;
        if !secret {
            return ask(stream, &uri, event).await;
        }
        let name = ServerName::try_from(host.to_string()).map_err(no)?;
        let stream = TlsConnector::from(self.tls()?)
            .connect(name, stream)
            .await
            .map_err(no)?;
        ask(stream, &uri, event).await
    }

    fn tls(&self) -> Result<Arc<ClientConfig>, NoAnswer> {
        if let Some(config) = self.tls.get() {
            return Ok(Arc::clone(config));
        }
        let config = images::trust::client(&self.authorities).map_err(no)?;
        Ok(Arc::clone(self.tls.get_or_init(|| config)))
    }
}

async fn ask<S>(stream: S, uri: &Uri, event: &Value) -> Result<Answer, NoAnswer>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(no)?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let request = Request::post(path)
        .header(header::HOST, uri.authority().map_or("", |authority| authority.as_str()))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(event.to_string())))
        .map_err(no)?;
    let asking = async {
        let answer = sender.send_request(request).await.map_err(no)?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MOST_BYTES)
            .collect()
            .await
            .map_err(no)?;
        if !status.is_success() {
            return Err(no(format_args!("it answered {status}")));
        }
        read(&body.to_bytes())
    };
    tokio::pin!(asking);
    tokio::select! {
        answer = &mut asking => answer,
        // The answer may have come just before the end, however that was.
        ended = connection => match (asking.await, ended) {
            (Err(_), Err(error)) => Err(no(error)),
            (answer, _) => answer,
        },
    }
}

/// `{"hookStatus": "SUCCEEDED" | "FAILED" | "IN_PROGRESS", "callBackDelay": 30}`
fn read(body: &[u8]) -> Result<Answer, NoAnswer> {
    const USUAL_DELAY_SECONDS: u32 = 30;
    let said: Value = serde_json::from_slice(body).map_err(|_| no("its answer is not JSON"))?;
    let text = |name: &str| said.get(name).and_then(Value::as_str).map(str::to_string);
    match text("hookStatus").as_deref() {
        Some("SUCCEEDED") => Ok(Answer::Succeeded),
        Some("FAILED") => Ok(Answer::Failed(text("reason"))),
        Some("IN_PROGRESS") => {
            let delay = said.get("callBackDelay").and_then(Value::as_u64);
            let seconds = delay.map_or(USUAL_DELAY_SECONDS, |delay| u32::try_from(delay).unwrap_or(u32::MAX));
            let memo = said.get("hookDetails").map(Value::to_string);
            Ok(Answer::InProgress { seconds, memo })
        }
        _ => Err(no("its answer has no hookStatus of SUCCEEDED, FAILED or IN_PROGRESS")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_a_function_would_give_them() {
        assert_eq!(read(br#"{"hookStatus": "SUCCEEDED"}"#), Ok(Answer::Succeeded));
        let failed = Answer::Failed(Some("no".to_string()));
        assert_eq!(read(br#"{"hookStatus": "FAILED", "reason": "no"}"#), Ok(failed));
        let later = |seconds| Answer::InProgress { seconds, memo: None };
        assert_eq!(read(br#"{"hookStatus": "IN_PROGRESS"}"#), Ok(later(30)));
        assert_eq!(
            read(br#"{"hookStatus": "IN_PROGRESS", "callBackDelay": 2}"#),
            Ok(later(2))
        );
        assert!(read(b"{}").is_err() && read(b"well").is_err());
    }
}
