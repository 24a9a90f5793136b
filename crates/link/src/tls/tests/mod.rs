//! Real connections over loopback, between nodes and servers that are as they should be and such that are not.

mod alike;
mod bad_nodes;
mod bad_servers;
mod joins;
mod nonsense;

use super::*;
use crate::authority::Authority;
use crate::token::{JoinSecret, Token};
use base::{ManualClock, SeededDice};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Mutex;
use tokio::net::{TcpListener, TcpStream};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A cluster's server, and the time.
struct Cluster {
    server: Server,
    clock: ManualClock,
    members: Arc<Book>,
}

/// Who may come, in memory.
#[derive(Default)]
struct Book {
    uses: Mutex<BTreeMap<String, u32>>,
    revoked: Mutex<BTreeSet<String>>,
}

impl Book {
    fn revoke(&self, node: &str) {
        let mut revoked = self.revoked.lock().expect("no test panics with it");
        revoked.insert(node.to_string());
    }
}

impl Members for Book {
    fn take(&self, token: &JoinSecret) -> Result<(), TokenRefused> {
        let mut uses = self.uses.lock().expect("no test panics with it");
        match uses.get_mut(&token.hash()) {
            None => Err(TokenRefused::Unknown),
            Some(0) => Err(TokenRefused::UsedUp),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }

    fn is_revoked(&self, node: &str) -> bool {
        self.revoked.lock().expect("no test panics with it").contains(node)
    }
}

impl Cluster {
    fn new(seed: u64) -> Cluster {
        Cluster::with(seed, Settings::default())
    }

    fn with(seed: u64, settings: Settings) -> Cluster {
        let clock = ManualClock::at(Timestamp(1_800_000_000_000));
        let dice = Arc::new(SeededDice::new(seed));
        let members = Arc::new(Book::default());
        let authority = Authority::new(&*dice, clock.now());
        let kept = authority.to_bytes();
        let authority = Authority::from_bytes(kept.reveal()).expect("it is as it was kept");
        let server = Server::new(authority, members.clone(), Arc::new(clock.clone()), dice, settings);
        Cluster { server, clock, members }
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(self.clock.clone())
    }

    fn token(&self, uses: u32) -> Token {
        let secret = JoinSecret::new();
        let mut known = self.members.uses.lock().expect("no test panics with it");
        known.insert(secret.hash(), uses);
        let token = Token {
            addresses: vec!["127.0.0.1:1".to_string()],
            authority: self.server.fingerprint(),
            secret,
            expires: self.clock.now().plus_millis(DAY_MS),
        };
        token.to_string().parse().expect("it is one")
    }

    async fn join(&self, token: &Token) -> (Result<Membership, NotConnected>, Result<String, Refused>) {
        let (node, server) = connection().await;
        let clock = self.clock();
        let (joined, accepted) = tokio::join!(client::join_over(node, token, &clock), self.server.accept(server, HERE));
        let accepted = accepted.map(|accepted| match accepted {
            Accepted::Joined { node } => node,
            other => panic!("it came to join: {other:?}"),
        });
        (joined, accepted)
    }

    async fn member(&self) -> Membership {
        let (joined, accepted) = self.join(&self.token(1)).await;
        let member = joined.expect("its token is good");
        assert_eq!(member.node(), accepted.expect("its token is good"));
        Membership::from_bytes(member.to_bytes().reveal()).expect("it is as it was kept")
    }

    async fn connect(
        &self,
        member: &Membership,
    ) -> (Result<Stream, NotConnected>, Result<Accepted<TcpStream>, Refused>) {
        let (node, server) = connection().await;
        let clock = self.clock();
        tokio::join!(member.connect_over(node, &clock), self.server.accept(server, HERE))
    }
}

async fn connection() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has free ports");
    let address = listener.local_addr().expect("it listens");
    let (a, b) = tokio::join!(TcpStream::connect(address), listener.accept());
    let (a, (b, _)) = (a.expect("it listens"), b.expect("one comes"));
    tune(&a).expect("TCP can be told");
    (a, b)
}
