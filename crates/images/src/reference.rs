//! References: how people name an image, and what they leave out.

use crate::Digest;
use std::fmt;
use std::str::FromStr;

/// `host/path:tag` or `host/path@digest`, with everything that people leave out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    pub host: String,
    pub path: String,
    pub tag: Option<String>,
    pub digest: Option<Digest>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadReference;

impl Reference {
    /// What to ask the registry for: the digest if there is one, as it says more than the tag.
    pub fn wanted(&self) -> String {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, Some(tag)) => tag.clone(),
            (None, None) => "latest".to_string(),
        }
    }
}

impl FromStr for Reference {
    type Err = BadReference;

    fn from_str(text: &str) -> Result<Self, BadReference> {
        if text.len() > 512 {
            return Err(BadReference);
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.parse().map_err(|_| BadReference)?)),
            None => (text, None),
        };
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag.to_string())),
            _ => (rest, None),
        };
        let (host, path) = match name.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => (host, path.to_string()),
            Some(_) => ("docker.io", name.to_string()),
            None => ("docker.io", format!("library/{name}")),
        };
        let (host, path) = match host {
            "index.docker.io" if !path.contains('/') => ("docker.io", format!("library/{path}")),
            "index.docker.io" => ("docker.io", path),
            "docker.io" if !path.contains('/') => ("docker.io", format!("library/{path}")),
            host => (host, path),
        };
        let tag = if tag.is_none() && digest.is_none() {
            Some("latest".to_string())
        } else {
            tag
        };
        if !host_is_good(host) || !path.split('/').all(component_is_good) || !tag.as_deref().is_none_or(tag_is_good) {
            return Err(BadReference);
        }
        Ok(Reference {
            host: host.to_string(),
            path,
            tag,
            digest,
        })
    }
}

fn host_is_good(host: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    let bracketed = |b: u8| b.is_ascii_hexdigit() || b == b':';
    let good_port = |port: &str| port.parse::<u16>().is_ok_and(|p| p != 0);
    if let Some(rest) = host.strip_prefix('[') {
        let Some((inner, port)) = rest.split_once(']') else {
            return false;
        };
        let port_fits = port.is_empty() || port.strip_prefix(':').is_some_and(good_port);
        return !inner.is_empty() && inner.bytes().all(bracketed) && port_fits;
    }
    let (name, port) = host
        .split_once(':')
        .map_or((host, None), |(name, port)| (name, Some(port)));
    !name.is_empty() && name.bytes().all(word) && port.is_none_or(good_port)
}

/// Small letters and figures, parted by one dot, one or two underscores, or any dashes.
fn component_is_good(part: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let good = |b: u8| inner(b) || matches!(b, b'.' | b'_' | b'-');
    let separators = part.split(|c: char| inner(c as u8) && c.is_ascii());
    part.bytes().all(good)
        && part.bytes().next().is_some_and(inner)
        && part.bytes().last().is_some_and(inner)
        && separators
            .filter(|s| !s.is_empty())
            .all(|s| matches!(s, "." | "_" | "__") || s.bytes().all(|b| b == b'-'))
}

fn tag_is_good(tag: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    tag.len() <= 128 && tag.bytes().next().is_some_and(word) && tag.bytes().all(|b| word(b) || matches!(b, b'.' | b'-'))
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.path)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl fmt::Display for BadReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid reference format")
    }
}

impl std::error::Error for BadReference {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_leave_out_is_filled_in() {
        let digest = Digest::of(b"x");
        for (given, whole) in [
            ("busybox", "docker.io/library/busybox:latest".to_string()),
            ("busybox:1.36", "docker.io/library/busybox:1.36".to_string()),
            ("docker.io/busybox", "docker.io/library/busybox:latest".to_string()),
            ("index.docker.io/a/b", "docker.io/a/b:latest".to_string()),
            ("team/app:v1", "docker.io/team/app:v1".to_string()),
            ("localhost/app", "localhost/app:latest".to_string()),
            ("127.0.0.1:5000/a/b__c-d.e:x", "127.0.0.1:5000/a/b__c-d.e:x".to_string()),
            ("[::1]:5000/a", "[::1]:5000/a:latest".to_string()),
            (&format!("a.example/x@{digest}"), format!("a.example/x@{digest}")),
            (&format!("a.example/x:t@{digest}"), format!("a.example/x:t@{digest}")),
        ] {
            let reference: Reference = given.parse().unwrap();
            assert_eq!(reference.to_string(), whole);
            assert_eq!(whole.parse(), Ok(reference));
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in [
            "",
            ":",
            "a:",
            "/a",
            "a/",
            "A",
            "a//b",
            "a..b",
            "a/../b",
            "-a",
            "a_",
            "a___b",
            "a b",
            "a:b c",
            "a:-x",
            "a@b",
            "a.b:0/x",
            "a.b:99999/x",
            "a.b:x/y",
            "a\nb",
            "é",
            "[::1/x",
            "ho st.x/y",
        ] {
            assert!(bad.parse::<Reference>().is_err(), "{bad:?} was taken");
        }
        assert!("a".repeat(600).parse::<Reference>().is_err());
    }
}
