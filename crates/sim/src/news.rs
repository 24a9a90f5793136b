//! Changes as a person reads them. Clients of the API see the same by asking again and again.

use model::{HookStatus, Node, Service, ServiceDeployment, ServiceEvent, Task, TaskStatus};
use store::Change;

/// Nothing when the change is not worth telling.
pub fn of_change(change: &Change) -> Vec<String> {
    if let Some((before, after)) = change.of::<Task>() {
        return of_task(before.as_deref(), after.as_deref());
    }
    if let Some((before, after)) = change.of::<Node>() {
        return of_node(before.as_deref(), after.as_deref());
    }
    if let Some((None, Some(event))) = change.of::<ServiceEvent>() {
        return vec![shortened(&event.message)];
    }
    if let Some((before, Some(after))) = change.of::<ServiceDeployment>() {
        return of_deployment(before.as_deref(), &after);
    }
    if let Some((Some(before), Some(after))) = change.of::<Service>()
        && before.status != after.status
    {
        return vec![format!("service {} {} -> {}", after.name, before.status, after.status)];
    }
    Vec::new()
}

fn of_deployment(before: Option<&ServiceDeployment>, new: &ServiceDeployment) -> Vec<String> {
    let name = format!("deployment {} of {}", short(&new.id), new.service);
    let Some(old) = before else {
        return vec![format!("{name} is {}", new.status)];
    };
    let mut news = Vec::new();
    for run in &new.hooks {
        let was = old.hooks.iter().find(|was| was.id == run.id).map(|was| was.status);
        if was != Some(run.status) && (was.is_some() || run.status == HookStatus::AwaitingAction) {
            news.push(format!("{name}: the hook at {} is {}", run.stage, run.status));
        }
    }
    if old.status != new.status {
        let why = new.reason.as_ref().filter(|_| old.reason != new.reason);
        let why = why.map_or(String::new(), |why| format!(": {}", shortened(why)));
        news.push(format!("{name} {} -> {}{why}", old.status, new.status));
    }
    news
}

/// The text with ids cut short.
fn shortened(text: &str) -> String {
    let is_id = |word: &str| word.len() >= 19 && word.chars().all(|c| c.is_ascii_hexdigit());
    let mut told = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() {
            word.push(c);
            continue;
        }
        told.push_str(if is_id(&word) { short(&word) } else { &word });
        word.clear();
        told.push(c);
    }
    told.pop();
    told
}

fn of_task(before: Option<&Task>, after: Option<&Task>) -> Vec<String> {
    let mut news = Vec::new();
    match (before, after) {
        (None, Some(new)) => {
            let node = new
                .node
                .as_ref()
                .map_or(String::new(), |node| format!(" on node {}", short(node)));
            news.push(format!("task {} is {}{node}", short(&new.id), new.status));
        }
        (Some(old), Some(new)) => {
            let stops = old.desired != new.desired && new.desired == TaskStatus::Stopped;
            if stops && !new.is_stopped() {
                news.push(format!("task {} is asked to stop", short(&new.id)));
            }
            if old.status != new.status {
                let why = new.stopped_reason.as_ref().filter(|_| new.is_stopped());
                let why = why.map_or(String::new(), |why| format!(": {why}"));
                news.push(format!("task {} {} -> {}{why}", short(&new.id), old.status, new.status));
            }
        }
        (Some(old), None) => news.push(format!("task {} is forgotten", short(&old.id))),
        (None, None) => {}
    }
    news
}

fn of_node(before: Option<&Node>, after: Option<&Node>) -> Vec<String> {
    let Some(new) = after else { return Vec::new() };
    let mut news = Vec::new();
    let name = short(&new.id);
    if let Some(old) = before.filter(|old| old.status != new.status) {
        news.push(format!("node {name} {} -> {}", old.status, new.status));
    }
    if before.is_some_and(|old| old.connected) != new.connected {
        news.push(format!(
            "node {name} is {}",
            if new.connected { "connected" } else { "away" }
        ));
    }
    news
}

/// Enough of an id to tell it from others.
pub fn short(id: &str) -> &str {
    id.get(..8).unwrap_or(id)
}
