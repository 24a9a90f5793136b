//! The front door: listen, find out who calls and what for, decode, answer.
//!
//! For: HTTP on one side, [`services::Services`] on the other. A request goes through the same steps whatever it is:
//! claim, address, body (bounded), signature, route, decode, call, encode. What can be refused early is refused before
//! the body is read.
//!
//! Words: the [`Door`] answers one request; [`listen`] keeps connections; [`Keys`] knows the secrets of access keys.
//!
//! Must never know: what any operation means.

mod annex;
mod answer;
mod body;
mod door;
mod keys;
mod listen;

pub use annex::{Annex, AnnexBody};
pub use door::{Door, Settings};
pub use keys::{Keys, OneKey};
pub use listen::listen;
