//! The golden transcripts say what happens.

use sim::story;

#[test]
fn stories_are_as_they_are_told() {
    let files = sim::story_files();
    assert!(!files.is_empty(), "there are stories");
    let mut wrong = Vec::new();
    for path in files {
        let is = std::fs::read_to_string(&path).expect("the file was listed");
        match story::tell(&is) {
            Err(why) => wrong.push(format!("{}: {why}", path.display())),
            Ok(now) => {
                let difference = story::difference(&is, &now);
                wrong.extend(difference.map(|what| format!("{}: {what}", path.display())));
            }
        }
    }
    let advice = "cargo run -p sim -- stories --bless writes what happens now; read the difference before you keep it";
    assert!(wrong.is_empty(), "{}\n{advice}", wrong.join("\n"));
}
