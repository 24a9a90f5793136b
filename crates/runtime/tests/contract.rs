//! What every runtime keeps, whoever builds its containers.
//!
//! Each promise is a function over `&dyn Runtime`; below they are run for each implementation. What only real containers
//! can show (isolation, limits, crashes) is in the other files beside this one.

#![allow(clippy::unwrap_used)] // all of this file is test

mod place;

use place::{Place, exited, lines, until};
use runtime::{Ended, Error, ExecEnd, ExecSpec, Fake, Runtime, State};
use std::time::Duration;

async fn a_program_runs_and_its_end_is_told(place: &Place, runtime: &dyn Runtime) {
    let spec = place.spec("ends", &["sh", "-c", "echo out; echo err >&2; exit 42"]);
    let created = runtime.create(&spec).await.unwrap();
    assert_eq!(runtime.state("ends").await.unwrap(), State::Created);
    assert!(created.pid > 0);
    let started = runtime.start("ends").await.unwrap();
    assert!(started.at.0 > 0);
    let exit = exited(runtime.wait("ends").await.unwrap());
    assert_eq!((exit.how, exit.oom), (Ended::Code(42), false));
    assert!(exit.started_at.is_some_and(|at| at <= exit.at));
    let said = lines(runtime, "ends").await;
    assert_eq!((said.out, said.err), (vec!["out".to_owned()], vec!["err".to_owned()]));
    runtime.remove("ends").await.unwrap();
    assert_eq!(runtime.state("ends").await.unwrap(), State::Absent);
}

async fn a_signal_reaches_the_program(place: &Place, runtime: &dyn Runtime) {
    let spec = place.spec(
        "obeys",
        &[
            "sh",
            "-c",
            "trap 'exit 7' TERM; echo ready; while true; do sleep 0.02; done",
        ],
    );
    let started = runtime.run(&spec).await.unwrap();
    assert!(matches!(runtime.state("obeys").await.unwrap(), State::Running { pid, .. } if pid == started.pid));
    until("ready", async || lines(runtime, "obeys").await.out == ["ready"]).await;
    runtime.signal("obeys", 15).await.unwrap();
    assert_eq!(exited(runtime.wait("obeys").await.unwrap()).how, Ended::Code(7));
    // Too late is not an error.
    runtime.signal("obeys", 15).await.unwrap();
    runtime.remove("obeys").await.unwrap();
}

async fn nothing_outlives_a_kill(place: &Place, runtime: &dyn Runtime) {
    let spec = place.spec(
        "stubborn",
        &["sh", "-c", "trap '' TERM; echo ready; while true; do sleep 0.02; done"],
    );
    runtime.run(&spec).await.unwrap();
    until("ready", async || lines(runtime, "stubborn").await.out == ["ready"]).await;
    runtime.signal("stubborn", 15).await.unwrap();
    runtime.signal("stubborn", 9).await.unwrap();
    assert_eq!(exited(runtime.wait("stubborn").await.unwrap()).how, Ended::Signal(9));
    runtime.remove("stubborn").await.unwrap();
}

async fn what_cannot_be_executed_says_why(place: &Place, runtime: &dyn Runtime) {
    let cases = [
        ("nope", 127, "exec: \"nope\": executable file not found in $PATH"),
        ("/nope", 127, "exec: \"/nope\": stat /nope: no such file or directory"),
        ("/etc", 126, "exec: \"/etc\""),
    ];
    for (program, wanted, words) in cases {
        match runtime.run(&place.spec("bad", &[program])).await {
            Err(Error::Exec { code, text }) => {
                assert_eq!(code, wanted, "{text}");
                assert!(text.starts_with(words), "{text}");
            }
            other => panic!("{program}: {other:?}"),
        }
        match runtime.wait("bad").await.unwrap() {
            State::Exited(exit) => assert_eq!((exit.code(), exit.started_at), (wanted, None)),
            State::Absent => {} // found out before there was anything to start
            other => panic!("{other:?}"),
        }
        runtime.remove("bad").await.unwrap();
    }
}

