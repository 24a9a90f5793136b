//! Calls what people have outside, when a deployment comes to a stage that has a hook.
//!
//! For: hooks whose target is an `http` or `https` address: where AWS would invoke a Lambda function, the address is sent what the
//! function would be handed, and answers what it would answer. The intent to call is written before the call, so that a
//! crash calls again rather than never; targets must bear that, as on AWS.
//!
//! And copies images where replication wants them ([`copies`]), and scans those that are to be scanned ([`scans`]).
//!
//! Words: a *run* is one hook at one stage ([`model::HookRun`]); a *call* is one attempt to ask its target.
//!
//! Must never know: what a deployment does with the answer.

mod call;
pub mod copies;
mod run;
pub mod scans;

pub use call::{Answer, Caller, NoAnswer};
pub use run::run;
