//! Image archives as registries want them: documents and blobs by digest, nothing unpacked.
//!
//! An OCI layout has them; docker's own form has no manifest and no digests of layers, so those are made here.

use crate::Digest;
use crate::archive::{Archive, Section};
use crate::config::ImageConfig;
use crate::digest::Hashing;
use crate::disk::MOST_BLOB;
use crate::import::{ImportError, Saved, blob, name_of};
use crate::layer::{LayerError, decompress};
use crate::manifest::{BadManifest, Descriptor, MANIFEST_TYPES, Manifest};
use std::collections::HashSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The images of an archive, ready to be pushed.
pub struct Parcels {
    archive: Archive,
    pub images: Vec<Parcel>,
}

/// One image, or an index with all of its images that are in the archive.
#[derive(Debug, Default)]
pub struct Parcel {
    pub names: Vec<String>,
    pub blobs: Vec<Packed>,
    /// Manifests, then the indexes that list them; the last is the one that a tag names.
    pub documents: Vec<Document>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    pub digest: Digest,
    pub size: u64,
    content: Place,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    File(String),
    Bytes(Vec<u8>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    pub digest: Digest,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// Of an archive that is compressed as a whole.
const MOST_UNPACKED: u64 = 64 << 30;

impl Parcels {
    /// Reads what is in a file or directory; blocks. A file that is compressed as a whole is unpacked beside `scratch`.
    pub fn open(path: &Path, scratch: &Path) -> Result<Self, ImportError> {
        let spool: PathBuf = scratch.join(format!("unpacked-{}", std::process::id()));
        let archive = Archive::open(path, &spool, MOST_UNPACKED).map_err(ImportError::Read)?;
        let read = |name: &str| archive.read(name, MOST_BLOB).map_err(ImportError::Read);
        let images = match (read("index.json")?, read("manifest.json")?) {
            (Some(index), saved) => {
                let mut images = of_layout(&archive, &index)?;
                // Docker writes both forms; the older one always has the names.
                if let (Some(saved), [one]) = (&saved, &mut images[..])
                    && one.names.is_empty()
                {
                    let names = saved_images(saved)?.into_iter().flat_map(|image| image.repo_tags);
                    one.names = names.flatten().collect();
                }
                images
            }
            (None, Some(saved)) => of_docker(&archive, &saved)?,
            (None, None) => return Err(ImportError::NoImages),
        };
        match images.is_empty() {
            true => Err(ImportError::NoImages),
            false => Ok(Parcels { archive, images }),
        }
    }

    /// The content of a blob.
    pub fn read<'a>(&'a self, packed: &'a Packed) -> io::Result<Box<dyn Read + Send + 'a>> {
        Ok(match &packed.content {
            Place::Bytes(bytes) => Box::new(&bytes[..]),
            Place::File(name) => Box::new(section(&self.archive, name)?.0),
        })
    }
}

fn section(archive: &Archive, name: &str) -> io::Result<(Section, u64)> {
    let missing = || io::Error::new(io::ErrorKind::NotFound, format!("the archive lacks {name}"));
    archive.file(name)?.ok_or_else(missing)
}

fn malformed(why: &str) -> ImportError {
    ImportError::Manifest(BadManifest::Malformed(why.to_string()))
}

fn of_layout(archive: &Archive, index: &[u8]) -> Result<Vec<Parcel>, ImportError> {
    let Manifest::Index(tops) = Manifest::parse(index).map_err(ImportError::Manifest)? else {
        return Err(malformed("index.json is no index"));
    };
    let mut parcels = Vec::new();
    for top in &tops {
        let mut parcel = Parcel {
            names: name_of(top).into_iter().collect(),
            ..Parcel::default()
        };
        follow(archive, top, &mut parcel, &mut HashSet::new(), 0)?;
        parcels.push(parcel);
    }
    Ok(parcels)
}

/// Puts all that a descriptor leads to into the parcel, what is named before who names it.
fn follow(
    archive: &Archive,
    top: &Descriptor,
    parcel: &mut Parcel,
    seen: &mut HashSet<Digest>,
    depth: u32,
) -> Result<(), ImportError> {
    let digest = top.digest().map_err(ImportError::Manifest)?;
    if !seen.insert(digest) {
        return Ok(());
    }
    let bytes = blob(archive, &digest)?;
    let mut take = |part: &Descriptor| -> Result<(), ImportError> {
        let digest = part.digest().map_err(ImportError::Manifest)?;
        if seen.insert(digest) {
            let name = format!("blobs/sha256/{}", digest.hex());
            let (_, size) = section(archive, &name).map_err(ImportError::Read)?;
            let content = Place::File(name);
            parcel.blobs.push(Packed { digest, size, content });
        }
        Ok(())
    };
    match Manifest::parse(&bytes).map_err(ImportError::Manifest)? {
        Manifest::Index(_) if depth > 3 => return Err(malformed("indexes too deep")),
        Manifest::Index(listed) => {
            for one in &listed {
                follow(archive, one, parcel, seen, depth + 1)?;
            }
        }
        Manifest::Image { config, layers } => {
            take(&config)?;
            layers.iter().try_for_each(&mut take)?;
        }
    }
    parcel.documents.push(Document {
        digest,
        media_type: media_type(&bytes, top),
        bytes,
    });
    Ok(())
}

/// What a document says that it is, or else what is said of it.
fn media_type(document: &[u8], top: &Descriptor) -> String {
    let said = serde_json::from_slice::<Descriptorless>(document).ok();
    let said = said.map(|said| said.media_type).filter(|said| !said.is_empty());
    said.unwrap_or_else(|| top.media_type.clone())
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptorless {
    #[serde(default)]
    media_type: String,
}

fn saved_images(saved: &[u8]) -> Result<Vec<Saved>, ImportError> {
    serde_json::from_slice(saved).map_err(|e| malformed(&format!("manifest.json: {e}")))
}

/// Whether a packed layer holds what its image says.
fn holds(packed: impl Read, wanted: Digest) -> Result<(), ImportError> {
    let unpacked = decompress(packed).map_err(ImportError::Read)?;
    let (got, _, _) = Hashing::new(unpacked, MOST_UNPACKED)
        .finish()
        .map_err(ImportError::Read)?;
    match got == wanted {
        true => Ok(()),
        false => Err(ImportError::Layer(LayerError::WrongDigest { wanted, got })),
    }
}

fn of_docker(archive: &Archive, saved: &[u8]) -> Result<Vec<Parcel>, ImportError> {
    let mut parcels = Vec::new();
    for image in saved_images(saved)? {
        let config = archive.read(&image.config, MOST_BLOB).map_err(ImportError::Read)?;
        let config = config.ok_or_else(|| ImportError::Missing(image.config.clone()))?;
        let about = ImageConfig::parse(&config).map_err(ImportError::Manifest)?;
        let files = image.layers.unwrap_or_default();
        if files.len() != about.diff_ids.len() {
            return Err(malformed("layers and diff_ids differ"));
        }
        let mut parcel = Parcel {
            names: image.repo_tags.unwrap_or_default(),
            ..Parcel::default()
        };
        let mut layers = Vec::new();
        for (file, diff) in files.into_iter().zip(about.diff_ids) {
            let (mut reader, size) = section(archive, &file).map_err(ImportError::Read)?;
            let mut magic = [0; 2];
            reader.read_exact(&mut magic).map_err(ImportError::Read)?;
            let (reader, _) = section(archive, &file).map_err(ImportError::Read)?;
            let (digest, _, _) = Hashing::new(reader, size).finish().map_err(ImportError::Read)?;
            if digest != diff {
                let (reader, _) = section(archive, &file).map_err(ImportError::Read)?;
                holds(reader, diff)?;
            }
            let packing = if magic == [0x1f, 0x8b] { ".gzip" } else { "" };
            layers.push(serde_json::json!({
                "mediaType": format!("application/vnd.docker.image.rootfs.diff.tar{packing}"),
                "size": size,
                "digest": digest.to_string(),
            }));
            let content = Place::File(file);
            parcel.blobs.push(Packed { digest, size, content });
        }
        let manifest = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPES[1],
            "config": {
                "mediaType": "application/vnd.docker.container.image.v1+json",
                "size": config.len(),
                "digest": Digest::of(&config).to_string(),
            },
            "layers": layers,
        });
        parcel.blobs.push(Packed {
            digest: Digest::of(&config),
            size: config.len() as u64,
            content: Place::Bytes(config),
        });
        let bytes = manifest.to_string().into_bytes();
        parcel.documents.push(Document {
            digest: Digest::of(&bytes),
            media_type: MANIFEST_TYPES[1].to_string(),
            bytes,
        });
        parcels.push(parcel);
    }
    Ok(parcels)
}
