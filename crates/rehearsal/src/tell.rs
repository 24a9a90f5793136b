//! The plan, as it is told: to people as text, to programs as JSON, and to `apply` as one hash of all that.

use crate::Wish;
use crate::diff::Difference;
use crate::play::{Moment, Play};
use images::Digest;
use model::{Node, Service, ServiceDeployment, Task, TaskStatus};
use serde_json::{Value, json};
use store::Key;

/// What a wish would come to.
#[derive(Clone, Debug)]
pub struct Plan {
    pub operation: String,
    pub differences: Vec<Difference>,
    pub steps: Vec<Step>,
    /// Of services.
    pub bounds: Option<Bounds>,
    pub peak: Peak,
    /// Whether everything came to be that was wished for.
    pub fits: bool,
    /// Why not.
    pub lacks: Vec<String>,
    /// How the deployment ends, of services.
    pub ends: Option<String>,
    pub pauses: Vec<(i64, String)>,
    /// Tasks that were to go, and must not be stopped yet.
    pub protected: Vec<String>,
    /// What the service would say.
    pub words: Vec<(i64, String)>,
}

/// What changes at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub at_ms: i64,
    /// A task definition's family and revision.
    pub of: String,
    pub started: u32,
    pub running: u32,
    pub stopped: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    pub desired: u32,
    pub lower: u32,
    pub upper: u32,
    /// The fewest that ran on the way, once there were enough.
    pub fewest: u32,
    /// The most that were there.
    pub most: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peak {
    pub cpu_units: u64,
    pub memory_mib: u64,
    pub addresses: u32,
    /// What all nodes have that could be used.
    pub of_cpu_units: u64,
    pub of_memory_mib: u64,
}

pub fn plan(play: Play, wish: &Wish, answer: &Value, differences: Vec<Difference>) -> Plan {
    let service = play.service(wish, answer);
    let mut lacks: Vec<String> = failures(answer);
    let (mut ends, mut bounds, mut protected) = (None, None, Vec::new());
    let snapshot = play.snapshot();
    if let Some(service) = &service {
        let service = snapshot.get::<Service>(&Service::key_of(&service.cluster, &service.name));
        let service = service.unwrap_or_else(|| unreachable!("services stay"));
        bounds = Some(bounds_of(&service, &play.seen));
        lacks.extend(service.barren.clone());
        let of = Key::of([service.cluster.as_str(), service.name.as_str()]);
        let mut waiting = snapshot.by::<Task>(Task::BY_SERVICE, &of);
        let waits = waiting.find(|task| task.status == TaskStatus::Provisioning);
        lacks.extend(waits.and_then(|task| task.because.clone()));
        protected = play.protected.iter().cloned().collect();
        let deployment = service.deployment.as_ref().and_then(|id| {
            snapshot.get::<ServiceDeployment>(&ServiceDeployment::key_of(&service.cluster, &service.name, id))
        });
        ends = deployment.map(|d| d.status.to_string());
        if !service.steady && lacks.is_empty() {
            lacks.push("it does not come to a steady state".to_string());
        }
    }
    if !play.rests {
        lacks.push("it was not rehearsed to its end: that takes too long".to_string());
    }
    let mut peak = Peak::default();
    for moment in &play.seen {
        peak.cpu_units = peak.cpu_units.max(moment.cpu_units);
        peak.memory_mib = peak.memory_mib.max(moment.memory_mib);
        peak.addresses = peak.addresses.max(moment.addresses);
    }
    for node in snapshot.scan::<Node>(&Key::all()).filter(|node| node.takes_tasks()) {
        peak.of_cpu_units += u64::from(node.resources.cpu_units);
        peak.of_memory_mib += u64::from(node.resources.memory_mib);
    }
    Plan {
        operation: wish.operation.clone(),
        differences,
        steps: steps(&play.seen),
        bounds,
        peak,
        fits: lacks.is_empty(),
        lacks,
        ends,
        pauses: play.pauses.clone(),
        protected,
        words: play.words.clone(),
    }
}

/// Writes into each of the list when it is.
fn timed(list: &mut Value, times: impl Iterator<Item = i64>) {
    for (one, at) in list.as_array_mut().into_iter().flatten().zip(times) {
        one["atMs"] = Value::from(at);
    }
}

