//! Which node should run this, and if none, why; pure
