//! A block of IPv4 addresses.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cidr {
    base: u32,
    prefix: u8,
}

impl Cidr {
    /// Where bridge mode may live, in order of preference: private blocks that neither Docker (172.17 and up, in order)
    /// nor a home router nor the default VPC (172.31) takes first; the last for hosts deep inside 10/8 and 172.16/12.
    pub const BRIDGE_CHOICES: [Cidr; 5] = [
        Cidr::known([172, 30, 0, 0], 16),
        Cidr::known([172, 29, 0, 0], 16),
        Cidr::known([10, 213, 0, 0], 16),
        Cidr::known([192, 168, 224, 0], 19),
        Cidr::known([100, 96, 0, 0], 16),
    ];

    const fn known(octets: [u8; 4], prefix: u8) -> Cidr {
        Cidr {
            base: u32::from_be_bytes(octets),
            prefix,
        }
    }

    /// `None` if the prefix is longer than 30 bits (no room for anybody) or `base` has bits below the prefix.
    pub fn new(base: Ipv4Addr, prefix: u8) -> Option<Cidr> {
        let cidr = Cidr {
            base: base.into(),
            prefix,
        };
        (prefix <= 30 && cidr.base & !cidr.mask() == 0).then_some(cidr)
    }

    /// A route's destination, which may also be one address or everything.
    pub(crate) fn route(base: Ipv4Addr, prefix: u8) -> Cidr {
        let cidr = Cidr {
            base: base.into(),
            prefix: prefix.min(32),
        };
        Cidr {
            base: cidr.base & cidr.mask(),
            ..cidr
        }
    }

    pub fn base(self) -> Ipv4Addr {
        self.base.into()
    }

    pub fn prefix(self) -> u8 {
        self.prefix
    }

    pub(crate) fn mask(self) -> u32 {
        u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0)
    }

    pub fn contains(self, address: Ipv4Addr) -> bool {
        u32::from(address) & self.mask() == self.base
    }

    pub fn overlaps(self, other: Cidr) -> bool {
        self.contains(other.base()) || other.contains(self.base())
    }

    /// The address that is `n` above the base, if it is inside.
    pub fn nth(self, n: u32) -> Option<Ipv4Addr> {
        let address = Ipv4Addr::from(self.base.checked_add(n)?);
        self.contains(address).then_some(address)
    }

    /// How many addresses there are, the reserved ones included.
    pub fn size(self) -> u64 {
        1 << (32 - u32::from(self.prefix))
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base(), self.prefix)
    }
}

impl FromStr for Cidr {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text
            .split_once('/')
            .and_then(|(base, prefix)| Some((base.parse().ok()?, prefix.parse().ok()?)));
        let cidr = parts.and_then(|(base, prefix)| Cidr::new(base, prefix));
        cidr.ok_or_else(|| format!("`{text}` is not a block of IPv4 addresses such as 172.31.0.0/20"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cidr(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    #[test]
    fn reads_what_it_writes_and_refuses_the_rest() {
        assert_eq!(cidr("172.31.16.0/20").to_string(), "172.31.16.0/20");
        for bad in [
            "172.31.16.1/20",
            "10.0.0.0/31",
            "10.0.0.0",
            "10.0.0/8",
            "10.0.0.0/33",
            "::/0",
        ] {
            assert!(bad.parse::<Cidr>().is_err(), "{bad}");
        }
    }

    #[test]
    fn blocks_overlap_when_one_holds_the_other() {
        assert!(cidr("172.31.0.0/16").overlaps(cidr("172.31.16.0/20")));
        assert!(cidr("172.31.16.0/20").overlaps(cidr("172.31.0.0/16")));
        assert!(!cidr("172.31.0.0/20").overlaps(cidr("172.31.16.0/20")));
        assert!(cidr("172.31.0.0/20").overlaps(Cidr::route(Ipv4Addr::UNSPECIFIED, 0)));
    }

    #[test]
    fn counts_inside_itself() {
        assert_eq!(cidr("10.0.0.0/24").nth(5), Some(Ipv4Addr::new(10, 0, 0, 5)));
        assert_eq!(cidr("10.0.0.0/24").nth(256), None);
        assert_eq!(cidr("10.0.0.0/24").size(), 256);
    }
}
