//! What was published, kept beside the store, so that after a crash every acknowledged write can be asked for.
//!
//! A write is acknowledged only once it is published, and nothing is published before it is synced: so whatever a watch
//! has ever shown must be there after every crash, exactly as it was shown or as a later commit made it.

use crate::laws::Breach;
use control::Lease;
use model::invariants::changes;
use model::invariants::rollouts::Watched;
use model::registry::{
    Backfill, BlobLink, CacheRule, CreationTemplate, ImageTag, LifecyclePreview, Manifest, PullTimeExclusion,
    RegistryPolicy, RegistrySetting, Replica, Replication, Repository, RepositoryLedger, Scan, Scanning, Signing,
    TokensVoid,
};
use model::{
    AccountSetting, CapacityProvider, ClientToken, Cluster, Daemon, DaemonDeployment, DaemonRevision, DaemonSeat,
    Family, LogGroup, NetworkInterface, Node, NodeLedger, SecurityGroup, Service, ServiceDeployment, ServiceEvent,
    ServiceRevision, ServiceTally, Subnet, SubnetLedger, Task, TaskDefinition, TaskSet, Vpc, Waiting,
};
use std::collections::{BTreeMap, BTreeSet};
use store::{Change, Commit, Key, Record, Revision, Snapshot, Store};

