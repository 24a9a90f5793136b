//! The doors over real sockets: what a container would read.

use super::testing::{CREATED, Oracle, SECRET, task, with_interface, works};
use super::*;
use crate::Works;
use base::{ManualClock, Timestamp};
use link::plan::{NetworkMode, Pair, RestartPolicy};
use link::{Answer, Question};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

/// No answer takes that long.
const BOUND: Duration = Duration::from_secs(20);

struct Stage {
    oracle: Arc<Oracle>,
    clock: ManualClock,
    works: watch::Sender<Arc<Works>>,
    close: watch::Sender<bool>,
    served: tokio::task::JoinHandle<()>,
    at: SocketAddr,
}

async fn stage(audience: Audience) -> Stage {
    let oracle = Arc::new(Oracle::default());
    let clock = ManualClock::at(CREATED);
    let (tell, seen) = watch::channel(Arc::new(works([task(), with_interface()])));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let at = listener.local_addr().expect("it is bound");
    let endpoints = Endpoints::sampled_every(
        Duration::from_millis(5),
        seen,
        Arc::clone(&oracle) as Arc<dyn Source>,
        Arc::new(NodeIssuer::new(SECRET, Arc::new(clock.clone()))),
        SECRET,
        Arc::new(clock.clone()),
    );
    let (close, closing) = watch::channel(false);
    Stage {
        oracle,
        clock,
        works: tell,
        close,
        served: tokio::spawn(endpoints.serve(listener, audience, closing)),
        at,
    }
}

impl Stage {
    async fn from(&self, caller: &str, request: &str) -> (u16, String) {
        let socket = TcpSocket::new_v4().expect("a socket");
        let caller = format!("{caller}:0").parse().expect("an address");
        socket.bind(caller).expect("all of 127.0.0.0/8 is this machine");
        let mut stream = socket.connect(self.at).await.expect("somebody listens");
        stream.write_all(request.as_bytes()).await.expect("it is read");
        let mut all = Vec::new();
        let read = tokio::time::timeout(BOUND, stream.read_to_end(&mut all)).await;
        read.expect("an answer in time").expect("an answer");
        let all = String::from_utf8(all).expect("text");
        let (head, body) = all.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.get(9..12).and_then(|code| code.parse().ok()).expect("a status");
        (status, body.to_string())
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let length = body.len();
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
        self.from("127.0.0.1", &(head + body)).await
    }

    async fn get(&self, path: &str) -> (u16, String) {
        self.ask("GET", path, "").await
    }

    fn answers<const N: usize>(&self, answers: [Answer; N]) {
        self.oracle
            .answers
            .lock()
            .expect("no test panics with it")
            .extend(answers);
    }

    fn asked(&self) -> Vec<Question> {
        std::mem::take(&mut self.oracle.asked.lock().expect("no test panics with it"))
    }

    fn change(&self, change: impl FnOnce(&mut crate::Work)) {
        let mut changed = task();
        change(&mut changed);
        self.works.send_replace(Arc::new(works([changed, with_interface()])));
    }
}

const LABELS: &str = concat!(
    r#""com.amazonaws.ecs.cluster":"blue","com.amazonaws.ecs.container-name":"NAME","#,
    r#""com.amazonaws.ecs.task-arn":"arn:aws:ecs:eu-west-1:000000000000:task/blue/aa01","#,
    r#""com.amazonaws.ecs.task-definition-family":"shop","com.amazonaws.ecs.task-definition-version":"7""#,
);

fn web_v4() -> String {
    [
        r#"{"DockerId":"gty-web","Name":"web","DockerName":"ecs-shop-7-web-gtyweb","Image":"reg.lab/shop:7","#,
        r#""ImageID":"sha256:aaaa","Ports":[{"ContainerPort":80,"Protocol":"tcp","HostPort":32768,"HostIp":"0.0.0.0"}],"#,
        r#""Labels":{"#,
        &LABELS.replace("NAME", "web"),
        r#","team":"a \"quoted\" one"},"DesiredStatus":"RUNNING","KnownStatus":"RUNNING","#,
        r#""Limits":{"CPU":256,"Memory":256},"CreatedAt":"2026-11-21T02:00:01.1Z","#,
        r#""StartedAt":"2026-11-21T02:00:01.9Z","Type":"NORMAL","#,
        r#""Health":{"status":"HEALTHY","statusSince":"2026-11-21T02:00:07Z","output":"fine\n"},"#,
        r#""Volumes":[{"Source":"/data/pages","Destination":"/srv"}],"LogDriver":"awslogs","#,
        r#""LogOptions":{"awslogs-group":"/shop"},"#,
        r#""ContainerARN":"arn:aws:ecs:eu-west-1:000000000000:container/blue/aa01/c1","#,
        r#""Networks":[{"NetworkMode":"bridge","IPv4Addresses":["172.31.200.3"]}]}"#,
    ]
    .concat()
}

