//! What goes back to a container.

use super::json::{self, Object};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: String,
    pub plain: bool,
}

impl Answer {
    pub fn object(status: u16, fill: impl FnOnce(&mut Object<'_>)) -> Answer {
        Answer::json(status, json::object(fill))
    }

    pub fn json(status: u16, body: String) -> Answer {
        Answer {
            status,
            body,
            plain: false,
        }
    }

    /// An error of the metadata endpoints: one JSON text.
    pub fn words(status: u16, words: &str) -> Answer {
        Answer::json(status, json::text(words))
    }

    pub fn plain(status: u16, body: &str) -> Answer {
        Answer {
            status,
            body: body.to_string(),
            plain: true,
        }
    }

    pub fn no_such_page() -> Answer {
        Answer::plain(404, "404 page not found\n")
    }

    pub fn wrong_method() -> Answer {
        Answer::plain(405, "")
    }
}
