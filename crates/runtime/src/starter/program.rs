//! Executing the program, and saying why not in the words that people know.

use crate::sys;
use std::convert::Infallible;
use std::ffi::CString;

/// The exit code that shells give for it, and why.
pub struct NotExecuted {
    pub code: i32,
    pub text: String,
}

/// Comes back only when it did not work.
pub fn execute(args: &[String], env: &[String]) -> Result<Infallible, NotExecuted> {
    let strings =
        |list: &[String]| -> Vec<CString> { list.iter().filter_map(|one| CString::new(one.as_str()).ok()).collect() };
    let (c_args, c_env) = (strings(args), strings(env));
    let name = args.first().map_or("", String::as_str);
    let mut reason = libc::ENOENT;
    for path in candidates(name, env) {
        let Ok(path) = CString::new(path) else { continue };
        let why = sys::execve(&path, &c_args, &c_env).raw_os_error().unwrap_or(libc::EIO);
        match why {
            libc::ENOENT | libc::ENOTDIR if !name.contains('/') => {}
            // It may be runnable further down the path.
            libc::EACCES => reason = why,
            _ => {
                reason = why;
                break;
            }
        }
    }
    Err(explain(name, reason))
}

/// Where the program may be, in order: a name with a slash is a path, another one is looked for in the program's PATH.
pub fn candidates(name: &str, env: &[String]) -> Vec<String> {
    if name.contains('/') {
        return vec![name.to_owned()];
    }
    let path = env.iter().rev().find_map(|one| one.strip_prefix("PATH=")).unwrap_or("");
    let dirs = path.split(':').map(|dir| if dir.is_empty() { "." } else { dir });
    dirs.map(|dir| format!("{}/{name}", dir.trim_end_matches('/')))
        .collect()
}

/// As Docker's users know it.
pub fn explain(name: &str, errno: i32) -> NotExecuted {
    let (code, text) = match errno {
        libc::ENOENT | libc::ENOTDIR if !name.contains('/') => {
            (127, format!("exec: \"{name}\": executable file not found in $PATH"))
        }
        libc::ENOENT => (127, format!("exec: \"{name}\": stat {name}: no such file or directory")),
        libc::ENOTDIR => (127, format!("exec: \"{name}\": stat {name}: not a directory")),
        libc::EACCES => (126, format!("exec: \"{name}\": permission denied")),
        libc::ENOEXEC => (126, format!("exec {name}: exec format error")),
        libc::E2BIG => (126, format!("exec {name}: argument list too long")),
        other => (
            126,
            format!("exec {name}: {}", std::io::Error::from_raw_os_error(other)),
        ),
    };
    NotExecuted { code, text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_looked_for_and_a_path_is_not() {
        let env = ["PATH=/nowhere".to_owned(), "PATH=/usr/bin:/bin/::".to_owned()];
        assert_eq!(candidates("sh", &env), ["/usr/bin/sh", "/bin/sh", "./sh", "./sh"]);
        assert_eq!(candidates("./sh", &env), ["./sh"]);
    }

    #[test]
    fn reasons_have_their_codes() {
        for (name, errno, code, text) in [
            (
                "nope",
                libc::ENOENT,
                127,
                "exec: \"nope\": executable file not found in $PATH",
            ),
            (
                "/nope",
                libc::ENOENT,
                127,
                "exec: \"/nope\": stat /nope: no such file or directory",
            ),
            ("/etc", libc::EACCES, 126, "exec: \"/etc\": permission denied"),
            ("/x", libc::ENOEXEC, 126, "exec /x: exec format error"),
        ] {
            let said = explain(name, errno);
            assert_eq!((said.code, said.text.as_str()), (code, text));
        }
    }
}
