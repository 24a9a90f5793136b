//! The server's end: takes connections, gives certificates, and lets nobody else in.

use super::ask::{self, Answer, Ask, Granted};
use super::verify::NodeVerifier;
use super::{JOIN, PULL, RENEW, Refused, SESSION, TAKEN, Time, TokenRefused, VERSIONS, provider};
use crate::attempts::Attempts;
use crate::authority::{Authority, PublicKey, new_key, node_of, renew_at};
use crate::token::JoinSecret;
use crate::{Fingerprint, Frames};
use base::{Clock, Dice, Secret, Timestamp};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::rustls::server::NoServerSessionStorage;
use tokio_rustls::rustls::{Error, ServerConfig};
use tokio_rustls::server::TlsStream;

/// Who may come, as the server has it written down.
pub trait Members: Send + Sync + 'static {
    /// Uses a join token once. On the disk when it returns.
    fn take(&self, token: &JoinSecret) -> Result<(), TokenRefused>;

    /// Whether this node was deregistered. Asked in the middle of a handshake, so it is known by heart.
    fn is_revoked(&self, node: &str) -> bool;
}

#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a connection may take until it is a session.
    pub within: Duration,
    /// How long a connection that was refused is listened to, so that it hears why.
    pub linger: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            within: Duration::from_secs(10),
            linger: Duration::from_millis(500),
        }
    }
}

pub struct Server {
    authority: Authority,
    members: Arc<dyn Members>,
    clock: Arc<dyn Clock>,
    dice: Arc<dyn Dice>,
    settings: Settings,
    attempts: Mutex<Attempts>,
    /// With the server's own certificate: when it was made, and when the next is to be.
    config: Mutex<Option<(Arc<ServerConfig>, Timestamp, Timestamp)>>,
}

/// What a connection came to.
#[derive(Debug)]
pub enum Accepted<S> {
    Session {
        stream: Box<TlsStream<S>>,
        node: String,
    },
    /// HTTP about images.
    Pull {
        stream: Box<TlsStream<S>>,
        node: String,
    },
    /// A new node; it will come again with its certificate.
    Joined {
        node: String,
    },
    Renewed {
        node: String,
    },
}

impl Server {
    pub fn new(
        authority: Authority,
        members: Arc<dyn Members>,
        clock: Arc<dyn Clock>,
        dice: Arc<dyn Dice>,
        settings: Settings,
    ) -> Server {
        Server {
            authority,
            members,
            clock,
            dice,
            settings,
            attempts: Mutex::default(),
            config: Mutex::default(),
        }
    }

    pub fn fingerprint(&self) -> Fingerprint {
        self.authority.fingerprint()
    }

    /// Brings one connection to where it is a session, or has what it came for. Takes a bounded time.
    pub async fn accept<S>(&self, stream: S, source: IpAddr) -> Result<Accepted<S>, Refused>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin,
    {
        let Some(_under_way) = UnderWay::begin(&self.attempts, source, self.clock.now()) else {
            return Err(Refused::TooMany);
        };
        let accepted = tokio::time::timeout(self.settings.within, self.take_in(stream)).await;
        let accepted = accepted.unwrap_or(Err(Refused::TimedOut));
        if accepted.as_ref().is_err_and(Refused::is_suspicious) {
            locked(&self.attempts).failed(source, self.clock.now());
        }
        accepted
    }

    async fn take_in<S>(&self, stream: S) -> Result<Accepted<S>, Refused>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin,
    {
        let config = self.config().map_err(Refused::NotTls)?;
        let mut stream = match TlsAcceptor::from(config).accept(stream).into_fallible().await {
            Ok(stream) => stream,
            Err((error, stream)) => {
                self.let_hear(stream).await;
                return Err(Refused::of(error));
            }
        };
        let (_, connection) = stream.get_ref();
        let node = connection
            .peer_certificates()
            .and_then(|shown| shown.first())
            .and_then(node_of);
        match (connection.alpn_protocol(), node) {
            (Some(JOIN), _) => {
                let node = self.join(&mut stream).await?;
                Ok(Accepted::Joined { node })
            }
            (Some(RENEW), Some(node)) => {
                self.renew(&mut stream, &node).await?;
                Ok(Accepted::Renewed { node })
            }
            (Some(purpose @ (SESSION | PULL)), Some(node)) => {
                let is_session = purpose == SESSION;
                stream.write_all(&[TAKEN]).await.map_err(Refused::of)?;
                stream.flush().await.map_err(Refused::of)?;
                let stream = Box::new(stream);
                Ok(match is_session {
                    true => Accepted::Session { stream, node },
                    false => Accepted::Pull { stream, node },
                })
            }
            (Some(SESSION | RENEW | PULL), None) => Err(Refused::NoCertificate),
            _ => Err(Refused::NoPurpose),
        }
    }

