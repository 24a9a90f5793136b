//! Everything over real sockets: what a container would read.

mod bounds;
mod keys;
mod pages;
mod protect;

use super::testing::{CREATED, Oracle, SECRET, task, with_interface, works};
use super::{Audience, Endpoints, Issuer, Keys, Later, NodeIssuer, Source, protection, verify};
use crate::Works;
use base::{ManualClock, Timestamp};
use link::plan::{NetworkMode, Pair, RestartPolicy};
use link::{Answer, Question};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

/// No answer takes that long.
const BOUND: Duration = Duration::from_secs(20);

struct Stage {
    oracle: Arc<Oracle>,
    clock: ManualClock,
    works: watch::Sender<Arc<Works>>,
    close: watch::Sender<bool>,
    served: tokio::task::JoinHandle<()>,
    at: SocketAddr,
}

async fn stage(audience: Audience) -> Stage {
    let clock = Arc::new(ManualClock::at(CREATED));
    stage_with(audience, Arc::new(NodeIssuer::new(SECRET, clock))).await
}

async fn stage_with(audience: Audience, issuer: Arc<dyn Issuer>) -> Stage {
    let oracle = Arc::new(Oracle::default());
    let clock = ManualClock::at(CREATED);
    let (tell, seen) = watch::channel(Arc::new(works([task(), with_interface()])));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let at = listener.local_addr().expect("it is bound");
    let endpoints = Endpoints::sampled_every(
        Duration::from_millis(5),
        seen,
        Arc::clone(&oracle) as Arc<dyn Source>,
        issuer,
        SECRET,
        Arc::new(clock.clone()),
    );
    let (close, closing) = watch::channel(false);
    Stage {
        oracle,
        clock,
        works: tell,
        close,
        served: tokio::spawn(endpoints.serve(listener, audience, closing)),
        at,
    }
}

impl Stage {
    async fn from(&self, caller: &str, request: &str) -> (u16, String) {
        let socket = TcpSocket::new_v4().expect("a socket");
        let caller = format!("{caller}:0").parse().expect("an address");
        socket.bind(caller).expect("all of 127.0.0.0/8 is this machine");
        let mut stream = socket.connect(self.at).await.expect("somebody listens");
        stream.write_all(request.as_bytes()).await.expect("it is read");
        let mut all = Vec::new();
        let read = tokio::time::timeout(BOUND, stream.read_to_end(&mut all)).await;
        read.expect("an answer in time").expect("an answer");
        let all = String::from_utf8(all).expect("text");
        let (head, body) = all.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.get(9..12).and_then(|code| code.parse().ok()).expect("a status");
        (status, body.to_string())
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let length = body.len();
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
        self.from("127.0.0.1", &(head + body)).await
    }

    async fn get(&self, path: &str) -> (u16, String) {
        self.ask("GET", path, "").await
    }

    fn answers<const N: usize>(&self, answers: [Answer; N]) {
        self.oracle
            .answers
            .lock()
            .expect("no test panics with it")
            .extend(answers);
    }

    fn asked(&self) -> Vec<Question> {
        std::mem::take(&mut self.oracle.asked.lock().expect("no test panics with it"))
    }

    fn change(&self, change: impl FnOnce(&mut crate::Work)) {
        let mut changed = task();
        change(&mut changed);
        self.works.send_replace(Arc::new(works([changed, with_interface()])));
    }
}
