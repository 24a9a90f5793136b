//! Images from files: OCI layouts (a directory or an archive) and what `docker save`, podman and skopeo write.

use crate::archive::Archive;
use crate::config::ImageConfig;
use crate::digest::Hashing;
use crate::disk::{Disk, MOST_BLOB};
use crate::fixup::stack;
use crate::layer::{self, About, LayerError, Limits};
use crate::manifest::{BadManifest, Descriptor, Manifest, Platform, choose, fit};
use crate::need::{Need, Origin, Pin};
use crate::unpack::Budget;
use crate::{Digest, Reference};
use serde::Deserialize;
use std::fmt;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// How far an import has come, in bytes of packed layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub done: u64,
    pub total: u64,
}

/// An image that was imported, under one of its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub reference: String,
    pub digest: Digest,
    pub image_id: Digest,
    pub layers: usize,
}

#[derive(Debug)]
pub enum ImportError {
    /// The file cannot be read.
    Read(io::Error),
    NoImages,
    NoName,
    BadName(String),
    NoPlatform(Platform),
    Manifest(BadManifest),
    /// The archive names something that it does not have.
    Missing(String),
    Layer(LayerError),
    Disk(io::Error),
}

/// One image in the archive.
struct Found {
    names: Vec<String>,
    digest: Digest,
    manifest: Vec<u8>,
    config: Vec<u8>,
    /// Indexes that led here, to be kept.
    indexes: Vec<Vec<u8>>,
    layers: Vec<Source>,
}

#[derive(Clone)]
struct Source {
    file: String,
    /// Of the packed form, when the archive tells it.
    digest: Option<Digest>,
    diff: Digest,
}

pub(crate) struct Import<'a> {
    pub disk: &'a Arc<Disk>,
    pub limits: &'a Limits,
    pub parallel: usize,
    pub platform: &'a Platform,
    /// Instead of the names in the archive.
    pub name: Option<&'a str>,
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

