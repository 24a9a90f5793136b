//! Laws that only a simulation can hold anybody to: what the calm must come to. (What must hold of the state, of every change
//! and of every commit is in `model::invariants`, where `gantry admin doctor` finds it too.)

pub mod daemons;

use model::invariants::Broken;

/// A law that was broken, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    pub law: String,
    pub at: String,
}

impl Breach {
    pub fn new(law: &str, at: impl Into<String>) -> Self {
        Breach {
            law: law.to_string(),
            at: at.into(),
        }
    }
}

impl From<Broken> for Breach {
    fn from(broken: Broken) -> Self {
        Breach::new(broken.law, broken.at)
    }
}
