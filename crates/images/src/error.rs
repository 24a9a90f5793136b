//! Why an image could not be had, in the words of the ECS agent and of the containerd and Docker below it.

use crate::layer::LayerError;
use crate::manifest::{BadManifest, Platform};
use crate::unpack::UnpackError;
use crate::{Digest, TarError};
use std::fmt;
use std::io;
use std::sync::Arc;

/// A pull that failed. Cloned for all who waited for the same one.
#[derive(Debug, Clone)]
pub struct PullError {
    /// With all that people leave out.
    pub reference: String,
    pub step: Step,
    /// How often it was tried.
    pub tries: u32,
    pub fault: Arc<Fault>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// From the reference to a manifest for this machine.
    Resolve,
    /// The config and the layers.
    Content,
}

#[derive(Debug)]
pub enum Fault {
    BadReference,
    /// The registry says that there is no such thing, in a 404.
    NotFound,
    /// The registry of this machine has it not, for this reason.
    Missing(String),
    /// The registry, or who gives out its tokens, says 401 or 403, or another status that it should not.
    Status {
        url: String,
        what: String,
        code: u16,
        message: String,
    },
    /// The registry knows who asks, and refuses.
    Denied(String),
    /// There was no token to be had.
    Token {
        anonymous: bool,
        fault: Box<Fault>,
    },
    /// Nobody answered; `why` as Go words it, such as `dial tcp 10.0.0.1:443: connect: connection refused`.
    Unreachable {
        method: &'static str,
        url: String,
        why: String,
    },
    /// Whoever answered cannot prove to be who was asked.
    Untrusted {
        method: &'static str,
        url: String,
        why: String,
    },
    NoPlatform(Platform),
    Manifest(BadManifest),
    /// The content is not what was asked for.
    WrongDigest {
        wanted: Digest,
        got: Digest,
    },
    /// More or less than the manifest says.
    WrongSize {
        digest: Digest,
        wanted: u64,
        got: u64,
    },
    Layer {
        digest: Digest,
        error: LayerError,
    },
    /// The registry asks for a password over a connection that anybody can read.
    Insecure(String),
    Disk(io::Error),
}

impl PullError {
    /// The reason of a container that stopped because of this.
    pub fn reason(&self) -> String {
        let times = format!("has been retried {} time(s)", self.tries.max(1));
        let fault = &self.fault;
        match (&**fault, self.step) {
            (Fault::BadReference, _) => format!("CannotPullContainerError: {fault}"),
            (Fault::NoPlatform(_) | Fault::Manifest(_), _) => {
                format!("CannotPullContainerError: pull image manifest {times}: {fault}")
            }
            (Fault::NotFound, Step::Resolve) => format!(
                "CannotPullContainerError: pull image manifest {times}: failed to resolve ref {0}: {0}: {fault}",
                self.reference
            ),
            (_, Step::Resolve) => format!(
                "CannotPullContainerError: pull image manifest {times}: failed to resolve ref {}: {fault}",
                self.reference
            ),
            (Fault::Layer { .. } | Fault::Disk(_), Step::Content) => {
                format!("CannotPullContainerError: ref pull {times}: {fault}")
            }
            (Fault::WrongDigest { .. } | Fault::WrongSize { .. }, Step::Content) => {
                format!("CannotPullContainerError: ref pull {times}: failed to copy: failed commit on ref {fault}")
            }
            (_, Step::Content) => format!(
                "CannotPullContainerError: ref pull {times}: failed to copy: httpReadSeeker: failed open: {fault}"
            ),
        }
    }

    /// Whether the disk is full: then collecting may help.
    pub fn is_disk_full(&self) -> bool {
        match &*self.fault {
            Fault::Disk(e) => is_full(e),
            Fault::Layer { error, .. } => error.io().is_some_and(is_full),
            _ => false,
        }
    }
}

impl Fault {
    /// Whether it is for another registry to say.
    pub(crate) fn is_misdirected(&self) -> bool {
        matches!(self, Fault::Status { code: 421, .. })
    }

