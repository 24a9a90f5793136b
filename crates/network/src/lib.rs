//! Addresses, links and rules on one node.
//!
//! Must never know: AWS APIs, the store, records, what runs behind an address.
