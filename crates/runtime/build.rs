//! A keeper's private memory is mostly what the loader writes for position independence; without it there is a keeper's
//! worth of it less (see docs/decisions). Only how the programs are linked is changed, not how anything is compiled.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-link-arg-bins=-no-pie");
    println!("cargo::rustc-link-arg-examples=-no-pie");
}
