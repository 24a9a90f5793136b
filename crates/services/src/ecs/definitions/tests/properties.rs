//! What holds of any definition: nothing that a user can send makes us fall over, and what is accepted once is accepted
//! again as it is shown.

use super::super::{attributes, defaults, plan, register, rules, samples};
use crate::common::given;
use api::ecs;
use base::{Dice, SeededDice};
use std::collections::BTreeSet;
use wire::schema::{Kind, Type};
use wire::{Shape, Slot, Timestamp};

/// What texts are drawn from where the model does not list the allowed ones: things that some rule looks at.
const WORDS: &[&str] = &[
    "",
    " ",
    "web",
    "db",
    "c1",
    "v1",
    "a b",
    "256",
    "512",
    "1024",
    "0.5 GB",
    ".25 vCPU",
    "-1",
    "80-90",
    "90-80",
    "1-65535",
    "ALL",
    "1",
    "/",
    "/data",
    "arn:",
    "arn:aws:s3:::bucket/key.env",
    "arn:aws:iam::000000000000:role/app",
    "arn:aws:secretsmanager:us-east-1:000000000000:secret:s",
    "busybox",
    "app@sha256:",
    "@",
    "CMD",
    "NONE",
    "CMD-SHELL",
    "web:db",
    "net.core.somaxconn",
    "kernel.sem",
    "memberOf",
    "attribute:a == b",
    "not (",
    "fs-1",
    "local",
    "true",
    "credentialspec:arn:aws:s3:::b/k",
    "no-new-privileges",
    "SYS_PTRACE",
    "é∑ vCPU",
    "\u{0}",
    "🦀",
    "000000000000.dkr.ecr.us-east-1.amazonaws.com/app",
    "awslogs-group",
    "mode",
];
const NUMBERS: &[i32] = &[
    0,
    1,
    -1,
    2,
    5,
    6,
    21,
    60,
    64,
    80,
    100,
    120,
    200,
    300,
    512,
    65535,
    65536,
    i32::MAX,
    i32::MIN,
];

struct Fill<'a> {
    dice: &'a SeededDice,
    /// One member in so many is given.
    rarely: u64,
}

impl Fill<'_> {
    fn pick<'t, T: ?Sized>(&self, from: &[&'t T]) -> &'t T {
        from[self.dice.below(from.len() as u64) as usize]
    }

    fn shape(&self, shape: &mut dyn Shape, depth: u32) {
        for (i, member) in shape.schema().members.iter().enumerate() {
            if self.dice.below(if member.required {
                1 + self.rarely / 4
            } else {
                self.rarely
            }) == 0
            {
                self.slot(shape.slot(i), member.ty, depth);
            }
        }
    }

    fn slot(&self, slot: Slot<'_>, ty: &Type, depth: u32) {
        let count = if depth > 6 { 0 } else { self.dice.below(4) };
        match slot {
            Slot::Text(text) => {
                *text = self
                    .pick(if ty.one_of.is_empty() { WORDS } else { ty.one_of })
                    .to_string()
            }
            Slot::Flag(flag) => *flag = self.dice.below(2) == 0,
            Slot::Int(int) => *int = NUMBERS[self.dice.below(NUMBERS.len() as u64) as usize],
            Slot::Long(long) => *long = self.dice.u64() as i64,
            Slot::Float(float) => *float = 0.5,
            Slot::Double(double) => *double = f64::NAN,
            Slot::Time(time) => *time = Timestamp(self.dice.u64() as i64),
            Slot::Blob(_) | Slot::Document(_) => {}
            Slot::List(items) => {
                let of = ty.of.expect("a list has elements");
                (0..count).for_each(|_| self.slot(items.push(), of, depth + 1));
            }
            Slot::Map(entries) => {
                let of = ty.of.expect("a map has values");
                (0..count).for_each(|_| self.slot(entries.entry(self.pick(WORDS).to_string()), of, depth + 1));
            }
            Slot::Structure(shape) => {
                debug_assert_eq!(ty.kind, Kind::Structure);
                self.shape(shape, depth + 1);
            }
        }
    }
}

