//! Repositories, their policies and what is in them, on a store in memory.

use super::*;
use crate::Services;
use crate::common::Ctx;
use crate::common::testing::{block_on, world};
use api::ecr as shapes;
use model::invariants;
use model::registry::{BlobLink, Manifest, RepositoryId, change};
use serde_json::json;
use wire::{Fault, Shape};

const ROOT: &str = "arn:aws:iam::000000000000:root";

/// Calls an operation as the door does.
fn call<I: Shape, O: Shape + Clone>(ctx: &Ctx, operation: &str, input: I) -> Result<O, Fault> {
    let facts = ecr::ECR.operation(operation).expect("it is in the model");
    let services = Services::all(false);
    let output = block_on(services.call(&ecr::ECR, facts, ctx.clone(), Box::new(input)))?.output;
    Ok(output.downcast_ref::<O>().expect("the operation's own output").clone())
}

fn text(t: &str) -> Option<String> {
    Some(t.to_string())
}

fn code<T: std::fmt::Debug>(result: Result<T, Fault>) -> String {
    result.expect_err("it is refused").code.into_owned()
}

fn create(ctx: &Ctx, name: &str) -> Result<shapes::CreateRepositoryResponse, Fault> {
    let input = shapes::CreateRepositoryRequest {
        repository_name: text(name),
        ..Default::default()
    };
    call(ctx, "CreateRepository", input)
}

fn delete(ctx: &Ctx, name: &str, force: bool) -> Result<shapes::DeleteRepositoryResponse, Fault> {
    let input = shapes::DeleteRepositoryRequest {
        repository_name: text(name),
        force: Some(force),
        ..Default::default()
    };
    call(ctx, "DeleteRepository", input)
}

fn describe(ctx: &Ctx, names: &[&str]) -> Result<Vec<shapes::Repository>, Fault> {
    let input = shapes::DescribeRepositoriesRequest {
        repository_names: (!names.is_empty()).then(|| names.iter().map(ToString::to_string).collect()),
        ..Default::default()
    };
    let described: shapes::DescribeRepositoriesResponse = call(ctx, "DescribeRepositories", input)?;
    Ok(described.repositories.unwrap_or_default())
}

fn digest(n: usize) -> String {
    format!("sha256:{n:064x}")
}

fn manifest(n: usize, id: &RepositoryId, lists: Vec<String>) -> Manifest {
    Manifest {
        repository: id.clone(),
        digest: digest(n),
        media_type: "t".to_string(),
        size: 1,
        artifact_type: None,
        config: None,
        layers: Vec::new(),
        manifests: lists,
        subject: None,
        pushed_at: base::Timestamp(0),
        pulled_at: None,
        archived_at: None,
        last_archived_at: None,
        last_activated_at: None,
    }
}

fn laws_hold(ctx: &Ctx) {
    assert_eq!(invariants::check(&ctx.snapshot()), []);
}

#[test]
fn a_repository_is_made_described_and_taken_away() {
    let ctx = world();
    let made = create(&ctx, "team/web")
        .expect("a new one")
        .repository
        .expect("it is told");
    assert_eq!(
        made.repository_arn,
        text("arn:aws:ecr:us-east-1:000000000000:repository/team/web")
    );
    assert_eq!(made.repository_uri, text("127.0.0.1:4566/team/web"));
    assert_eq!(made.image_tag_mutability, text("MUTABLE"));
    assert_eq!(code(create(&ctx, "team/web")), "RepositoryAlreadyExistsException");
    assert_eq!(code(create(&ctx, "Team")), "InvalidParameterException");
    create(&ctx, "api").expect("another one");
    let all = describe(&ctx, &[]).expect("all");
    assert_eq!(all.len(), 2);
    assert_eq!(describe(&ctx, &["team/web"]).expect("one"), [made]);
    assert_eq!(
        code(describe(&ctx, &["team/web", "none"])),
        "RepositoryNotFoundException"
    );
    delete(&ctx, "api", false).expect("it is empty");
    assert_eq!(code(delete(&ctx, "api", true)), "RepositoryNotFoundException");
}

