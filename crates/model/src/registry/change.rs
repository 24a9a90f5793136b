//! How what is in the registry changes: each function keeps the laws within one transaction.

use super::{
    BlobLink, CreationTemplate, ImageTag, LifecyclePreview, Manifest, Occasion, Part, PullTimeExclusion, Repository,
    RepositoryId, RepositoryLedger, Scan, replication, scan,
};
use base::Timestamp;
use std::fmt;
use std::sync::Arc;
use store::{Tx, View};

/// In one repository; ECR's own quota.
pub const MOST_MANIFESTS: u32 = 100_000;
/// In one repository: as many as manifests, and some more.
pub const MOST_TAGS: u32 = 200_000;
/// Of one image; ECR's own quota. With it an image goes in one transaction.
pub const MOST_TAGS_OF_IMAGE: u32 = 1_000;
/// Blobs, or listed manifests, of one manifest; ECR's quota for layers.
pub const MOST_PARTS: usize = 4_200;

/// A link that somebody asks for is made anew when it is older than this: well within the time that an unused one is kept.
pub const RENEW_MS: i64 = 6 * 60 * 60 * 1000;
/// A pull is noted when the last note is older than this: not every pull is worth a write.
const NOTE_PULLS_MS: i64 = 60 * 60 * 1000;

/// Why the registry stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    NoRepository,
    RepositoryExists,
    /// There are manifests in it.
    NotEmpty,
    NoManifest(String),
    NoTag(String),
    NoBlob(String),
    /// The manifest uses blobs that its repository does not have.
    BlobsUnknown(Vec<String>),
    /// The manifest says of a blob that it is of another size than it is.
    WrongSize {
        digest: String,
        said: u64,
        is: u64,
    },
    /// The index says of a manifest that it is of another type than it is.
    WrongType {
        digest: String,
        said: String,
        is: String,
    },
    /// The index lists manifests that its repository does not have.
    ManifestsUnknown(Vec<String>),
    /// The tag is another image's, and tags stay where they are in this repository.
    TagFixed {
        tag: String,
        digest: String,
    },
    /// A manifest, named here, uses the blob.
    BlobInUse(String),
    /// An index, named here, lists the manifest.
    Listed(String),
    TooMany {
        what: &'static str,
        most: u32,
    },
}

/// What [`put_manifest`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// False when the repository had it already.
    pub new: bool,
    /// The tags that did not name it before.
    pub tagged: Vec<String>,
    /// It was in the archive.
    pub restored: bool,
}

impl Put {
    /// Whether anything is other than it was.
    pub fn is_news(&self) -> bool {
        self.new || self.restored || !self.tagged.is_empty()
    }
}

pub fn repository(view: &View, id: &RepositoryId) -> Result<Arc<Repository>, Refused> {
    view.get::<Repository>(&id.key()).ok_or(Refused::NoRepository)
}

/// The manifest that a tag or a digest names.
pub fn find(view: &View, id: &RepositoryId, reference: &str) -> Result<Arc<Manifest>, Refused> {
    let digest = match reference.contains(':') {
        true => reference.to_string(),
        false => {
            let tag = view.get::<ImageTag>(&ImageTag::key_of(id, reference));
            tag.ok_or_else(|| Refused::NoTag(reference.to_string()))?.digest.clone()
        }
    };
    let manifest = view.get::<Manifest>(&Manifest::key_of(id, &digest));
    manifest.ok_or(Refused::NoManifest(digest))
}

/// The tags of a manifest, in order.
pub fn tags_of(view: &View, id: &RepositoryId, digest: &str) -> Vec<Arc<ImageTag>> {
    view.by::<ImageTag>(ImageTag::BY_MANIFEST, &Manifest::key_of(id, digest))
        .collect()
}

pub fn ledger(view: &View, id: &RepositoryId) -> RepositoryLedger {
    let ledger = view.get::<RepositoryLedger>(&id.key());
    ledger.map_or_else(
        || RepositoryLedger {
            repository: id.clone(),
            manifests: 0,
            tags: 0,
        },
        |ledger| (*ledger).clone(),
    )
}

/// Whether any repository has this content.
pub fn is_needed(view: &View, digest: &str) -> bool {
    let key = store::Key::of([digest]);
    let linked = view.by::<BlobLink>(BlobLink::BY_DIGEST, &key).next().is_some();
    linked || view.by::<Manifest>(Manifest::BY_DIGEST, &key).next().is_some()
}

