//! The keeper alone, for this crate's tests. In production it is a hidden verb of the `gantry` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    match &args[..] {
        [_, verb, dir] if verb == "keeper" => ExitCode::from(runtime::keeper_main(dir.as_ref())),
        _ => ExitCode::from(2),
    }
}