fn setup(networks_last: bool) -> String {
    let network = r#","Networks":[{"NetworkMode":"bridge","IPv4Addresses":["172.31.200.4"]}]"#;
    let arn = r#","ContainerARN":"arn:aws:ecs:eu-west-1:000000000000:container/blue/aa01/c2""#;
    [
        r#"{"DockerId":"gty-setup","Name":"setup","DockerName":"ecs-shop-7-setup-gtysetup","Image":"reg.lab/setup:1","#,
        r#""ImageID":"sha256:bbbb","Labels":{"#,
        &LABELS.replace("NAME", "setup"),
        r#"},"DesiredStatus":"STOPPED","KnownStatus":"STOPPED","ExitCode":0,"Limits":{"CPU":0,"Memory":0},"#,
        r#""CreatedAt":"2026-11-21T02:00:01.1Z","StartedAt":"2026-11-21T02:00:01.9Z","#,
        r#""FinishedAt":"2026-11-21T02:00:02Z","Type":"NORMAL""#,
        if networks_last { arn } else { "" },
        network,
        "}",
    ]
    .concat()
}

fn task_begins() -> &'static str {
    concat!(
        r#"{"Cluster":"arn:aws:ecs:eu-west-1:000000000000:cluster/blue","#,
        r#""TaskARN":"arn:aws:ecs:eu-west-1:000000000000:task/blue/aa01","Family":"shop","Revision":"7","#,
        r#""DesiredStatus":"RUNNING","KnownStatus":"RUNNING","Limits":{"CPU":0.5,"Memory":1024},"#,
        r#""PullStartedAt":"2026-11-21T02:00:00.1Z","PullStoppedAt":"2026-11-21T02:00:00.9Z","#,
        r#""AvailabilityZone":"eu-west-1a""#,
    )
}

#[tokio::test]
async fn a_container_reads_about_itself_and_its_task() {
    let stage = stage(Audience::Containers).await;
    assert_eq!(stage.get("/v4/meta-web").await, (200, web_v4()));
    let whole = [
        task_begins(),
        r#","LaunchType":"EC2","Containers":["#,
        &web_v4(),
        ",",
        &setup(true),
        r#"],"Group":"family:shop","FaultInjectionEnabled":false}"#,
    ];
    assert_eq!(stage.get("/v4/meta-setup/task").await, (200, whole.concat()));
    assert!(stage.asked().is_empty());
}