/// Whether a manifest of the repository uses the blob; answers with one.
pub fn user_of(view: &View, id: &RepositoryId, blob: &str) -> Option<String> {
    let mut users = view.by::<Manifest>(Manifest::BY_BLOB, &Manifest::key_of(id, blob));
    users.next().map(|manifest| manifest.digest.clone())
}

pub fn create_repository(tx: &mut Tx, repository: Repository) -> Result<(), Refused> {
    match tx.get::<Repository>(&repository.id.key()) {
        Some(_) => Err(Refused::RepositoryExists),
        None => {
            tx.put(repository);
            Ok(())
        }
    }
}

/// Makes a repository that nobody made by name, if it is not there, as the template for it has it.
pub fn create_for(tx: &mut Tx, id: &RepositoryId, occasion: Occasion) {
    if tx.get::<Repository>(&id.key()).is_some() {
        return;
    }
    let now = tx.now();
    let repository = match CreationTemplate::of(tx, id, occasion) {
        Some(template) => template.make(id.clone(), now),
        None => Repository::new(id.clone(), now),
    };
    tx.put(repository);
}

/// Takes an empty repository away.
pub fn delete_repository(tx: &mut Tx, id: &RepositoryId) -> Result<(), Refused> {
    repository(tx, id)?;
    if ledger(tx, id).manifests > 0 {
        return Err(Refused::NotEmpty);
    }
    let links: Vec<_> = tx.scan::<BlobLink>(&id.key()).map(|l| l.digest.clone()).collect();
    for digest in links {
        tx.delete::<BlobLink>(&BlobLink::key_of(id, &digest));
    }
    tx.delete::<RepositoryLedger>(&id.key());
    tx.delete::<LifecyclePreview>(&id.key());
    tx.delete::<Repository>(&id.key());
    Ok(())
}

/// Takes some of what is in a repository away, at most about so many records; true when there is no more. A transaction
/// has a bound, a repository may have more in it.
pub fn clear_some(tx: &mut Tx, id: &RepositoryId, most: usize) -> bool {
    let mut left = most;
    let manifests: Vec<_> = tx.scan::<Manifest>(&id.key()).take(most).collect();
    for manifest in manifests {
        // An index goes before what it lists, and what lists the index before that.
        let mut path = vec![manifest.digest.clone()];
        while let Some(digest) = path.last() {
            let tags = tags_of(tx, id, digest);
            if left < tags.len() + 1 {
                let some: Vec<_> = tags.iter().take(left).map(|tag| tag.tag.clone()).collect();
                some.iter().for_each(|tag| drop(drop_tag(tx, id, tag)));
                return false;
            }
            match drop_manifest(tx, id, digest) {
                Err(Refused::Listed(by)) => path.push(by),
                dropped => {
                    left -= dropped.map_or(0, |tags| tags.len() + 1); // what is gone already went with an index before
                    path.pop();
                }
            }
        }
    }
    if ledger(tx, id).manifests > 0 {
        return false;
    }
    let links: Vec<_> = tx.scan::<BlobLink>(&id.key()).take(left + 1).collect();
    links.iter().take(left).for_each(|link| {
        tx.delete::<BlobLink>(&BlobLink::key_of(id, &link.digest));
    });
    links.len() <= left
}

/// From now on the repository has this blob, whose content is here and stays until this is committed.
pub fn link(tx: &mut Tx, id: &RepositoryId, digest: &str, size: u64) -> Result<(), Refused> {
    repository(tx, id)?;
    let linked_at = tx.now();
    tx.put(BlobLink {
        repository: id.clone(),
        digest: digest.to_string(),
        size,
        linked_at,
    });
    Ok(())
}

/// Takes a blob away that no manifest of the repository uses.
pub fn unlink(tx: &mut Tx, id: &RepositoryId, digest: &str) -> Result<(), Refused> {
    repository(tx, id)?;
    if let Some(user) = user_of(tx, id, digest) {
        return Err(Refused::BlobInUse(user));
    }
    let was = tx.delete::<BlobLink>(&BlobLink::key_of(id, digest));
    was.map(drop).ok_or_else(|| Refused::NoBlob(digest.to_string()))
}

