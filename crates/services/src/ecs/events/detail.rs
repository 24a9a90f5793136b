//! An event as EventBridge delivers it: the envelope, and the resource as the API shows it with its times as text.

use super::told::{Deployment, Told};
use crate::ecs::{names, nodes, tasks};
use api::ecs;
use base::{Scope, Timestamp};
use model::{About, ServiceEvent, ServiceRevision};
use store::View;
use wire::codec::json;
use wire::{Document, Shape};

/// `view` is any newer state: it tells of a task only what never changes, and of a node what is left of it.
pub fn text(view: &View, scope: &Scope, told: &Told, id: &str, at: Timestamp) -> String {
    let (resource, detail) = match told {
        Told::Task { after, .. } => {
            let shown = tasks::render::event(view, scope, after);
            let more = [("updatedAt", Some(at.iso8601()))];
            (shown.task_arn.clone(), shape(&shown, &more))
        }
        Told::Instance(node) => {
            let shown = ecs::ContainerInstance {
                // Of these the tasks' own events tell; they are not the node's, and not of this moment.
                running_tasks_count: None,
                pending_tasks_count: None,
                tags: None,
                ..nodes::render::node(view, scope, node, nodes::render::Shown::default())
            };
            let more = [
                ("clusterArn", Some(names::cluster_arn(scope, &node.cluster))),
                ("updatedAt", Some(at.iso8601())),
            ];
            (shown.container_instance_arn.clone(), shape(&shown, &more))
        }
        Told::Service(event) => (
            Some(names::service_arn(scope, &event.cluster, &event.service)),
            action(scope, event),
        ),
        Told::Deployment(of) => (
            Some(names::service_arn(scope, &of.cluster, &of.service)),
            deployment(of),
        ),
    };
    let second = Timestamp(at.millis() - at.millis().rem_euclid(1000));
    let members = [
        ("version", "0"),
        ("id", id),
        ("detail-type", told.kind().detail_type()),
        ("source", "aws.ecs"),
        ("account", &scope.account),
        ("time", &second.iso8601()),
        ("region", &scope.region),
    ];
    let mut out = Vec::with_capacity(detail.len() + 512);
    out.push(b'{');
    for (name, value) in members {
        member(name, value, &mut out);
        out.push(b',');
    }
    out.extend_from_slice(b"\"resources\":[");
    json::write_text(resource.as_deref().unwrap_or_default(), &mut out);
    out.extend_from_slice(b"],\"detail\":");
    out.extend_from_slice(&detail);
    out.push(b'}');
    String::from_utf8(out).expect("the writer copies text from strings and adds ASCII")
}

/// The shape with members beside its own.
fn shape(shape: &dyn Shape, more: &[(&str, Option<String>)]) -> Vec<u8> {
    let mut out = Vec::new();
    json::write_event(shape, &mut out);
    for (name, value) in more {
        let Some(value) = value else { continue };
        out.pop(); // its closing brace
        if out.len() > 1 {
            out.push(b',');
        }
        member(name, value, &mut out);
        out.push(b'}');
    }
    out
}

fn member(name: &str, value: &str, out: &mut Vec<u8>) {
    json::write_text(name, out);
    out.push(b':');
    json::write_text(value, out);
}

fn object(members: Vec<(&str, Document)>) -> Vec<u8> {
    let members = members.into_iter().map(|(name, value)| (name.to_string(), value));
    let mut out = Vec::new();
    json::write_document(&Document::Map(members.collect()), &mut out);
    out
}

fn word(text: impl Into<String>) -> Document {
    Document::Text(text.into())
}

fn action(scope: &Scope, event: &ServiceEvent) -> Vec<u8> {
    let mut members = vec![
        ("eventType", word(event.level.as_deref().unwrap_or("INFO"))),
        ("eventName", word(event.name.as_deref().unwrap_or_default())),
        ("clusterArn", word(names::cluster_arn(scope, &event.cluster))),
        ("createdAt", word(event.at.iso8601())),
    ];
    if let Some(about) = &event.about {
        members.extend(said(scope, event, about));
    }
    object(members)
}

/// What there is to say beside the name. Lists without anything in them are left out.
fn said(scope: &Scope, event: &ServiceEvent, about: &About) -> Vec<(&'static str, Document)> {
    let (cluster, service) = (&event.cluster, &event.service);
    let list = |ids: &[String], arn: &dyn Fn(&str) -> String| {
        let arns: Vec<Document> = ids.iter().map(|id| word(arn(id))).collect();
        (!arns.is_empty()).then_some(Document::List(arns))
    };
    let members = [
        ("reason", about.reason.as_deref().map(word)),
        ("desiredCount", about.desired.map(|count| Document::Whole(count.into()))),
        (
            "taskArns",
            list(&about.tasks, &|id| names::task_arn(scope, cluster, id)),
        ),
        (
            "taskSetArns",
            list(&about.task_sets, &|id| names::task_set_arn(scope, cluster, service, id)),
        ),
        (
            "containerInstanceArns",
            list(&about.nodes, &|id| names::node_arn(scope, cluster, id)),
        ),
        (
            "capacityProviderArns",
            list(&about.providers, &|name| names::provider_arn(scope, name)),
        ),
    ];
    members
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

fn deployment(of: &Deployment) -> Vec<u8> {
    object(vec![
        ("eventType", word(of.level.as_str())),
        ("eventName", word(of.name.as_str())),
        ("deploymentId", word(ServiceRevision::shown_as(&of.revision))),
        ("updatedAt", word(of.at.iso8601())),
        ("reason", word(of.reason.as_str())),
    ])
}
