//! A value without a schema, for the few members that the models leave open, and for the codecs' own needs.

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
