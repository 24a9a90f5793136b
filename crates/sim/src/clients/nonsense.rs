//! Requests of any operation of any service, with members filled as the dice fall: some make sense by accident. Whatever
//! they say, they must get an answer or the caller's own fault.

use super::Known;
use crate::chance::{once_in, one_of};
use crate::world::{START, services};
use base::Dice;
use wire::schema::Type;
use wire::{Document, Operation, Service, Shape, Slot};

/// Structures inside each other.
const DEEPEST: usize = 6;

pub fn compose(dice: &dyn Dice, known: &Known) -> (&'static Service, &'static Operation, Box<dyn Shape>) {
    let ecs = &api::ecs::ECS;
    let service = if once_in(dice, 6) {
        *one_of(dice, services().facts())
    } else {
        ecs
    };
    let rows = &services().table(service).expect("it is one of its services").rows;
    let operation = one_of(dice, rows).operation;
    let mut input = (operation.input)();
    fill(dice, known, input.as_mut(), 0);
    (service, operation, input)
}

fn fill(dice: &dyn Dice, known: &Known, shape: &mut dyn Shape, depth: usize) {
    let schema = shape.schema();
    let alone = schema
        .union
        .then(|| dice.below(schema.members.len().max(1) as u64) as usize);
    for (index, member) in schema.members.iter().enumerate() {
        let wanted = match alone {
            Some(only) => index == only,
            None if member.required => !once_in(dice, 16),
            None => once_in(dice, 3 + depth as u64),
        };
        if wanted && depth < DEEPEST {
            value(dice, known, shape.slot(index), member.ty, member.name, depth);
        }
    }
}

fn value(dice: &dyn Dice, known: &Known, slot: Slot<'_>, ty: &'static Type, name: &str, depth: usize) {
    match slot {
        Slot::Text(text) => *text = word(dice, known, ty, name),
        Slot::Flag(flag) => *flag = once_in(dice, 2),
        Slot::Int(number) => *number = whole(dice, ty) as i32,
        Slot::Long(number) => *number = whole(dice, ty),
        Slot::Float(number) => *number = whole(dice, ty) as f32 / 2.0,
        Slot::Double(number) => *number = whole(dice, ty) as f64 / 2.0,
        Slot::Time(at) => *at = START.plus_millis(dice.below(1 << 40) as i64 - (1 << 39)),
        Slot::Blob(bytes) => bytes.0 = dice.hex(8).into_bytes(),
        Slot::Document(document) => *document = Document::Text(word(dice, known, ty, name)),
        Slot::Structure(inner) => fill(dice, known, inner, depth + 1),
        Slot::List(items) => {
            let of = ty.of.expect("a list type says what it is a list of");
            for _ in 0..many(dice) {
                value(dice, known, items.push(), of, name, depth + 1);
            }
        }
        Slot::Map(entries) => {
            let of = ty.of.expect("a map type says what its values are");
            for _ in 0..many(dice) {
                let key = word(dice, known, ty.key.unwrap_or(ty), name);
                value(dice, known, entries.entry(key), of, name, depth + 1);
            }
        }
    }
}

/// Of a list: mostly one, now and then more than anybody allows.
fn many(dice: &dyn Dice) -> u64 {
    match dice.below(32) {
        0 => 0,
        1 => 101,
        n => 1 + n / 16 + n / 31,
    }
}

fn whole(dice: &dyn Dice, ty: &Type) -> i64 {
    let numbers = [
        0,
        1,
        2,
        -1,
        8,
        80,
        100,
        128,
        256,
        512,
        1024,
        8080,
        65_535,
        65_536,
        i64::from(i32::MAX),
        i64::MIN,
    ];
    let n = *one_of(dice, &numbers);
    match (ty.min, ty.max) {
        (Some(min), _) if once_in(dice, 2) => n.max(min as i64),
        (_, Some(max)) if once_in(dice, 2) => n.min(max as i64),
        _ => n,
    }
}

fn word(dice: &dyn Dice, known: &Known, ty: &Type, name: &str) -> String {
    if !ty.one_of.is_empty() && !once_in(dice, 16) {
        return one_of(dice, ty.one_of).to_string();
    }
    let name = name.to_ascii_lowercase();
    let fits = !once_in(dice, 8);
    let arn = |kind: &str, tail: &str| format!("arn:aws:ecs:us-east-1:000000000000:{kind}/{tail}");
    let some = |list: &[String]| {
        if list.is_empty() {
            String::new()
        } else {
            one_of(dice, list).clone()
        }
    };
    let tail = |name: String| name.rsplit('/').next().unwrap_or_default().to_string();
    if fits && name.contains("cluster") {
        return one_of(dice, &["default", "blue", "green"]).to_string();
    }
    if fits && name.contains("definition") {
        return some(&known.definitions);
    }
    if fits && name.contains("instance") {
        return tail(some(&known.nodes));
    }
    if fits && (name == "task" || name == "tasks") {
        return tail(some(&known.tasks));
    }
    if fits && (name.ends_with("arn") || name.contains("resource")) {
        return match dice.below(4) {
            0 => arn("task", &some(&known.tasks)),
            1 => arn("container-instance", &some(&known.nodes)),
            2 => arn("task-definition", &some(&known.definitions)),
            _ => arn("cluster", "default"),
        };
    }
    if fits && (name == "cpu" || name == "memory") {
        return one_of(dice, &["256", "512", "1024", "2048", ".25 vCPU", "1 GB"]).to_string();
    }
    match dice.below(12) {
        0 => String::new(),
        1 => "x".repeat(1 << dice.below(11)),
        2 => "\u{65e5}\u{672c} \u{1f4a5}".to_string(),
        3 => "a b".to_string(),
        4 => "attribute:ecs.os-type == linux and (task:group != service:x".to_string(),
        5 => "8000-8010".to_string(),
        6 => "{\"a\":[1,null]}".to_string(),
        7 => "-1".to_string(),
        8 => "default".to_string(),
        9 => "arn:aws:ecs:eu-west-1:111111111111:cluster/default".to_string(),
        _ => one_of(
            dice,
            &[
                "web", "job", "main", "busybox", "bridge", "awsvpc", "FARGATE", "spread", "linux",
            ],
        )
        .to_string(),
    }
}
