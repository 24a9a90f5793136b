//! An answer before it is HTTP.

use crate::Body;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::Value;

#[derive(Debug)]
pub struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Body,
    /// Of the body that a GET would have, when that is known and there is none.
    length: Option<u64>,
}

impl Answer {
    pub fn empty(status: u16) -> Self {
        Answer {
            status,
            headers: Vec::new(),
            body: Body::empty(),
            length: None,
        }
    }

    pub fn body(status: u16, content_type: impl Into<String>, body: Body) -> Self {
        let mut answer = Answer::empty(status).with("content-type", content_type);
        answer.body = body;
        answer
    }

    pub fn json(status: u16, value: &Value) -> Self {
        let bytes = Bytes::from(value.to_string());
        Answer::body(status, "application/json", Body::whole(bytes))
    }

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Says the length of a body without having it.
    pub fn length(mut self, bytes: u64) -> Self {
        self.length = Some(bytes);
        self
    }

    pub fn response(self, is_head: bool) -> Response<Body> {
        let length = self.length.or_else(|| http_body::Body::size_hint(&self.body).exact());
        let mut response = Response::new(if is_head { Body::empty() } else { self.body });
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(
            "docker-distribution-api-version",
            HeaderValue::from_static("registry/2.0"),
        );
        for (name, value) in self.headers {
            // A header that HTTP cannot carry is left out.
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.append(HeaderName::from_static(name), value);
            }
        }
        if let Some(length) = length.filter(|_| !matches!(self.status, 204 | 304)) {
            headers.insert("content-length", HeaderValue::from(length));
        }
        response
    }
}
