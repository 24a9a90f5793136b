//! The fidelity ledger: what of each operation and field is *enforced*, *stored only*, or *rejected*.
//!
//! It is kept beside the services as plain lines, `Shape.member level note`, and checked: a member of any input that an
//! operation takes and the ledger does not list is a failing test. Strict mode and `docs/fidelity.md` read the same lines.
//!
//! Words: *enforced* means it does what AWS documents; *stored* means it is kept and given back and has no effect yet;
//! *rejected* means a request that uses it is refused.

use crate::common::table::{Services, Table};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use wire::schema::{Structure, Type};
use wire::{Items, Shape, View};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Enforced,
    Stored,
    Rejected,
}

impl Level {
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Enforced => "enforced",
            Level::Stored => "stored",
            Level::Rejected => "rejected",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Level::Enforced, Level::Stored, Level::Rejected]
            .into_iter()
            .find(|level| level.as_str() == text)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One line of the ledger. An operation's line has its name as shape and no member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub level: Level,
    pub note: &'static str,
}

/// One service's ledger.
#[derive(Debug, Default)]
pub struct Ledger {
    pub operations: BTreeMap<&'static str, Line>,
    pub members: BTreeMap<(&'static str, &'static str), Line>,
}

impl Ledger {
    /// Reads the lines. What cannot be read is told, and is a failing test.
    pub fn read(files: &[&'static str]) -> Result<Ledger, String> {
        let mut ledger = Ledger::default();
        for line in files.iter().flat_map(|file| file.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let bad =
                || format!("the ledger line {line:?} is not `Shape.member level note` or `operation Name level note`");
            let (operation, rest) = match line.strip_prefix("operation ") {
                Some(rest) => (true, rest),
                None => (false, line),
            };
            let (name, rest) = rest.split_once(' ').ok_or_else(bad)?;
            let (level, note) = rest.trim_start().split_once(' ').unwrap_or((rest.trim_start(), ""));
            let entry = Line {
                level: Level::parse(level).ok_or_else(bad)?,
                note: note.trim(),
            };
            let before = if operation {
                ledger.operations.insert(name, entry)
            } else {
                ledger.members.insert(name.split_once('.').ok_or_else(bad)?, entry)
            };
            if before.is_some() {
                return Err(format!("the ledger lists {name} twice"));
            }
        }
        Ok(ledger)
    }

    fn level(&self, shape: &'static str, member: &'static str) -> Level {
        self.members
            .get(&(shape, member))
            .map_or(Level::Enforced, |line| line.level)
    }
}

/// Everything that is wrong between a service's ledger and its operations.
pub fn faults(table: &Table) -> Vec<String> {
    let ledger = match Ledger::read(table.ledger) {
        Ok(ledger) => ledger,
        Err(why) => return vec![why],
    };
    let mut wrong = Vec::new();
    let mut reached: BTreeSet<(&str, &str)> = BTreeSet::new();
    for row in &table.rows {
        if !ledger.operations.contains_key(row.operation.name) {
            wrong.push(format!("operation {} is not in the ledger", row.operation.name));
        }
        each_structure((row.operation.input)().schema(), &mut |structure| {
            reached.extend(structure.members.iter().map(|member| (structure.name, member.name)));
        });
    }
    for name in ledger.operations.keys() {
        if table.row(name).is_none() {
            wrong.push(format!("operation {name} is in the ledger and has no row"));
        }
    }
    for (shape, member) in &reached {
        if !ledger.members.contains_key(&(*shape, *member)) {
            wrong.push(format!("{shape}.{member} is not in the ledger"));
        }
    }
    for (shape, member) in ledger.members.keys() {
        if !reached.contains(&(*shape, *member)) {
            wrong.push(format!("{shape}.{member} is in the ledger, and no operation takes it"));
        }
    }
    wrong
}

/// Visits each structure that can be reached, once.
pub fn each_structure(top: &'static Structure, visit: &mut dyn FnMut(&'static Structure)) {
    let mut seen: BTreeSet<&'static str> = BTreeSet::new();
    let mut open = vec![top];
    while let Some(structure) = open.pop() {
        if !seen.insert(structure.name) {
            continue;
        }
        visit(structure);
        for member in structure.members {
            let mut ty: Option<&'static Type> = Some(member.ty);
            while let Some(inner) = ty {
                open.extend(inner.structure);
                ty = inner.of;
            }
        }
    }
}

/// What requests are held against, one for each service. Only what is not enforced is kept.
#[derive(Debug, Default)]
pub struct Watchdog {
    strict: bool,
    /// For structures with members that are not enforced: the level of each member.
    levels: HashMap<&'static str, Vec<Level>>,
}

/// A field that may not be used: where it stands in the request, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwelcome {
    pub path: String,
    pub level: Level,
}

impl fmt::Display for Unwelcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level {
            Level::Rejected => write!(f, "The field '{}' is not supported.", self.path),
            _ => write!(
                f,
                "The field '{}' is stored but has no effect yet, and strict mode is on.",
                self.path
            ),
        }
    }
}

impl Watchdog {
    pub fn new(table: &Table, strict: bool) -> Self {
        let ledger = Ledger::read(table.ledger).expect("a test reads the same ledger");
        let mut levels = HashMap::new();
        for row in &table.rows {
            each_structure((row.operation.input)().schema(), &mut |structure| {
                let all: Vec<Level> = structure
                    .members
                    .iter()
                    .map(|m| ledger.level(structure.name, m.name))
                    .collect();
                let worst = all.iter().max().copied().unwrap_or(Level::Enforced);
                if worst == Level::Rejected || (strict && worst == Level::Stored) {
                    levels.insert(structure.name, all);
                }
            });
        }
        Watchdog { strict, levels }
    }

