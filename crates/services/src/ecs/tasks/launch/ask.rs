//! What a request to launch tasks says.

use super::{network, overrides, volumes};
use crate::common::{given, tags};
use crate::ecs::tagging::shape;
use crate::ecs::{fault, names};
use api::ecs::{self, fault as declared};
use base::Scope;
use model::{Given, Launch, LaunchType, Plan, Service, Tag, TaskDefinition};
use names::DefinitionRef;
use wire::Fault;

#[derive(Clone, Debug)]
pub struct Ask {
    pub cluster: String,
    pub definition: DefinitionRef,
    pub overrides: ecs::TaskOverride,
    pub group: Option<String>,
    pub started_by: Option<String>,
    pub exec: bool,
    pub network: Option<ecs::NetworkConfiguration>,
    pub volumes: Vec<ecs::TaskVolumeConfiguration>,
    pub constraints: Vec<ecs::PlacementConstraint>,
    pub order: Vec<ecs::PlacementStrategy>,
    platform_version: Option<String>,
    tags: Vec<Tag>,
    managed_tags: bool,
    propagate_tags: bool,
    reference_id: Option<String>,
    service: Option<String>,
}

/// The longest group and reference that are taken.
const MOST_NAME: usize = 255;

impl Ask {
    /// Reads what is common to both operations, of RunTask's request; StartTask's is a part of it. `most_started_by` is
    /// where the two differ.
    pub fn read(scope: &Scope, input: &ecs::RunTaskRequest, most_started_by: usize) -> Result<Ask, Fault> {
        let changes = input.overrides.clone().unwrap_or_default();
        overrides::check_length(&changes)?;
        Ok(Ask {
            cluster: names::cluster_name(scope, input.cluster.as_deref())?,
            definition: names::definition(scope, input.task_definition.as_deref().unwrap_or_default())?,
            overrides: changes,
            group: group(input.group.as_deref())?,
            started_by: started_by(input.started_by.as_deref(), most_started_by)?,
            exec: input.enable_execute_command.unwrap_or(false),
            network: input.network_configuration.clone(),
            volumes: input.volume_configurations.clone().unwrap_or_default(),
            constraints: input.placement_constraints.clone().unwrap_or_default(),
            order: input.placement_strategy.clone().unwrap_or_default(),
            platform_version: input.platform_version.clone().filter(|v| !v.is_empty()),
            tags: shape::read(input.tags.as_deref())?,
            managed_tags: input.enable_ecs_managed_tags.unwrap_or(false),
            propagate_tags: propagates(input.propagate_tags.as_deref())?,
            reference_id: plain(input.reference_id.as_deref(), "referenceId")?,
            service: None,
        })
    }

    /// What a service says of its tasks. Its volumes are those that a task would be given.
    pub fn of_service(
        scope: &Scope,
        input: &ecs::CreateServiceRequest,
        name: &str,
        started_by: &str,
    ) -> Result<Ask, Fault> {
        let from = input.propagate_tags.as_deref();
        let own = (from == Some("SERVICE")).then_some(input.tags.as_deref()).flatten();
        Ok(Ask {
            cluster: names::cluster_name(scope, input.cluster.as_deref())?,
            definition: names::definition(scope, input.task_definition.as_deref().unwrap_or_default())?,
            overrides: ecs::TaskOverride::default(),
            group: Some(Service::group(name)),
            started_by: Some(started_by.to_string()),
            exec: input.enable_execute_command.unwrap_or(false),
            network: input.network_configuration.clone(),
            volumes: volumes::of_service(input.volume_configurations.as_deref().unwrap_or_default()),
            constraints: input.placement_constraints.clone().unwrap_or_default(),
            order: input.placement_strategy.clone().unwrap_or_default(),
            platform_version: input.platform_version.clone().filter(|v| !v.is_empty()),
            tags: shape::read(own)?,
            managed_tags: input.enable_ecs_managed_tags.unwrap_or(false),
            propagate_tags: from == Some("TASK_DEFINITION"),
            reference_id: None,
            service: Some(name.to_string()),
        })
    }

    /// The request's tags, over those of the definition if they are propagated, and the ones that ECS adds itself.
    pub fn tags_for(&self, definition: &TaskDefinition) -> Result<Vec<Tag>, Fault> {
        let below = if self.propagate_tags {
            definition.tags.as_slice()
        } else {
            &[]
        };
        let mut all = tags::merge(below, &self.tags);
        tags::check(&all).map_err(fault::invalid)?;
        if self.managed_tags {
            all.push(Tag {
                key: "aws:ecs:clusterName".to_string(),
                value: self.cluster.clone(),
            });
            all.extend(self.service.iter().map(|name| Tag {
                key: "aws:ecs:serviceName".to_string(),
                value: name.clone(),
            }));
        }
        Ok(all)
    }

