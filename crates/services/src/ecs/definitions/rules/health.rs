//! Health checks, and how long a container may take to start and to stop.

use super::{Look, Rule, list, refuse_if, text, within};
use api::ecs;
use wire::Fault;

pub const RULES: &[Rule] = &[command, bounds, timeouts];

/// Whether the container has a check of its own. `NONE` switches off the one of the image.
pub fn is_checked(container: &ecs::ContainerDefinition) -> bool {
    let check = container.health_check.as_ref();
    check.is_some_and(|check| list(&check.command).first().is_some_and(|first| first != "NONE"))
}

fn command(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let Some(check) = &container.health_check else {
            return Ok(());
        };
        let good = match list(&check.command) {
            [none] => none == "NONE",
            [first, ..] => first == "CMD" || first == "CMD-SHELL",
            [] => false,
        };
        refuse_if(!good, || {
            format!(
                "Invalid 'healthCheck' setting for container '{}'. The command must start with CMD or CMD-SHELL.",
                text(&container.name)
            )
        })
    })
}

fn bounds(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let Some(check) = &container.health_check else {
            return Ok(());
        };
        let name = text(&container.name);
        within("interval", name, check.interval, 5, 300)?;
        within("timeout", name, check.timeout, 2, 60)?;
        within("retries", name, check.retries, 1, 10)?;
        within("startPeriod", name, check.start_period, 0, 300)
    })
}

fn timeouts(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let name = text(&container.name);
        let settings = [
            ("startTimeout", container.start_timeout),
            ("stopTimeout", container.stop_timeout),
        ];
        for (setting, seconds) in settings {
            let negative = seconds.is_some_and(|s| s < 0);
            refuse_if(negative, || {
                format!("Invalid '{setting}' setting for container '{name}'.")
            })?;
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::*;
    use api::ecs;

    fn check(command: &[&str]) -> ecs::HealthCheck {
        let command = Some(command.iter().map(|word| word.to_string()).collect());
        ecs::HealthCheck {
            command,
            ..Default::default()
        }
    }

    fn checked(check: ecs::HealthCheck) -> ecs::RegisterTaskDefinitionRequest {
        with(web(), |c| c.health_check = Some(check))
    }

    #[test]
    fn a_check_says_how_its_command_runs() {
        for good in [
            &["CMD", "true"][..],
            &["CMD-SHELL", "curl -f http://localhost/ || exit 1"],
            &["NONE"],
        ] {
            accepted(&checked(check(good)));
        }
        for bad in [
            &[][..],
            &["CMD"],
            &["curl"],
            &["NONE", "x"],
            &["curl", "-f", "http://localhost"],
        ] {
            let sentence =
                "Invalid 'healthCheck' setting for container 'web'. The command must start with CMD or CMD-SHELL.";
            assert_eq!(refusal(&checked(check(bad))), sentence, "{bad:?}");
        }
    }

    #[test]
    fn checks_have_bounds() {
        type Set = fn(&mut ecs::HealthCheck, i32);
        let bounds: [(&str, i32, i32, Set); 4] = [
            ("interval", 5, 300, |c, v| c.interval = Some(v)),
            ("timeout", 2, 60, |c, v| c.timeout = Some(v)),
            ("retries", 1, 10, |c, v| c.retries = Some(v)),
            ("startPeriod", 0, 300, |c, v| c.start_period = Some(v)),
        ];
        for (setting, least, most, set) in bounds {
            let at = |value| {
                let mut check = check(&["CMD", "true"]);
                set(&mut check, value);
                checked(check)
            };
            accepted(&at(least));
            accepted(&at(most));
            let sentence = format!("The '{setting}' setting for container 'web' must be between {least} and {most}.");
            assert_eq!(refusal(&at(least - 1)), sentence);
            assert_eq!(refusal(&at(most + 1)), sentence);
        }
    }

    #[test]
    fn timeouts_are_not_negative() {
        accepted(&with(web(), |c| c.stop_timeout = Some(3600)));
        assert_eq!(
            refusal(&with(web(), |c| c.stop_timeout = Some(-1))),
            "Invalid 'stopTimeout' setting for container 'web'."
        );
        assert_eq!(
            refusal(&with(web(), |c| c.start_timeout = Some(-1))),
            "Invalid 'startTimeout' setting for container 'web'."
        );
    }
}
