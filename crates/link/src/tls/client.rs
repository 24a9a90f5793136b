//! The node's end: becoming one, and coming back as one.

use super::ask::{self, Answer, Ask, Granted, bound_to};
use super::verify::Pinned;
use super::{JOIN, NotConnected, PULL, RENEW, SESSION, TAKEN, Time, VERSIONS, only, provider, tune};
use crate::authority::{SERVER_NAME, new_key, renew_at};
use crate::{Frames, Token};
use base::{Clock, Secret, Timestamp};
use minicbor::{Decode, Encode};
use rcgen::KeyPair;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::ServerCertVerifier;
use tokio_rustls::rustls::client::{Resumption, WebPkiServerVerifier};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, Error};

/// How long one address may take to be reached, and then the server to answer.
const REACHED_WITHIN: Duration = Duration::from_secs(5);
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// A stream to the server.
pub type Stream = TlsStream<TcpStream>;

/// What makes a machine a node of a cluster: its name, its certificate and the key of it, and whom to trust.
#[derive(Clone, Encode, Decode)]
#[cbor(map)]
pub struct Membership {
    #[n(0)]
    pub(super) node: String,
    #[n(1)]
    pub(super) addresses: Vec<String>,
    #[cbor(n(2), with = "minicbor::bytes")]
    pub(super) authority: Vec<u8>,
    #[cbor(n(3), with = "minicbor::bytes")]
    pub(super) certificate: Vec<u8>,
    #[cbor(n(4), with = "minicbor::bytes")]
    pub(super) key: Vec<u8>,
    #[n(5)]
    pub(super) since: Timestamp,
    #[n(6)]
    pub(super) until: Timestamp,
}

/// Makes this machine a node, with a token of the cluster.
pub async fn join(token: &Token, clock: &Arc<dyn Clock>) -> Result<Membership, NotConnected> {
    let stream = reach(&token.addresses).await?;
    join_over(stream, token, clock).await
}

pub(super) async fn join_over<S>(stream: S, token: &Token, clock: &Arc<dyn Clock>) -> Result<Membership, NotConnected>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    in_time(async {
        let config = config(Arc::new(Pinned::to(token.authority)), None, JOIN, clock)?;
        let mut stream = handshake(config, stream).await?;
        let shown = stream.get_ref().1.peer_certificates().unwrap_or_default();
        let authority = shown
            .iter()
            .find(|shown| crate::authority::fingerprint(shown) == token.authority);
        let authority = authority.ok_or(NotConnected::Damaged)?.to_vec();
        let (granted, key) = ask(&mut stream, Some(*token.secret.0.reveal())).await?;
        Ok(Membership {
            node: granted.node,
            addresses: token.addresses.clone(),
            authority,
            certificate: granted.certificate,
            key: key.serialize_der(),
            since: granted.since,
            until: granted.until,
        })
    })
    .await
}

impl Membership {
    pub fn from_bytes(bytes: &[u8]) -> Result<Membership, NotConnected> {
        minicbor::decode(bytes).map_err(|_| NotConnected::Damaged)
    }

    /// For nobody but the node to read.
    pub fn to_bytes(&self) -> Secret<Vec<u8>> {
        Secret::new(minicbor::to_vec(self).expect("a vector takes whatever is written to it"))
    }

    pub fn node(&self) -> &str {
        &self.node
    }

    /// Whether this is the cluster that a token is for.
    pub fn is_of(&self, token: &Token) -> bool {
        crate::authority::fingerprint(&self.authority) == token.authority
    }

    /// Where the server is from now on, if a token says so of the same cluster.
    pub fn moved_to(self, addresses: Vec<String>) -> Membership {
        Membership { addresses, ..self }
    }

    pub fn wants_renewal(&self, now: Timestamp) -> bool {
        now >= renew_at(self.since, self.until)
    }

    /// A session's stream.
    pub async fn connect(&self, clock: &Arc<dyn Clock>) -> Result<Stream, NotConnected> {
        self.connect_over(reach(&self.addresses).await?, clock).await
    }

    /// A stream to the registry that the server is, for HTTP.
    pub async fn pull(&self, clock: &Arc<dyn Clock>) -> Result<Stream, NotConnected> {
        self.taken(reach(&self.addresses).await?, PULL, clock).await
    }

