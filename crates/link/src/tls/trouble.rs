//! What can be wrong between two machines, as an operator would say it.

use crate::Broken;
use minicbor::{Decode, Encode};
use std::fmt;
use std::io;
use tokio_rustls::rustls::{AlertDescription, CertificateError, Error};

/// Why the server turned a connection away.
#[derive(Debug)]
pub enum Refused {
    /// This source failed too often, or has too many connections that are not done with this.
    TooMany,
    TimedOut,
    Stream(io::Error),
    /// It does not speak TLS 1.3, or not properly.
    NotTls(Error),
    /// It does not say what it is here for.
    NoPurpose,
    Certificate(CertificateTrouble),
    /// It is no node yet, and did not come to become one.
    NoCertificate,
    Token(TokenRefused),
    Request(Broken),
    /// It does not have the key that it asks a certificate for.
    NoProof,
}

/// Why a node has no connection to its server.
#[derive(Debug)]
pub enum NotConnected {
    /// None of the addresses leads there; why not is that of the last.
    Unreachable(String, io::Error),
    TimedOut,
    Stream(io::Error),
    NotTls(Error),
    /// What is wrong with the server's certificate.
    Server(CertificateTrouble),
    /// What the server says is wrong with ours.
    Ours(CertificateTrouble),
    Token(TokenRefused),
    Answer(Broken),
    /// What is kept of this node's membership does not make sense.
    Damaged,
}

#[derive(Clone, Debug, PartialEq)]
pub enum CertificateTrouble {
    /// Another authority made it.
    OtherCluster,
    /// Its time is over, or not yet come.
    Expired,
    /// The node was deregistered.
    Revoked,
    Bad(Error),
}

/// Why a join token makes nobody a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum TokenRefused {
    #[n(0)]
    Unknown,
    #[n(1)]
    Expired,
    #[n(2)]
    UsedUp,
    /// The server cannot look it up.
    #[n(3)]
    Unreadable,
}

impl Refused {
    pub(super) fn of(error: io::Error) -> Refused {
        match inner(error) {
            Ok(error) => match CertificateTrouble::of(&error) {
                Some(trouble) => Refused::Certificate(trouble),
                None => Refused::NotTls(error),
            },
            Err(error) => Refused::Stream(error),
        }
    }

    /// Whether its source is to be slowed down. Not for what happens to nodes that were ever taken in: others may be
    /// behind the same address.
    pub(super) fn is_suspicious(&self) -> bool {
        match self {
            Refused::TooMany | Refused::Stream(_) => false,
            Refused::Certificate(trouble) => {
                !matches!(trouble, CertificateTrouble::Expired | CertificateTrouble::Revoked)
            }
            _ => true,
        }
    }
}

impl NotConnected {
    pub(super) fn of(error: io::Error) -> NotConnected {
        match inner(error) {
            Ok(Error::AlertReceived(alert)) => match CertificateTrouble::told(alert) {
                Some(trouble) => NotConnected::Ours(trouble),
                None => NotConnected::NotTls(Error::AlertReceived(alert)),
            },
            Ok(error) => match CertificateTrouble::of(&error) {
                Some(trouble) => NotConnected::Server(trouble),
                None => NotConnected::NotTls(error),
            },
            Err(error) => NotConnected::Stream(error),
        }
    }

    pub(super) fn answer(broken: Broken) -> NotConnected {
        match broken {
            Broken::Io(error) => NotConnected::of(error),
            broken => NotConnected::Answer(broken),
        }
    }
}

impl CertificateTrouble {
    fn of(error: &Error) -> Option<CertificateTrouble> {
        let Error::InvalidCertificate(certificate) = error else {
            return None;
        };
        Some(match certificate {
            CertificateError::UnknownIssuer => CertificateTrouble::OtherCluster,
            CertificateError::Revoked => CertificateTrouble::Revoked,
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => CertificateTrouble::Expired,
            _ => CertificateTrouble::Bad(error.clone()),
        })
    }

    fn told(alert: AlertDescription) -> Option<CertificateTrouble> {
        Some(match alert {
            AlertDescription::UnknownCA => CertificateTrouble::OtherCluster,
            AlertDescription::CertificateExpired => CertificateTrouble::Expired,
            AlertDescription::CertificateRevoked => CertificateTrouble::Revoked,
            AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::AccessDenied => CertificateTrouble::Bad(Error::AlertReceived(alert)),
            _ => return None,
        })
    }
}

/// What TLS says is wrong, when it is that which says so.
fn inner(error: io::Error) -> Result<Error, io::Error> {
    error.downcast::<Error>()
}

impl From<Broken> for Refused {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Io(error) => Refused::of(error),
            broken => Refused::Request(broken),
        }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::TooMany => f.write_str("it tries too often"),
            Refused::TimedOut => f.write_str("it takes too long to say what it wants"),
            Refused::Stream(_) => f.write_str("its stream failed"),
            Refused::NotTls(_) => f.write_str("it does not speak TLS 1.3 as it must"),
            Refused::NoPurpose => f.write_str("it does not say what it is here for"),
            Refused::Certificate(trouble) => write!(f, "its certificate {trouble}"),
            Refused::NoCertificate => f.write_str("it shows no certificate"),
            Refused::Token(refused) => write!(f, "its join token {refused}"),
            Refused::Request(_) => f.write_str("its request makes no sense"),
            Refused::NoProof => f.write_str("it does not have the key that it asks a certificate for"),
        }
    }
}

impl fmt::Display for NotConnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotConnected::Unreachable(address, error) => write!(f, "{address} cannot be reached: {error}"),
            NotConnected::TimedOut => f.write_str("the server does not answer in time"),
            NotConnected::Stream(error) => write!(f, "the server hung up: {error}"),
            NotConnected::NotTls(error) => write!(f, "what answers is not a Gantry that takes nodes: {error}"),
            NotConnected::Server(trouble) => write!(f, "the server's certificate {trouble}"),
            NotConnected::Ours(trouble) => write!(f, "the server says that this node's certificate {trouble}"),
            NotConnected::Token(refused) => write!(f, "the join token {refused}"),
            NotConnected::Answer(_) => f.write_str("the server's answer makes no sense"),
            NotConnected::Damaged => f.write_str("what this node keeps of its membership is damaged"),
        }
    }
}

impl fmt::Display for CertificateTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CertificateTrouble::OtherCluster => f.write_str("is not of this cluster"),
            CertificateTrouble::Expired => f.write_str("has expired, or the clocks of the two machines differ"),
            CertificateTrouble::Revoked => f.write_str("was revoked: the node was deregistered, which is final"),
            CertificateTrouble::Bad(error) => write!(f, "is not good: {error}"),
        }
    }
}

impl fmt::Display for TokenRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TokenRefused::Unknown => "is not known to the server",
            TokenRefused::Expired => "has expired",
            TokenRefused::UsedUp => "was used already",
            TokenRefused::Unreadable => "cannot be looked up by the server",
        })
    }
}

impl std::error::Error for Refused {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Refused::Stream(error) => Some(error),
            Refused::NotTls(error) => Some(error),
            Refused::Request(broken) => Some(broken),
            _ => None,
        }
    }
}

impl std::error::Error for NotConnected {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            NotConnected::Answer(broken) => Some(broken),
            _ => None,
        }
    }
}
