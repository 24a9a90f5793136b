//! Needs: who needs which content. What nobody needs may be collected.
//!
//! References need it for as long as they are there, holders (containers) until they let go, pins as long as an
//! [`crate::Image`] is in some process' hands. All three write the same few lines.

use crate::Digest;
use crate::disk::Disk;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Need {
    pub reference: String,
    pub platform: String,
    /// What the reference stands for: the index's digest if it is one, else the manifest's.
    pub digest: Digest,
    pub manifest: Digest,
    pub config: Digest,
    pub origin: Origin,
    /// Names in `layers/`, bottom to top.
    pub layers: Vec<String>,
}

/// How an image got here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Pulled,
    /// By the operator's own hand: then it is what the operator means by that reference.
    Imported,
}

impl Origin {
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Pulled => "pulled",
            Origin::Imported => "imported",
        }
    }
}

impl Need {
    /// The name under `refs/`.
    pub fn key(reference: &str, platform: &str) -> String {
        Digest::of(format!("{reference}\n{platform}").as_bytes()).hex()
    }

    pub fn write(&self) -> String {
        let mut text = format!(
            "reference {}\nplatform {}\ndigest {}\nmanifest {}\nconfig {}\norigin {}\n",
            self.reference,
            self.platform,
            self.digest,
            self.manifest,
            self.config,
            self.origin.as_str()
        );
        for layer in &self.layers {
            writeln!(text, "layer {layer}").expect("a String takes all");
        }
        text.push_str("end\n");
        text
    }

    /// `None` if it is torn, or not of this kind.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix("end\n")?.lines();
        let mut line = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        Some(Need {
            reference: line("reference")?.to_string(),
            platform: line("platform")?.to_string(),
            digest: line("digest")?.parse().ok()?,
            manifest: line("manifest")?.parse().ok()?,
            config: line("config")?.parse().ok()?,
            origin: match line("origin")? {
                "pulled" => Origin::Pulled,
                "imported" => Origin::Imported,
                _ => return None,
            },
            layers: lines
                .map(|line| {
                    line.strip_prefix("layer ")
                        .filter(|name| layer_is_good(name))
                        .map(str::to_string)
                })
                .collect::<Option<_>>()?,
        })
    }

    pub fn read(path: &std::path::Path) -> io::Result<Option<Self>> {
        let content = crate::disk::read_bounded(path, 1 << 20)?;
        Ok(content.and_then(|c| Need::parse(std::str::from_utf8(&c).ok()?)))
    }
}

fn layer_is_good(name: &str) -> bool {
    name.len() == 26 && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// A need that ends with this process, or sooner: when it is dropped.
#[derive(Debug)]
pub(crate) struct Pin {
    path: PathBuf,
    _disk: Arc<Disk>,
}

impl Pin {
    /// What is needed is safe when this returns; whether it is all there is to be looked up after that.
    pub fn new(disk: &Arc<Disk>, need: &Need) -> io::Result<Self> {
        let pin = Pin {
            path: disk.draft("pin"),
            _disk: disk.clone(),
        };
        let _no_collection = disk.shared()?;
        fs::write(&pin.path, need.write())?;
        Ok(pin)
    }
}

impl Drop for Pin {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path); // it ends with the process at the latest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_need_is_read_as_it_is_written_or_not_at_all() {
        let mut need = Need {
            reference: "docker.io/library/a:b".into(),
            platform: "linux/amd64".into(),
            digest: Digest::of(b"1"),
            manifest: Digest::of(b"2"),
            config: Digest::of(b"3"),
            origin: Origin::Imported,
            layers: vec![Digest::of(b"4").short(), Digest::of(b"5").short()],
        };
        let text = need.write();
        assert_eq!(Need::parse(&text), Some(need.clone()));
        for cut in 0..text.len() {
            assert_eq!(Need::parse(&text[..cut]), None, "torn at {cut}");
        }
        need.layers = vec!["../../../../../../etc/xxx".into()];
        assert_eq!(Need::parse(&need.write()), None);
    }
}
