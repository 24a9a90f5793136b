//! Looking for content that records promise and that is not there: for the doctor, with no server beside it.

use images::Digest;
use images::content::Content;
use model::registry::{BlobLink, Manifest};
use std::collections::BTreeMap;
use std::io;
use store::{Key, View};

/// What repositories say they have and the content store lacks, or has otherwise. With `bytes` all of it is read.
pub async fn lost(content: &Content, view: &View, bytes: bool) -> io::Result<Vec<String>> {
    let mut wanted: BTreeMap<String, (u64, String)> = BTreeMap::new();
    for link in view.scan::<BlobLink>(&Key::all()) {
        wanted.insert(
            link.digest.clone(),
            (link.size, format!("{}, blob {}", link.repository, link.digest)),
        );
    }
    for manifest in view.scan::<Manifest>(&Key::all()) {
        let at = format!("{}@{}", manifest.repository, manifest.digest);
        wanted.insert(manifest.digest.clone(), (manifest.size, at));
    }
    let mut lost = Vec::new();
    for (digest, (size, at)) in wanted {
        let Ok(digest) = digest.parse::<Digest>() else {
            lost.push(format!("{at} is no digest"));
            continue;
        };
        match content.size(&digest).await? {
            None => lost.push(format!("{at} is not there")),
            Some(is) if is != size => lost.push(format!("{at} has {is} bytes, not {size}")),
            Some(_) if bytes && !content.is_intact(&digest).await? => lost.push(format!("{at} has other bytes")),
            Some(_) => {}
        }
    }
    Ok(lost)
}
