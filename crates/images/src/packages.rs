//! Which packages an image says that it has: from the lists that Debian's and Alpine's package managers keep, found by
//! reading its layers from below, without unpacking them.

use crate::layer::decompress;
use crate::tar::{Kind, Reader};
use std::collections::BTreeMap;
use std::io::{self, Read};

/// No list of packages is longer.
const MOST_LIST_BYTES: u64 = 64 << 20;
/// What one layer may unpack to.
const MOST_LAYER_BYTES: u64 = 64 << 30;
/// Lists of an image that has one file a package.
const MOST_LISTS: usize = 20_000;

const DPKG: &str = "var/lib/dpkg/status";
const DPKG_PARTS: &str = "var/lib/dpkg/status.d/";
const APK: [&str; 2] = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];
const RELEASE: [&str; 2] = ["etc/os-release", "usr/lib/os-release"];
const RPM: [&str; 2] = ["var/lib/rpm/", "usr/lib/sysimage/rpm/"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    pub name: String,
    pub version: String,
    /// What it was built from, which advisories often name; its own name if it does not say.
    pub source: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    Dpkg,
    Apk,
    /// Its list is a database that is not read.
    Rpm,
}

/// What an image says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// `debian:12`, `alpine:3.20.3`
    pub system: Option<String>,
    pub manager: Option<Manager>,
    pub packages: Vec<Package>,
}

/// Reads the layers of an image, the lowest first, packed as they are. For a thread that may wait.
pub fn inventory<R: Read>(layers: impl IntoIterator<Item = io::Result<R>>) -> io::Result<Inventory> {
    let mut files = BTreeMap::new();
    for layer in layers {
        look_through(layer?, &mut files)?;
    }
    Ok(read(&files))
}

fn is_of_interest(path: &str) -> bool {
    path == DPKG
        || APK.contains(&path)
        || RELEASE.contains(&path)
        || path.starts_with(DPKG_PARTS)
        || RPM.iter().any(|folder| path.starts_with(folder))
}

fn look_through(layer: impl Read, files: &mut BTreeMap<String, Vec<u8>>) -> io::Result<()> {
    let mut tar = Reader::new(decompress(layer)?.take(MOST_LAYER_BYTES));
    let bad = |e: crate::TarError| io::Error::other(e.to_string());
    while let Some(entry) = tar.next().map_err(bad)? {
        let path = String::from_utf8_lossy(&entry.path).into_owned();
        let path = path.trim_start_matches("./").trim_matches('/');
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if let Some(hidden) = name.strip_prefix(".wh.") {
            let gone = match hidden {
                ".wh..opq" => folder.to_string(),
                hidden => format!("{folder}/{hidden}").trim_start_matches('/').to_string(),
            };
            let below = format!("{gone}/");
            files.retain(|file, _| *file != gone && !file.starts_with(&below) && !gone.is_empty());
            continue;
        }
        if !is_of_interest(path) {
            continue;
        }
        let is_rpm = RPM.iter().any(|folder| path.starts_with(folder));
        if entry.kind != Kind::File || (entry.size > MOST_LIST_BYTES && !is_rpm) {
            files.remove(path);
            continue;
        }
        if files.len() >= MOST_LISTS && !files.contains_key(path) {
            return Err(io::Error::other("it has too many lists of packages"));
        }
        let mut content = Vec::new();
        if !is_rpm {
            (&mut tar).take(MOST_LIST_BYTES).read_to_end(&mut content)?;
        }
        files.insert(path.to_string(), content);
    }
    Ok(())
}

fn read(files: &BTreeMap<String, Vec<u8>>) -> Inventory {
    let text = |path: &str| files.get(path).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let system = RELEASE.iter().find_map(|path| system(&text(path)?));
    let parts = files.keys().filter(|path| path.starts_with(DPKG_PARTS));
    let lists: Vec<String> = parts.filter_map(|path| text(path)).chain(text(DPKG)).collect();
    if !lists.is_empty() {
        let packages = lists.iter().flat_map(|list| dpkg(list)).collect();
        return Inventory {
            system,
            manager: Some(Manager::Dpkg),
            packages,
        };
    }
    let has_rpm = files
        .keys()
        .any(|path| RPM.iter().any(|folder| path.starts_with(folder)));
    match APK.iter().find_map(|path| text(path)) {
        Some(list) => Inventory {
            system,
            manager: Some(Manager::Apk),
            packages: apk(&list),
        },
        None => Inventory {
            system,
            manager: has_rpm.then_some(Manager::Rpm),
            packages: Vec::new(),
        },
    }
}

