//! Seeing to it that a part can start: its image is here, and its log stream takes events.

use super::Machine;
use crate::work::{ImageFacts, Work};
use images::{Image, Platform, PullPolicy, Want};

pub async fn pull(machine: &Machine, work: &Work, part: usize) -> Result<ImageFacts, String> {
    let (image, stream) = tokio::join!(
        fetch(machine, work, part, machine.pull_policy),
        open_stream(machine, work, part)
    );
    let image = image?;
    stream?;
    let facts = facts(&image);
    machine.remember(&work.parts[part].id, image);
    Ok(facts)
}

/// The image of a part whose image is known to be here, unless somebody took it away since.
pub async fn image(machine: &Machine, work: &Work, part: usize) -> Result<Image, String> {
    match machine.remembered(&work.parts[part].id) {
        Some(image) => Ok(image),
        None => fetch(machine, work, part, PullPolicy::PreferCached).await,
    }
}

async fn fetch(machine: &Machine, work: &Work, part: usize, policy: PullPolicy) -> Result<Image, String> {
    let plan = work.plan(part);
    let credentials = match &plan.repository_credentials {
        Some(named) => Some(super::start::registry_credentials(machine, named).await?),
        None => None,
    };
    let want = || Want {
        reference: &plan.image,
        policy,
        platform: platform(work),
        credentials: credentials.clone(),
    };
    let image = match machine.images.ensure(want()).await {
        Err(error) if error.is_disk_full() => {
            machine.make_room().await;
            machine.images.ensure(want()).await
        }
        ensured => ensured,
    };
    let image = image.map_err(|error| error.reason())?;
    let held = machine.images.hold(&image, &work.parts[part].id).await;
    held.map_err(|error| format!("CannotPullContainerError: the image cannot be held: {error}"))?;
    Ok(image)
}

fn platform(work: &Work) -> Platform {
    let here = Platform::here();
    match work.assigned.plan.cpu_architecture.as_deref() {
        Some("ARM64") => Platform {
            arch: "arm64".to_string(),
            ..here
        },
        Some("X86_64") => Platform {
            arch: "amd64".to_string(),
            variant: None,
            ..here
        },
        _ => here,
    }
}

/// As Docker does before it starts a container: a stream that cannot be written to is found out now.
async fn open_stream(machine: &Machine, work: &Work, part: usize) -> Result<(), String> {
    let cannot = |why: String| {
        format!(
            "CannotStartContainerError: Error response from daemon: failed to create task for container: failed to \
             initialize logging driver: {why}"
        )
    };
    let Some(to) = machine
        .destination(work, part)
        .map_err(|error| cannot(error.to_string()))?
    else {
        return Ok(());
    };
    let made = machine.shipper.ship(to.batch(Vec::new())).await;
    made.map_err(|why| cannot(format!("failed to create Cloudwatch log stream: {why}")))
}

/// A health check of the image's own is not among them: ECS heeds only those of task definitions.
fn facts(image: &Image) -> ImageFacts {
    ImageFacts {
        digest: image.digest.to_string(),
        id: image.image_id.to_string(),
        stop_signal: image.config.stop_signal.clone(),
    }
}
