//! Where a container's output goes, and what each log driver needs to be told.

use super::{Look, Rule, list, refuse_if, text};
use api::ecs;
use wire::Fault;

pub const RULES: &[Rule] = &[required_options, awslogs, mode];

/// The options that a driver cannot do without.
fn needs(driver: &str) -> &'static [&'static str] {
    match driver {
        "awslogs" => &["awslogs-region", "awslogs-group"],
        "splunk" => &["splunk-token", "splunk-url"],
        _ => &[],
    }
}

fn required_options(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let Some(logs) = &container.log_configuration else {
            return Ok(());
        };
        let driver = text(&logs.log_driver);
        refuse_missing(driver, needs(driver), logs)
    })
}

/// An option may also come as a secret.
pub fn refuse_missing(driver: &str, needs: &[&str], logs: &ecs::LogConfiguration) -> Result<(), Fault> {
    let secret = |name: &str| list(&logs.secret_options).iter().any(|s| text(&s.name) == name);
    let missing: Vec<&str> = needs
        .iter()
        .copied()
        .filter(|name| option(logs, name).is_empty() && !secret(name))
        .collect();
    refuse_if(!missing.is_empty(), || {
        format!("Log driver {driver} requires options: {}", missing.join(", "))
    })
}

/// What an option is set to; empty when it is not.
pub fn option<'a>(logs: &'a ecs::LogConfiguration, name: &str) -> &'a str {
    logs.options
        .as_ref()
        .and_then(|options| options.get(name))
        .map_or("", String::as_str)
}

fn awslogs(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let logs = container
            .log_configuration
            .as_ref()
            .filter(|l| text(&l.log_driver) == "awslogs");
        let Some(logs) = logs else { return Ok(()) };
        refuse_if(
            !matches!(option(logs, "awslogs-create-group"), "" | "true" | "false"),
            || "Log driver awslogs option awslogs-create-group must be true or false.".into(),
        )?;
        let both = !option(logs, "awslogs-datetime-format").is_empty()
            && !option(logs, "awslogs-multiline-pattern").is_empty();
        refuse_if(both, || {
            "Log driver awslogs cannot have both options: awslogs-datetime-format, awslogs-multiline-pattern".into()
        })
    })
}

fn mode(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let Some(logs) = &container.log_configuration else {
            return Ok(());
        };
        let known = matches!(option(logs, "mode"), "" | "blocking" | "non-blocking");
        refuse_if(!known, || {
            format!(
                "Log driver {} option mode must be blocking or non-blocking.",
                text(&logs.log_driver)
            )
        })
    })
}

/// Refuses every driver but these: platforms differ in what they have.
pub fn only(look: &Look<'_>, drivers: &[&str]) -> Result<(), Fault> {
    look.each(|container| {
        let Some(logs) = &container.log_configuration else {
            return Ok(());
        };
        let driver = text(&logs.log_driver);
        refuse_if(!drivers.contains(&driver), || {
            format!(
                "{driver} is not a valid log driver. Must be one of [{}]",
                drivers.join(", ")
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::*;
    use api::ecs;

    fn logged(driver: &str, pairs: &[(&str, &str)]) -> ecs::RegisterTaskDefinitionRequest {
        let logs = ecs::LogConfiguration {
            log_driver: text(driver),
            options: options(pairs),
            secret_options: None,
        };
        with(web(), |c| c.log_configuration = Some(logs))
    }

    const WHERE: [(&str, &str); 2] = [("awslogs-region", "us-east-1"), ("awslogs-group", "/app")];

    #[test]
    fn drivers_are_told_what_they_need() {
        accepted(&logged("json-file", &[]));
        accepted(&logged("awslogs", &WHERE));
        assert_eq!(
            refusal(&logged("awslogs", &[])),
            "Log driver awslogs requires options: awslogs-region, awslogs-group"
        );
        assert_eq!(
            refusal(&logged("awslogs", &WHERE[..1])),
            "Log driver awslogs requires options: awslogs-group"
        );
        let url = [("splunk-url", "https://splunk:8088")];
        assert_eq!(
            refusal(&logged("splunk", &url)),
            "Log driver splunk requires options: splunk-token"
        );
        let mut request = logged("splunk", &url);
        request.execution_role_arn = text("execution");
        let token = ecs::Secret {
            name: text("splunk-token"),
            value_from: text("/token"),
        };
        let request = with(request, |c| {
            c.log_configuration.as_mut().unwrap().secret_options = Some(vec![token])
        });
        accepted(&request);
    }

    #[test]
    fn lines_are_joined_in_one_way() {
        let both = [("awslogs-datetime-format", "%Y"), ("awslogs-multiline-pattern", "^x")];
        accepted(&logged("awslogs", &[WHERE.as_slice(), &both[..1]].concat()));
        let sentence =
            "Log driver awslogs cannot have both options: awslogs-datetime-format, awslogs-multiline-pattern";
        assert_eq!(
            refusal(&logged("awslogs", &[WHERE.as_slice(), &both].concat())),
            sentence
        );
    }

    #[test]
    fn modes_are_known() {
        accepted(&logged(
            "awslogs",
            &[
                WHERE.as_slice(),
                &[("mode", "non-blocking"), ("max-buffer-size", "25m")],
            ]
            .concat(),
        ));
        let odd = [WHERE.as_slice(), &[("mode", "sometimes")]].concat();
        assert_eq!(
            refusal(&logged("awslogs", &odd)),
            "Log driver awslogs option mode must be blocking or non-blocking."
        );
        let odd = [WHERE.as_slice(), &[("awslogs-create-group", "maybe")]].concat();
        assert_eq!(
            refusal(&logged("awslogs", &odd)),
            "Log driver awslogs option awslogs-create-group must be true or false."
        );
    }
}
