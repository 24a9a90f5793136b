//! What an API caller gets instead of an answer.

use std::borrow::Cow;
use std::fmt;

/// A fault that a model declares: its shape's name, the code on the wire and the HTTP status.
#[derive(Debug)]
pub struct Declared {
    pub name: &'static str,
    pub code: &'static str,
    pub status: u16,
}

/// One fault, in AWS's wording. The codec of the request puts it into its envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The code as clients match it: `ClusterNotFoundException`.
    pub code: Cow<'static, str>,
    pub message: String,
    pub status: u16,
    /// Members of the fault's shape beside the message, such as `resourceIds`, by name.
    pub details: Vec<(&'static str, Detail)>,
}

/// What such a member holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    Text(String),
    Number(i64),
    Texts(Vec<String>),
}

impl Fault {
    pub fn new(declared: &Declared, message: impl Into<String>) -> Self {
        Fault {
            code: Cow::Borrowed(declared.code_static()),
            message: message.into(),
            status: declared.status,
            details: Vec::new(),
        }
    }

    /// A fault that no model declares, such as `SerializationException`.
    pub fn common(code: &'static str, status: u16, message: impl Into<String>) -> Self {
        Fault {
            code: Cow::Borrowed(code),
            message: message.into(),
            status,
            details: Vec::new(),
        }
    }

    pub fn with(mut self, member: &'static str, detail: Detail) -> Self {
        self.details.push((member, detail));
        self
    }

    /// Whether the server is to blame, which decides `Sender` or `Receiver` in query envelopes.
    pub fn is_ours(&self) -> bool {
        self.status >= 500
    }
}

impl Declared {
    const fn code_static(&self) -> &'static str {
        self.code
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Fault {}
