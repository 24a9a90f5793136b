//! `gantry admin leave`: takes away what a stopped node left on this machine outside of its data directory.
//!
//! What it remembers stays: should it start again, it tells its server how its tasks ended.

use crate::data::DataDir;
use crate::report::Report;
use crate::{Done, node, verb};
use agent::machine::Paths;
use base::SystemDice;
use clap::{Arg, ArgAction, ArgMatches, Command};
use runtime::{Kept, Runtime, State};
use rustix::mount::{UnmountFlags, unmount};
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

pub fn command(data: Arg, json: Arg) -> Command {
    Command::new("leave")
        .about("Take away what a stopped node left on this machine: network, cgroups, mounts; not its data directory")
        .arg(
            Arg::new("kill")
                .long("kill")
                .action(ArgAction::SetTrue)
                .help("Also end its containers, which otherwise go on without it"),
        )
        .arg(data)
        .arg(json)
}

pub fn run(args: &ArgMatches) -> Done {
    let data = DataDir::choose(args.get_one("data"))?;
    if !data.node().join("identity").exists() {
        return Err(
            Report::new(format!("there was never a node in {}", data.path().display())).hint("give --data DIR"),
        );
    }
    if !rustix::process::geteuid().is_root() {
        return Err(Report::new("only root can take away what a node made"));
    }
    let _lock = data.lock_node()?;
    let instance = data.node_identity(&SystemDice::default())?.instance;
    let paths = Paths::new(&data.node());
    let runtime = Kept::native(node::runtime_settings(&paths, &instance)?);
    let runtime = runtime.map_err(|e| Report::new("the container runtime cannot be opened").because(e))?;
    let killed = verb::wait(end_containers(&runtime, args.get_flag("kill")))?;
    let mounts = unmount_below(&data.node()).map_err(|e| Report::new("a mount cannot be taken away").because(e))?;
    network::forget(&instance, &paths.network())
        .map_err(|e| Report::new("the node's network cannot be taken away").because(e))?;
    if args.get_flag("json") {
        println!("{{\"instance\": \"{instance}\", \"containers\": {killed}, \"mounts\": {mounts}}}");
    } else {
        println!(
            "Nothing of node {instance} is left on this machine but {}.",
            data.node().display()
        );
    }
    Ok(())
}

/// How many were running.
async fn end_containers(runtime: &Kept, kill: bool) -> Result<usize, Report> {
    let cannot = |e: runtime::Error| Report::new("the node's containers cannot be ended").because(e);
    let all = runtime.list().await.map_err(cannot)?;
    let alive = |state: &State| matches!(state, State::Created | State::Running { .. });
    let alive = all.iter().filter(|container| alive(&container.state)).count();
    if alive > 0 && !kill {
        let hint = "stop their tasks first, or end them with --kill";
        return Err(Report::new(format!("{alive} of its containers still run")).hint(hint));
    }
    match runtime.leave(true).await.map_err(cannot)? {
        true => Ok(alive),
        false => Err(Report::new("some of the node's cgroups are still there")),
    }
}

/// How many there were. One that is busy goes when the last who uses it does.
fn unmount_below(dir: &Path) -> std::io::Result<usize> {
    let dir = dir.canonicalize()?;
    let table = fs::read("/proc/self/mountinfo")?;
    let places: Vec<PathBuf> = table.split(|byte| *byte == b'\n').filter_map(place).collect();
    let ours: Vec<&PathBuf> = places.iter().rev().filter(|place| place.starts_with(&dir)).collect();
    for place in &ours {
        unmount(place.as_path(), UnmountFlags::DETACH)?;
    }
    Ok(ours.len())
}

/// Where a line of the table says something is mounted. Blanks and the like stand there as `\040`.
fn place(line: &[u8]) -> Option<PathBuf> {
    let mut rest = line.split(|byte| *byte == b' ').nth(4)?;
    let mut path = Vec::new();
    while let [first, more @ ..] = rest {
        let code = more.get(..3).filter(|_| *first == b'\\');
        let code = code.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        path.push(code.unwrap_or(*first));
        rest = if code.is_some() { &more[3..] } else { more };
    }
    Some(PathBuf::from(OsString::from_vec(path))).filter(|path| path.as_os_str().as_bytes().starts_with(b"/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_mounts_are_read_with_their_blanks() {
        let line = b"36 35 98:0 /root /mnt/a\\040b rw,noatime master:1 - ext4 /dev/root rw";
        assert_eq!(place(line), Some(PathBuf::from("/mnt/a b")));
        assert_eq!(place(b""), None);
    }
}
