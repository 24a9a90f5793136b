//! The reasons that people read, worded as ECS words them.

/// The longest reason that ECS keeps.
const MOST_CHARS: usize = 1024;

pub const ESSENTIAL_EXITED: &str = "Essential container in task exited";
pub const OUT_OF_MEMORY: &str = "OutOfMemoryError: Container killed due to memory usage";

/// A reason within its bound.
pub fn cut(reason: &str) -> String {
    match reason.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => reason[..end].to_string(),
        None => reason.to_string(),
    }
}
