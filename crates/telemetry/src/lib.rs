//! Logs stored and queried: append, compress, index, search.
//!
//! Must never know: AWS shapes, the store, records.
