//! The metadata pages of a container.

use super::answer::Answer;
use super::path::{Version, What};
use super::source::{Later, Source};
use super::stats;
use super::{Sampler, container, json, task};
use crate::{Stage, Work};
use link::Question;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// How long the server may take to tell tags; without them the rest is told.
const PATIENCE: Duration = Duration::from_secs(4);

pub struct Pages<'e> {
    pub source: &'e dyn Source,
    pub sampler: &'e Arc<Sampler>,
}

impl Pages<'_> {
    pub async fn answer(&self, version: Version, what: What<'_>, work: &Work, part: usize) -> Answer {
        match what {
            What::Container => Answer::object(200, |o| container::fill(o, work, part, version)),
            What::Task => Answer::object(200, |o| task::fill(o, work, &self.source.facts(), version, None)),
            What::TaskWithTags => {
                let tags = self.tags(work).await;
                Answer::object(200, |o| task::fill(o, work, &self.source.facts(), version, Some(&tags)))
            }
            What::Stats => match self.samples(work, part).await {
                Some(samples) => Answer::object(200, |o| stats_of(o, work, part, version, &samples)),
                None => {
                    let id = container::docker_id(&work.parts[part]);
                    Answer::words(500, &format!("Unable to get container stats for: {id}"))
                }
            },
            What::TaskStats => self.task_stats(version, work).await,
            What::Associations => Answer::object(200, |o| o.texts("Associations", [])),
            What::Association(kind, name) => {
                let why = format!("unable to find association of type {kind} with name {name}");
                Answer::words(400, &format!("Unable to write container association response: {why}"))
            }
        }
    }

    async fn tags(&self, work: &Work) -> link::Answer {
        let question = Question::Tags(work.key().to_string());
        let answer = tokio::time::timeout(PATIENCE, self.source.ask(question)).await;
        answer.unwrap_or_else(|_| link::Answer::No("RequestCanceled".to_string(), "request timed out".to_string()))
    }

    async fn samples(&self, work: &Work, part: usize) -> Option<stats::Samples> {
        let state = &work.parts[part];
        match state.stage {
            Stage::Running => self.sampler.samples(&state.run_name()).await,
            _ => None,
        }
    }

    /// All containers are asked at once: the first time, each takes a second.
    async fn task_stats(&self, version: Version, work: &Work) -> Answer {
        let parts: Vec<usize> = (0..work.parts.len())
            .filter(|part| work.parts[*part].has_run())
            .collect();
        let asked: Vec<Later<'_, _>> = parts
            .iter()
            .map(|part| Box::pin(self.samples(work, *part)) as Later<'_, _>)
            .collect();
        let all_samples = all(asked).await;
        Answer::object(200, |o| {
            for (part, samples) in parts.into_iter().zip(all_samples) {
                let id = container::docker_id(&work.parts[part]);
                match samples {
                    Some(samples) => o.object(id, |o| stats_of(o, work, part, version, &samples)),
                    None => o.null(id),
                }
            }
        })
    }
}

fn stats_of(o: &mut json::Object<'_>, work: &Work, part: usize, version: Version, samples: &stats::Samples) {
    let (name, id) = (
        container::docker_name(work, part),
        container::docker_id(&work.parts[part]),
    );
    stats::fill(o, &name, id, samples, version == Version::V4);
}

/// Waits for all at once.
async fn all<T>(mut waiting: Vec<Later<'_, T>>) -> Vec<T> {
    let mut done: Vec<Option<T>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (waits, done) in waiting.iter_mut().zip(&mut done) {
            if done.is_none()
                && let Poll::Ready(value) = waits.as_mut().poll(cx)
            {
                *done = Some(value);
            }
        }
        match done.iter().all(Option::is_some) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    done.into_iter().flatten().collect()
}

/// What is told to a name that nobody has.
pub fn nobody(version: Version, what: What<'_>, id: &str) -> Answer {
    const TASK: &str = "task arn from request: unable to get task Arn";
    const CONTAINER: &str = "container ID from request: unable to get docker ID";
    const CONTAINER_TOO: &str = "container id from request: unable to get docker ID";
    // Each with the status of version 3, and of version 4.
    let (page, why, third, fourth) = match what {
        What::Container => ("container metadata", CONTAINER, 500, 404),
        What::Task | What::TaskWithTags => ("task metadata", TASK, 500, 404),
        What::Stats => ("container stats", TASK, 400, 404),
        What::TaskStats => ("task stats", TASK, 400, 404),
        What::Associations => ("container associations", CONTAINER_TOO, 400, 400),
        What::Association(..) => ("container association", TASK, 400, 400),
    };
    let (number, status) = match version {
        Version::V3 => (3, third),
        Version::V4 => (4, fourth),
    };
    let words = format!("V{number} {page} handler: unable to get {why} from v3 endpoint ID: {id}");
    Answer::words(status, &words)
}

/// What is told to an address that no task has.
pub fn nobody_there(caller: IpAddr) -> Answer {
    let words = format!("Unable to get task arn from request: unable to associate '{caller}' with task");
    Answer::words(400, &words)
}

/// What is told of a container that is none of the caller's.
pub fn no_such_container(id: &str) -> Answer {
    Answer::words(400, &format!("Unable to generate metadata for container '{id}'"))
}
