//! What happens, as ECS tells it to EventBridge: read from the store's list of changes, as far back as that is kept.
//!
//! Nothing is written for an event: whether a change is one, and which of its commit's it is, follows from the change
//! alone. So whoever keeps a cursor misses no event and gets none twice, through restarts and crashes of both sides.
//!
//! Words: an event is *told* when a change means it ([`told`]); its *detail* is what AWS says of it; a *cursor* says up
//! to where somebody has read; a *page* is what one reading gives.

mod cursor;
mod detail;
mod page;
#[cfg(test)]
mod tests;
mod told;

pub use cursor::Cursor;
pub use page::{Event, Page, Trouble, Wish, page, parse, since};
pub use told::{Kind, task_line};
