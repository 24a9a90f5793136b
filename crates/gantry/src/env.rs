//! `gantry env`: what AWS clients need to find this Gantry.

use crate::Done;
use crate::data::{DataDir, ENVIRONMENT};
use crate::report::Report;
use base::SystemClock;
use clap::ArgMatches;
use std::fmt::Write;

/// Where a server answers that has not said otherwise.
const USUAL_ENDPOINT: &str = "http://127.0.0.1:4566";

pub fn run(args: &ArgMatches) -> Done {
    let data = DataDir::choose(args.get_one("data"))?;
    let nothing = || Report::new(format!("no Gantry was ever started in {}", data.path().display())).hint("gantry up");
    let credentials = data.known_credentials()?.ok_or_else(nothing)?;
    let (scope, _) = data.identity(None, None, &SystemClock)?;
    let endpoint = data.endpoint()?.unwrap_or_else(|| {
        eprintln!("note: no server is running on {} right now", data.path().display());
        USUAL_ENDPOINT.to_string()
    });
    let dir = data.path().canonicalize();
    let dir = dir.map_err(|e| Report::new(format!("{} cannot be found", data.path().display())).because(e))?;
    let dir = dir.display().to_string();
    let names = [
        (ENVIRONMENT, dir.as_str()),
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        // Some operations put a word before the host, and then it has no address any more.
        ("AWS_DISABLE_HOST_PREFIX_INJECTION", "true"),
        ("AWS_REGION", &scope.region),
        ("AWS_DEFAULT_REGION", &scope.region),
        ("AWS_ACCESS_KEY_ID", &credentials.access_key),
        ("AWS_SECRET_ACCESS_KEY", credentials.secret.reveal()),
    ];
    // Of all values only a directory may hold a quote or a backslash: the others were checked or made by us.
    let mut out = String::new();
    if args.get_flag("json") {
        let members: Vec<String> = names
            .iter()
            .map(|(name, value)| format!("\"{name}\": \"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")))
            .collect();
        let _ = writeln!(out, "{{{}}}", members.join(", "));
    } else {
        for (name, value) in names {
            let _ = writeln!(out, "export {name}='{}'", value.replace('\'', "'\\''"));
        }
    }
    print!("{out}");
    Ok(())
}
