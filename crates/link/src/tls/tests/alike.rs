//! A session is the same over a pipe and over TLS: the tests here are of both.

use super::*;
use crate::{Broken, Down, Frames, LogBatch, MOST_FRAME_BYTES, Up};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, split};

fn pipe() -> (DuplexStream, DuplexStream) {
    tokio::io::duplex(256 * 1024)
}

async fn tls() -> (Stream, Box<tokio_rustls::server::TlsStream<TcpStream>>) {
    let cluster = Cluster::new(7);
    let member = cluster.member().await;
    match cluster.connect(&member).await {
        (Ok(node), Ok(Accepted::Session { stream, .. })) => (node, stream),
        other => panic!("the certificates are good: {other:?}"),
    }
}

/// Each test, on both.
macro_rules! on_both {
    ($($name:ident => $test:ident;)*) => {
        $(mod $name {
            #[tokio::test]
            async fn over_a_pipe() {
                let (node, server) = super::pipe();
                super::$test(node, server).await;
            }

            #[tokio::test]
            async fn over_tls() {
                let (node, server) = super::tls().await;
                super::$test(node, server).await;
            }
        })*
    };
}

on_both! {
    messages_arrive_in_order_both_ways => order;
    the_longest_message_arrives => long;
    who_closes_in_order_is_heard_to_the_end => closing;
    one_direction_may_close_before_the_other => half;
    a_message_cut_short_is_not_taken_for_whole => cut;
    both_may_send_at_once_without_waiting => crossing;
}

trait Both: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin + 'static> Both for S {}

async fn order(node: impl Both, server: impl Both) {
    const MANY: u64 = 2000;
    let (mut node, mut server) = (Frames::new(node), Frames::new(server));
    let sends = async {
        for n in 0..MANY {
            node.send(&Up::Report(n, Vec::new())).await.expect("it is open");
        }
        for n in 0..MANY {
            assert_eq!(node.receive::<Down>().await.expect("it was sent"), Down::Ack(n));
        }
    };
    let answers = async {
        for n in 0..MANY {
            assert_eq!(
                server.receive::<Up>().await.expect("it was sent"),
                Up::Report(n, Vec::new())
            );
            server.send(&Down::Ack(n)).await.expect("it is open");
        }
    };
    // The answers fit what both carry, so that the node need not listen while it sends.
    tokio::join!(sends, answers);
}

async fn long(node: impl Both, server: impl Both) {
    let text = |bytes: usize| {
        Up::Logs(
            1,
            LogBatch {
                stream: "s".repeat(bytes),
                ..LogBatch::default()
            },
        )
    };
    let around = minicbor::to_vec(text(1 << 20)).expect("a vector takes it").len() - (1 << 20);
    let longest = text(MOST_FRAME_BYTES - around);
    let (mut node, mut server) = (Frames::new(node), Frames::new(server));
    let (sent, received) = tokio::join!(node.send(&longest), server.receive::<Up>());
    sent.expect("it is not too long");
    assert!(received.expect("it was sent") == longest);
    let too_long = node.send(&text(MOST_FRAME_BYTES)).await;
    assert!(matches!(too_long, Err(Broken::TooLong { .. })));
    let (sent, received) = tokio::join!(node.send(&Up::Beat), server.receive::<Up>());
    sent.expect("it goes on");
    assert_eq!(received.expect("it goes on"), Up::Beat);
}

async fn closing(mut node: impl Both, server: impl Both) {
    let mut server = Frames::new(server);
    Frames::new(&mut node).send(&Up::Beat).await.expect("it is open");
    node.shutdown().await.expect("it was open");
    drop(node);
    assert_eq!(server.receive::<Up>().await.expect("it was sent before"), Up::Beat);
    assert!(matches!(server.receive::<Up>().await, Err(Broken::Closed)));
}

async fn half(mut node: impl Both, server: impl Both) {
    node.shutdown().await.expect("it was open");
    let mut server = Frames::new(server);
    assert!(matches!(server.receive::<Up>().await, Err(Broken::Closed)));
    server.send(&Down::Ack(1)).await.expect("this direction is open");
    drop(server);
    let mut node = Frames::new(node);
    assert_eq!(node.receive::<Down>().await.expect("it was sent"), Down::Ack(1));
    assert!(matches!(node.receive::<Down>().await, Err(Broken::Closed)));
}

async fn cut(mut node: impl Both, server: impl Both) {
    node.write_all(&[0, 0, 1, 0, 1, 2, 3]).await.expect("it is open");
    node.flush().await.expect("it is open");
    drop(node);
    assert!(matches!(Frames::new(server).receive::<Up>().await, Err(Broken::Io(_))));
}

async fn crossing(node: impl Both, server: impl Both) {
    const BYTES: usize = 4 << 20;
    let ((mut node_in, mut node_out), (mut server_in, mut server_out)) = (split(node), split(server));
    let down = tokio::spawn(async move {
        server_out.write_all(&vec![1; BYTES]).await.expect("it is open");
        server_out.flush().await.expect("it is open");
        server_out
    });
    let up = tokio::spawn(async move {
        node_out.write_all(&vec![2; BYTES]).await.expect("it is open");
        node_out.flush().await.expect("it is open");
        node_out
    });
    let (mut from_server, mut from_node) = (vec![0; BYTES], vec![0; BYTES]);
    let (a, b) = tokio::join!(
        node_in.read_exact(&mut from_server),
        server_in.read_exact(&mut from_node)
    );
    a.and(b).expect("it was sent");
    assert!(from_server.iter().all(|b| *b == 1) && from_node.iter().all(|b| *b == 2));
    drop((down.await, up.await));
}
