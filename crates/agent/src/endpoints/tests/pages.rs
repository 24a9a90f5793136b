//! The pages about containers and tasks, to the letter.

use super::*;

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
async fn a_task_with_an_interface_is_known_by_its_address() {
    let stage = stage(Audience::Containers).await;
    let mut other = with_interface();
    other.parts[0].stage = crate::Stage::Running;
    other.parts[0].started_at = Some(CREATED);
    stage.works.send_replace(Arc::new(works([task(), other])));
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    for (second, third) in [
        ("/v2/metadata", "/v3/meta-other/task"),
        ("/v2/metadata/gty-other", "/v3/meta-other"),
        ("/v2/stats", "/v3/meta-other/task/stats"),
    ] {
        let told = stage.from("127.0.0.9", &get(second)).await;
        assert_eq!(told.0, 200, "{second}");
        assert_eq!(told, stage.get(third).await, "{second}");
        let nobody = r#""Unable to get task arn from request: unable to associate '127.0.0.1' with task""#;
        assert_eq!(stage.get(second).await, (400, nobody.to_string()), "{second}");
    }
    let anothers = stage.from("127.0.0.9", &get("/v2/metadata/gty-web")).await;
    let words = r#""Unable to generate metadata for container 'gty-web'""#;
    assert_eq!(anothers, (400, words.to_string()));
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
async fn there_are_no_associations() {
    let stage = stage(Audience::Containers).await;
    let none = (200, r#"{"Associations":[]}"#.to_string());
    assert_eq!(stage.get("/v4/meta-web/associations/elastic-inference").await, none);
    assert_eq!(
        stage.get("/v3/meta-web/associations/elastic-inference/one").await.0,
        400
    );
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
        ("/v3/x/stats", 400, format!("V3 container stats handler: {of_task}")),
        ("/v3/x/task/stats", 400, format!("V3 task stats handler: {of_task}")),
        (
            "/v4/x/associations/k/n",
            400,
            format!("V4 container association handler: {of_task}"),
        ),
    ] {
        assert_eq!(stage.get(path).await, (status, format!("{words:?}")), "{path}");
    }
    for path in ["/", "/v4", "/v2/tasks", "/v1/tasks", "/v4/meta-web/secrets"] {
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
