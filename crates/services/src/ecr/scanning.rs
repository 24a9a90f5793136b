//! Scans of images, and which images are scanned when they are pushed. What scans is an errand.

use super::{access, fault, names, pages};
use crate::common::Ctx;
use crate::common::listing::Paging;
use crate::common::table::Row;
use api::ecr::{self, op};
use model::registry::{Finding, Manifest, Refused, RepositoryId, Scan, ScanStatus, Scanning, change, scan};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::View;
use wire::Fault;

const PAGING: Paging = Paging {
    operation: "DescribeImageScanFindings",
    default: 100,
    max: 1000,
};

pub fn rows() -> Vec<Row> {
    vec![
        Row::of::<op::PutRegistryScanningConfiguration, _>(put),
        Row::of::<op::GetRegistryScanningConfiguration, _>(get),
    ]
}

pub fn image_rows() -> Vec<Row> {
    vec![
        Row::of::<op::StartImageScan, _>(start),
        Row::of::<op::DescribeImageScanFindings, _>(describe),
        Row::of::<op::BatchGetRepositoryScanningConfiguration, _>(batch_get),
    ]
}

fn image(view: &View, id: &RepositoryId, asked: &ecr::ImageIdentifier) -> Result<Arc<Manifest>, Fault> {
    let (digest, tag) = (asked.image_digest.as_deref(), asked.image_tag.as_deref());
    let none = || fault::no_image(id, digest, tag);
    let reference = digest.or(tag);
    let reference = reference.ok_or_else(|| fault::invalid_at("imageId", "A tag or a digest must be given"))?;
    let found = change::find(view, id, reference).map_err(|refused| match refused {
        Refused::NoManifest(_) | Refused::NoTag(_) => none(),
        refused => fault::refused(refused, id),
    })?;
    let has = |tag: &str| {
        change::tags_of(view, id, &found.digest)
            .iter()
            .any(|has| has.tag == tag)
    };
    match tag {
        Some(tag) if !has(tag) => Err(none()),
        _ => Ok(found),
    }
}

async fn start(ctx: Ctx, input: ecr::StartImageScanRequest) -> Result<ecr::StartImageScanResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let asked = input.image_id.unwrap_or_default();
    let (caller, at, wanted) = (ctx.clone(), id.clone(), asked.clone());
    let scan = ctx.write(move |tx| {
        access::may(&caller, tx, "ecr:StartImageScan", &at)?;
        let manifest = image(tx, &at, &wanted)?;
        if !manifest.is_image() {
            let message = "Only images can be scanned: this one is an index or an artifact";
            return Err(Fault::new(&ecr::fault::UnsupportedImageTypeException, message));
        }
        if manifest.archived_at.is_some() {
            let message = "The image is in the archive: restore it to have it scanned";
            return Err(Fault::new(&ecr::fault::ImageArchivedException, message));
        }
        let last = tx.get::<Scan>(&Manifest::key_of(&at, &manifest.digest));
        let recent = |last: &Arc<Scan>| tx.now().since(last.asked_at) < Scan::AGAIN_MS;
        match last.filter(|last| last.status != ScanStatus::Failed && recent(last)) {
            Some(_) => {
                let message = "The scan quota per image has been exceeded. Wait and try again.";
                Err(Fault::new(&ecr::fault::LimitExceededException, message))
            }
            None => Ok(scan::ask(tx, &at, &manifest.digest)),
        }
    });
    let scan = scan.await?;
    Ok(ecr::StartImageScanResponse {
        image_scan_status: Some(status(&scan)),
        image_id: Some(ecr::ImageIdentifier {
            image_digest: Some(scan.digest),
            image_tag: asked.image_tag,
        }),
        registry_id: Some(id.registry),
        repository_name: Some(id.name),
    })
}

fn status(scan: &Scan) -> ecr::ImageScanStatus {
    ecr::ImageScanStatus {
        status: Some(scan.status.to_string()),
        description: Some(scan.description.clone()),
    }
}

async fn describe(
    ctx: Ctx,
    input: ecr::DescribeImageScanFindingsRequest,
) -> Result<ecr::DescribeImageScanFindingsResponse, Fault> {
    let id = names::id(&ctx, input.registry_id, input.repository_name);
    let view = ctx.snapshot();
    access::may(&ctx, &view, "ecr:DescribeImageScanFindings", &id)?;
    let asked = input.image_id.unwrap_or_default();
    let manifest = image(&view, &id, &asked)?;
    let scan = view
        .get::<Scan>(&Manifest::key_of(&id, &manifest.digest))
        .ok_or_else(|| {
            let message = format!(
                "Image scan does not exist for the image with '{{imageDigest:'{}', imageTag:'{}'}}' in {}",
                manifest.digest,
                asked.image_tag.as_deref().unwrap_or("null"),
                fault::place(&id)
            );
            Fault::new(&ecr::fault::ScanNotFoundException, message)
        })?;
    let of = Manifest::key_of(&id, &manifest.digest);
    let (size, after) = pages::window(&PAGING, &of, input.max_results, input.next_token.as_deref())?;
    let mut counts: BTreeMap<String, i32> = BTreeMap::new();
    for finding in &scan.findings {
        *counts.entry(finding.severity.clone()).or_default() += 1;
    }
    let findings = scan.findings.iter().enumerate();
    let findings = findings.map(|(at, finding)| (of.part_u64(at as u64), shown(finding)));
    let page = PAGING.page(
        size,
        findings.filter(|(key, _)| after.as_ref().is_none_or(|after| key > after)),
    );
    let complete = scan.status == ScanStatus::Complete;
    Ok(ecr::DescribeImageScanFindingsResponse {
        image_scan_status: Some(status(&scan)),
        image_scan_findings: complete.then(|| ecr::ImageScanFindings {
            image_scan_completed_at: scan.completed_at,
            finding_severity_counts: Some(counts),
            findings: Some(page.items),
            ..Default::default()
        }),
        next_token: page.next,
        image_id: Some(ecr::ImageIdentifier {
            image_digest: Some(manifest.digest.clone()),
            image_tag: asked.image_tag,
        }),
        registry_id: Some(id.registry),
        repository_name: Some(id.name),
    })
}

