//! Which versions in the image nobody can ask for any more.

use crate::image::Place;
use crate::{Revision, View};
use std::collections::VecDeque;
use std::sync::{Arc, Weak};

/// Remembers who may still read old versions, and where such versions are.
#[derive(Default)]
pub(crate) struct Sweeper {
    /// Views that were published once, oldest first; someone may hold them.
    views: VecDeque<(Revision, Weak<View>)>,
    /// Views to look through before the dead ones among them are dropped.
    patience: usize,
    /// Places where a commit superseded something, oldest first.
    superseded: VecDeque<(Revision, Place)>,
}

/// Places that are swept after one batch, at least, if so many wait; and half of all that wait.
const AT_ONCE: usize = 1024;

impl Sweeper {
    /// `now` is published in place of `before`; sweeps what can be.
    pub(crate) fn published(&mut self, before: Arc<View>, now: &View, superseded: Vec<(Revision, Place)>) {
        self.views.push_back((before.rev, Arc::downgrade(&before)));
        drop(before);
        self.superseded.extend(superseded);
        while self.views.front().is_some_and(|(_, view)| view.strong_count() == 0) {
            self.views.pop_front();
        }
        if self.views.len() > self.patience {
            self.views.retain(|(_, view)| view.strong_count() > 0);
            self.patience = (self.views.len() * 2).max(1024);
        }
        let floor = self.views.front().map_or(now.rev, |(rev, _)| *rev);
        let most = AT_ONCE.max(self.superseded.len() / 2);
        for _ in 0..most {
            match self.superseded.front() {
                Some((rev, place)) if *rev <= floor => now.image.sweep(place, floor),
                _ => break,
            }
            self.superseded.pop_front();
        }
    }
}
