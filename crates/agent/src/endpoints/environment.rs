//! The variables that ECS gives a container, beside those that its user gave.

use super::NodeSecret;
use crate::Work;
use link::plan::NetworkMode;

/// Where every container finds its agent.
pub const ADDRESS: &str = "169.254.170.2";

/// Where the FireLens router of a task listens.
const FLUENT_PORT: &str = "24224";

/// What a container's environment depends on, beside its plan.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Empty while nobody knows it; then it is not told.
    pub region: &'a str,
    pub secret: &'a NodeSecret,
    /// Whether the image or a file of variables sets a variable of that name.
    pub sets: &'a dyn Fn(&str) -> bool,
}

/// What is to be laid over all other variables of a container. Names that lead to the agent are ECS's own and always
/// hold; of the others the user's win, and then they are not in here.
pub fn environment(work: &Work, part: usize, around: &Surroundings<'_>) -> Vec<(String, String)> {
    let plan = work.plan(part);
    let id = &work.parts[part].metadata_id;
    let mut all = vec![
        own("ECS_CONTAINER_METADATA_URI", format!("http://{ADDRESS}/v3/{id}")),
        own("ECS_CONTAINER_METADATA_URI_V4", format!("http://{ADDRESS}/v4/{id}")),
        own("ECS_AGENT_URI", format!("http://{ADDRESS}/api/{id}")),
    ];
    if work.assigned.plan.task_role.is_some() {
        let path = format!("/v2/credentials/{}", around.secret.credentials_id(work));
        all.push(own("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", path));
    }
    if plan.gpus > 0 {
        all.push(own("NVIDIA_VISIBLE_DEVICES", gpus(work, part).join(",")));
    }
    if let Some(host) = router(work, part) {
        all.push(own("FLUENT_HOST", host));
        all.push(own("FLUENT_PORT", FLUENT_PORT));
    }
    let given = |name: &str| {
        let named = |pair: &link::plan::Pair| pair.name == name;
        plan.environment.iter().any(named) || plan.secrets.iter().any(named) || (around.sets)(name)
    };
    let mut unless_given = |name: &str, value: String| {
        if !given(name) {
            all.push((name.to_string(), value));
        }
    };
    if !around.region.is_empty() {
        unless_given("AWS_REGION", around.region.to_string());
        unless_given("AWS_DEFAULT_REGION", around.region.to_string());
    }
    if !work.assigned.launch_type.is_empty() {
        unless_given("AWS_EXECUTION_ENV", format!("AWS_ECS_{}", work.assigned.launch_type));
    }
    all
}

fn own(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_string(), value.into())
}

/// A task's GPUs are dealt to its containers in their order.
fn gpus(work: &Work, part: usize) -> &[String] {
    let wanted = |part: usize| work.plan(part).gpus as usize;
    let all = &work.assigned.gpus;
    let first = (0..part).map(wanted).sum::<usize>().min(all.len());
    &all[first..(first + wanted(part)).min(all.len())]
}

