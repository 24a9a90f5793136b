//! Placement constraints and strategies, as they may be given: checked here, read by the scheduler.

use crate::ecs::fault;
use api::ecs;
use model::{LaunchType, PlacementOrder, PlacementRule};
use scheduler::query::{self, Expression};
use wire::Fault;

const MOST_CONSTRAINTS: usize = 10;
const MOST_STRATEGIES: usize = 5;

/// The definition's constraints, then the request's.
pub fn constraints(
    rules: &[PlacementRule],
    given: &[ecs::PlacementConstraint],
    launch_type: LaunchType,
) -> Result<Vec<PlacementRule>, Fault> {
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
    let of_request = given.iter().map(|c| PlacementRule {
        kind: c.r#type.clone().unwrap_or_default(),
        expression: c.expression.clone().unwrap_or_default(),
    });
    let all: Vec<PlacementRule> = rules.iter().cloned().chain(of_request).collect();
    all.iter()
        .try_for_each(|rule| constraint(&rule.kind, &rule.expression))?;
    Ok(all)
}

fn constraint(kind: &str, expression: &str) -> Result<(), Fault> {
    match (kind, expression) {
        ("distinctInstance", "") => Ok(()),
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
                .map(drop)
                .map_err(|wrong| fault::invalid(format!("Invalid constraint expression: {wrong}.")))
        }
        _ => Err(fault::invalid(
            "A constraint type should be one of [distinctInstance, memberOf].",
        )),
    }
}

pub fn strategies(given: &[ecs::PlacementStrategy], launch_type: LaunchType) -> Result<Vec<PlacementOrder>, Fault> {
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

fn strategy(given: &ecs::PlacementStrategy) -> Result<PlacementOrder, Fault> {
    let kind = given.r#type.as_deref().unwrap_or_default();
    let field = given.field.as_deref().unwrap_or_default();
    let order = PlacementOrder {
        kind: kind.to_string(),
        field: field.to_string(),
    };
    let known = scheduler::launch::strategy(&order).is_some();
    match (kind, field) {
        ("random", field) if !field.is_empty() => Err(fault::invalid(
            "A field can't be specified if the strategy type is random.",
        )),
        _ if known => Ok(order),
        ("binpack", _) => Err(fault::invalid(
            "The field of a binpack strategy should be one of [cpu, memory].",
        )),
        ("spread", _) => Err(fault::invalid(
            "The field of a spread strategy should be instanceId or attribute:NAME.",
        )),
        _ => Err(fault::invalid(
            "A strategy type should be one of [random, spread, binpack].",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(kind: &str, field: &str) -> Result<PlacementOrder, Fault> {
        strategy(&ecs::PlacementStrategy {
            r#type: Some(kind.to_string()),
            field: Some(field.to_string()),
        })
    }

    #[test]
    fn strategies_have_fields_of_their_own() {
        for (kind, field) in [
            ("random", ""),
            ("binpack", "memory"),
            ("spread", "host"),
            ("spread", "attribute:rack"),
        ] {
            let told = spoken(kind, field).map(|order| (order.kind, order.field));
            assert_eq!(told, Ok((kind.to_string(), field.to_string())));
        }
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
