//! What clients of the registry tell each other and those who hold the laws.

use crate::laws::Breach;
use model::registry::RepositoryId;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Something that somebody has asked to be taken away, and not heard of yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    Image(RepositoryId, String),
    Tag(RepositoryId, String),
    Repository(RepositoryId),
}

#[derive(Default)]
pub struct Told {
    pub lines: RefCell<Vec<(String, String)>>,
    pub breaches: RefCell<Vec<Breach>>,
    asks: RefCell<BTreeMap<u64, Ask>>,
    next: Cell<u64>,
    /// Images whose push was just acknowledged.
    pub claims: RefCell<Vec<(RepositoryId, String)>>,
    /// Those whose push was acknowledged, newest last.
    pub pushed: RefCell<Vec<(String, String)>>,
    /// Manifests and links that were taken away, ever.
    pub removals: Cell<u64>,
    /// Whether the disk failed in this life of the server.
    pub trouble: Cell<bool>,
    pub busy: Cell<usize>,
    pub answers: Cell<u64>,
}

impl Told {
    pub fn say(&self, who: &str, what: String) {
        self.lines.borrow_mut().push((who.to_string(), what));
    }

    pub fn law(&self, holds: bool, law: &str, at: impl Into<String>) {
        if !holds {
            self.breaches.borrow_mut().push(Breach::new(law, at));
        }
    }

    pub fn asks(&self) -> Vec<Ask> {
        self.asks.borrow().values().cloned().collect()
    }

    /// What is noted as long as the answer is awaited.
    pub fn ask(self: &Rc<Self>, ask: Ask) -> Asking {
        let id = self.next.replace(self.next.get() + 1);
        self.asks.borrow_mut().insert(id, ask);
        Asking(Rc::clone(self), id)
    }

    pub fn work(self: &Rc<Self>) -> Working {
        self.busy.set(self.busy.get() + 1);
        Working(Rc::clone(self))
    }
}

pub struct Asking(Rc<Told>, u64);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.asks.borrow_mut().remove(&self.1);
    }
}

pub struct Working(Rc<Told>);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.busy.set(self.0.busy.get() - 1);
    }
}
