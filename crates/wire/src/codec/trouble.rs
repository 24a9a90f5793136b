//! What readers of bodies share: how far they may go, and how they say where the caller went wrong.

use super::Limits;
use crate::Fault;
use crate::schema::Kind;

/// What is wrong with a body, and where. It is built from the inside out: each level that the trouble passes on its
/// way up puts its own name in front of the path, so that a good body pays nothing for it.
#[derive(Debug)]
pub(super) struct Trouble(Box<(String, String)>);

pub(super) type Outcome<T> = Result<T, Trouble>;

/// Map keys are the caller's, and as long as the caller likes; messages are not.
const SHOWN_KEY: usize = 64;

impl Trouble {
    pub fn new(what: impl Into<String>) -> Self {
        Trouble(Box::new((what.into(), String::new())))
    }

    /// In AWS's words: what stood there, and what should have.
    pub fn mismatch(found: &str, wanted: Kind) -> Self {
        Trouble::new(match (found, wanted) {
            (_, Kind::List) => "Expected list or null".to_string(),
            (_, Kind::Map) => "Expected map or null".to_string(),
            (_, Kind::Structure) => "Expected structure or null".to_string(),
            ("{", _) => "Start of structure or map found where not expected".to_string(),
            ("[", _) => "Start of list found where not expected".to_string(),
            _ => format!("{found} cannot be converted to {}", kind_name(wanted)),
        })
    }

    pub fn within(mut self, name: &str) -> Self {
        let name: String = name.chars().take(SHOWN_KEY).collect();
        let path = &mut self.0.1;
        if !path.is_empty() && !path.starts_with('[') {
            path.insert(0, '.');
        }
        path.insert_str(0, &name);
        self
    }

    pub fn at(mut self, index: usize) -> Self {
        let path = &mut self.0.1;
        if !path.is_empty() && !path.starts_with('[') {
            path.insert(0, '.');
        }
        path.insert_str(0, &format!("[{index}]"));
        self
    }
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Fault {
        let (what, path) = *trouble.0;
        let message = if path.is_empty() {
            what
        } else {
            format!("{what} at {path}")
        };
        Fault::common("SerializationException", 400, message)
    }
}

pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "String",
        Kind::Flag => "Boolean",
        Kind::Int => "Integer",
        Kind::Long => "Long",
        Kind::Float => "Float",
        Kind::Double => "Double",
        Kind::Time => "Timestamp",
        Kind::Blob => "Blob",
        Kind::Document => "Document",
        Kind::List => "List",
        Kind::Map => "Map",
        Kind::Structure => "Structure",
    }
}

/// What is left of the [`Limits`] while a body is read. Everything is asked for before it is held.
pub(super) struct Budget {
    depth: usize,
    members: usize,
    held: usize,
}

impl Budget {
    pub fn new(limits: &Limits) -> Self {
        Budget {
            depth: limits.depth,
            members: limits.members,
            held: limits.held,
        }
    }

    pub fn enter(&mut self) -> Outcome<()> {
        self.depth = self
            .depth
            .checked_sub(1)
            .ok_or_else(|| Trouble::new("The request is nested too deeply"))?;
        Ok(())
    }

    pub fn leave(&mut self) {
        self.depth += 1;
    }

    pub fn member(&mut self) -> Outcome<()> {
        self.members = self
            .members
            .checked_sub(1)
            .ok_or_else(|| Trouble::new("The request has too many members"))?;
        Ok(())
    }

    /// Before a list grows from `len` elements of `size` bytes.
    pub fn element(&mut self, len: usize, size: usize) -> Outcome<()> {
        // The first push makes room for four.
        self.hold(if len == 0 { 4 * size } else { size })
    }

    /// Before a map grows from `len` entries of `size` bytes.
    pub fn entry(&mut self, len: usize, size: usize) -> Outcome<()> {
        // A tree's first node has room for eleven.
        self.hold(if len == 0 { 11 * size } else { size })
    }

    fn hold(&mut self, bytes: usize) -> Outcome<()> {
        self.held = self
            .held
            .checked_sub(bytes)
            .ok_or_else(|| Trouble::new("The request takes too much memory"))?;
        Ok(())
    }
}