#[test]
fn mutability_and_its_exclusions_go_together() {
    let ctx = world();
    create(&ctx, "web").expect("a new one");
    let put = |mutability: &str, filters: &[&str]| {
        let filter = |filter: &&str| shapes::ImageTagMutabilityExclusionFilter {
            filter_type: text("WILDCARD"),
            filter: text(filter),
        };
        let input = shapes::PutImageTagMutabilityRequest {
            repository_name: text("web"),
            image_tag_mutability: text(mutability),
            image_tag_mutability_exclusion_filters: (!filters.is_empty()).then(|| filters.iter().map(filter).collect()),
            ..Default::default()
        };
        call::<_, shapes::PutImageTagMutabilityResponse>(&ctx, "PutImageTagMutability", input)
    };
    put("IMMUTABLE_WITH_EXCLUSION", &["dev-*", "latest"]).expect("both are said");
    let web = &describe(&ctx, &["web"]).expect("it is there")[0];
    assert_eq!(web.image_tag_mutability, text("IMMUTABLE_WITH_EXCLUSION"));
    assert_eq!(
        web.image_tag_mutability_exclusion_filters.as_ref().map(Vec::len),
        Some(2)
    );
    for (mutability, filters) in [
        ("IMMUTABLE", &["dev-*"][..]),
        ("IMMUTABLE_WITH_EXCLUSION", &[]),
        ("MUTABLE_WITH_EXCLUSION", &["a*b*c*"]),
        ("MUTABLE_WITH_EXCLUSION", &["a", "a"]),
        ("SOMETIMES", &[]),
    ] {
        assert_eq!(
            code(put(mutability, filters)),
            "InvalidParameterException",
            "{mutability}"
        );
    }
}

#[test]
fn what_is_in_a_repository_goes_only_by_force() {
    let ctx = world();
    create(&ctx, "web").expect("a new one");
    let id = RepositoryId::new("000000000000", "us-east-1", "web");
    // An index whose digest comes behind those of all that it lists, more than one transaction takes away.
    let many = 9_000;
    for first in (0..many).step_by(1_000) {
        let id = id.clone();
        let put = ctx.write(move |tx| {
            for n in first..first + 1_000 {
                change::put_manifest(tx, manifest(n, &id, Vec::new()), &[]).expect("the repository is there");
            }
            Ok(())
        });
        block_on(put).expect("written");
    }
    let (to, listed) = (id.clone(), (0..4_000).map(digest).collect::<Vec<_>>());
    let put = ctx.write(move |tx| {
        let index = manifest(many + 1, &to, listed.clone());
        change::put_manifest(tx, index, &["all".to_string()]).expect("it lists what is there");
        change::link(tx, &to, &digest(many + 2), 1).expect("the repository is there");
        Ok(())
    });
    block_on(put).expect("written");
    assert_eq!(code(delete(&ctx, "web", false)), "RepositoryNotEmptyException");
    delete(&ctx, "web", true).expect("by force");
    assert_eq!(ctx.snapshot().count::<Manifest>(&id.key()), 0);
    assert_eq!(ctx.snapshot().count::<BlobLink>(&id.key()), 0);
    laws_hold(&ctx);
}

#[test]
fn tags_are_asked_for_by_arn() {
    let ctx = world();
    create(&ctx, "web").expect("a new one");
    let arn = "arn:aws:ecr:us-east-1:000000000000:repository/web";
    let tag = |arn: &str, keys: &[&str]| {
        let tag = |key: &&str| shapes::Tag {
            key: text(key),
            value: text("1"),
        };
        let input = shapes::TagResourceRequest {
            resource_arn: text(arn),
            tags: Some(keys.iter().map(tag).collect()),
        };
        call::<_, shapes::TagResourceResponse>(&ctx, "TagResource", input)
    };
    tag(arn, &["a", "b"]).expect("two tags");
    assert_eq!(code(tag(arn, &["aws:a"])), "InvalidTagParameterException");
    assert_eq!(
        code(tag("arn:aws:ecs:us-east-1:000000000000:cluster/web", &["a"])),
        "InvalidParameterException"
    );
    assert_eq!(code(tag(&format!("{arn}s"), &["a"])), "RepositoryNotFoundException");
    let many: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(code(tag(arn, &many)), "TooManyTagsException");
    let untag = shapes::UntagResourceRequest {
        resource_arn: text(arn),
        tag_keys: Some(vec!["a".to_string()]),
    };
    call::<_, shapes::UntagResourceResponse>(&ctx, "UntagResource", untag).expect("taken off");
    let list = shapes::ListTagsForResourceRequest {
        resource_arn: text(arn),
    };
    let listed: shapes::ListTagsForResourceResponse = call(&ctx, "ListTagsForResource", list).expect("it is there");
    assert_eq!(listed.tags.unwrap_or_default().len(), 1);
}

