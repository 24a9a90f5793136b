//! What a question says: names and values behind the `?`.

use super::invalid;
use wire::Fault;

/// Parameters that one question may have.
const MOST: usize = 64;

/// Names and values, in the order in which they were said; a name may be there several times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// From the text of a URL. What is not percent-encoded as it should be is taken as it is.
    pub fn parse(text: &str) -> Query {
        let parts = text.split('&').filter(|part| !part.is_empty()).take(MOST);
        let pair = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (decoded(name), decoded(value))
        };
        Query(parts.map(pair).collect())
    }

    /// The value of a name; an empty one counts as none.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let name = name.to_string();
        let named = self.0.iter().filter(move |(n, _)| *n == name);
        named.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// A number up to `most`; what is larger is `most`.
    pub fn number(&self, name: &str, most: u32) -> Result<Option<u32>, Fault> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number: u64 = text
            .parse()
            .map_err(|_| invalid(format!("{name} is not a number: {text}")))?;
        Ok(Some(u32::try_from(number).unwrap_or(most).min(most)))
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = |at: usize| char::from(*tail.get(at)?).to_digit(16);
        match (first, hex(0), hex(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = &tail[2..];
            }
            (first, ..) => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_read() {
        let query = Query::parse("after=12.3&type=task&type=ECS%20Service%20Action&empty=&odd=%zz&n=99");
        assert_eq!(query.text("after"), Some("12.3"));
        assert_eq!(query.all("type").collect::<Vec<_>>(), ["task", "ECS Service Action"]);
        assert_eq!(
            (query.text("empty"), query.text("odd"), query.text("none")),
            (None, Some("%zz"), None)
        );
        assert_eq!(
            (query.number("n", 50), query.number("none", 1)),
            (Ok(Some(50)), Ok(None))
        );
        assert!(query.number("after", 1).is_err());
    }
}
