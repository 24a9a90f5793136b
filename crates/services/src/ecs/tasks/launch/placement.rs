//! Placement constraints and strategies, from ECS's shapes to the scheduler's.

use crate::ecs::fault;
use api::ecs;
use model::{LaunchType, Node, PlacementRule};
use scheduler::query::{self, Expression};
use scheduler::{Amount, Constraint, SpreadBy, Strategy};
use wire::Fault;

const MOST_CONSTRAINTS: usize = 10;
const MOST_STRATEGIES: usize = 5;

/// The definition's constraints, then the request's.
pub fn constraints(
    rules: &[PlacementRule],
    given: &[ecs::PlacementConstraint],
    launch_type: LaunchType,
) -> Result<Vec<Constraint>, Fault> {
    if launch_type == LaunchType::Fargate && !given.is_empty() {
        return Err(fault::invalid(
            "Placement constraints are not supported with FARGATE launch type.",
        ));
    }
    if rules.len() + given.len() > MOST_CONSTRAINTS {
        return Err(fault::invalid(format!(
            "The number of placement constraints exceeds the limit of {MOST_CONSTRAINTS}."
        )));
    }
    let of_definition = rules.iter().map(|rule| (rule.kind.as_str(), rule.expression.as_str()));
    let of_request = given.iter().map(|c| {
        (
            c.r#type.as_deref().unwrap_or_default(),
            c.expression.as_deref().unwrap_or_default(),
        )
    });
    of_definition
        .chain(of_request)
        .map(|(kind, expression)| constraint(kind, expression))
        .collect()
}

fn constraint(kind: &str, expression: &str) -> Result<Constraint, Fault> {
    match (kind, expression) {
        ("distinctInstance", "") => Ok(Constraint::DistinctInstance),
        ("distinctInstance", _) => Err(fault::invalid(
            "An expression can't be specified if the constraint type is distinctInstance.",
        )),
        ("memberOf", "") => Err(fault::invalid(
            "An expression is required if the constraint type is memberOf.",
        )),
        ("memberOf", text) if text.chars().count() > query::MOST_CHARS => Err(fault::invalid(format!(
            "A constraint expression can have at most {} characters.",
            query::MOST_CHARS
        ))),
        ("memberOf", text) => {
            let expression = Expression::parse(text);
            expression
                .map(Constraint::MemberOf)
                .map_err(|wrong| fault::invalid(format!("Invalid constraint expression: {wrong}.")))
        }
        _ => Err(fault::invalid(
            "A constraint type should be one of [distinctInstance, memberOf].",
        )),
    }
}

pub fn strategies(given: &[ecs::PlacementStrategy], launch_type: LaunchType) -> Result<Vec<Strategy>, Fault> {
    if launch_type == LaunchType::Fargate && !given.is_empty() {
        return Err(fault::invalid(
            "Placement strategies are not supported with FARGATE launch type.",
        ));
    }
    if given.len() > MOST_STRATEGIES {
        return Err(fault::invalid(format!(
            "The number of placement strategies exceeds the limit of {MOST_STRATEGIES}."
        )));
    }
    given.iter().map(strategy).collect()
}

fn strategy(given: &ecs::PlacementStrategy) -> Result<Strategy, Fault> {
    let kind = given.r#type.as_deref().unwrap_or_default();
    let field = given.field.as_deref().unwrap_or_default();
    match (kind, field) {
        ("random", "") => Ok(Strategy::Random),
        ("random", _) => Err(fault::invalid(
            "A field can't be specified if the strategy type is random.",
        )),
        ("binpack", "cpu" | "CPU") => Ok(Strategy::Binpack(Amount::Cpu)),
        ("binpack", "memory" | "MEMORY") => Ok(Strategy::Binpack(Amount::Memory)),
        ("binpack", _) => Err(fault::invalid(
            "The field of a binpack strategy should be one of [cpu, memory].",
        )),
        ("spread", "instanceId" | "host") => Ok(Strategy::Spread(SpreadBy::Instance)),
        ("spread", field) => match field.strip_prefix("attribute:").filter(|name| !name.is_empty()) {
            Some("ecs.availability-zone") => Ok(Strategy::Spread(SpreadBy::Attribute(Node::ZONE.to_string()))),
            Some(name) => Ok(Strategy::Spread(SpreadBy::Attribute(name.to_string()))),
            None => Err(fault::invalid(
                "The field of a spread strategy should be instanceId or attribute:NAME.",
            )),
        },
        _ => Err(fault::invalid(
            "A strategy type should be one of [random, spread, binpack].",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(kind: &str, field: &str) -> Result<Strategy, Fault> {
        strategy(&ecs::PlacementStrategy {
            r#type: Some(kind.to_string()),
            field: Some(field.to_string()),
        })
    }

    #[test]
    fn strategies_have_fields_of_their_own() {
        assert_eq!(spoken("random", ""), Ok(Strategy::Random));
        assert_eq!(spoken("binpack", "memory"), Ok(Strategy::Binpack(Amount::Memory)));
        assert_eq!(spoken("spread", "host"), Ok(Strategy::Spread(SpreadBy::Instance)));
        assert_eq!(
            spoken("spread", "attribute:rack"),
            Ok(Strategy::Spread(SpreadBy::Attribute("rack".to_string())))
        );
        for (kind, field) in [
            ("random", "cpu"),
            ("binpack", "disk"),
            ("spread", "rack"),
            ("spread", "attribute:"),
            ("pack", ""),
        ] {
            assert!(spoken(kind, field).is_err(), "{kind} {field}");
        }
    }

    #[test]
    fn constraints_are_read_and_counted_with_those_of_the_definition() {
        let rule = PlacementRule {
            kind: "memberOf".to_string(),
            expression: "attribute:a exists".to_string(),
        };
        let distinct = ecs::PlacementConstraint {
            r#type: Some("distinctInstance".to_string()),
            expression: None,
        };
        let (rules, asked) = ([rule], [distinct]);
        let both = constraints(&rules, &asked, LaunchType::Ec2).expect("good constraints");
        assert_eq!(both.len(), 2);
        assert!(constraints(&vec![rules[0].clone(); 10], &asked, LaunchType::Ec2).is_err());
        assert!(constraints(&[], &asked, LaunchType::Fargate).is_err());
        assert!(constraint("memberOf", "attribute:a = b").is_err_and(|f| f.message.contains("at character 13")));
        assert!(constraint("distinctInstance", "attribute:a exists").is_err());
    }
}
