//! Which node should run this, and if none, why.
//!
//! For: [`place`], a pure function of the nodes as they are and of what is asked; the cluster query language, which
//! constraints and filters of lists are written in; and what a task demands of a node, from its plan and overrides.
//!
//! Words: a [`NodeView`] is one node as placement sees it; a *filter* rules a node out, and a [`Misfit`] says which
//! filter did and by how much; a *strategy* orders the nodes that are left; a [`Verdict`] is all misfits of one node;
//! the [`Board`] is all nodes, kept up to date from the store's changes.
//!
//! Must never know: API shapes, who asks, the clock and the dice: the one random thing is the seed in the request.
//! [`view::look`] and the [`Board`] read the store; what decides does not know that there is one.

pub mod board;
pub mod demand;
mod explain;
mod filter;
pub mod lack;
pub mod launch;
mod place;
pub mod query;
mod strategy;
pub mod view;

pub use board::{Ask, Board};
pub use explain::{Explanation, Ground, Near, Need};
pub use filter::{Misfit, Verdict};
pub use lack::Lack;
pub use place::{Assigned, Constraint, Placement, Request, Source, place};
pub use strategy::{Amount, SpreadBy, Strategy};
pub use view::NodeView;