fn set_policy(ctx: &Ctx, policy: &str, force: bool) -> Result<shapes::SetRepositoryPolicyResponse, Fault> {
    let input = shapes::SetRepositoryPolicyRequest {
        repository_name: text("web"),
        policy_text: text(policy),
        force: Some(force),
        ..Default::default()
    };
    call(ctx, "SetRepositoryPolicy", input)
}

#[test]
fn a_policy_decides_who_may_do_what() {
    let ctx = world();
    create(&ctx, "web").expect("a new one");
    let statement = |effect: &str, principal: &str, action: &str| {
        json!({"Statement": [{"Effect": effect, "Principal": {"AWS": principal}, "Action": action}]}).to_string()
    };
    let get = |ctx: &Ctx| {
        let input = shapes::GetRepositoryPolicyRequest {
            repository_name: text("web"),
            ..Default::default()
        };
        call::<_, shapes::GetRepositoryPolicyResponse>(ctx, "GetRepositoryPolicy", input)
    };
    assert_eq!(code(get(&ctx)), "RepositoryPolicyNotFoundException");
    assert_eq!(code(set_policy(&ctx, "{}", false)), "InvalidParameterException");
    let stranger = ctx.as_caller("arn:aws:iam::111111111111:user/eve");
    let described = |ctx: &Ctx| {
        let input = shapes::DescribeRepositoriesRequest {
            registry_id: text("000000000000"),
            repository_names: Some(vec!["web".to_string()]),
            ..Default::default()
        };
        call::<_, shapes::DescribeRepositoriesResponse>(ctx, "DescribeRepositories", input)
    };
    assert_eq!(code(described(&stranger)), "AccessDeniedException");
    assert_eq!(code(describe(&stranger, &[])), "AccessDeniedException");
    assert_eq!(code(create(&stranger, "other")), "AccessDeniedException");
    set_policy(&ctx, &statement("Allow", "111111111111", "ecr:Describe*"), false).expect("a good one");
    assert!(described(&stranger).is_ok() && described(&ctx).is_ok());
    assert_eq!(code(get(&stranger)), "AccessDeniedException");

    // Nobody locks the account out by accident; and it has a way back.
    let nothing = statement("Deny", "*", "ecr:*");
    assert_eq!(code(set_policy(&ctx, &nothing, false)), "InvalidParameterException");
    set_policy(&ctx, &nothing, true).expect("by force");
    assert_eq!(code(described(&ctx)), "AccessDeniedException");
    assert_eq!(code(set_policy(&ctx, &nothing, true)), "AccessDeniedException");
    assert_eq!(code(delete(&ctx, "web", true)), "AccessDeniedException");
    assert_eq!(get(&ctx).expect("root may look").policy_text, Some(nothing));
    let input = shapes::DeleteRepositoryPolicyRequest {
        repository_name: text("web"),
        ..Default::default()
    };
    call::<_, shapes::DeleteRepositoryPolicyResponse>(&ctx, "DeleteRepositoryPolicy", input).expect("root may");
    assert!(described(&ctx).is_ok());
}

#[test]
fn the_registrys_policy_is_about_every_repository() {
    let ctx = world();
    create(&ctx, "team/web").expect("a new one");
    let put = |policy: &serde_json::Value| {
        let input = shapes::PutRegistryPolicyRequest {
            policy_text: text(&policy.to_string()),
        };
        call::<_, shapes::PutRegistryPolicyResponse>(&ctx, "PutRegistryPolicy", input)
    };
    let get =
        || call::<_, shapes::GetRegistryPolicyResponse>(&ctx, "GetRegistryPolicy", shapes::GetRegistryPolicyRequest {});
    assert_eq!(code(get()), "RegistryPolicyNotFoundException");
    let mut statement = json!({"Effect": "Deny", "Principal": {"AWS": ROOT}, "Action": "ecr:CreateRepository"});
    assert_eq!(
        code(put(&json!({ "Statement": statement }))),
        "InvalidParameterException"
    );
    statement["Resource"] = json!("arn:aws:ecr:us-east-1:000000000000:repository/team/*");
    put(&json!({ "Statement": statement })).expect("it names its resource");
    assert_eq!(code(create(&ctx, "team/api")), "AccessDeniedException");
    create(&ctx, "api").expect("no statement is about it");
    let input = shapes::DeleteRegistryPolicyRequest {};
    call::<_, shapes::DeleteRegistryPolicyResponse>(&ctx, "DeleteRegistryPolicy", input).expect("it was there");
    assert_eq!(code(get()), "RegistryPolicyNotFoundException");
    create(&ctx, "team/api").expect("nobody denies it");
}

