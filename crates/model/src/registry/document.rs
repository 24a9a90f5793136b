//! Manifests, indexes and artifacts as documents: what of them matters here.

use super::change::MOST_PARTS;
use super::manifest::{digest_is_good, digest_of};
use super::{Manifest, Part, RepositoryId};
use serde::Deserialize;
use std::collections::BTreeMap;

pub const MOST_BYTES: usize = 4 << 20;

pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const OCI_ARTIFACT: &str = "application/vnd.oci.artifact.manifest.v1+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// Media types are short; so many of them are kept.
const MOST_MEDIA_TYPE: usize = 255;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    schema_version: Option<u64>,
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    blobs: Option<Vec<Descriptor>>,
    manifests: Option<Vec<Descriptor>>,
    subject: Option<Descriptor>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    #[serde(default)]
    media_type: String,
    digest: String,
    size: i64,
    #[serde(default)]
    urls: Option<Vec<String>>,
}

/// Reads a document that was sent as that type. What it says of itself must agree; the error tells what is wrong.
pub fn read(repository: &RepositoryId, bytes: &[u8], sent_as: &str) -> Result<Manifest, String> {
    let document: Document = serde_json::from_slice(bytes).map_err(|e| format!("it cannot be read: {e}"))?;
    let says = document.media_type.as_deref().filter(|says| !says.is_empty());
    // Who sends it should say what it is, and need not.
    let media_type = match sent_as.split(';').next().unwrap_or("").trim() {
        "" => says.unwrap_or(""),
        said => said,
    };
    if let Some(says) = says.filter(|says| *says != media_type) {
        return Err(format!("it was sent as {media_type} and says that it is {says}"));
    }
    if document.schema_version == Some(1) {
        return Err("schema version 1 is not supported: push the image again".to_string());
    }
    let is_index = matches!(media_type, OCI_INDEX | DOCKER_LIST);
    if media_type == OCI_ARTIFACT {
        // The only form without a schema version.
    } else if document.schema_version != Some(2) {
        return Err("schemaVersion must be 2".to_string());
    } else if !is_index && !matches!(media_type, OCI_MANIFEST | DOCKER_MANIFEST) {
        return Err(format!("{media_type:?} is no media type of a manifest"));
    }
    if is_index != document.manifests.is_some() {
        let what = if is_index { "an index has" } else { "only an index has" };
        return Err(format!("{what} manifests"));
    }
    let is_image = matches!(media_type, OCI_MANIFEST | DOCKER_MANIFEST);
    if is_image && (document.config.is_none() || document.layers.is_none()) {
        return Err("config and layers are missing".to_string());
    }
    let config = document.config.map(part).transpose()?;
    let layers = document.layers.into_iter().chain(document.blobs).flatten();
    let layers: Vec<Part> = layers.map(part).collect::<Result<_, _>>()?;
    let listed = document.manifests.into_iter().flatten().map(part);
    let mut manifests: Vec<String> = listed.map(|part| Ok(part?.digest)).collect::<Result<_, String>>()?;
    manifests.sort();
    manifests.dedup();
    if layers.len() > MOST_PARTS || manifests.len() > MOST_PARTS {
        return Err(format!("it names more than {MOST_PARTS} others"));
    }
    let artifact_type = document.artifact_type.filter(|kind| !kind.is_empty());
    let by_config = || {
        config
            .as_ref()
            .filter(|_| media_type == OCI_MANIFEST)
            .map(|c| c.media_type.clone())
    };
    let artifact_type = artifact_type.or_else(by_config);
    if artifact_type.as_ref().is_some_and(|kind| kind.len() > MOST_MEDIA_TYPE) {
        return Err("the artifact type is too long".to_string());
    }
    Ok(Manifest {
        repository: repository.clone(),
        digest: digest_of(bytes),
        media_type: media_type.to_string(),
        size: bytes.len() as u64,
        artifact_type,
        config,
        layers,
        manifests,
        subject: document.subject.map(part).transpose()?.map(|part| part.digest),
        pushed_at: base::Timestamp(0),
        pulled_at: None,
        archived_at: None,
        last_archived_at: None,
        last_activated_at: None,
    })
}

fn part(descriptor: Descriptor) -> Result<Part, String> {
    let Descriptor {
        media_type,
        digest,
        size,
        urls,
    } = descriptor;
    if !digest_is_good(&digest) {
        return Err("a descriptor has a digest that is none of sha256".to_string());
    }
    let size = u64::try_from(size).map_err(|_| format!("the size of {digest} is negative"))?;
    if media_type.len() > MOST_MEDIA_TYPE {
        return Err(format!("the media type of {digest} is too long"));
    }
    Ok(Part {
        elsewhere: may_be_elsewhere(&media_type) && urls.is_some_and(|urls| !urls.is_empty()),
        digest,
        size,
        media_type,
    })
}

/// Layers that may not be given to everybody are fetched from where the manifest says. Nothing else is.
fn may_be_elsewhere(media_type: &str) -> bool {
    media_type == "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
        || media_type.starts_with("application/vnd.oci.image.layer.nondistributable.v1.tar")
}

/// What an index says of those that it lists.
pub fn listed(bytes: &[u8]) -> Vec<Part> {
    let document: Option<Document> = serde_json::from_slice(bytes).ok();
    let listed = document.and_then(|document| document.manifests).unwrap_or_default();
    listed.into_iter().filter_map(|one| part(one).ok()).collect()
}

