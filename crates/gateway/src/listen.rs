//! Keeping connections: accept, serve HTTP/1.1, and end cleanly when told to.

use crate::Door;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use sendfile::{ByKernel, Wire};
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

/// Connections at a time; more wait in the kernel's backlog.
const CONNECTIONS: usize = 4096;
/// How long a caller may take over the head of a request.
const HEAD_PATIENCE: Duration = Duration::from_secs(20);
/// How long requests in flight may take once the door closes.
const LAST_CALL: Duration = Duration::from_secs(10);
/// How long a connection without a request may take then, so that an answer on its way out gets there.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Serves until `closing` is done; then lets what is in flight come to its end.
pub async fn listen(listener: TcpListener, door: Arc<Door>, closing: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let (close, closed) = watch::channel(false);
    tokio::pin!(closing);
    loop {
        let next = async {
            let place = Arc::clone(&places)
                .acquire_owned()
                .await
                .expect("the semaphore is never closed");
            (place, listener.accept().await)
        };
        let (place, stream, peer) = tokio::select! {
            biased;
            () = &mut closing => break,
            (place, accepted) = next => match accepted {
                Ok((stream, peer)) => (place, stream, peer),
                Err(error) => {
                    // Out of descriptors, most likely: the next one may go well when others have ended.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        let (door, mut closed) = (Arc::clone(&door), closed.clone());
        tokio::spawn(async move {
            let _place = place;
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection was gone at once");
                return;
            }
            let busy = Arc::new(AtomicBool::new(false));
            let working = Arc::clone(&busy);
            let closes = closed.clone();
            let handle = service_fn(move |mut request: http::Request<Incoming>| {
                request.extensions_mut().insert(ByKernel);
                request.extensions_mut().insert(peer); // annexes ask for it
                let (door, working, closed) = (Arc::clone(&door), Arc::clone(&working), closes.clone());
                async move {
                    working.store(true, Relaxed);
                    let answer = door.serve(request, closed).await;
                    working.store(false, Relaxed);
                    Ok::<_, std::convert::Infallible>(answer)
                }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_PATIENCE)
                .max_headers(128)
                .serve_connection(TokioIo::new(Wire::new(stream)), handle);
            tokio::pin!(connection);
            let ended = tokio::select! {
                ended = &mut connection => ended,
                _ = closed.changed() => {
                    connection.as_mut().graceful_shutdown();
                    // Left alone it would wait for the rest of a head that may never come.
                    match busy.load(Relaxed) {
                        true => connection.await,
                        false => tokio::time::timeout(LAST_WORDS, connection).await.unwrap_or(Ok(())),
                    }
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended in the middle");
            }
        });
    }
    drop(listener);
    close.send_replace(true);
    let all = places.acquire_many(CONNECTIONS as u32);
    if tokio::time::timeout(LAST_CALL, all).await.is_err() {
        tracing::warn!("requests were still in flight when the time for them was over");
    }
}
