//! Which capabilities a node must have to run a definition: its `requiresAttributes`.
//!
//! What each feature needs is what AWS answers for it: a version of the container engine's API, or a capability of the
//! agent. Old names begin with `com.amazonaws.ecs.capability.`, newer ones with `ecs.capability.`.

use super::rules::environment::{Source, source};
use super::rules::{fargate, firelens, health, list, logs, text};
use api::ecs;
use std::collections::BTreeSet;

/// The names, in the order in which AWS lists them.
pub fn required(definition: &ecs::TaskDefinition) -> Vec<String> {
    let mut needs = Needs(BTreeSet::new());
    needs.task(definition);
    for volume in list(&definition.volumes) {
        needs.volume(volume);
    }
    for container in list(&definition.container_definitions) {
        needs.container(container);
        needs.engine_features(container);
        needs.security(container);
        needs.logs(container, has_execution_role(definition));
        needs.image(container, has_execution_role(definition));
        needs.secrets(container);
    }
    in_order(needs.0)
}

fn has_execution_role(definition: &ecs::TaskDefinition) -> bool {
    !text(&definition.execution_role_arn).is_empty()
}

/// More CPU units than this need an agent that knows of so many.
const MANY_CPU_UNITS: u32 = 10_240;

struct Needs(BTreeSet<String>);

impl Needs {
    /// A capability with a name of the old kind.
    fn engine(&mut self, capability: &str) {
        self.0.insert(format!("com.amazonaws.ecs.capability.{capability}"));
    }

    fn agent(&mut self, capability: &str) {
        self.0.insert(format!("ecs.capability.{capability}"));
    }

    /// The engine's API, at this version at least.
    fn api(&mut self, version: &str) {
        self.engine(&format!("docker-remote-api.{version}"));
    }

    fn task(&mut self, definition: &ecs::TaskDefinition) {
        let mode = definition.network_mode.as_deref();
        if mode == Some("awsvpc") {
            self.agent("task-eni");
            self.api("1.18");
        }
        if !text(&definition.task_role_arn).is_empty() {
            self.engine(if mode == Some("host") {
                "task-iam-role-network-host"
            } else {
                "task-iam-role"
            });
        }
        if definition.pid_mode.is_some() || definition.ipc_mode.is_some() {
            self.agent("pid-ipc-namespace-sharing");
        }
        if matches!(definition.ipc_mode.as_deref(), Some("task" | "none")) {
            self.api("1.32");
        }
        if definition.proxy_configuration.is_some() {
            self.agent("aws-appmesh");
        }
        if definition.ephemeral_storage.is_some() {
            self.agent("extensible-ephemeral-storage");
        }
        if definition.enable_fault_injection == Some(true) {
            self.agent("fault-injection");
        }
        if definition
            .cpu
            .as_deref()
            .and_then(super::size::cpu_units)
            .is_some_and(|units| units > MANY_CPU_UNITS)
        {
            self.agent("increased-task-cpu-limit");
        }
    }

    fn volume(&mut self, volume: &ecs::Volume) {
        if let Some(docker) = &volume.docker_volume_configuration {
            self.agent(&format!(
                "docker-plugin.{}",
                docker.driver.as_deref().unwrap_or("local")
            ));
            self.api("1.25");
        }
        if volume.efs_volume_configuration.is_some() {
            self.agent("efs");
            self.agent("efsAuth");
            self.api("1.25");
        }
        if volume.fsx_windows_file_server_volume_configuration.is_some() {
            self.agent("fsxWindowsFileServer");
        }
        if volume.s3files_volume_configuration.is_some() {
            self.agent("s3files");
        }
        if volume.configured_at_launch == Some(true) {
            self.agent("storage.ebs-task-volume-attach");
        }
    }

