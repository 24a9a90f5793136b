//! Lists of families and revisions, and their pages.

use super::*;

#[test]
fn families_are_listed_by_prefix_and_status() {
    let ctx = world();
    for family in ["web", "web-2", "we", "api", "webshop", "x"] {
        put(&ctx, family);
    }
    deregistered(&ctx, "web-2:1");
    assert_eq!(
        families_of(&ctx, "", None),
        ["api", "we", "web", "web-2", "webshop", "x"]
    );
    assert_eq!(families_of(&ctx, "web", None), ["web", "web-2", "webshop"]);
    assert_eq!(families_of(&ctx, "web", Some("ACTIVE")), ["web", "webshop"]);
    assert_eq!(families_of(&ctx, "web", Some("INACTIVE")), ["web-2"]);
    assert_eq!(families_of(&ctx, "y", Some("ALL")), Vec::<String>::new());
    deleted(&ctx, &["web-2:1"]);
    assert_eq!(
        families_of(&ctx, "web-2", Some("INACTIVE")),
        ["web-2"],
        "listed until the last revision is gone"
    );
}

#[test]
fn pages_of_families_join_to_the_whole() {
    let ctx = world();
    let all: Vec<String> = (0..7).map(|i| format!("web{i}")).collect();
    all.iter().for_each(|family| drop(put(&ctx, family)));
    put(&ctx, "other");
    let (mut seen, mut token) = (Vec::new(), None);
    loop {
        let request = ecs::ListTaskDefinitionFamiliesRequest {
            family_prefix: text("web"),
            max_results: Some(2),
            next_token: token,
            status: None,
        };
        let page = answer(families::run(ctx.clone(), request));
        seen.extend(page.families.unwrap());
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen, all);
}

#[test]
fn definitions_are_listed_by_family_and_number_both_ways() {
    let ctx = world();
    (0..11).for_each(|_| drop(put(&ctx, "web")));
    put(&ctx, "api");
    put(&ctx, "webshop");
    deregistered(&ctx, "web:2");
    let request = |family: Option<&str>, status: Option<&str>, sort: Option<&str>| ecs::ListTaskDefinitionsRequest {
        family_prefix: family.map(str::to_string),
        status: status.map(str::to_string),
        sort: sort.map(str::to_string),
        ..Default::default()
    };
    let all = [
        "api:1",
        "web:1",
        "web:3",
        "web:4",
        "web:5",
        "web:6",
        "web:7",
        "web:8",
        "web:9",
        "web:10",
        "web:11",
        "webshop:1",
    ];
    assert_eq!(
        listed(&ctx, request(None, None, None)),
        all,
        "revisions are numbers, not words"
    );
    let mut falling = all.map(str::to_string).to_vec();
    falling.reverse();
    assert_eq!(listed(&ctx, request(None, None, Some("DESC"))), falling);
    assert_eq!(
        listed(&ctx, request(Some("web"), None, None)),
        all[1..11],
        "the prefix is the whole family name"
    );
    assert_eq!(listed(&ctx, request(Some("web"), Some("INACTIVE"), None)), ["web:2"]);
    assert_eq!(listed(&ctx, request(Some("we"), None, None)), Vec::<String>::new());
    deleted(&ctx, &["web:2"]);
    assert_eq!(
        listed(&ctx, request(None, Some("DELETE_IN_PROGRESS"), Some("DESC"))),
        ["web:2"]
    );
}

#[test]
fn pages_of_definitions_join_to_the_whole_both_ways() {
    let ctx = world();
    for family in ["api", "web", "webshop"] {
        (0..5).for_each(|_| drop(put(&ctx, family)));
    }
    for (sort, family) in [
        ("ASC", None),
        ("DESC", None),
        ("ASC", Some("web")),
        ("DESC", Some("web")),
    ] {
        let request = |token, most| ecs::ListTaskDefinitionsRequest {
            family_prefix: family.map(str::to_string),
            sort: text(sort),
            next_token: token,
            max_results: most,
            status: None,
        };
        let whole = listed(&ctx, request(None, None));
        let (mut seen, mut token) = (Vec::new(), None);
        loop {
            let page = answer(list::run(ctx.clone(), request(token, Some(2))));
            seen.extend(short(page.task_definition_arns));
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, whole, "{sort} {family:?}");
    }
}

#[test]
fn odd_pages_are_refused() {
    let ctx = world();
    let request = |most, token: Option<&str>| ecs::ListTaskDefinitionsRequest {
        max_results: Some(most),
        next_token: token.map(str::to_string),
        ..Default::default()
    };
    for request in [request(0, None), request(101, None), request(1, Some("x"))] {
        assert_eq!(refused(list::run(ctx.clone(), request)).0, "InvalidParameterException");
    }
}
