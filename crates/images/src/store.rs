//! [`Images`]: what the rest of the house holds.

use crate::config::ImageConfig;
use crate::disk::{Disk, names};
use crate::error::{Fault, PullError, Step};
use crate::flight::Flights;
use crate::here::{Found, Here};
use crate::home::Home;
use crate::import::{Import, ImportError, Imported, Progress};
use crate::layer::{About, Limits};
use crate::need::{Need, Pin};
use crate::proxy::Proxies;
use crate::registry::{Credentials, Registries};
use crate::{BadReference, Digest, NoCertificates, Origin, Platform, Reference, trust};
use base::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The images of one machine. Cheap to clone; several processes may open the same directory.
#[derive(Clone)]
pub struct Images(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub disk: Arc<Disk>,
    pub settings: Settings,
    pub registries: Registries,
    pub pulls: Flights<Result<Image, PullError>>,
    pub layer_pulls: Flights<()>,
    configs: Mutex<HashMap<Digest, Arc<ImageConfig>>>,
    pins: Mutex<HashMap<String, (Need, Weak<Pin>)>>,
}

/// What an operator may choose.
#[derive(Debug, Clone)]
pub struct Settings {
    pub limits: Limits,
    /// Layers of one image at once.
    pub parallel: usize,
    /// Hosts (with port) that speak plain HTTP; loopback ones always may.
    pub plain_http: Vec<String>,
    /// For a host of references, where else to look first: `docker.io` to `http://mirror.example:5000`.
    pub mirrors: BTreeMap<String, Vec<String>>,
    /// Certificates that may vouch for registries beside those that the machine trusts, in DER.
    pub authorities: Vec<Vec<u8>>,
    pub proxies: Proxies,
    /// The registry of this machine, if it has one.
    pub here: Option<Here>,
    /// The registry of the server that this machine is a node of.
    pub home: Option<Home>,
    /// How often a request is tried that may pass later.
    pub tries: u32,
    /// Before the second try; doubled for each after that.
    pub first_wait: Duration,
    pub connect_timeout: Duration,
    /// Without a single byte.
    pub idle_timeout: Duration,
    /// For the whole image.
    pub pull_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            limits: Limits::default(),
            parallel: 4,
            plain_http: Vec::new(),
            mirrors: BTreeMap::new(),
            authorities: Vec::new(),
            proxies: Proxies::default(),
            here: None,
            home: None,
            tries: 5,
            first_wait: Duration::from_millis(250),
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(60),
            pull_timeout: Duration::from_secs(2 * 60 * 60),
        }
    }
}

impl Settings {
    /// Lets the certificates of a PEM file vouch for registries; how many they are.
    pub fn trust(&mut self, pem: &[u8]) -> Result<usize, NoCertificates> {
        let found = trust::certificates(pem)?;
        let count = found.len();
        self.authorities.extend(found);
        Ok(count)
    }
}

/// When to ask the registry: as `ECS_IMAGE_PULL_BEHAVIOR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PullPolicy {
    /// Ask; if that fails, take what is there. What was imported, or is named by digest, is taken without asking.
    #[default]
    Default,
    /// Ask, and fail if that fails.
    Always,
    /// Ask only if it is not there.
    Once,
    /// The same; the ECS agent's two differ in what its clean-up does.
    PreferCached,
}

/// An image that somebody wants.
#[derive(Debug, Clone)]
pub struct Want<'a> {
    pub reference: &'a str,
    pub policy: PullPolicy,
    pub platform: Platform,
    pub credentials: Option<Credentials>,
}

impl<'a> Want<'a> {
    /// For this machine, without credentials, as the ECS agent does it if not told otherwise.
    pub fn new(reference: &'a str) -> Self {
        Want {
            reference,
            policy: PullPolicy::Default,
            platform: Platform::here(),
            credentials: None,
        }
    }
}

