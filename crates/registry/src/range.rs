//! Ranges of bytes, as requests write them.

/// From the first byte up to the one behind the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: u64,
    pub to: u64,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Wanted {
    /// No range, or one of a kind that may be ignored.
    All,
    Some(Span),
    /// There is nothing in that range.
    Nothing,
}

/// The header `Range: bytes=0-99` over so many bytes. Several ranges at once are answered with all of it.
pub fn wanted(header: Option<&str>, size: u64) -> Wanted {
    let Some(set) = header.and_then(|header| header.trim().strip_prefix("bytes=")) else {
        return Wanted::All;
    };
    let Some((first, last)) = set.split_once('-').filter(|_| !set.contains(',')) else {
        return Wanted::All;
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    let span = match (
        first.trim().is_empty(),
        number(first),
        number(last),
        last.trim().is_empty(),
    ) {
        (true, _, Some(most), _) => Span {
            from: size.saturating_sub(most),
            to: size,
        },
        (false, Some(from), None, true) => Span { from, to: size },
        (false, Some(from), Some(last), _) if from <= last => Span {
            from,
            to: last.saturating_add(1).min(size),
        },
        _ => return Wanted::All,
    };
    match span.from < span.to {
        true => Wanted::Some(span),
        false => Wanted::Nothing,
    }
}

/// The header `Content-Range: 0-99` of an upload's part; also as HTTP has it, `bytes 0-99/*`.
pub fn part(header: &str) -> Option<Span> {
    let text = header.trim();
    let text = text
        .strip_prefix("bytes")
        .unwrap_or(text)
        .trim_start_matches([' ', '=']);
    let text = text.split_once('/').map_or(text, |(range, _)| range);
    let (from, last) = text.split_once('-')?;
    let (from, last) = (from.trim().parse().ok()?, last.trim().parse::<u64>().ok()?);
    let to = last.checked_add(1)?;
    (from < to).then_some(Span { from, to })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_what_there_is() {
        let of_ten = |header: &str| wanted(Some(header), 10);
        let some = |from, to| Wanted::Some(Span { from, to });
        assert_eq!(wanted(None, 10), Wanted::All);
        assert_eq!(of_ten("bytes=0-0"), some(0, 1));
        assert_eq!(of_ten("bytes=3-"), some(3, 10));
        assert_eq!(of_ten("bytes=3-99"), some(3, 10));
        assert_eq!(of_ten("bytes=-4"), some(6, 10));
        assert_eq!(of_ten("bytes=-99"), some(0, 10));
        assert_eq!(of_ten(&format!("bytes=0-{}", u64::MAX)), some(0, 10));
        for nothing in ["bytes=10-", "bytes=10-20", "bytes=-0"] {
            assert_eq!(of_ten(nothing), Wanted::Nothing, "{nothing}");
        }
        for all in [
            "bytes=",
            "bytes=-",
            "bytes=5-3",
            "bytes=a-b",
            "items=0-1",
            "bytes=0-1,3-4",
            "bytes=99999999999999999999-",
        ] {
            assert_eq!(of_ten(all), Wanted::All, "{all}");
        }
        assert_eq!(wanted(Some("bytes=0-"), 0), Wanted::Nothing);
    }

    #[test]
    fn parts_of_uploads_say_where_they_go() {
        let span = Some(Span { from: 5, to: 10 });
        for text in ["5-9", " 5-9 ", "bytes 5-9/*", "bytes=5-9"] {
            assert_eq!(part(text), span, "{text}");
        }
        for bad in ["", "5", "9-5", "-5", "5-", "a-b", &format!("0-{}", u64::MAX)] {
            assert_eq!(part(bad), None, "{bad}");
        }
    }
}