    /// The first field of a request that may not be used.
    pub fn look(&self, shape: &dyn Shape) -> Option<Unwelcome> {
        if self.levels.is_empty() {
            return None; // nothing to look for
        }
        self.structure(shape, "")
    }

    fn structure(&self, shape: &dyn Shape, at: &str) -> Option<Unwelcome> {
        let schema = shape.schema();
        let levels = self.levels.get(schema.name);
        schema.members.iter().enumerate().find_map(|(i, member)| {
            let view = shape.view(i);
            if view.is_absent() {
                return None;
            }
            let path = || {
                if at.is_empty() {
                    member.name.to_string()
                } else {
                    format!("{at}.{}", member.name)
                }
            };
            match levels.map_or(Level::Enforced, |levels| levels[i]) {
                Level::Enforced => {}
                Level::Stored if !self.strict => {}
                level => return Some(Unwelcome { path: path(), level }),
            }
            match view {
                View::Structure(_) | View::List(_) | View::Map(_) => self.view(view, &path()),
                _ => None,
            }
        })
    }

    fn view(&self, view: View<'_>, at: &str) -> Option<Unwelcome> {
        match view {
            View::Structure(inner) => self.structure(inner, at),
            View::List(items) => self.items(items, at),
            View::Map(entries) => {
                let mut found = None;
                entries.each(&mut |key, value| {
                    if found.is_none() {
                        found = self.view(value, &format!("{at}.{key}"));
                    }
                });
                found
            }
            _ => None,
        }
    }

    fn items(&self, items: &dyn Items, at: &str) -> Option<Unwelcome> {
        (0..items.len()).find_map(|i| match items.at(i) {
            scalar @ (View::Text(_) | View::Int(_) | View::Long(_)) => self.view(scalar, at),
            inner => self.view(inner, &format!("{at}[{i}]")),
        })
    }
}

/// One row of the printed ledger.
pub struct Printed {
    pub service: &'static str,
    /// `operation RunTask`, or `RunTaskRequest.count`.
    pub what: String,
    pub level: Level,
    pub note: &'static str,
}

/// The whole ledger, with every operation of the models: what has no row is rejected.
pub fn printed(services: &Services) -> Vec<Printed> {
    let mut all = Vec::new();
    for table in services.tables() {
        let service = table.service.id;
        let ledger = Ledger::read(table.ledger).expect("a test reads the same ledger");
        for operation in table.service.operations {
            let line = ledger.operations.get(operation.name);
            let (level, note) = line.map_or((Level::Rejected, "not there yet"), |line| (line.level, line.note));
            all.push(Printed {
                service,
                what: format!("operation {}", operation.name),
                level,
                note,
            });
        }
        for ((shape, member), line) in &ledger.members {
            all.push(Printed {
                service,
                what: format!("{shape}.{member}"),
                level: line.level,
                note: line.note,
            });
        }
    }
    all
}

/// The page `docs/fidelity.md`.
pub fn markdown(services: &Services) -> String {
    use fmt::Write;
    let mut page = String::from(
        "# Fidelity\n\nWhat of each AWS operation and field this Gantry means. Written by `gantry admin fidelity --markdown` from the\n\
         ledger beside the services; never by hand.\n\n\
         *enforced*: does what AWS documents. *stored*: kept and given back, without effect yet; refused under `--strict`.\n\
         *rejected*: a request that uses it is refused.\n",
    );
    let printed = printed(services);
    for table in services.tables() {
        let of_service = || printed.iter().filter(|p| p.service == table.service.id);
        let count = |level: Level, operations: bool| {
            of_service()
                .filter(|p| p.level == level && p.what.starts_with("operation ") == operations)
                .count()
        };
        let _ = write!(
            page,
            "\n## {}\n\n| | enforced | stored | rejected |\n|---|---|---|---|\n",
            table.service.id
        );
        for (what, operations) in [("operations", true), ("fields", false)] {
            let [e, s, r] = [Level::Enforced, Level::Stored, Level::Rejected].map(|level| count(level, operations));
            let _ = writeln!(page, "| {what} | {e} | {s} | {r} |");
        }
        for (title, operations) in [("operation", true), ("field", false)] {
            if !of_service().any(|p| p.what.starts_with("operation ") == operations) {
                continue;
            }
            let _ = write!(page, "\n| {title} | level | note |\n|---|---|---|\n");
            for p in of_service().filter(|p| p.what.starts_with("operation ") == operations) {
                let name = p.what.strip_prefix("operation ").unwrap_or(&p.what);
                let _ = writeln!(page, "| {name} | {} | {} |", p.level, p.note);
            }
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_every_operation_is_in_the_ledger() {
        let services = Services::all(false);
        let wrong: Vec<String> = services
            .tables()
            .iter()
            .flat_map(|t| faults(t).into_iter().map(move |f| format!("{}: {f}", t.service.id)))
            .collect();
        assert!(
            wrong.is_empty(),
            "{} lines are missing or wrong:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
    }

    #[test]
    fn a_line_that_makes_no_sense_is_told() {
        assert!(Ledger::read(&["A.b enforced"]).is_ok());
        assert!(Ledger::read(&["A.b maybe"]).is_err());
        assert!(Ledger::read(&["Ab enforced"]).is_err());
        assert!(Ledger::read(&["A.b enforced", "A.b stored"]).is_err());
    }
}
