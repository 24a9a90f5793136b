//! A value without a schema, for the few members that the models leave open, and for the codecs' own needs.

use crate::Fault;
use crate::codec::{Limits, json};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default, PartialEq)]
pub enum Document {
    #[default]
    Null,
    Flag(bool),
    /// Numbers keep the kind they were written in, so that `1` does not come back as `1.0`.
    Whole(i64),
    Number(f64),
    Text(String),
    List(Vec<Document>),
    Map(BTreeMap<String, Document>),
}

impl Document {
    /// Reads any JSON value.
    pub fn from_json(bytes: &[u8], limits: &Limits) -> Result<Self, Fault> {
        json::read_document(bytes, limits)
    }

    pub fn to_json(&self) -> String {
        let mut out = Vec::new();
        json::write_document(self, &mut out);
        String::from_utf8(out).expect("the writer copies text from strings and adds ASCII")
    }
}
