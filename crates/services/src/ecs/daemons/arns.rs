//! The ARNs of daemons and what belongs to them, made and read.

use crate::ecs::{fault, names};
use base::Scope;
use wire::Fault;

/// A daemon as its ARN names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub cluster: String,
    pub daemon: String,
}

/// A deployment or a revision as its ARN names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub of: Named,
    pub id: String,
}

pub fn daemon(scope: &Scope, cluster: &str, name: &str) -> String {
    scope.arn("ecs", &format!("daemon/{cluster}/{name}"))
}

pub fn deployment(scope: &Scope, cluster: &str, name: &str, id: &str) -> String {
    scope.arn("ecs", &format!("daemon-deployment/{cluster}/{name}/{id}"))
}

pub fn revision(scope: &Scope, cluster: &str, name: &str, id: &str) -> String {
    scope.arn("ecs", &format!("daemon-revision/{cluster}/{name}/{id}"))
}

pub fn read_daemon(scope: &Scope, given: Option<&str>) -> Result<Named, Fault> {
    let given = given.unwrap_or_default();
    let path = names::in_scope(scope, given, "daemon")?;
    let parts = path
        .split_once('/')
        .filter(|(c, d)| names::is_name(c) && names::is_name(d));
    let (cluster, daemon) = parts.ok_or_else(|| fault::invalid(format!("Invalid identifier: {given}")))?;
    Ok(Named {
        cluster: cluster.to_string(),
        daemon: daemon.to_string(),
    })
}

/// `kind` is `daemon-deployment` or `daemon-revision`.
pub fn read_part(scope: &Scope, kind: &str, given: &str) -> Result<Part, Fault> {
    let path = names::in_scope(scope, given, kind)?;
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        [cluster, daemon, id] if parts.iter().all(|part| names::is_name(part)) => Ok(Part {
            of: Named {
                cluster: cluster.to_string(),
                daemon: daemon.to_string(),
            },
            id: id.to_string(),
        }),
        _ => Err(fault::invalid(format!("Invalid identifier: {given}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_is_read() {
        let scope = Scope::new("us-east-1", "000000000000");
        let named = Named {
            cluster: "c".to_string(),
            daemon: "d".to_string(),
        };
        assert_eq!(read_daemon(&scope, Some(&daemon(&scope, "c", "d"))), Ok(named.clone()));
        let part = read_part(&scope, "daemon-revision", &revision(&scope, "c", "d", "1"));
        assert_eq!(part.map(|part| (part.of, part.id)), Ok((named, "1".to_string())));
        let of_other_kind = read_part(&scope, "daemon-deployment", &revision(&scope, "c", "d", "1"));
        assert!(of_other_kind.is_err());
        for bad in [
            "d",
            "",
            &scope.arn("ecs", "daemon/d"),
            &scope.arn("ecs", "daemon/c/d/e"),
        ] {
            assert!(read_daemon(&scope, Some(bad)).is_err(), "{bad}");
        }
    }
}
