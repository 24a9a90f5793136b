//! Manifests: what an image is made of, and which image of many fits this machine.
//!
//! Words: an *index* lists manifests for several platforms; a *manifest* names a config and layers; a *descriptor* is a
//! digest with a size and a media type. OCI's and Docker's forms differ in media types alone.

use crate::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

pub(crate) const INDEX_TYPES: [&str; 2] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
];
pub(crate) const MANIFEST_TYPES: [&str; 2] = [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];

/// The machine that an image is for, in Go's words.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Platform {
    pub os: String,
    #[serde(rename = "architecture")]
    pub arch: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

impl Platform {
    /// The machine that this runs on.
    pub fn here() -> Self {
        let arch = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        Platform {
            os: "linux".to_string(),
            arch: arch.to_string(),
            variant: None,
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.arch)?;
        self.variant.iter().try_for_each(|variant| write!(f, "/{variant}"))
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    #[serde(default)]
    pub media_type: String,
    pub digest: String,
    #[serde(default)]
    pub size: u64,
    pub platform: Option<Platform>,
    #[serde(default)]
    pub annotations: BTreeMap<String, String>,
    #[serde(default)]
    pub urls: Vec<String>,
}

/// An index or a manifest; which of the two is told by what it has.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: Option<u64>,
    manifests: Option<Vec<Descriptor>>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
}

#[derive(Debug, Clone)]
pub(crate) enum Manifest {
    Index(Vec<Descriptor>),
    Image {
        config: Descriptor,
        layers: Vec<Descriptor>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadManifest {
    /// Not JSON, or not of the right form.
    Malformed(String),
    /// The form from before 2016, which has no digests of its layers' contents.
    Schema1,
    /// A layer that the registry does not have, but somebody else's server.
    Foreign(String),
    TooManyLayers(usize),
}

/// What the kernel stacks at most, less one for the container itself; Docker's bound is the same.
const MOST_LAYERS: usize = 127;

impl Descriptor {
    /// A layer that registries need not have.
    fn is_foreign(&self) -> bool {
        let is_private = self.media_type.contains("nondistributable") && !self.urls.is_empty();
        is_private || self.media_type.contains("foreign")
    }
}

impl Manifest {
    pub fn parse(json: &[u8]) -> Result<Self, BadManifest> {
        let document: Document = serde_json::from_slice(json).map_err(|e| BadManifest::Malformed(e.to_string()))?;
        if document.schema_version == Some(1) {
            return Err(BadManifest::Schema1);
        }
        if let Some(manifests) = document.manifests {
            return Ok(Manifest::Index(manifests));
        }
        let (Some(config), Some(layers)) = (document.config, document.layers) else {
            return Err(BadManifest::Malformed("neither manifests nor config and layers".into()));
        };
        if layers.len() > MOST_LAYERS {
            return Err(BadManifest::TooManyLayers(layers.len()));
        }
        if let Some(foreign) = layers.iter().find(|l| l.is_foreign()) {
            return Err(BadManifest::Foreign(foreign.digest.clone()));
        }
        Ok(Manifest::Image { config, layers })
    }
}

/// Which of these fits best, if any.
pub(crate) fn choose<'a>(manifests: &'a [Descriptor], wanted: &Platform) -> Option<&'a Descriptor> {
    let images = manifests.iter().filter(|m| {
        let attestation = m.annotations.contains_key("vnd.docker.reference.type");
        !attestation && (m.media_type.is_empty() || is_known(&m.media_type))
    });
    let fitting = images.filter_map(|m| Some((fit(m.platform.as_ref()?, wanted)?, m)));
    fitting.min_by_key(|(fit, _)| *fit).map(|(_, m)| m)
}

fn is_known(media_type: &str) -> bool {
    INDEX_TYPES.contains(&media_type) || MANIFEST_TYPES.contains(&media_type)
}

/// How far an offer is from what is wanted: 0 is exact, `None` will not run.
pub(crate) fn fit(offered: &Platform, wanted: &Platform) -> Option<u8> {
    if offered.os != wanted.os || offered.arch != wanted.arch {
        return None;
    }
    let level = |platform: &Platform| -> Option<u8> {
        match (platform.arch.as_str(), platform.variant.as_deref()) {
            ("arm64", None) => Some(8),
            ("arm", None) => Some(7),
            (_, None) => Some(1),
            (_, Some(variant)) => variant.strip_prefix('v')?.parse().ok(),
        }
    };
    match (level(offered), level(wanted)) {
        (Some(offered), Some(wanted)) => wanted.checked_sub(offered),
        _ => (offered.variant == wanted.variant).then_some(0),
    }
}

