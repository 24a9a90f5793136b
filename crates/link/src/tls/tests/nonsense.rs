//! What is no node at all: garbage, silence, crowds.

use super::*;
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn hasty() -> Settings {
    Settings {
        within: Duration::from_millis(100),
        linger: Duration::from_millis(10),
    }
}

async fn garbage(cluster: &Cluster, bytes: &[u8], source: IpAddr) -> Result<Accepted<TcpStream>, Refused> {
    let (mut node, server) = connection().await;
    let sends = async {
        drop(node.write_all(bytes).await);
        drop(node.shutdown().await);
        drop(node.read_to_end(&mut Vec::new()).await);
    };
    tokio::join!(cluster.server.accept(server, source), sends).0
}

#[tokio::test]
async fn garbage_is_refused_as_such() {
    let cluster = Cluster::new(1);
    let http = garbage(&cluster, b"GET / HTTP/1.1\r\nHost: here\r\n\r\n", HERE).await;
    assert!(matches!(http, Err(Refused::NotTls(_))), "{http:?}");
    let nothing = garbage(&cluster, b"", HERE).await;
    assert!(matches!(nothing, Err(Refused::Stream(_))), "{nothing:?}");
}

#[test]
fn garbage_never_panics() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("the machine has the means");
    let cluster = Cluster::with(1, hasty());
    let n = std::cell::Cell::new(0u32);
    // What looks like the beginning of TLS gets further.
    let record = proptest::collection::vec(any::<u8>(), 0..400).prop_map(|body| {
        let mut bytes = vec![22, 3, 1];
        bytes.extend((body.len() as u16).to_be_bytes());
        bytes.extend(body);
        bytes
    });
    let any_bytes = proptest::collection::vec(any::<u8>(), 0..400);
    proptest!(ProptestConfig::with_cases(128), |(bytes in prop_oneof![any_bytes, record])| {
        n.set(n.get() + 1); // from somewhere else each time, or it would soon have to wait
        let accepted = runtime.block_on(garbage(&cluster, &bytes, Ipv4Addr::from(n.get()).into()));
        prop_assert!(accepted.is_err());
        prop_assert!(!matches!(accepted, Err(Refused::TooMany)));
    });
}

#[tokio::test]
async fn who_says_nothing_or_says_it_slowly_is_not_waited_for() {
    let cluster = Cluster::with(1, hasty());
    let (_silent, server) = connection().await;
    assert!(matches!(
        cluster.server.accept(server, HERE).await,
        Err(Refused::TimedOut)
    ));
    let (mut slow, server) = connection().await;
    let drips = async {
        // The beginning of a hello that never ends.
        for byte in [22, 3, 1, 2, 0, 1].into_iter().chain(std::iter::repeat(0)) {
            if slow.write_all(&[byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let (accepted, ()) = tokio::join!(cluster.server.accept(server, HERE), drips);
    assert!(matches!(accepted, Err(Refused::TimedOut)), "{accepted:?}");
}

#[tokio::test]
async fn who_tries_too_often_waits() {
    let cluster = Cluster::new(1);
    let other = Ipv4Addr::new(127, 0, 0, 2).into();
    let mut refused = 0;
    while !matches!(
        garbage(&cluster, b"GET / HTTP/1.1\r\n\r\n", HERE).await,
        Err(Refused::TooMany)
    ) {
        refused += 1;
        assert!(refused < 100);
    }
    assert!(matches!(
        garbage(&cluster, b"GET / HTTP/1.1\r\n\r\n", other).await,
        Err(Refused::NotTls(_))
    ));
    cluster.clock.advance_millis(60_000);
    cluster.member().await;
}
