//! What is to be told to the server: for each task the newest report, until the server has it.

use link::TaskReport;
use std::collections::BTreeMap;
use std::sync::Mutex;
use tokio::sync::Notify;

#[derive(Debug, Default)]
pub struct Outbox {
    inner: Mutex<Inner>,
    news: Notify,
    start_over: Notify,
}

#[derive(Debug, Default)]
struct Inner {
    /// Newest report of every task that the server may not have.
    unsent: BTreeMap<String, TaskReport>,
    /// What was told in this session and not acknowledged, by sequence.
    sent: BTreeMap<u64, Vec<TaskReport>>,
    sequence: u64,
}

/// Reports that go out in one message at most.
const MOST_REPORTS: usize = 256;

impl Outbox {
    pub fn put(&self, report: TaskReport) {
        self.lock().unsent.insert(report.key.clone(), report);
        self.news.notify_one();
    }

    /// The next message, once there is something to tell.
    pub async fn take(&self) -> (u64, Vec<TaskReport>) {
        loop {
            let news = self.news.notified();
            if let Some(message) = self.lock().take() {
                return message;
            }
            news.await;
        }
    }

    /// What the server has now made durable.
    pub fn acknowledged(&self, upto: u64) -> Vec<TaskReport> {
        let mut inner = self.lock();
        let rest = inner.sent.split_off(&(upto + 1));
        let done = std::mem::replace(&mut inner.sent, rest);
        done.into_values().flatten().collect()
    }

    /// The session is over: what was not acknowledged will be told again, unless there is newer.
    pub fn hung_up(&self) {
        let mut inner = self.lock();
        let sent = std::mem::take(&mut inner.sent);
        for report in sent.into_values().flatten().rev() {
            inner.unsent.entry(report.key.clone()).or_insert(report);
        }
        drop(inner);
        self.news.notify_one();
    }

    /// What the server says does not fit what the node has: a new session begins with everything.
    pub fn start_over(&self) {
        self.start_over.notify_one();
    }

    /// Waits for [`Outbox::start_over`].
    pub async fn must_start_over(&self) {
        self.start_over.notified().await;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Inner {
    fn take(&mut self) -> Option<(u64, Vec<TaskReport>)> {
        if self.unsent.is_empty() {
            return None;
        }
        let mut reports = Vec::new();
        while let Some((_, report)) = self.unsent.pop_first() {
            reports.push(report);
            if reports.len() == MOST_REPORTS {
                break;
            }
        }
        self.sequence += 1;
        self.sent.insert(self.sequence, reports.clone());
        Some((self.sequence, reports))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use link::Phase;

    fn report(key: &str, phase: Phase) -> TaskReport {
        TaskReport {
            key: key.to_string(),
            phase: Some(phase),
            ..Default::default()
        }
    }

    #[tokio::test]
    async fn what_is_not_acknowledged_is_told_again_unless_there_is_newer() {
        let outbox = Outbox::default();
        outbox.put(report("a", Phase::Pending));
        outbox.put(report("b", Phase::Pending));
        let (first, told) = outbox.take().await;
        assert_eq!(told.len(), 2);
        outbox.put(report("a", Phase::Running));
        let (second, _) = outbox.take().await;
        assert_eq!(outbox.acknowledged(first), told);
        outbox.put(report("a", Phase::Stopped));
        outbox.hung_up();
        let (third, told) = outbox.take().await;
        assert!(third > second);
        assert_eq!(told, [report("a", Phase::Stopped)]);
        assert_eq!(outbox.acknowledged(third), told);
    }
}
