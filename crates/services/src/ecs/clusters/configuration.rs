//! What a cluster's settings, configuration and service connect defaults may say, and what AWS fills in.

use crate::ecs::fault;
use api::ecs;
use wire::Fault;

const INSIGHTS: &str = "containerInsights";
const INSIGHTS_VALUES: [&str; 3] = ["enabled", "disabled", "enhanced"];

/// Settings as they were given, each at most once and with one of its values.
pub fn settings(given: Vec<ecs::ClusterSetting>) -> Result<Vec<ecs::ClusterSetting>, Fault> {
    if given.len() > 1 {
        return Err(fault::invalid("A cluster setting can be specified only once."));
    }
    for setting in &given {
        let value = setting.value.as_deref().unwrap_or_default();
        if setting.name.as_deref() != Some(INSIGHTS) || !INSIGHTS_VALUES.contains(&value) {
            return Err(fault::invalid(format!(
                "Invalid cluster setting: '{}' with the value '{value}'. {INSIGHTS} can be {}.",
                setting.name.as_deref().unwrap_or_default(),
                INSIGHTS_VALUES.join(", ")
            )));
        }
    }
    Ok(given)
}

/// The one setting that there is, with a value.
pub fn insights(value: String) -> Vec<ecs::ClusterSetting> {
    vec![ecs::ClusterSetting {
        name: Some(INSIGHTS.to_string()),
        value: Some(value),
    }]
}

/// The configuration with AWS's defaults: logging is `DEFAULT`, encryption is off.
pub fn complete(given: ecs::ClusterConfiguration) -> Result<ecs::ClusterConfiguration, Fault> {
    let storage = given.managed_storage_configuration.iter();
    let keys = storage.flat_map(|s| s.kms_key_id.iter().chain(&s.fargate_ephemeral_storage_kms_key_id));
    if keys.into_iter().any(|key| key.contains("mrk-")) {
        return Err(fault::invalid(
            "The key of a managedStorageConfiguration must be a single Region key.",
        ));
    }
    let command = given.execute_command_configuration.map(execute_command).transpose()?;
    Ok(ecs::ClusterConfiguration {
        execute_command_configuration: command,
        ..given
    })
}

fn execute_command(given: ecs::ExecuteCommandConfiguration) -> Result<ecs::ExecuteCommandConfiguration, Fault> {
    let logging = given.logging.unwrap_or_else(|| "DEFAULT".to_string());
    if logging == "OVERRIDE" && given.log_configuration.is_none() {
        return Err(fault::invalid(
            "If the OVERRIDE logging option is specified, the logConfiguration is required.",
        ));
    }
    let log = given.log_configuration.map(|log| ecs::ExecuteCommandLogConfiguration {
        cloud_watch_encryption_enabled: Some(log.cloud_watch_encryption_enabled.unwrap_or(false)),
        s3_encryption_enabled: Some(log.s3_encryption_enabled.unwrap_or(false)),
        ..log
    });
    Ok(ecs::ExecuteCommandConfiguration {
        logging: Some(logging),
        log_configuration: log,
        ..given
    })
}

/// The namespace that new services join; `None` when it is empty, which takes it away.
pub fn namespace(
    given: ecs::ClusterServiceConnectDefaultsRequest,
) -> Result<Option<ecs::ClusterServiceConnectDefaults>, Fault> {
    let name = given.namespace.unwrap_or_default();
    if name.is_empty() {
        return Ok(None);
    }
    let is_arn = name.starts_with("arn:");
    if name.chars().count() > 1024 || (!is_arn && name.contains(['<', '>', '"', '/'])) {
        let message = "The namespace name can include up to 1024 characters, and can't include greater than (>), less than (<), double \
                       quotation marks (\"), or slash (/).";
        return Err(fault::invalid(message));
    }
    Ok(Some(ecs::ClusterServiceConnectDefaults { namespace: Some(name) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(logging: Option<&str>, log: Option<ecs::ExecuteCommandLogConfiguration>) -> ecs::ClusterConfiguration {
        ecs::ClusterConfiguration {
            execute_command_configuration: Some(ecs::ExecuteCommandConfiguration {
                logging: logging.map(str::to_string),
                log_configuration: log,
                kms_key_id: None,
            }),
            managed_storage_configuration: None,
        }
    }

    #[test]
    fn override_needs_a_log_configuration() {
        assert!(complete(command(Some("OVERRIDE"), None)).is_err());
        let log = ecs::ExecuteCommandLogConfiguration {
            s3_bucket_name: Some("b".to_string()),
            ..Default::default()
        };
        let made = complete(command(Some("OVERRIDE"), Some(log))).expect("a good one");
        let command = made.execute_command_configuration.expect("it was given");
        let log = command.log_configuration.expect("it was given");
        assert_eq!(
            (log.s3_encryption_enabled, log.cloud_watch_encryption_enabled),
            (Some(false), Some(false))
        );
    }

    #[test]
    fn logging_defaults_and_nothing_stays_nothing() {
        let made = complete(command(None, None)).expect("a good one");
        assert_eq!(
            made.execute_command_configuration.and_then(|c| c.logging).as_deref(),
            Some("DEFAULT")
        );
        assert_eq!(complete(Default::default()), Ok(Default::default()));
    }

    #[test]
    fn storage_keys_are_of_one_region() {
        let storage = |key: &str| ecs::ClusterConfiguration {
            managed_storage_configuration: Some(ecs::ManagedStorageConfiguration {
                kms_key_id: Some(key.to_string()),
                fargate_ephemeral_storage_kms_key_id: None,
            }),
            ..Default::default()
        };
        assert!(complete(storage("arn:aws:kms:us-east-1:0:key/1")).is_ok());
        assert!(complete(storage("arn:aws:kms:us-east-1:0:key/mrk-1")).is_err());
    }

    #[test]
    fn insights_has_three_values() {
        assert!(settings(insights("enhanced".to_string())).is_ok());
        assert!(settings(insights("on".to_string())).is_err());
        assert!(settings([insights("enabled".to_string()), insights("disabled".to_string())].concat()).is_err());
        assert!(settings(vec![Default::default()]).is_err());
    }

    #[test]
    fn an_empty_namespace_takes_it_away() {
        let of = |name: &str| {
            namespace(ecs::ClusterServiceConnectDefaultsRequest {
                namespace: Some(name.to_string()),
            })
        };
        assert_eq!(of(""), Ok(None));
        assert!(of("internal").is_ok_and(|n| n.is_some()));
        assert!(of("arn:aws:servicediscovery:us-east-1:0:namespace/ns-1").is_ok());
        assert!(of("a/b").is_err());
    }
}
