//! The ground floor: words every room shares.
//!
//! For: points in time and where they come from, chance and where it comes from, names of things (ARNs, ids),
//! and secrets that do not print.
//!
//! Words: a [`Clock`] tells the time, [`Dice`] draw chance; both are handed down from floor 7 (or from the
//! simulator), so that nothing below ever asks the machine itself.
//!
//! Must never know: any IO, any AWS service, any record.

mod arn;
mod clock;
mod dice;
mod secret;
mod time;

pub use arn::{Arn, Scope, region_is_good};
pub use clock::{Clock, ManualClock, SystemClock};
pub use dice::{Dice, SeededDice, SystemDice};
pub use secret::Secret;
pub use time::Timestamp;
