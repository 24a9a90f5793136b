//! What a container may use, and what it has used: control groups of both kinds.
use std::path::PathBuf;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mounted {
    V1 { name: String, directory: PathBuf },
    V2,
}
