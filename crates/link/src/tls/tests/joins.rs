//! How it goes when all is well: joining, coming again, and staying beyond the certificate's time.

use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[tokio::test]
async fn a_machine_with_a_token_becomes_a_node() {
    let cluster = Cluster::new(1);
    let (a, b) = (cluster.member().await, cluster.member().await);
    assert_ne!(a.node(), b.node());
    for member in [&a, &b, &a] {
        let (node, server) = cluster.connect(member).await;
        let mut node = node.expect("its certificate is good");
        let Accepted::Session { mut stream, node: name } = server.expect("its certificate is good") else {
            panic!("it came for a session");
        };
        assert_eq!(name, member.node());
        node.write_all(b"up").await.expect("it is open");
        stream.write_all(b"down").await.expect("it is open");
        let (mut up, mut down) = ([0; 2], [0; 4]);
        stream.read_exact(&mut up).await.expect("it was sent");
        node.read_exact(&mut down).await.expect("it was sent");
        assert_eq!((&up, &down), (b"up", b"down"));
    }
}

#[tokio::test]
async fn a_node_comes_for_images_too() {
    let cluster = Cluster::new(7);
    let member = cluster.member().await;
    let (node, server) = connection().await;
    let clock = cluster.clock();
    let pull = member.taken(node, super::super::PULL, &clock);
    let (pulling, accepted) = tokio::join!(pull, cluster.server.accept(server, HERE));
    assert!(matches!(accepted, Ok(Accepted::Pull { node, .. }) if node == member.node()));
    pulling.expect("its certificate is good");
}

#[tokio::test]
async fn a_token_is_good_for_as_many_as_it_says() {
    let cluster = Cluster::new(2);
    let token = cluster.token(2);
    for _ in 0..2 {
        cluster.join(&token).await.0.expect("not used up");
    }
    let (joined, accepted) = cluster.join(&token).await;
    assert!(matches!(joined, Err(NotConnected::Token(TokenRefused::UsedUp))));
    assert!(matches!(accepted, Err(Refused::Token(TokenRefused::UsedUp))));
}

#[tokio::test]
async fn a_node_that_renews_in_time_stays_the_same_one() {
    let cluster = Cluster::new(3);
    let before = cluster.member().await;
    assert!(!before.wants_renewal(cluster.clock.now()));
    cluster.clock.advance_millis(61 * DAY_MS);
    assert!(before.wants_renewal(cluster.clock.now()));
    let (node, server) = connection().await;
    let clock = cluster.clock();
    let (renewed, accepted) = tokio::join!(before.renewed_over(node, &clock), cluster.server.accept(server, HERE));
    let after = renewed.expect("its certificate is still good");
    assert!(matches!(accepted, Ok(Accepted::Renewed { node }) if node == before.node()));
    assert_ne!(after.key, before.key, "a new certificate has a new key");
    cluster.clock.advance_millis(40 * DAY_MS);
    assert!(cluster.connect(&before).await.0.is_err());
    let (_, server) = cluster.connect(&after).await;
    assert!(matches!(server, Ok(Accepted::Session { node, .. }) if node == before.node()));
}

#[tokio::test]
async fn the_server_renews_its_own_certificate() {
    let cluster = Cluster::new(4);
    let member = cluster.member().await;
    for _ in 0..8 {
        cluster.clock.advance_millis(11 * DAY_MS);
        let (node, _) = cluster.connect(&member).await;
        node.expect("the server's certificate is good");
    }
    cluster.clock.set(Timestamp(1_800_000_000_000 + DAY_MS));
    cluster
        .connect(&member)
        .await
        .0
        .expect("also when the clock was set back");
}

#[tokio::test]
async fn over_real_addresses_the_first_that_answers_is_taken() {
    let cluster = Cluster::new(5);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
    let nobody = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
    let nobody_at = nobody.local_addr().expect("it listens").to_string();
    drop(nobody);
    let mut token = cluster.token(1);
    token.addresses = vec![
        nobody_at.clone(),
        listener.local_addr().expect("it listens").to_string(),
    ];
    let clock = cluster.clock();
    let accept = async || {
        let (stream, from) = listener.accept().await.expect("one comes");
        cluster.server.accept(stream, from.ip()).await
    };
    let (joined, accepted) = tokio::join!(join(&token, &clock), accept());
    let member = joined.expect("its token is good");
    assert!(matches!(accepted, Ok(Accepted::Joined { .. })));
    let (connected, accepted) = tokio::join!(member.connect(&clock), accept());
    connected.expect("its certificate is good");
    assert!(matches!(accepted, Ok(Accepted::Session { .. })));
    let lost = member.moved_to(vec![nobody_at.clone()]);
    assert!(matches!(lost.connect(&clock).await, Err(NotConnected::Unreachable(at, _)) if at == nobody_at));
}
