//! The order of containers: whom each waits for, and until when.

use super::{Look, Rule, list, refuse_if, text};
use wire::Fault;

pub const RULES: &[Rule] = &[targets, conditions, cycles];

fn targets(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        for dependency in list(&container.depends_on) {
            let target = text(&dependency.container_name);
            refuse_if(look.container(target).is_none(), || {
                format!("Cannot depend on container {target} because it does not exist.")
            })?;
            refuse_if(container.name.as_deref() == Some(target), || {
                format!("Container {target} cannot depend on itself.")
            })?;
        }
        Ok(())
    })
}

fn conditions(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        for dependency in list(&container.depends_on) {
            let Some(target) = look.container(text(&dependency.container_name)) else {
                continue;
            };
            let condition = text(&dependency.condition);
            refuse_if(
                matches!(condition, "COMPLETE" | "SUCCESS") && target.essential != Some(false),
                || "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container".into(),
            )?;
            refuse_if(condition == "HEALTHY" && !super::health::is_checked(target), || {
                "A dependency container with HEALTHY condition must have health check configured".into()
            })?;
        }
        Ok(())
    })
}

/// Takes away, again and again, every container that waits for none of the rest. What stays waits in a circle.
fn cycles(look: &Look<'_>) -> Result<(), Fault> {
    let mut waiting: Vec<_> = look.containers().iter().collect();
    loop {
        let names: Vec<&str> = waiting.iter().map(|c| text(&c.name)).collect();
        let before = waiting.len();
        waiting.retain(|c| {
            list(&c.depends_on)
                .iter()
                .any(|d| names.contains(&text(&d.container_name)))
        });
        if waiting.len() == before {
            let names = names.join(", ");
            return refuse_if(before > 0, || {
                format!("The dependencies of these containers form a cycle: {names}.")
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::*;
    use api::ecs;

    fn waits(name: &str, target: &str, condition: &str) -> ecs::ContainerDefinition {
        let dependency = ecs::ContainerDependency {
            container_name: text(target),
            condition: text(condition),
        };
        ecs::ContainerDefinition {
            depends_on: Some(vec![dependency]),
            ..container(name)
        }
    }

    #[test]
    fn dependencies_are_other_containers() {
        accepted(&and(web(), waits("app", "web", "START")));
        assert_eq!(
            refusal(&and(web(), waits("app", "db", "START"))),
            "Cannot depend on container db because it does not exist."
        );
        assert_eq!(
            refusal(&and(web(), waits("app", "app", "START"))),
            "Container app cannot depend on itself."
        );
    }

    #[test]
    fn nobody_waits_for_the_end_of_an_essential_container() {
        for condition in ["COMPLETE", "SUCCESS"] {
            let sentence = "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container";
            assert_eq!(refusal(&and(web(), waits("app", "web", condition))), sentence);
            accepted(&and(
                with(web(), |c| c.essential = Some(false)),
                waits("app", "web", condition),
            ));
        }
    }

    #[test]
    fn only_what_is_checked_becomes_healthy() {
        let sentence = "A dependency container with HEALTHY condition must have health check configured";
        assert_eq!(refusal(&and(web(), waits("app", "web", "HEALTHY"))), sentence);
        let command = Some(vec!["CMD".to_string(), "true".to_string()]);
        let checked = with(web(), |c| {
            c.health_check = Some(ecs::HealthCheck {
                command,
                ..Default::default()
            })
        });
        accepted(&and(checked, waits("app", "web", "HEALTHY")));
    }

    #[test]
    fn nobody_waits_in_a_circle() {
        let mut request = and(web(), waits("a", "b", "START"));
        request = and(request, waits("b", "c", "START"));
        accepted(&and(request.clone(), waits("c", "web", "START")));
        let circle = and(request, waits("c", "a", "START"));
        assert_eq!(
            refusal(&circle),
            "The dependencies of these containers form a cycle: a, b, c."
        );
    }
}
