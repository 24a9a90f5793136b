//! From a date format to a pattern that finds such dates.

/// The pattern of a format. What is not a directive stands for itself, as a pattern: `\[%Y\]`.
pub fn pattern(format: &str) -> String {
    let mut pattern = String::new();
    let mut rest = format.chars();
    while let Some(c) = rest.next() {
        match c {
            '%' => pattern.push_str(rest.next().map_or("%", directive)),
            c => pattern.push(c),
        }
    }
    pattern
}

fn directive(letter: char) -> &'static str {
    match letter {
        'a' => "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)",
        'A' => "(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)",
        'w' => "[0-6]",
        'd' => "(?:0[1-9]|[12][0-9]|3[01])",
        'b' => "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)",
        'B' => "(?:January|February|March|April|May|June|July|August|September|October|November|December)",
        'm' => "(?:0[1-9]|1[0-2])",
        'Y' => "[0-9]{4}",
        'y' => "[0-9]{2}",
        'H' => "(?:[01][0-9]|2[0-3])",
        'I' => "(?:0[0-9]|1[0-2])",
        'p' => "[AP]M",
        'M' | 'S' => "[0-5][0-9]",
        'f' => "[0-9]{6}",
        'Z' => "[A-Z]{1,4}T",
        'z' => "[+-][0-9]{4}",
        'j' => "(?:0[0-9][1-9]|0[1-9]0|[12][0-9][0-9]|3[0-5][0-9]|36[0-6])",
        'L' => r"\.[0-9]{3}",
        '%' => "%",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex_lite::Regex;

    #[test]
    fn dates_are_found() {
        for (format, yes, no) in [
            ("%Y-%m-%d %H:%M:%S", "2026-11-21 11:05:46 hello", "2026-13-21 11:05:46"),
            (
                r"\[%b %d, %Y %H:%M:%S\]",
                "at [May 01, 2017 19:00:01] A",
                "May 01, 2017 19:00:01",
            ),
            ("%a %B %I:%M %p%L%z %j", "Sat November 11:59 AM.123+0100 120", "Sat Nov"),
            ("100%% %y", "100% 26", "100 26"),
        ] {
            let pattern = Regex::new(&pattern(format)).unwrap();
            assert!(pattern.is_match(yes), "{format} in {yes}");
            assert!(!pattern.is_match(no), "{format} in {no}");
        }
    }
}
