//! Samples the containers that somebody asks about, and only those: a node full of tasks that never ask is left in peace.
//! From the first question on a container is sampled every second, until nobody has asked for a minute.

use super::source::{Source, StatsSample};
use super::stats::Samples;
use base::Clock;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::watch;

/// How many samplings nobody may ask for before they end.
const UNASKED_MOST: u32 = 60;
/// How many containers are sampled at a time; beyond, a question is answered as if there were no sample yet.
const MOST: usize = 4096;
/// How long the first question waits for its second sample.
const PATIENCE: Duration = Duration::from_secs(3);

pub struct Sampler {
    source: Arc<dyn Source>,
    clock: Arc<dyn Clock>,
    every: Duration,
    sampled: Mutex<HashMap<String, Sampled>>,
}

struct Sampled {
    unasked: u32,
    kept: watch::Receiver<Option<Samples>>,
}

impl Sampler {
    pub fn new(source: Arc<dyn Source>, clock: Arc<dyn Clock>, every: Duration) -> Arc<Sampler> {
        Arc::new(Sampler {
            source,
            clock,
            every,
            sampled: Mutex::default(),
        })
    }

    /// The two newest samples; waits for them the first time. `None` when the container does not run.
    pub async fn samples(self: &Arc<Self>, run: &str) -> Option<Samples> {
        let mut kept = self.interest(run)?;
        let there = kept.wait_for(|samples| samples.is_some());
        let samples = tokio::time::timeout(PATIENCE, there).await.ok()?.ok()?;
        samples.clone()
    }

    fn interest(self: &Arc<Self>, run: &str) -> Option<watch::Receiver<Option<Samples>>> {
        let mut all = self.all();
        if let Some(there) = all.get_mut(run) {
            there.unasked = 0;
            return Some(there.kept.clone());
        }
        if all.len() >= MOST {
            return None;
        }
        let (tell, kept) = watch::channel(None);
        let sampled = Sampled {
            unasked: 0,
            kept: kept.clone(),
        };
        all.insert(run.to_string(), sampled);
        tokio::spawn(sample(Arc::downgrade(self), run.to_string(), tell));
        Some(kept)
    }

    /// Whether to go on: somebody asked not long ago. If not it is taken away at once, so that nobody else can ask it.
    fn goes_on(&self, run: &str) -> bool {
        let mut all = self.all();
        let Some(sampled) = all.get_mut(run) else {
            return false;
        };
        sampled.unasked += 1;
        let goes_on = sampled.unasked <= UNASKED_MOST;
        if !goes_on {
            all.remove(run);
        }
        goes_on
    }

    async fn take(&self, run: &str) -> Option<StatsSample> {
        let mut sample = self.source.stats(run).await?;
        sample.at = self.clock.now();
        Some(sample)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Sampled>> {
        self.sampled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends when the container does, when nobody asks any more, or when the sampler is gone.
async fn sample(sampler: Weak<Sampler>, run: String, tell: watch::Sender<Option<Samples>>) {
    let mut before: Option<StatsSample> = None;
    loop {
        let Some(all) = sampler.upgrade() else { return };
        if !all.goes_on(&run) {
            return;
        }
        let Some(now) = all.take(&run).await else {
            // Taken away before `tell` ends: who waits is told there is nothing, who asks later begins anew.
            all.all().remove(&run);
            return;
        };
        if let Some(before) = before.replace(now.clone()) {
            tell.send_replace(Some(Samples { before, now }));
        }
        let every = all.every;
        drop(all);
        tokio::time::sleep(every).await;
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{CREATED, Oracle};
    use super::*;
    use base::ManualClock;
    use std::sync::atomic::Ordering::SeqCst;

    const EVERY: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_container_is_sampled_while_somebody_asks() {
        let source = Arc::new(Oracle::default());
        let clock = Arc::new(ManualClock::at(CREATED));
        let sampler = Sampler::new(Arc::clone(&source) as Arc<dyn Source>, clock, EVERY);
        let samples = sampler.samples("gty-web").await.expect("it runs");
        assert_eq!((samples.before.cpu.usage_ns, samples.now.cpu.usage_ns), (1, 2));
        assert_eq!(samples.now.at, CREATED);
        tokio::time::sleep(EVERY * 10).await;
        let samples = sampler.samples("gty-web").await.expect("it runs");
        assert_eq!(samples.now.cpu.usage_ns - samples.before.cpu.usage_ns, 1);
        assert!(samples.now.cpu.usage_ns > 10);
        tokio::time::sleep(EVERY * (UNASKED_MOST + 2)).await;
        let taken = source.samples.load(SeqCst);
        tokio::time::sleep(EVERY * 10).await;
        assert_eq!(source.samples.load(SeqCst), taken, "nobody asked");
        assert!(sampler.all().is_empty());
        assert!(
            sampler.samples("gty-web").await.is_some(),
            "and again when somebody does"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_run_has_no_samples_and_is_not_kept() {
        let source = Arc::new(Oracle::default());
        let clock = Arc::new(ManualClock::at(CREATED));
        let sampler = Sampler::new(source, clock, EVERY);
        assert_eq!(sampler.samples("gty-gone").await, None);
        assert!(sampler.all().is_empty());
    }
}