/// Takes these links away, where no manifest uses them and they were made before then. For collection.
pub fn expire_links(tx: &mut Tx, links: &[(RepositoryId, String)], before: Timestamp) -> usize {
    let mut gone = 0;
    for (id, digest) in links {
        let key = BlobLink::key_of(id, digest);
        let old = tx.get::<BlobLink>(&key).is_some_and(|link| link.linked_at < before);
        if old && user_of(tx, id, digest).is_none() {
            tx.delete::<BlobLink>(&key);
            gone += 1;
        }
    }
    gone
}

/// Puts a manifest, whose content is here and stays until this is committed, into its repository, and gives it these
/// tags. All that it is made of must be in the repository; only its subject need not. What is in the archive comes back.
pub fn put_manifest(tx: &mut Tx, manifest: Manifest, tags: &[String]) -> Result<Put, Refused> {
    let (id, digest) = (manifest.repository.clone(), manifest.digest.clone());
    let put = put_copy(tx, manifest, tags)?;
    if put.new || !put.tagged.is_empty() {
        replication::note(tx, &id, &digest);
    }
    if put.new {
        let repository = repository(tx, &id)?;
        let manifest = tx.get::<Manifest>(&Manifest::key_of(&id, &digest));
        let manifest = manifest.expect("it was just put");
        scan::on_push(tx, &repository, &manifest);
    }
    Ok(put)
}

/// The same, of an image that came as a copy and is not to be copied further.
pub fn put_copy(tx: &mut Tx, mut manifest: Manifest, tags: &[String]) -> Result<Put, Refused> {
    let id = manifest.repository.clone();
    let repository = repository(tx, &id)?;
    let linked = |part: &Part| tx.get::<BlobLink>(&BlobLink::key_of(&id, &part.digest));
    // What might be fetched from elsewhere and was pushed all the same is used like all others.
    for part in manifest.layers.iter_mut().filter(|part| part.elsewhere) {
        part.elsewhere = linked(part).is_none();
    }
    let (mut unknown, mut wrong) = (Vec::new(), None);
    for part in manifest.blobs() {
        match linked(part) {
            None => unknown.push(part.digest.clone()),
            Some(link) if link.size != part.size => wrong = Some((part, link.size)),
            Some(_) => {}
        }
    }
    if !unknown.is_empty() {
        return Err(Refused::BlobsUnknown(unknown));
    }
    if let Some((part, is)) = wrong {
        let (digest, said) = (part.digest.clone(), part.size);
        return Err(Refused::WrongSize { digest, said, is });
    }
    let is_there = |digest: &String| tx.get::<Manifest>(&Manifest::key_of(&id, digest)).is_some();
    let unknown: Vec<_> = manifest.manifests.iter().filter(|d| !is_there(d)).cloned().collect();
    if !unknown.is_empty() {
        return Err(Refused::ManifestsUnknown(unknown));
    }
    let mut ledger = ledger(tx, &id);
    let known = tx.get::<Manifest>(&Manifest::key_of(&id, &manifest.digest));
    let new = known.is_none();
    let mut restored = known.is_some_and(|known| known.archived_at.is_some());
    let mut tagged = Vec::new();
    for tag in tags {
        let was = tx.get::<ImageTag>(&ImageTag::key_of(&id, tag));
        if was.as_ref().is_some_and(|was| was.digest == manifest.digest) {
            continue;
        }
        match was {
            Some(was) if repository.fixes(tag) => {
                let digest = was.digest.clone();
                return Err(Refused::TagFixed {
                    tag: tag.clone(),
                    digest,
                });
            }
            Some(_) => {}
            None => ledger.tags += 1,
        }
        let tagged_at = tx.now();
        tx.put(ImageTag {
            repository: id.clone(),
            tag: tag.clone(),
            digest: manifest.digest.clone(),
            tagged_at,
        });
        tagged.push(tag.clone());
    }
    ledger.manifests += u32::from(new);
    let key = Manifest::key_of(&id, &manifest.digest);
    let most = MOST_TAGS_OF_IMAGE as usize;
    if !tagged.is_empty() && tx.by::<ImageTag>(ImageTag::BY_MANIFEST, &key).nth(most).is_some() {
        return Err(Refused::TooMany {
            what: "tags of one image",
            most: MOST_TAGS_OF_IMAGE,
        });
    }
    for (what, count, most) in [
        ("images", ledger.manifests, MOST_MANIFESTS),
        ("tags", ledger.tags, MOST_TAGS),
    ] {
        if count > most {
            return Err(Refused::TooMany { what, most });
        }
    }
    restored |= restore(tx, &manifest);
    if new {
        tx.put(manifest);
    }
    tx.put(ledger);
    Ok(Put { new, tagged, restored })
}

