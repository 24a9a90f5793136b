//! A task, as its containers are told about it.

use super::container::{self, Known};
use super::json::Object;
use super::path::Version;
use super::source::NodeFacts;
use crate::work::Work;
use link::Answer;
use link::plan::Pair;
use std::collections::BTreeMap;

/// How far the task is: where its slowest container is.
pub fn known(work: &Work) -> Known {
    work.parts.iter().map(Known::of).min().unwrap_or(Known::None)
}

/// With what the server answered when it was asked for tags.
pub fn fill(o: &mut Object<'_>, work: &Work, facts: &NodeFacts, version: Version, tags: Option<&Answer>) {
    let (assigned, plan) = (&work.assigned, &work.assigned.plan);
    let cluster = [&assigned.cluster_arn, &assigned.cluster]
        .into_iter()
        .find(|name| !name.is_empty());
    o.text("Cluster", cluster.map_or("", String::as_str));
    o.text("TaskARN", &assigned.arn);
    o.text("Family", &assigned.family);
    o.text("Revision", &assigned.revision.to_string());
    let stops = container::wants_to_stop(work) || known(work) == Known::Stopped;
    o.text("DesiredStatus", if stops { "STOPPED" } else { "RUNNING" });
    o.text("KnownStatus", known(work).as_str());
    if plan.cpu_units.is_some() || plan.memory_mib.is_some() {
        o.object("Limits", |o| {
            if let Some(units) = plan.cpu_units {
                o.number("CPU", f64::from(units) / 1024.0);
            }
            if let Some(mib) = plan.memory_mib {
                o.number("Memory", mib);
            }
        });
    }
    o.some_time("PullStartedAt", work.pull_started_at);
    o.some_time("PullStoppedAt", work.pull_stopped_at);
    o.some_time("ExecutionStoppedAt", work.execution_stopped_at);
    let zone = assigned.availability_zone.as_ref().or(facts.zone.as_ref());
    o.some_text("AvailabilityZone", zone.map_or("", String::as_str));
    if version == Version::V4 {
        o.some_text("LaunchType", &assigned.launch_type);
    }
    if let Some(answer) = tags {
        fill_tags(o, work, facts, version, answer);
    }
    let parts: Vec<usize> = (0..work.parts.len())
        .filter(|part| container::is_there(&work.parts[*part]))
        .collect();
    if !parts.is_empty() {
        o.objects("Containers", parts, |part, o| container::fill(o, work, part, version));
    }
    if version == Version::V3 {
        return;
    }
    let vpc = assigned.interface.as_ref().map_or("", |interface| &interface.vpc_id);
    o.some_text("VPCID", vpc);
    o.some_text("ServiceName", assigned.service.as_deref().unwrap_or_default());
    o.some_text("Group", &assigned.group);
    o.flag("FaultInjectionEnabled", plan.fault_injection);
}

fn fill_tags(o: &mut Object<'_>, work: &Work, facts: &NodeFacts, version: Version, answer: &Answer) {
    // Who runs on Fargate is not shown the machine.
    let shows_node = work.assigned.launch_type != "FARGATE";
    match answer {
        Answer::Tags(task, node) => {
            for (name, tags) in [("TaskTags", task), ("ContainerInstanceTags", node)] {
                if !tags.is_empty() && (shows_node || name == "TaskTags") {
                    o.map(name, map(tags));
                }
            }
        }
        Answer::No(code, message) if version == Version::V4 => {
            let asked = [
                ("TaskTags", &work.assigned.arn),
                ("ContainerInstanceTags", &facts.node_arn),
            ];
            let asked = asked.into_iter().filter(|(name, _)| shows_node || *name == "TaskTags");
            o.objects("Errors", asked, |(field, arn), o| {
                o.text("ErrorField", field);
                o.text("ErrorCode", code);
                o.text("ErrorMessage", message);
                o.text("ResourceARN", arn);
            });
        }
        _ => {}
    }
}

fn map(tags: &[Pair]) -> BTreeMap<&str, &str> {
    tags.iter().map(|tag| (tag.name.as_str(), tag.value.as_str())).collect()
}
