//! What a request says about its page, read as ECR reads it.

use super::fault;
use crate::common::listing::Paging;
use store::Key;
use wire::Fault;

/// How many items the page holds, and the key it begins behind, which is `under` what is listed: a token of another
/// repository or registry is none of this listing's.
pub fn window(
    paging: &Paging,
    under: &Key,
    asked: Option<i32>,
    token: Option<&str>,
) -> Result<(usize, Option<Key>), Fault> {
    let between = || fault::invalid_at("maxResults", &format!("must be between 1 and {}", paging.max));
    let size = paging.size(asked).ok_or_else(between)?;
    let strange = || fault::invalid_at("nextToken", "the token was not given for what is listed");
    match paging.after(token).map_err(|_| strange())? {
        Some(after) if !after.starts_with(under) => Err(strange()),
        after => Ok((size, after)),
    }
}

/// Who says which ones does not ask for pages.
pub fn alone(token: Option<&str>, asked: Option<i32>, named: &str) -> Result<(), Fault> {
    match token.is_some() || asked.is_some() {
        true => Err(fault::invalid(format!(
            "Invalid parameter combination: nextToken and maxResults cannot be used with {named}"
        ))),
        false => Ok(()),
    }
}
