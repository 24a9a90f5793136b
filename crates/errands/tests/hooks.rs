//! Hooks that are called for real, over loopback.

use base::{Clock, Scope, SystemClock, Timestamp};
use errands::{Answer, Caller, run};
use model::testing::{hook, hook_run, rules, service_deployment, world};
use model::{DeploymentStatus, Hook, HookAction, HookRun, HookStatus, Rules, ServiceDeployment, Stage, Strategy};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::{Store, StoreError};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};

/// A target that gives these answers one after the other, the last one for ever, and keeps what it was sent.
struct Target {
    answers: Vec<(u16, Value)>,
    heard: Arc<Mutex<Vec<Value>>>,
}

impl Target {
    /// One call, answered.
    async fn serve(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut read = Vec::new();
        let body = loop {
            let mut part = [0; 4096];
            let count = stream.read(&mut part).await.expect("it sends");
            read.extend_from_slice(&part[..count]);
            let text = String::from_utf8_lossy(&read).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let head = head.to_ascii_lowercase();
            let length = head
                .split("content-length: ")
                .nth(1)
                .and_then(|rest| rest.split_whitespace().next());
            let length: usize = length.and_then(|length| length.parse().ok()).expect("it says how much");
            if body.len() >= length {
                break body.to_string();
            }
        };
        let at = {
            let mut heard = self.heard.lock().expect("never poisoned");
            heard.push(serde_json::from_str(&body).expect("it sends JSON"));
            heard.len() - 1
        };
        let answer = self.answers.get(at).or(self.answers.last());
        let (status, answer) = answer.expect("there is an answer");
        let answer = answer.to_string();
        let text = format!(
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\n\r\n{answer}",
            answer.len()
        );
        stream.write_all(text.as_bytes()).await.expect("it listens");
        stream.flush().await.expect("it listens");
    }
}

async fn target(answers: Vec<(u16, Value)>) -> (String, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has ports");
    let url = format!("http://{}/hook?x=1", listener.local_addr().expect("it is bound"));
    let heard = Arc::default();
    let target = Target {
        answers,
        heard: Arc::clone(&heard),
    };
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            target.serve(stream).await;
        }
    });
    (url, heard)
}

/// The same behind TLS, with a certificate of its own that says it is `127.0.0.1`. Who does not believe it gets no answer.
async fn target_in_secret(answer: Value) -> (String, Vec<u8>) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_string()]).expect("a certificate");
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("there are some")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("they belong together");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback has ports");
    let url = format!("https://{}/hook", listener.local_addr().expect("it is bound"));
    let target = Target {
        answers: vec![(200, answer)],
        heard: Arc::default(),
    };
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(stream) = acceptor.accept(stream).await {
                target.serve(stream).await;
            }
        }
    });
    (url, certificate.to_vec())
}

