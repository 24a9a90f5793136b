//! Conditions: what must be so of the context for a statement to speak.

use crate::Context;
use crate::pattern::Pattern;
use base::Timestamp;
use std::net::IpAddr;

/// One key of one operator.
#[derive(Debug)]
pub struct Test {
    pub key: String,
    pub operator: Operator,
    /// The operator is the negative one of its kind: no value may fit.
    pub not: bool,
    /// A key that is not there is no reason against.
    pub if_exists: bool,
    pub set: Set,
}

/// How the values of a key that has several are taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// The key has one value.
    One,
    All,
    Any,
}

/// What a value is held against; any of those given will do.
#[derive(Debug)]
pub enum Operator {
    /// Strings and ARNs.
    Text {
        patterns: Vec<Pattern>,
        ignore_case: bool,
    },
    Number(Relation, Vec<f64>),
    Date(Relation, Vec<Timestamp>),
    Bool(Vec<bool>),
    Address(Vec<(IpAddr, u8)>),
    /// Whether the key is absent.
    Null(bool),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Test {
    pub fn holds(&self, context: &Context) -> bool {
        let values = context.values(&self.key);
        if let Operator::Null(absent) = self.operator {
            return values.is_empty() == absent;
        }
        let good = |value: &String| self.operator.fits(value, context) != self.not;
        match (self.set, values.is_empty()) {
            (Set::All, _) => values.iter().all(good),
            (Set::Any, true) => self.if_exists,
            (Set::One, true) => self.if_exists || self.not,
            (Set::Any, false) => values.iter().any(good),
            // All of them must be told apart from what may not be; one of them must be what must be.
            (Set::One, false) => match self.not {
                true => values.iter().all(good),
                false => values.iter().any(good),
            },
        }
    }
}

impl Operator {
    fn fits(&self, value: &str, context: &Context) -> bool {
        match self {
            Operator::Text {
                patterns,
                ignore_case: false,
            } => patterns.iter().any(|p| p.fits(value, context)),
            Operator::Text { patterns, .. } => patterns.iter().any(|p| p.fits_ignoring_case(value, context)),
            Operator::Number(relation, wanted) => {
                let number = value.trim().parse::<f64>().ok();
                number.is_some_and(|n| wanted.iter().any(|w| relation.is(&n, w)))
            }
            Operator::Date(relation, wanted) => {
                let date = date(value);
                date.is_some_and(|d| wanted.iter().any(|w| relation.is(&d, w)))
            }
            Operator::Bool(wanted) => value.parse::<bool>().is_ok_and(|b| wanted.contains(&b)),
            Operator::Address(blocks) => {
                let address = value.parse::<IpAddr>().ok();
                address.is_some_and(|a| blocks.iter().any(|block| is_within(a, *block)))
            }
            Operator::Null(_) => false,
        }
    }
}

impl Relation {
    fn is<T: PartialOrd>(self, value: &T, wanted: &T) -> bool {
        match self {
            Relation::Equal => value == wanted,
            Relation::Less => value < wanted,
            Relation::LessOrEqual => value <= wanted,
            Relation::Greater => value > wanted,
            Relation::GreaterOrEqual => value >= wanted,
        }
    }
}

/// As ISO 8601 has it, or seconds since 1970.
pub fn date(text: &str) -> Option<Timestamp> {
    let seconds = || text.parse::<f64>().ok().and_then(Timestamp::from_secs_f64);
    Timestamp::parse_iso8601(text).or_else(seconds)
}

/// An address, or a block of them.
pub fn block(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Some(most), |bits| bits.parse().ok())?;
    (bits <= most).then_some((address, bits))
}

fn is_within(address: IpAddr, (first, bits): (IpAddr, u8)) -> bool {
    let (a, b, wide) = match (address, first) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u128::from(a.to_bits()), u128::from(b.to_bits()), 32),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits(), b.to_bits(), 128),
        _ => return false,
    };
    bits == 0 || (a ^ b) >> (wide - u32::from(bits)) == 0
}
