//! Keys, and who gets none.

use super::*;

#[tokio::test]
async fn the_keys_of_a_role_are_read_by_their_secret_name() {
    let stage = stage(Audience::Containers).await;
    let work = task();
    let id = SECRET.credentials_id(&work);
    let (status, body) = stage.get(&format!("/v2/credentials/{id}")).await;
    assert_eq!(status, 200);
    assert_eq!(
        stage.get(&format!("/v1/credentials?id={id}")).await,
        (200, body.clone())
    );
    let begins = r#"{"RoleArn":"arn:aws:iam::000000000000:role/shop","AccessKeyId":"ASIA"#;
    assert!(body.starts_with(begins), "{body}");
    assert!(body.ends_with(r#","Expiration":"2026-11-21T08:00:00Z"}"#), "{body}");
    let token = body
        .split(r#""Token":""#)
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a token");
    let (claims, keys) = verify(&SECRET, token, CREATED).expect("it is ours");
    assert_eq!(claims.task, work.assigned.arn);
    assert_eq!(claims.role, "arn:aws:iam::000000000000:role/shop");
    let key = format!(r#""SecretAccessKey":"{}""#, keys.secret_access_key.reveal());
    assert!(body.contains(&key));
}

#[tokio::test]
async fn no_keys_for_a_name_that_is_missing_wrong_or_stolen() {
    let stage = stage(Audience::Containers).await;
    let refused = |version: u8, code: &str, words: &str| {
        format!(r#"{{"code":"{code}","message":"CredentialsV{version}Request: {words}","HTTPErrorCode":400}}"#)
    };
    for (version, path) in [
        (1, "/v1/credentials"),
        (1, "/v1/credentials?id="),
        (2, "/v2/credentials/"),
    ] {
        let body = refused(version, "NoIdInRequest", "No Credential ID in the request");
        assert_eq!(stage.get(path).await, (400, body), "{path}");
    }
    let unknown = refused(2, "InvalidIdInRequest", "Credentials not found");
    let no_role = SECRET.credentials_id(&with_interface());
    for id in ["nobody", "meta-web", &no_role] {
        assert_eq!(
            stage.get(&format!("/v2/credentials/{id}")).await,
            (400, unknown.clone()),
            "{id}"
        );
    }
    let id = SECRET.credentials_id(&task());
    let request = format!("GET /v2/credentials/{id} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!(
        stage.from("127.0.0.9", &request).await,
        (400, unknown),
        "another task's address"
    );
    assert_eq!(stage.from("127.0.0.8", &request).await.0, 200, "nobody's address");
}

#[tokio::test]
async fn keys_that_are_not_there_yet_are_to_be_asked_for_again() {
    struct NotYet;
    impl Issuer for NotYet {
        fn issue<'a>(&'a self, _: &'a str, _: &'a str) -> Later<'a, Option<Keys>> {
            Box::pin(std::future::ready(None))
        }
    }
    let stage = stage_with(Audience::Containers, Arc::new(NotYet)).await;
    let (status, said) = stage
        .get(&format!("/v2/credentials/{}", SECRET.credentials_id(&task())))
        .await;
    assert_eq!(status, 503);
    assert!(said.starts_with(r#"{"code":"CredentialsUninitialized","#), "{said}");
}
