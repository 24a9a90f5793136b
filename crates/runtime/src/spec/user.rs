//! Whose rights the container's program has: `user` as an image or a person wrote it, resolved by the files of the
//! container's own root.
//!
//! For: numbers out of names, in the way of Docker. The files belong to the image, so they are opened without leaving
//! the root by any symbolic link, and read up to a bound.
//!
//! Must never know: users of the host.

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;
use std::path::Path;

/// More than this of `/etc/passwd` or `/etc/group` is not read.
const MAX_FILE_BYTES: u64 = 4 << 20;
/// The kernel's NGROUPS_MAX is 65536; nobody means that many.
const MAX_GROUPS: usize = 1024;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    pub uid: u32,
    pub gid: u32,
    /// Beside `gid`, in order, each once.
    pub groups: Vec<u32>,
    /// From `/etc/passwd`; `/` for one who is not in it.
    pub home: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserError {
    UnknownUser(String),
    UnknownGroup(String),
}

impl fmt::Display for UserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UserError::UnknownUser(name) => write!(f, "unable to find user {name}: no matching entries in passwd file"),
            UserError::UnknownGroup(name) => {
                write!(f, "unable to find group {name}: no matching entries in group file")
            }
        }
    }
}

impl std::error::Error for UserError {}

/// Looks `user` and the extra groups up in the tree that `root` is open on.
pub fn resolve(root: impl AsFd, user: &str, extra_groups: &[String]) -> Result<User, UserError> {
    // Numbers alone with a group need no file, and a scratch image has none. The groups of root do.
    let passwd = read_inside(&root, "etc/passwd");
    let group = read_inside(&root, "etc/group");
    choose(user, extra_groups, &passwd, &group)
}

/// The decision itself, over the text of both files.
pub fn choose(user: &str, extra_groups: &[String], passwd: &str, group: &str) -> Result<User, UserError> {
    let (who, of_group) = match user.split_once(':') {
        Some((who, of_group)) => (who, Some(of_group).filter(|name| !name.is_empty())),
        None => (user, None),
    };
    let who = if who.is_empty() { "0" } else { who };
    let entry = people(passwd).find(|person| person.name == who || number(who) == Some(person.uid));
    let (uid, own_gid) = match (&entry, number(who)) {
        (Some(person), _) => (person.uid, person.gid),
        (None, Some(uid)) => (uid, 0),
        (None, None) => return Err(UserError::UnknownUser(who.to_owned())),
    };
    let gid = match of_group {
        Some(name) => find_group(name, group)?,
        None => own_gid,
    };
    let mut groups = Vec::new();
    // A group that was named replaces those the user is a member of, as in Docker.
    if let (Some(person), None) = (&entry, of_group) {
        groups.extend(
            members(group)
                .filter(|(_, _, all)| all.split(',').any(|one| one == person.name))
                .map(|(_, gid, _)| gid),
        );
    }
    for name in extra_groups {
        groups.push(find_group(name, group)?);
    }
    let mut seen = std::collections::BTreeSet::new();
    groups.retain(|gid| seen.insert(*gid));
    groups.truncate(MAX_GROUPS);
    let home = entry.map(|person| person.home).filter(|home| home.starts_with('/'));
    Ok(User {
        uid,
        gid,
        groups,
        home: home.unwrap_or("/").to_owned(),
    })
}

struct Person<'a> {
    name: &'a str,
    uid: u32,
    gid: u32,
    home: &'a str,
}

fn people(passwd: &str) -> impl Iterator<Item = Person<'_>> {
    passwd.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let (name, _password) = (fields.next()?, fields.next()?);
        let (uid, gid) = (number(fields.next()?)?, number(fields.next()?)?);
        Some(Person {
            name,
            uid,
            gid,
            home: fields.nth(1).unwrap_or_default(),
        })
    })
}

/// Name, number and the comma-separated members of each group.
fn members(group: &str) -> impl Iterator<Item = (&str, u32, &str)> {
    group.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let (name, _password) = (fields.next()?, fields.next()?);
        Some((name, number(fields.next()?)?, fields.next().unwrap_or_default()))
    })
}

fn find_group(name: &str, group: &str) -> Result<u32, UserError> {
    let found = members(group)
        .find(|(known, _, _)| *known == name)
        .map(|(_, gid, _)| gid);
    found
        .or_else(|| number(name))
        .ok_or_else(|| UserError::UnknownGroup(name.to_owned()))
}

