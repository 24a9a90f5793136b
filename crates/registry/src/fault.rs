//! Faults as the distribution specification writes them.

use crate::answer::Answer;
use model::registry::Refused;
use serde_json::{Value, json};
use std::borrow::Cow;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    BlobUnknown,
    BlobUploadInvalid,
    BlobUploadUnknown,
    DigestInvalid,
    ManifestBlobUnknown,
    ManifestInvalid,
    ManifestUnknown,
    NameInvalid,
    NameUnknown,
    PaginationNumberInvalid,
    SizeInvalid,
    TagInvalid,
    Unauthorized,
    Denied,
    Unsupported,
    TooManyRequests,
    Unknown,
}

impl Code {
    fn as_str(self) -> &'static str {
        match self {
            Code::BlobUnknown => "BLOB_UNKNOWN",
            Code::BlobUploadInvalid => "BLOB_UPLOAD_INVALID",
            Code::BlobUploadUnknown => "BLOB_UPLOAD_UNKNOWN",
            Code::DigestInvalid => "DIGEST_INVALID",
            Code::ManifestBlobUnknown => "MANIFEST_BLOB_UNKNOWN",
            Code::ManifestInvalid => "MANIFEST_INVALID",
            Code::ManifestUnknown => "MANIFEST_UNKNOWN",
            Code::NameInvalid => "NAME_INVALID",
            Code::NameUnknown => "NAME_UNKNOWN",
            Code::PaginationNumberInvalid => "PAGINATION_NUMBER_INVALID",
            Code::SizeInvalid => "SIZE_INVALID",
            Code::TagInvalid => "TAG_INVALID",
            Code::Unauthorized => "UNAUTHORIZED",
            Code::Denied => "DENIED",
            Code::Unsupported => "UNSUPPORTED",
            Code::TooManyRequests => "TOOMANYREQUESTS",
            Code::Unknown => "UNKNOWN",
        }
    }
}

/// A request that gets no more than this.
#[derive(Debug)]
pub struct Fault {
    status: u16,
    code: Code,
    message: Cow<'static, str>,
    detail: Value,
    headers: Vec<(&'static str, String)>,
    /// What went wrong on this side, which the caller is not told.
    pub ours: Option<String>,
}

impl Fault {
    pub fn new(status: u16, code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Fault {
            status,
            code,
            message: message.into(),
            detail: Value::Null,
            headers: Vec::new(),
            ours: None,
        }
    }

    /// A failure of this side.
    pub fn ours(error: impl Into<String>) -> Self {
        let mut fault = Fault::new(500, Code::Unknown, "the registry could not do it; try again");
        fault.ours = Some(error.into());
        fault
    }

    pub fn disk(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                let mut fault = Fault::new(507, Code::Unknown, "the registry has no space left");
                fault.ours = Some(error.to_string());
                fault
            }
            _ => Fault::ours(error.to_string()),
        }
    }

    pub fn message(&self) -> &str {
        &self.message
    }

    /// What is in the archive is read by nobody.
    pub fn archived() -> Self {
        let message = "the image is in the archive: restore it with UpdateImageStorageClass, or push it again";
        Fault::new(403, Code::Denied, message)
    }

    pub fn with(mut self, header: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((header, value.into()));
        self
    }

    #[cfg(test)]
    pub fn code(&self) -> &'static str {
        self.code.as_str()
    }

    pub fn answer(self) -> Answer {
        let error = json!({"code": self.code.as_str(), "message": self.message, "detail": self.detail});
        let mut answer = Answer::json(self.status, &json!({ "errors": [error] }));
        for (name, value) in self.headers {
            answer = answer.with(name, value);
        }
        answer
    }

    /// What the model refused, as it is said here; `name` is the repository's.
    pub fn refused(refused: Refused, name: &str) -> Self {
        let message = refused.to_string();
        let (status, code, detail) = match &refused {
            Refused::NoRepository => {
                let message = format!("The repository with name '{name}' does not exist");
                let mut fault = Fault::new(404, Code::NameUnknown, message);
                fault.detail = json!({ "name": name });
                return fault;
            }
            Refused::NoManifest(digest) => (404, Code::ManifestUnknown, json!({ "digest": digest })),
            Refused::NoTag(tag) => (404, Code::ManifestUnknown, json!({ "tag": tag })),
            Refused::NoBlob(digest) => (404, Code::BlobUnknown, json!({ "digest": digest })),
            Refused::BlobsUnknown(digests) => (400, Code::ManifestBlobUnknown, json!({ "digests": digests })),
            Refused::ManifestsUnknown(digests) => (400, Code::ManifestBlobUnknown, json!({ "digests": digests })),
            Refused::WrongSize { digest, .. } => (400, Code::SizeInvalid, json!({ "digest": digest })),
            Refused::WrongType { digest, .. } => (400, Code::ManifestInvalid, json!({ "digest": digest })),
            Refused::TagFixed { tag, .. } => {
                let message = format!(
                    "The image tag '{tag}' already exists in the '{name}' repository and cannot be overwritten because \
                     the tag is immutable."
                );
                return Fault::new(400, Code::TagInvalid, message);
            }
            Refused::BlobInUse(_) | Refused::Listed(_) | Refused::NotEmpty => (405, Code::Unsupported, Value::Null),
            Refused::RepositoryExists => (409, Code::NameInvalid, Value::Null),
            Refused::TooMany { .. } => (403, Code::Denied, Value::Null),
        };
        let mut fault = Fault::new(status, code, message);
        fault.detail = detail;
        fault
    }
}
