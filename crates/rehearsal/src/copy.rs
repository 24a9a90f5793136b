//! Copies what a rehearsal needs of the state: all but what has ended, and services that are not rehearsed.

use model::{
    AccountSetting, CapacityProvider, Cluster, Family, NetworkInterface, Node, NodeLedger, SecurityGroup, Service,
    ServiceDeployment, ServiceRevision, ServiceTally, Subnet, SubnetLedger, Task, TaskDefinition, TaskSet, Vpc,
    Waiting,
};
use store::{Key, Record, Snapshot, Store, StoreError, Tx, View};

/// Changes that one transaction takes.
const PORTION: usize = 2_000;

type Put = Box<dyn Fn(&mut Tx) + Send>;

/// Everything in `from` that matters, into an empty store.
pub async fn copy(from: &Snapshot, to: &Store) -> Result<(), StoreError> {
    let mut puts: Vec<Put> = Vec::new();
    all::<AccountSetting>(from, &mut puts);
    all::<CapacityProvider>(from, &mut puts);
    all::<Cluster>(from, &mut puts);
    all::<Family>(from, &mut puts);
    all::<NetworkInterface>(from, &mut puts);
    all::<Node>(from, &mut puts);
    all::<NodeLedger>(from, &mut puts);
    all::<SecurityGroup>(from, &mut puts);
    all::<Service>(from, &mut puts);
    all::<ServiceDeployment>(from, &mut puts);
    all::<ServiceRevision>(from, &mut puts);
    all::<ServiceTally>(from, &mut puts);
    all::<Subnet>(from, &mut puts);
    all::<SubnetLedger>(from, &mut puts);
    all::<TaskDefinition>(from, &mut puts);
    all::<TaskSet>(from, &mut puts);
    all::<Vpc>(from, &mut puts);
    all::<Waiting>(from, &mut puts);
    some::<Task>(from, &mut puts, |task| !task.is_stopped());
    while !puts.is_empty() {
        let rest = puts.split_off(puts.len().min(PORTION));
        let portion = std::mem::replace(&mut puts, rest);
        to.write(move |tx| {
            portion.iter().for_each(|put| put(tx));
            Ok::<(), StoreError>(())
        })
        .await?;
    }
    Ok(())
}

fn all<R: Record + Clone>(from: &View, puts: &mut Vec<Put>) {
    some::<R>(from, puts, |_| true);
}

fn some<R: Record + Clone>(from: &View, puts: &mut Vec<Put>, matters: fn(&R) -> bool) {
    let records = from.scan::<R>(&Key::all()).filter(|record| matters(record));
    puts.extend(records.map(|record| Box::new(move |tx: &mut Tx| tx.put((*record).clone())) as Put));
}
