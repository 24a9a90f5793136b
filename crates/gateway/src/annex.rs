//! Rooms that answer for themselves, body and all: the door hands them what is theirs as it came.

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;
use std::future::Future;
use std::io;
use std::pin::Pin;

/// The body of such an answer.
pub type AnnexBody = UnsyncBoxBody<Bytes, io::Error>;

/// A room beside the AWS APIs on the same port.
pub trait Annex: Send + Sync + 'static {
    /// Whether a path is this room's. What is signed for AWS never is.
    fn serves(&self, path: &str) -> bool;

    fn serve<'a>(
        &'a self,
        request: http::Request<Incoming>,
    ) -> Pin<Box<dyn Future<Output = http::Response<AnnexBody>> + Send + 'a>>;
}

/// Whether the request is signed as AWS clients sign.
pub(crate) fn is_signed<B>(request: &http::Request<B>) -> bool {
    let header = request.headers().get("authorization");
    let by_header = header.is_some_and(|said| said.as_bytes().starts_with(b"AWS4-"));
    by_header
        || request
            .uri()
            .query()
            .is_some_and(|query| query.contains("X-Amz-Signature="))
}

#[cfg(test)]
mod tests {
    use super::is_signed;

    #[test]
    fn what_is_signed_for_aws_is_known() {
        let request = |authorization: &str, uri: &str| {
            let request = http::Request::get(uri).header("authorization", authorization);
            request.body(()).expect("it is a request")
        };
        assert!(is_signed(&request("AWS4-HMAC-SHA256 Credential=x", "/v2/")));
        assert!(is_signed(&request("", "/v2/?X-Amz-Signature=x")));
        assert!(!is_signed(&request("Basic QVdTOng=", "/v2/?n=1")));
        assert!(!is_signed(
            &http::Request::get("/v2/").body(()).expect("it is a request")
        ));
    }
}