/// Anything at all, or something good with a few things changed.
fn request(seed: u64) -> ecs::RegisterTaskDefinitionRequest {
    let dice = SeededDice::new(seed);
    let mut request = match dice.below(4) {
        0 => ecs::RegisterTaskDefinitionRequest::default(),
        1 => samples::fargate(),
        2 => samples::and(samples::web(), samples::container("db")),
        _ => samples::web(),
    };
    let fill = Fill {
        dice: &dice,
        rarely: [2, 8, 24, 60][dice.below(4) as usize],
    };
    if dice.below(2) == 0 {
        fill.shape(&mut request, 0);
    }
    for container in request.container_definitions.iter_mut().flatten() {
        let (name, image) = (container.name.clone(), container.image.clone());
        fill.shape(container, 1);
        if dice.below(4) != 0 {
            (container.name, container.image) = (name.or(container.name.take()), image.or(container.image.take()));
        }
    }
    request
}

const SEEDS: u64 = 4_000;

#[test]
fn nothing_makes_us_fall_over() {
    let (mut accepted, mut sentences) = (0, BTreeSet::new());
    for seed in 0..SEEDS {
        let request = request(seed);
        let document = defaults::filled(&request);
        // Also what the rules refuse: nothing may depend on their having looked.
        plan::derived(&document);
        attributes::required(&document);
        match register::draft(&request) {
            Ok(_) => accepted += 1,
            Err(fault) => {
                assert_eq!(fault.status, 400, "seed {seed}: {fault}");
                assert!(!fault.message.is_empty(), "seed {seed}");
                sentences.insert(fault.message.split('\'').next().unwrap_or_default().to_string());
            }
        }
    }
    // The draws are worth something only if they reach both sides, and many rules.
    assert!(accepted > SEEDS / 50, "only {accepted} accepted");
    assert!(sentences.len() > 80, "only {} sentences", sentences.len());
}

#[test]
fn what_is_shown_registers_again_as_the_same() {
    for seed in 0..SEEDS {
        let request = request(seed);
        let document = defaults::filled(&request);
        let Ok(platforms) = rules::check(&document) else {
            continue;
        };
        let again = defaults::filled(&defaults::again(document.clone()));
        assert_eq!(again, document, "seed {seed}");
        assert_eq!(rules::check(&again).as_ref(), Ok(&platforms), "seed {seed}");
        let kept: ecs::TaskDefinition = given::recall(&given::keep(&document));
        assert_eq!(kept, document, "seed {seed}: what is kept comes back");
    }
}

#[test]
fn what_is_accepted_can_be_placed() {
    for seed in 0..SEEDS {
        let request = request(seed);
        let Ok(platforms) = rules::check(&defaults::filled(&request)) else {
            continue;
        };
        let required = request.requires_compatibilities.clone().unwrap_or_default();
        assert!(
            required.iter().all(|r| platforms.iter().any(|p| p.as_str() == r)),
            "seed {seed}"
        );
        assert!(!platforms.is_empty(), "seed {seed}");
        let plan = plan::derived(&defaults::filled(&request));
        assert!(plan.containers.iter().any(|c| c.essential), "seed {seed}");
        let known = |c: &model::ContainerPlan| c.memory_mib.or(c.memory_reservation_mib).or(plan.memory_mib).is_some();
        assert!(plan.containers.iter().all(known), "seed {seed}");
        let names: BTreeSet<_> = plan.containers.iter().map(|c| &c.name).collect();
        assert_eq!(names.len(), plan.containers.len(), "seed {seed}");
        let ports = plan
            .containers
            .iter()
            .flat_map(|c| &c.ports)
            .filter(|port| port.host_port != 0);
        let mut ports: Vec<_> = ports.map(|port| (port.host_port, port.udp)).collect();
        ports.sort_unstable();
        assert!(ports.windows(2).all(|two| two[0] != two[1]), "seed {seed}");
    }
}
