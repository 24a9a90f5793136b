//! What is kept true: one module each. Controllers never call each other; they meet in the store.
//!
//! Words are those of [`control`] and [`model`].
//!
//! Must never know: AWS shapes, the network, another controller.

pub mod daemons;
mod expire_images;
mod fill_replicas;
mod forget_inactive;
mod forget_services;
mod forget_tasks;
mod forget_tokens;
mod place_waiting;
mod retire_definitions;
mod services;

pub use daemons::Daemons;
pub use expire_images::ExpireImages;
pub use fill_replicas::FillReplicas;
pub use forget_inactive::{ForgetInactive, Inactive};
pub use forget_services::ForgetServices;
pub use forget_tasks::ForgetTasks;
pub use forget_tokens::ForgetTokens;
pub use place_waiting::PlaceWaiting;
pub use retire_definitions::RetireDefinitions;
pub use services::KeepServices;
