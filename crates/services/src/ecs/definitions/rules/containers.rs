//! Containers by themselves: how many, what they are called, which image they run, whether they start again.

use super::{Look, Rule, list, refuse_if, text, within};
use crate::ecs::names;
use wire::Fault;

pub const RULES: &[Rule] = &[count, name, image, unique, essential, restart_policy, credential_specs];

fn count(look: &Look<'_>) -> Result<(), Fault> {
    refuse_if(look.containers().is_empty(), || {
        "Container list cannot be empty.".into()
    })?;
    refuse_if(look.containers().len() > 10, || "Too many containers.".into())
}

fn name(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let name = text(&container.name);
        refuse_if(name.is_empty(), || "Container.name should not be null or empty.".into())?;
        refuse_if(name.len() > 255, || {
            "Container.name should not be longer than 255 characters.".into()
        })?;
        refuse_if(!names::is_name(name), || {
            "Container.name contains invalid characters.".into()
        })
    })
}

fn image(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let image = text(&container.image);
        let (reference, digest) = match image.split_once('@') {
            Some((reference, digest)) => (reference, Some(digest)),
            None => (image, None),
        };
        refuse_if(reference.is_empty(), || {
            "Container.image should not be null or empty.".into()
        })?;
        refuse_if(reference.len() > 255, || {
            "Container.image should not be longer than 255 characters.".into()
        })?;
        let plain = reference
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_:./#".contains(&b));
        refuse_if(!plain || digest.is_some_and(|d| !is_digest(d)), || {
            "Container.image contains invalid characters.".into()
        })
    })
}

/// `sha256:` and 64 hex digits.
fn is_digest(text: &str) -> bool {
    let digits = text.strip_prefix("sha256:").unwrap_or_default();
    digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

fn unique(look: &Look<'_>) -> Result<(), Fault> {
    let names: Vec<&str> = look.containers().iter().map(|c| text(&c.name)).collect();
    let doubled = (1..names.len()).any(|i| names[..i].contains(&names[i]));
    refuse_if(doubled, || {
        "Container names must be unique within a task definition.".into()
    })
}

fn essential(look: &Look<'_>) -> Result<(), Fault> {
    let none = !look.containers().iter().any(|c| c.essential != Some(false));
    refuse_if(none, || "Task definition doesn't have any essential container.".into())
}

fn restart_policy(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let Some(policy) = &container.restart_policy else {
            return Ok(());
        };
        let name = text(&container.name);
        within("restartAttemptPeriod", name, policy.restart_attempt_period, 60, 1800)?;
        refuse_if(list(&policy.ignored_exit_codes).len() > 50, || {
            format!("The 'ignoredExitCodes' setting for container '{name}' must not have more than 50 exit codes.")
        })
    })
}

fn credential_specs(look: &Look<'_>) -> Result<(), Fault> {
    look.each(|container| {
        let (name, specs) = (text(&container.name), list(&container.credential_specs));
        refuse_if(specs.len() > 1, || {
            format!("The 'credentialSpecs' setting for container '{name}' must not have more than 1 ARN.")
        })?;
        let is_spec = |spec: &String| {
            let arn = spec
                .strip_prefix("credentialspecdomainless:")
                .or_else(|| spec.strip_prefix("credentialspec:"));
            let arn = arn.and_then(base::Arn::parse);
            arn.is_some_and(|arn| arn.service == "ssm" || arn.service == "s3")
        };
        refuse_if(!specs.iter().all(is_spec), || {
            format!(
                "Invalid 'credentialSpecs' setting for container '{name}'. Use credentialspec:ARN or \
                 credentialspecdomainless:ARN with the ARN of an SSM parameter or an S3 object."
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::samples::*;
    use api::ecs;

    #[test]
    fn one_to_ten_containers() {
        let mut request = ecs::RegisterTaskDefinitionRequest {
            container_definitions: None,
            ..web()
        };
        assert_eq!(refusal(&request), "Container list cannot be empty.");
        request.container_definitions = Some((0..10).map(|i| container(&format!("c{i}"))).collect());
        accepted(&request);
        assert_eq!(refusal(&and(request, container("c10"))), "Too many containers.");
    }

    #[test]
    fn containers_have_plain_names_of_their_own() {
        let named = |name: Option<String>| with(web(), |c| c.name = name);
        assert_eq!(refusal(&named(None)), "Container.name should not be null or empty.");
        assert_eq!(
            refusal(&named(text("a.b"))),
            "Container.name contains invalid characters."
        );
        assert_eq!(
            refusal(&named(text(&"a".repeat(256)))),
            "Container.name should not be longer than 255 characters."
        );
        let doubled = and(web(), container("web"));
        assert_eq!(
            refusal(&doubled),
            "Container names must be unique within a task definition."
        );
    }

    #[test]
    fn images_are_references_with_an_optional_digest() {
        let run = |image: &str| with(web(), |c| c.image = text(image));
        let digest = format!("sha256:{}", "0aF".repeat(21) + "0");
        for good in [
            "busybox",
            "quay.io/team/app:1.2",
            "host:5000/app#x",
            &format!("app@{digest}"),
        ] {
            accepted(&run(good));
        }
        assert_eq!(refusal(&run("")), "Container.image should not be null or empty.");
        assert_eq!(
            refusal(&run(&format!("@{digest}"))),
            "Container.image should not be null or empty."
        );
        for bad in ["my app", "app@sha256:12", "app@md5:0", "${IMAGE}"] {
            assert_eq!(
                refusal(&run(bad)),
                "Container.image contains invalid characters.",
                "{bad}"
            );
        }
        assert_eq!(
            refusal(&run(&"a".repeat(256))),
            "Container.image should not be longer than 255 characters."
        );
        accepted(&run(&format!("{}@{digest}", "a".repeat(255))));
    }

    #[test]
    fn somebody_must_be_essential() {
        let idle = with(web(), |c| c.essential = Some(false));
        assert_eq!(refusal(&idle), "Task definition doesn't have any essential container.");
        accepted(&and(idle, container("main")));
    }

    #[test]
    fn restart_policies_have_bounds() {
        let policy = |period: Option<i32>, codes: usize| {
            with(web(), |c| {
                c.restart_policy = Some(ecs::ContainerRestartPolicy {
                    enabled: Some(true),
                    ignored_exit_codes: Some(vec![0; codes]),
                    restart_attempt_period: period,
                });
            })
        };
        accepted(&policy(None, 0));
        accepted(&policy(Some(60), 50));
        let sentence = "The 'restartAttemptPeriod' setting for container 'web' must be between 60 and 1800.";
        assert_eq!(refusal(&policy(Some(59), 0)), sentence);
        assert_eq!(refusal(&policy(Some(1801), 0)), sentence);
        assert!(refusal(&policy(None, 51)).contains("must not have more than 50 exit codes"));
    }

    #[test]
    fn one_credential_spec_in_one_of_two_forms() {
        let specs = |specs: &[&str]| {
            with(web(), |c| {
                c.credential_specs = Some(specs.iter().map(|s| s.to_string()).collect())
            })
        };
        accepted(&specs(&["credentialspec:arn:aws:s3:::bucket/spec.json"]));
        accepted(&specs(&[
            "credentialspecdomainless:arn:aws:ssm:us-east-1:000000000000:parameter/spec",
        ]));
        assert!(refusal(&specs(&["arn:aws:s3:::bucket/spec.json"])).starts_with("Invalid 'credentialSpecs' setting"));
        assert!(refusal(&specs(&["credentialspec:arn:aws:s3:::b/s"; 2])).contains("more than 1 ARN"));
    }
}
