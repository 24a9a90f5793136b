//! What a container finds in its environment: variables, files of variables, secrets; and the credentials for its image.

use super::{Look, Rule, list, refuse_if, text};
use base::Arn;
use wire::Fault;

pub const RULES: &[Rule] = &[
    variables,
    files,
    execution_role,
    secret_forms,
    secret_names,
    repository_credentials,
];

fn variables(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let nameless = list(&container.environment)
            .iter()
            .any(|pair| text(&pair.name).is_empty());
        refuse_if(nameless, || {
            "Container.environment.name should not be null or empty.".into()
        })
    })
}

/// What AWS does not know: a file of the node that the task runs on.
pub const NODE_FILE: &str = "file:///";

fn files(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let files = list(&container.environment_files);
        refuse_if(files.len() > 10, || {
            "The maximum number of environment files was exceeded. Specify ten or less and try again.".into()
        })?;
        for file in files {
            let value = text(&file.value);
            let known = value.starts_with(NODE_FILE) || Arn::parse(value).is_some_and(|arn| is_s3_object(&arn));
            refuse_if(!known, || "Invalid arn syntax".into())?;
            refuse_if(!value.ends_with(".env"), || {
                "An environment file must have a .env file extension.".into()
            })?;
        }
        Ok(())
    })
}

/// `arn:aws:s3:::bucket/key`
pub fn is_s3_object(arn: &Arn<'_>) -> bool {
    let object = arn.resource.split_once('/');
    arn.service == "s3" && object.is_some_and(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
}

fn execution_role(look: &Look<'_>) -> Result<(), Fault> {
    let secret = |c: &api::ecs::ContainerDefinition| {
        let of_logs = c
            .log_configuration
            .as_ref()
            .is_some_and(|l| !list(&l.secret_options).is_empty());
        of_logs || !list(&c.secrets).is_empty()
    };
    refuse_if(
        look.containers().iter().any(secret) && !look.has_execution_role(),
        || "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.".into(),
    )
}

/// Where a secret comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    SecretsManager,
    ParameterStore,
}

/// The ARN of a secret, or the ARN or the name of a parameter.
pub fn source(value_from: &str) -> Option<Source> {
    if !value_from.starts_with("arn:") {
        return (!value_from.is_empty()).then_some(Source::ParameterStore);
    }
    match Arn::parse(value_from)?.service {
        "secretsmanager" => Some(Source::SecretsManager),
        "ssm" => Some(Source::ParameterStore),
        _ => None,
    }
}

fn secret_forms(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let logged = container
            .log_configuration
            .as_ref()
            .map_or(&[][..], |l| list(&l.secret_options));
        for secret in list(&container.secrets).iter().chain(logged) {
            refuse_if(text(&secret.name).is_empty(), || {
                "Secret.name should not be null or empty.".into()
            })?;
            refuse_if(source(text(&secret.value_from)).is_none(), || {
                format!(
                    "The secret '{}' must name a Secrets Manager secret or an SSM parameter.",
                    text(&secret.name)
                )
            })?;
        }
        Ok(())
    })
}

fn secret_names(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let names: Vec<&str> = list(&container.secrets).iter().map(|secret| text(&secret.name)).collect();
        for (i, name) in names.iter().enumerate() {
            refuse_if(names[..i].contains(name), || {
                format!("Duplicate secret names found: {name}. Each secret name must be unique.")
            })?;
            refuse_if(list(&container.environment).iter().any(|pair| text(&pair.name) == *name), || {
                format!(
                    "The secret name must be unique and not shared with any new or existing environment variables set \
                     on the container, such as '{name}'."
                )
            })?;
        }
        Ok(())
    })
}