type Place = (&'static str, Key);
/// Without bytes, it was deleted.
type Past = (Revision, Option<Vec<u8>>);
type Rows = BTreeMap<Place, (Revision, Vec<u8>)>;

/// Calls the macro with every kind of record that a store of Gantry holds.
macro_rules! every_kind {
    ($do:ident) => {
        $do!(
            AccountSetting,
            Backfill,
            BlobLink,
            CacheRule,
            CapacityProvider,
            ClientToken,
            Cluster,
            CreationTemplate,
            Daemon,
            DaemonDeployment,
            DaemonRevision,
            DaemonSeat,
            Family,
            ImageTag,
            Lease,
            LifecyclePreview,
            LogGroup,
            Manifest,
            NetworkInterface,
            Node,
            NodeLedger,
            PullTimeExclusion,
            RegistryPolicy,
            RegistrySetting,
            Replica,
            Replication,
            Repository,
            RepositoryLedger,
            Scan,
            Scanning,
            Signing,
            SecurityGroup,
            Service,
            ServiceDeployment,
            ServiceEvent,
            ServiceRevision,
            ServiceTally,
            Subnet,
            SubnetLedger,
            Task,
            TaskDefinition,
            TaskSet,
            TokensVoid,
            Vpc,
            Waiting
        )
    };
}

#[derive(Default)]
pub struct Published {
    rows: Rows,
    rev: Revision,
    /// What became of each task, oldest first.
    past: BTreeMap<Key, Vec<Past>>,
    /// From here to there, commits were made that the watch did not show.
    unseen: Vec<(Revision, Revision)>,
    /// Every place where a record ever was.
    ever: BTreeSet<Place>,
    /// Services, to see what their keeper does to them.
    pub services: Watched,
    /// Who started which tasks, ever: `startedBy` to task ids.
    started: BTreeMap<String, BTreeSet<String>>,
}

impl Published {
    /// A commit that the watch shows. Answers with the laws that it breaks.
    pub fn commit(&mut self, commit: &Commit) -> Vec<Breach> {
        let mut breaches = Vec::new();
        if commit.rev.0 != self.rev.0 + 1 {
            breaches.push(Breach::new(
                "commits come one after the other",
                format!("{} after {}", commit.rev, self.rev),
            ));
        }
        self.rev = commit.rev;
        breaches.extend(self.services.commit(commit).into_iter().map(Breach::from));
        for change in &commit.changes {
            let place = (change.table, change.key.clone());
            let known = self.ever.contains(&place);
            breaches.extend(changes::broken_by(change, known).into_iter().map(Breach::from));
            match encoded(change) {
                Some(bytes) => {
                    self.rows.insert(place.clone(), (commit.rev, bytes));
                }
                None => {
                    self.rows.remove(&place);
                }
            }
            if let Some((_, task)) = change.of::<Task>() {
                let past = self.past.entry(change.key.clone()).or_default();
                past.push((commit.rev, task.as_deref().map(bytes_of)));
                task.iter().for_each(|task| self.note(task));
            }
            self.ever.insert(place);
        }
        breaches
    }

    /// What a store holds that was opened after a crash. Answers with what was lost, and takes it from there.
    pub fn recovered(&mut self, snapshot: &Snapshot) -> Vec<Breach> {
        let law = "what was published is there after a crash";
        let mut breaches = Vec::new();
        let rows = rows(snapshot);
        let rev = snapshot.revision();
        if rev < self.rev {
            breaches.push(Breach::new(
                law,
                format!("revision {} was published, and it opens at {rev}", self.rev),
            ));
        }
        for (place, (was, bytes)) in &self.rows {
            let lost = match rows.get(place) {
                Some((is, found)) if is == was => found != bytes,
                Some((is, _)) => *is <= self.rev,
                // A commit that was not acknowledged may have deleted it.
                None => rev == self.rev,
            };
            if lost {
                breaches.push(Breach::new(law, format!("{} {} of revision {was}", place.0, place.1)));
            }
        }
        for (place, (is, _)) in &rows {
            if *is <= self.rev && !self.rows.contains_key(place) {
                breaches.push(Breach::new(
                    law,
                    format!("{} {} was deleted and is back", place.0, place.1),
                ));
            }
        }
        self.adopt(snapshot);
        breaches
    }

    /// Starts over from a snapshot, when the watch lagged.
    pub fn adopt(&mut self, snapshot: &Snapshot) {
        if snapshot.revision() > self.rev {
            self.unseen.push((self.rev, snapshot.revision()));
        }
        (self.rows, self.rev) = (rows(snapshot), snapshot.revision());
        self.services.adopt(snapshot);
        self.ever.extend(self.rows.keys().cloned());
        for task in snapshot.scan::<Task>(&Key::all()) {
            self.note(&task);
        }
    }

    /// Asks the store what became of a task. What it tells of commits that the watch showed must be what was shown; when
    /// not `all` is kept, it may have forgotten what is older.
    pub fn look_back(&self, store: &Store, which: u64, all: bool) -> Option<Breach> {
        let law = "history tells what happened";
        let at = (which % self.past.len().max(1) as u64) as usize;
        let (key, past) = self.past.iter().nth(at)?;
        let told = match store.history::<Task>(key) {
            Ok(told) => told,
            Err(error) => return Some(Breach::new(law, format!("{key}: {error:?}"))),
        };
        let seen = |rev: Revision| !self.unseen.iter().any(|(from, to)| *from < rev && rev <= *to);
        let told = told.iter().filter(|version| seen(version.rev));
        let told: Vec<Past> = told.map(|v| (v.rev, v.record.as_deref().map(bytes_of))).collect();
        let shown = past
            .iter()
            .rev()
            .take(if all { past.len() } else { told.len() })
            .cloned();
        (!told.iter().cloned().eq(shown)).then(|| {
            let revs = |past: &[Past]| past.iter().map(|(rev, _)| rev.0).collect::<Vec<_>>();
            Breach::new(law, format!("{key}: {:?} of {:?}", revs(&told), revs(past)))
        })
    }

    fn note(&mut self, task: &Task) {
        if let Some(by) = &task.started_by {
            self.started.entry(by.clone()).or_default().insert(task.id.clone());
        }
    }

    /// Whether there ever was such a record.
    pub fn had<R: Record>(&self, key: &Key) -> bool {
        self.ever.contains(&(R::TABLE, key.clone()))
    }

    /// How many tasks this `startedBy` ever had.
    pub fn started_by(&self, by: &str) -> usize {
        self.started.get(by).map_or(0, BTreeSet::len)
    }

    pub fn revision(&self) -> Revision {
        self.rev
    }
}

fn bytes_of<R: Record>(record: &R) -> Vec<u8> {
    let mut bytes = Vec::new();
    record.encode(&mut bytes);
    bytes
}

/// The record after a change.
fn encoded(change: &Change) -> Option<Vec<u8>> {
    macro_rules! typed {
        ($($kind:ty),*) => {
            $(if let Some((_, after)) = change.of::<$kind>() {
                return after.map(|record| bytes_of(&*record));
            })*
        };
    }
    every_kind!(typed);
    panic!("add table {} to every_kind", change.table)
}

fn rows(snapshot: &Snapshot) -> Rows {
    let mut rows = Rows::new();
    macro_rules! scanned {
        ($($kind:ty),*) => {
            $(for record in snapshot.scan::<$kind>(&Key::all()) {
                let key = record.key();
                let rev = snapshot.revision_of::<$kind>(&key).expect("the scan showed it");
                rows.insert((<$kind>::TABLE, key), (rev, bytes_of(&*record)));
            })*
        };
    }
    every_kind!(scanned);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_record_is_known() {
        macro_rules! named {
            ($($kind:ty),*) => { BTreeSet::from([$(<$kind>::TABLE),*]) };
        }
        let known = every_kind!(named);
        let missing: Vec<_> = model::tables().names().filter(|name| !known.contains(name)).collect();
        assert!(missing.is_empty(), "add {missing:?} to every_kind");
    }
}
