//! Reading what GNU tar and this room's own builder write, and not reading what nobody should.

use super::*;
use crate::testing::{Item, TarBuilder};

fn all(archive: &[u8]) -> Result<Vec<(Entry, Vec<u8>)>, TarError> {
    let mut reader = Reader::new(archive);
    let mut entries = Vec::new();
    while let Some(entry) = reader.next()? {
        let mut content = Vec::new();
        reader.read_to_end(&mut content)?;
        entries.push((entry, content));
    }
    Ok(entries)
}

#[test]
fn everything_of_an_entry_is_read() {
    let long = "long/".repeat(60) + "name";
    let archive = TarBuilder::new()
        .dir("d/", 0o1777)
        .file("d/f", 0o4755, b"content")
        .symlink("d/s", &long)
        .hardlink("d/h", "d/f")
        .item(&Item {
            path: &long,
            owner: (1000, 2000),
            mtime: 5,
            xattrs: &[("user.a", "b=c"), ("security.capability", "xyz")],
            content: &[7; 1000],
            ..Item::default()
        })
        .item(&Item {
            path: "dev",
            kind: b'4',
            device: (8, 1),
            ..Item::default()
        })
        .build();
    let entries = all(&archive).unwrap();
    let kinds: Vec<Kind> = entries.iter().map(|(e, _)| e.kind).collect();
    assert_eq!(
        kinds,
        [
            Kind::Dir,
            Kind::File,
            Kind::Symlink,
            Kind::Hardlink,
            Kind::File,
            Kind::Block
        ]
    );
    assert_eq!(
        (entries[0].0.mode, &entries[1].1[..], entries[1].0.mode),
        (0o1777, &b"content"[..], 0o4755)
    );
    assert_eq!(entries[2].0.link, long.as_bytes());
    assert_eq!(entries[3].0.link, b"d/f");
    let (entry, content) = &entries[4];
    assert_eq!(
        (entry.path.as_slice(), entry.uid, entry.gid, entry.mtime),
        (long.as_bytes(), 1000, 2000, (5, 0))
    );
    assert_eq!(entry.xattrs[0], (b"user.a".to_vec(), b"b=c".to_vec()));
    assert_eq!(content, &vec![7; 1000]);
    assert_eq!(entries[5].0.device, (8, 1));
}

#[test]
fn gnu_tar_is_understood() {
    for format in ["gnu", "pax", "ustar", "v7", "oldgnu"] {
        let dir = std::env::temp_dir().join(format!("gty-tar-{}-{format}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let long = match format {
            "gnu" | "pax" | "oldgnu" => "n".repeat(150),
            _ => "short".to_string(),
        };
        std::fs::write(dir.join(&long), b"hello").unwrap();
        std::os::unix::fs::symlink("x".repeat(if long.len() > 100 { 120 } else { 50 }), dir.join("link")).unwrap();
        let done = std::process::Command::new("tar")
            .args([
                &format!("--format={format}"),
                "-C",
                dir.to_str().unwrap(),
                "-cf",
                "-",
                ".",
            ])
            .output()
            .unwrap();
        std::fs::remove_dir_all(&dir).unwrap();
        assert!(done.status.success());
        let entries = all(&done.stdout).unwrap();
        let file = entries.iter().find(|(e, _)| e.path.ends_with(long.as_bytes())).unwrap();
        assert_eq!(file.1, b"hello", "{format}");
        assert!(
            entries
                .iter()
                .any(|(e, _)| e.kind == Kind::Symlink && e.link.starts_with(b"xxxxx")),
            "{format}"
        );
        assert!(file.0.mtime.0 > 1_600_000_000, "{format}");
    }
}

#[test]
fn broken_archives_are_refused() {
    let good = TarBuilder::new().file("f", 0o644, &[1; 600]).build();
    assert!(all(&good).is_ok());
    assert!(all(b"").unwrap().is_empty());
    for cut in [1, 511, 513, 1000, 1500] {
        assert!(matches!(all(&good[..cut]), Err(TarError::Io(_))), "cut at {cut}");
    }
    let mut flipped = good.clone();
    flipped[0] ^= 1;
    assert!(matches!(all(&flipped), Err(TarError::Malformed(_))));
    let unknown = TarBuilder::new()
        .item(&Item {
            path: "f",
            kind: b'S',
            ..Item::default()
        })
        .build();
    assert!(matches!(all(&unknown), Err(TarError::Unsupported(b'S'))));
}

#[test]
fn extended_headers_have_a_bound() {
    let huge = TarBuilder::new()
        .item(&Item {
            path: "pax",
            kind: b'x',
            content: &vec![b'a'; 2 << 20],
            ..Item::default()
        })
        .build();
    assert!(matches!(
        all(&huge),
        Err(TarError::Malformed("extended header is too long"))
    ));
    // Many small ones before one entry count together.
    let names = vec![b'a'; 300_000];
    let mut many = TarBuilder::new();
    for _ in 0..4 {
        many = many.item(&Item {
            path: "name",
            kind: b'L',
            content: &names,
            ..Item::default()
        });
    }
    assert!(matches!(all(&many.build()), Err(TarError::Malformed(_))));
}

#[test]
fn times_before_1970_and_between_seconds() {
    assert_eq!(time(b"12.5"), Some((12, 500_000_000)));
    assert_eq!(time(b"-12.5"), Some((-13, 500_000_000)));
    assert_eq!(time(b"-0.25"), Some((-1, 750_000_000)));
    assert_eq!(time(b"7"), Some((7, 0)));
    assert_eq!(time(b"x"), None);
}

proptest::proptest! {
    /// Whatever comes, it ends, and in no panic.
    #[test]
    fn arbitrary_changes_do_no_harm(at in 0usize..3000, to: u8, cut in 0usize..4000) {
        let item = Item { path: "x", xattrs: &[("user.k", "v")], content: &[3; 700], ..Item::default() };
        let mut archive = TarBuilder::new().item(&item).dir("d", 0o755).build();
        let at = at % archive.len();
        archive[at] = to;
        archive.truncate(cut.min(archive.len()));
        let _ = all(&archive);
    }
}
