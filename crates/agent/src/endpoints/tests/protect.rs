//! What a container may have done to its task: protection, and one day faults.

use super::*;

#[tokio::test]
async fn a_container_protects_its_task() {
    let stage = stage(Audience::Containers).await;
    const PATH: &str = "/api/meta-web/task-protection/v1/state";
    const ARN: &str = "arn:aws:ecs:eu-west-1:000000000000:task/blue/aa01";
    stage.answers([
        Answer::Protection(true, Some(Timestamp(1_795_230_000_000))),
        Answer::Protection(false, None),
        Answer::No("InvalidParameterException".to_string(), "too long".to_string()),
        Answer::No("ServerException".to_string(), "gone".to_string()),
        Answer::No("TASK_NOT_VALID".to_string(), "not of a service".to_string()),
    ]);
    let put = stage
        .ask("PUT", PATH, r#"{"ProtectionEnabled":true,"ExpiresInMinutes":60}"#)
        .await;
    let protected = format!(
        r#"{{"protection":{{"ExpirationDate":"2026-11-21T03:00:00Z","ProtectionEnabled":true,"TaskArn":"{ARN}"}}}}"#
    );
    assert_eq!(put, (200, protected));
    let open = format!(r#"{{"protection":{{"ExpirationDate":null,"ProtectionEnabled":false,"TaskArn":"{ARN}"}}}}"#);
    assert_eq!(stage.get(PATH).await, (200, open));
    let key = || "blue/aa01".to_string();
    assert_eq!(
        stage.asked(),
        [Question::Protect(key(), true, Some(60)), Question::Protection(key())]
    );
    for (status, code, message) in [
        (400, "InvalidParameterException", "too long"),
        (500, "ServerException", "gone"),
    ] {
        let body = format!(r#"{{"error":{{"Arn":"{ARN}","Code":"{code}","Message":"{message}"}}}}"#);
        assert_eq!(
            stage.ask("PUT", PATH, r#"{"protectionenabled":false}"#).await,
            (status, body)
        );
    }
    let failure = format!(r#"{{"failure":{{"Arn":"{ARN}","Detail":"not of a service","Reason":"TASK_NOT_VALID"}}}}"#);
    assert_eq!(stage.get(PATH).await, (200, failure));
}

#[tokio::test]
async fn a_bad_wish_for_protection_never_reaches_the_server() {
    let stage = stage(Audience::Containers).await;
    const PATH: &str = "/api/meta-web/task-protection/v1/state";
    let long = format!(r#"{{"ProtectionEnabled":true{}}}"#, " ".repeat(5000));
    let deep = "[".repeat(4000);
    for body in [
        "",
        "x",
        "[]",
        "{",
        &long,
        &deep,
        r#"{"Forever":true}"#,
        r#"{"ProtectionEnabled":1}"#,
    ] {
        let (status, said) = stage.ask("PUT", PATH, body).await;
        let words = r#"{"error":{"Code":"InvalidParameterException","Message":"UpdateTaskProtection: failed to decode request"}}"#;
        assert_eq!((status, said.as_str()), (400, words), "{body:.40}");
    }
    let (status, said) = stage
        .ask("PUT", PATH, r#"{"ExpiresInMinutes":5,"ProtectionEnabled":null}"#)
        .await;
    assert_eq!(status, 400);
    assert!(said.contains("does not contain 'ProtectionEnabled' field"), "{said}");
    let (status, said) = stage.get("/api/x/task-protection/v1/state").await;
    assert_eq!(status, 404);
    let nobody = r#"{"error":{"Code":"ResourceNotFoundException","Message":"Failed to find a task for the request"}}"#;
    assert_eq!(said, nobody);
    let (status, said) = stage.get("/api/meta-other/task-protection/v1/state").await;
    assert_eq!(status, 403);
    assert!(
        said.contains("no task IAM role credentials available for task"),
        "{said}"
    );
    assert!(stage.asked().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_is_not_waited_for() {
    let oracle = Oracle::default();
    let answer = protection::get(&oracle, &task()).await;
    assert_eq!(answer.status, 504);
    assert!(
        answer.body.contains("Timed out calling ECS Task Protection API"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn fault_injection_is_refused_with_a_reason() {
    let stage = stage(Audience::Containers).await;
    const PATH: &str = "/api/meta-web/fault/v1/network-latency/start";
    let (status, said) = stage.ask("POST", PATH, "{}").await;
    assert_eq!(status, 400);
    assert!(
        said.starts_with(r#"{"Error":"enableFaultInjection is not enabled for task: arn:"#),
        "{said}"
    );
    stage.change(|work| work.assigned.plan.fault_injection = true);
    let bridge = r#"{"Error":"bridge mode is not supported. Please use either host or awsvpc mode."}"#;
    assert_eq!(stage.ask("POST", PATH, "{}").await, (400, bridge.to_string()));
    stage.change(|work| {
        work.assigned.plan.fault_injection = true;
        work.assigned.plan.network_mode = Some(NetworkMode::Host);
    });
    let ours = r#"{"Error":"fault injection is not supported by this agent"}"#;
    assert_eq!(stage.ask("POST", PATH, "{}").await, (501, ours.to_string()));
    let nobody = stage.ask("POST", "/api/x/fault/v1/network-latency/stop", "{}").await;
    assert_eq!(nobody.0, 404);
}