/// Whether what an index says of those that it lists is so. What is not here is not compared: it is refused in any case.
pub fn agrees(view: &View, id: &RepositoryId, listed: &[Part]) -> Result<(), Refused> {
    for said in listed {
        let Some(is) = view.get::<Manifest>(&Manifest::key_of(id, &said.digest)) else {
            continue;
        };
        let digest = said.digest.clone();
        if is.size != said.size {
            let (said, is) = (said.size, is.size);
            return Err(Refused::WrongSize { digest, said, is });
        }
        if !said.media_type.is_empty() && said.media_type != is.media_type {
            let (said, is) = (said.media_type.clone(), is.media_type.clone());
            return Err(Refused::WrongType { digest, said, is });
        }
    }
    Ok(())
}

/// Notes that a tag was looked up where it came from, and is what it was.
pub fn confirm_tag(tx: &mut Tx, id: &RepositoryId, tag: &str) {
    if let Some(tag) = tx.get::<ImageTag>(&ImageTag::key_of(id, tag)) {
        let tagged_at = tx.now();
        tx.put(ImageTag {
            tagged_at,
            ..(*tag).clone()
        });
    }
}

/// Takes a tag away, from copies too where rules say so; its image stays. Answers with the image's digest.
pub fn untag(tx: &mut Tx, id: &RepositoryId, tag: &str) -> Result<String, Refused> {
    let digest = drop_tag(tx, id, tag)?;
    for copy in replication::followers(tx, id) {
        let is = tx.get::<ImageTag>(&ImageTag::key_of(&copy, tag));
        if is.is_some_and(|is| is.digest == digest) {
            drop_tag(tx, &copy, tag)?;
        }
    }
    Ok(digest)
}

fn drop_tag(tx: &mut Tx, id: &RepositoryId, tag: &str) -> Result<String, Refused> {
    repository(tx, id)?;
    let was = tx.delete::<ImageTag>(&ImageTag::key_of(id, tag));
    let was = was.ok_or_else(|| Refused::NoTag(tag.to_string()))?;
    let mut ledger = ledger(tx, id);
    ledger.tags -= 1;
    tx.put(ledger);
    Ok(was.digest.clone())
}

/// Takes a manifest away with all its tags, unless an index lists it. Where rules say so its copies go, too, unless an
/// index lists them there.
pub fn delete_manifest(tx: &mut Tx, id: &RepositoryId, digest: &str) -> Result<Vec<String>, Refused> {
    repository(tx, id)?;
    let tags = drop_manifest(tx, id, digest)?;
    for copy in replication::followers(tx, id) {
        match drop_manifest(tx, &copy, digest) {
            Ok(_) | Err(Refused::NoManifest(_) | Refused::Listed(_)) => {}
            Err(refused) => return Err(refused),
        }
    }
    Ok(tags)
}

fn drop_manifest(tx: &mut Tx, id: &RepositoryId, digest: &str) -> Result<Vec<String>, Refused> {
    let key = Manifest::key_of(id, digest);
    let unknown = || Refused::NoManifest(digest.to_string());
    tx.get::<Manifest>(&key).ok_or_else(unknown)?;
    let lister = tx.by::<Manifest>(Manifest::BY_LISTED, &key).next();
    if let Some(lister) = lister {
        return Err(Refused::Listed(lister.digest.clone()));
    }
    let tags: Vec<_> = tags_of(tx, id, digest).iter().map(|tag| tag.tag.clone()).collect();
    for tag in &tags {
        tx.delete::<ImageTag>(&ImageTag::key_of(id, tag));
    }
    tx.delete::<Manifest>(&key);
    replication::forget(tx, id, digest);
    tx.delete::<Scan>(&key);
    let mut ledger = ledger(tx, id);
    ledger.manifests -= 1;
    ledger.tags -= u32::try_from(tags.len()).expect("no more than the ledger counts");
    tx.put(ledger);
    Ok(tags)
}

