//! How many tests passed, failed and were skipped, read from what the runners print.

use std::ops::AddAssign;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u32,
    pub failed: u32,
    pub skipped: u32,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Counts) {
        self.passed += more.passed;
        self.failed += more.failed;
        self.skipped += more.skipped;
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

/// `test result: ok. 8 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out`, once for each binary.
pub fn cargo_test(printed: &str) -> Counts {
    let lines = printed
        .lines()
        .filter_map(|line| line.trim().strip_prefix("test result: "));
    lines.fold(Counts::default(), |mut sum, line| {
        sum += words(line.split_once(". ").map_or(line, |(_, counts)| counts), ';');
        sum
    })
}

/// `Summary [   0.004s] 5 tests run: 4 passed (1 slow), 1 failed, 0 skipped`.
pub fn nextest(printed: &str) -> Counts {
    let line = printed.lines().rfind(|line| line.trim_start().starts_with("Summary ["));
    let counts = line.and_then(|line| line.split_once(" run: "));
    counts
        .map(|(_, counts)| words(&without_brackets(counts), ','))
        .unwrap_or_default()
}

/// `=== 3 passed, 1 skipped, 1 error in 0.12s ===`, or the same without the bars.
pub fn pytest(printed: &str) -> Counts {
    let lines = printed.lines().map(|line| line.trim_matches(['=', ' ']));
    let mut lines = lines.filter(|line| line.starts_with(|c: char| c.is_ascii_digit()) && line.contains(" in "));
    let last = lines.next_back();
    last.and_then(|line| line.rsplit_once(" in "))
        .map(|(counts, _)| words(counts, ','))
        .unwrap_or_default()
}

fn words(counts: &str, between: char) -> Counts {
    let mut sum = Counts::default();
    for count in counts.split(between) {
        let Some((number, word)) = count.trim().split_once(' ') else {
            continue;
        };
        let Ok(number) = number.parse::<u32>() else { continue };
        match word.trim() {
            "passed" | "xfailed" => sum.passed += number,
            "failed" | "timed out" | "exec failed" | "error" | "errors" | "xpassed" => sum.failed += number,
            "skipped" | "ignored" => sum.skipped += number,
            _ => {}
        }
    }
    sum
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0;
    let outside = text.chars().filter(|c| {
        depth += i32::from(*c == '(');
        let keep = depth == 0;
        depth -= i32::from(*c == ')');
        keep
    });
    outside.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u32, failed: u32, skipped: u32) -> Counts {
        Counts {
            passed,
            failed,
            skipped,
        }
    }

    #[test]
    fn the_test_harness_is_summed_over_binaries() {
        let printed = "\
test result: ok. 8 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
noise
test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(cargo_test(printed), counts(9, 2, 1));
    }

    #[test]
    fn nextest_says_more_than_three_words() {
        let printed = "\
     Summary [   0.004s] 9 tests run: 6 passed (1 slow, 1 leaky), 1 failed, 1 timed out, 1 exec failed, 2 skipped";
        assert_eq!(nextest(printed), counts(6, 3, 2));
        assert_eq!(
            nextest("     Summary [   0.0s] 1 test run: 1 passed, 0 skipped\n"),
            counts(1, 0, 0)
        );
        assert_eq!(nextest("error: could not compile"), counts(0, 0, 0));
    }

    #[test]
    fn pytest_is_read_with_and_without_bars() {
        assert_eq!(
            pytest("x\n===== 1 failed, 3 passed, 2 skipped, 1 error in 0.12s =====\n"),
            counts(3, 2, 2)
        );
        assert_eq!(pytest("...\n3 passed in 1.02s (0:00:01)\n"), counts(3, 0, 0));
        assert_eq!(
            pytest("FAILED a::b - it is in here\n1 failed, 1 warning in 0.1s"),
            counts(0, 1, 0)
        );
        assert_eq!(pytest("no tests ran in 0.01s"), counts(0, 0, 0));
        assert_eq!(pytest("2 skipped in 0.01s"), counts(0, 0, 2));
    }

    #[test]
    fn the_last_line_of_a_run_is_plain() {
        assert_eq!(counts(1, 2, 3).to_string(), "1 passed, 2 failed, 3 skipped");
    }
}
