//! A bucket of an S3-compatible store, reached over this room's own connections: its certificates, proxies and patience.

use crate::connect::{Connections, Origin};
use crate::store::Settings;
use http_body_util::BodyExt;
use object_store::aws::AmazonS3Builder;
use object_store::client::{
    ClientOptions, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody, HttpResponse,
    HttpResponseBody, HttpService,
};
use object_store::{ObjectStore, RetryConfig};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Which bucket, and how it is reached.
#[derive(Clone, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    /// What the names of all objects begin with; may be empty.
    pub prefix: String,
    /// `https://host:port` of a store that is not AWS's.
    pub endpoint: Option<String>,
    pub region: String,
    pub key: Option<BucketKey>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct BucketKey {
    pub id: String,
    pub secret: String,
}

/// It is no `s3://BUCKET/PREFIX?endpoint=URL&region=NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadBucket(&'static str);

/// A request is tried again for so long: whoever pushes waits meanwhile.
const PATIENCE: Duration = Duration::from_secs(30);

impl Bucket {
    pub fn parse(text: &str) -> Result<Self, BadBucket> {
        let rest = text
            .strip_prefix("s3://")
            .ok_or(BadBucket("it does not begin with s3://"))?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (name, prefix) = path.split_once('/').unwrap_or((path, ""));
        let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
        if name.is_empty() || !name.bytes().all(good) {
            return Err(BadBucket("the name of the bucket is missing or is none"));
        }
        if !prefix.bytes().all(|b| good(b) || b == b'/') || prefix.split('/').any(|part| part == "..") {
            return Err(BadBucket("a prefix is of letters, figures, and -._/"));
        }
        let mut bucket = Bucket {
            name: name.to_string(),
            prefix: prefix.trim_matches('/').to_string(),
            endpoint: None,
            region: "us-east-1".to_string(),
            key: None,
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("endpoint", url)) if Origin::parse(url).is_some() => bucket.endpoint = Some(url.to_string()),
                Some(("endpoint", _)) => return Err(BadBucket("the endpoint is no http:// or https:// URL")),
                Some(("region", region)) if !region.is_empty() => bucket.region = region.to_string(),
                _ => return Err(BadBucket("only endpoint= and region= may follow the question mark")),
            }
        }
        let plain = bucket
            .endpoint
            .as_deref()
            .and_then(Origin::parse)
            .filter(|(o, _)| !o.tls);
        match plain {
            Some((origin, _)) if !origin.is_loopback() => Err(BadBucket(
                "plain http:// is for loopback only: images would be sent in the open",
            )),
            _ => Ok(bucket),
        }
    }

    /// All but the key, as [`Bucket::parse`] reads it.
    pub fn url(&self) -> String {
        let sign = if self.endpoint.is_some() { '&' } else { '?' };
        format!("{self}{sign}region={}", self.region)
    }

    /// Nothing is asked of it yet.
    pub fn open(&self, settings: &Settings) -> Result<Arc<dyn ObjectStore>, object_store::Error> {
        let retry = RetryConfig {
            retry_timeout: PATIENCE,
            ..RetryConfig::default()
        };
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&self.name)
            .with_region(&self.region)
            .with_allow_http(true)
            .with_unsigned_payload(true)
            .with_retry(retry)
            .with_http_connector(Connector(Arc::new(Connections::new(settings))));
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint);
        }
        builder = match &self.key {
            Some(key) => builder.with_access_key_id(&key.id).with_secret_access_key(&key.secret),
            None => builder.with_skip_signature(true),
        };
        Ok(Arc::new(builder.build()?))
    }
}

/// As a user writes it, without the key.
impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.name)?;
        if !self.prefix.is_empty() {
            write!(f, "/{}", self.prefix)?;
        }
        match &self.endpoint {
            Some(endpoint) => write!(f, "?endpoint={endpoint}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bucket({self})")
    }
}

#[derive(Clone)]
struct Connector(Arc<Connections<HttpRequestBody>>);

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

type Called<'a> = std::pin::Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'a>>;

impl HttpService for Connector {
    fn call<'a, 'b>(&'a self, request: HttpRequest) -> Called<'b>
    where
        'a: 'b,
        Self: 'b,
    {
        Box::pin(async move {
            let nowhere = || HttpError::new(HttpErrorKind::Unknown, BadBucket("the address is none"));
            let (origin, path) = Origin::parse(&request.uri().to_string()).ok_or_else(nowhere)?;
            let (mut head, body) = request.into_parts();
            head.uri = path.parse().map_err(|_| nowhere())?;
            let host = origin.authority().parse().map_err(|_| nowhere())?;
            head.headers.insert(hyper::header::HOST, host);
            let request = hyper::Request::from_parts(head, body);
            let answered = self.0.send(&origin, &request).await;
            let answer = answered.map_err(|fault| HttpError::new(HttpErrorKind::Connect, fault))?;
            Ok(answer
                .map(|body| HttpResponseBody::new(body.map_err(|e| HttpError::new(HttpErrorKind::Interrupted, e)))))
        })
    }
}

impl fmt::Display for BadBucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for BadBucket {}

#[cfg(test)]
mod tests {
    use super::Bucket;

    #[test]
    fn a_bucket_is_written_as_a_url() {
        let bucket = Bucket::parse("s3://images/gantry/a/?endpoint=https://s3.example:9000&region=eu-central-1");
        let bucket = bucket.unwrap();
        assert_eq!((&*bucket.name, &*bucket.prefix), ("images", "gantry/a"));
        assert_eq!(bucket.endpoint.as_deref(), Some("https://s3.example:9000"));
        assert_eq!(bucket.region, "eu-central-1");
        assert_eq!(Bucket::parse(&bucket.url()), Ok(bucket));
        let plain = Bucket::parse("s3://images").unwrap();
        assert_eq!(plain.region, "us-east-1");
        assert_eq!(Bucket::parse(&plain.url()), Ok(plain));
        for bad in [
            "images",
            "s3://",
            "s3:///a",
            "s3://a b",
            "s3://a/../b",
            "s3://a?endpoint=ftp://x",
            "s3://a?endpoint=http://far.example",
            "s3://a?key=x",
        ] {
            assert!(Bucket::parse(bad).is_err(), "{bad}");
        }
    }
}