/// `debian:12` of `ID=debian` and `VERSION_ID="12"`.
fn system(release: &str) -> Option<String> {
    let value = |name: &str| {
        let line = release
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.map(|value| value.trim().trim_matches('"').to_string())
    };
    let id = value("ID")?;
    Some(match value("VERSION_ID") {
        Some(version) => format!("{id}:{version}"),
        None => id,
    })
}

fn dpkg(list: &str) -> Vec<Package> {
    let paragraphs = list.split("\n\n");
    let package = |paragraph: &str| {
        let field = |name: &str| {
            paragraph
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
        };
        if field("Status").is_some_and(|status| !status.ends_with(" installed")) {
            return None;
        }
        let name = field("Package")?.trim().to_string();
        // `Source: openssl (3.0.1-1)`, when the versions differ.
        let source = field("Source").unwrap_or(&name).split(' ').next()?.to_string();
        Some(Package {
            version: field("Version")?.trim().to_string(),
            name,
            source,
        })
    };
    paragraphs.filter_map(package).collect()
}

fn apk(list: &str) -> Vec<Package> {
    let package = |paragraph: &str| {
        let field = |name: &str| paragraph.lines().find_map(|line| line.strip_prefix(name));
        let name = field("P:")?.to_string();
        Some(Package {
            version: field("V:")?.to_string(),
            source: field("o:").unwrap_or(&name).to_string(),
            name,
        })
    };
    list.split("\n\n").filter_map(package).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TarBuilder;

    fn layers(layers: &[TarBuilder]) -> Inventory {
        let layers = layers.iter().map(|layer| Ok(io::Cursor::new(layer.clone().build())));
        inventory(layers).expect("good archives")
    }

    #[test]
    fn the_topmost_list_counts() {
        let release = b"PRETTY_NAME=x\nID=debian\nVERSION_ID=\"12\"\n";
        let one = b"Package: a\nStatus: install ok installed\nVersion: 1-1\n\nPackage: b\nStatus: deinstall ok \
                    config-files\nVersion: 2\n";
        let two = b"Package: a\nStatus: install ok installed\nSource: src (1)\nVersion: 1-2\n";
        let below = TarBuilder::new()
            .file("etc/os-release", 0o644, release)
            .file(DPKG, 0o644, one);
        let seen = layers(std::slice::from_ref(&below));
        assert_eq!(
            (seen.system.as_deref(), seen.manager),
            (Some("debian:12"), Some(Manager::Dpkg))
        );
        assert_eq!(seen.packages.iter().map(|p| &*p.name).collect::<Vec<_>>(), ["a"]);
        let above = TarBuilder::new().file("./var/lib/dpkg/status", 0o644, two);
        let [package] = &layers(&[below.clone(), above]).packages[..] else {
            panic!("one package")
        };
        assert_eq!((&*package.version, &*package.source), ("1-2", "src"));
        for gone in [
            "var/lib/dpkg/.wh.status",
            "var/lib/.wh.dpkg",
            "var/lib/dpkg/.wh..wh..opq",
        ] {
            let above = TarBuilder::new().file(gone, 0o644, b"");
            assert_eq!(layers(&[below.clone(), above]).manager, None, "{gone}");
        }
    }

    #[test]
    fn alpine_and_rpm_are_told_apart() {
        let list = b"C:Q1\nP:musl\nV:1.2.4-r2\no:musl\n\nP:libssl3\nV:3.1.4-r1\no:openssl\n";
        let alpine = layers(&[TarBuilder::new().file(APK[0], 0o644, list)]);
        assert_eq!(alpine.manager, Some(Manager::Apk));
        assert_eq!(alpine.packages[1].source, "openssl");
        let fedora = layers(&[TarBuilder::new().file("var/lib/rpm/rpmdb.sqlite", 0o644, b"x")]);
        assert_eq!((fedora.manager, fedora.packages.len()), (Some(Manager::Rpm), 0));
        assert_eq!(
            layers(&[TarBuilder::new().file("bin/x", 0o755, b"x")]),
            Inventory::default()
        );
    }
}
