//! What ECR refuses, in the words of AWS.

use api::ecr::fault;
use model::registry::{Refused, RepositoryId};
use wire::Fault;

pub fn invalid(message: impl Into<String>) -> Fault {
    Fault::new(&fault::InvalidParameterException, message)
}

/// A parameter that breaks a rule which the model does not tell.
pub fn invalid_at(parameter: &str, constraint: &str) -> Fault {
    invalid(format!(
        "Invalid parameter at '{parameter}' failed to satisfy constraint: '{constraint}'"
    ))
}

/// `the repository with name 'team/web' in the registry with id '000000000000'`
pub fn place(id: &RepositoryId) -> String {
    format!(
        "the repository with name '{}' in the registry with id '{}'",
        id.name, id.registry
    )
}

pub fn no_repository(id: &RepositoryId) -> Fault {
    Fault::new(
        &fault::RepositoryNotFoundException,
        format!(
            "The repository with name '{}' does not exist in the registry with id '{}'",
            id.name, id.registry
        ),
    )
}

/// An image that is not there, by what it was asked for.
pub fn no_image(id: &RepositoryId, digest: Option<&str>, tag: Option<&str>) -> Fault {
    let (digest, tag) = (digest.unwrap_or("null"), tag.unwrap_or("null"));
    Fault::new(
        &fault::ImageNotFoundException,
        format!(
            "The image with imageId {{imageDigest:'{digest}', imageTag:'{tag}'}} does not exist within the repository with \
             name '{}' in the registry with id '{}'",
            id.name, id.registry
        ),
    )
}

/// What the model refused.
pub fn refused(refused: Refused, id: &RepositoryId) -> Fault {
    let message = refused.to_string();
    match refused {
        Refused::NoRepository => no_repository(id),
        Refused::RepositoryExists => Fault::new(
            &fault::RepositoryAlreadyExistsException,
            format!(
                "The repository with name '{}' already exists in the registry with id '{}'",
                id.name, id.registry
            ),
        ),
        Refused::NotEmpty => Fault::new(
            &fault::RepositoryNotEmptyException,
            format!(
                "The repository with name '{}' in registry with id '{}' cannot be deleted because it still contains images",
                id.name, id.registry
            ),
        ),
        Refused::NoManifest(digest) => no_image(id, Some(&digest), None),
        Refused::NoTag(tag) => no_image(id, None, Some(&tag)),
        Refused::NoBlob(digest) => no_layer(id, &digest),
        Refused::BlobsUnknown(digests) => Fault::new(&fault::LayersNotFoundException, needed("Layers", &digests, id)),
        Refused::ManifestsUnknown(digests) => Fault::new(
            &fault::ReferencedImagesNotFoundException,
            needed("Images", &digests, id),
        ),
        Refused::TagFixed { tag, .. } => Fault::new(
            &fault::ImageTagAlreadyExistsException,
            format!(
                "The image tag '{tag}' already exists in the '{}' repository and cannot be overwritten because the tag is \
                 immutable.",
                id.name
            ),
        ),
        Refused::WrongSize { .. } | Refused::WrongType { .. } => {
            invalid_at("imageManifest", &format!("Invalid image manifest: {message}"))
        }
        Refused::BlobInUse(_) | Refused::Listed(_) => invalid(message),
        Refused::TooMany { .. } => Fault::new(&fault::LimitExceededException, message),
    }
}

pub fn no_layer(id: &RepositoryId, digest: &str) -> Fault {
    let message = format!("The layer with digest '{digest}' does not exist in {}", place(id));
    Fault::new(&fault::LayersNotFoundException, message)
}

fn needed(what: &str, digests: &[String], id: &RepositoryId) -> String {
    format!(
        "{what} with digests '{}' required for pushing image into {} do not exist",
        digests.join(", "),
        place(id)
    )
}

/// Who is of the registry's own account is refused only where a policy says so; others, where none lets them.
pub fn denied(principal: &str, action: &str, resource: &str, is_own: bool) -> Fault {
    let why = match is_own {
        true => "with an explicit deny in a resource-based policy".to_string(),
        false => format!("because no resource-based policy allows the {action} action"),
    };
    let message = format!("User: {principal} is not authorized to perform: {action} on resource: {resource} {why}");
    Fault::common("AccessDeniedException", 400, message)
}
