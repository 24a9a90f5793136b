//! Which task somebody means, and where what its containers said is: asked of the server, and looked up on the disk.
//!
//! The server knows more; the disk is enough for what runs here now and for logs that are kept here.

use crate::client::{Api, CallError, ECS};
use crate::report::Report;
use agent::machine::Paths;
use agent::{Journal, Stage, Work};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use telemetry::driver::Options;

/// Named in an error at most.
const MOST_NAMED: usize = 10;

/// A task: its id, and its cluster if the server knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub id: String,
    pub cluster: Option<String>,
}

/// One of its containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    pub name: String,
    /// What the runtime calls its first run, once there is one.
    pub runtime_id: Option<String>,
    pub log: Log,
}

/// Where what it says goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Log {
    /// To files of the node.
    Kept,
    /// To a stream of the server's logs. One without prefix is named after the container, once that has a name.
    Sent { group: String, stream: Option<String> },
    /// To nobody who could be asked.
    Nowhere { driver: String },
}

/// What is known of a task now.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub containers: Vec<Container>,
    /// Nothing more will be said.
    pub over: bool,
}

/// The task whose ARN or id this is, or whose id begins with it.
pub async fn task(api: Option<&Api>, paths: &Paths, word: &str) -> Result<Task, Report> {
    let by_arn = word.starts_with("arn:");
    let id = match by_arn {
        true => word.rsplit('/').next().unwrap_or_default(),
        false => word,
    };
    if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Report::new(format!("{word} names no task")).hint("a task's id, its beginning, or its ARN"));
    }
    let mut all: BTreeMap<String, Option<String>> = on_disk(paths).into_iter().map(|id| (id, None)).collect();
    if let Some(api) = api {
        let known = listed(api).await;
        let known = known.map_err(|e| Report::new("the server does not list its tasks").because(e))?;
        all.extend(known.into_iter().map(|(id, cluster)| (id, Some(cluster))));
    }
    choose(&all, id, by_arn).map_err(|error| match error {
        Unclear::Unknown => {
            Report::new(format!("there is no task {word} here")).hint("aws ecs list-tasks, or gantry top")
        }
        Unclear::Several(ids) => {
            let more = ids.len().saturating_sub(MOST_NAMED);
            let mut named = ids[..ids.len().min(MOST_NAMED)].join(", ");
            if more > 0 {
                named.push_str(&format!(" and {more} more"));
            }
            Report::new(format!("{word} could be {} tasks: {named}", ids.len())).hint("give more of the id")
        }
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Unclear {
    Unknown,
    Several(Vec<String>),
}

fn choose(all: &BTreeMap<String, Option<String>>, id: &str, whole: bool) -> Result<Task, Unclear> {
    let task = |(id, cluster): (&String, &Option<String>)| Task {
        id: id.clone(),
        cluster: cluster.clone(),
    };
    if let Some(exactly) = all.get_key_value(id) {
        return Ok(task(exactly));
    }
    let mut begin = all
        .range(id.to_string()..)
        .take_while(|(other, _)| other.starts_with(id));
    match (begin.next(), begin.next()) {
        _ if whole => Err(Unclear::Unknown),
        (None, _) => Err(Unclear::Unknown),
        (Some(one), None) => Ok(task(one)),
        (Some(one), Some(two)) => {
            let ids = [one, two].into_iter().chain(begin).map(|(id, _)| id.clone());
            Err(Unclear::Several(ids.collect()))
        }
    }
}

/// Every task that the server knows, with its cluster.
async fn listed(api: &Api) -> Result<Vec<(String, String)>, CallError> {
    let mut all = Vec::new();
    for cluster in api.list(ECS, "ListClusters", json!({}), "clusterArns").await? {
        for status in ["RUNNING", "STOPPED"] {
            let input = json!({"cluster": cluster, "desiredStatus": status});
            let arns = api.list(ECS, "ListTasks", input, "taskArns").await?;
            let ids = arns.iter().filter_map(|arn| arn.rsplit('/').next());
            all.extend(ids.map(|id| (id.to_string(), cluster.clone())));
        }
    }
    Ok(all)
}

/// The tasks that are at work here, and those of whom logs are kept.
fn on_disk(paths: &Paths) -> Vec<String> {
    let kept = std::fs::read_dir(paths.logs()).into_iter().flatten().flatten();
    let kept = kept.filter_map(|entry| entry.file_name().into_string().ok());
    kept.chain(works(paths).into_iter().map(|work| work.assigned.id))
        .collect()
}

/// What the node that belongs to this directory is at.
pub fn works(paths: &Paths) -> Vec<Work> {
    if !paths.journal().is_dir() {
        return Vec::new();
    }
    let read = Journal::open(&paths.journal()).and_then(|journal| journal.read());
    read.map(|(works, _)| works).unwrap_or_default()
}

/// All that can be found out of a task now. The server may not answer for a while: then the disk has to do.
pub async fn known(api: Option<&Api>, paths: &Paths, task: &Task) -> Known {
    let mut silent = false;
    if let (Some(api), Some(cluster)) = (api, &task.cluster) {
        match told(api, cluster, &task.id).await {
            Ok(Some(known)) => return known,
            Ok(None) => {} // forgotten by now
            Err(_) => silent = true,
        }
    }
    if let Some(work) = works(paths).iter().find(|work| work.assigned.id == task.id) {
        return of_work(work);
    }
    let kept = std::fs::read_dir(paths.logs().join(&task.id))
        .into_iter()
        .flatten()
        .flatten();
    let mut names: Vec<String> = kept.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    let container = |name| Container {
        name,
        runtime_id: None,
        log: Log::Kept,
    };
    Known {
        containers: names.into_iter().map(container).collect(),
        over: !silent,
    }
}

async fn told(api: &Api, cluster: &str, id: &str) -> Result<Option<Known>, CallError> {
    let described = api
        .call(ECS, "DescribeTasks", &json!({"cluster": cluster, "tasks": [id]}))
        .await?;
    let Some(task) = described["tasks"].as_array().and_then(|tasks| tasks.first()) else {
        return Ok(None);
    };
    let definition = json!({"taskDefinition": task["taskDefinitionArn"]});
    let definition = api.call(ECS, "DescribeTaskDefinition", &definition).await?;
    let definitions = definition["taskDefinition"]["containerDefinitions"].as_array();
    let container = |defined: &Value| {
        let name = defined["name"].as_str()?.to_string();
        let mut containers = task["containers"].as_array().into_iter().flatten();
        let told = containers.find(|told| told["name"] == defined["name"]);
        let runtime_id = told.and_then(|told| told["runtimeId"].as_str()).map(str::to_string);
        let config = &defined["logConfiguration"];
        let options = config["options"].as_object().into_iter().flatten();
        let options: Vec<(&str, &str)> = options.filter_map(|(n, v)| Some((n.as_str(), v.as_str()?))).collect();
        Some(Container {
            log: log(config["logDriver"].as_str(), &options, &name, id, runtime_id.as_deref()),
            name,
            runtime_id,
        })
    };
    Ok(Some(Known {
        containers: definitions.into_iter().flatten().filter_map(container).collect(),
        over: task["lastStatus"] == "STOPPED",
    }))
}

fn of_work(work: &Work) -> Known {
    let container = |(part, plan): (usize, &link::ContainerPlan)| {
        let state = &work.parts[part];
        let runtime_id = (state.stage >= Stage::Starting).then(|| state.id.clone());
        let options = plan.log.iter().flat_map(|log| &log.options);
        let options: Vec<(&str, &str)> = options.map(|p| (p.name.as_str(), p.value.as_str())).collect();
        let driver = plan.log.as_ref().map(|log| log.driver.as_str());
        Container {
            name: plan.name.clone(),
            log: log(driver, &options, &plan.name, &work.assigned.id, runtime_id.as_deref()),
            runtime_id,
        }
    };
    Known {
        containers: work
            .assigned
            .plan
            .containers
            .iter()
            .enumerate()
            .map(container)
            .collect(),
        over: work.all_over(),
    }
}

fn log(driver: Option<&str>, options: &[(&str, &str)], container: &str, task: &str, runtime_id: Option<&str>) -> Log {
    match (driver, Options::parse(options.iter().copied())) {
        (Some("awslogs"), Ok(options)) => Log::Sent {
            stream: match (&options.stream, &options.stream_prefix, runtime_id) {
                (None, None, None) => None,
                _ => Some(options.stream_for(container, task, runtime_id.unwrap_or_default())),
            },
            group: options.group,
        },
        (Some(driver @ ("awslogs" | "none")), _) => Log::Nowhere {
            driver: driver.to_string(),
        },
        _ => Log::Kept,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_names_a_task_when_only_one_begins_so() {
        let all = ["aa11", "aa22", "bb"]
            .map(|id| (id.to_string(), Some("c".to_string())))
            .into();
        let id = |word, whole| choose(&all, word, whole).map(|task| task.id);
        assert_eq!(id("aa1", false), Ok("aa11".to_string()));
        assert_eq!(id("b", false), Ok("bb".to_string()));
        assert_eq!(id("bb", true), Ok("bb".to_string()));
        assert_eq!(id("b", true), Err(Unclear::Unknown), "an ARN names all of an id");
        assert_eq!(id("c", false), Err(Unclear::Unknown));
        assert_eq!(
            id("aa", false),
            Err(Unclear::Several(vec!["aa11".to_string(), "aa22".to_string()]))
        );
    }

    #[test]
    fn an_id_that_begins_another_is_still_an_id() {
        let all = ["aa", "aab"].map(|id| (id.to_string(), None)).into();
        assert_eq!(choose(&all, "aa", false).map(|task| task.id), Ok("aa".to_string()));
    }

    #[test]
    fn the_driver_says_where_logs_are() {
        let sent = |stream: Option<&str>| Log::Sent {
            group: "g".to_string(),
            stream: stream.map(str::to_string),
        };
        let group = ("awslogs-group", "g");
        let prefix = ("awslogs-stream-prefix", "p");
        let of = |driver, options: &[(&str, &str)], run| log(driver, options, "app", "t1", run);
        assert_eq!(of(Some("awslogs"), &[group, prefix], None), sent(Some("p/app/t1")));
        assert_eq!(of(Some("awslogs"), &[group], Some("run")), sent(Some("run")));
        assert_eq!(of(Some("awslogs"), &[group], None), sent(None), "not named yet");
        assert!(matches!(of(Some("awslogs"), &[], None), Log::Nowhere { .. }));
        assert!(matches!(of(Some("none"), &[], None), Log::Nowhere { .. }));
        assert_eq!(of(Some("json-file"), &[], None), Log::Kept);
        assert_eq!(of(None, &[], None), Log::Kept);
    }
}
