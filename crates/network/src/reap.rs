//! Taking links away, many at once. The kernel takes tens of milliseconds for one link and little more for a hundred,
//! so whoever waits for a release waits for the one in progress, and then all who waited go in one.

use crate::netlink::{Socket, link};
use std::io;
use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

pub struct Reaper {
    waiting: Mutex<Vec<Job>>,
    working: Mutex<Socket>,
}

struct Job {
    links: Vec<String>,
    done: Arc<AtomicBool>,
}

impl Reaper {
    pub fn new() -> io::Result<Reaper> {
        Ok(Reaper {
            waiting: Mutex::default(),
            working: Mutex::new(Socket::route()?),
        })
    }

    /// Returns when the links are gone.
    pub fn delete(&self, links: Vec<String>) -> io::Result<()> {
        if links.is_empty() {
            return Ok(());
        }
        let done = Arc::new(AtomicBool::new(false));
        let job = Job {
            links: links.clone(),
            done: done.clone(),
        };
        let calm = "nothing panics while it holds this";
        self.waiting.lock().expect(calm).push(job);
        let mut socket = self.working.lock().expect(calm);
        if done.load(Ordering::Acquire) {
            return Ok(());
        }
        let jobs = mem::take(&mut *self.waiting.lock().expect(calm));
        // Our own job may have been taken by one who failed.
        let all: Vec<String> = jobs.iter().flat_map(|job| &job.links).chain(&links).cloned().collect();
        link::delete_many(&mut socket, &all)?;
        jobs.iter().for_each(|job| job.done.store(true, Ordering::Release));
        Ok(())
    }
}
