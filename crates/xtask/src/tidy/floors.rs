//! Floors: a crate depends on strictly lower ones only.

use crate::run::{Outcome, cargo, quiet};
use std::collections::HashMap;
use tinyjson::JsonValue;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floor {
    /// Not said in the manifest.
    Missing,
    /// Beside the house (`"-"`): it may use every room, and no room may use it outside of tests.
    Beside,
    At(u32),
}

pub struct Crate {
    pub name: String,
    pub floor: Floor,
    pub uses: Vec<Use>,
}

pub struct Use {
    pub name: String,
    pub in_tests_only: bool,
}

/// What is wrong, one line each.
pub fn broken(crates: &[Crate]) -> Vec<String> {
    let floors: HashMap<&str, Floor> = crates.iter().map(|c| (c.name.as_str(), c.floor)).collect();
    let mut broken = Vec::new();
    for one in crates {
        if one.floor == Floor::Missing {
            broken.push(format!(
                "crates/{}/Cargo.toml: say [package.metadata.house] floor",
                one.name
            ));
        }
        for used in &one.uses {
            let Some(&below) = floors.get(used.name.as_str()) else {
                continue;
            };
            let allowed = match (one.floor, below) {
                (Floor::Beside, _) => true,
                (_, Floor::Beside) => used.in_tests_only,
                // A room's own tests may ask itself for more than it gives others.
                (Floor::At(floor), Floor::At(below)) => below < floor || (used.in_tests_only && used.name == one.name),
                // Said above.
                (Floor::Missing, _) | (_, Floor::Missing) => true,
            };
            if !allowed {
                let (name, used) = (&one.name, &used.name);
                broken.push(format!(
                    "crates/{name}/Cargo.toml: {name} may not use {used}, which is not on a lower floor"
                ));
            }
        }
    }
    broken
}

/// The crates of the workspace, as cargo sees them.
pub fn crates() -> Outcome<Vec<Crate>> {
    let printed = quiet(&mut cargo("metadata --no-deps --format-version 1"))?;
    let metadata: JsonValue = printed.parse().map_err(|error| format!("cargo metadata: {error}"))?;
    let packages: &Vec<JsonValue> = metadata["packages"].get().ok_or("cargo metadata names no packages")?;
    packages.iter().map(read).collect()
}

fn read(package: &JsonValue) -> Outcome<Crate> {
    let text = |value: &JsonValue| {
        value
            .get::<String>()
            .cloned()
            .ok_or("cargo metadata has a name that is no text")
    };
    let dependencies: &Vec<JsonValue> = package["dependencies"]
        .get()
        .ok_or("cargo metadata names no dependencies")?;
    let mut uses = Vec::new();
    for used in dependencies {
        uses.push(Use {
            name: text(&used["name"])?,
            in_tests_only: used["kind"].get::<String>().is_some_and(|kind| kind == "dev"),
        });
    }
    Ok(Crate {
        name: text(&package["name"])?,
        floor: floor(&package["metadata"]),
        uses,
    })
}

fn floor(metadata: &JsonValue) -> Floor {
    match child(metadata, "house").and_then(|house| child(house, "floor")) {
        Some(JsonValue::Number(floor)) => Floor::At(*floor as u32),
        Some(JsonValue::String(beside)) if beside == "-" => Floor::Beside,
        _ => Floor::Missing,
    }
}

fn child<'a>(of: &'a JsonValue, key: &str) -> Option<&'a JsonValue> {
    of.get::<HashMap<String, JsonValue>>()?.get(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house(name: &str, floor: Floor, uses: &[(&str, bool)]) -> Crate {
        let uses = uses.iter().map(|&(name, in_tests_only)| Use {
            name: name.to_string(),
            in_tests_only,
        });
        Crate {
            name: name.to_string(),
            floor,
            uses: uses.collect(),
        }
    }

    #[test]
    fn only_lower_floors_are_used() {
        let base = || house("base", Floor::At(0), &[]);
        let kit = || house("testkit", Floor::Beside, &[("store", false)]);
        assert!(
            broken(&[
                base(),
                kit(),
                house("store", Floor::At(1), &[("base", false), ("testkit", true)])
            ])
            .is_empty()
        );
        assert_eq!(
            broken(&[base(), house("other", Floor::At(0), &[("base", false)])]).len(),
            1
        );
        assert_eq!(
            broken(&[base(), house("other", Floor::At(0), &[("base", true)])]).len(),
            1
        );
        assert_eq!(
            broken(&[kit(), house("store", Floor::At(1), &[("testkit", false)])]).len(),
            1
        );
        assert_eq!(broken(&[house("new", Floor::Missing, &[])]).len(), 1);
    }

    #[test]
    fn the_workspace_is_read() {
        let crates = crates().expect("cargo runs this test, so it can also describe the workspace");
        let api = crates.iter().find(|c| c.name == "api").expect("there is an api");
        assert_eq!(api.floor, Floor::At(2));
        assert!(api.uses.iter().any(|used| used.name == "wire" && !used.in_tests_only));
    }
}
