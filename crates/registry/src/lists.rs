//! Lists, page by page: repositories, tags, and what refers to a manifest.

use crate::answer::Answer;
use crate::fault::{Code, Fault};
use crate::route::encoded;
use crate::{Asked, Body};
use bytes::Bytes;
use images::Digest;
use model::registry::document::{self, OCI_INDEX};
use model::registry::{ImageTag, Manifest, Repository, RepositoryId, change};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Key;

/// On one page, also when more are asked for.
const MOST_ON_A_PAGE: usize = 1000;
/// Each of them is a document to be read.
const MOST_REFERRERS: usize = 200;
/// Of annotations on one page, about: what one of them has may go beyond it.
const MOST_ANNOTATIONS: usize = 1 << 20;

/// What a page begins behind, and how much it may have.
struct Page {
    last: Option<String>,
    most: usize,
}

fn page(asked: &Asked<'_>, most: usize) -> Result<Page, Fault> {
    let invalid = || {
        Fault::new(
            400,
            Code::PaginationNumberInvalid,
            "n must be a number that is not negative",
        )
    };
    let n = asked
        .query("n")
        .map(|n| n.parse::<usize>().map_err(|_| invalid()))
        .transpose()?;
    Ok(Page {
        last: asked.query("last").filter(|last| !last.is_empty()),
        most: n.unwrap_or(most).min(most),
    })
}

/// Cuts a page off, and says where the next one begins if there is one.
fn cut<T>(mut found: Vec<T>, page: &Page, name: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
    let more = found.len() > page.most;
    found.truncate(page.most);
    let last = found.last().filter(|_| more).map(name);
    (found, last)
}

fn linked(answer: Answer, path: &str, page: &Page, last: Option<String>, filter: &str) -> Answer {
    match last {
        None => answer,
        Some(last) => {
            let next = format!("<{path}?n={}&last={}{filter}>; rel=\"next\"", page.most, encoded(&last));
            answer.with("link", next)
        }
    }
}

pub fn catalog(asked: &Asked<'_>) -> Result<Answer, Fault> {
    let home = asked.repository("*", "ecr:DescribeRepositories")?;
    let page = page(asked, MOST_ON_A_PAGE)?;
    let view = asked.snapshot();
    let all = RepositoryId::all_of(&home.registry, &home.region);
    let after = page.last.as_ref().map(|last| all.part(last));
    let found: Vec<Arc<Repository>> = view.scan_after(&all, after.as_ref()).take(page.most + 1).collect();
    let (found, last) = cut(found, &page, |repository| repository.id.name.clone());
    let names: Vec<&String> = found.iter().map(|repository| &repository.id.name).collect();
    let answer = Answer::json(200, &json!({ "repositories": names }));
    Ok(linked(answer, "/v2/_catalog", &page, last, ""))
}

pub fn tags(asked: &Asked<'_>, name: &str) -> Result<Answer, Fault> {
    let id = asked.repository(name, "ecr:ListImages")?;
    let page = page(asked, MOST_ON_A_PAGE)?;
    let view = asked.snapshot();
    change::repository(&view, &id).map_err(|refused| Fault::refused(refused, name))?;
    let after = page.last.as_ref().map(|last| ImageTag::key_of(&id, last));
    let found = view.scan_after::<ImageTag>(&id.key(), after.as_ref());
    let found: Vec<Arc<ImageTag>> = found.take(page.most + 1).collect();
    let (found, last) = cut(found, &page, |tag| tag.tag.clone());
    let tags: Vec<&String> = found.iter().map(|tag| &tag.tag).collect();
    let answer = Answer::json(200, &json!({ "name": name, "tags": tags }));
    Ok(linked(answer, &format!("/v2/{name}/tags/list"), &page, last, ""))
}

/// What is about a manifest, which itself need not be there.
pub async fn referrers(asked: &Asked<'_>, name: &str, subject: Digest) -> Result<Answer, Fault> {
    let id = asked.repository(name, "ecr:BatchGetImage")?;
    let page = page(asked, MOST_REFERRERS)?;
    let kind = asked.query("artifactType").filter(|kind| !kind.is_empty());
    // A repository that is not there has nothing about anything: the specification wants no 404 here.
    let view = asked.snapshot();
    let about: Key = Manifest::key_of(&id, &subject.to_string());
    let after = page.last.as_ref().map(|last| Manifest::key_of(&id, last));
    let wanted = |manifest: &Arc<Manifest>| kind.is_none() || manifest.artifact_type == kind;
    let found = view.by_after::<Manifest>(Manifest::BY_SUBJECT, &about, after.as_ref());
    let found: Vec<Arc<Manifest>> = found.filter(wanted).take(page.most + 1).collect();
    let (mut manifests, mut annotations) = (Vec::new(), 0);
    for manifest in found.iter().take(page.most) {
        if annotations > MOST_ANNOTATIONS {
            break;
        }
        let said = document::annotations(&asked.document(manifest).await?);
        annotations += document::bytes_of(&said);
        manifests.push(descriptor(manifest, &said));
    }
    let (shown, rest) = found.split_at(manifests.len());
    let last = shown.last().filter(|_| !rest.is_empty());
    let last = last.map(|manifest| manifest.digest.clone());
    let index = json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests });
    let answer = Answer::body(200, OCI_INDEX, Body::whole(Bytes::from(index.to_string())));
    let (filter, answer) = match &kind {
        None => (String::new(), answer),
        Some(kind) => (
            format!("&artifactType={}", encoded(kind)),
            answer.with("oci-filters-applied", "artifactType"),
        ),
    };
    Ok(linked(
        answer,
        &format!("/v2/{name}/referrers/{subject}"),
        &page,
        last,
        &filter,
    ))
}

fn descriptor(manifest: &Manifest, annotations: &BTreeMap<String, String>) -> Value {
    let mut descriptor = json!({
        "mediaType": manifest.media_type,
        "digest": manifest.digest,
        "size": manifest.size,
    });
    if let Some(kind) = &manifest.artifact_type {
        descriptor["artifactType"] = json!(kind);
    }
    if !annotations.is_empty() {
        descriptor["annotations"] = json!(annotations);
    }
    descriptor
}
