//! What the kernel says: messages, and the attributes in them. Reads never past an end, whatever the lengths say.

use super::{HEADER, MESSAGE_DONE, MESSAGE_ERROR, NESTED};

pub struct Reply {
    pub kind: u16,
    pub sequence: u32,
    pub body: Vec<u8>,
}

impl Reply {
    /// The error number that this acknowledges with, 0 for none; `None` if it is no acknowledgement.
    pub fn error(&self) -> Option<i32> {
        // A dump may end in an error, which its last message carries.
        let is_error = self.kind == MESSAGE_ERROR || (self.kind == MESSAGE_DONE && number(&self.body) < 0);
        is_error.then(|| number(&self.body).wrapping_neg())
    }

    /// What follows the fixed part.
    pub fn attributes(&self, fixed: usize) -> Attributes<'_> {
        Attributes(self.body.get(fixed..).unwrap_or_default())
    }
}

fn number(bytes: &[u8]) -> i32 {
    let bytes = bytes.first_chunk().copied();
    bytes.map_or(0, i32::from_ne_bytes)
}

pub fn split(mut bytes: &[u8]) -> Vec<Reply> {
    let mut replies = Vec::new();
    while let Some((header, _)) = bytes.split_first_chunk::<HEADER>() {
        let length = u32::from_ne_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let Some(body) = bytes.get(HEADER..length) else {
            break;
        };
        replies.push(Reply {
            kind: u16::from_ne_bytes([header[4], header[5]]),
            sequence: u32::from_ne_bytes([header[8], header[9], header[10], header[11]]),
            body: body.to_vec(),
        });
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    replies
}

/// Attributes in a row.
#[derive(Clone, Copy)]
pub struct Attributes<'a>(&'a [u8]);

impl<'a> Iterator for Attributes<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (header, _) = self.0.split_first_chunk::<4>()?;
        let length = usize::from(u16::from_ne_bytes([header[0], header[1]]));
        let kind = u16::from_ne_bytes([header[2], header[3]]) & !(NESTED | 0x4000);
        let value = self.0.get(4..length)?;
        self.0 = self.0.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, value))
    }
}

impl<'a> Attributes<'a> {
    pub fn of(value: &'a [u8]) -> Attributes<'a> {
        Attributes(value)
    }

    pub fn get(mut self, kind: u16) -> Option<&'a [u8]> {
        self.find(|(found, _)| *found == kind).map(|(_, value)| value)
    }

    pub fn nested(self, kind: u16) -> Attributes<'a> {
        Attributes(self.get(kind).unwrap_or_default())
    }

    pub fn u32(self, kind: u16) -> Option<u32> {
        self.get(kind)?.first_chunk().copied().map(u32::from_ne_bytes)
    }

    pub fn be32(self, kind: u16) -> Option<u32> {
        self.get(kind)?.first_chunk().copied().map(u32::from_be_bytes)
    }

    pub fn address(self, kind: u16) -> Option<std::net::Ipv4Addr> {
        self.get(kind)?.first_chunk::<4>().copied().map(Into::into)
    }

    pub fn text(self, kind: u16) -> Option<&'a str> {
        let value = self.get(kind)?;
        std::str::from_utf8(value.split(|byte| *byte == 0).next()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlink::Messages;

    #[test]
    fn what_is_written_is_read_and_a_lie_about_length_ends_it() {
        let mut messages = Messages::default();
        messages.begin(7, 0, &[1, 2, 3, 4]).text(1, "ab");
        let nest = messages.nest(2);
        messages.u32(3, 0x01020304).end(nest);
        messages.begin(8, 0, &[]).be32(4, 5);
        messages.number(9, |_| true);
        let mut replies = split(&messages.bytes);
        assert_eq!(
            replies.iter().map(|r| (r.kind, r.sequence)).collect::<Vec<_>>(),
            [(7, 9), (8, 10)]
        );
        assert_eq!(replies[0].attributes(4).text(1), Some("ab"));
        assert_eq!(replies[0].attributes(4).nested(2).u32(3), Some(0x01020304));
        assert_eq!(replies[1].attributes(0).be32(4), Some(5));
        replies[1].body[0] = 200;
        assert_eq!(replies[1].attributes(0).count(), 0);
        assert!(split(&messages.bytes[..20]).is_empty());
    }
}
