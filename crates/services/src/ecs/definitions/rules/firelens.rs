//! FireLens: one container routes the logs of the others.

use super::{Look, Rule, environment, refuse_if, text};
use api::ecs;
use base::Arn;
use wire::Fault;

pub const RULES: &[Rule] = &[pairs, options];

fn routes(container: &ecs::ContainerDefinition) -> bool {
    container
        .log_configuration
        .as_ref()
        .is_some_and(|logs| text(&logs.log_driver) == "awsfirelens")
}

fn pairs(look: &Look<'_>) -> Result<(), Fault> {
    let routers: Vec<_> = look
        .containers()
        .iter()
        .filter(|c| c.firelens_configuration.is_some())
        .collect();
    let routed = look.containers().iter().any(routes);
    refuse_if(routed && routers.is_empty(), || {
        "When awsfirelens log driver is specified in log configuration, a firelens configuration object must be specified.".into()
    })?;
    refuse_if(!routed && !routers.is_empty(), || {
        "When a firelensConfiguration object is specified, at least one container has to be configured with the \
         awsfirelens log driver."
            .into()
    })?;
    refuse_if(routers.len() > 1, || {
        "Only one container can have a firelensConfiguration object.".into()
    })?;
    refuse_if(routers.iter().any(|c| routes(c)), || {
        "The FireLens container cannot use the awsfirelens log driver.".into()
    })
}

/// What a router was told; empty when it was not.
pub fn option<'a>(router: &'a ecs::FirelensConfiguration, name: &str) -> &'a str {
    router
        .options
        .as_ref()
        .and_then(|options| options.get(name))
        .map_or("", String::as_str)
}

fn options(look: &Look<'_>) -> Result<(), Fault> {
    for router in look
        .containers()
        .iter()
        .filter_map(|c| c.firelens_configuration.as_ref())
    {
        refuse_if(
            !matches!(option(router, "enable-ecs-log-metadata"), "" | "true" | "false"),
            || "FirelensConfiguration option enable-ecs-log-metadata must be true or false.".into(),
        )?;
        let (kind, value) = (option(router, "config-file-type"), option(router, "config-file-value"));
        refuse_if(!matches!(kind, "" | "s3" | "file"), || {
            "FirelensConfiguration option config-file-type must be s3 or file.".into()
        })?;
        refuse_if(kind.is_empty() != value.is_empty(), || {
            "FirelensConfiguration options config-file-type and config-file-value must be specified together.".into()
        })?;
        let object = Arn::parse(value).is_some_and(|arn| environment::is_s3_object(&arn));
        refuse_if(kind == "s3" && !object, || "Invalid arn syntax".into())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::*;
    use api::ecs;

    fn router(name: &str, pairs: &[(&str, &str)]) -> ecs::ContainerDefinition {
        let firelens = ecs::FirelensConfiguration {
            r#type: text("fluentbit"),
            options: options(pairs),
        };
        ecs::ContainerDefinition {
            firelens_configuration: Some(firelens),
            ..container(name)
        }
    }

    fn routed() -> ecs::RegisterTaskDefinitionRequest {
        let logs = ecs::LogConfiguration {
            log_driver: text("awsfirelens"),
            ..Default::default()
        };
        with(web(), |c| c.log_configuration = Some(logs))
    }

    #[test]
    fn router_and_routed_need_each_other() {
        accepted(&and(routed(), router("router", &[])));
        assert!(refusal(&routed()).starts_with("When awsfirelens log driver is specified in log configuration"));
        assert!(
            refusal(&and(web(), router("router", &[]))).starts_with("When a firelensConfiguration object is specified")
        );
        let two = and(and(routed(), router("a", &[])), router("b", &[]));
        assert_eq!(
            refusal(&two),
            "Only one container can have a firelensConfiguration object."
        );
        let logs = ecs::LogConfiguration {
            log_driver: text("awsfirelens"),
            ..Default::default()
        };
        let itself = ecs::ContainerDefinition {
            log_configuration: Some(logs),
            ..router("router", &[])
        };
        assert_eq!(
            refusal(&and(routed(), itself)),
            "The FireLens container cannot use the awsfirelens log driver."
        );
    }

    #[test]
    fn a_router_is_told_where_its_file_is() {
        let told = |pairs: &[(&str, &str)]| and(routed(), router("router", pairs));
        accepted(&told(&[
            ("config-file-type", "file"),
            ("config-file-value", "/extra.conf"),
            ("enable-ecs-log-metadata", "false"),
        ]));
        accepted(&told(&[
            ("config-file-type", "s3"),
            ("config-file-value", "arn:aws:s3:::bucket/extra.conf"),
        ]));
        assert_eq!(
            refusal(&told(&[
                ("config-file-type", "s3"),
                ("config-file-value", "extra.conf")
            ])),
            "Invalid arn syntax"
        );
        assert!(refusal(&told(&[("config-file-type", "file")])).ends_with("must be specified together."));
        assert!(
            refusal(&told(&[("config-file-type", "http"), ("config-file-value", "x")]))
                .ends_with("must be s3 or file.")
        );
        assert!(refusal(&told(&[("enable-ecs-log-metadata", "yes")])).ends_with("must be true or false."));
    }
}
