//! How long a container's start takes, beside `runc run` on the same root, interleaved in one run.
//!
//! `start [rounds]`, as root, with busybox and runc from Debian. Prints medians in milliseconds: from the decision to the
//! program's first byte, to its end being known, the CPU time of the whole, and the keeper's private memory.

use runtime::logs::LogReader;
use runtime::spec::{ContainerSpec, Env, Rootfs};
use runtime::{Kept, Runtime, Settings, State};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;
use tokio::time::Instant;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    if let [_, verb, dir] = &args[..]
        && verb == "keeper"
    {
        return ExitCode::from(runtime::keeper_main(dir.as_ref()));
    }
    let rounds = args.get(1).and_then(|text| text.to_str()?.parse().ok()).unwrap_or(40);
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("threads");
    let place = Path::new("/var/tmp").join(format!("gantry-start-{}", std::process::id()));
    let done = tokio.block_on(measure(&place, rounds));
    let _ = std::fs::remove_dir_all(&place);
    for mount in std::fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten() {
        for group in [
            "gantry/start-PID/.keepers",
            "gantry/start-PID",
            "gantry",
            "gantry-start-PID",
            "gantry-keepers",
        ] {
            let group = group.replace("PID", &std::process::id().to_string());
            let _ = std::fs::remove_dir(mount.path().join(&group));
            let _ = std::fs::remove_dir(Path::new("/sys/fs/cgroup").join(&group));
        }
    }
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Default)]
struct Series {
    first: Vec<f64>,
    end: Vec<f64>,
    cpu: Vec<f64>,
}

async fn measure(place: &Path, rounds: usize) -> Result<(), Box<dyn std::error::Error>> {
    let layer = place.join("layer");
    for dir in ["bin", "proc", "sys", "dev"] {
        std::fs::create_dir_all(layer.join(dir))?;
    }
    std::fs::copy("/bin/busybox", layer.join("bin/busybox"))?;
    std::os::unix::fs::symlink("busybox", layer.join("bin/echo"))?;
    std::os::unix::fs::symlink("busybox", layer.join("bin/sleep"))?;
    let settings = Settings {
        state_dir: place.join("run"),
        keeper: std::env::current_exe()?,
        cgroup_root: format!("gantry/start-{}", std::process::id()),
    };
    let native = Kept::native(settings.clone())?;
    bundle(place, &layer)?;
    let (mut ours, mut runc) = (Series::default(), Series::default());
    for round in 0..rounds + 2 {
        let (mut a, mut b) = (Series::default(), Series::default());
        one_of_ours(&native, place, &layer, round, &mut a).await?;
        one_of_runc(place, round, &mut b)?;
        if round >= 2 {
            // The first two warm up.
            for (all, one) in [(&mut ours, a), (&mut runc, b)] {
                all.first.extend(one.first);
                all.end.extend(one.end);
                all.cpu.extend(one.cpu);
            }
        }
    }
    println!("{rounds} rounds, interleaved; median (p10) in ms");
    for (name, one) in [("gantry", &ours), ("runc run", &runc)] {
        println!(
            "{name:10} first byte {}   end known {}   CPU {}",
            show(&one.first),
            show(&one.end),
            show(&one.cpu)
        );
    }
    let ratio = |a: &[f64], b: &[f64]| at(b, 0.5) / at(a, 0.5);
    println!(
        "ratio      first byte {:.1}x   end known {:.1}x   CPU {:.1}x",
        ratio(&ours.first, &runc.first),
        ratio(&ours.end, &runc.end),
        ratio(&ours.cpu, &runc.cpu)
    );
    println!(
        "keeper     private memory {} kB",
        keeper_memory(&native, place, &layer).await?
    );
    Ok(())
}

fn spec(id: &str, place: &Path, layer: &Path, args: &[&str]) -> ContainerSpec {
    ContainerSpec {
        id: id.to_owned(),
        rootfs: Rootfs {
            layers: vec![layer.to_owned()],
            writable: place.join("writable").join(id),
            ..Rootfs::default()
        },
        args: args.iter().map(|&arg| arg.to_owned()).collect(),
        env: Env(vec!["PATH=/bin".into()]),
        ..ContainerSpec::default()
    }
}

