//! The server's lives and the disk under it.

use super::World;
use crate::laws::Breach;
use crate::logs;
use crate::server::Server;
use base::Clock;
use std::io;
use std::sync::Arc;

/// How a server ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Death {
    /// kill -9: what was written is there, synced or not.
    Killed,
    /// The power goes: of what is not synced some is lost, and some is torn.
    PowerCut,
}

impl World {
    /// Starts the server; `false` when its store did not open.
    pub fn start(&mut self) -> bool {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let (dice, conflicts) = (Arc::clone(&self.dice), self.conflicts.clone());
        match Server::start(
            (self.disk.clone(), &self.content),
            self.logs.clone(),
            &self.setup,
            clock,
            dice,
            conflicts,
            &mut self.executor,
        ) {
            Ok(server) => {
                let snapshot = server.store().snapshot();
                self.say("server", &format!("starts at revision {}", snapshot.revision()));
                for breach in self.published.recovered(&snapshot) {
                    self.breach(breach);
                }
                self.server = Some(server);
                self.look();
                true
            }
            Err(error) => {
                self.say("server", &format!("does not start: {error}"));
                if !self.disk_trouble {
                    self.breach(Breach::new("a store opens again after a crash", format!("{error:?}")));
                }
                self.executor.kill_all();
                false
            }
        }
    }

    pub fn die(&mut self, death: Death) {
        if self.server.is_none() {
            return;
        }
        match death {
            Death::Killed => self.say("server", "is killed"),
            Death::PowerCut => {
                let crash = self.disk.crash(&self.crash_dice);
                if self.setup.registry.is_some() {
                    self.content.crash(&self.crash_dice);
                }
                let what = format!(
                    "loses power: kept {}, lost {}, torn {} bytes",
                    crash.kept, crash.lost, crash.torn
                );
                self.say("server", &what);
            }
        }
        self.server = None;
        self.sessions.clear();
        self.executor.kill_all();
        logs::heard();
    }

    /// One turn of one of those that are ready.
    pub fn poll(&mut self, nth: usize) {
        self.executor.poll(nth);
        self.look();
    }

    /// One move of the disk; `false` when it has nothing to do.
    pub fn disk_moves(&mut self) -> bool {
        let moved = self.server.as_mut().and_then(Server::disk_moves);
        if let Some(what) = moved {
            self.trace.say(self.elapsed_ms, "disk", format_args!("{what}"));
            self.look();
        }
        moved.is_some()
    }

    /// After so many more operations, one of the disk's fails.
    pub fn break_disk(&mut self, after: u64) {
        self.say("disk", &format!("will fail after {after} operations"));
        self.disk.fail_after(after, io::ErrorKind::StorageFull);
        self.content.fail_after(Some(after));
        self.disk_trouble = true;
    }

    /// The operator puts the disk right; a server whose disk failed writes again only after it was started anew.
    pub fn mend_disk(&mut self) {
        if self.disk_trouble {
            self.say("disk", "is mended");
            self.disk.fail_after(u64::MAX, io::ErrorKind::StorageFull);
            self.content.fail_after(None);
            self.disk_trouble = false;
        }
    }
}