    fn container(&mut self, container: &ecs::ContainerDefinition) {
        if container.memory_reservation.is_some() {
            self.api("1.21");
        }
        let waits = !list(&container.depends_on).is_empty();
        if waits || container.start_timeout.is_some() || container.stop_timeout.is_some() {
            self.agent("container-ordering");
        }
        if let Some(check) = container
            .health_check
            .as_ref()
            .filter(|_| health::is_checked(container))
        {
            self.agent("container-health-check");
            self.api(if check.start_period.is_some() { "1.29" } else { "1.24" });
        }
        if container
            .restart_policy
            .as_ref()
            .is_some_and(|policy| policy.enabled == Some(true))
        {
            self.agent("container-restart-policy");
        }
        if list(&container.port_mappings)
            .iter()
            .any(|mapping| mapping.container_port_range.is_some())
        {
            self.agent("network.container-port-range");
        }
        if !list(&container.environment_files).is_empty() {
            self.agent("env-files.s3");
        }
    }

    fn engine_features(&mut self, container: &ecs::ContainerDefinition) {
        let first = container.user.is_some()
            || container.working_directory.is_some()
            || container.hostname.is_some()
            || container.readonly_root_filesystem.is_some()
            || container.interactive.is_some()
            || container.pseudo_terminal.is_some()
            || container.disable_networking.is_some()
            || !list(&container.dns_servers).is_empty()
            || !list(&container.dns_search_domains).is_empty()
            || !list(&container.extra_hosts).is_empty();
        if first {
            self.api("1.17");
        }
        let labelled = container
            .docker_labels
            .as_ref()
            .is_some_and(|labels| !labels.is_empty());
        if labelled || !list(&container.ulimits).is_empty() {
            self.api("1.18");
        }
        if !list(&container.system_controls).is_empty() {
            self.api("1.24");
        }
        let Some(linux) = &container.linux_parameters else {
            return;
        };
        if linux.capabilities.is_some() || !list(&linux.devices).is_empty() {
            self.api("1.18");
        }
        if linux.shared_memory_size.is_some() || !list(&linux.tmpfs).is_empty() {
            self.api("1.22");
        }
        if linux.init_process_enabled == Some(true) {
            self.api("1.25");
        }
    }

    fn security(&mut self, container: &ecs::ContainerDefinition) {
        if container.privileged == Some(true) {
            self.engine("privileged-container");
        }
        for option in list(&container.docker_security_options) {
            match option.split([':', '=']).next().unwrap_or_default() {
                "no-new-privileges" => self.api("1.23"),
                "label" => self.engine("selinux"),
                "apparmor" => self.engine("apparmor"),
                "credentialspec" => self.agent("gmsa"),
                _ => {}
            }
        }
        for spec in list(&container.credential_specs) {
            self.agent(if spec.starts_with("credentialspecdomainless:") {
                "gmsa-domainless"
            } else {
                "gmsa"
            });
        }
    }

