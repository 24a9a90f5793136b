//! Points in time, as milliseconds since 1970. Formatting and parsing are here because every wire needs them.

use std::fmt;

/// Milliseconds since 1970-01-01T00:00:00Z. AWS tells times with millisecond precision at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    pub const fn from_millis(ms: i64) -> Self {
        Timestamp(ms)
    }

    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Seconds with a fraction, as the JSON protocols write times.
    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// `None` when the number is not a time that a calendar has.
    pub fn from_secs_f64(secs: f64) -> Option<Self> {
        let ms = secs * 1000.0;
        (ms.is_finite() && ms.abs() < 253_402_300_800_000.0).then_some(Timestamp(ms.round() as i64))
    }

    pub const fn plus_millis(self, ms: i64) -> Self {
        Timestamp(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to `self`; negative when the order is the other way round.
    pub const fn since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    fn civil(self) -> (i64, u32, u32, u32, u32, u32, u32) {
        let days = self.0.div_euclid(86_400_000);
        let ms = self.0.rem_euclid(86_400_000) as u32;
        let (y, m, d) = civil_from_days(days);
        (y, m, d, ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000)
    }

    /// `2026-11-21T07:49:47Z`, with `.123` before the `Z` when there are milliseconds.
    pub fn iso8601(self) -> String {
        let (y, m, d, h, mi, s, ms) = self.civil();
        if ms == 0 {
            format!("{y:04}-{m:02}-{d:02}T{h:02}:{mi:02}:{s:02}Z")
        } else {
            format!("{y:04}-{m:02}-{d:02}T{h:02}:{mi:02}:{s:02}.{ms:03}Z")
        }
    }

    /// `20261121T074947Z`, the form that SigV4 signs.
    pub fn basic(self) -> String {
        let (y, m, d, h, mi, s, _) = self.civil();
        format!("{y:04}{m:02}{d:02}T{h:02}{mi:02}{s:02}Z")
    }

    /// `Sat, 21 Nov 2026 07:49:47 GMT`, the form of HTTP dates.
    pub fn http_date(self) -> String {
        const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let (y, m, d, h, mi, s, _) = self.civil();
        let weekday = DAYS[self.0.div_euclid(86_400_000).rem_euclid(7) as usize];
        format!(
            "{weekday}, {d:02} {} {y:04} {h:02}:{mi:02}:{s:02} GMT",
            MONTHS[m as usize - 1]
        )
    }

    /// Reads `20261121T074947Z`.
    pub fn parse_basic(text: &str) -> Option<Self> {
        let b = text.as_bytes();
        if b.len() != 16 || b[8] != b'T' || b[15] != b'Z' {
            return None;
        }
        Self::of(
            num(&b[0..4])?,
            num(&b[4..6])?,
            num(&b[6..8])?,
            num(&b[9..11])?,
            num(&b[11..13])?,
            num(&b[13..15])?,
        )
    }

    /// Reads `2026-11-21T07:49:47Z`, with an optional fraction and an optional `+hh:mm` offset.
    pub fn parse_iso8601(text: &str) -> Option<Self> {
        let b = text.as_bytes();
        if b.len() < 19 || b[4] != b'-' || b[7] != b'-' || !matches!(b[10], b'T' | b't' | b' ') {
            return None;
        }
        if b[13] != b':' || b[16] != b':' {
            return None;
        }
        let whole = Self::of(
            num(&b[0..4])?,
            num(&b[5..7])?,
            num(&b[8..10])?,
            num(&b[11..13])?,
            num(&b[14..16])?,
            num(&b[17..19])?,
        )?;
        let mut rest = &b[19..];
        let mut ms = 0;
        if let Some(fraction) = rest.strip_prefix(b".") {
            let digits = fraction.iter().take_while(|c| c.is_ascii_digit()).count();
            if digits == 0 {
                return None;
            }
            let padded = fraction[..digits].iter().copied().chain(std::iter::repeat(b'0'));
            ms = padded.take(3).fold(0, |ms, digit| ms * 10 + i64::from(digit - b'0'));
            rest = &fraction[digits..];
        }
        let offset_min = match rest {
            b"" | b"Z" | b"z" => 0,
            [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
                let minutes = num(&[*h1, *h2])? * 60 + num(&[*m1, *m2])?;
                if *sign == b'-' { -minutes } else { minutes }
            }
            _ => return None,
        };
        Some(Timestamp(whole.0 + ms - offset_min * 60_000))
    }

    /// Reads `Sat, 21 Nov 2026 07:49:47 GMT`.
    pub fn parse_http_date(text: &str) -> Option<Self> {
        const MONTHS: [&str; 12] = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let rest = text.get(5..)?;
        let mut parts = rest.split(' ');
        let day = num(parts.next()?.as_bytes())?;
        let month = parts.next()?;
        let month = MONTHS.iter().position(|m| *m == month)? as i64 + 1;
        let year = num(parts.next()?.as_bytes())?;
        let clock = parts.next()?.as_bytes();
        if parts.next()? != "GMT" || clock.len() != 8 {
            return None;
        }
        Self::of(
            year,
            month,
            day,
            num(&clock[0..2])?,
            num(&clock[3..5])?,
            num(&clock[6..8])?,
        )
    }

    fn of(y: i64, m: i64, d: i64, h: i64, mi: i64, s: i64) -> Option<Self> {
        // Four digits are what all formats have room for.
        let real = (0..=9999).contains(&y) && (1..=12).contains(&m) && (1..=31).contains(&d);
        let real = real && h < 24 && mi < 60 && s <= 60;
        if !real {
            return None;
        }
        let days = days_from_civil(y, m, d);
        if civil_from_days(days) != (y, m as u32, d as u32) {
            return None;
        }
        Some(Timestamp((days * 86_400 + h * 3600 + mi * 60 + s) * 1000))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso8601())
    }
}