/// Where a container finds the FireLens router of its task.
fn router(work: &Work, part: usize) -> Option<String> {
    let routes = |plan: &link::ContainerPlan| plan.firelens.is_some();
    let router = work.assigned.plan.containers.iter().position(routes)?;
    if router == part {
        return None;
    }
    match work.assigned.plan.network_mode {
        Some(NetworkMode::Awsvpc | NetworkMode::Host) => Some("127.0.0.1".to_string()),
        Some(NetworkMode::None) => None,
        Some(NetworkMode::Bridge) | None => work.parts[router].address.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{SECRET, task};
    use super::*;
    use link::plan::{LogConfig, Pair};

    fn nothing(_: &str) -> bool {
        false
    }

    fn told(work: &Work, part: usize, sets: &dyn Fn(&str) -> bool) -> Vec<String> {
        let around = Surroundings {
            region: "eu-west-1",
            secret: &SECRET,
            sets,
        };
        let all = environment(work, part, &around);
        all.into_iter().map(|(name, value)| format!("{name}={value}")).collect()
    }

    #[test]
    fn a_container_is_told_where_its_agent_is() {
        let mut work = task();
        let id = SECRET.credentials_id(&work);
        let all = [
            "ECS_CONTAINER_METADATA_URI=http://169.254.170.2/v3/meta-web".to_string(),
            "ECS_CONTAINER_METADATA_URI_V4=http://169.254.170.2/v4/meta-web".to_string(),
            "ECS_AGENT_URI=http://169.254.170.2/api/meta-web".to_string(),
            format!("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/credentials/{id}"),
            "AWS_REGION=eu-west-1".to_string(),
            "AWS_DEFAULT_REGION=eu-west-1".to_string(),
            "AWS_EXECUTION_ENV=AWS_ECS_EC2".to_string(),
        ];
        assert_eq!(told(&work, 0, &nothing), all);
        work.assigned.plan.task_role = None;
        work.assigned.launch_type = "FARGATE".to_string();
        let told = told(&work, 1, &nothing);
        assert!(
            told.iter()
                .all(|v| !v.contains("CREDENTIALS") && !v.contains("meta-web"))
        );
        assert!(told.contains(&"AWS_EXECUTION_ENV=AWS_ECS_FARGATE".to_string()));
    }

    #[test]
    fn the_users_region_wins_wherever_it_was_given_but_the_agents_names_hold() {
        let mut work = task();
        let web = &mut work.assigned.plan.containers[0];
        web.environment = vec![Pair::new("AWS_REGION", "mine"), Pair::new("ECS_AGENT_URI", "mine")];
        web.secrets = vec![Pair::new("AWS_EXECUTION_ENV", "arn:secret")];
        let told = told(&work, 0, &|name| name == "AWS_DEFAULT_REGION");
        let names: Vec<&str> = told.iter().filter_map(|v| v.split('=').next()).collect();
        let left = [
            "ECS_CONTAINER_METADATA_URI",
            "ECS_CONTAINER_METADATA_URI_V4",
            "ECS_AGENT_URI",
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        ];
        assert_eq!(names, left);
    }

    #[test]
    fn gpus_are_dealt_in_order_and_a_router_is_found() {
        let mut work = task();
        work.assigned.gpus = ["a", "b", "c"].map(str::to_string).to_vec();
        for (plan, gpus) in work.assigned.plan.containers.iter_mut().zip([2, 1]) {
            plan.gpus = gpus;
        }
        work.assigned.plan.containers[1].firelens = Some(LogConfig::default());
        work.parts[1].address = Some("172.31.0.9".to_string());
        let web = told(&work, 0, &nothing);
        assert!(web.contains(&"NVIDIA_VISIBLE_DEVICES=a,b".to_string()), "{web:?}");
        assert!(web.contains(&"FLUENT_HOST=172.31.0.9".to_string()), "{web:?}");
        let router = told(&work, 1, &nothing);
        assert!(router.contains(&"NVIDIA_VISIBLE_DEVICES=c".to_string()), "{router:?}");
        assert!(router.iter().all(|v| !v.starts_with("FLUENT")), "{router:?}");
        work.assigned.plan.network_mode = Some(NetworkMode::Awsvpc);
        let web = told(&work, 0, &nothing);
        assert!(web.contains(&"FLUENT_HOST=127.0.0.1".to_string()), "{web:?}");
    }

    #[test]
    fn the_name_of_a_tasks_credentials_looks_random_and_stays() {
        let (work, mut other) = (task(), task());
        let id = SECRET.credentials_id(&work);
        assert_eq!(id, SECRET.credentials_id(&work));
        assert_ne!(id, NodeSecret::new([8; 32]).credentials_id(&work));
        other.assigned.key = "blue/other".to_string();
        assert_ne!(id, SECRET.credentials_id(&other));
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
    }
}