    fn logs(&mut self, container: &ecs::ContainerDefinition, execution_role: bool) {
        if let Some(router) = &container.firelens_configuration {
            self.agent(&format!("firelens.{}", text(&router.r#type)));
            if let kind @ ("file" | "s3") = firelens::option(router, "config-file-type") {
                self.agent(&format!("firelens.options.config.{kind}"));
            }
        }
        let Some(configured) = &container.log_configuration else {
            return;
        };
        let driver = text(&configured.log_driver);
        self.engine(&format!("logging-driver.{driver}"));
        self.api(if matches!(driver, "json-file" | "syslog") {
            "1.18"
        } else {
            "1.19"
        });
        if driver == "awslogs" && execution_role {
            self.agent("execution-role-awslogs");
        }
        if logs::option(configured, "awslogs-create-group") == "true" {
            self.api("1.29");
        }
        if !logs::option(configured, "mode").is_empty() {
            self.api("1.28");
        }
        if driver == "awsfirelens" && !logs::option(configured, "log-driver-buffer-limit").is_empty() {
            self.agent("logging-driver.awsfirelens.log-driver-buffer-limit");
        }
        for secret in list(&configured.secret_options) {
            self.secret(text(&secret.value_from), "bootstrap.log-driver");
        }
    }

    fn image(&mut self, container: &ecs::ContainerDefinition, execution_role: bool) {
        if container.repository_credentials.is_some() {
            self.agent("private-registry-authentication.secretsmanager");
        }
        if fargate::is_ecr(text(&container.image)) {
            self.engine("ecr-auth");
            if execution_role {
                self.agent("execution-role-ecr-pull");
            }
        }
    }

    fn secrets(&mut self, container: &ecs::ContainerDefinition) {
        for secret in list(&container.secrets) {
            self.secret(text(&secret.value_from), "environment-variables");
        }
    }

    fn secret(&mut self, value_from: &str, into: &str) {
        match source(value_from) {
            Some(Source::SecretsManager) => self.agent(&format!("secrets.asm.{into}")),
            Some(Source::ParameterStore) => self.agent(&format!("secrets.ssm.{into}")),
            None => {}
        }
    }
}

/// AWS lists the attributes in the order of a hash table: by the low bits of a hash over the name, with as many buckets
/// as a table of that many entries has. Told apart in recorded answers, and kept so that ours read alike.
fn in_order(names: BTreeSet<String>) -> Vec<String> {
    let mut buckets: u32 = 16;
    while names.len() as u32 * 4 > buckets * 3 {
        buckets *= 2;
    }
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_by_key(|name| hash(name) & (buckets - 1));
    names
}

fn hash(name: &str) -> u32 {
    let text = name
        .bytes()
        .fold(0u32, |h, b| h.wrapping_mul(31).wrapping_add(u32::from(b)));
    let hash = text.wrapping_add(59).wrapping_mul(59).wrapping_add(43); // the name, then a value that is not there
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::super::defaults::filled;
    use super::super::samples::*;
    use super::required;
    use api::ecs;

    fn of(request: &ecs::RegisterTaskDefinitionRequest) -> Vec<String> {
        let names = required(&filled(request)).into_iter();
        let short = |n: String| {
            n.replace("com.amazonaws.ecs.capability.", "")
                .replace("ecs.capability.", "")
        };
        names.map(short).map(|n| n.replace("docker-remote-api.", "")).collect()
    }

    fn awslogs(extra: &[(&str, &str)]) -> Option<ecs::LogConfiguration> {
        let place = [
            ("awslogs-region", "us-east-1"),
            ("awslogs-group", "/app"),
            ("awslogs-stream-prefix", "ecs"),
        ];
        let pairs = [place.as_slice(), extra].concat();
        Some(ecs::LogConfiguration {
            log_driver: text("awslogs"),
            options: options(&pairs),
            secret_options: None,
        })
    }

    const ECR: &str = "000000000000.dkr.ecr.us-east-1.amazonaws.com/app:1";

    #[test]
    fn a_bare_definition_needs_nothing() {
        assert_eq!(of(&web()), Vec::<String>::new());
        assert_eq!(of(&fargate()), ["1.18", "task-eni"]);
    }

    /// As AWS answers for the same definition, in the same order.
    #[test]
    fn environment_files_logs_and_storage_of_a_fargate_task() {
        let request = ecs::RegisterTaskDefinitionRequest {
            execution_role_arn: text("execution"),
            ephemeral_storage: Some(ecs::EphemeralStorage { size_in_gi_b: Some(21) }),
            ..fargate()
        };
        let request = with(request, |c| {
            c.image = text(ECR);
            let file = ecs::EnvironmentFile {
                value: text("arn:aws:s3:::bucket/a.env"),
                r#type: text("s3"),
            };
            c.environment_files = Some(vec![file]);
            c.ulimits = Some(Vec::new());
            c.log_configuration = awslogs(&[
                ("mode", "non-blocking"),
                ("awslogs-create-group", "true"),
                ("max-buffer-size", "25m"),
            ]);
        });
        let expected = [
            "logging-driver.awslogs",
            "execution-role-awslogs",
            "ecr-auth",
            "1.19",
            "1.28",
            "env-files.s3",
            "execution-role-ecr-pull",
            "extensible-ephemeral-storage",
            "1.18",
            "task-eni",
            "1.29",
        ];
        assert_eq!(
            as_sets_of_buckets(of(&request)),
            as_sets_of_buckets(expected.map(str::to_string).to_vec())
        );
    }

    /// With more than twelve attributes AWS's table is twice as large, and the order another.
    #[test]
    fn health_checks_order_and_secrets_of_two_containers() {
        let request = ecs::RegisterTaskDefinitionRequest {
            execution_role_arn: text("execution"),
            task_role_arn: text("app"),
            ..fargate()
        };
        let rails = with(request, |c| {
            c.image = text(ECR);
            (c.memory, c.memory_reservation) = (None, Some(512));
            c.secrets = Some(vec![ecs::Secret {
                name: text("DB"),
                value_from: text("/db"),
            }]);
            c.log_configuration = awslogs(&[("awslogs-create-group", "true")]);
            let command = Some(vec!["CMD-SHELL".to_string(), "true".to_string()]);
            c.health_check = Some(ecs::HealthCheck {
                command,
                start_period: Some(300),
                ..Default::default()
            });
        });
        let wait = ecs::ContainerDependency {
            container_name: text("web"),
            condition: text("HEALTHY"),
        };
        let nginx = ecs::ContainerDefinition {
            depends_on: Some(vec![wait]),
            memory: None,
            ..container("nginx")
        };
        let expected = [
            "execution-role-awslogs",
            "ecr-auth",
            "1.21",
            "task-iam-role",
            "container-health-check",
            "execution-role-ecr-pull",
            "secrets.ssm.environment-variables",
            "1.18",
            "task-eni",
            "1.29",
            "logging-driver.awslogs",
            "1.19",
            "container-ordering",
        ];
        assert_eq!(
            as_sets_of_buckets(of(&and(rails, nginx))),
            as_sets_of_buckets(expected.map(str::to_string).to_vec())
        );
    }

    /// Within one bucket AWS's order is that of its own evaluation, which nobody can see.
    fn as_sets_of_buckets(names: Vec<String>) -> Vec<Vec<String>> {
        let full = |name: &String| match name.as_str() {
            n if n.starts_with(|c: char| c.is_ascii_digit()) => {
                format!("com.amazonaws.ecs.capability.docker-remote-api.{n}")
            }
            n @ ("ecr-auth" | "task-iam-role" | "logging-driver.awslogs") => {
                format!("com.amazonaws.ecs.capability.{n}")
            }
            n => format!("ecs.capability.{n}"),
        };
        let buckets = if names.len() > 12 { 32 } else { 16 };
        let mut groups: Vec<(u32, Vec<String>)> = Vec::new();
        for name in names {
            let bucket = super::hash(&full(&name)) & (buckets - 1);
            match groups.last_mut().filter(|(last, _)| *last == bucket) {
                Some((_, group)) => group.push(name),
                None => groups.push((bucket, vec![name])),
            }
        }
        groups
            .into_iter()
            .map(|(_, mut group)| {
                group.sort();
                group
            })
            .collect()
    }

    #[test]
    fn roles_and_modes_of_the_host() {
        let host = ecs::RegisterTaskDefinitionRequest {
            network_mode: text("host"),
            task_role_arn: text("app"),
            ..web()
        };
        assert_eq!(of(&host), ["task-iam-role-network-host"]);
        let shared = ecs::RegisterTaskDefinitionRequest {
            pid_mode: text("host"),
            ipc_mode: text("none"),
            ..web()
        };
        assert_eq!(of(&shared), ["pid-ipc-namespace-sharing", "1.32"]);
        let large = ecs::RegisterTaskDefinitionRequest {
            cpu: text("16384"),
            memory: text("32768"),
            ..fargate()
        };
        assert_eq!(of(&large), ["increased-task-cpu-limit", "1.18", "task-eni"]);
    }

    #[test]
    fn a_volume_of_efs_needs_what_aws_says() {
        let efs = ecs::EFSVolumeConfiguration {
            file_system_id: text("fs-1"),
            ..Default::default()
        };
        let volume = ecs::Volume {
            name: text("v"),
            efs_volume_configuration: Some(efs),
            ..Default::default()
        };
        let mut names = of(&ecs::RegisterTaskDefinitionRequest {
            volumes: Some(vec![volume]),
            ..web()
        });
        names.sort();
        assert_eq!(names, ["1.25", "efs", "efsAuth"]);
    }

    #[test]
    fn privilege_and_security_options() {
        let mut names = of(&with(web(), |c| {
            c.privileged = Some(true);
            c.docker_security_options = Some(vec!["no-new-privileges".to_string(), "label:type:x".to_string()]);
        }));
        names.sort();
        assert_eq!(names, ["1.23", "privileged-container", "selinux"]);
    }
}
