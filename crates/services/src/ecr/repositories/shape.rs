//! Repositories between ECR's shapes and the record.

use crate::common::{Ctx, tags};
use crate::ecr::{fault, names};
use api::ecr;
use model::Tag;
use model::registry::{Encryption, Repository, TagMutability};
use wire::Fault;

/// A filter may have as many wildcards.
const MOST_STARS: usize = 2;

/// What a repository is made with, read from a request. What is not said is as AWS has it.
#[derive(Clone, Debug)]
pub struct Settings {
    pub mutability: TagMutability,
    pub exclusions: Vec<String>,
    pub encryption: Encryption,
    pub tags: Vec<Tag>,
}

impl Settings {
    pub fn read(
        mutability: Option<&str>,
        filters: Option<&[ecr::ImageTagMutabilityExclusionFilter]>,
        encryption: Option<(Option<&str>, Option<String>)>,
        tags: Option<&[ecr::Tag]>,
    ) -> Result<Settings, Fault> {
        let (mutability, exclusions) = read_mutability(mutability, filters)?;
        let (kind, kms_key) = encryption.unwrap_or_default();
        let kind = kind.unwrap_or("AES256").to_string();
        let kms_key = kms_key.filter(|key| !key.is_empty());
        if kind == "AES256" && kms_key.is_some() {
            return Err(fault::invalid_at(
                "encryptionConfiguration",
                "KMS key can only be specified when encryption type is KMS or KMS_DSSE",
            ));
        }
        Ok(Settings {
            mutability,
            exclusions,
            encryption: Encryption { kind, kms_key },
            tags: read_tags(tags)?,
        })
    }
}

pub fn read_mutability(
    mutability: Option<&str>,
    filters: Option<&[ecr::ImageTagMutabilityExclusionFilter]>,
) -> Result<(TagMutability, Vec<String>), Fault> {
    let mutability = mutability
        .and_then(TagMutability::parse)
        .unwrap_or(TagMutability::Mutable);
    let filters = filters.unwrap_or_default();
    let excludes = matches!(
        mutability,
        TagMutability::ImmutableWithExclusion | TagMutability::MutableWithExclusion
    );
    let wrong = |why: &str| Err(fault::invalid_at("imageTagMutabilityExclusionFilters", why));
    match (excludes, filters.is_empty()) {
        (true, true) => return wrong("exclusion filters are required with this tag mutability"),
        (false, false) => return wrong("exclusion filters need a tag mutability with exclusion"),
        _ => {}
    }
    let exclusions: Vec<String> = filters.iter().filter_map(|filter| filter.filter.clone()).collect();
    if exclusions.iter().any(|filter| filter.matches('*').count() > MOST_STARS) {
        return wrong("a filter can have at most two wildcards");
    }
    if (1..exclusions.len()).any(|i| exclusions[..i].contains(&exclusions[i])) {
        return wrong("filters must be unique");
    }
    Ok((mutability, exclusions))
}

pub fn show_exclusions(exclusions: &[String]) -> Option<Vec<ecr::ImageTagMutabilityExclusionFilter>> {
    let show = |filter: &String| ecr::ImageTagMutabilityExclusionFilter {
        filter_type: Some("WILDCARD".to_string()),
        filter: Some(filter.clone()),
    };
    (!exclusions.is_empty()).then(|| exclusions.iter().map(show).collect())
}

pub fn read_tags(given: Option<&[ecr::Tag]>) -> Result<Vec<Tag>, Fault> {
    let read = |tag: &ecr::Tag| Tag {
        key: tag.key.clone().unwrap_or_default(),
        value: tag.value.clone().unwrap_or_default(),
    };
    let all: Vec<Tag> = given.unwrap_or_default().iter().map(read).collect();
    match tags::check(&all) {
        Ok(()) => Ok(all),
        Err(why) if all.len() > tags::MAX => Err(Fault::new(&ecr::fault::TooManyTagsException, why)),
        Err(why) => Err(Fault::new(&ecr::fault::InvalidTagParameterException, why)),
    }
}

pub fn show_tags(tags: &[Tag]) -> Vec<ecr::Tag> {
    let show = |tag: &Tag| ecr::Tag {
        key: Some(tag.key.clone()),
        value: Some(tag.value.clone()),
    };
    tags.iter().map(show).collect()
}

pub fn show(ctx: &Ctx, repository: &Repository) -> ecr::Repository {
    ecr::Repository {
        repository_arn: Some(names::arn(ctx, &repository.id)),
        registry_id: Some(repository.id.registry.clone()),
        repository_name: Some(repository.id.name.clone()),
        repository_uri: Some(names::uri(ctx, &repository.id)),
        created_at: Some(repository.created_at),
        image_tag_mutability: Some(repository.mutability.to_string()),
        image_tag_mutability_exclusion_filters: show_exclusions(&repository.exclusions),
        image_scanning_configuration: Some(ecr::ImageScanningConfiguration {
            scan_on_push: Some(repository.scan_on_push),
        }),
        encryption_configuration: Some(ecr::EncryptionConfiguration {
            encryption_type: Some(repository.encryption.kind.clone()),
            kms_key: repository.encryption.kms_key.clone(),
        }),
    }
}