/// Puts an image into the archive, or takes it back. What an index lists goes with it, but for what an index that is not
/// in the archive lists too.
pub fn archive(tx: &mut Tx, id: &RepositoryId, digest: &str, into: bool) -> Result<(), Refused> {
    repository(tx, id)?;
    let top = find(tx, id, digest)?;
    let lister = tx
        .by::<Manifest>(Manifest::BY_LISTED, &Manifest::key_of(id, digest))
        .next();
    if let Some(lister) = lister {
        return Err(Refused::Listed(lister.digest.clone()));
    }
    move_archive(tx, id, top, into);
    Ok(())
}

/// Who pushes an image gets it back from the archive, with what it lists, which another index may have taken there. Says
/// whether anything was there.
fn restore(tx: &mut Tx, manifest: &Manifest) -> bool {
    let id = &manifest.repository;
    let all = std::iter::once(&manifest.digest).chain(&manifest.manifests);
    let there: Vec<_> = all
        .filter_map(|d| tx.get::<Manifest>(&Manifest::key_of(id, d)))
        .collect();
    let some = there.iter().any(|one| one.archived_at.is_some());
    there.into_iter().for_each(|one| move_archive(tx, id, one, false));
    some
}

fn move_archive(tx: &mut Tx, id: &RepositoryId, top: Arc<Manifest>, into: bool) {
    let mut open = vec![top];
    while let Some(manifest) = open.pop() {
        if manifest.archived_at.is_some() == into {
            continue;
        }
        let now = tx.now();
        let mut moved = (*manifest).clone();
        moved.archived_at = into.then_some(now);
        match into {
            true => moved.last_archived_at = Some(now),
            false => moved.last_activated_at = Some(now),
        }
        tx.put(moved);
        for listed in &manifest.manifests {
            let key = Manifest::key_of(id, listed);
            let mut listers = tx.by::<Manifest>(Manifest::BY_LISTED, &key);
            if !into || listers.all(|lister| lister.archived_at.is_some()) {
                open.extend(tx.get::<Manifest>(&key));
            }
        }
    }
}

/// Whether all images that use the blob are in the archive.
pub fn is_archived(view: &View, id: &RepositoryId, blob: &str) -> bool {
    let mut users = view
        .by::<Manifest>(Manifest::BY_BLOB, &Manifest::key_of(id, blob))
        .peekable();
    users.peek().is_some() && users.all(|manifest| manifest.archived_at.is_some())
}

/// Whether it is worth a write that this caller pulled a manifest: not when somebody did lately, and not for those who are
/// excluded.
pub fn is_worth_noting(view: &View, manifest: &Manifest, caller: &str, now: Timestamp) -> bool {
    let RepositoryId { registry, region, .. } = &manifest.repository;
    let lately = manifest.pulled_at.is_some_and(|last| now.since(last) < NOTE_PULLS_MS);
    !lately && !PullTimeExclusion::has(view, registry, region, caller)
}

/// Notes that a manifest was pulled just now.
pub fn note_pull(tx: &mut Tx, id: &RepositoryId, digest: &str) {
    if let Some(manifest) = tx.get::<Manifest>(&Manifest::key_of(id, digest)) {
        let mut manifest = (*manifest).clone();
        manifest.pulled_at = Some(tx.now());
        tx.put(manifest);
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::NoRepository => f.write_str("there is no such repository"),
            Refused::RepositoryExists => f.write_str("there is a repository of this name"),
            Refused::NotEmpty => f.write_str("the repository has images in it"),
            Refused::NoManifest(digest) => write!(f, "there is no manifest {digest}"),
            Refused::NoTag(tag) => write!(f, "there is no tag {tag}"),
            Refused::NoBlob(digest) => write!(f, "there is no blob {digest}"),
            Refused::BlobsUnknown(digests) => write!(f, "blobs unknown: {}", digests.join(", ")),
            Refused::WrongSize { digest, said, is } => {
                write!(f, "the manifest says that {digest} has {said} bytes: it has {is}")
            }
            Refused::WrongType { digest, said, is } => {
                write!(f, "the index says that {digest} is of the type {said}: it is {is}")
            }
            Refused::ManifestsUnknown(digests) => write!(f, "manifests unknown: {}", digests.join(", ")),
            Refused::TagFixed { tag, digest } => write!(f, "the tag {tag} names {digest} and cannot be moved"),
            Refused::BlobInUse(by) => write!(f, "the manifest {by} uses the blob"),
            Refused::Listed(by) => write!(f, "the index {by} lists the manifest"),
            Refused::TooMany { what, most } => write!(f, "a repository has at most {most} {what}"),
        }
    }
}

impl std::error::Error for Refused {}