async fn one_of_ours(
    runtime: &Kept,
    place: &Path,
    layer: &Path,
    round: usize,
    series: &mut Series,
) -> Result<(), Box<dyn std::error::Error>> {
    let id = format!("r{round}");
    let spec = spec(&id, place, layer, &["echo", "hello"]);
    let cpu = cpu_ms();
    let begin = Instant::now();
    runtime.run(&spec).await?;
    let mut reader = LogReader::open(&runtime.log_dir(&id));
    while reader.next().await?.records.is_empty() {}
    series.first.push(begin.elapsed().as_secs_f64() * 1e3);
    let State::Exited(exit) = runtime.wait(&id).await? else {
        return Err("not exited".into());
    };
    series.end.push(begin.elapsed().as_secs_f64() * 1e3);
    assert_eq!(exit.code(), 0);
    runtime.remove(&id).await?;
    series.cpu.push(cpu_ms() - cpu);
    Ok(())
}

fn one_of_runc(place: &Path, round: usize, series: &mut Series) -> Result<(), Box<dyn std::error::Error>> {
    use std::io::Read;
    let cpu = cpu_ms();
    let begin = Instant::now();
    let mut child = Command::new("runc")
        .arg("--root")
        .arg(place.join("runc"))
        .args(["run", "--bundle"])
        .arg(place.join("bundle"))
        .arg(format!("gantry-start-{}-{round}", std::process::id()))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut out = child.stdout.take().ok_or("no pipe")?;
    let mut byte = [0; 1];
    out.read_exact(&mut byte)?;
    series.first.push(begin.elapsed().as_secs_f64() * 1e3);
    out.read_to_end(&mut Vec::new())?;
    child.wait()?;
    series.end.push(begin.elapsed().as_secs_f64() * 1e3);
    series.cpu.push(cpu_ms() - cpu);
    Ok(())
}

/// The same container for runc: its own default spec, on a copy of the same root.
fn bundle(place: &Path, layer: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let bundle: PathBuf = place.join("bundle");
    std::fs::create_dir_all(&bundle)?;
    let copied = Command::new("cp")
        .arg("-a")
        .arg(layer)
        .arg(bundle.join("rootfs"))
        .status()?;
    assert!(copied.success());
    assert!(
        Command::new("runc")
            .arg("spec")
            .current_dir(&bundle)
            .status()?
            .success()
    );
    let path = bundle.join("config.json");
    let mut config: serde_json::Value = serde_json::from_slice(&std::fs::read(&path)?)?;
    config["process"]["terminal"] = false.into();
    config["process"]["args"] = serde_json::json!(["echo", "hello"]);
    config["process"]["env"] = serde_json::json!(["PATH=/bin"]);
    config["process"]["rlimits"] = serde_json::json!([]);
    config["linux"]["cgroupsPath"] = format!("/gantry-start-{}/runc", std::process::id()).into();
    // The same filter, so that the same is measured.
    let profile = runtime::seccomp::default_profile(runtime::spec::Caps::docker_default());
    config["linux"]["seccomp"] = runtime::seccomp::oci(&profile);
    std::fs::write(path, serde_json::to_vec(&config)?)?;
    Ok(())
}

async fn keeper_memory(runtime: &Kept, place: &Path, layer: &Path) -> Result<u64, Box<dyn std::error::Error>> {
    let spec = spec("memory", place, layer, &["sleep", "60"]);
    runtime.run(&spec).await?;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mine = format!("PPid:\t{}\n", std::process::id());
    let mut kb = 0;
    for entry in std::fs::read_dir("/proc")? {
        let path = entry?.path();
        if std::fs::read_to_string(path.join("status")).is_ok_and(|status| status.contains(&mine)) {
            let smaps = std::fs::read_to_string(path.join("smaps_rollup")).unwrap_or_default();
            let dirty = smaps.lines().find_map(|line| line.strip_prefix("Private_Dirty:"));
            kb += dirty
                .and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok())
                .unwrap_or(0);
        }
    }
    runtime.remove("memory").await?;
    Ok(kb)
}

/// Of this process and all that it has waited for.
fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<f64> = stat
        .rsplit(") ")
        .next()
        .unwrap_or_default()
        .split(' ')
        .map(|f| f.parse().unwrap_or(0.0))
        .collect();
    fields.get(11..15).map_or(0.0, |times| times.iter().sum::<f64>() * 10.0)
}

fn at(values: &[f64], part: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
        .get(((sorted.len() - 1) as f64 * part) as usize)
        .copied()
        .unwrap_or(f64::NAN)
}

fn show(values: &[f64]) -> String {
    format!("{:.1} ({:.1})", at(values, 0.5), at(values, 0.1))
}
