//! What the describing operations of the VPC share: named ids that must all be there, filters, pages.

use crate::common::listing::Paging;
use store::{Key, Record, View};
use wire::Fault;

const MOST: usize = 1000;

pub const fn paging(operation: &'static str) -> Paging {
    Paging {
        operation,
        default: MOST,
        max: MOST,
    }
}

/// What a request asks to see.
pub struct Asked<'a> {
    pub paging: Paging,
    pub ids: Option<&'a [String]>,
    pub most: Option<i32>,
    pub token: Option<&'a str>,
    /// The faults of an id that is not there.
    pub unknown: fn(&str) -> Fault,
}

/// One page of records and the token of the next.
pub struct Page<R> {
    pub records: Vec<std::sync::Arc<R>>,
    pub next: Option<String>,
}

impl Asked<'_> {
    /// The records asked for that pass, in the order of their ids.
    pub fn page<R: Record>(&self, view: &View, passes: impl Fn(&R) -> bool) -> Result<Page<R>, Fault> {
        let ids = self.ids.unwrap_or_default();
        for id in ids {
            if view.get::<R>(&Key::of([id])).is_none() {
                return Err((self.unknown)(id));
            }
        }
        let bad = |_| Fault::common("InvalidNextToken", 400, "The specified NextToken is not valid.");
        let after = self.paging.after(self.token.filter(|t| !t.is_empty())).map_err(bad)?;
        // The model's own bounds were held against the request before.
        let size = self.paging.size(self.most).unwrap_or(MOST);
        let wanted = |record: &R| ids.is_empty() || record.key().text(0).is_some_and(|id| ids.contains(&id));
        let records = view.scan_after::<R>(&Key::all(), after.as_ref());
        let records = records.filter(|record| wanted(record) && passes(record));
        let page = self.paging.page(size, records.map(|record| (record.key(), record)));
        Ok(Page {
            records: page.items,
            next: page.next,
        })
    }
}
