//! Small numbers in few bytes.

/// Appends a number, seven bits a byte, the lowest first.
pub fn put(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// Takes a number off the front.
pub fn get(input: &mut &[u8]) -> Option<u64> {
    let mut n = 0u64;
    for (i, byte) in input.iter().enumerate().take(10) {
        n |= u64::from(byte & 0x7f).checked_shl(7 * i as u32)?;
        if byte & 0x80 == 0 {
            *input = &input[i + 1..];
            return Some(n);
        }
    }
    None
}

/// Appends text behind its length.
pub fn put_text(out: &mut Vec<u8>, text: &str) {
    put(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

/// Takes text off the front.
pub fn get_text<'a>(input: &mut &'a [u8]) -> Option<&'a str> {
    let len = usize::try_from(get(input)?).ok()?;
    let (text, rest) = input.split_at_checked(len)?;
    *input = rest;
    std::str::from_utf8(text).ok()
}

/// Numbers near zero, of either sign, as small ones.
pub fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)) as u64
}

pub fn unzigzag(n: u64) -> i64 {
    (n >> 1) as i64 ^ -((n & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(n: u64, i: i64) {
            let mut out = Vec::new();
            put(&mut out, n);
            put(&mut out, zigzag(i));
            let mut rest = &out[..];
            prop_assert_eq!(get(&mut rest), Some(n));
            prop_assert_eq!(get(&mut rest).map(unzigzag), Some(i));
            prop_assert_eq!(get(&mut rest), None);
        }
    }
}
