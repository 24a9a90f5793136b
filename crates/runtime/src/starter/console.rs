//! Terminals.

use super::tree;
use crate::spec::Terminal;
use crate::sys;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Gid, OFlags, Uid};
use rustix::termios::Winsize;
use std::io;

/// The number of the group that owns terminals, everywhere.
const TTY_GROUP: u32 = 5;

/// A new terminal of the container's own: the side that is read and written from outside, and the program's side.
pub fn open_terminal(root: impl AsFd, size: Terminal, owner: u32) -> io::Result<(OwnedFd, OwnedFd)> {
    let master = tree::open(root, "/dev/pts/ptmx", OFlags::RDWR | OFlags::NOCTTY)?;
    rustix::pty::unlockpt(&master)?;
    let slave = sys::terminal_peer(&master)?;
    rustix::termios::tcsetwinsize(&master, winsize(size))?;
    rustix::fs::fchown(&slave, Some(Uid::from_raw(owner)), Some(Gid::from_raw(TTY_GROUP)))?;
    Ok((master, slave))
}

/// Its name below `/dev/pts`.
pub fn terminal_name(master: impl AsFd) -> io::Result<String> {
    let path = rustix::pty::ptsname(master, Vec::new())?.to_string_lossy().into_owned();
    Ok(path.rsplit('/').next().unwrap_or_default().to_owned())
}

pub fn winsize(size: Terminal) -> Winsize {
    Winsize {
        ws_row: size.rows,
        ws_col: size.columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}
