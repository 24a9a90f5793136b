//! Pages: what every List operation does with `maxResults` and `nextToken`.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use store::Key;

/// How an operation pages: its name (a token is good for one operation only) and its bounds.
#[derive(Clone, Copy, Debug)]
pub struct Paging {
    pub operation: &'static str,
    /// The page when the caller does not say.
    pub default: usize,
    pub max: usize,
}

/// One page and the token of the next.
#[derive(Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// The token was not made by this operation.
#[derive(Debug, PartialEq, Eq)]
pub struct BadToken;

impl Paging {
    /// The key behind which the page begins.
    pub fn after(&self, token: Option<&str>) -> Result<Option<Key>, BadToken> {
        let Some(token) = token else { return Ok(None) };
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| BadToken)?;
        let key = bytes
            .strip_prefix(self.operation.as_bytes())
            .and_then(|rest| rest.strip_prefix(b"\0"));
        key.and_then(Key::from_bytes).map(Some).ok_or(BadToken)
    }

    /// How many a page holds; `None` when the caller asks for what the operation does not give.
    pub fn size(&self, asked: Option<i32>) -> Option<usize> {
        match asked {
            None => Some(self.default),
            Some(n) => usize::try_from(n).ok().filter(|n| (1..=self.max).contains(n)),
        }
    }

    /// Fills one page from items that come in the order of their keys and begin behind [`Paging::after`].
    pub fn page<T>(&self, size: usize, items: impl Iterator<Item = (Key, T)>) -> Page<T> {
        let mut page = Page {
            items: Vec::new(),
            next: None,
        };
        let mut last = None;
        for (key, item) in items {
            if page.items.len() == size {
                page.next = last.map(|key: Key| self.token(&key));
                break;
            }
            last = Some(key);
            page.items.push(item);
        }
        page
    }

    fn token(&self, key: &Key) -> String {
        let mut bytes = self.operation.as_bytes().to_vec();
        bytes.push(0);
        bytes.extend_from_slice(key.as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGING: Paging = Paging {
        operation: "ListThings",
        default: 100,
        max: 100,
    };

    #[test]
    fn pages_join_to_the_whole() {
        let all: Vec<(Key, u32)> = (0..25).map(|i| (Key::of([format!("{i:03}").as_str()]), i)).collect();
        let (mut seen, mut token) = (Vec::new(), None);
        loop {
            let after = PAGING.after(token.as_deref()).expect("our own token");
            let rest = all
                .iter()
                .filter(|(k, _)| after.as_ref().is_none_or(|a| k > a))
                .cloned();
            let page = PAGING.page(10, rest);
            seen.extend(page.items);
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, (0..25).collect::<Vec<_>>());
    }

    #[test]
    fn a_full_last_page_has_no_next() {
        let page = PAGING.page(2, [(Key::of(["a"]), 1), (Key::of(["b"]), 2)].into_iter());
        assert_eq!(page.next, None);
    }

    #[test]
    fn another_operations_token_is_refused() {
        let other = Paging {
            operation: "ListOthers",
            ..PAGING
        };
        let token = other.token(&Key::of(["a"]));
        assert_eq!(PAGING.after(Some(&token)), Err(BadToken));
        assert_eq!(PAGING.after(Some("not base64 at all!")), Err(BadToken));
        assert_eq!(PAGING.size(Some(0)), None);
        assert_eq!(PAGING.size(Some(101)), None);
        assert_eq!(PAGING.size(None), Some(100));
    }
}
