//! Giving rights away: from the starter, which is root, to the program's own identity.
//!
//! Must never know: which rights are right.

use super::{Step, Stop};
use crate::dir::Dir;
use crate::spec::{ContainerSpec, Plan};
use crate::sys::{self, Capabilities};
use rustix::fs::Mode;

/// Who the program will be.
pub struct Identity {
    pub uid: u32,
    pub gid: u32,
    pub groups: Vec<u32>,
    pub bounding: u64,
    pub effective: u64,
    pub no_new_privileges: bool,
    /// The filter as the kernel takes it; empty is none.
    pub seccomp: Vec<u8>,
    /// Number, soft, hard.
    pub rlimits: Vec<(u32, u64, u64)>,
}

impl Identity {
    pub fn of(spec: &ContainerSpec, plan: &Plan, seccomp: Vec<u8>) -> Identity {
        Identity {
            uid: plan.user.uid,
            gid: plan.user.gid,
            groups: plan.user.groups.clone(),
            bounding: plan.bounding.0,
            effective: plan.effective.0,
            no_new_privileges: spec.no_new_privileges,
            seccomp,
            rlimits: plan
                .rlimits
                .iter()
                .map(|one| (one.resource.number, one.soft, one.hard))
                .collect(),
        }
    }
}

/// The filter that was compiled when the container was created. To be read while the host's files are there.
pub fn read_filter(dir: &Dir) -> Result<Vec<u8>, Stop> {
    match std::fs::read(dir.file("seccomp.bpf")) {
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        other => other.step("read the seccomp filter"),
    }
}

/// Apart, because in a user namespace no limit can be raised any more.
pub fn set_limits(who: &Identity) -> Result<(), Stop> {
    for (number, soft, hard) in &who.rlimits {
        sys::set_rlimit(*number, *soft, *hard).step("set a ulimit")?;
    }
    Ok(())
}

/// The order matters: each step needs a right that a later one takes away. A filter may only be loaded by who has
/// CAP_SYS_ADMIN or has promised never to gain privileges, so without that promise it is loaded before the last
/// capabilities go.
pub fn become_user(who: &Identity) -> Result<(), Stop> {
    // All that was opened on the way is closed by the execution; this says it once more, for all.
    sys::close_on_exec_from(3);
    sys::default_signals();
    rustix::process::umask(Mode::from_raw_mode(0o022));
    sys::bound_capabilities(who.bounding).step("bound the capabilities")?;
    sys::keep_capabilities().step("keep the capabilities")?;
    sys::set_ids(who.uid, who.gid, &who.groups).step("become the user")?;
    // Cleared by the change of user, so it is set after that. If the keeper dies, so does the program.
    sys::die_with_parent().step("tie to the keeper")?;
    if who.no_new_privileges {
        sys::no_new_privileges().step("set no_new_privs")?;
    } else {
        let admin = 1 << 21;
        sys::set_capabilities(Capabilities {
            effective: who.bounding & sys::own_permitted() | admin & sys::own_permitted(),
            permitted: sys::own_permitted(),
            inheritable: 0,
        })
        .step("set the capabilities")?;
        load_filter(who)?;
    }
    sys::set_capabilities(Capabilities {
        effective: who.effective,
        permitted: who.effective,
        inheritable: 0,
    })
    .step("set the capabilities")?;
    if who.no_new_privileges {
        load_filter(who)?;
    }
    Ok(())
}

fn load_filter(who: &Identity) -> Result<(), Stop> {
    if who.seccomp.is_empty() {
        return Ok(());
    }
    sys::load_seccomp(&who.seccomp).step("load the seccomp filter")
}
