//! Scans images that are to be scanned: the packages that an image says it has, held against the advisories that an
//! operator keeps in a file. Nothing is fetched from anywhere, and what is not known is said.

mod advisories;
mod run;
mod versions;

pub use advisories::{Advisories, BadAdvisories};
pub use run::{Scanner, scan_images};
