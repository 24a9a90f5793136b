//! The VPC as the server tells of it, passed on to the network: what it is at once, for tasks may follow that need it;
//! where other nodes' addresses are beside everything else, for it takes the kernel its time and nobody waits for it.

use super::{AGAIN, Machine};
use link::{Away, Vpc};
use network::{Cidr, Network, Subnet};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::{Notify, watch};

pub fn learn(network: &Network, vpc: &Vpc) {
    let subnet = |subnet: &link::Subnet| {
        Some(Subnet {
            id: subnet.id.clone(),
            cidr: Cidr::new(subnet.first, subnet.prefix)?,
            gateway: subnet.gateway,
        })
    };
    let vpc = network::Vpc {
        subnets: vpc.subnets.iter().filter_map(subnet).collect(),
        number: Some(vpc.tunnel),
    };
    match network.learn(&vpc) {
        Ok(problems) => problems
            .iter()
            .for_each(|problem| tracing::warn!(%problem, "the node's network is limited")),
        Err(error) => tracing::error!(
            error = super::start::told(&error),
            "this node cannot take its part in the VPC; its tasks that have addresses there fail"
        ),
    }
}

/// What the network was not told yet. The newest word on an address holds, so there are never more than the VPC has.
#[derive(Default)]
pub(crate) struct Ways {
    waiting: Mutex<Waiting>,
    news: Notify,
}

#[derive(Clone, Default)]
struct Waiting {
    all: bool,
    changes: BTreeMap<Ipv4Addr, Option<Ipv4Addr>>,
}

impl Ways {
    pub fn put(&self, all: bool, away: Vec<Away>) {
        let mut waiting = self.waiting();
        if all {
            *waiting = Waiting::default();
            waiting.all = true;
        }
        for Away { node, addresses } in away {
            waiting
                .changes
                .extend(addresses.into_iter().map(|address| (address, node)));
        }
        drop(waiting);
        self.news.notify_one();
    }

    /// What could not be told waits again, where nothing newer is known.
    fn put_back(&self, old: Waiting) {
        let mut waiting = self.waiting();
        if !waiting.all {
            let newer = std::mem::replace(&mut *waiting, old);
            waiting.changes.extend(newer.changes);
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Machine {
    /// Tells the network what came, until `stopped`.
    pub async fn follow_ways(self: Arc<Self>, mut stopped: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = self.ways.news.notified() => {}
                _ = stopped.wait_for(|stop| *stop) => return,
            }
            let (network, told) = (Arc::clone(&self.network), std::mem::take(&mut *self.ways.waiting()));
            let changes: Vec<_> = told.changes.clone().into_iter().collect();
            let set = tokio::task::spawn_blocking(move || network.set_away(told.all, &changes)).await;
            let Err(error) = set.expect("the network does not panic, and is not cancelled") else {
                continue;
            };
            tracing::warn!(
                error = super::start::told(&error),
                "addresses on other nodes cannot be reached yet"
            );
            self.ways.put_back(told);
            self.ways.news.notify_one();
            tokio::time::sleep(AGAIN).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn away(node: Option<u8>, addresses: &[u8]) -> Vec<Away> {
        vec![Away {
            node: node.map(|n| Ipv4Addr::new(192, 0, 2, n)),
            addresses: addresses.iter().map(|n| Ipv4Addr::new(10, 0, 0, *n)).collect(),
        }]
    }

    fn waits(ways: &Ways) -> (bool, Vec<(u8, Option<u8>)>) {
        let waiting = ways.waiting();
        let last = |address: &Ipv4Addr| address.octets()[3];
        let changes = waiting.changes.iter().map(|(a, n)| (last(a), n.as_ref().map(last)));
        (waiting.all, changes.collect())
    }

    #[test]
    fn the_newest_word_holds_also_over_one_that_could_not_be_told() {
        let ways = Ways::default();
        ways.put(false, away(Some(1), &[1, 2]));
        ways.put(false, away(None, &[2]));
        assert_eq!(waits(&ways), (false, vec![(1, Some(1)), (2, None)]));
        let old = std::mem::take(&mut *ways.waiting());
        ways.put(false, away(Some(3), &[2]));
        ways.put_back(old.clone());
        assert_eq!(waits(&ways), (false, vec![(1, Some(1)), (2, Some(3))]));
        ways.put(true, away(Some(4), &[4]));
        ways.put_back(old);
        assert_eq!(waits(&ways), (true, vec![(4, Some(4))]));
        let old = std::mem::take(&mut *ways.waiting());
        ways.put(false, away(Some(5), &[5]));
        ways.put_back(old);
        assert_eq!(waits(&ways), (true, vec![(4, Some(4)), (5, Some(5))]));
    }
}
