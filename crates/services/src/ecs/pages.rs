//! What a List request says about its page, read as ECS reads it.

use super::fault;
use crate::common::listing::Paging;
use store::Key;
use wire::Fault;

/// How many items the page holds, and the key it begins behind.
pub fn window(paging: &Paging, asked: Option<i32>, token: Option<&str>) -> Result<(usize, Option<Key>), Fault> {
    let size = paging.size(asked).ok_or_else(|| {
        let asked = asked.unwrap_or_default();
        fault::invalid(format!(
            "maxResults must be between 1 and {}, but was {asked}.",
            paging.max
        ))
    })?;
    Ok((size, paging.after(token).map_err(fault::bad_token)?))
}
