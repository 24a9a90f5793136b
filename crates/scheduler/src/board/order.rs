//! In which order a class takes nodes: its strategies, as what of a node they compare.

use super::rows::{NodeNo, Rows};
use crate::strategy::{Amount, SpreadBy, Strategy};

#[derive(Debug)]
pub struct Order {
    pub steps: Vec<Step>,
    /// The attributes that are spread over, each once.
    pub attributes: Vec<String>,
    own: Vec<Field>,
    /// Whether there is room in the key for chance, which decides among nodes that are alike.
    salted: bool,
    /// Whether chance was asked for.
    pub by_chance: bool,
}

/// One strategy.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// How many tasks of the group are in the place; the number is that of the attribute.
    Place(usize),
    /// Something of the node's own, which its key holds.
    Own(Field),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Count,
    Cpu,
    Memory,
}

/// Some bits of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    what: What,
    shift: u32,
    bits: u32,
}

const SALT_BITS: u32 = 16;

impl Order {
    pub fn of(strategies: &[Strategy]) -> Order {
        let unspoken = Strategy::unspoken();
        let strategies = if strategies.is_empty() { &unspoken } else { strategies };
        // Chance leaves one node, so nothing behind it is asked.
        let asked = || strategies.iter().take_while(|s| **s != Strategy::Random);
        let mut whats: Vec<What> = Vec::new();
        for what in asked().filter_map(What::of) {
            if !whats.contains(&what) {
                whats.push(what);
            }
        }
        let (widths, salted): (&[u32], bool) = match whats.len() {
            0 | 1 => (&[32], true),
            2 => (&[24, 24], true),
            _ => (&[20, 22, 22], false),
        };
        let mut shift = if salted { SALT_BITS } else { 0 } + widths.iter().take(whats.len()).sum::<u32>();
        let fields = whats.iter().zip(widths).map(|(what, bits)| {
            shift -= bits;
            Field {
                what: *what,
                shift,
                bits: *bits,
            }
        });
        let own: Vec<Field> = fields.collect();
        let (mut steps, mut attributes) = (Vec::new(), Vec::new());
        for strategy in asked() {
            let step = match (What::of(strategy), strategy) {
                (Some(what), _) => own.iter().find(|f| f.what == what).map(|field| Step::Own(*field)),
                (None, Strategy::Spread(SpreadBy::Attribute(name))) if !attributes.contains(name) => {
                    attributes.push(name.clone());
                    Some(Step::Place(attributes.len() - 1))
                }
                _ => None, // asked before
            };
            steps.extend(step);
        }
        Order {
            steps,
            attributes,
            own,
            salted,
            by_chance: strategies.contains(&Strategy::Random),
        }
    }

    /// Whether nothing of a node's own counts.
    pub fn is_loose(&self) -> bool {
        self.own.is_empty()
    }

    /// Less is better; never [`super::least::NOTHING`].
    pub fn key(&self, rows: &Rows, node: NodeNo, count: u32) -> u64 {
        let mut key = if self.salted { salt(node) } else { 0 };
        for field in &self.own {
            let most = (1u64 << field.bits) - 2;
            key |= u64::from(field.of(rows, node, count)).min(most) << field.shift;
        }
        key
    }
}

impl What {
    fn of(strategy: &Strategy) -> Option<What> {
        match strategy {
            Strategy::Spread(SpreadBy::Instance) => Some(What::Count),
            Strategy::Binpack(Amount::Cpu) => Some(What::Cpu),
            Strategy::Binpack(Amount::Memory) => Some(What::Memory),
            Strategy::Spread(SpreadBy::Attribute(_)) | Strategy::Random => None,
        }
    }
}

impl Field {
    pub fn of(self, rows: &Rows, node: NodeNo, count: u32) -> u32 {
        let room = &rows.room[node as usize];
        match self.what {
            What::Count => count,
            What::Cpu => room.cpu_units,
            What::Memory => room.memory_mib,
        }
    }

    pub fn read(self, key: u64) -> u64 {
        key >> self.shift & ((1 << self.bits) - 1)
    }

    pub fn name(self) -> &'static str {
        match self.what {
            What::Count => "instance",
            What::Cpu => "cpu",
            What::Memory => "memory",
        }
    }

    pub fn is_count(self) -> bool {
        self.what == What::Count
    }
}

/// Chance that stays with the node: among nodes that are alike no one is first by its number.
fn salt(node: NodeNo) -> u64 {
    u64::from(node.wrapping_mul(0x9e37_79b1) >> (32 - SALT_BITS))
}