#[tokio::test]
async fn the_third_version_tells_less() {
    let stage = stage(Audience::Containers).await;
    let (status, web) = stage.get("/v3/meta-web").await;
    assert_eq!(status, 200);
    let ends = concat!(
        r#""Type":"NORMAL","Networks":[{"NetworkMode":"bridge","IPv4Addresses":["172.31.200.3"]}],"#,
        r#""Health":{"status":"HEALTHY","statusSince":"2026-11-21T02:00:07Z","output":"fine\n"},"#,
        r#""Volumes":[{"Source":"/data/pages","Destination":"/srv"}]}"#,
    );
    assert!(web.ends_with(ends), "{web}");
    assert!(
        web.contains(r#""Ports":[{"ContainerPort":80,"Protocol":"tcp","HostPort":32768}]"#),
        "{web}"
    );
    let whole = [task_begins(), r#","Containers":["#, &web, ",", &setup(false), "]}"];
    assert_eq!(stage.get("/v3/meta-web/task").await, (200, whole.concat()));
}

#[tokio::test]
async fn a_task_with_an_interface_reads_about_it() {
    let stage = stage(Audience::Containers).await;
    let mut other = with_interface();
    other.parts[0].stage = crate::Stage::Running;
    other.parts[0].started_at = Some(CREATED);
    other.assigned.plan.containers[0].restart = Some(RestartPolicy::default());
    other.assigned.plan.containers[0].health = None;
    stage.works.send_replace(Arc::new(works([other])));
    let (status, container) = stage.get("/v4/meta-other").await;
    assert_eq!(status, 200);
    let networks = concat!(
        r#""Networks":[{"NetworkMode":"awsvpc","IPv4Addresses":["127.0.0.9"],"AttachmentIndex":0,"#,
        r#""MACAddress":"0a:00:00:00:00:01","IPv4SubnetCIDRBlock":"127.0.0.0/20","#,
        r#""PrivateDNSName":"ip-127-0-0-9.eu-west-1.compute.internal","SubnetGatewayIpv4Address":"127.0.0.1/20"}],"#,
        r#""RestartCount":0}"#,
    );
    assert!(container.ends_with(networks), "{container}");
    assert!(
        container.contains(r#""Ports":[{"ContainerPort":80,"Protocol":"tcp","HostPort":80}]"#),
        "{container}"
    );
    assert!(!container.contains("Health"), "{container}");
    let (_, whole) = stage.get("/v4/meta-other/task").await;
    let ends = r#"],"VPCID":"vpc-1","ServiceName":"shop","Group":"family:shop","FaultInjectionEnabled":false}"#;
    assert!(whole.ends_with(ends), "{whole}");
    assert!(whole.contains(r#""LaunchType":"FARGATE""#), "{whole}");
    let (_, third) = stage.get("/v3/meta-other").await;
    let network = r#""Networks":[{"NetworkMode":"awsvpc","IPv4Addresses":["127.0.0.9"]}]"#;
    assert!(third.contains(network), "{third}");
}

#[tokio::test]
async fn what_is_not_there_yet_is_left_out() {
    let stage = stage(Audience::Containers).await;
    stage.change(|work| {
        work.parts[0].stage = crate::Stage::Waiting;
        work.parts[0].started_at = None;
        work.parts[1].stage = crate::Stage::Pulled;
        work.parts[1].started_at = None;
        work.parts[1].address = None;
        work.asked_to_stop = Some(CREATED);
    });
    let (_, whole) = stage.get("/v4/meta-web/task").await;
    assert!(
        whole.contains(r#""DesiredStatus":"STOPPED","KnownStatus":"NONE""#),
        "{whole}"
    );
    assert!(
        whole.contains(r#""Containers":[{"DockerId":"","Name":"setup""#),
        "{whole}"
    );
    assert!(
        !whole.contains(r#""Name":"web""#) && !whole.contains("Networks"),
        "{whole}"
    );
}

#[tokio::test]
async fn tags_come_from_the_server_and_their_lack_is_told() {
    let stage = stage(Audience::Containers).await;
    let tag = |name: &str| vec![Pair::new(name, "1")];
    stage.answers([
        Answer::Tags(tag("task"), tag("node")),
        Answer::No("AccessDeniedException".to_string(), "not you".to_string()),
        Answer::No("AccessDeniedException".to_string(), "not you".to_string()),
        Answer::Tags(tag("task"), tag("node")),
    ]);
    let (_, with) = stage.get("/v4/meta-web/taskWithTags").await;
    assert!(
        with.contains(r#""TaskTags":{"task":"1"},"ContainerInstanceTags":{"node":"1"}"#),
        "{with}"
    );
    assert_eq!(stage.asked(), [Question::Tags("blue/aa01".to_string())]);
    let (status, without) = stage.get("/v4/meta-web/taskWithTags").await;
    let errors = concat!(
        r#""Errors":[{"ErrorField":"TaskTags","ErrorCode":"AccessDeniedException","ErrorMessage":"not you","#,
        r#""ResourceARN":"arn:aws:ecs:eu-west-1:000000000000:task/blue/aa01"},{"ErrorField":"ContainerInstanceTags","#,
        r#""ErrorCode":"AccessDeniedException","ErrorMessage":"not you","#,
        r#""ResourceARN":"arn:aws:ecs:eu-west-1:000000000000:container-instance/blue/n1"}]"#,
    );
    assert_eq!(status, 200);
    assert!(without.contains(errors), "{without}");
    let (_, third) = stage.get("/v3/meta-web/taskWithTags").await;
    assert!(!third.contains("Errors") && !third.contains("Tags"), "{third}");
    let (_, fargate) = stage.get("/v4/meta-other/taskWithTags").await;
    assert!(
        fargate.contains("TaskTags") && !fargate.contains("ContainerInstanceTags"),
        "{fargate}"
    );
}

#[tokio::test]
async fn stats_are_those_of_what_runs() {
    let stage = stage(Audience::Containers).await;
    let (status, web) = stage.get("/v4/meta-web/stats").await;
    assert_eq!(status, 200);
    assert!(
        web.contains(r#""name":"/ecs-shop-7-web-gtyweb","id":"gty-web"}"#),
        "{web}"
    );
    assert!(web.contains(r#""precpu_stats":{"cpu_usage":{"total_usage":"#), "{web}");
    let ended = (500, r#""Unable to get container stats for: gty-setup""#.to_string());
    assert_eq!(stage.get("/v4/meta-setup/stats").await, ended);
    let (status, all) = stage.get("/v3/meta-setup/task/stats").await;
    assert_eq!(status, 200);
    assert!(all.starts_with(r#"{"gty-web":{"read":"2026-11-21T02:00:00Z""#), "{all}");
    assert!(all.ends_with(r#","gty-setup":null}"#), "{all}");
}

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
async fn an_unknown_name_is_told_in_the_agents_words() {
    let stage = stage(Audience::Containers).await;
    let container = "unable to get container ID from request: unable to get docker ID from v3 endpoint ID: x";
    let of_task = "unable to get task arn from request: unable to get task Arn from v3 endpoint ID: x";
    for (path, status, words) in [
        ("/v4/x", 404, format!("V4 container metadata handler: {container}")),
        ("/v4/x/task", 404, format!("V4 task metadata handler: {of_task}")),
        (
            "/v4/x/taskWithTags",
            404,
            format!("V4 task metadata handler: {of_task}"),
        ),
        ("/v4/x/stats", 404, format!("V4 container stats handler: {of_task}")),
        ("/v4/x/task/stats", 404, format!("V4 task stats handler: {of_task}")),
        ("/v3/x", 500, format!("V3 container metadata handler: {container}")),
        ("/v3/x/task", 500, format!("V3 task metadata handler: {of_task}")),
    ] {
        assert_eq!(stage.get(path).await, (status, format!("{words:?}")), "{path}");
    }
    for path in ["/", "/v4", "/v2/metadata", "/v1/tasks", "/v4/meta-web/secrets"] {
        assert_eq!(
            stage.get(path).await,
            (404, "404 page not found\n".to_string()),
            "{path}"
        );
    }
    for (method, path) in [
        ("POST", "/v4/meta-web"),
        ("DELETE", "/api/meta-web/task-protection/v1/state"),
    ] {
        assert_eq!(stage.ask(method, path, "").await.0, 405, "{method} {path}");
    }
    let stolen = "GET /v4/meta-web HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert_eq!(stage.from("127.0.0.9", stolen).await.0, 404);
}

#[tokio::test]
async fn there_are_no_associations() {
    let stage = stage(Audience::Containers).await;
    let none = (200, r#"{"Associations":[]}"#.to_string());
    assert_eq!(stage.get("/v4/meta-web/associations/elastic-inference").await, none);
    assert_eq!(
        stage.get("/v3/meta-web/associations/elastic-inference/one").await.0,
        404
    );
}

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

#[tokio::test]
async fn who_asks_too_much_is_told_so_and_others_are_not_slowed() {
    let stage = stage(Audience::Containers).await;
    let one = "GET /v4/meta-web HTTP/1.1\r\nHost: a\r\n\r\n";
    let last = "GET /v4/meta-web HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let mut stream = TcpStream::connect(stage.at).await.expect("somebody listens");
    stream
        .write_all((one.repeat(60) + last).as_bytes())
        .await
        .expect("it is read");
    let mut all = String::new();
    let read = tokio::time::timeout(BOUND, stream.read_to_string(&mut all)).await;
    read.expect("answers in time").expect("answers");
    assert_eq!(all.matches("HTTP/1.1 200").count(), 60);
    assert_eq!(all.matches("HTTP/1.1 429").count(), 1);
    assert!(all.ends_with("You have reached maximum request limit."), "{all}");
    assert_eq!(stage.get("/v4/meta-web").await.0, 429);
    assert_eq!(stage.from("127.0.0.8", last).await.0, 200, "somebody else");
    stage.clock.advance_millis(25);
    assert_eq!(stage.get("/v4/meta-web").await.0, 200, "one more is there by then");
    assert_eq!(stage.get("/v4/meta-web").await.0, 429);
}

#[tokio::test]
async fn nonsense_ends_the_connection_and_nothing_else() {
    let stage = stage(Audience::Containers).await;
    let endless = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(100_000));
    for nonsense in [
        "\0\0\0\0\r\n\r\n",
        "GET\r\n\r\n",
        "GET /v4/meta-web HTTP/9.9\r\n\r\n",
        &endless,
    ] {
        let mut stream = TcpStream::connect(stage.at).await.expect("somebody listens");
        // It may be closed in the face of what is still being said.
        let _ = stream.write_all(nonsense.as_bytes()).await;
        let mut all = Vec::new();
        let _ = tokio::time::timeout(BOUND, stream.read_to_end(&mut all))
            .await
            .expect("it ends");
        assert!(!all.starts_with(b"HTTP/1.1 200"), "{nonsense:.20}");
    }
    assert_eq!(stage.get("/v4/meta-web").await.0, 200);
}

#[tokio::test]
async fn a_connection_too_many_is_not_taken() {
    let stage = stage(Audience::Containers).await;
    let mut kept = Vec::new();
    let mut last = [0];
    for _ in 0..64 {
        let mut stream = TcpStream::connect(stage.at).await.expect("somebody listens");
        stream
            .write_all(b"GET /v4/x HTTP/1.1\r\nHost: a\r\n\r\n")
            .await
            .expect("it is read");
        stream
            .read_exact(&mut last)
            .await
            .expect("an answer, be it that it was too much");
        kept.push(stream);
    }
    let mut refused = TcpStream::connect(stage.at).await.expect("the kernel takes it");
    let read = tokio::time::timeout(BOUND, refused.read(&mut last))
        .await
        .expect("it ends");
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
    let other = "GET /v4/meta-web HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    assert_eq!(stage.from("127.0.0.8", other).await.0, 200, "somebody else");
}

#[tokio::test]
async fn it_ends_when_it_is_told_to() {
    let stage = stage(Audience::Containers).await;
    let mut idle = TcpStream::connect(stage.at).await.expect("somebody listens");
    idle.write_all(b"GET /v4/x HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .expect("it is read");
    let mut byte = [0];
    idle.read_exact(&mut byte).await.expect("an answer");
    stage.close.send_replace(true);
    tokio::time::timeout(BOUND, stage.served)
        .await
        .expect("it ends")
        .expect("well");
    let rest = tokio::time::timeout(BOUND, idle.read_to_end(&mut Vec::new())).await;
    rest.expect("kept connections end too").expect("well");
    assert!(TcpStream::connect(stage.at).await.is_err());
}

#[tokio::test]
async fn the_machine_is_told_what_runs_but_no_secrets() {
    let stage = stage(Audience::Machine).await;
    let metadata = concat!(
        r#"{"Cluster":"blue","ContainerInstanceArn":"arn:aws:ecs:eu-west-1:000000000000:container-instance/blue/n1","#,
        r#""Version":"1.0"}"#,
    );
    assert_eq!(stage.get("/v1/metadata").await, (200, metadata.to_string()));
    let one = concat!(
        r#"{"Arn":"arn:aws:ecs:eu-west-1:000000000000:task/blue/aa01","DesiredStatus":"RUNNING","#,
        r#""KnownStatus":"RUNNING","Family":"shop","Version":"7","Containers":[{"DockerId":"gty-web","#,
        r#""DockerName":"ecs-shop-7-web-gtyweb","Name":"web","Image":"reg.lab/shop:7","ImageID":"sha256:aaaa","#,
        r#""Ports":[{"ContainerPort":80,"Protocol":"tcp","HostPort":32768}],"#,
        r#""Networks":[{"NetworkMode":"bridge","IPv4Addresses":["172.31.200.3"]}],"#,
        r#""Volumes":[{"Source":"/data/pages","Destination":"/srv"}]},{"DockerId":"gty-setup","#,
        r#""DockerName":"ecs-shop-7-setup-gtysetup","Name":"setup","Image":"reg.lab/setup:1","#,
        r#""ImageID":"sha256:bbbb","Networks":[{"NetworkMode":"bridge","IPv4Addresses":["172.31.200.4"]}]}]}"#,
    );
    for path in [
        "/v1/tasks?taskarn=arn:aws:ecs:eu-west-1:000000000000:task/blue/aa01",
        "/v1/tasks?dockerid=gty-setup",
    ] {
        assert_eq!(stage.get(path).await, (200, one.to_string()), "{path}");
    }
    let (status, all) = stage.get("/v1/tasks").await;
    assert_eq!(status, 200);
    assert!(all.starts_with(&format!(r#"{{"Tasks":[{one},{{"Arn":"#)), "{all}");
    assert!(!all.contains("meta-"), "{all}");
    assert_eq!(stage.get("/v1/tasks?dockerid=nobody").await, (404, "{}".to_string()));
    assert_eq!(stage.get("/v1/tasks?dockerid=a&taskarn=b").await.0, 400);
    for path in [
        "/v4/meta-web",
        &format!("/v2/credentials/{}", SECRET.credentials_id(&task())),
    ] {
        assert_eq!(stage.get(path).await.0, 404, "{path}");
    }
}