async fn an_unknown_user_leaves_nothing(place: &Place, runtime: &dyn Runtime) {
    let mut spec = place.spec("stranger", &["true"]);
    spec.user = "stranger".into();
    match runtime.create(&spec).await {
        Err(why @ Error::Build { .. }) => {
            let text = why.to_string();
            assert!(
                text.contains("unable to find user stranger: no matching entries in passwd file"),
                "{text}"
            );
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(runtime.state("stranger").await.unwrap(), State::Absent);
}

async fn names_are_kept_apart(place: &Place, runtime: &dyn Runtime) {
    let spec = place.spec("one", &["sleep", "100"]);
    runtime.create(&spec).await.unwrap();
    assert!(matches!(runtime.create(&spec).await, Err(Error::Exists(id)) if id == "one"));
    assert_eq!(runtime.state("two").await.unwrap(), State::Absent);
    assert_eq!(runtime.wait("two").await.unwrap(), State::Absent);
    assert!(matches!(
        runtime.start("two").await,
        Err(Error::NotThere {
            state: State::Absent,
            ..
        })
    ));
    runtime.remove("two").await.unwrap();
    // Created and never started: gone like any other.
    runtime.remove("one").await.unwrap();
    assert_eq!(runtime.state("one").await.unwrap(), State::Absent);
    for id in ["", "..", "a/b"] {
        let mut spec = place.spec("x", &["true"]);
        spec.id = id.into();
        assert!(matches!(runtime.create(&spec).await, Err(Error::Spec(_))), "{id:?}");
        assert_eq!(runtime.state(id).await.unwrap(), State::Absent);
    }
}

async fn lists_say_all(place: &Place, runtime: &dyn Runtime) {
    for id in ["c", "a", "b"] {
        let mut spec = place.spec(id, &["sleep", "100"]);
        spec.labels = vec![("task".into(), id.to_uppercase())];
        match id {
            "b" => drop(runtime.create(&spec).await.unwrap()),
            _ => drop(runtime.run(&spec).await.unwrap()),
        }
    }
    runtime.signal("c", 9).await.unwrap();
    runtime.wait("c").await.unwrap();
    let list = runtime.list().await.unwrap();
    let short: Vec<_> = list
        .iter()
        .map(|one| (one.id.as_str(), one.state.to_string(), one.labels[0].1.as_str()))
        .collect();
    assert_eq!(
        short,
        [
            ("a", "running".into(), "A"),
            ("b", "created".into(), "B"),
            ("c", "exited".into(), "C")
        ]
    );
    for id in ["a", "b", "c"] {
        runtime.remove(id).await.unwrap();
    }
    assert!(runtime.list().await.unwrap().is_empty());
}

async fn execs_run_beside(place: &Place, runtime: &dyn Runtime) {
    runtime.run(&place.spec("host", &["sleep", "100"])).await.unwrap();
    let exec = |args: &[&str]| ExecSpec::new(args.iter().copied());
    let done = runtime
        .exec("host", &exec(&["sh", "-c", "echo out; echo err >&2; exit 3"]))
        .await
        .unwrap();
    assert_eq!(done.end, ExecEnd::Ended(Ended::Code(3)));
    // A command's own copying may change the order of the two.
    let text = String::from_utf8_lossy(&done.output).into_owned();
    assert!(text == "out\nerr\n" || text == "err\nout\n", "{text}");

    let missing = runtime.exec("host", &exec(&["nope"])).await.unwrap();
    assert_eq!(missing.end, ExecEnd::Ended(Ended::Code(127)), "{missing:?}");

    let mut slow = exec(&["sleep", "100"]);
    slow.timeout = Duration::from_millis(300);
    assert_eq!(runtime.exec("host", &slow).await.unwrap().end, ExecEnd::TimedOut);

    let mut loud = exec(&["sh", "-c", "echo 12345678901234567890"]);
    loud.max_output = 10;
    let loud = runtime.exec("host", &loud).await.unwrap();
    assert_eq!((loud.output.as_slice(), loud.truncated), (&b"1234567890"[..], true));

    runtime.signal("host", 9).await.unwrap();
    runtime.wait("host").await.unwrap();
    let late = runtime.exec("host", &exec(&["true"])).await;
    assert!(
        matches!(
            late,
            Err(Error::NotThere {
                state: State::Exited(_),
                ..
            })
        ),
        "{late:?}"
    );
    runtime.remove("host").await.unwrap();
}

async fn all(place: &Place, runtime: &dyn Runtime) {
    a_program_runs_and_its_end_is_told(place, runtime).await;
    a_signal_reaches_the_program(place, runtime).await;
    nothing_outlives_a_kill(place, runtime).await;
    what_cannot_be_executed_says_why(place, runtime).await;
    an_unknown_user_leaves_nothing(place, runtime).await;
    names_are_kept_apart(place, runtime).await;
    lists_say_all(place, runtime).await;
    execs_run_beside(place, runtime).await;
}

#[tokio::test]
#[ignore = "needs root"]
async fn native() {
    let place = Place::new();
    all(&place, &place.native()).await;
    place.nothing_is_left();
}

#[tokio::test]
#[ignore = "needs root"]
async fn runc() {
    let place = Place::new();
    all(&place, &place.by_command("/usr/sbin/runc")).await;
    place.nothing_is_left();
}

/// crun of this age refuses v1 with v2 mounted beside it, so there it is shown a machine without that.
#[tokio::test]
#[ignore = "needs root"]
async fn crun() {
    let place = Place::new();
    let script = place.dir.join("crun");
    let hide = "umount /sys/fs/cgroup/unified 2>/dev/null; exec /usr/bin/crun \"$@\"";
    std::fs::write(
        &script,
        format!("#!/bin/sh\nexec unshare -m sh -c '{hide}' crun \"$@\"\n"),
    )
    .unwrap();
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    all(&place, &place.by_command(script.to_str().unwrap())).await;
    place.nothing_is_left();
}

#[tokio::test]
async fn fake() {
    let place = Place::new();
    all(&place, &Fake::new(place.dir.join("fake"))).await;
}
