//! Callers that ask too much, too slowly, or nonsense.

use super::*;

#[tokio::test]
async fn who_asks_too_much_is_told_so_and_others_are_not_slowed() {
    let stage = stage(Audience::Containers).await;
    let one = "GET /v4/meta-web HTTP/1.1\r\nHost: a\r\n\r\n";
    let last = "GET /v4/meta-web HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let mut stream = TcpStream::connect(stage.at).await.expect("somebody listens");
    stream
        .write_all((one.repeat(60) + last).as_bytes())
        .await
        .expect("it is read");
    let mut all = String::new();
    let read = tokio::time::timeout(BOUND, stream.read_to_string(&mut all)).await;
    read.expect("answers in time").expect("answers");
    assert_eq!(all.matches("HTTP/1.1 200").count(), 60);
    assert_eq!(all.matches("HTTP/1.1 429").count(), 1);
    assert!(all.ends_with("You have reached maximum request limit."), "{all}");
    assert_eq!(stage.get("/v4/meta-web").await.0, 429);
    assert_eq!(stage.from("127.0.0.8", last).await.0, 200, "somebody else");
    stage.clock.advance_millis(25);
    assert_eq!(stage.get("/v4/meta-web").await.0, 200, "one more is there by then");
    assert_eq!(stage.get("/v4/meta-web").await.0, 429);
}

#[tokio::test]
async fn nonsense_ends_the_connection_and_nothing_else() {
    let stage = stage(Audience::Containers).await;
    let endless = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(100_000));
    for nonsense in [
        "\0\0\0\0\r\n\r\n",
        "GET\r\n\r\n",
        "GET /v4/meta-web HTTP/9.9\r\n\r\n",
        &endless,
    ] {
        let mut stream = TcpStream::connect(stage.at).await.expect("somebody listens");
        // It may be closed in the face of what is still being said.
        let _ = stream.write_all(nonsense.as_bytes()).await;
        let mut all = Vec::new();
        let _ = tokio::time::timeout(BOUND, stream.read_to_end(&mut all))
            .await
            .expect("it ends");
        assert!(!all.starts_with(b"HTTP/1.1 200"), "{nonsense:.20}");
    }
    assert_eq!(stage.get("/v4/meta-web").await.0, 200);
}

#[tokio::test]
async fn who_has_said_all_and_only_listens_is_answered() {
    let stage = stage(Audience::Containers).await;
    for _ in 0..20 {
        let mut stream = TcpStream::connect(stage.at).await.expect("somebody listens");
        let ask = b"GET /v4/meta-web HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        stream.write_all(ask).await.expect("it is read");
        stream.shutdown().await.expect("this side is done");
        let mut all = String::new();
        let read = tokio::time::timeout(BOUND, stream.read_to_string(&mut all)).await;
        read.expect("an answer in time").expect("an answer");
        assert!(all.starts_with("HTTP/1.1 200"), "{all:?}");
    }
}

#[tokio::test]
async fn a_connection_too_many_is_not_taken() {
    let stage = stage(Audience::Containers).await;
    let mut kept = Vec::new();
    let mut last = [0];
    for _ in 0..64 {
        let mut stream = TcpStream::connect(stage.at).await.expect("somebody listens");
        stream
            .write_all(b"GET /v4/x HTTP/1.1\r\nHost: a\r\n\r\n")
            .await
            .expect("it is read");
        stream
            .read_exact(&mut last)
            .await
            .expect("an answer, be it that it was too much");
        kept.push(stream);
    }
    let mut refused = TcpStream::connect(stage.at).await.expect("the kernel takes it");
    let read = tokio::time::timeout(BOUND, refused.read(&mut last))
        .await
        .expect("it ends");
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
    let other = "GET /v4/meta-web HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert_eq!(stage.from("127.0.0.8", other).await.0, 200, "somebody else");
}

#[tokio::test]
async fn it_ends_when_it_is_told_to() {
    let stage = stage(Audience::Containers).await;
    let mut idle = TcpStream::connect(stage.at).await.expect("somebody listens");
    idle.write_all(b"GET /v4/x HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .expect("it is read");
    let mut byte = [0];
    idle.read_exact(&mut byte).await.expect("an answer");
    stage.close.send_replace(true);
    tokio::time::timeout(BOUND, stage.served)
        .await
        .expect("it ends")
        .expect("well");
    let rest = tokio::time::timeout(BOUND, idle.read_to_end(&mut Vec::new())).await;
    rest.expect("kept connections end too").expect("well");
    assert!(TcpStream::connect(stage.at).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn half_a_request_is_not_waited_for() {
    let stage = stage(Audience::Containers).await;
    let head = "GET /v4/meta-web HTTP/1.1\r\nHost: ";
    let body = "PUT /api/meta-web/task-protection/v1/state HTTP/1.1\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{";
    for half in [head, body] {
        let mut stream = TcpStream::connect(stage.at).await.expect("somebody listens");
        stream.write_all(half.as_bytes()).await.expect("it is read");
        let mut all = Vec::new();
        let read = tokio::time::timeout(BOUND, stream.read_to_end(&mut all)).await;
        read.expect("it ends before that").expect("well");
        assert!(!all.starts_with(b"HTTP/1.1 200"), "{half:.20}");
    }
    assert!(stage.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_says_nothing_is_not_waited_for() {
    struct Mute;
    impl Issuer for Mute {
        fn issue<'a>(&'a self, _: &'a str, _: &'a str) -> Later<'a, Option<Keys>> {
            Box::pin(std::future::pending())
        }
    }
    let stage = stage_with(Audience::Containers, Arc::new(Mute)).await;
    let id = SECRET.credentials_id(&task());
    assert_eq!(stage.get(&format!("/v2/credentials/{id}")).await.0, 504);
}
