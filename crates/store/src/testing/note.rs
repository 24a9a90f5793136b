//! A record to try a store with: a note on a board.

use crate::{BadRecord, Key, Record};

/// Found by board and name, and through indexes by its colour and by each of its tags.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Note {
    pub board: String,
    pub name: String,
    pub colour: String,
    pub tags: Vec<String>,
    pub text: String,
}

impl Note {
    pub fn new(board: &str, name: &str, text: &str) -> Self {
        Note {
            board: board.into(),
            name: name.into(),
            text: text.into(),
            ..Note::default()
        }
    }

    pub fn key_of(board: &str, name: &str) -> Key {
        Key::of([board, name])
    }
}

impl Record for Note {
    const TABLE: &'static str = "notes";
    const INDEXES: &'static [&'static str] = &["colour", "tag"];

    fn key(&self) -> Key {
        Note::key_of(&self.board, &self.name)
    }

    fn indexes(&self, put: &mut dyn FnMut(&'static str, Key)) {
        if !self.colour.is_empty() {
            put("colour", Key::of([&self.colour]));
        }
        for tag in &self.tags {
            put("tag", Key::of([tag]));
        }
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let fields = [&self.board, &self.name, &self.colour, &self.text];
        for field in fields.into_iter().chain(&self.tags) {
            out.extend_from_slice(&(field.len() as u32).to_le_bytes());
            out.extend_from_slice(field.as_bytes());
        }
    }

    fn decode(mut bytes: &[u8]) -> Result<Self, BadRecord> {
        let mut next = || -> Result<Option<String>, BadRecord> {
            if bytes.is_empty() {
                return Ok(None);
            }
            let short = || BadRecord::new("a field is cut off");
            let (len, rest) = bytes.split_first_chunk().ok_or_else(short)?;
            let (field, rest) = rest
                .split_at_checked(u32::from_le_bytes(*len) as usize)
                .ok_or_else(short)?;
            bytes = rest;
            String::from_utf8(field.to_vec()).map(Some).map_err(BadRecord::new)
        };
        let mut field = || next()?.ok_or_else(|| BadRecord::new("a field is missing"));
        let (board, name, colour, text) = (field()?, field()?, field()?, field()?);
        let mut tags = Vec::new();
        while let Some(tag) = next()? {
            tags.push(tag);
        }
        Ok(Note {
            board,
            name,
            colour,
            tags,
            text,
        })
    }
}