impl Import<'_> {
    pub fn run(&self, path: &Path) -> Result<Vec<Imported>, ImportError> {
        let archive =
            Archive::open(path, &self.disk.draft("spool"), self.limits.unpacked_bytes).map_err(ImportError::Read)?;
        let layout = archive.read("index.json", MOST_BLOB).map_err(ImportError::Read)?;
        let saved = archive.read("manifest.json", MOST_BLOB).map_err(ImportError::Read)?;
        let mut images = match &layout {
            Some(index) => self.layout_images(&archive, index)?,
            None => Vec::new(),
        };
        // Docker writes both forms; the older one always has the names.
        let nameless = self.name.is_none() && images.iter().all(|image| image.names.is_empty());
        match saved {
            Some(saved) if layout.is_none() || nameless => images = docker_images(&archive, &saved, self.platform)?,
            None if layout.is_none() => return Err(ImportError::NoImages),
            _ => {}
        }
        if images.is_empty() {
            return Err(ImportError::NoPlatform(self.platform.clone()));
        }
        let mut needs = Vec::new();
        for image in &images {
            needs.extend(self.unpack(&archive, image)?);
        }
        for (need, _) in &needs {
            let key = Need::key(&need.reference, &need.platform);
            let path = self.disk.root.join("refs").join(key);
            self.disk
                .put(&path, need.write().as_bytes())
                .map_err(ImportError::Disk)?;
            self.disk.sync_later(&need.layers);
        }
        Ok(needs
            .into_iter()
            .map(|(need, _)| Imported {
                digest: need.digest,
                image_id: need.config,
                layers: need.layers.len(),
                reference: need.reference,
            })
            .collect())
    }

    fn layout_images(&self, archive: &Archive, index: &[u8]) -> Result<Vec<Found>, ImportError> {
        let Manifest::Index(tops) = Manifest::parse(index).map_err(ImportError::Manifest)? else {
            return Err(ImportError::Manifest(BadManifest::Malformed(
                "index.json is no index".into(),
            )));
        };
        // Several descriptors of one name are one image for several machines.
        let mut names: Vec<Option<String>> = tops.iter().map(name_of).collect();
        names.dedup();
        let mut found = Vec::new();
        for name in names {
            let same: Vec<Descriptor> = tops.iter().filter(|d| name_of(d) == name).cloned().collect();
            let top = match &same[..] {
                [one] => Some(one),
                many => choose(many, self.platform),
            };
            let image = top.map(|top| self.follow(archive, top, 0)).transpose()?.flatten();
            found.extend(image.map(|mut image| {
                image.names = name.into_iter().collect();
                image
            }));
        }
        Ok(found)
    }

    /// From a descriptor down to an image for this machine.
    fn follow(&self, archive: &Archive, top: &Descriptor, depth: u32) -> Result<Option<Found>, ImportError> {
        let digest = top.digest().map_err(ImportError::Manifest)?;
        let content = blob(archive, &digest)?;
        match Manifest::parse(&content).map_err(ImportError::Manifest)? {
            Manifest::Index(_) if depth > 3 => {
                Err(ImportError::Manifest(BadManifest::Malformed("indexes too deep".into())))
            }
            Manifest::Index(manifests) => {
                let Some(chosen) = choose(&manifests, self.platform) else {
                    return Ok(None);
                };
                let image = self.follow(archive, chosen, depth + 1)?;
                Ok(image.map(|mut image| {
                    image.digest = digest;
                    image.indexes.push(content);
                    image
                }))
            }
            Manifest::Image { config, layers } => {
                let config = blob(archive, &config.digest().map_err(ImportError::Manifest)?)?;
                let parsed = ImageConfig::parse(&config).map_err(ImportError::Manifest)?;
                if parsed
                    .platform
                    .as_ref()
                    .is_some_and(|p| fit(p, self.platform).is_none())
                {
                    return Ok(None);
                }
                if parsed.diff_ids.len() != layers.len() {
                    return Err(ImportError::Manifest(BadManifest::Malformed(
                        "layers and diff_ids differ".into(),
                    )));
                }
                let source = |(layer, diff): (&Descriptor, &Digest)| -> Result<Source, BadManifest> {
                    let digest = layer.digest()?;
                    Ok(Source {
                        file: format!("blobs/sha256/{}", digest.hex()),
                        digest: Some(digest),
                        diff: *diff,
                    })
                };
                let layers: Result<_, _> = std::iter::zip(&layers, &parsed.diff_ids).map(source).collect();
                Ok(Some(Found {
                    names: Vec::new(),
                    digest,
                    manifest: content,
                    config,
                    indexes: Vec::new(),
                    layers: layers.map_err(ImportError::Manifest)?,
                }))
            }
        }
    }

    fn unpack(&self, archive: &Archive, image: &Found) -> Result<Vec<(Need, Pin)>, ImportError> {
        let names: Vec<String> = match self.name {
            Some(name) => vec![name.to_string()],
            None => image.names.clone(),
        };
        if names.is_empty() {
            return Err(ImportError::NoName);
        }
        let mut needs = Vec::new();
        for name in names {
            let reference: Reference = name.parse().map_err(|_| ImportError::BadName(name))?;
            let need = Need {
                reference: reference.to_string(),
                platform: self.platform.to_string(),
                digest: image.digest,
                manifest: Digest::of(&image.manifest),
                config: Digest::of(&image.config),
                origin: Origin::Imported,
                layers: image.layers.iter().map(|l| l.diff.short()).collect(),
            };
            let pin = Pin::new(self.disk, &need).map_err(ImportError::Disk)?;
            needs.push((need, pin));
        }
        for content in image.indexes.iter().chain([&image.manifest, &image.config]) {
            self.disk.put_blob(content).map_err(ImportError::Disk)?;
        }
        let layers = self.layers(archive, &image.layers)?;
        let names = stack(self.disk, &layers).map_err(ImportError::Layer)?;
        for (need, pin) in &mut needs {
            if need.layers != names {
                need.layers.clone_from(&names);
                *pin = Pin::new(self.disk, need).map_err(ImportError::Disk)?;
            }
        }
        Ok(needs)
    }

    /// Several at once; the first failure stops those that have not begun.
    fn layers(&self, archive: &Archive, sources: &[Source]) -> Result<Vec<(Digest, About)>, ImportError> {
        let mut wanted: Vec<&Source> = sources.iter().collect();
        wanted.sort_by_key(|s| s.diff);
        wanted.dedup_by_key(|s| s.diff);
        wanted.retain(|s| layer::find(self.disk, &s.diff).is_none());
        let mut total = 0;
        for source in &wanted {
            let missing = || ImportError::Missing(source.file.clone());
            total += archive
                .file(&source.file)
                .map_err(ImportError::Read)?
                .ok_or_else(missing)?
                .1;
        }
        let (done, next, failure) = (AtomicU64::new(0), AtomicUsize::new(0), Mutex::new(None));
        let budget = Budget::new(self.limits.unpacked_bytes, self.limits.entries);
        (self.progress)(Progress { done: 0, total });
        let work = || {
            while let Some(source) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                if failure.lock().expect("never poisoned").is_some() {
                    return;
                }
                if let Err(e) = self.layer(archive, source, &budget, &done, total) {
                    failure.lock().expect("never poisoned").get_or_insert(e);
                }
            }
        };
        std::thread::scope(|scope| {
            (1..self.parallel.min(wanted.len())).for_each(|_| drop(scope.spawn(work)));
            work();
        });
        if let Some(failure) = failure.into_inner().expect("never poisoned") {
            return Err(failure);
        }
        let about = |s: &Source| layer::find(self.disk, &s.diff).map(|about| (s.diff, about));
        let all: Option<Vec<_>> = sources.iter().map(about).collect();
        all.ok_or_else(|| ImportError::Disk(io::Error::other("a layer that was just unpacked is not there")))
    }

    fn layer(
        &self,
        archive: &Archive,
        source: &Source,
        budget: &Budget,
        done: &AtomicU64,
        total: u64,
    ) -> Result<(), ImportError> {
        let (section, _) = archive
            .file(&source.file)
            .map_err(ImportError::Read)?
            .expect("was there just now");
        let told = |n: usize| {
            let done = done.fetch_add(n as u64, Ordering::Relaxed) + n as u64;
            (self.progress)(Progress { done, total });
        };
        let mut packed = Hashing::new(Telling { inner: section, told }, self.limits.packed_bytes);
        // The digest of the packed form matters only if the archive tells it: the contents are checked in any case.
        let added = layer::add(self.disk, &mut packed, &source.diff, self.limits, budget);
        let (got, _, _) = packed.finish().map_err(ImportError::Read)?;
        if let Some(wanted) = source.digest.filter(|wanted| *wanted != got) {
            return Err(ImportError::Layer(LayerError::WrongDigest { wanted, got }));
        }
        added.map(drop).map_err(ImportError::Layer)
    }
}

