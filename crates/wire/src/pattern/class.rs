//! Sets of characters. ASCII is answered from a bitmap, the rest from ranges and Unicode's general categories.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// A part of a class.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    Range(u32, u32),
    Group { group: Group, within: bool },
}

/// The `\p{..}` names that the models use.
#[derive(Clone, Copy, Debug)]
pub enum Group {
    Letter,
    Mark,
    Number,
    Punctuation,
    Symbol,
    Separator,
    Space,
}

impl Group {
    pub fn named(name: &str) -> Option<Group> {
        Some(match name {
            "L" => Group::Letter,
            "M" => Group::Mark,
            "N" => Group::Number,
            "P" => Group::Punctuation,
            "S" => Group::Symbol,
            "Z" => Group::Separator,
            "Zs" => Group::Space,
            _ => return None,
        })
    }

    fn has(self, c: char) -> bool {
        let group = c.general_category_group();
        match self {
            Group::Letter => group == GeneralCategoryGroup::Letter,
            Group::Mark => group == GeneralCategoryGroup::Mark,
            Group::Number => group == GeneralCategoryGroup::Number,
            Group::Punctuation => group == GeneralCategoryGroup::Punctuation,
            Group::Symbol => group == GeneralCategoryGroup::Symbol,
            Group::Separator => group == GeneralCategoryGroup::Separator,
            Group::Space => c.general_category() == GeneralCategory::SpaceSeparator,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Class {
    ascii: u128,
    parts: Vec<Part>,
    negated: bool,
}

impl Class {
    pub fn new(parts: Vec<Part>, negated: bool) -> Class {
        let mut class = Class {
            ascii: 0,
            parts,
            negated,
        };
        for c in 0..128u8 {
            if class.look_up(char::from(c)) {
                class.ascii |= 1 << c;
            }
        }
        class
    }

    pub fn has(&self, c: char) -> bool {
        if c.is_ascii() {
            self.ascii >> (c as u32) & 1 == 1
        } else {
            self.look_up(c)
        }
    }

    fn look_up(&self, c: char) -> bool {
        let found = self.parts.iter().any(|part| match *part {
            Part::Range(from, to) => (from..=to).contains(&(c as u32)),
            Part::Group { group, within } => group.has(c) == within,
        });
        found != self.negated
    }
}

const LAST: u32 = 0x10_FFFF;
const DIGIT: &[(u32, u32)] = &[(0x30, 0x39)];
const WORD: &[(u32, u32)] = &[(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)];
const BLANK: &[(u32, u32)] = &[(0x09, 0x0D), (0x20, 0x20)];
const LINE_END: &[(u32, u32)] = &[(0x0A, 0x0A), (0x0D, 0x0D), (0x85, 0x85), (0x2028, 0x2029)];

/// What `\d`, `\W` and so on stand for; Java means ASCII by them.
pub fn shorthand(letter: char) -> Option<Vec<Part>> {
    Some(match letter {
        'd' => within(DIGIT),
        'w' => within(WORD),
        's' => within(BLANK),
        'D' => outside(DIGIT),
        'W' => outside(WORD),
        'S' => outside(BLANK),
        _ => return None,
    })
}

/// What `.` stands for.
pub fn any() -> Vec<Part> {
    outside(LINE_END)
}

fn within(ranges: &[(u32, u32)]) -> Vec<Part> {
    ranges.iter().map(|&(from, to)| Part::Range(from, to)).collect()
}

/// The gaps between `ranges`, which stand in order.
fn outside(ranges: &[(u32, u32)]) -> Vec<Part> {
    let mut gaps = Vec::new();
    let mut next = 0;
    for &(from, to) in ranges {
        if from > next {
            gaps.push(Part::Range(next, from - 1));
        }
        next = to + 1;
    }
    gaps.push(Part::Range(next, LAST));
    gaps
}
