//! Filters: names with values, of which one must match one of the resource's; `*` and `?` stand for any text and any
//! letter, and a backslash before a sign stands for the sign itself.

use api::ec2;
use wire::Fault;

/// The filters of a request, of names that the operation knows.
#[derive(Debug)]
pub struct Filters<'a>(Vec<(&'a str, &'a [String])>);

impl<'a> Filters<'a> {
    /// `known` are the operation's own names; it is told whether its resources can have tags by `tag-key` among them.
    pub fn read(given: Option<&'a [ec2::Filter]>, known: &[&str]) -> Result<Self, Fault> {
        let mut filters = Vec::new();
        for filter in given.unwrap_or(&[]) {
            let name = filter.name.as_deref().unwrap_or("");
            let tag = name.starts_with("tag:") && known.contains(&"tag-key");
            if !tag && !known.contains(&name) {
                let message = format!("The filter '{name}' is invalid");
                return Err(Fault::common("InvalidParameterValue", 400, message));
            }
            filters.push((name, filter.values.as_deref().unwrap_or_default()));
        }
        Ok(Filters(filters))
    }

    /// Whether a resource passes all of them. `values` are the resource's for a filter's name; none match nothing.
    pub fn pass(&self, values: impl Fn(&str) -> Vec<String>) -> bool {
        self.0.iter().all(|(name, patterns)| {
            let has = values(name);
            patterns
                .iter()
                .any(|pattern| has.iter().any(|value| matches(pattern, value)))
        })
    }
}

/// Values for a filter whose resource has one at most.
pub fn one(value: impl ToString) -> Vec<String> {
    vec![value.to_string()]
}

/// A sign of a pattern.
#[derive(Clone, Copy, PartialEq)]
enum Sign {
    Star,
    Any,
    Letter(char),
}

fn signs(pattern: &str) -> Vec<Sign> {
    let mut chars = pattern.chars();
    let mut signs = Vec::new();
    while let Some(c) = chars.next() {
        signs.push(match c {
            '*' => Sign::Star,
            '?' => Sign::Any,
            '\\' => Sign::Letter(chars.next().unwrap_or('\\')),
            c => Sign::Letter(c),
        });
    }
    signs
}

/// Linear in the text for each star: no pattern makes it run away.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<Sign>, Vec<char>) = (signs(pattern), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(Sign::Star) => {
                star = Some((p, t));
                p += 1;
            }
            Some(sign) if *sign == Sign::Any || *sign == Sign::Letter(text[t]) => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    (p, t) = (at + 1, from + 1);
                    star = Some((at, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|sign| *sign == Sign::Star)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        assert!(matches("us-*", "us-east-1"));
        assert!(matches("us-east-?", "us-east-1"));
        assert!(matches("*east*", "us-east-1"));
        assert!(matches("", ""));
        assert!(matches(r"\*a\\\?", r"*a\?"));
        assert!(!matches(r"\*", "a"));
        assert!(!matches("us-east-?", "us-east-"));
        assert!(!matches("eu-*", "us-east-1"));
        assert!(!matches("us", "us-east-1"));
    }

    #[test]
    fn every_filter_must_match_one_of_its_values() {
        let filter = |name: &str, values: &[&str]| ec2::Filter {
            name: Some(name.to_string()),
            values: Some(values.iter().map(|v| v.to_string()).collect()),
        };
        let passes = |given: &[ec2::Filter]| {
            let filters = Filters::read(Some(given), &["color", "size", "tag-key"])?;
            Ok::<_, Fault>(filters.pass(|name| match name {
                "color" => vec!["red".to_string(), "blue".to_string()],
                "size" => one(3),
                _ => Vec::new(),
            }))
        };
        assert_eq!(passes(&[]), Ok(true));
        assert_eq!(
            passes(&[filter("color", &["green", "bl*"]), filter("size", &["3"])]),
            Ok(true)
        );
        assert_eq!(passes(&[filter("color", &["red"]), filter("size", &["4"])]), Ok(false));
        assert_eq!(passes(&[filter("color", &[])]), Ok(false));
        assert_eq!(passes(&[filter("tag:a", &["*"])]), Ok(false));
        assert!(passes(&[filter("shape", &["*"])]).is_err_and(|f| f.message == "The filter 'shape' is invalid"));
    }
}
