//! Which capabilities a node must have to run a definition: its `requiresAttributes`.
//!
//! What each feature needs is what AWS answers for it: a version of the container engine's API, or a capability of the
//! agent. Old names begin with `com.amazonaws.ecs.capability.`, newer ones with `ecs.capability.`.

mod order;

use super::rules::environment::{NODE_FILE, Source, source};
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
    order::of(needs.0)
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
        let files = list(&container.environment_files);
        if files.iter().any(|file| !text(&file.value).starts_with(NODE_FILE)) {
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

#[cfg(test)]
mod tests;
