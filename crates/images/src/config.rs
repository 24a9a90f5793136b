//! The config of an image: what to run, as whom, where.

use crate::manifest::Platform;
use crate::{Digest, manifest::BadManifest};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::time::Duration;

/// What an image says about the containers made of it. Everything may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageConfig {
    pub entrypoint: Vec<String>,
    pub cmd: Vec<String>,
    /// `NAME=value`, in the image's order.
    pub env: Vec<String>,
    /// `user`, `user:group`, or numbers; empty is root.
    pub user: String,
    pub working_dir: String,
    pub stop_signal: Option<String>,
    /// `80/tcp`, sorted.
    pub exposed_ports: Vec<String>,
    /// Paths, sorted.
    pub volumes: Vec<String>,
    pub labels: BTreeMap<String, String>,
    pub health_check: Option<HealthCheck>,
    pub created: Option<String>,
    pub platform: Option<Platform>,
    /// Digests of the layers' contents, bottom to top.
    pub diff_ids: Vec<Digest>,
}

/// Docker's addition to the config; ECS itself never uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    /// `["NONE"]`, `["CMD", ..]` or `["CMD-SHELL", ".."]`.
    pub test: Vec<String>,
    pub interval: Option<Duration>,
    pub timeout: Option<Duration>,
    pub start_period: Option<Duration>,
    pub retries: Option<u32>,
}

/// `null` means absent: Go writes it for empty lists.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(from: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

#[derive(Deserialize)]
struct File {
    #[serde(default, deserialize_with = "or_default")]
    os: String,
    #[serde(default, deserialize_with = "or_default")]
    architecture: String,
    variant: Option<String>,
    created: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    config: Run,
    rootfs: Option<RootFs>,
}

#[derive(Deserialize)]
struct RootFs {
    #[serde(default, deserialize_with = "or_default")]
    diff_ids: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Run {
    #[serde(deserialize_with = "or_default")]
    entrypoint: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    cmd: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    env: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    user: String,
    #[serde(deserialize_with = "or_default")]
    working_dir: String,
    stop_signal: Option<String>,
    #[serde(deserialize_with = "or_default")]
    exposed_ports: BTreeMap<String, serde::de::IgnoredAny>,
    #[serde(deserialize_with = "or_default")]
    volumes: BTreeMap<String, serde::de::IgnoredAny>,
    #[serde(deserialize_with = "or_default")]
    labels: BTreeMap<String, String>,
    healthcheck: Option<Health>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Health {
    #[serde(default, deserialize_with = "or_default")]
    test: Vec<String>,
    /// Nanoseconds; zero means absent.
    interval: Option<i64>,
    timeout: Option<i64>,
    start_period: Option<i64>,
    retries: Option<i64>,
}

impl ImageConfig {
    pub(crate) fn parse(json: &[u8]) -> Result<Self, BadManifest> {
        let malformed = |e: String| BadManifest::Malformed(format!("config: {e}"));
        let file: File = serde_json::from_slice(json).map_err(|e| malformed(e.to_string()))?;
        let diff_ids = file.rootfs.map(|r| r.diff_ids).unwrap_or_default();
        let diff_ids: Result<Vec<Digest>, _> = diff_ids.iter().map(|d| d.parse()).collect();
        let nanos = |n: Option<i64>| {
            n.and_then(|n| u64::try_from(n).ok())
                .filter(|n| *n > 0)
                .map(Duration::from_nanos)
        };
        let run = file.config;
        Ok(ImageConfig {
            entrypoint: run.entrypoint,
            cmd: run.cmd,
            env: run.env,
            user: run.user,
            working_dir: run.working_dir,
            stop_signal: run.stop_signal.filter(|s| !s.is_empty()),
            exposed_ports: run.exposed_ports.into_keys().collect(),
            volumes: run.volumes.into_keys().collect(),
            labels: run.labels,
            health_check: run.healthcheck.map(|h| HealthCheck {
                test: h.test,
                interval: nanos(h.interval),
                timeout: nanos(h.timeout),
                start_period: nanos(h.start_period),
                retries: h.retries.and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0),
            }),
            created: file.created,
            platform: (!file.architecture.is_empty()).then(|| Platform {
                os: if file.os.is_empty() { "linux".into() } else { file.os },
                arch: file.architecture,
                variant: file.variant.filter(|v| !v.is_empty()),
            }),
            diff_ids: diff_ids.map_err(|e| malformed(e.to_string()))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_config_is_read_whole() {
        let json = format!(
            r#"{{"architecture":"amd64","os":"linux","created":"2026-01-02T03:04:05Z","config":{{
            "Entrypoint":["/init"],"Cmd":null,"Env":["A=b","PATH=/bin"],"User":"7:8","WorkingDir":"/srv","StopSignal":"SIGINT",
            "ExposedPorts":{{"80/tcp":{{}},"53/udp":{{}}}},"Volumes":{{"/data":{{}}}},"Labels":{{"k":"v"}},
            "Healthcheck":{{"Test":["CMD","true"],"Interval":5000000000,"Timeout":0,"Retries":3}}}},
            "rootfs":{{"type":"layers","diff_ids":["{}"]}}}}"#,
            Digest::of(b"x")
        );
        let config = ImageConfig::parse(json.as_bytes()).unwrap();
        assert_eq!(config.entrypoint, ["/init"]);
        assert!(config.cmd.is_empty());
        assert_eq!(config.env, ["A=b", "PATH=/bin"]);
        assert_eq!((config.user.as_str(), config.working_dir.as_str()), ("7:8", "/srv"));
        assert_eq!(config.stop_signal.as_deref(), Some("SIGINT"));
        assert_eq!(config.exposed_ports, ["53/udp", "80/tcp"]);
        assert_eq!(config.volumes, ["/data"]);
        assert_eq!(config.labels["k"], "v");
        assert_eq!(config.platform.unwrap().to_string(), "linux/amd64");
        assert_eq!(config.diff_ids, [Digest::of(b"x")]);
        let health = config.health_check.unwrap();
        assert_eq!(health.test, ["CMD", "true"]);
        assert_eq!(health.interval, Some(Duration::from_secs(5)));
        assert_eq!((health.timeout, health.retries), (None, Some(3)));
    }

    #[test]
    fn an_empty_config_is_all_defaults() {
        assert_eq!(ImageConfig::parse(b"{}").unwrap(), ImageConfig::default());
        assert_eq!(
            ImageConfig::parse(br#"{"config":null,"rootfs":null}"#).unwrap(),
            ImageConfig::default()
        );
        assert!(ImageConfig::parse(br#"{"rootfs":{"diff_ids":["md5:1"]}}"#).is_err());
    }
}
