//! What the user gave, kept as it was given.

use minicbor::{Decode, Encode};

/// A document of the user's in the encoding that `services` chose. Only `services` looks inside: scheduler,
/// controllers and nodes see the plan that was derived from it. It must come back to the user unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Given(#[cbor(n(0), with = "minicbor::bytes")] pub Vec<u8>);

impl Given {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A key and a value that the user hangs on a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(map)]
pub struct Tag {
    #[n(0)]
    pub key: String,
    #[n(1)]
    pub value: String,
}
