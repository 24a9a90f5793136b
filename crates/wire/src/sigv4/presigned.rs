//! The claim that a presigned URL makes in its query.

use super::{AuthError, canonical};
use std::borrow::Cow;

/// The parameters by which a presigned URL makes its claim, decoded.
#[derive(Default)]
pub struct Parameters<'a> {
    pub algorithm: Option<Cow<'a, str>>,
    pub credential: Option<Cow<'a, str>>,
    pub signature: Option<Cow<'a, str>>,
    pub signed_headers: Option<Cow<'a, str>>,
    pub date: Option<Cow<'a, str>>,
    pub expires: Option<Cow<'a, str>>,
    pub token: Option<Cow<'a, str>>,
    pub payload: Option<Cow<'a, str>>,
}

impl<'a> Parameters<'a> {
    /// `None` when the query makes no claim.
    pub fn read(query: &'a str) -> Result<Option<Self>, AuthError> {
        let mut found = Parameters::default();
        let (mut old_key, mut old_signature) = (false, false);
        if query.is_empty() {
            return Ok(None);
        }
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decoded(name);
            let (slot, name) = match name.as_ref() {
                "X-Amz-Algorithm" => (&mut found.algorithm, "X-Amz-Algorithm"),
                "X-Amz-Credential" => (&mut found.credential, "X-Amz-Credential"),
                "X-Amz-Signature" => (&mut found.signature, "X-Amz-Signature"),
                "X-Amz-SignedHeaders" => (&mut found.signed_headers, "X-Amz-SignedHeaders"),
                "X-Amz-Date" => (&mut found.date, "X-Amz-Date"),
                "X-Amz-Expires" => (&mut found.expires, "X-Amz-Expires"),
                "X-Amz-Security-Token" => (&mut found.token, "X-Amz-Security-Token"),
                "X-Amz-Content-Sha256" => (&mut found.payload, "X-Amz-Content-Sha256"),
                "AWSAccessKeyId" => {
                    old_key = true;
                    continue;
                }
                "Signature" => {
                    old_signature = true;
                    continue;
                }
                _ => continue,
            };
            if slot.replace(decoded(value)).is_some() {
                return Err(AuthError::Repeated(name));
            }
        }
        let claims = found.algorithm.is_some() || found.credential.is_some() || found.signature.is_some();
        match (claims, old_key && old_signature) {
            (true, _) => Ok(Some(found)),
            (false, true) => Err(AuthError::OutdatedScheme),
            (false, false) => Ok(None),
        }
    }
}

fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    canonical::decode(text, |byte| bytes.push(byte));
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}
