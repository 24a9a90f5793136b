//! Task sizes: the forms in which users write CPU and memory.

/// CPU units from `256`, `1 vCPU`, `.25 vcpu`. `None` for anything else.
pub fn cpu_units(text: &str) -> Option<u32> {
    match strip_unit(text, "vcpu") {
        Some(vcpus) => thousandths(vcpus),
        None => whole(text),
    }
}

/// MiB from `512`, `1GB`, `0.5 gb`. `None` for anything else.
pub fn memory_mib(text: &str) -> Option<u32> {
    match strip_unit(text, "gb") {
        Some(gb) => thousandths(gb),
        None => whole(text),
    }
}

/// What stands before `unit`, in whatever case the unit is written.
fn strip_unit<'a>(text: &'a str, unit: &str) -> Option<&'a str> {
    let text = text.trim();
    let at = text.len().checked_sub(unit.len())?;
    let (number, tail) = (text.get(..at)?, text.get(at..)?);
    tail.eq_ignore_ascii_case(unit).then(|| number.trim_end())
}

fn whole(text: &str) -> Option<u32> {
    let text = text.trim();
    let digits = (1..=7).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// A decimal number of units of 1024, if it comes to a whole number.
fn thousandths(text: &str) -> Option<u32> {
    let (before, after) = text.split_once('.').unwrap_or((text, ""));
    let plain = |part: &str, most: usize| part.len() <= most && part.bytes().all(|b| b.is_ascii_digit());
    if !plain(before, 4) || !plain(after, 6) || (before.is_empty() && after.is_empty()) {
        return None;
    }
    let scale = 10u64.pow(u32::try_from(after.len()).expect("at most six digits, as tested above"));
    let digits = format!("{before}{after}").parse::<u64>().ok()?;
    let (size, rest) = (digits * 1024 / scale, digits * 1024 % scale);
    u32::try_from(size).ok().filter(|_| rest == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_is_written_in_units_or_in_vcpus() {
        for (text, units) in [
            ("256", 256),
            ("1024", 1024),
            (".25 vCPU", 256),
            ("0.5vcpu", 512),
            ("16 VCPU", 16384),
        ] {
            assert_eq!(cpu_units(text), Some(units), "{text}");
        }
        for bad in [
            "",
            " ",
            "x",
            "-1",
            "1.5",
            "1 cpu",
            "vCPU",
            ". vCPU",
            "0.3 vCPU",
            "1e3",
            "99999999",
            "1..5 vCPU",
            "½ vCPU",
        ] {
            assert_eq!(cpu_units(bad), None, "{bad}");
        }
    }

    #[test]
    fn memory_is_written_in_mib_or_in_gb() {
        for (text, mib) in [
            ("512", 512),
            ("1 GB", 1024),
            ("0.5GB", 512),
            ("2gb", 2048),
            ("120 GB", 122_880),
        ] {
            assert_eq!(memory_mib(text), Some(mib), "{text}");
        }
        for bad in ["", "GB", "1MB", "1 GiB", "-1GB", "0.3 GB"] {
            assert_eq!(memory_mib(bad), None, "{bad}");
        }
    }
}