fn num(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    digits
        .iter()
        .try_fold(0i64, |n, c| c.is_ascii_digit().then(|| n * 10 + i64::from(c - b'0')))
}

/// Days since 1970-01-01 of a date in the proleptic Gregorian calendar.
fn days_from_civil(y: i64, m: i64, d: i64) -> i64 {
    let y = if m <= 2 { y - 1 } else { y };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * (m + if m > 2 { -3 } else { 9 }) + 2) / 5 + d - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let mp = (5 * day_of_year + 2) / 153;
    let d = day_of_year - (153 * mp + 2) / 5 + 1;
    let m = if mp < 10 { mp + 3 } else { mp - 9 };
    (year_of_era + era * 400 + i64::from(m <= 2), m as u32, d as u32)
}

// Records keep times as plain millisecond numbers.
impl<C> minicbor::Encode<C> for Timestamp {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.i64(self.0)?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Timestamp {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.i64().map(Timestamp)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_reads_back_what_it_wrote() {
        for ms in [
            0,
            1_795_247_387_000,
            951_782_400_000,
            -86_400_000,
            4_102_444_799_000,
            1_709_164_800_000,
        ] {
            let t = Timestamp(ms);
            assert_eq!(Timestamp::parse_iso8601(&t.iso8601()), Some(t));
            assert_eq!(Timestamp::parse_basic(&t.basic()), Some(t));
            assert_eq!(Timestamp::parse_http_date(&t.http_date()), Some(t));
        }
        assert_eq!(Timestamp(1_795_247_387_000).iso8601(), "2026-11-21T07:49:47Z");
        assert_eq!(
            Timestamp(1_795_247_387_000).http_date(),
            "Sat, 21 Nov 2026 07:49:47 GMT"
        );
    }

    #[test]
    fn offsets_and_fractions_are_read() {
        assert_eq!(
            Timestamp::parse_iso8601("1970-01-01T01:00:00.5+01:00"),
            Some(Timestamp(500))
        );
        assert_eq!(
            Timestamp::parse_iso8601("1970-01-01T00:00:00.123456Z"),
            Some(Timestamp(123))
        );
    }

    #[test]
    fn what_no_calendar_has_is_refused() {
        for bad in [
            "2026-02-30T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "x",
            "",
            "2026-01-01T25:00:00Z",
        ] {
            assert_eq!(Timestamp::parse_iso8601(bad), None, "{bad}");
        }
        assert_eq!(Timestamp::from_secs_f64(f64::NAN), None);
        assert_eq!(Timestamp::from_secs_f64(1e300), None);
    }
}