    async fn join<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: &mut TlsStream<S>) -> Result<String, Refused> {
        let (ask, key) = asked(stream).await?;
        let taken = match ask.secret {
            Some(secret) => self.members.take(&JoinSecret(Secret::new(secret.into()))),
            None => Err(TokenRefused::Unknown),
        };
        if let Err(refused) = taken {
            answer(stream, &Answer::Refused(refused)).await?;
            return Err(Refused::Token(refused));
        }
        // Always a new name: with a token nobody becomes a node that is there already.
        let node = self.dice.hex(32);
        self.grant(stream, &node, &key).await?;
        Ok(node)
    }

    async fn renew<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut TlsStream<S>,
        node: &str,
    ) -> Result<(), Refused> {
        let (_, key) = asked(stream).await?;
        self.grant(stream, node, &key).await
    }

    async fn grant<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: &mut TlsStream<S>,
        node: &str,
        key: &PublicKey,
    ) -> Result<(), Refused> {
        let issued = self.authority.for_node(node, key, &*self.dice, self.clock.now());
        let granted = Answer::Granted(Granted {
            node: node.to_string(),
            certificate: issued.certificate,
            since: issued.since,
            until: issued.until,
        });
        answer(stream, &granted).await
    }

    /// The server's own certificate lives in memory only; a new one is made when two thirds of its time are over.
    fn config(&self) -> Result<Arc<ServerConfig>, Error> {
        let now = self.clock.now();
        let mut config = locked(&self.config);
        if let Some((config, made, renew_at)) = &*config
            && (*made..*renew_at).contains(&now)
        {
            return Ok(Arc::clone(config));
        }
        let key = new_key();
        let issued = self.authority.for_server(&key, &*self.dice, now);
        let verifier = NodeVerifier::new(&self.authority.certificate(), Arc::clone(&self.members))?;
        let mut made = ServerConfig::builder_with_details(provider(), Arc::new(Time(Arc::clone(&self.clock))))
            .with_protocol_versions(VERSIONS)?
            .with_client_cert_verifier(Arc::new(verifier))
            .with_single_cert(
                vec![issued.certificate.into(), self.authority.certificate()],
                PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            )?;
        made.alpn_protocols = [SESSION, JOIN, RENEW, PULL].map(<[u8]>::to_vec).into();
        made.session_storage = Arc::new(NoServerSessionStorage {});
        made.send_tls13_tickets = 0;
        let made = Arc::new(made);
        *config = Some((Arc::clone(&made), now, renew_at(issued.since, issued.until)));
        Ok(made)
    }

    /// Closing at once could overtake the alert that says what is wrong.
    async fn let_hear<S: AsyncRead + AsyncWrite + Unpin>(&self, mut stream: S) {
        let to_the_end = async {
            stream.shutdown().await?;
            let mut nothing = [0; 512];
            for _ in 0..MOST_UNHEARD_READS {
                if stream.read(&mut nothing).await? == 0 {
                    break;
                }
            }
            Ok::<(), std::io::Error>(())
        };
        // Whatever comes of it: the connection is refused.
        drop(tokio::time::timeout(self.settings.linger, to_the_end).await);
    }
}

/// What a refused connection may still send, in pieces.
const MOST_UNHEARD_READS: usize = 64;

async fn asked<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut TlsStream<S>) -> Result<(Ask, PublicKey), Refused> {
    let bound_to = ask::bound_to(stream.get_ref().1);
    let ask: Ask = Frames::new(stream).at_most(ask::MOST_BYTES).receive().await?;
    let key = ask.proved(&bound_to).ok_or(Refused::NoProof)?;
    Ok((ask, key))
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut TlsStream<S>, answer: &Answer) -> Result<(), Refused> {
    Frames::new(&mut *stream).send(answer).await?;
    stream.shutdown().await.map_err(Refused::of)
}

/// One attempt that is under way.
struct UnderWay<'a>(&'a Mutex<Attempts>, IpAddr);

impl<'a> UnderWay<'a> {
    fn begin(attempts: &'a Mutex<Attempts>, source: IpAddr, now: Timestamp) -> Option<Self> {
        let begun = locked(attempts).begin(source, now);
        begun.then_some(UnderWay(attempts, source))
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        locked(self.0).ended(self.1);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