fn shown(finding: &Finding) -> ecr::ImageScanFinding {
    let attribute = |key: &str, value: &str| ecr::Attribute {
        key: Some(key.to_string()),
        value: Some(value.to_string()),
    };
    ecr::ImageScanFinding {
        name: Some(finding.id.clone()),
        description: finding.description.clone(),
        uri: finding.uri.clone(),
        severity: Some(finding.severity.clone()),
        attributes: Some(vec![
            attribute("package_name", &finding.package),
            attribute("package_version", &finding.version),
        ]),
    }
}

const ON_PUSH: &str = "SCAN_ON_PUSH";
const MANUAL: &str = "MANUAL";

async fn put(
    ctx: Ctx,
    input: ecr::PutRegistryScanningConfigurationRequest,
) -> Result<ecr::PutRegistryScanningConfigurationResponse, Fault> {
    if input.scan_type.as_deref() == Some("ENHANCED") {
        return Err(fault::invalid_at(
            "scanType",
            "Enhanced scanning is not there: BASIC is",
        ));
    }
    let mut scanning = none(&ctx);
    for rule in input.rules.iter().flatten() {
        let filters = rule.repository_filters.iter().flatten();
        let filters = filters.filter_map(|filter| filter.filter.clone());
        match rule.scan_frequency.as_deref() {
            Some(ON_PUSH) => scanning.on_push.extend(filters),
            Some(MANUAL) => scanning.manual.extend(filters),
            _ => {
                return Err(fault::invalid_at(
                    "scanFrequency",
                    "CONTINUOUS_SCAN needs enhanced scanning",
                ));
            }
        }
    }
    let shown = configuration(&scanning);
    ctx.write(move |tx| {
        tx.put(scanning.clone());
        Ok(())
    })
    .await?;
    Ok(ecr::PutRegistryScanningConfigurationResponse {
        registry_scanning_configuration: Some(shown),
    })
}

async fn get(
    ctx: Ctx,
    _: ecr::GetRegistryScanningConfigurationRequest,
) -> Result<ecr::GetRegistryScanningConfigurationResponse, Fault> {
    let nothing = none(&ctx);
    let kept = ctx
        .snapshot()
        .get::<Scanning>(&RepositoryId::all_of(&nothing.registry, &nothing.region));
    Ok(ecr::GetRegistryScanningConfigurationResponse {
        scanning_configuration: Some(configuration(kept.as_deref().unwrap_or(&nothing))),
        registry_id: Some(nothing.registry),
    })
}

fn none(ctx: &Ctx) -> Scanning {
    Scanning {
        registry: ctx.scope().account.to_string(),
        region: ctx.scope().region.to_string(),
        on_push: Vec::new(),
        manual: Vec::new(),
    }
}

fn configuration(scanning: &Scanning) -> ecr::RegistryScanningConfiguration {
    let rules = [(ON_PUSH, &scanning.on_push), (MANUAL, &scanning.manual)];
    let rules = rules.into_iter().filter(|(_, patterns)| !patterns.is_empty());
    let rule = |(frequency, patterns): (&str, &Vec<String>)| ecr::RegistryScanningRule {
        scan_frequency: Some(frequency.to_string()),
        repository_filters: Some(patterns.iter().map(|pattern| filter(pattern)).collect()),
    };
    ecr::RegistryScanningConfiguration {
        scan_type: Some("BASIC".to_string()),
        rules: Some(rules.map(rule).collect()),
    }
}

fn filter(pattern: &str) -> ecr::ScanningRepositoryFilter {
    ecr::ScanningRepositoryFilter {
        filter: Some(pattern.to_string()),
        filter_type: Some("WILDCARD".to_string()),
    }
}

async fn batch_get(
    ctx: Ctx,
    input: ecr::BatchGetRepositoryScanningConfigurationRequest,
) -> Result<ecr::BatchGetRepositoryScanningConfigurationResponse, Fault> {
    let view = ctx.snapshot();
    let (mut configurations, mut failures) = (Vec::new(), Vec::new());
    for name in input.repository_names.into_iter().flatten() {
        let id = names::id(&ctx, None, Some(name.clone()));
        let Ok(repository) = change::repository(&view, &id) else {
            failures.push(ecr::RepositoryScanningConfigurationFailure {
                repository_name: Some(name),
                failure_code: Some("REPOSITORY_NOT_FOUND".to_string()),
                failure_reason: Some(fault::no_repository(&id).message),
            });
            continue;
        };
        access::may(&ctx, &view, "ecr:BatchGetRepositoryScanningConfiguration", &id)?;
        let applied = scan::applied(&view, &id);
        let on_push = repository.scan_on_push || !applied.is_empty();
        configurations.push(ecr::RepositoryScanningConfiguration {
            repository_arn: Some(names::arn(&ctx, &id)),
            repository_name: Some(name),
            scan_on_push: Some(on_push),
            scan_frequency: Some(if on_push { ON_PUSH } else { MANUAL }.to_string()),
            applied_scan_filters: Some(applied.iter().map(|pattern| filter(pattern)).collect()),
        });
    }
    Ok(ecr::BatchGetRepositoryScanningConfigurationResponse {
        scanning_configurations: Some(configurations),
        failures: Some(failures),
    })
}
