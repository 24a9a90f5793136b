//! Images: the content store by digest, and the way into it and out of it.
//!
//! For: pulling, verifying, unpacking, keeping and collecting what containers are made of. Used by node and registry alike.
//!
//! Must never know: AWS APIs, the store, records, what a task is.