struct Telling<R, F> {
    inner: R,
    told: F,
}

impl<R: Read, F: Fn(usize)> Read for Telling<R, F> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(out)?;
        (self.told)(n);
        Ok(n)
    }
}

pub(crate) fn blob(archive: &Archive, digest: &Digest) -> Result<Vec<u8>, ImportError> {
    let name = format!("blobs/sha256/{}", digest.hex());
    let content = archive
        .read(&name, MOST_BLOB)
        .map_err(ImportError::Read)?
        .ok_or(ImportError::Missing(name))?;
    match Digest::of(&content) {
        got if got == *digest => Ok(content),
        got => Err(ImportError::Layer(LayerError::WrongDigest { wanted: *digest, got })),
    }
}

/// containerd and Docker write the whole name into one annotation, all others into another one.
pub(crate) fn name_of(descriptor: &Descriptor) -> Option<String> {
    let names = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];
    names.iter().find_map(|name| descriptor.annotations.get(*name)).cloned()
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Saved {
    pub config: String,
    #[serde(default)]
    pub repo_tags: Option<Vec<String>>,
    #[serde(default)]
    pub layers: Option<Vec<String>>,
}

fn docker_images(archive: &Archive, manifest: &[u8], platform: &Platform) -> Result<Vec<Found>, ImportError> {
    let malformed = |e: String| ImportError::Manifest(BadManifest::Malformed(e));
    let saved: Vec<Saved> = serde_json::from_slice(manifest).map_err(|e| malformed(format!("manifest.json: {e}")))?;
    let mut found = Vec::new();
    for image in saved {
        let missing = || ImportError::Missing(image.config.clone());
        let config = archive
            .read(&image.config, MOST_BLOB)
            .map_err(ImportError::Read)?
            .ok_or_else(missing)?;
        let parsed = ImageConfig::parse(&config).map_err(ImportError::Manifest)?;
        if parsed.platform.as_ref().is_some_and(|p| fit(p, platform).is_none()) {
            continue;
        }
        let files = image.layers.unwrap_or_default();
        if files.len() != parsed.diff_ids.len() {
            return Err(malformed("layers and diff_ids differ".into()));
        }
        let source = |(file, diff): (String, &Digest)| Source {
            file,
            digest: None,
            diff: *diff,
        };
        let layers: Vec<Source> = std::iter::zip(files, &parsed.diff_ids).map(source).collect();
        let manifest = manifest_for(&config, &parsed.diff_ids);
        found.push(Found {
            names: image.repo_tags.unwrap_or_default(),
            digest: Digest::of(&manifest),
            manifest,
            config,
            indexes: Vec::new(),
            layers,
        });
    }
    Ok(found)
}

/// Docker's archives have none. The same image always gets the same one, and so the same digest.
fn manifest_for(config: &[u8], diffs: &[Digest]) -> Vec<u8> {
    let layers: Vec<String> = diffs
        .iter()
        .map(|d| format!(r#"{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{d}","size":0}}"#))
        .collect();
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":{}}},"layers":[{}]}}"#,
        crate::manifest::MANIFEST_TYPES[0],
        Digest::of(config),
        config.len(),
        layers.join(",")
    )
    .into_bytes()
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImportError::Read(_) => f.write_str("the archive cannot be read"),
            ImportError::NoImages => {
                f.write_str("neither an OCI layout nor a docker archive: no index.json, no manifest.json")
            }
            ImportError::NoName => f.write_str("the archive does not name its image"),
            ImportError::BadName(name) => write!(f, "{name:?} is no image reference"),
            ImportError::NoPlatform(platform) => write!(f, "no image in the archive is for {platform}"),
            ImportError::Manifest(e) => e.fmt(f),
            ImportError::Missing(name) => write!(f, "the archive lacks {name}"),
            ImportError::Layer(e) => e.fmt(f),
            ImportError::Disk(_) => f.write_str("the image cannot be kept"),
        }
    }
}

impl std::error::Error for ImportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ImportError::Read(e) | ImportError::Disk(e) => Some(e),
            ImportError::Layer(e) => e.source(),
            _ => None,
        }
    }
}