/// RunTask's own.
fn failures(answer: &Value) -> Vec<String> {
    let all = answer.get("failures").and_then(Value::as_array);
    let text = |failure: &Value, name: &str| {
        failure
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_string()
    };
    let told = |failure: &Value| format!("{} {}", text(failure, "reason"), text(failure, "detail"));
    all.map_or_else(Vec::new, |all| all.iter().map(told).collect())
}

fn bounds_of(service: &Service, seen: &[Moment]) -> Bounds {
    let running = |moment: &Moment| moment.tasks.values().map(|[_, running, _]| *running).sum::<u32>();
    let wanted = |moment: &Moment| {
        moment
            .tasks
            .values()
            .map(|[pending, running, _]| pending + running)
            .sum::<u32>()
    };
    let enough = seen.iter().skip_while(|moment| running(moment) < service.desired);
    Bounds {
        desired: service.desired,
        lower: service.rules.lower(service.desired),
        upper: service.rules.upper(service.desired),
        fewest: enough.map(running).min().unwrap_or(0),
        most: seen.iter().map(wanted).max().unwrap_or(0),
    }
}

/// From one moment to the next.
fn steps(seen: &[Moment]) -> Vec<Step> {
    let mut steps = Vec::new();
    for two in seen.windows(2) {
        let (before, after) = (&two[0], &two[1]);
        let mut names: Vec<&String> = before.tasks.keys().chain(after.tasks.keys()).collect();
        names.sort();
        names.dedup();
        for name in names {
            let of = |moment: &Moment| moment.tasks.get(name).copied().unwrap_or_default();
            let (was, is) = (of(before), of(after));
            let all = |counts: [u32; 3]| counts.iter().sum::<u32>();
            let wanted = |counts: [u32; 3]| counts[0] + counts[1];
            let step = Step {
                at_ms: after.at_ms,
                of: name.clone(),
                started: all(is).saturating_sub(all(was)),
                running: is[1],
                stopped: wanted(was).saturating_sub(wanted(is)),
            };
            if was != is {
                steps.push(step);
            }
        }
    }
    steps
}

impl Plan {
    pub fn to_json(&self) -> Value {
        let differences: Vec<Value> = self
            .differences
            .iter()
            .map(|d| json!({"path": d.path, "before": d.before, "after": d.after}))
            .collect();
        let steps: Vec<Value> = self
            .steps
            .iter()
            .map(|s| json!({"of": s.of, "started": s.started, "running": s.running, "stopped": s.stopped}))
            .collect();
        let texts =
            |all: &[(i64, String)]| -> Vec<Value> { all.iter().map(|(_, text)| json!({"text": text})).collect() };
        let mut plan = json!({
            "operation": self.operation,
            "differences": differences,
            "steps": steps,
            "peak": {
                "cpu": self.peak.cpu_units, "memory": self.peak.memory_mib, "addresses": self.peak.addresses,
                "ofCpu": self.peak.of_cpu_units, "ofMemory": self.peak.of_memory_mib,
            },
            "fits": self.fits,
            "lacks": self.lacks,
            "ends": self.ends,
            "pauses": texts(&self.pauses),
            "protected": self.protected,
        });
        if let Some(b) = self.bounds {
            plan["bounds"] = json!({
                "desired": b.desired, "minimum": b.lower, "maximum": b.upper, "fewest": b.fewest, "most": b.most,
            });
        }
        let hash = Digest::of(plan.to_string().as_bytes()).hex();
        plan["hash"] = Value::from(&hash[..16]);
        // What is said names tasks, whose ids no two rehearsals share with what comes.
        plan["words"] = Value::from(texts(&self.words));
        // When it happens is no part of what happens: what waits for a time of day comes sooner the later one asks.
        timed(&mut plan["steps"], self.steps.iter().map(|step| step.at_ms));
        timed(&mut plan["pauses"], self.pauses.iter().map(|(at, _)| *at));
        timed(&mut plan["words"], self.words.iter().map(|(at, _)| *at));
        plan
    }

    /// What `apply` compares: the same hash is the same plan.
    pub fn hash(&self) -> String {
        self.to_json()["hash"].as_str().unwrap_or_default().to_string()
    }
}
