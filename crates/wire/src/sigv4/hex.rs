//! Lowercase hex, the only kind that SigV4 writes.

/// 32 bytes as 64 digits.
pub fn encode(bytes: &[u8; 32]) -> [u8; 64] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 64];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    text
}

/// `None` unless the text is exactly 64 lowercase digits.
pub fn decode(text: &[u8]) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = lower(pair[0])? << 4 | lower(pair[1])?;
    }
    Some(bytes)
}

fn lower(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

/// The value of one digit in either case, as in percent-encoding.
pub fn digit(c: u8) -> Option<u8> {
    lower(c.to_ascii_lowercase())
}