    /// Whether to try again could help.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Fault::Unreachable { .. } | Fault::WrongSize { .. } => true,
            Fault::Token { fault, .. } => fault.may_pass(),
            Fault::Status { code, .. } => matches!(code, 408 | 429 | 500..=599),
            _ => false,
        }
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// As Go words the commonest of the kernel's refusals.
fn errno(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => "no space left on device".into(),
        io::ErrorKind::QuotaExceeded => "disk quota exceeded".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        io::ErrorKind::UnexpectedEof => "unexpected EOF".into(),
        _ => error.to_string(),
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::BadReference => f.write_str("invalid reference format"),
            Fault::NotFound => f.write_str("not found"),
            Fault::Missing(why) => f.write_str(why),
            Fault::Status {
                url,
                what,
                code,
                message,
            } => {
                write!(f, "unexpected status code ")?;
                match what.is_empty() {
                    true => write!(f, "{url}")?,
                    false => write!(f, "[{what}]")?,
                }
                write!(f, ": {code} {}", status_text(*code))?;
                if message.is_empty() {
                    Ok(())
                } else {
                    write!(f, " - Server message: {message}")
                }
            }
            Fault::Denied(message) => write!(
                f,
                "pull access denied, repository does not exist or may require authorization: server message: {message}: \
                 authorization failed"
            ),
            Fault::Token { anonymous, fault } => {
                let kind = if *anonymous { "anonymous" } else { "oauth" };
                write!(f, "failed to authorize: failed to fetch {kind} token: {fault}")
            }
            Fault::Unreachable { method, url, why } | Fault::Untrusted { method, url, why } => {
                write!(f, "failed to do request: {method} \"{url}\": {why}")
            }
            Fault::NoPlatform(platform) => write!(
                f,
                "image Manifest does not contain descriptor matching platform '{platform}'"
            ),
            Fault::Manifest(e) => e.fmt(f),
            Fault::WrongDigest { wanted, got } => {
                write!(
                    f,
                    "\"{wanted}\": unexpected commit digest {got}, expected {wanted}: failed precondition"
                )
            }
            Fault::WrongSize { digest, wanted, got } => {
                write!(
                    f,
                    "\"{digest}\": unexpected commit size {got}, expected {wanted}: failed precondition"
                )
            }
            Fault::Layer { digest, error } => {
                write!(f, "failed to extract layer {digest}: ")?;
                match error {
                    LayerError::Unpack(e @ UnpackError::Io(_, io)) => write!(f, "{e}: {}: unknown", errno(io)),
                    LayerError::Unpack(UnpackError::Tar(TarError::Io(io))) => {
                        write!(f, "archive/tar: {}: unknown", errno(io))
                    }
                    LayerError::Io(io) => write!(f, "{}: unknown", errno(io)),
                    other => other.fmt(f),
                }
            }
            Fault::Insecure(host) => write!(f, "{host} asks for credentials over plain HTTP: they are not sent"),
            Fault::Disk(e) => write!(f, "write: {}", errno(e)),
        }
    }
}

fn status_text(code: u16) -> &'static str {
    match code {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        408 => "Request Timeout",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}

impl fmt::Display for PullError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be pulled", self.reference)
    }
}

impl std::error::Error for PullError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.fault)
    }
}

impl std::error::Error for Fault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Fault::Layer { error, .. } => Some(error),
            Fault::Disk(e) => Some(e),
            Fault::Manifest(e) => Some(e),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(step: Step, tries: u32, fault: Fault) -> String {
        let reference = "docker.io/library/x:y".to_string();
        PullError {
            reference,
            step,
            tries,
            fault: Arc::new(fault),
        }
        .reason()
    }

    #[test]
    fn reasons_are_worded_as_the_ecs_agent_words_them() {
        assert_eq!(
            reason(Step::Resolve, 1, Fault::NotFound),
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref \
             docker.io/library/x:y: docker.io/library/x:y: not found"
        );
        let refused = Fault::Unreachable {
            method: "Head",
            url: "https://registry-1.docker.io/v2/library/x/manifests/y".into(),
            why: "dial tcp 34.205.13.154:443: i/o timeout".into(),
        };
        assert_eq!(
            reason(Step::Resolve, 5, refused),
            "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref docker.io/library/x:y: \
             failed to do request: Head \"https://registry-1.docker.io/v2/library/x/manifests/y\": dial tcp 34.205.13.154:443: i/o timeout"
        );
        let denied = Fault::Status {
            url: "https://a.example/v2/x/manifests/y".into(),
            what: "manifests y".into(),
            code: 401,
            message: String::new(),
        };
        assert_eq!(
            reason(Step::Resolve, 1, denied),
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref docker.io/library/x:y: \
             unexpected status code [manifests y]: 401 Unauthorized"
        );
        let denied = Fault::Status {
            url: "https://a.example/v2/x/blobs/sha256:1".into(),
            what: String::new(),
            code: 403,
            message: String::new(),
        };
        assert_eq!(
            reason(Step::Content, 1, denied),
            "CannotPullContainerError: ref pull has been retried 1 time(s): failed to copy: httpReadSeeker: failed open: \
             unexpected status code https://a.example/v2/x/blobs/sha256:1: 403 Forbidden"
        );
        let platform = Platform {
            os: "linux".into(),
            arch: "amd64".into(),
            variant: None,
        };
        assert_eq!(
            reason(Step::Resolve, 1, Fault::NoPlatform(platform)),
            "CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does not contain descriptor \
             matching platform 'linux/amd64'"
        );
        let full = LayerError::Unpack(UnpackError::Io("usr/lib/x".into(), io::ErrorKind::StorageFull.into()));
        let digest = Digest::of(b"layer");
        assert_eq!(
            reason(Step::Content, 1, Fault::Layer { digest, error: full }),
            format!(
                "CannotPullContainerError: ref pull has been retried 1 time(s): failed to extract layer {digest}: \
                 write /usr/lib/x: no space left on device: unknown"
            )
        );
    }
}