impl Descriptor {
    pub fn digest(&self) -> Result<Digest, BadManifest> {
        self.digest
            .parse()
            .map_err(|e: crate::digest::BadDigest| BadManifest::Malformed(e.to_string()))
    }
}

impl fmt::Display for BadManifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadManifest::Malformed(why) => write!(f, "malformed manifest: {why}"),
            BadManifest::Schema1 => f.write_str("manifest schema version 1 is not supported: push the image again"),
            BadManifest::Foreign(digest) => write!(f, "foreign layer {digest} is not supported"),
            BadManifest::TooManyLayers(n) => write!(f, "{n} layers are more than the {MOST_LAYERS} allowed"),
        }
    }
}

impl std::error::Error for BadManifest {}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform(arch: &str, variant: Option<&str>) -> Platform {
        Platform {
            os: "linux".into(),
            arch: arch.into(),
            variant: variant.map(Into::into),
        }
    }

    fn offers(of: &[(&str, Option<&str>)]) -> Vec<Descriptor> {
        let offer = |(arch, variant): &(&str, Option<&str>)| Descriptor {
            media_type: INDEX_TYPES[0].into(),
            digest: format!("{arch}{}", variant.unwrap_or("")),
            size: 0,
            platform: Some(platform(arch, *variant)),
            annotations: BTreeMap::new(),
            urls: Vec::new(),
        };
        of.iter().map(offer).collect()
    }

    #[test]
    fn the_best_that_runs_is_chosen() {
        let all = offers(&[
            ("unknown", None),
            ("amd64", Some("v3")),
            ("amd64", None),
            ("arm64", Some("v8")),
            ("arm", Some("v5")),
            ("arm", Some("v6")),
        ]);
        let chosen = |arch, variant| choose(&all, &platform(arch, variant)).map(|d| d.digest.as_str());
        assert_eq!(chosen("amd64", None), Some("amd64"));
        assert_eq!(chosen("amd64", Some("v3")), Some("amd64v3"));
        assert_eq!(chosen("amd64", Some("v2")), Some("amd64"));
        assert_eq!(chosen("arm64", None), Some("arm64v8"));
        assert_eq!(chosen("arm", None), Some("armv6"));
        assert_eq!(chosen("s390x", None), None);
    }

    #[test]
    fn an_attestation_is_no_image() {
        let mut all = offers(&[("amd64", None), ("amd64", None)]);
        all[0].digest = "attestation".into();
        all[0]
            .annotations
            .insert("vnd.docker.reference.type".into(), "attestation-manifest".into());
        assert_eq!(
            choose(&all, &platform("amd64", None)).map(|d| d.digest.as_str()),
            Some("amd64")
        );
    }

    #[test]
    fn what_cannot_be_pulled_is_said_clearly() {
        let parse = |json: &str| Manifest::parse(json.as_bytes()).map(|_| ());
        assert_eq!(parse(r#"{"schemaVersion":1}"#), Err(BadManifest::Schema1));
        assert!(matches!(parse("{}"), Err(BadManifest::Malformed(_))));
        assert!(matches!(parse("["), Err(BadManifest::Malformed(_))));
        let kind = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
        let layer = format!(r#"{{"mediaType":"{kind}","digest":"sha256:1","urls":["https://elsewhere.example"]}}"#);
        let foreign = format!(r#"{{"schemaVersion":2,"config":{{"digest":"c"}},"layers":[{layer}]}}"#);
        assert_eq!(parse(&foreign), Err(BadManifest::Foreign("sha256:1".into())));
        // Others may lie elsewhere, too, and are in the registry all the same.
        assert_eq!(parse(&foreign.replace("nondistributable.", "")), Ok(()));
        let many = vec![r#"{"digest":"d"}"#; 128].join(",");
        let many = format!(r#"{{"schemaVersion":2,"config":{{"digest":"c"}},"layers":[{many}]}}"#);
        assert_eq!(parse(&many), Err(BadManifest::TooManyLayers(128)));
    }
}
