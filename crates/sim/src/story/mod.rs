//! Stories: golden transcripts that a newcomer reads first.
//!
//! In a story's file, `#` begins a comment and `>` a line of the script (`>  `, with two spaces, goes on with the line
//! before); everything else is what came of it, written by `cargo run -p sim -- stories --bless` and compared by the
//! tests. What a script can say is in [`play`].

mod play;
mod show;

use crate::logs;
use play::Player;

/// A line of a story that people write.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    /// A comment or an empty line, as it is.
    Kept(String),
    /// A command: as it is written, over one line or more, and as it is meant.
    Said { written: String, meant: String },
}

/// Plays the story of a file anew; answers with what the file should say.
pub fn tell(text: &str) -> Result<String, String> {
    logs::listening(|| {
        let mut player = Player::default();
        let mut told = String::new();
        for line in script(text) {
            match line {
                Line::Kept(line) => told.push_str(&format!("{line}\n")),
                Line::Said { written, meant } => {
                    told.push_str(&format!("{written}\n"));
                    for came in player.play(&meant).map_err(|why| format!("> {meant}\n{why}"))? {
                        told.push_str(&format!("{came}\n"));
                    }
                }
            }
        }
        player.end()?;
        Ok(told)
    })
}

/// Where two texts part: the number of the line, what it says and what it should say.
pub fn difference(is: &str, should: &str) -> Option<String> {
    let (mut a, mut b) = (is.lines(), should.lines());
    for number in 1.. {
        match (a.next(), b.next()) {
            (None, None) => return None,
            (a, b) if a == b => {}
            (a, b) => {
                let show = |line: Option<&str>| line.unwrap_or("(nothing)").to_string();
                return Some(format!("line {number}\n  file: {}\n  now:  {}", show(a), show(b)));
            }
        }
    }
    None
}

fn script(text: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for line in text.lines() {
        if let Some(more) = line.strip_prefix(">  ")
            && let Some(Line::Said { written, meant }) = lines.last_mut()
        {
            *written = format!("{written}\n{line}");
            *meant = format!("{meant} {}", more.trim());
        } else if let Some(said) = line.strip_prefix("> ") {
            lines.push(Line::Said {
                written: line.to_string(),
                meant: said.trim().to_string(),
            });
        } else if line.is_empty() || line.starts_with('#') {
            lines.push(Line::Kept(line.to_string()));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_of_it_is_not_the_script() {
        let text = "# A story\n\n> Do {\"a\":1,\n>   \"b\":2}\n00:00 200 {}\n    more\n\n> wait 1s\n";
        let said = |written: &str, meant: &str| Line::Said {
            written: written.to_string(),
            meant: meant.to_string(),
        };
        let expected = [
            Line::Kept("# A story".to_string()),
            Line::Kept(String::new()),
            said("> Do {\"a\":1,\n>   \"b\":2}", "Do {\"a\":1, \"b\":2}"),
            Line::Kept(String::new()),
            said("> wait 1s", "wait 1s"),
        ];
        assert_eq!(script(text), expected);
    }

    #[test]
    fn the_first_difference_is_told() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        let told = difference("a\nb\n", "a\nc\n").expect("they differ");
        assert!(told.starts_with("line 2"), "{told}");
        assert!(difference("a\n", "a\nb\n").is_some());
    }
}