/// Digits alone, and not the number that means "leave it as it is" to the kernel.
fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| digits && *number < i32::MAX as u32)
}

/// The text of a file in the image. Whatever keeps it from being read (there is none, it is a directory, a link leads
/// nowhere) makes it empty: then only numbers are known.
fn read_inside(root: &impl AsFd, path: &str) -> String {
    let stay = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    // Non-blocking, because the image may have put a FIFO there.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let mut bytes = Vec::new();
    if let Ok(file) = openat2(root, Path::new(path), flags, Mode::empty(), stay) {
        let file = File::from(file);
        if file.metadata().is_ok_and(|found| found.is_file())
            && file.take(MAX_FILE_BYTES).read_to_end(&mut bytes).is_err()
        {
            bytes.clear();
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str =
        "root:x:0:0:root:/root:/bin/sh\nbroken\nwww:x:33:33:www:/srv/www:/bin/sh\nodd:x:44:55::relative:\n";
    const GROUP: &str = "root:x:0:\nwheel:x:10:root,www\nwww:x:33:\nvideo:x:27:odd,www\n";

    fn who(user: &str) -> Result<(u32, u32, Vec<u32>), UserError> {
        choose(user, &[], PASSWD, GROUP).map(|user| (user.uid, user.gid, user.groups))
    }

    #[test]
    fn every_form() {
        assert_eq!(who(""), Ok((0, 0, vec![10])));
        assert_eq!(who("www"), Ok((33, 33, vec![10, 27])));
        assert_eq!(
            who("33"),
            Ok((33, 33, vec![10, 27])),
            "a number that has a name is that user"
        );
        assert_eq!(who("33:44"), Ok((33, 44, vec![])));
        assert_eq!(who("www:video"), Ok((33, 27, vec![])));
        assert_eq!(who("1234"), Ok((1234, 0, vec![])));
        assert_eq!(who(":video"), Ok((0, 27, vec![])));
        assert_eq!(who("odd"), Ok((44, 55, vec![27])));
    }

    #[test]
    fn strangers_are_refused() {
        assert_eq!(who("nobody"), Err(UserError::UnknownUser("nobody".into())));
        assert_eq!(who("www:nobody"), Err(UserError::UnknownGroup("nobody".into())));
        assert_eq!(who("-1"), Err(UserError::UnknownUser("-1".into())));
        assert_eq!(
            who("4294967295"),
            Err(UserError::UnknownUser("4294967295".into())),
            "would change nothing"
        );
        assert_eq!(who("0:+0"), Err(UserError::UnknownGroup("+0".into())));
    }

    #[test]
    fn extra_groups_come_once_and_last() {
        let user = choose("www", &["root".into(), "27".into(), "99".into()], PASSWD, GROUP).unwrap();
        assert_eq!(user.groups, [10, 27, 0, 99]);
        assert_eq!(user.home, "/srv/www");
        assert_eq!(choose("odd", &[], PASSWD, GROUP).unwrap().home, "/");
    }

    #[test]
    fn links_do_not_lead_out_of_the_root() {
        let outside = std::env::temp_dir().join(format!("gty-user-{}", std::process::id()));
        let root = outside.join("root");
        std::fs::create_dir_all(root.join("etc")).unwrap();
        std::fs::create_dir_all(root.join("data")).unwrap();
        std::fs::write(outside.join("passwd"), "evil:x:0:0::/:\n").unwrap();
        std::os::unix::fs::symlink("../../passwd", root.join("etc/passwd")).unwrap();
        let open = || File::open(&root).unwrap();
        let evil = resolve(open(), "evil", &[]);
        // A link that stays inside is followed, an absolute one from the root's own top.
        std::fs::write(root.join("data/passwd"), "good:x:7:8::/:\n").unwrap();
        std::fs::remove_file(root.join("etc/passwd")).unwrap();
        std::os::unix::fs::symlink("/data/passwd", root.join("etc/passwd")).unwrap();
        let good = resolve(open(), "good", &[]);
        std::fs::remove_dir_all(&outside).unwrap();
        assert_eq!(evil, Err(UserError::UnknownUser("evil".into())));
        assert_eq!(good.map(|user| (user.uid, user.gid)), Ok((7, 8)));
    }
}
