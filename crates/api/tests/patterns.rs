//! A pattern that the matcher does not understand refuses nothing; here it is found out.

use std::collections::BTreeMap;
use wire::pattern::Pattern;
use wire::schema::Type;

fn gather(ty: &'static Type, seen: &mut BTreeMap<*const Type, &'static Type>) {
    if seen.insert(ty, ty).is_none() {
        let members = ty.structure.map_or(&[][..], |s| s.members).iter().map(|m| m.ty);
        for inner in members.chain(ty.of).chain(ty.key) {
            gather(inner, seen);
        }
    }
}

#[test]
fn every_pattern_of_the_models_is_understood() {
    let mut types = BTreeMap::new();
    for operation in api::SERVICES.iter().flat_map(|service| service.operations) {
        for member in (operation.input)().schema().members {
            gather(member.ty, &mut types);
        }
    }
    let patterns: Vec<_> = types.values().filter_map(|ty| Some((ty.name, ty.pattern?))).collect();
    assert!(!patterns.is_empty(), "the walk must find the patterns");
    for (name, pattern) in patterns {
        if let Err(why) = Pattern::new(pattern) {
            panic!("{name}: {pattern:?}: {why}");
        }
    }
}
