//! Filters: names with values, of which one must match; `*` and `?` stand for any text and any letter.

use api::ec2;
use wire::Fault;

/// Whether a resource passes all filters. `value` tells the resource's value for a filter's name, or that EC2 knows no
/// such filter here.
pub fn passes(filters: Option<&[ec2::Filter]>, value: impl Fn(&str) -> Option<String>) -> Result<bool, Fault> {
    let mut all = true;
    for filter in filters.unwrap_or(&[]) {
        let name = filter.name.as_deref().unwrap_or("");
        let Some(has) = value(name) else {
            let message = format!("The filter '{name}' is invalid");
            return Err(Fault::common("InvalidParameterValue", 400, message));
        };
        all &= filter.values.iter().flatten().any(|pattern| matches(pattern, &has));
    }
    Ok(all)
}

/// Linear in the text for each star: no pattern makes it run away.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    (p, t) = (at + 1, from + 1);
                    star = Some((at, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_and_question_marks() {
        assert!(matches("us-*", "us-east-1"));
        assert!(matches("us-east-?", "us-east-1"));
        assert!(matches("*east*", "us-east-1"));
        assert!(matches("", ""));
        assert!(!matches("us-east-?", "us-east-"));
        assert!(!matches("eu-*", "us-east-1"));
        assert!(!matches("us", "us-east-1"));
    }
}
