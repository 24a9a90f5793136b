//! What those on the machine itself may ask of its agent: which node it is, and what runs on it.

use super::answer::Answer;
use super::container;
use super::json::Object;
use super::path::{Version, value};
use super::source::NodeFacts;
use super::task;
use crate::{Work, Works};

pub fn answer(path: &str, query: Option<&str>, facts: &NodeFacts, works: &Works) -> Answer {
    match path {
        "/v1/metadata" => Answer::object(200, |o| {
            o.text("Cluster", &facts.cluster);
            match facts.node_arn.as_str() {
                "" => o.null("ContainerInstanceArn"), // not registered yet
                arn => o.text("ContainerInstanceArn", arn),
            }
            o.text("Version", &facts.agent_version);
        }),
        "/v1/tasks" => tasks(query, works),
        _ => Answer::no_such_page(),
    }
}

fn tasks(query: Option<&str>, works: &Works) -> Answer {
    let (arn, docker_id) = (value(query, "taskarn"), value(query, "dockerid"));
    if !arn.is_empty() && !docker_id.is_empty() {
        return Answer::plain(
            400,
            "Request contains both dockerid and taskarn but expect at most one of these\n",
        );
    }
    let all = || works.values().filter(|work| !work.cleared);
    let found = match (arn, docker_id) {
        ("", "") => return Answer::object(200, |o| o.objects("Tasks", all(), |work, o| fill(o, work))),
        (arn, "") => all().find(|work| work.assigned.arn == arn),
        (_, id) => all().find(|work| work.parts.iter().any(|part| container::docker_id(part) == id)),
    };
    match found {
        Some(work) => Answer::object(200, |o| fill(o, work)),
        None => Answer::json(404, "{}".to_string()),
    }
}

fn fill(o: &mut Object<'_>, work: &Work) {
    o.text("Arn", &work.assigned.arn);
    o.text(
        "DesiredStatus",
        if container::wants_to_stop(work) {
            "STOPPED"
        } else {
            "RUNNING"
        },
    );
    o.text("KnownStatus", task::known(work).as_str());
    o.text("Family", &work.assigned.family);
    o.text("Version", &work.assigned.revision.to_string());
    let there = (0..work.parts.len()).filter(|part| container::is_there(&work.parts[*part]));
    o.objects("Containers", there, |part, o| {
        let (plan, state) = (work.plan(part), &work.parts[part]);
        o.text("DockerId", container::docker_id(state));
        o.text("DockerName", &container::docker_name(work, part));
        o.text("Name", &plan.name);
        o.text("Image", &plan.image);
        o.text("ImageID", state.image.as_ref().map_or("", |image| &image.id));
        container::ports(o, work, part, Version::V3);
        container::networks(o, work, part, Version::V3);
        container::volumes(o, work, part);
    });
}
