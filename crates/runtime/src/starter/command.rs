//! Letting an OCI runtime's command build the container, on the same root and the same plan.
//!
//! The root is mounted in a mount namespace of the starter's own. The command makes the container's out of that, so the
//! host never sees these mounts either; when the starter is gone, only the container has them.
//!
//! Must never know: which command it is.

use super::program::{NotExecuted, execute, explain};
use super::{Report, Stdio, Step, Stop, decide, read_spec, report, root, warnings};
use crate::dir::Dir;
use crate::keeper::Orders;
use crate::seccomp;
use crate::spec::{OciPlace, oci};
use crate::sys::{self, Fork};
use rustix::fd::OwnedFd;
use rustix::process::{Pid, WaitOptions};
use std::convert::Infallible;
use std::fs::File;
use std::path::Path;

/// Where OCI commands look for their own helpers.
pub const COMMAND_PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

pub fn create(
    dir: &Dir,
    orders: &Orders,
    binary: &Path,
    state: &Path,
    socket: &OwnedFd,
    stdio: Stdio,
) -> Result<Infallible, Stop> {
    let spec = read_spec(dir)?;
    let place = root::mount(dir, &spec)?;
    let plan = decide(&spec, orders, &place)?;
    let group = orders.group().step("find the cgroup")?;
    let oci_place = OciPlace {
        rootfs: dir.rootfs(),
        cgroup: group.oci_path(),
        seccomp: seccomp::profile(&spec, plan.bounding)
            .step("make the seccomp profile")?
            .map(|profile| seccomp::oci(&profile)),
        ..OciPlace::default()
    };
    let config = serde_json::to_vec(&oci(&spec, &plan, &oci_place)).step("write config.json")?;
    std::fs::write(dir.file("config.json"), config).step("write config.json")?;

    let file = |name: &str| dir.file(name).to_string_lossy().into_owned();
    let mut args: Vec<String> = [&*binary.to_string_lossy(), "--root", &state.to_string_lossy()]
        .map(str::to_owned)
        .into();
    args.extend([
        "--log".into(),
        file("oci.log"),
        "--log-format".into(),
        "json".into(),
        "create".into(),
    ]);
    args.extend([
        "--bundle".into(),
        dir.path().to_string_lossy().into_owned(),
        "--pid-file".into(),
        file("oci.pid"),
    ]);
    args.push(spec.id.clone());
    match sys::fork(0, None).step("fork")? {
        Fork::Child => {
            let Err(why) = run(&args, stdio);
            let _ = std::fs::write(dir.file("oci.log"), format!("{{\"msg\":{:?}}}\n", why.text));
            sys::exit_now(1)
        }
        Fork::Parent { child, .. } => {
            let status =
                Pid::from_raw(child).and_then(|pid| rustix::process::waitpid(Some(pid), WaitOptions::empty()).ok()?);
            if status.is_none_or(|(_, status)| status.exit_status() != Some(0)) {
                return Err(failure(dir, spec.args.first().map_or("", String::as_str)));
            }
        }
    }
    let pid = std::fs::read_to_string(dir.file("oci.pid")).step("read the pid")?;
    let ready = Report::Ready {
        pid: pid.trim().parse().ok(),
        warnings: warnings(&plan),
    };
    report::say(socket, &ready).step("report")?;
    sys::exit_now(0)
}

fn run(args: &[String], stdio: Stdio) -> Result<Infallible, NotExecuted> {
    let null = || {
        File::options()
            .read(true)
            .write(true)
            .open("/dev/null")
            .map(OwnedFd::from)
    };
    for (number, fd) in [(0, stdio.stdin), (1, stdio.stdout), (2, stdio.stderr)] {
        if let Ok(fd) = fd.map_or_else(null, Ok) {
            let _ = sys::put_at(&fd, number);
        }
    }
    sys::default_signals();
    execute(args, &[COMMAND_PATH.to_owned()])
}

fn failure(dir: &Dir, program: &str) -> Stop {
    command_failure(&dir.file("oci.log"), program).unwrap_or_else(|| Stop::Failed {
        step: "create".into(),
        text: "the command failed without a word".into(),
    })
}

/// The last thing that the command had to say.
pub fn command_failure(log: &Path, program: &str) -> Option<Stop> {
    let log = std::fs::read_to_string(log).ok()?;
    let text = log.lines().rev().find_map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(line.get("msg")?.as_str()?.to_owned())
    })?;
    Some(not_executed(&text, program).map_or(
        Stop::Failed {
            step: "create".into(),
            text,
        },
        Stop::NotExecuted,
    ))
}

/// What runc and crun say when it is the program that is at fault, in the words of our own starter.
fn not_executed(text: &str, program: &str) -> Option<NotExecuted> {
    if let Some(at) = text.find("exec:") {
        let missing = text.contains("not found") || text.contains("no such file");
        return Some(NotExecuted {
            code: if missing { 127 } else { 126 },
            text: text[at..].to_owned(),
        });
    }
    if !text.contains("executable file `") && !text.contains("open executable") {
        return None;
    }
    let missing = text.ends_with("No such file or directory");
    Some(explain(program, if missing { libc::ENOENT } else { libc::EACCES }))
}

/// Executes the program of a created container: short, so the keeper waits for it. The error is a code and a text.
pub fn start_by_command(dir: &Dir, binary: &Path, state: &Path) -> Result<(), (i32, String)> {
    let id = dir.path().file_name().unwrap_or_default();
    let status = std::process::Command::new(binary)
        .arg("--root")
        .arg(state)
        .arg("--log")
        .arg(dir.file("oci.log"))
        .args(["--log-format", "json", "start"])
        .arg(id)
        .env_clear()
        .env("PATH", COMMAND_PATH.trim_start_matches("PATH="))
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status();
    if status.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    let program = read_spec(dir)
        .ok()
        .and_then(|spec| spec.args.into_iter().next())
        .unwrap_or_default();
    match failure(dir, &program) {
        Stop::NotExecuted(NotExecuted { code, text }) => Err((code, text)),
        Stop::Failed { text, .. } => Err((126, text)),
    }
}

#[cfg(test)]
mod tests {
    use super::not_executed;

    #[test]
    fn the_programs_own_fault_is_known() {
        for (said, code, text) in [
            (
                "runc create failed: unable to start container process: exec: \"x\": executable file not found in $PATH",
                127,
                "exec: \"x\": executable file not found in $PATH",
            ),
            (
                "executable file `x` not found in $PATH: No such file or directory",
                127,
                "exec: \"x\": executable file not found in $PATH",
            ),
            (
                "open executable: Operation not permitted",
                126,
                "exec: \"/etc\": permission denied",
            ),
        ] {
            let known = not_executed(said, if code == 126 { "/etc" } else { "x" }).unwrap();
            assert_eq!((known.code, known.text.as_str()), (code, text));
        }
        assert!(not_executed("error mounting \"proc\"", "x").is_none());
    }
}
