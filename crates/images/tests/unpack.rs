//! Layers as the kernel stacks them: what is below shows, is hidden, is linked to, and looks as it should.

#![allow(clippy::unwrap_used)] // all of this file is test

mod common;

use common::Place;
use images::testing::{ImageBuilder, Item, TarBuilder};
use images::{Image, Want};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::process::Command;

async fn unpacked(place: &Place, builder: ImageBuilder) -> Image {
    let archive = place.join("archive");
    builder.docker_archive(&archive, "x:1").unwrap();
    let images = place.images();
    images.import(&archive, None, |_| {}).await.unwrap();
    images.ensure(Want::new("x:1")).await.unwrap()
}

/// What a shell sees with the image as overlayfs shows it, in a mount namespace that is gone afterwards.
fn see(place: &Place, image: &Image, script: &str) -> String {
    let lower: Vec<String> = image.layers.iter().rev().map(|l| l.display().to_string()).collect();
    let dirs = ["merged", "upper", "work"].map(|d| place.join(d).display().to_string());
    for dir in &dirs {
        std::fs::create_dir_all(dir).unwrap();
    }
    let [merged, upper, work] = dirs;
    let options = format!("lowerdir={},upperdir={upper},workdir={work}", lower.join(":"));
    let script = format!("set -e; mount -t overlay gantry-test -o {options} {merged}; cd {merged}; {script}");
    let done = Command::new("unshare")
        .args(["-m", "sh", "-c", &script])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_string()
}

#[tokio::test]
#[ignore = "needs root"]
async fn upper_layers_hide_link_and_leave_directories_as_they_were() {
    let place = Place::new();
    let below = TarBuilder::new()
        .dir("etc/", 0o755)
        .file("etc/motd", 0o640, b"hello")
        .dir("tmp/", 0o1777)
        .dir("hidden/", 0o755)
        .file("hidden/old", 0o644, b"")
        .dir("gone/", 0o755)
        .file("gone/x", 0o644, b"")
        .dir("again/", 0o755)
        .file("again/old", 0o644, b"")
        .item(&Item {
            path: "srv/",
            kind: b'5',
            mode: 0o2750,
            owner: (7, 8),
            ..Item::default()
        })
        .file("keep", 0o644, b"")
        .file("both", 0o644, b"below");
    let above = TarBuilder::new()
        .file(".wh.keep", 0o644, b"")
        .file(".wh.gone", 0o644, b"")
        .dir("hidden/", 0o700)
        .file("hidden/.wh..wh..opq", 0o644, b"")
        .file("hidden/new", 0o644, b"")
        .file(".wh.again", 0o644, b"")
        .dir("again/", 0o755)
        .file("again/new", 0o644, b"")
        .file("tmp/inner", 0o644, b"")
        .file("srv/www/index", 0o644, b"")
        .hardlink("linked", "etc/motd")
        .file("both", 0o644, b"above")
        .hardlink("both2", "both");
    let image = unpacked(&place, ImageBuilder::new().layer(below).layer(above)).await;
    let sees = |script: &str| see(&place, &image, script);
    assert_eq!(sees("ls | tr '\\n' ' '"), "again both both2 etc hidden linked srv tmp");
    assert_eq!(sees("ls hidden again | tr '\\n' ' '"), "again: new  hidden: new");
    assert_eq!(
        sees("stat -c '%a %u:%g' tmp srv srv/www hidden | tr '\\n' ' '"),
        "1777 0:0 2750 7:8 755 0:0 700 0:0"
    );
    assert_eq!(
        sees("cat linked both both2; stat -c ' %a' linked"),
        "helloaboveabove 640"
    );
    // The second layer alone still is what its digest says: others may stack it elsewhere.
    let alone = TarBuilder::new().dir("tmp/", 0o700);
    let above = TarBuilder::new().file("tmp/inner", 0o644, b"");
    let other = unpacked(&place, ImageBuilder::new().layer(alone).layer(above.clone())).await;
    assert_eq!(see(&place, &other, "stat -c %a tmp"), "700");
    let third = unpacked(&place, ImageBuilder::new().layer(above)).await;
    assert_eq!(see(&place, &third, "stat -c %a tmp"), "755");
}

