//! The attributes of all nodes by columns: for each name who has it, and which of its values. A question about an
//! attribute is asked once of each value, and answered for all nodes at once as a set.

use super::bits::Bits;
use crate::query::Expression;
use crate::query::Rule;
use crate::query::test::Test;
use model::Attribute;
use std::collections::HashMap;

/// The value of a node that does not have the attribute.
pub const ABSENT: u32 = 0;

#[derive(Debug, Default)]
pub struct Attributes {
    columns: HashMap<String, Column>,
}

#[derive(Debug)]
pub struct Column {
    /// Who has it, whatever its value.
    has: Bits,
    /// By node; nodes beyond the end don't have it.
    of_node: Vec<u32>,
    /// Values by number. The first is that of nodes without it; a value that is not told is `None`.
    values: Vec<Option<String>>,
    numbers: HashMap<Option<String>, u32>,
}

impl Default for Column {
    fn default() -> Self {
        Column {
            has: Bits::default(),
            of_node: Vec::new(),
            values: vec![None],
            numbers: HashMap::new(),
        }
    }
}

impl Column {
    /// The number of the node's place when nodes are spread by an attribute: those without a value are one place.
    pub fn place(&self, node: usize) -> u32 {
        let value = self.of_node.get(node).copied().unwrap_or(ABSENT);
        if self.values[value as usize].is_none() {
            ABSENT
        } else {
            value
        }
    }
}

impl Attributes {
    /// The node had the one and has the other now.
    pub fn change(&mut self, node: usize, before: &[Attribute], after: &[Attribute]) {
        for gone in before.iter().filter(|b| !after.iter().any(|a| a.name == b.name)) {
            if let Some(column) = self.columns.get_mut(&gone.name) {
                column.has.set(node, false);
                column.of_node[node] = ABSENT;
            }
        }
        for (i, attribute) in after.iter().enumerate() {
            // Of two with one name the first counts, as everywhere.
            let repeated = after[..i].iter().any(|earlier| earlier.name == attribute.name);
            if !repeated && !before.contains(attribute) {
                self.set(node, attribute);
            }
        }
    }

    fn set(&mut self, node: usize, attribute: &Attribute) {
        if !self.columns.contains_key(&attribute.name) {
            self.columns.insert(attribute.name.clone(), Column::default());
        }
        let column = self.columns.get_mut(&attribute.name).expect("it was just put there");
        let number = match column.numbers.get(&attribute.value) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(column.values.len()).expect("there are fewer values than addresses");
                column.values.push(attribute.value.clone());
                column.numbers.insert(attribute.value.clone(), number);
                number
            }
        };
        column.has.set(node, true);
        if column.of_node.len() <= node {
            column.of_node.resize(node + 1, ABSENT);
        }
        column.of_node[node] = number;
    }

    /// How many values were ever seen. Each stays, so whoever keeps this starts anew when it is far beyond the nodes.
    pub fn values(&self) -> usize {
        self.columns.values().map(|column| column.values.len()).sum()
    }

    /// Who has an attribute of this name; nobody, if it is not known.
    pub fn having(&self, name: &str) -> Option<&Bits> {
        self.columns.get(name).map(|column| &column.has)
    }

    /// The column of a name, to ask about many nodes.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.get(name)
    }

    /// The nodes below `count` of which the expression holds; `other` answers for what is not about attributes.
    pub fn members(&self, expression: &Expression, count: usize, other: &dyn Fn(&Test, usize) -> bool) -> Bits {
        self.of_rule(expression.rule(), count, other)
    }

    fn of_rule(&self, rule: &Rule, count: usize, other: &dyn Fn(&Test, usize) -> bool) -> Bits {
        match rule {
            Rule::All(rules) => {
                let mut all = Bits::default().others(count);
                rules
                    .iter()
                    .for_each(|rule| all.keep(&self.of_rule(rule, count, other)));
                all
            }
            Rule::Any(rules) => {
                let mut any = Bits::default();
                rules.iter().for_each(|rule| any.add(&self.of_rule(rule, count, other)));
                any
            }
            Rule::Not(rule) => self.of_rule(rule, count, other).others(count),
            Rule::Test(test) => match test.attribute() {
                None => Bits::of(count, |node| other(test, node)),
                Some(name) => self.of_test(name, test, count),
            },
        }
    }

    fn of_test(&self, name: &str, test: &Test, count: usize) -> Bits {
        self.whose(name, count, |value| test.holds_of(value))
    }

    /// The nodes below `count` whose value of the attribute passes: `None` for those without it, the empty one for those
    /// whose value is not told.
    pub fn whose(&self, name: &str, count: usize, passes: impl Fn(Option<&str>) -> bool) -> Bits {
        let absent = passes(None);
        let Some(column) = self.columns.get(name) else {
            return Bits::of(count, |_| absent);
        };
        let told = |value: &Option<String>| passes(Some(value.as_deref().unwrap_or_default()));
        let mut passing: Vec<bool> = column.values.iter().map(told).collect();
        passing[ABSENT as usize] = absent;
        Bits::of(count, |node| {
            let value = column.of_node.get(node).copied().unwrap_or(ABSENT);
            passing[value as usize]
        })
    }
}
