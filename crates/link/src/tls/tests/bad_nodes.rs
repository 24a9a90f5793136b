//! Whom the server does not let in, and that both ends can say why.

use super::*;
use crate::Broken;
use crate::Frames;
use crate::authority::{PublicKey, new_key};
use crate::tls::ask::{Ask, MOST_BYTES, bound_to};
use crate::tls::verify::Pinned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::version::TLS12;

#[tokio::test]
async fn a_token_that_the_server_does_not_know() {
    let cluster = Cluster::new(1);
    let token = Token {
        secret: JoinSecret::new(),
        ..cluster.token(1)
    };
    let (joined, accepted) = cluster.join(&token).await;
    assert!(matches!(joined, Err(NotConnected::Token(TokenRefused::Unknown))));
    assert!(matches!(accepted, Err(Refused::Token(TokenRefused::Unknown))));
}

#[tokio::test]
async fn a_certificate_of_another_cluster() {
    let (ours, theirs) = (Cluster::new(1), Cluster::new(2));
    let (mut member, stranger) = (ours.member().await, theirs.member().await);
    (member.certificate, member.key) = (stranger.certificate, stranger.key);
    let (node, server) = ours.connect(&member).await;
    assert!(
        matches!(node, Err(NotConnected::Ours(CertificateTrouble::OtherCluster))),
        "{node:?}"
    );
    assert!(matches!(
        server,
        Err(Refused::Certificate(CertificateTrouble::OtherCluster))
    ));
}

#[tokio::test]
async fn a_certificate_whose_key_it_does_not_have() {
    let cluster = Cluster::new(1);
    let (mut member, other) = (cluster.member().await, cluster.member().await);
    member.certificate = other.certificate;
    let (node, server) = cluster.connect(&member).await;
    assert!(node.is_err());
    assert!(!matches!(server, Ok(Accepted::Session { .. })));
}

#[tokio::test]
async fn an_expired_certificate() {
    let cluster = Cluster::new(1);
    let member = cluster.member().await;
    cluster.clock.advance_millis(90 * DAY_MS - 1000);
    cluster.connect(&member).await.0.expect("there is a second left");
    cluster.clock.advance_millis(2000);
    let (node, server) = cluster.connect(&member).await;
    assert!(
        matches!(node, Err(NotConnected::Ours(CertificateTrouble::Expired))),
        "{node:?}"
    );
    assert!(matches!(server, Err(Refused::Certificate(CertificateTrouble::Expired))));
    let (node, server) = connection().await;
    let clock = cluster.clock();
    let (renewed, _) = tokio::join!(member.renewed_over(node, &clock), cluster.server.accept(server, HERE));
    assert!(matches!(renewed, Err(NotConnected::Ours(CertificateTrouble::Expired))));
}

#[tokio::test]
async fn a_node_that_was_deregistered() {
    let cluster = Cluster::new(1);
    let (gone, stays) = (cluster.member().await, cluster.member().await);
    cluster.members.revoke(gone.node());
    // However often it comes: others behind the same address are not slowed down by it.
    for _ in 0..20 {
        let (node, server) = cluster.connect(&gone).await;
        assert!(
            matches!(node, Err(NotConnected::Ours(CertificateTrouble::Revoked))),
            "{node:?}"
        );
        assert!(matches!(server, Err(Refused::Certificate(CertificateTrouble::Revoked))));
    }
    cluster.connect(&stays).await.0.expect("it was not");
}

#[tokio::test]
async fn who_is_no_node_may_only_join() {
    let cluster = Cluster::new(1);
    for (purpose, want) in [(SESSION, "certificate"), (RENEW, "certificate"), (b"", "here for")] {
        let server = with_purpose(&cluster, purpose, VERSIONS, async |_| {}).await;
        let refused = server.expect_err("it has no certificate").to_string();
        assert!(refused.contains(want), "{refused}");
    }
    let other = with_purpose(&cluster, b"h2", VERSIONS, async |_| {}).await;
    assert!(matches!(other, Err(Refused::NotTls(_))));
    let old = with_purpose(&cluster, JOIN, &[&TLS12], async |_| {}).await;
    assert!(matches!(old, Err(Refused::NotTls(_))));
}

#[tokio::test]
async fn a_key_that_the_asker_does_not_have() {
    let cluster = Cluster::new(1);
    let secret = *cluster.token(9).secret.0.reveal();
    let server = with_purpose(&cluster, JOIN, VERSIONS, async |mut stream| {
        let mut ask = Ask::new(Some(secret), &new_key(), &bound_to(stream.get_ref().1));
        ask.key = Ask::new(None, &new_key(), b"").key;
        Frames::new(&mut stream).send(&ask).await.expect("it is open");
        drop(stream.read(&mut [0; 1]).await);
    });
    assert!(matches!(server.await, Err(Refused::NoProof)));
    let server = with_purpose(&cluster, JOIN, VERSIONS, async |mut stream| {
        // A good proof, but of another connection.
        let ask = Ask::new(Some(secret), &new_key(), &[0; 32]);
        Frames::new(&mut stream).send(&ask).await.expect("it is open");
        drop(stream.read(&mut [0; 1]).await);
    });
    assert!(matches!(server.await, Err(Refused::NoProof)));
    assert!(PublicKey::new(&[4; 64]).is_none());
    assert!(!PublicKey::new(&[4; 65]).expect("its length is right").signed(b"", b""));
}

#[tokio::test]
async fn a_request_that_is_too_long() {
    let cluster = Cluster::new(1);
    let server = with_purpose(&cluster, JOIN, VERSIONS, async |mut stream| {
        let length = (MOST_BYTES as u32 + 1).to_be_bytes();
        stream.write_all(&length).await.expect("it is open");
        drop(stream.read(&mut [0; 1]).await);
    });
    assert!(matches!(server.await, Err(Refused::Request(Broken::TooLong { .. }))));
}

/// What the server says of a client that trusts it, shows no certificate, and then does as told.
async fn with_purpose(
    cluster: &Cluster,
    purpose: &[u8],
    versions: &[&'static SupportedProtocolVersion],
    then: impl AsyncFnOnce(Stream),
) -> Result<Accepted<TcpStream>, Refused> {
    let mut config = ClientConfig::builder_with_details(provider(), Arc::new(Time(cluster.clock())))
        .with_protocol_versions(versions)
        .expect("there are such")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned::to(cluster.server.fingerprint())))
        .with_no_client_auth();
    if !purpose.is_empty() {
        config.alpn_protocols = vec![purpose.to_vec()];
    }
    let (node, server) = connection().await;
    let name = ServerName::try_from("server.gantry").expect("it is a name");
    let acts = async {
        if let Ok(stream) = TlsConnector::from(Arc::new(config)).connect(name, node).await {
            then(stream).await;
        }
    };
    tokio::join!(cluster.server.accept(server, HERE), acts).0
}