fn repository_credentials(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let Some(credentials) = &container.repository_credentials else { return Ok(()) };
        let parameter = text(&credentials.credentials_parameter);
        refuse_if(parameter.is_empty(), || "RepositoryCredentials.credentialsParameter should not be null or empty.".into())?;
        let foreign = parameter.starts_with("arn:") && source(parameter) != Some(Source::SecretsManager);
        refuse_if(foreign, || "Invalid arn syntax".into())?;
        refuse_if(!look.has_execution_role(), || {
            "When you are specifying container repositoryCredentials, you must also specify a value for 'executionRoleArn'.".into()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::*;
    use api::ecs;

    fn roled(request: ecs::RegisterTaskDefinitionRequest) -> ecs::RegisterTaskDefinitionRequest {
        ecs::RegisterTaskDefinitionRequest {
            execution_role_arn: text("execution"),
            ..request
        }
    }

    fn secret(name: &str) -> ecs::Secret {
        ecs::Secret {
            name: text(name),
            value_from: text("/app/password"),
        }
    }

    fn variable(name: &str) -> ecs::KeyValuePair {
        ecs::KeyValuePair {
            name: text(name),
            value: text("1"),
        }
    }

    #[test]
    fn variables_have_names() {
        accepted(&with(web(), |c| {
            c.environment = Some(vec![variable("A"), variable("A")])
        }));
        let nameless = with(web(), |c| c.environment = Some(vec![variable("")]));
        assert_eq!(
            refusal(&nameless),
            "Container.environment.name should not be null or empty."
        );
    }

    #[test]
    fn environment_files_are_ten_objects_in_s3() {
        let files = |arn: &str, count| {
            let file = ecs::EnvironmentFile {
                value: text(arn),
                r#type: text("s3"),
            };
            with(web(), |c| c.environment_files = Some(vec![file; count]))
        };
        accepted(&files("arn:aws:s3:::bucket/app/prod.env", 10));
        accepted(&files("file:///etc/app/prod.env", 1));
        let sentence = "The maximum number of environment files was exceeded. Specify ten or less and try again.";
        assert_eq!(refusal(&files("arn:aws:s3:::bucket/a.env", 11)), sentence);
        for bad in [
            "prod.env",
            "file://prod.env",
            "arn:aws:s3:::bucket",
            "arn:aws:sqs:us-east-1:0:a/b.env",
        ] {
            assert_eq!(refusal(&files(bad, 1)), "Invalid arn syntax", "{bad}");
        }
        assert_eq!(
            refusal(&files("arn:aws:s3:::bucket/a.txt", 1)),
            "An environment file must have a .env file extension."
        );
    }

    #[test]
    fn secrets_need_an_execution_role() {
        let request = with(web(), |c| c.secrets = Some(vec![secret("PASSWORD")]));
        let sentence =
            "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.";
        assert_eq!(refusal(&request), sentence);
        accepted(&roled(request));
    }

    #[test]
    fn secret_names_are_unique_and_no_variables() {
        let doubled = roled(with(web(), |c| c.secrets = Some(vec![secret("A"), secret("A")])));
        assert_eq!(
            refusal(&doubled),
            "Duplicate secret names found: A. Each secret name must be unique."
        );
        let shared = roled(with(web(), |c| {
            c.secrets = Some(vec![secret("A")]);
            c.environment = Some(vec![variable("A")]);
        }));
        assert!(refusal(&shared).starts_with("The secret name must be unique and not shared with any new or existing"));
        assert!(refusal(&shared).ends_with("such as 'A'."));
    }

    #[test]
    fn secrets_are_in_one_of_two_stores() {
        let from = |value: &str| {
            let secret = ecs::Secret {
                value_from: text(value),
                ..secret("A")
            };
            roled(with(web(), |c| c.secrets = Some(vec![secret])))
        };
        for good in [
            "/app/a",
            "arn:aws:ssm:us-east-1:000000000000:parameter/a",
            "arn:aws:secretsmanager:us-east-1:000000000000:secret:a-1:key::",
        ] {
            accepted(&from(good));
        }
        let sentence = "The secret 'A' must name a Secrets Manager secret or an SSM parameter.";
        assert_eq!(refusal(&from("arn:aws:s3:::bucket/a")), sentence);
        assert_eq!(refusal(&from("")), sentence);
    }

    #[test]
    fn repository_credentials_need_an_execution_role() {
        let credentials = |parameter: &str| {
            let credentials = ecs::RepositoryCredentials {
                credentials_parameter: text(parameter),
            };
            with(web(), |c| c.repository_credentials = Some(credentials))
        };
        accepted(&roled(credentials("registry")));
        accepted(&roled(credentials(
            "arn:aws:secretsmanager:us-east-1:000000000000:secret:registry",
        )));
        assert_eq!(
            refusal(&roled(credentials("arn:aws:s3:::bucket/a"))),
            "Invalid arn syntax"
        );
        assert!(refusal(&credentials("registry")).ends_with("you must also specify a value for 'executionRoleArn'."));
    }
}
