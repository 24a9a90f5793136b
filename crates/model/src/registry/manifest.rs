//! What is in a repository: manifests, the tags that name them, and the blobs that they may use.

use super::RepositoryId;
use crate::record::record;
use base::Timestamp;
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};
use store::Key;

/// A blob that a manifest names.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Part {
    #[n(0)]
    pub digest: String,
    #[n(1)]
    pub size: u64,
    #[n(2)]
    pub media_type: String,
    /// Somebody else's server has it: it need not be here.
    #[n(3)]
    pub elsewhere: bool,
}

/// A manifest, an index of manifests, or an artifact: all that ECR calls an image. Its bytes are content of that digest.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Manifest {
    #[n(0)]
    pub repository: RepositoryId,
    /// `sha256:` and 64 hexadecimal digits.
    #[n(1)]
    pub digest: String,
    #[n(2)]
    pub media_type: String,
    /// Of the document itself.
    #[n(3)]
    pub size: u64,
    /// What an artifact is; for a manifest that does not say it, the media type of its config.
    #[n(4)]
    pub artifact_type: Option<String>,
    #[n(5)]
    pub config: Option<Part>,
    #[n(6)]
    pub layers: Vec<Part>,
    /// The digests that an index lists.
    #[n(7)]
    pub manifests: Vec<String>,
    /// The digest of the manifest that this one is about, which need not be here.
    #[n(8)]
    pub subject: Option<String>,
    #[n(9)]
    pub pushed_at: Timestamp,
    /// When it was pulled, a while late at times: not every pull is worth a write.
    #[n(10)]
    pub pulled_at: Option<Timestamp>,
    /// Since when it is in the archive, if it is there: nobody pulls it from there.
    #[n(11)]
    pub archived_at: Option<Timestamp>,
    #[n(12)]
    pub last_archived_at: Option<Timestamp>,
    #[n(13)]
    pub last_activated_at: Option<Timestamp>,
}

record!(
    Manifest,
    "manifest",
    |m| Manifest::key_of(&m.repository, &m.digest),
    [
        Manifest::BY_DIGEST,
        Manifest::BY_BLOB,
        Manifest::BY_LISTED,
        Manifest::BY_SUBJECT
    ],
    |m, put| {
        put(Manifest::BY_DIGEST, Key::of([&m.digest]));
        for part in m.blobs() {
            put(Manifest::BY_BLOB, Manifest::key_of(&m.repository, &part.digest));
        }
        for listed in &m.manifests {
            put(Manifest::BY_LISTED, Manifest::key_of(&m.repository, listed));
        }
        if let Some(subject) = &m.subject {
            put(Manifest::BY_SUBJECT, Manifest::key_of(&m.repository, subject));
        }
    }
);

impl Manifest {
    /// Index: digest, of all repositories.
    pub const BY_DIGEST: &'static str = "digest";
    /// Index: repository, digest of a blob that it uses.
    pub const BY_BLOB: &'static str = "blob";
    /// Index: repository, digest of a manifest that it lists.
    pub const BY_LISTED: &'static str = "listed";
    /// Index: repository, digest of its subject.
    pub const BY_SUBJECT: &'static str = "subject";

    /// Also the key under which its indexes find it: repository, then digest.
    pub fn key_of(repository: &RepositoryId, digest: &str) -> Key {
        repository.key().part(digest)
    }

    /// The blobs that must be in its repository: config and layers.
    pub fn blobs(&self) -> impl Iterator<Item = &Part> {
        self.config.iter().chain(&self.layers).filter(|part| !part.elsewhere)
    }

    /// Whether it is what containers are made of, as far as one can tell: not an index, and not an artifact of another kind.
    pub fn is_image(&self) -> bool {
        const CONFIGS: [&str; 2] = [
            "application/vnd.oci.image.config.v1+json",
            "application/vnd.docker.container.image.v1+json",
        ];
        let config = self.config.as_ref().map(|config| config.media_type.as_str());
        config.is_some_and(|config| CONFIGS.contains(&config))
    }

    /// What ECR calls the size of an image: all that is downloaded for it but the document.
    pub fn image_bytes(&self) -> u64 {
        let sizes = self.config.iter().chain(&self.layers).map(|part| part.size);
        sizes.fold(0, u64::saturating_add)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ImageTag {
    #[n(0)]
    pub repository: RepositoryId,
    #[n(1)]
    pub tag: String,
    #[n(2)]
    pub digest: String,
    #[n(3)]
    pub tagged_at: Timestamp,
}

record!(
    ImageTag,
    "image-tag",
    |t| ImageTag::key_of(&t.repository, &t.tag),
    [ImageTag::BY_MANIFEST],
    |t, put| { put(ImageTag::BY_MANIFEST, Manifest::key_of(&t.repository, &t.digest)) }
);

impl ImageTag {
    /// Index: repository, digest of the manifest.
    pub const BY_MANIFEST: &'static str = "manifest";

    pub fn key_of(repository: &RepositoryId, tag: &str) -> Key {
        repository.key().part(tag)
    }
}

/// A blob that a repository has: what is not linked is not to be seen in it, though the content may be here.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BlobLink {
    #[n(0)]
    pub repository: RepositoryId,
    #[n(1)]
    pub digest: String,
    #[n(2)]
    pub size: u64,
    /// When it was linked last: a link that no manifest uses stays for a while from then.
    #[n(3)]
    pub linked_at: Timestamp,
}

record!(
    BlobLink,
    "blob-link",
    |l| BlobLink::key_of(&l.repository, &l.digest),
    [BlobLink::BY_DIGEST],
    |l, put| { put(BlobLink::BY_DIGEST, Key::of([&l.digest])) }
);

impl BlobLink {
    /// Index: digest, of all repositories.
    pub const BY_DIGEST: &'static str = "digest";

    pub fn key_of(repository: &RepositoryId, digest: &str) -> Key {
        repository.key().part(digest)
    }
}

/// `sha256:` and 64 hexadecimal digits.
pub fn digest_of(bytes: &[u8]) -> String {
    format!("sha256:{}", super::token::hex(&Sha256::digest(bytes)))
}

pub fn digest_is_good(text: &str) -> bool {
    let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let hex = text.strip_prefix("sha256:");
    hex.is_some_and(|hex| hex.len() == 64 && hex.bytes().all(digit))
}

pub fn tag_is_good(tag: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let good = |b: u8| word(b) || matches!(b, b'.' | b'-');
    tag.len() <= 128 && tag.bytes().next().is_some_and(word) && tag.bytes().all(good)
}