/// What a document says of its own type.
pub fn media_type(bytes: &[u8]) -> Option<String> {
    let document: Option<Document> = serde_json::from_slice(bytes).ok();
    document?.media_type.filter(|said| !said.is_empty())
}

/// The annotations of a document that was read before.
pub fn annotations(bytes: &[u8]) -> BTreeMap<String, String> {
    let document: Option<Document> = serde_json::from_slice(bytes).ok();
    document.and_then(|document| document.annotations).unwrap_or_default()
}

/// About how many bytes annotations have where they are written.
pub fn bytes_of(annotations: &BTreeMap<String, String>) -> usize {
    annotations.iter().map(|(name, value)| name.len() + value.len()).sum()
}

/// Whether somebody who accepts these takes that type. Who does not say it takes anything.
pub fn is_accepted<'a>(accepts: impl Iterator<Item = &'a str>, media_type: &str) -> bool {
    let mut said = false;
    for one in accepts.flat_map(|header| header.split(',')) {
        let range = one.split(';').next().unwrap_or("").trim();
        if range.is_empty() {
            continue;
        }
        said = true;
        let kind = range.strip_suffix("/*").map(|kind| format!("{kind}/"));
        if range == "*/*" || range == media_type || kind.is_some_and(|kind| media_type.starts_with(&kind)) {
            return true;
        }
    }
    !said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str, sent_as: &str) -> Result<Manifest, String> {
        read(
            &RepositoryId::new("000000000000", "us-east-1", "ab"),
            json.as_bytes(),
            sent_as,
        )
    }

    fn descriptor(of: &str) -> String {
        format!(
            r#"{{"mediaType":"t/{of}","digest":"{}","size":3}}"#,
            digest_of(of.as_bytes())
        )
    }

    #[test]
    fn what_a_manifest_names_is_found() {
        let (config, layer, about) = (descriptor("c"), descriptor("l"), descriptor("s"));
        let json = format!(r#"{{"schemaVersion":2,"config":{config},"layers":[{layer}],"subject":{about}}}"#);
        let manifest = parse(&json, "application/vnd.oci.image.manifest.v1+json; charset=utf-8").unwrap();
        assert_eq!(manifest.digest, digest_of(json.as_bytes()));
        assert_eq!(manifest.artifact_type.as_deref(), Some("t/c"));
        assert_eq!(manifest.subject, Some(digest_of(b"s")));
        let blobs: Vec<_> = manifest.blobs().map(|part| part.digest.clone()).collect();
        assert_eq!(blobs, [digest_of(b"c"), digest_of(b"l")]);
        assert_eq!(manifest.image_bytes(), 6);

        let json = format!(
            r#"{{"schemaVersion":2,"mediaType":"{OCI_INDEX}","artifactType":"a/b","manifests":[{layer},{layer}]}}"#
        );
        let index = parse(&json, OCI_INDEX).unwrap();
        assert_eq!(
            (index.manifests, index.artifact_type.as_deref()),
            (vec![digest_of(b"l")], Some("a/b"))
        );
    }

    #[test]
    fn nonsense_is_refused() {
        let (config, layer) = (descriptor("c"), descriptor("l"));
        let good = format!(r#"{{"schemaVersion":2,"config":{config},"layers":[{layer}]}}"#);
        assert!(parse(&good, DOCKER_MANIFEST).is_ok());
        let named = good.replace("{\"schema", &format!("{{\"mediaType\":\"{OCI_MANIFEST}\",\"schema"));
        let media_type = parse(&named, "").map(|manifest| manifest.media_type);
        assert_eq!(
            media_type.as_deref(),
            Ok(OCI_MANIFEST),
            "who does not say it has it say it itself"
        );
        for (json, sent_as) in [
            ("", OCI_MANIFEST),
            ("[]", OCI_MANIFEST),
            ("{}", OCI_MANIFEST),
            (r#"{"schemaVersion":1}"#, OCI_MANIFEST),
            (r#"{"schemaVersion":2}"#, OCI_MANIFEST),
            (r#"{"schemaVersion":2}"#, OCI_INDEX),
            (&good, OCI_INDEX),
            (&good, ""),
            (&good, "text/plain"),
            (
                &good.replace("\"schemaVersion\":2", "\"schemaVersion\":3"),
                OCI_MANIFEST,
            ),
            (&good.replace("sha256:", "sha512:"), OCI_MANIFEST),
            (&good.replace(":3", ":-3"), OCI_MANIFEST),
            (
                &good.replace("{\"schema", &format!("{{\"mediaType\":\"{OCI_INDEX}\",\"schema")),
                OCI_MANIFEST,
            ),
            (&good.replace("t/l", &"x".repeat(300)), OCI_MANIFEST),
        ] {
            assert!(parse(json, sent_as).is_err(), "{json} as {sent_as}");
        }
    }

    #[test]
    fn who_says_what_it_takes_gets_nothing_else() {
        let takes = |headers: &[&str]| is_accepted(headers.iter().copied(), OCI_MANIFEST);
        assert!(takes(&[]) && takes(&[""]) && takes(&["*/*"]) && takes(&["application/*;q=0.1"]));
        assert!(takes(&[OCI_INDEX, &format!("{DOCKER_LIST}, {OCI_MANIFEST};q=1")]));
        assert!(!takes(&[OCI_INDEX]) && !takes(&["text/*"]));
    }
}