    pub(super) async fn connect_over<S>(&self, stream: S, clock: &Arc<dyn Clock>) -> Result<TlsStream<S>, NotConnected>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.taken(stream, SESSION, clock).await
    }

    pub(super) async fn taken<S>(
        &self,
        stream: S,
        purpose: &[u8],
        clock: &Arc<dyn Clock>,
    ) -> Result<TlsStream<S>, NotConnected>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        in_time(async {
            let mut stream = self.shown(stream, purpose, clock).await?;
            let mut said = [0];
            stream.read_exact(&mut said).await.map_err(NotConnected::of)?;
            if said != [TAKEN] {
                return Err(NotConnected::Damaged);
            }
            Ok(stream)
        })
        .await
    }

    /// The same node with a new certificate, for a new key.
    pub async fn renewed(&self, clock: &Arc<dyn Clock>) -> Result<Membership, NotConnected> {
        self.renewed_over(reach(&self.addresses).await?, clock).await
    }

    pub(super) async fn renewed_over<S>(&self, stream: S, clock: &Arc<dyn Clock>) -> Result<Membership, NotConnected>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        in_time(async {
            let mut stream = self.shown(stream, RENEW, clock).await?;
            let (granted, key) = ask(&mut stream, None).await?;
            Ok(Membership {
                certificate: granted.certificate,
                key: key.serialize_der(),
                since: granted.since,
                until: granted.until,
                ..self.clone()
            })
        })
        .await
    }

    /// Past the handshake, with this node's certificate shown.
    async fn shown<S>(&self, stream: S, purpose: &[u8], clock: &Arc<dyn Clock>) -> Result<TlsStream<S>, NotConnected>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let roots = only(&CertificateDer::from(self.authority.clone())).map_err(|_| NotConnected::Damaged)?;
        let verifier = WebPkiServerVerifier::builder_with_provider(roots, provider())
            .build()
            .map_err(|_| NotConnected::Damaged)?;
        handshake(config(verifier, Some(self), purpose, clock)?, stream).await
    }
}

fn config(
    verifier: Arc<dyn ServerCertVerifier>,
    shows: Option<&Membership>,
    purpose: &[u8],
    clock: &Arc<dyn Clock>,
) -> Result<ClientConfig, NotConnected> {
    let config = ClientConfig::builder_with_details(provider(), Arc::new(Time(Arc::clone(clock))))
        .with_protocol_versions(VERSIONS)
        .map_err(NotConnected::NotTls)?
        .dangerous() // so rustls calls every verifier that is not its own; these ask for more, not for less
        .with_custom_certificate_verifier(verifier);
    let mut config = match shows {
        None => config.with_no_client_auth(),
        Some(member) => {
            let key = PrivatePkcs8KeyDer::from(member.key.clone());
            config
                .with_client_auth_cert(vec![member.certificate.clone().into()], key.into())
                .map_err(|_: Error| NotConnected::Damaged)?
        }
    };
    config.alpn_protocols = vec![purpose.to_vec()];
    config.resumption = Resumption::disabled();
    Ok(config)
}

async fn handshake<S>(config: ClientConfig, stream: S) -> Result<TlsStream<S>, NotConnected>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let name = ServerName::try_from(SERVER_NAME).expect("it is a name");
    let connector = TlsConnector::from(Arc::new(config));
    connector.connect(name, stream).await.map_err(NotConnected::of)
}

/// Asks for a certificate for a key that is made for it.
async fn ask<S>(stream: &mut TlsStream<S>, secret: Option<[u8; 32]>) -> Result<(Granted, KeyPair), NotConnected>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let key = new_key();
    let ask = Ask::new(secret, &key, &bound_to(stream.get_ref().1));
    let mut frames = Frames::new(stream).at_most(ask::MOST_BYTES);
    frames.send(&ask).await.map_err(NotConnected::answer)?;
    match frames.receive().await.map_err(NotConnected::answer)? {
        Answer::Granted(granted) => Ok((granted, key)),
        Answer::Refused(refused) => Err(NotConnected::Token(refused)),
    }
}

/// The first of these addresses that answers.
async fn reach(addresses: &[String]) -> Result<TcpStream, NotConnected> {
    let mut last = NotConnected::Damaged;
    for address in addresses {
        let reached = tokio::time::timeout(REACHED_WITHIN, TcpStream::connect(address)).await;
        match reached.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into())) {
            Ok(stream) => {
                tune(&stream).map_err(NotConnected::Stream)?;
                return Ok(stream);
            }
            Err(error) => last = NotConnected::Unreachable(address.clone(), error),
        }
    }
    Err(last)
}

async fn in_time<T>(what: impl Future<Output = Result<T, NotConnected>>) -> Result<T, NotConnected> {
    let done = tokio::time::timeout(ANSWERED_WITHIN, what).await;
    done.unwrap_or(Err(NotConnected::TimedOut))
}

impl fmt::Debug for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Membership")
            .field("node", &self.node)
            .field("addresses", &self.addresses)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}
