//! What there is to ask: paths, names, references and hosts, parsed at the door.

use crate::fault::{Code, Fault};
use images::Digest;
pub use model::registry::tag_is_good;

#[derive(Debug, PartialEq, Eq)]
pub enum Route<'a> {
    Base,
    Catalog,
    Tags(&'a str),
    Referrers(&'a str, Digest),
    Manifest(&'a str, Reference<'a>),
    Blob(&'a str, Digest),
    Uploads(&'a str),
    Upload(&'a str, &'a str),
}

/// How a manifest is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference<'a> {
    Tag(&'a str),
    Digest(Digest),
}

/// Names may have slashes, so a path is read from its end.
pub fn route(path: &str) -> Result<Route<'_>, Fault> {
    let unknown = || Fault::new(404, Code::NameUnknown, "there is nothing of this path");
    let rest = match path.strip_prefix("/v2") {
        Some("" | "/") => return Ok(Route::Base),
        Some(rest) => rest.strip_prefix('/').ok_or_else(unknown)?,
        None => return Err(unknown()),
    };
    if rest == "_catalog" {
        return Ok(Route::Catalog);
    }
    if let Some(name) = rest.strip_suffix("/tags/list") {
        return Ok(Route::Tags(checked(name)?));
    }
    if let Some(name) = rest
        .strip_suffix("/blobs/uploads")
        .or(rest.strip_suffix("/blobs/uploads/"))
    {
        return Ok(Route::Uploads(checked(name)?));
    }
    let (before, last) = rest.rsplit_once('/').ok_or_else(unknown)?;
    if let Some(name) = before.strip_suffix("/blobs/uploads") {
        return Ok(Route::Upload(checked(name)?, last));
    }
    if let Some(name) = before.strip_suffix("/blobs") {
        return Ok(Route::Blob(checked(name)?, digest(last)?));
    }
    if let Some(name) = before.strip_suffix("/referrers") {
        return Ok(Route::Referrers(checked(name)?, digest(last)?));
    }
    if let Some(name) = before.strip_suffix("/manifests") {
        let name = checked(name)?;
        return Ok(Route::Manifest(name, reference(last)?));
    }
    Err(unknown())
}

fn checked(name: &str) -> Result<&str, Fault> {
    match name_is_good(name) {
        true => Ok(name),
        false => Err(Fault::new(
            400,
            Code::NameInvalid,
            format!("invalid repository name: {}", shown(name)),
        )),
    }
}

pub fn digest(text: &str) -> Result<Digest, Fault> {
    let invalid = || Fault::new(400, Code::DigestInvalid, format!("invalid digest: {}", shown(text)));
    // Some clients write the colon as browsers do.
    text.replace("%3A", ":")
        .replace("%3a", ":")
        .parse()
        .map_err(|_| invalid())
}

fn reference(text: &str) -> Result<Reference<'_>, Fault> {
    if text.contains(':') || text.to_ascii_lowercase().contains("%3a") {
        return digest(text).map(Reference::Digest);
    }
    match tag_is_good(text) {
        true => Ok(Reference::Tag(text)),
        false => Err(Fault::new(
            400,
            Code::TagInvalid,
            format!("invalid tag: {}", shown(text)),
        )),
    }
}

/// What somebody else wrote, short enough to be said again.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

/// As ECR's model has it: `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*` between slashes, 2 to 256 characters.
pub fn name_is_good(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let part_is_good = |part: &str| {
        let ends_well = part.bytes().next().is_some_and(inner) && part.bytes().last().is_some_and(inner);
        let mut separators = part.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
        ends_well && separators.all(|s| matches!(s, "" | "." | "_" | "__") || s.bytes().all(|b| b == b'-'))
    };
    (2..=256).contains(&name.len()) && name.split('/').all(part_is_good)
}

/// The account and the region of `ACCOUNT.dkr.ecr.REGION.amazonaws.com` and its kin.
pub fn ecr_host(host: &str) -> Option<(&str, &str)> {
    let host = host.rsplit_once(':').map_or(host, |(host, _port)| host);
    let (account, rest) = host.split_once('.')?;
    let rest = rest
        .strip_prefix("dkr.ecr.")
        .or_else(|| rest.strip_prefix("dkr.ecr-fips."))?;
    let region = rest
        .strip_suffix(".amazonaws.com")
        .or_else(|| rest.strip_suffix(".amazonaws.com.cn"))?;
    let account_is_good = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (account_is_good && !region.is_empty() && region.bytes().all(word)).then_some((account, region))
}

/// All values of a parameter, decoded.
pub fn query<'a>(query: &'a str, name: &'a str) -> impl Iterator<Item = String> + 'a {
    query.split('&').filter_map(move |pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(key) == name).then(|| decoded(value))
    })
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let digit = |at: usize| tail.get(at).and_then(|b| char::from(*b).to_digit(16));
        rest = match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                &tail[2..]
            }
            (b'+', ..) => {
                bytes.push(b' ');
                tail
            }
            _ => {
                bytes.push(first);
                tail
            }
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Writes a value so that it can stand in a query.
pub fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, b| {
        match b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'/' | b':') {
            true => out.push(char::from(b)),
            false => out.push_str(&format!("%{b:02X}")),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_from_their_end() {
        let digest = Digest::of(b"x");
        let path = |rest: &str| format!("/v2/{rest}");
        let is = |text: &str, expected: Route<'_>| assert_eq!(route(text).ok(), Some(expected), "{text}");
        is("/v2", Route::Base);
        is("/v2/", Route::Base);
        is("/v2/_catalog", Route::Catalog);
        is("/v2/a/b/tags/list", Route::Tags("a/b"));
        is("/v2/blobs/uploads/tags/list", Route::Tags("blobs/uploads"));
        is("/v2/ab/manifests/v1", Route::Manifest("ab", Reference::Tag("v1")));
        is(
            "/v2/manifests/manifests/v1",
            Route::Manifest("manifests", Reference::Tag("v1")),
        );
        is(
            &path(&format!("ab/manifests/{digest}")),
            Route::Manifest("ab", Reference::Digest(digest)),
        );
        is(&path(&format!("ab/blobs/{digest}")), Route::Blob("ab", digest));
        is(
            &path(&format!("ab/blobs/sha256%3A{}", digest.hex())),
            Route::Blob("ab", digest),
        );
        is(&path(&format!("ab/referrers/{digest}")), Route::Referrers("ab", digest));
        is("/v2/ab/blobs/uploads/", Route::Uploads("ab"));
        is("/v2/ab/blobs/uploads", Route::Uploads("ab"));
        is("/v2/ab/blobs/uploads/123", Route::Upload("ab", "123"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let code = |path: &str| route(path).err().map(|fault| fault.code());
        for name in [
            "A", "a", "../etc", "ab/../cd", "ab//cd", "-ab", "ab-", "ab___c", "a b", "ab%2f..", "é", "ab/",
        ] {
            assert!(!name_is_good(name), "{name}");
            let expected = Some("NAME_INVALID");
            assert_eq!(code(&format!("/v2/{name}/tags/list")), expected, "{name}");
        }
        assert!(name_is_good(&"a".repeat(256)) && !name_is_good(&"a".repeat(257)));
        for name in ["ab", "a/b", "a__b", "a--b", "a.b_c-d/1"] {
            assert!(name_is_good(name), "{name}");
        }
        assert_eq!(code("/v2/ab/manifests/.x"), Some("TAG_INVALID"));
        assert_eq!(
            code(&format!("/v2/ab/manifests/{}", "x".repeat(129))),
            Some("TAG_INVALID")
        );
        assert_eq!(code("/v2/ab/manifests/sha256:x"), Some("DIGEST_INVALID"));
        assert_eq!(code("/v2/ab/blobs/sha512:x"), Some("DIGEST_INVALID"));
        assert_eq!(code("/v2/ab"), Some("NAME_UNKNOWN"));
        assert_eq!(code("/v2/ab/other/x"), Some("NAME_UNKNOWN"));
    }

    #[test]
    fn a_host_may_say_whose_registry_it_is() {
        let account = "000000000000";
        for host in [
            "dkr.ecr.eu-west-1.amazonaws.com",
            "dkr.ecr-fips.eu-west-1.amazonaws.com:443",
        ] {
            assert_eq!(ecr_host(&format!("{account}.{host}")), Some((account, "eu-west-1")));
        }
        for host in [
            "",
            "localhost:4566",
            "127.0.0.1",
            "1.dkr.ecr.x.amazonaws.com",
            "dkr.ecr.x.amazonaws.com",
        ] {
            assert_eq!(ecr_host(host), None, "{host}");
        }
    }

    #[test]
    fn parameters_are_read_as_they_are_written() {
        let text = format!("a=1&b={}&c&a=2", encoded("x y/z&=%é"));
        assert_eq!(query(&text, "a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(query(&text, "b").next().as_deref(), Some("x y/z&=%é"));
        assert_eq!(query(&text, "c").next().as_deref(), Some(""));
        assert_eq!(query(&text, "d").next(), None);
        assert_eq!(query("a=%+%4", "a").next().as_deref(), Some("% %4"));
    }
}
