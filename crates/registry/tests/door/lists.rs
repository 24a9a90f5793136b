//! Lists and their pages.

use crate::stage::*;
use serde_json::json;

/// Follows the links from the first page to the last.
async fn pages(stage: &Stage, first: &str, what: &str) -> Vec<Vec<String>> {
    let (mut pages, mut next) = (Vec::new(), Some(first.to_string()));
    while let Some(path) = next.take() {
        let got = stage.get(&path).await.is(200);
        let names = got.json()[what].as_array().unwrap().clone();
        pages.push(names.iter().map(|name| name.as_str().unwrap().to_string()).collect());
        let link = got.header("link");
        if !link.is_empty() {
            let (path, rest) = link.strip_prefix('<').unwrap().split_once('>').unwrap();
            assert_eq!(rest, "; rel=\"next\"");
            next = Some(path.to_string());
        }
        assert!(pages.len() < 100);
    }
    pages
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tags_and_repositories_come_page_by_page() {
    let stage = stage().await;
    let document = stage.image("ab", "t0", "layer").await;
    for tag in ["t3", "t1", "t2", "T4"] {
        stage.manifest("ab", tag, &document).await.is(201);
    }
    let list = async |query: &str| pages(&stage, &format!("/v2/ab/tags/list{query}"), "tags").await;
    assert_eq!(list("").await, [["T4", "t0", "t1", "t2", "t3"]]);
    assert_eq!(list("?n=2").await, [vec!["T4", "t0"], vec!["t1", "t2"], vec!["t3"]]);
    assert_eq!(list("?n=5").await.len(), 1);
    assert_eq!(list("?last=t1&n=9").await, [["t2", "t3"]]);
    assert_eq!(list("?last=t11").await, [["t2", "t3"]]);
    assert_eq!(list("?n=0").await, [Vec::<String>::new()]);
    for bad in ["n=x", "n=-1"] {
        let refused = stage.get(&format!("/v2/ab/tags/list?{bad}")).await;
        assert_eq!(refused.fault(), (400, "PAGINATION_NUMBER_INVALID".into()));
    }
    stage.blob("cd/ef", "x").await;
    stage.blob("cd", "x").await;
    let catalog = async |query: &str| pages(&stage, &format!("/v2/_catalog{query}"), "repositories").await;
    assert_eq!(catalog("").await, [["ab", "cd", "cd/ef"]]);
    assert_eq!(catalog("?n=2").await, [vec!["ab", "cd"], vec!["cd/ef"]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_refers_to_a_manifest_is_found() {
    let stage = stage().await;
    let subject = stage.image("ab", "v1", "layer").await;
    let refer = async |query: &str| {
        stage
            .get(&format!("/v2/ab/referrers/{}{query}", digest(&subject)))
            .await
            .is(200)
    };
    let empty = refer("").await;
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []});
    assert_eq!((empty.json(), empty.header("content-type")), (index, OCI_INDEX));
    let mut kinds = Vec::new();
    for (kind, note) in [("a/sbom", "one"), ("a/sig", "two"), ("a/sig", "three")] {
        let about = image_about("layer", Some(&subject));
        let extra = format!(r#","artifactType":"{kind}","annotations":{{"note":"{note}"}}}}"#);
        let about = format!("{}{extra}", about.strip_suffix('}').unwrap());
        let put = stage.manifest("ab", &digest(&about).to_string(), &about).await.is(201);
        assert_eq!(put.header("oci-subject"), digest(&subject).to_string());
        kinds.push(json!({
            "mediaType": OCI_MANIFEST, "digest": digest(&about).to_string(), "size": about.len(),
            "artifactType": kind, "annotations": {"note": note},
        }));
    }
    kinds.sort_by_key(|kind| kind["digest"].as_str().unwrap().to_string());
    let all = refer("").await;
    assert_eq!(
        (all.json()["manifests"].clone(), all.header("oci-filters-applied")),
        (json!(kinds), "")
    );
    let signatures = refer("?artifactType=a/sig").await;
    let expected: Vec<_> = kinds.iter().filter(|kind| kind["artifactType"] == "a/sig").collect();
    assert_eq!(signatures.json()["manifests"], json!(expected));
    assert_eq!(signatures.header("oci-filters-applied"), "artifactType");
    let first = refer("?n=2").await;
    assert_eq!(first.json()["manifests"], json!(kinds[..2]));
    let link = first
        .header("link")
        .split_once('>')
        .unwrap()
        .0
        .strip_prefix('<')
        .unwrap()
        .to_string();
    assert_eq!(stage.get(&link).await.json()["manifests"], json!(kinds[2..]));
    let nowhere = stage.get(&format!("/v2/none/referrers/{}", digest(&subject))).await;
    assert_eq!(nowhere.is(200).json()["manifests"], json!([]));
    stage.laws_hold();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_referrers_is_small_however_much_they_say() {
    let stage = stage().await;
    let subject = stage.image("ab", "v1", "layer").await;
    let long = "x".repeat(3 << 20);
    for n in 0..4 {
        let about = image_about("layer", Some(&subject));
        let extra = format!(r#","annotations":{{"{n}":"{long}"}}}}"#);
        let about = format!("{}{extra}", about.strip_suffix('}').unwrap());
        stage.manifest("ab", &digest(&about).to_string(), &about).await.is(201);
    }
    let (mut next, mut seen) = (format!("/v2/ab/referrers/{}", digest(&subject)), 0);
    while !next.is_empty() {
        let page = stage.get(&next).await.is(200);
        assert!(page.body.len() < 4 << 20, "{}", page.body.len());
        seen += page.json()["manifests"].as_array().unwrap().len();
        let link = page.header("link").strip_prefix('<').unwrap_or_default();
        next = link.split('>').next().unwrap_or_default().to_string();
    }
    assert_eq!(seen, 4);
}
