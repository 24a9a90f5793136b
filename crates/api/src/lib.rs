//! The shapes of each AWS service, as facts; written by a generator, never by hand