#[tokio::test]
#[ignore = "needs root"]
async fn everything_that_a_file_can_be_arrives() {
    let place = Place::new();
    let long = "deep/".repeat(50) + &"n".repeat(200);
    // CAP_NET_BIND_SERVICE, permitted and effective, as the kernel keeps it.
    let capability = "\u{1}\0\0\u{2}\0\u{4}\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let tar = TarBuilder::new()
        .item(&Item {
            path: "file",
            mode: 0o6755,
            owner: (1000, 2000),
            mtime: 1_234_567_890,
            xattrs: &[
                ("user.note", "kept"),
                ("security.capability", capability),
                ("trusted.overlay.opaque", "y"),
                ("user.overlay.opaque", "y"),
                ("security.selinux", "x"),
            ],
            content: b"content",
            ..Item::default()
        })
        .hardlink("same", "file")
        .symlink("link", "/etc/passwd")
        .item(&Item {
            path: "null",
            kind: b'3',
            mode: 0o666,
            device: (1, 3),
            ..Item::default()
        })
        .item(&Item {
            path: "fifo",
            kind: b'6',
            mode: 0o600,
            ..Item::default()
        })
        .item(&Item {
            path: "dir/",
            kind: b'5',
            mode: 0o750,
            mtime: 1_000_000_000,
            xattrs: &[("trusted.overlay.redirect", "/etc")],
            ..Item::default()
        })
        .file("dir/inside", 0o644, b"")
        .file("dir/inside", 0o600, b"the later one")
        .file(&long, 0o644, b"far");
    let image = unpacked(&place, ImageBuilder::new().layer(tar)).await;
    let root = &image.layers[0];
    let file = root.join("file").symlink_metadata().unwrap();
    assert_eq!(
        (file.mode() & 0o7777, file.uid(), file.gid(), file.mtime()),
        (0o6755, 1000, 2000, 1_234_567_890)
    );
    assert_eq!(
        (file.nlink(), root.join("same").metadata().unwrap().ino()),
        (2, file.ino())
    );
    assert_eq!(
        std::fs::read_link(root.join("link")).unwrap().to_str(),
        Some("/etc/passwd")
    );
    let null = root.join("null").metadata().unwrap();
    assert!(null.file_type().is_char_device());
    assert_eq!((null.rdev(), null.permissions().mode() & 0o7777), (0x103, 0o666));
    assert!(root.join("fifo").metadata().unwrap().file_type().is_fifo());
    let dir = root.join("dir").metadata().unwrap();
    assert_eq!((dir.mode() & 0o7777, dir.mtime()), (0o750, 1_000_000_000));
    assert_eq!(std::fs::read(root.join("dir/inside")).unwrap(), b"the later one");
    assert_eq!(std::fs::read(root.join(&long)).unwrap(), b"far");
    let attributes = |name: &str| {
        let mut names = vec![0u8; 4096];
        let length = rustix::fs::listxattr(root.join(name), &mut names[..]).unwrap();
        let names = String::from_utf8(names[..length].to_vec()).unwrap();
        let mut names: Vec<String> = names.split_terminator('\0').map(str::to_string).collect();
        names.sort();
        names
    };
    assert_eq!(attributes("file"), ["security.capability", "user.note"]);
    assert!(attributes("dir").is_empty());
}

#[tokio::test]
#[ignore = "needs root"]
async fn nothing_gets_out_of_its_layer() {
    let place = Place::new();
    let outside = place.join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("mine"), b"untouched").unwrap();
    let target = outside.to_str().unwrap();
    // Through symlinks of its own, absolute and climbing; by absolute names; by links to files outside.
    let tar = TarBuilder::new()
        .symlink("abs", target)
        .file("abs/mine", 0o644, b"evil")
        .symlink("up", &format!("../../../../../../../..{target}"))
        .file("up/mine", 0o644, b"evil")
        .file(&format!("{target}/mine"), 0o644, b"evil")
        .symlink("self", "self")
        .symlink("file", &format!("{target}/mine"))
        .file("file", 0o644, b"a file of its own")
        .symlink("dir", target)
        .dir("dir", 0o777)
        .file("abs/.wh.mine", 0o644, b"");
    let image = unpacked(&place, ImageBuilder::new().layer(tar)).await;
    assert_eq!(std::fs::read(outside.join("mine")).unwrap(), b"untouched");
    assert_eq!(std::fs::metadata(&outside).unwrap().permissions().mode() & 0o777, 0o755);
    assert_eq!(
        std::fs::read(image.layers[0].join("file")).unwrap(),
        b"a file of its own"
    );
    for (what, evil) in [
        ("..", TarBuilder::new().file("a/../../x", 0o644, b"")),
        ("link ..", TarBuilder::new().hardlink("x", "../../outside/mine")),
        (
            "loop",
            TarBuilder::new().symlink("self", "self").file("self/x", 0o644, b""),
        ),
        ("whiteout .", TarBuilder::new().file("x/.wh..", 0o644, b"")),
        ("whiteout ..", TarBuilder::new().file("x/.wh...", 0o644, b"")),
        ("root", TarBuilder::new().symlink("/", "/etc")),
        ("no target", TarBuilder::new().hardlink("x", "etc/passwd")),
        (
            "outer target",
            TarBuilder::new().symlink("d", target).hardlink("x", "d/mine"),
        ),
    ] {
        let archive = place.join("evil");
        ImageBuilder::new()
            .layer(evil)
            .docker_archive(&archive, "evil:1")
            .unwrap();
        let refused = place.images().import(&archive, None, |_| {}).await;
        assert!(refused.is_err(), "{what}");
    }
    assert_eq!(std::fs::read(outside.join("mine")).unwrap(), b"untouched");
    assert!(place.images().ensure(Want::new("x:1")).await.is_ok());
}