/// An image that is here. As long as one of its clones lives it is not collected.
#[derive(Debug, Clone)]
pub struct Image {
    /// With all that people leave out.
    pub reference: String,
    /// What ECS shows as `imageDigest`: what the reference stands for, so the index's if it is one.
    pub digest: Digest,
    /// The manifest for this machine.
    pub manifest: Digest,
    /// The digest of the config, which is what Docker calls the image's id.
    pub image_id: Digest,
    pub config: Arc<ImageConfig>,
    /// Lower directories for overlayfs, bottom to top. (Its `lowerdir=` wants them top to bottom.)
    pub layers: Vec<PathBuf>,
    pub(crate) need: Need,
    pub(crate) _pin: Arc<Pin>,
}

/// A line of `gantry images ls`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub reference: String,
    pub platform: String,
    pub digest: Digest,
    pub image_id: Digest,
    pub origin: Origin,
    /// Of its layers; those that it shares are counted for each.
    pub bytes: u64,
    pub last_used: Timestamp,
    /// Who needs it.
    pub holders: Vec<String>,
}

impl Images {
    /// Opens the directory, makes it if it is not there, and sweeps what dead processes left.
    pub fn open(dir: &Path, settings: Settings) -> io::Result<Self> {
        Ok(Images(Arc::new(Inner {
            disk: Arc::new(Disk::open(dir)?),
            registries: Registries::new(&settings),
            settings,
            pulls: Flights::default(),
            layer_pulls: Flights::default(),
            configs: Mutex::default(),
            pins: Mutex::default(),
        })))
    }

    /// Makes sure that the image is here.
    pub async fn ensure(&self, want: Want<'_>) -> Result<Image, PullError> {
        let reference: Reference = want.reference.parse().map_err(|_: BadReference| PullError {
            reference: want.reference.to_string(),
            step: Step::Resolve,
            tries: 0,
            fault: Arc::new(Fault::BadReference),
        })?;
        let (name, platform) = (reference.to_string(), want.platform.to_string());
        let local = self.blocking(move |inner| inner.local(&name, &platform)).await;
        if let Ok(Some(image)) = &local {
            let needs_no_asking = image.need.origin == Origin::Imported || reference.digest.is_some();
            match want.policy {
                PullPolicy::Once | PullPolicy::PreferCached => return Ok(image.clone()),
                PullPolicy::Default if needs_no_asking => return Ok(image.clone()),
                PullPolicy::Default | PullPolicy::Always => {}
            }
        }
        // What the registry of this machine means by it may be here, unpacked: then there is nothing to be done.
        if let (Some(here), Ok(Some(image))) = (&self.0.settings.here, &local)
            && (here.find)(&reference) == Found::Digest(image.digest)
        {
            return Ok(image.clone());
        }
        match (self.pull(&reference, &want).await, local) {
            (Err(error), Ok(Some(image))) if want.policy == PullPolicy::Default => {
                tracing::info!(reference = %reference, reason = error.reason(), "could not be pulled anew: using what is here");
                Ok(image)
            }
            (pulled, _) => pulled,
        }
    }

    /// What a reference stands for here, without asking anybody.
    pub async fn resolve(&self, reference: &str, platform: &Platform) -> Result<Option<Digest>, BadReference> {
        let reference = reference.parse::<Reference>()?.to_string();
        let key = Need::key(&reference, &platform.to_string());
        let need = self
            .blocking(move |inner| Need::read(&inner.disk.root.join("refs").join(key)))
            .await;
        Ok(need.ok().flatten().map(|need| need.digest))
    }

    /// Takes up the images of an archive or a layout. They survive a power cut soon, and surely after [`Images::sync`].
    pub async fn import(
        &self,
        path: &Path,
        name: Option<&str>,
        progress: impl Fn(Progress) + Send + Sync + 'static,
    ) -> Result<Vec<Imported>, ImportError> {
        let (path, name) = (path.to_path_buf(), name.map(str::to_string));
        self.blocking(move |inner| {
            let import = Import {
                disk: &inner.disk,
                limits: &inner.settings.limits,
                parallel: inner.settings.parallel,
                platform: &Platform::here(),
                name: name.as_deref(),
                progress: &progress,
            };
            import.run(&path)
        })
        .await
    }

