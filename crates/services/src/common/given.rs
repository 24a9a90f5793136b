//! Keeping what the user gave: an API shape as the store holds it, and back.

use model::Given;
use wire::Shape;
use wire::codec::{Limits, cbor};

pub fn keep(shape: &dyn Shape) -> Given {
    let mut bytes = Vec::new();
    cbor::write(shape, &mut bytes);
    Given(bytes)
}

/// What was kept, as the shape it was. Members that this version's model no longer has are dropped.
pub fn recall<T: Shape + Default>(given: &Given) -> T {
    let mut shape = T::default();
    if !given.is_empty()
        && let Err(fault) = cbor::read(&given.0, &mut shape, &Limits::default())
    {
        tracing::error!(%fault, "a kept document does not read back");
    }
    shape
}
