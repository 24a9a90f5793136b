//! The loop: one image after the other, on a thread of its own.

use super::Advisories;
use control::Stop;
use images::content::{Blob, Content};
use images::{Digest, Manager, inventory};
use model::registry::{Finding, Manifest, Scan, ScanStatus, change, scan};
use std::path::PathBuf;
use std::time::Duration;
use store::{Key, Store, StoreError};

/// Before it is tried again what the store did not keep.
const AFTER_REFUSAL: Duration = Duration::from_secs(1);
const MOST_FILE_BYTES: u64 = 256 << 20;

/// What scanning needs.
#[derive(Clone)]
pub struct Scanner {
    pub store: Store,
    pub content: Content,
    /// Read again for each scan, so that a new one counts at once.
    pub advisories: Option<PathBuf>,
}

/// Runs until it is told to stop. Only the server that leads may. What was underway is begun again the next time.
pub async fn scan_images(scanner: Scanner, mut stop: Stop) {
    let mut changes = scanner.store.watch(scanner.store.snapshot().revision());
    while !*stop.borrow() {
        let next = scanner.store.snapshot().by::<Scan>(Scan::WAITING, &Key::all()).next();
        if let Some(next) = next {
            let scanning = scanner.scan((*next).clone());
            tokio::select! {
                biased;
                _ = stop.changed() => return,
                () = scanning => {}
            }
            continue;
        }
        tokio::select! {
            biased;
            _ = stop.changed() => {}
            seen = changes.next() => if seen.is_err() {
                changes = scanner.store.watch(scanner.store.snapshot().revision());
            },
        }
    }
}

impl Scanner {
    async fn scan(&self, scan: Scan) {
        let (status, description, findings) = self.look(&scan).await;
        let noted = self.store.write(move |tx| {
            let completed_at = Some(tx.now());
            scan::done(
                tx,
                Scan {
                    status,
                    description: description.clone(),
                    findings: findings.clone(),
                    completed_at,
                    ..scan.clone()
                },
            );
            Ok::<_, StoreError>(())
        });
        if let Err(error) = noted.await {
            tracing::error!(%error, "what a scan found was not kept");
            tokio::time::sleep(AFTER_REFUSAL).await;
        }
    }

    async fn look(&self, scan: &Scan) -> (ScanStatus, String, Vec<Finding>) {
        let found = change::find(&self.store.snapshot(), &scan.repository, &scan.digest);
        let Ok(manifest) = found else {
            return (ScanStatus::Failed, "The image is gone.".to_string(), Vec::new());
        };
        let Some(file) = self.advisories.clone() else {
            let why = "There are no advisories to hold the image against: `gantry up --advisories FILE` takes them.";
            return (ScanStatus::Failed, why.to_string(), Vec::new());
        };
        let layers = match self.layers(&manifest).await {
            Ok(layers) => layers,
            Err(why) => return (ScanStatus::Failed, why, Vec::new()),
        };
        let scanning = tokio::task::spawn_blocking(move || judge(file, &layers));
        scanning
            .await
            .unwrap_or_else(|e| std::panic::resume_unwind(e.into_panic()))
    }

    async fn layers(&self, manifest: &Manifest) -> Result<Vec<Blob>, String> {
        let mut layers = Vec::new();
        for part in &manifest.layers {
            if part.elsewhere {
                return Err("A layer of the image is on somebody else's server.".to_string());
            }
            let digest: Digest = part
                .digest
                .parse()
                .map_err(|_| "A digest cannot be read.".to_string())?;
            let blob = self
                .content
                .blob(&digest)
                .await
                .map_err(|e| format!("A layer cannot be read: {e}."))?;
            layers.push(blob.ok_or("The content of a layer is lost.")?);
        }
        Ok(layers)
    }
}

fn judge(file: PathBuf, layers: &[Blob]) -> (ScanStatus, String, Vec<Finding>) {
    let failed = |why: String| (ScanStatus::Failed, why, Vec::new());
    let text = match std::fs::metadata(&file) {
        Ok(about) if about.len() > MOST_FILE_BYTES => {
            return failed("The file of advisories is too large.".to_string());
        }
        _ => std::fs::read_to_string(&file).map_err(|e| e.to_string()),
    };
    let advisories = text.and_then(|text| Advisories::read(&text).map_err(|bad| bad.to_string()));
    let advisories = match advisories {
        Ok(advisories) => advisories,
        Err(why) => return failed(format!("The advisories cannot be read: {why}.")),
    };
    let inventory = match inventory(layers.iter().map(|layer| Ok(layer.reader()))) {
        Ok(inventory) => inventory,
        Err(error) => return failed(format!("The layers of the image cannot be read: {error}.")),
    };
    let unsupported = |why: &str| (ScanStatus::UnsupportedImage, why.to_string(), Vec::new());
    match (inventory.manager, &inventory.system) {
        (None, _) => unsupported("The image has no list of packages of dpkg or apk."),
        (Some(Manager::Rpm), _) => {
            unsupported("The packages of the image are those of rpm, whose database is not read.")
        }
        (Some(_), None) => unsupported("The image does not say which system it is of: it has no os-release."),
        (Some(_), Some(system)) => {
            let findings = advisories.findings(&inventory);
            let of = inventory.packages.len();
            let why =
                format!("The scan was completed successfully: {of} packages of {system}, and nothing else in it.");
            (ScanStatus::Complete, why, findings)
        }
    }
}
