//! `gantry images` as an operator uses it, with no server running.

#![allow(clippy::unwrap_used)] // all of this file is test

use images::testing::ImageBuilder;
use std::path::Path;
use std::process::{Command, Output};

fn gantry(data: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gantry"));
    command
        .arg("images")
        .args(words)
        .arg("--data")
        .arg(data)
        .output()
        .unwrap()
}

fn says(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complains(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr.clone()).unwrap()
}

struct Dir(std::path::PathBuf);

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0); // nothing of it matters any more
    }
}

#[test]
#[ignore = "needs root"]
fn images_are_imported_listed_removed_and_collected() {
    let dir = Dir(std::env::temp_dir().join(format!("gty-cli-images-{}", std::process::id())));
    std::fs::create_dir(&dir.0).unwrap();
    let (data, archive) = (dir.0.join("data"), dir.0.join("busybox.tar"));
    let built = ImageBuilder::busybox().oci_archive(&archive, "busybox:1").unwrap();
    let archive = archive.to_str().unwrap();

    assert_eq!(says(&gantry(&data, &["ls"])), "");
    let imported = gantry(&data, &["import", archive]);
    assert_eq!(
        says(&imported),
        format!("docker.io/library/busybox:1 {}\n", built.digest())
    );
    assert!(imported.stderr.is_empty(), "no progress bar where nobody looks");
    let json = says(&gantry(
        &data,
        &["import", archive, "--name", "other.example/b:2", "--json"],
    ));
    assert!(
        json.starts_with("{\"reference\": \"other.example/b:2\", \"digest\": \"sha256:"),
        "{json}"
    );

    let listed = says(&gantry(&data, &["ls"]));
    assert!(listed.lines().next().unwrap().starts_with("REFERENCE"));
    assert_eq!(listed.lines().count(), 3);
    let json = says(&gantry(&data, &["ls", "--json"]));
    assert!(
        json.lines()
            .all(|line| line.contains("\"origin\": \"imported\"") && line.ends_with("\"holders\": []}"))
    );

    assert_eq!(says(&gantry(&data, &["rm", "busybox:1"])), "");
    let again = complains(&gantry(&data, &["rm", "busybox:1"]));
    assert!(
        again.contains("there is no such image") && again.contains("try: gantry images ls"),
        "{again}"
    );
    assert!(complains(&gantry(&data, &["rm", "No Name"])).contains("not an image reference"));
    assert!(complains(&gantry(&data, &["import", "/absent"])).contains("because: "));

    assert_eq!(says(&gantry(&data, &["gc"])), "", "what was used today stays");
    assert_eq!(says(&gantry(&data, &["gc", "--all"])), "other.example/b:2\n");
    assert_eq!(says(&gantry(&data, &["ls", "--json"])), "");
    assert_eq!(std::fs::read_dir(data.join("images/layers")).unwrap().count(), 0);
}