    /// When this returns, all that is here survives a power cut. Can take long if others write much to the same disk.
    pub async fn sync(&self) -> io::Result<()> {
        self.blocking(|inner| inner.disk.sync()).await
    }

    /// From now on the image stays, whatever else happens, until the holder is released. A holder holds one image; the
    /// name is of letters, figures, dots, dashes and underscores. Survives a crash of this process.
    pub async fn hold(&self, image: &Image, holder: &str) -> io::Result<()> {
        let (need, holder) = (image.need.clone(), checked(holder)?.to_string());
        self.blocking(move |inner| {
            let path = inner.disk.root.join("holders").join(holder);
            inner.disk.put(&path, need.write().as_bytes())
        })
        .await
    }

    /// The holder needs it no more. Not to hold anything is well.
    pub async fn release(&self, holder: &str) -> io::Result<()> {
        let holder = checked(holder)?.to_string();
        self.blocking(move |inner| {
            let path = inner.disk.root.join("holders").join(holder);
            if let Some(need) = Need::read(&path)? {
                inner.touch(&need); // it was in use until now
            }
            match std::fs::remove_file(path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
                _ => Ok(()),
            }
        })
        .await
    }

    /// Who holds what: the holder and the reference.
    pub async fn holders(&self) -> io::Result<Vec<(String, String)>> {
        self.blocking(|inner| {
            let held = inner.needs("holders")?;
            Ok(held
                .into_iter()
                .map(|(holder, need)| (holder, need.reference))
                .collect())
        })
        .await
    }

    pub async fn list(&self) -> io::Result<Vec<Listed>> {
        self.blocking(|inner| inner.list()).await
    }

    pub(crate) async fn blocking<T: Send + 'static>(&self, work: impl FnOnce(&Inner) -> T + Send + 'static) -> T {
        let inner = self.0.clone();
        let done = tokio::task::spawn_blocking(move || work(&inner)).await;
        done.unwrap_or_else(|e| std::panic::resume_unwind(e.into_panic()))
    }
}

/// Configs kept in memory.
const MOST_CONFIGS: usize = 512;

impl Inner {
    /// The image as it is here, whole, and pinned; `None` if anything of it is missing.
    pub fn local(&self, reference: &str, platform: &str) -> io::Result<Option<Image>> {
        let key = Need::key(reference, platform);
        let found = match Need::read(&self.disk.root.join("refs").join(&key))? {
            Some(need) => Some((key, need)),
            None => self.of_digest(reference, platform)?,
        };
        let Some((key, need)) = found else {
            return Ok(None);
        };
        let Some(image) = self.image(&key, need)? else {
            return Ok(None);
        };
        self.touch(&image.need);
        Ok(Some(image))
    }

    /// A digest means the same content under whatever name it came here, so a reference that has one needs no name of its
    /// own.
    fn of_digest(&self, reference: &str, platform: &str) -> io::Result<Option<(String, Need)>> {
        let wanted = reference
            .parse::<Reference>()
            .ok()
            .and_then(|reference| reference.digest);
        let Some(wanted) = wanted else {
            return Ok(None);
        };
        let is_it = |need: &Need| need.platform == platform && (need.digest == wanted || need.manifest == wanted);
        let found = self.needs("refs")?.into_iter().find(|(_, need)| is_it(need));
        // It is called as it was asked for, and not as it came.
        let named = |(_, need): (String, Need)| {
            let reference = reference.to_string();
            (Need::key(&reference, platform), Need { reference, ..need })
        };
        Ok(found.map(named))
    }

