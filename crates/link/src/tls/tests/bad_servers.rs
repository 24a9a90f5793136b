//! Which servers a machine does not believe.

use super::*;
use crate::authority::new_key;
use rcgen::KeyPair;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

#[tokio::test]
async fn one_of_another_cluster() {
    let (ours, theirs) = (Cluster::new(1), Cluster::new(2));
    let token = ours.token(1);
    let (joined, _) = theirs.join(&token).await;
    assert!(
        matches!(joined, Err(NotConnected::Server(CertificateTrouble::OtherCluster))),
        "{joined:?}"
    );
    let member = ours.member().await;
    let (node, _) = theirs.connect(&member).await;
    assert!(
        matches!(node, Err(NotConnected::Server(CertificateTrouble::OtherCluster))),
        "{node:?}"
    );
    // Nothing was given away: the token is still good.
    ours.join(&token).await.0.expect("nobody has used it");
}

#[tokio::test]
async fn one_that_shows_the_right_authority_but_was_certified_by_another() {
    let (ours, forger) = (Cluster::new(1), authority(9));
    let key = new_key();
    let forged = forger
        .for_server(&key, &SeededDice::new(3), ours.clock.now())
        .certificate;
    let member = ours.member().await;
    let right = CertificateDer::from(member.authority.clone());
    for chain in [
        vec![forged.clone().into(), right.clone()],
        vec![forged.clone().into()],
        vec![right],
    ] {
        let config = serving(&ours, chain, &key);
        let token = ours.token(1);
        let (node, server) = connection().await;
        let clock = ours.clock();
        let (joined, _) = tokio::join!(
            client::join_over(node, &token, &clock),
            handshake(config.clone(), server)
        );
        assert!(matches!(joined, Err(NotConnected::Server(_))), "{joined:?}");
        let (node, server) = connection().await;
        let (connected, _) = tokio::join!(member.connect_over(node, &clock), handshake(config, server));
        assert!(matches!(connected, Err(NotConnected::Server(_))), "{connected:?}");
    }
}

#[tokio::test]
async fn a_node_of_the_cluster_that_plays_the_server() {
    let cluster = Cluster::new(1);
    let (member, rogue) = (cluster.member().await, cluster.member().await);
    let chain = vec![rogue.certificate.clone().into(), rogue.authority.clone().into()];
    let key = KeyPair::try_from(rogue.key.as_slice()).expect("it is a key");
    let config = serving(&cluster, chain, &key);
    let clock = cluster.clock();
    let (node, server) = connection().await;
    let (connected, _) = tokio::join!(member.connect_over(node, &clock), handshake(config.clone(), server));
    assert!(
        matches!(connected, Err(NotConnected::Server(CertificateTrouble::Bad(_)))),
        "{connected:?}"
    );
    let (node, server) = connection().await;
    let token = cluster.token(1);
    let (joined, _) = tokio::join!(client::join_over(node, &token, &clock), handshake(config, server));
    assert!(
        matches!(joined, Err(NotConnected::Server(CertificateTrouble::Bad(_)))),
        "{joined:?}"
    );
}

#[tokio::test]
async fn something_that_is_no_gantry() {
    use tokio::io::AsyncWriteExt;
    let cluster = Cluster::new(1);
    let member = cluster.member().await;
    let clock = cluster.clock();
    for says in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"", &[0x16; 5000]] {
        let (node, mut server) = connection().await;
        let answers = async {
            server.write_all(says).await.expect("it is open");
            drop(server);
        };
        let (connected, ()) = tokio::join!(member.connect_over(node, &clock), answers);
        assert!(
            matches!(connected, Err(NotConnected::NotTls(_) | NotConnected::Stream(_))),
            "{connected:?}"
        );
    }
}

fn authority(seed: u64) -> Authority {
    Authority::new(&SeededDice::new(seed), Timestamp(1_800_000_000_000))
}

fn serving(cluster: &Cluster, chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Arc<ServerConfig> {
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let resolver = tokio_rustls::rustls::sign::CertifiedKey::new(
        chain,
        provider().key_provider.load_private_key(key).expect("it is a key"),
    );
    let mut config = ServerConfig::builder_with_details(provider(), Arc::new(Time(cluster.clock())))
        .with_protocol_versions(VERSIONS)
        .expect("there are such")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(tokio_rustls::rustls::sign::SingleCertAndKey::from(resolver)));
    config.alpn_protocols = vec![SESSION.to_vec(), JOIN.to_vec()];
    Arc::new(config)
}

async fn handshake(config: Arc<ServerConfig>, stream: TcpStream) {
    // Whether it comes through is for the node to say.
    if let Err((_, mut stream)) = TlsAcceptor::from(config).accept(stream).into_fallible().await {
        use tokio::io::AsyncReadExt;
        drop(stream.read(&mut [0; 64]).await);
    }
}
