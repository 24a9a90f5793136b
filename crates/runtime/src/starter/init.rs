//! The small first process that a container can ask for: it reaps what nobody waits for, and passes signals on.
//!
//! It is the starter itself, staying behind while its child becomes the program: no file has to be brought into the
//! container for it, and nothing of its memory can be looked into from there (it is not dumpable).
//!
//! Must never know: what the program is.

use super::{Identity, Step, Stop};
use crate::sys::{self, Capabilities, Fork};
use rustix::fd::OwnedFd;
use rustix::process::WaitOptions;

const CAP_KILL: u64 = 1 << 5;

/// Comes back in the child, which is to become the program.
pub fn stay_behind(_report: &OwnedFd, who: &Identity) -> Result<(), Stop> {
    sys::undumpable().step("hide the init process")?;
    sys::subreaper().step("become a subreaper")?;
    sys::block_signals().step("block signals")?;
    match sys::fork(0, None).step("fork the program")? {
        Fork::Child => {
            let _ = rustix::process::setpgid(None, None);
            let zero = rustix::stdio::stdin();
            if rustix::termios::isatty(zero) {
                // The program is who the terminal talks to. SIGTTOU is blocked here, as all are.
                let _ = rustix::termios::tcsetpgrp(zero, rustix::process::getpid());
            }
            Ok(())
        }
        Fork::Parent { child, .. } => {
            // Nothing is held that the program may wait to see closed, nor a way back to the keeper.
            sys::close_from(0);
            let _ = sys::die_with_parent();
            let _ = sys::bound_capabilities(0);
            let _ = sys::set_capabilities(Capabilities {
                effective: CAP_KILL,
                permitted: CAP_KILL,
                inheritable: 0,
            });
            let _ = who;
            sys::exit_now(watch_over(child))
        }
    }
}

fn watch_over(child: i32) -> i32 {
    loop {
        match sys::wait_signal() {
            Some(libc::SIGCHLD) => {
                while let Ok(Some((pid, status))) = rustix::process::wait(WaitOptions::NOHANG) {
                    if pid.as_raw_nonzero().get() == child {
                        let signal = status.terminating_signal().unwrap_or(0);
                        return status.exit_status().unwrap_or(128 + signal);
                    }
                }
            }
            Some(signal) => drop(sys::kill(child, signal)),
            None => {}
        }
    }
}
