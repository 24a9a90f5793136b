//! Namespaces without a program: a process that does nothing but be there, and reap.
//!
//! Must never know: who joins.

use super::{Report, Step, Stop, report};
use crate::dir::Dir;
use crate::keeper::Orders;
use crate::sys::{self, Capabilities};
use rustix::fd::OwnedFd;
use rustix::process::WaitOptions;
use std::convert::Infallible;

pub fn hold(dir: &Dir, orders: &Orders, socket: &OwnedFd) -> Result<Infallible, Stop> {
    let spec = super::read_spec(dir)?;
    orders.enter().step("enter the cgroup")?;
    if let (Some(name), true) = (&spec.hostname, orders.namespaces & libc::CLONE_NEWUTS as u64 != 0) {
        rustix::system::sethostname(name.as_bytes()).step("set the host name")?;
    }
    rustix::process::chdir("/").step("leave the directory")?;
    sys::undumpable().step("hide")?;
    sys::block_signals().step("block signals")?;
    sys::die_with_parent().step("tie to the keeper")?;
    let ready = Report::Ready {
        pid: None,
        warnings: String::new(),
    };
    report::say(socket, &ready).step("report")?;
    sys::close_from(0);
    let _ = sys::bound_capabilities(0);
    let _ = sys::set_capabilities(Capabilities::default());
    loop {
        sys::wait_signal();
        while let Ok(Some(_)) = rustix::process::wait(WaitOptions::NOHANG) {}
    }
}
