//! Constraints and strategies, from AWS's words as records keep them. They were checked when they were given.

use crate::query::Expression;
use crate::{Amount, Constraint, SpreadBy, Strategy};
use model::{Node, PlacementOrder, PlacementRule};

/// `None` when it is none that is known.
pub fn constraint(rule: &PlacementRule) -> Option<Constraint> {
    match rule.kind.as_str() {
        "distinctInstance" => Some(Constraint::DistinctInstance),
        "memberOf" => Expression::parse(&rule.expression).ok().map(Constraint::MemberOf),
        _ => None,
    }
}

/// `None` when it is none that is known.
pub fn strategy(order: &PlacementOrder) -> Option<Strategy> {
    match (order.kind.as_str(), order.field.as_str()) {
        ("random", _) => Some(Strategy::Random),
        ("binpack", "cpu" | "CPU") => Some(Strategy::Binpack(Amount::Cpu)),
        ("binpack", "memory" | "MEMORY") => Some(Strategy::Binpack(Amount::Memory)),
        ("spread", "instanceId" | "host") => Some(Strategy::Spread(SpreadBy::Instance)),
        ("spread", field) => {
            let name = field.strip_prefix("attribute:").filter(|name| !name.is_empty())?;
            let name = if name == "ecs.availability-zone" {
                Node::ZONE
            } else {
                name
            };
            Some(Strategy::Spread(SpreadBy::Attribute(name.to_string())))
        }
        _ => None,
    }
}
