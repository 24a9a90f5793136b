//! restJson1: an operation is a method and a path, and its members travel in the path, the query, the headers and a
//! JSON body, each where the model says.

mod read;
#[cfg(test)]
mod tests;
pub(super) mod text;
pub(crate) mod uri;
mod write;

pub(super) use read::read;
pub(super) use write::{answer, fault};