    /// The version of the FARGATE platform that tasks run on; elsewhere there is none.
    pub fn platform_version(&self, plan: &Plan, launch_type: LaunchType) -> Result<Option<String>, Fault> {
        let asked = self.platform_version.as_deref();
        if launch_type != LaunchType::Fargate {
            return match asked {
                None => Ok(None),
                Some(_) => {
                    let message =
                        format!("The platform version must be null when specifying an {launch_type} launch type.");
                    Err(fault::invalid(message))
                }
            };
        }
        let windows = plan
            .os_family
            .as_deref()
            .is_some_and(|family| family.starts_with("WINDOWS"));
        let known: &[&str] = if windows { &["1.0.0"] } else { &["1.4.0", "1.3.0"] };
        match asked {
            None | Some("LATEST") => Ok(Some(known[0].to_string())),
            Some(version) if known.contains(&version) => Ok(Some(version.to_string())),
            Some(_) => {
                let message = "The specified platform version does not exist.";
                Err(Fault::new(&declared::PlatformUnknownException, message))
            }
        }
    }

    /// What a node needs to know beside the definition, when there is anything.
    pub fn for_node(&self) -> Option<Launch> {
        let volumes = ecs::RunTaskRequest {
            volume_configurations: Some(self.volumes.clone()),
            ..Default::default()
        };
        let launch = Launch {
            overrides: overrides::for_node(&self.overrides),
            network: network::wish(self.network.as_ref()),
            reference_id: self.reference_id.clone(),
            volumes: if self.volumes.is_empty() {
                Given::default()
            } else {
                given::keep(&volumes)
            },
        };
        (launch != Launch::default()).then_some(launch)
    }
}

/// Groups of services and daemons are made by services and daemons.
fn group(given: Option<&str>) -> Result<Option<String>, Fault> {
    let group = plain(given, "group")?;
    match group
        .as_deref()
        .filter(|g| g.starts_with("service:") || g.starts_with("daemon:"))
    {
        None => Ok(group),
        Some(taken) => Err(fault::invalid(format!(
            "The group '{taken}' begins with a reserved prefix."
        ))),
    }
}

fn plain(given: Option<&str>, what: &str) -> Result<Option<String>, Fault> {
    let Some(text) = given.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    if text.chars().count() > MOST_NAME || text.chars().any(char::is_control) {
        return Err(fault::invalid(format!(
            "{what} can have at most {MOST_NAME} characters."
        )));
    }
    Ok(Some(text.to_string()))
}

fn started_by(given: Option<&str>, most: usize) -> Result<Option<String>, Fault> {
    let Some(text) = given.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_/".contains(&b));
    if !plain || text.len() > most {
        return Err(fault::invalid(format!(
            "startedBy can have up to {most} letters, numbers, hyphens, forward slashes and underscores."
        )));
    }
    Ok(Some(text.to_string()))
}

fn propagates(given: Option<&str>) -> Result<bool, Fault> {
    match given {
        None | Some("NONE") => Ok(false),
        Some("TASK_DEFINITION") => Ok(true),
        Some(_) => Err(fault::invalid(
            "Tags can only be propagated from the task definition when running a task.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &ecs::RunTaskRequest) -> Result<Ask, String> {
        let task_definition = Some("web".to_string());
        let input = ecs::RunTaskRequest {
            task_definition,
            ..input.clone()
        };
        Ask::read(&Scope::new("us-east-1", "000000000000"), &input, 36).map_err(|fault| fault.message)
    }

    #[test]
    fn names_of_groups_and_starters_have_rules() {
        let group = |group: &str| {
            read(&ecs::RunTaskRequest {
                group: Some(group.to_string()),
                ..Default::default()
            })
        };
        assert_eq!(group("batch:1").map(|ask| ask.group), Ok(Some("batch:1".to_string())));
        assert!(group("service:web").is_err());
        let by = |by: &str| {
            read(&ecs::RunTaskRequest {
                started_by: Some(by.to_string()),
                ..Default::default()
            })
        };
        assert!(by("ecs-svc/0123456789").is_ok());
        assert!(by("me and you").is_err());
        assert!(by(&"a".repeat(37)).is_err());
    }

    #[test]
    fn tags_of_services_are_not_for_tasks_that_run_alone() {
        let propagate = |from: &str| {
            let propagate_tags = Some(from.to_string());
            read(&ecs::RunTaskRequest {
                propagate_tags,
                ..Default::default()
            })
            .map(|ask| ask.propagate_tags)
        };
        assert_eq!(propagate("TASK_DEFINITION"), Ok(true));
        assert_eq!(propagate("NONE"), Ok(false));
        assert!(propagate("SERVICE").is_err());
    }

    #[test]
    fn a_request_that_changes_nothing_leaves_nothing_for_the_node() {
        assert!(read(&Default::default()).expect("a plain request").for_node().is_none());
    }
}
