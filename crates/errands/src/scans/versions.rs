//! Which of two versions comes first, as Debian's and Alpine's package managers order them.

use images::Manager;
use std::cmp::Ordering;

pub fn compare(manager: Manager, a: &str, b: &str) -> Ordering {
    match manager {
        Manager::Apk => apk(a, b),
        Manager::Dpkg | Manager::Rpm => dpkg(a, b),
    }
}

/// `[epoch:]upstream[-revision]`
fn dpkg(a: &str, b: &str) -> Ordering {
    let split = |version: &str| {
        let (epoch, rest) = version.split_once(':').unwrap_or(("0", version));
        let (upstream, revision) = rest.rsplit_once('-').unwrap_or((rest, "0"));
        (
            epoch.parse::<u64>().unwrap_or(0),
            upstream.to_string(),
            revision.to_string(),
        )
    };
    let ((ea, ua, ra), (eb, ub, rb)) = (split(a), split(b));
    ea.cmp(&eb).then_with(|| parts(&ua, &ub)).then_with(|| parts(&ra, &rb))
}

/// Text and numbers in turn: text by letters, then other signs, with `~` before everything, even the end.
fn parts(a: &str, b: &str) -> Ordering {
    let weight = |c: Option<char>| match c {
        Some('~') => -1,
        None => 0,
        Some(c) if c.is_ascii_digit() => 0,
        Some(c) if c.is_ascii_alphabetic() => c as i64,
        Some(c) => c as i64 + 256,
    };
    let (mut a, mut b) = (a, b);
    while !a.is_empty() || !b.is_empty() {
        let word = |text: &str| text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
        let ((wa, ra), (wb, rb)) = (a.split_at(word(a)), b.split_at(word(b)));
        let (mut ca, mut cb) = (wa.chars(), wb.chars());
        loop {
            let (x, y) = (ca.next(), cb.next());
            match weight(x).cmp(&weight(y)) {
                Ordering::Equal if x.is_none() && y.is_none() => break,
                Ordering::Equal => {}
                order => return order,
            }
        }
        let number = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let ((na, ta), (nb, tb)) = (ra.split_at(number(ra)), rb.split_at(number(rb)));
        match numbers(na, nb) {
            Ordering::Equal => (a, b) = (ta, tb),
            order => return order,
        }
    }
    Ordering::Equal
}

/// Of any length.
fn numbers(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// `1.2.3a_rc1-r4`
fn apk(a: &str, b: &str) -> Ordering {
    let split = |version: &str| {
        let (rest, revision) = match version.rsplit_once("-r") {
            Some((rest, revision)) if revision.bytes().all(|b| b.is_ascii_digit()) => (rest, revision),
            _ => (version, "0"),
        };
        let mut suffixes = rest.split('_').map(str::to_string);
        let numbers = suffixes.next().unwrap_or_default();
        (numbers, suffixes.collect::<Vec<_>>(), revision.to_string())
    };
    let ((na, sa, ra), (nb, sb, rb)) = (split(a), split(b));
    let by_suffixes = || {
        let most = sa.len().max(sb.len());
        let each = (0..most).map(|at| suffix(sa.get(at)).cmp(&suffix(sb.get(at))));
        each.fold(Ordering::Equal, Ordering::then)
    };
    parts(&na, &nb).then_with(by_suffixes).then_with(|| numbers(&ra, &rb))
}

/// What comes before a release, what after, and which of its kind it is.
fn suffix(suffix: Option<&String>) -> (i32, u64) {
    let Some(suffix) = suffix else { return (0, 0) };
    let at = suffix.find(|c: char| c.is_ascii_digit()).unwrap_or(suffix.len());
    let (word, number) = suffix.split_at(at);
    let rank = match word {
        "alpha" => -4,
        "beta" => -3,
        "pre" => -2,
        "rc" => -1,
        _ => 1,
    };
    (rank, number.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_order(manager: Manager, versions: &[&str]) {
        for pair in versions.windows(2) {
            assert_eq!(compare(manager, pair[0], pair[1]), Ordering::Less, "{pair:?}");
            assert_eq!(compare(manager, pair[1], pair[0]), Ordering::Greater, "{pair:?}");
            assert_eq!(compare(manager, pair[0], pair[0]), Ordering::Equal, "{pair:?}");
        }
    }

    #[test]
    fn versions_are_ordered_as_package_managers_do() {
        let debian = [
            "1.0~rc1",
            "1.0",
            "1.0-1~deb12u1",
            "1.0-1",
            "1.0-1+b1",
            "1.0-2",
            "1.0a",
            "1.0+x",
            "1.0.1",
            "1.9",
            "1.10",
            "1:0.1",
        ];
        in_order(Manager::Dpkg, &debian);
        assert_eq!(compare(Manager::Dpkg, "1.00", "1.0"), Ordering::Equal);
        let alpine = [
            "1.2_alpha1",
            "1.2_rc1",
            "1.2_rc2",
            "1.2",
            "1.2-r1",
            "1.2-r10",
            "1.2_p1",
            "1.2a",
            "1.2.1",
            "1.10",
        ];
        in_order(Manager::Apk, &alpine);
    }
}