#[test]
fn images_with_many_tags_go_in_several_transactions() {
    let ctx = world();
    create(&ctx, "web").expect("a new one");
    let id = RepositoryId::new("000000000000", "us-east-1", "web");
    let put = |n: usize, tags: std::ops::Range<usize>| {
        let tags: Vec<String> = tags.map(|tag| format!("v{n}-{tag}")).collect();
        let id = id.clone();
        block_on(ctx.write(move |tx| {
            let put = change::put_manifest(tx, manifest(n, &id, Vec::new()), &tags);
            put.map_err(|refused| fault::refused(refused, &id))
        }))
    };
    for n in 0..7 {
        put(n, 0..1000).expect("as many as an image may have");
    }
    assert_eq!(code(put(0, 1000..1001)), "LimitExceededException");
    let named = |n: usize| shapes::ImageIdentifier {
        image_digest: Some(digest(n)),
        image_tag: None,
    };
    let before = ctx.snapshot().revision();
    let input = shapes::BatchDeleteImageRequest {
        repository_name: text("web"),
        image_ids: Some((0..8).map(named).collect()),
        ..Default::default()
    };
    let gone: shapes::BatchDeleteImageResponse = call(&ctx, "BatchDeleteImage", input).expect("most are there");
    assert_eq!(gone.image_ids.map(|ids| ids.len()), Some(7000));
    assert_eq!(gone.failures.map(|failures| failures.len()), Some(1));
    assert!(
        ctx.snapshot().revision().0 > before.0 + 1,
        "in more than one transaction"
    );
    assert!(ctx.snapshot().scan::<Manifest>(&id.key()).next().is_none());
    laws_hold(&ctx);
}

#[test]
fn a_page_goes_on_only_in_what_it_began_in() {
    let ctx = world();
    for name in ["web", "api"] {
        create(&ctx, name).expect("a new one");
        let id = RepositoryId::new("000000000000", "us-east-1", name);
        let put = ctx.write(move |tx| {
            for n in 0..3 {
                change::put_manifest(tx, manifest(n, &id, Vec::new()), &[]).expect("the repository is there");
            }
            Ok(())
        });
        block_on(put).expect("written");
        let rule = json!({"rules": [{"rulePriority": 1, "action": {"type": "expire"}, "selection":
            {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1}}]});
        let input = shapes::StartLifecyclePolicyPreviewRequest {
            repository_name: text(name),
            lifecycle_policy_text: text(&rule.to_string()),
            ..Default::default()
        };
        let started =
            call::<_, shapes::StartLifecyclePolicyPreviewResponse>(&ctx, "StartLifecyclePolicyPreview", input);
        started.expect("a good policy");
    }
    let list = |name: &str, token: Option<String>| {
        let input = shapes::ListImagesRequest {
            repository_name: text(name),
            max_results: Some(1),
            next_token: token,
            ..Default::default()
        };
        Ok(call::<_, shapes::ListImagesResponse>(&ctx, "ListImages", input)?.next_token)
    };
    let describe = |name: &str, token: Option<String>| {
        let input = shapes::DescribeImagesRequest {
            repository_name: text(name),
            max_results: Some(1),
            next_token: token,
            ..Default::default()
        };
        Ok(call::<_, shapes::DescribeImagesResponse>(&ctx, "DescribeImages", input)?.next_token)
    };
    let preview = |name: &str, token: Option<String>| {
        let input = shapes::GetLifecyclePolicyPreviewRequest {
            repository_name: text(name),
            max_results: Some(1),
            next_token: token,
            ..Default::default()
        };
        let got: shapes::GetLifecyclePolicyPreviewResponse = call(&ctx, "GetLifecyclePolicyPreview", input)?;
        Ok(got.next_token)
    };
    type Listing<'a> = &'a dyn Fn(&str, Option<String>) -> Result<Option<String>, Fault>;
    for listing in [&list as Listing<'_>, &describe, &preview] {
        let next = listing("web", None).expect("the first page");
        assert!(next.is_some());
        assert_eq!(code(listing("api", next.clone())), "InvalidParameterException");
        listing("web", next).expect("its own token");
    }
}