fn deployment(target: &str, now: Timestamp) -> ServiceDeployment {
    let stage = Stage::PostScaleUp;
    let called = Hook {
        kind: "AWS_LAMBDA".to_string(),
        target: Some(target.to_string()),
        details: Some(r#"{"who": "me"}"#.to_string()),
        ..hook(stage)
    };
    let run = HookRun {
        status: HookStatus::InProgress,
        call_at: Some(now),
        ..hook_run("run-1", stage, now)
    };
    ServiceDeployment {
        status: DeploymentStatus::InProgress,
        finished_at: None,
        rules: Rules {
            strategy: Strategy::BlueGreen,
            hooks: vec![called],
            ..rules()
        },
        stage: Some(stage),
        stage_since: now,
        hooks: vec![run],
        ..service_deployment("web", "d1", "1")
    }
}

/// The run, once it has its answer.
async fn answered(target: &str) -> HookRun {
    let (store, clock) = (world(), SystemClock);
    let (stop, stopped) = watch::channel(false);
    let scope = Scope::new("us-east-1", "000000000000");
    let loops = tokio::spawn(run(store.clone(), Arc::new(clock), scope, Caller::default(), stopped));
    let made = deployment(target, clock.now());
    store
        .write(move |tx| {
            tx.put(made.clone());
            Ok::<(), StoreError>(())
        })
        .await
        .expect("a store in memory takes it");
    let found = tokio::time::timeout(Duration::from_secs(60), seen(&store))
        .await
        .expect("it is answered in time");
    stop.send(true).expect("the loop listens");
    loops.await.expect("it ends in good order");
    found
}

async fn seen(store: &Store) -> HookRun {
    let key = ServiceDeployment::key_of("default", "web", "d1");
    let mut changes = store.watch(store.snapshot().revision());
    loop {
        let deployment = store.snapshot().get::<ServiceDeployment>(&key);
        if let Some(run) = deployment.and_then(|d| d.hooks.first().cloned().filter(|run| run.answer.is_some())) {
            return run;
        }
        let _ = changes.next().await;
    }
}

#[tokio::test]
async fn a_target_is_told_what_it_is_about_and_asked_again_when_it_wants() {
    let later = json!({"hookStatus": "IN_PROGRESS", "callBackDelay": 0, "hookDetails": {"seen": 1}});
    let (url, heard) = target(vec![(200, later), (200, json!({"hookStatus": "SUCCEEDED"}))]).await;
    let run = answered(&url).await;
    assert_eq!((run.answer, run.reason), (Some(HookAction::Continue), None));
    let heard = heard.lock().expect("never poisoned").clone();
    let about = &heard[0]["executionDetails"];
    assert_eq!(about["lifecycleStage"], "POST_SCALE_UP");
    let arn = "arn:aws:ecs:us-east-1:000000000000:service-deployment/default/web/d1";
    assert_eq!(about["resourceArn"], arn);
    assert_eq!(
        (&heard[0]["hookDetails"], &heard[1]["hookDetails"]),
        (&json!({"who": "me"}), &json!({"seen": 1}))
    );
}

#[tokio::test]
async fn a_target_that_says_no_rolls_back() {
    let (url, _) = target(vec![(200, json!({"hookStatus": "FAILED", "reason": "tests are red"}))]).await;
    let run = answered(&url).await;
    assert_eq!(run.answer, Some(HookAction::Rollback));
    assert_eq!(
        run.reason.as_deref(),
        Some("The lifecycle hook at POST_SCALE_UP failed: tests are red")
    );
}

#[tokio::test]
async fn a_target_that_is_not_there_is_tried_again_and_given_up() {
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("loopback has ports");
    let url = format!("http://{}", closed.local_addr().expect("it is bound"));
    drop(closed);
    let run = answered(&url).await;
    assert_eq!((run.answer, run.calls), (Some(HookAction::Rollback), 3));
    assert!(run.reason.is_some_and(|reason| reason.contains("could not be called")));
}

#[tokio::test]
async fn what_is_no_answer_is_none() {
    let caller = Caller::default();
    let (url, _) = target(vec![(500, json!({"hookStatus": "SUCCEEDED"}))]).await;
    assert!(caller.call(&url, &json!({})).await.is_err());
    let (url, _) = target(vec![(200, json!("well"))]).await;
    assert!(caller.call(&url, &json!({})).await.is_err());
    assert!(caller.call("ftp://localhost/", &json!({})).await.is_err());
    let (url, _) = target(vec![(200, json!({"hookStatus": "SUCCEEDED"}))]).await;
    assert_eq!(caller.call(&url, &json!({})).await, Ok(Answer::Succeeded));
}

#[tokio::test]
async fn behind_tls_only_who_is_believed_is_asked() {
    let (url, certificate) = target_in_secret(json!({"hookStatus": "SUCCEEDED"})).await;
    let stranger = Caller::default().call(&url, &json!({})).await;
    let why = stranger.expect_err("nobody vouches for it").to_string();
    assert!(why.contains("UnknownIssuer") || why.contains("certificate"), "{why}");
    let told = Caller::trusting(vec![certificate]);
    assert_eq!(told.call(&url, &json!({})).await, Ok(Answer::Succeeded));
    // It is 127.0.0.1, and nobody else.
    let other = url.replace("127.0.0.1", "localhost");
    assert!(told.call(&other, &json!({})).await.is_err());
}