    pub fn image(&self, key: &str, need: Need) -> io::Result<Option<Image>> {
        let pinned = {
            let pins = self.pins.lock().expect("never poisoned");
            let pinned = pins.get(key).filter(|(pinned, _)| *pinned == need);
            pinned.and_then(|(_, pin)| pin.upgrade())
        };
        let pin = match pinned {
            Some(pin) => pin,
            None => {
                let pin = Arc::new(Pin::new(&self.disk, &need)?);
                if !need.layers.iter().all(|name| self.disk.has_layer(name)) {
                    return Ok(None);
                }
                let mut pins = self.pins.lock().expect("never poisoned");
                pins.retain(|_, (_, pin)| pin.strong_count() > 0);
                pins.insert(key.to_string(), (need.clone(), Arc::downgrade(&pin)));
                pin
            }
        };
        let Some(config) = self.config(&need.config) else {
            return Ok(None);
        };
        Ok(Some(Image {
            reference: need.reference.clone(),
            digest: need.digest,
            manifest: need.manifest,
            image_id: need.config,
            config,
            layers: need.layers.iter().map(|name| self.disk.layer(name)).collect(),
            need,
            _pin: pin,
        }))
    }

    fn config(&self, digest: &Digest) -> Option<Arc<ImageConfig>> {
        let mut configs = self.configs.lock().expect("never poisoned");
        if let Some(config) = configs.get(digest) {
            return Some(config.clone());
        }
        let config = Arc::new(ImageConfig::parse(&self.disk.blob(digest)?).ok()?);
        if configs.len() >= MOST_CONFIGS {
            configs.clear();
        }
        configs.insert(*digest, config.clone());
        Some(config)
    }

    /// Notes that the image was used just now. A note that fails only makes it look older than it is.
    pub fn touch(&self, need: &Need) {
        let key = Need::key(&need.reference, &need.platform);
        let now = rustix::fs::Timespec {
            tv_sec: 0,
            tv_nsec: rustix::fs::UTIME_NOW,
        };
        let times = rustix::fs::Timestamps {
            last_access: now,
            last_modification: now,
        };
        let path = self.disk.root.join("refs").join(key);
        let _ = rustix::fs::utimensat(rustix::fs::CWD, path, &times, rustix::fs::AtFlags::empty());
    }

    /// The needs in `refs` or `holders`, with the names of their files. What is torn needs nothing.
    pub fn needs(&self, dir: &str) -> io::Result<Vec<(String, Need)>> {
        let dir = self.disk.root.join(dir);
        let mut needs = Vec::new();
        for name in names(&dir)? {
            needs.extend(Need::read(&dir.join(&name))?.map(|need| (name, need)));
        }
        Ok(needs)
    }

    pub fn last_used(&self, key: &str) -> io::Result<Timestamp> {
        let changed = std::fs::metadata(self.disk.root.join("refs").join(key))?.modified()?;
        Ok(timestamp(changed))
    }

    pub fn layer_bytes(&self, layers: &[String]) -> u64 {
        let bytes = |name: &String| Some(About::parse(&self.disk.about(name).ok()??)?.bytes);
        layers.iter().filter_map(bytes).sum()
    }

    fn list(&self) -> io::Result<Vec<Listed>> {
        let held = self.needs("holders")?;
        let mut listed = Vec::new();
        for (key, need) in self.needs("refs")? {
            let Ok(last_used) = self.last_used(&key) else {
                continue; // removed just now
            };
            let holds = held
                .iter()
                .filter(|(_, held)| held.manifest == need.manifest && held.reference == need.reference);
            listed.push(Listed {
                bytes: self.layer_bytes(&need.layers),
                last_used,
                holders: holds.map(|(holder, _)| holder.clone()).collect(),
                reference: need.reference,
                platform: need.platform,
                digest: need.digest,
                image_id: need.config,
                origin: need.origin,
            });
        }
        listed.sort_by(|a, b| (&a.reference, &a.platform).cmp(&(&b.reference, &b.platform)));
        Ok(listed)
    }
}

pub(crate) fn timestamp(time: SystemTime) -> Timestamp {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

fn checked(holder: &str) -> io::Result<&str> {
    let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
    if holder.is_empty() || holder.len() > 200 || holder.starts_with('.') || !holder.bytes().all(good) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{holder:?} cannot be a holder's name"),
        ));
    }
    Ok(holder)
}
