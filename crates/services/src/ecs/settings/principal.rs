//! Who a setting is for.

use super::super::fault;
use base::{Arn, Scope};
use wire::Fault;

/// Where the root user's choices are kept: they are the account's defaults.
pub const ROOT_KEY: &str = "";

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    Root(String),
    /// A user or a role, by its ARN.
    One(String),
    /// A federated user has no settings of its own; the account's defaults hold.
    Federated(String),
}

impl Principal {
    pub fn arn(&self) -> &str {
        match self {
            Principal::Root(arn) | Principal::One(arn) | Principal::Federated(arn) => arn,
        }
    }

    /// Under what its own choices are kept; `None` when it can't have any.
    pub fn own_key(&self) -> Option<&str> {
        match self {
            Principal::Root(_) => Some(ROOT_KEY),
            Principal::One(arn) => Some(arn),
            Principal::Federated(_) => None,
        }
    }

    /// As [`Principal::own_key`], for whoever is about to write there.
    pub fn writable_key(&self) -> Result<&str, Fault> {
        let refusal =
            "Federated users assume the account settings of the root user and can't have settings of their own.";
        self.own_key().ok_or_else(|| fault::invalid(refusal))
    }
}

pub fn root(scope: &Scope) -> Principal {
    Principal::Root(iam_arn(scope, "root"))
}

/// Whoever calls. A session of a role counts as the role.
pub fn of_caller(scope: &Scope, caller: &str) -> Principal {
    if let Some(principal) = named(scope, caller) {
        return principal;
    }
    let resource = Arn::parse(caller)
        .filter(|arn| arn.service == "sts")
        .map_or("", |arn| arn.resource);
    match resource.split_once('/') {
        Some(("assumed-role", session)) => {
            let role = session.split('/').next().unwrap_or_default();
            Principal::One(iam_arn(scope, &format!("role/{role}")))
        }
        _ => Principal::Federated(caller.to_string()),
    }
}

/// Whom the request means. Only the root user may speak for others.
pub fn meant(scope: &Scope, caller: &str, given: Option<&str>) -> Result<Principal, Fault> {
    let caller = of_caller(scope, caller);
    let Some(given) = given.filter(|g| !g.is_empty()) else {
        return Ok(caller);
    };
    let principal = named(scope, given).ok_or_else(|| fault::invalid(format!("Invalid principal ARN: {given}")))?;
    if principal != caller && !matches!(caller, Principal::Root(_)) {
        return Err(fault::access_denied(
            "You must be the root user, or the principal, to use the principalArn parameter.",
        ));
    }
    Ok(principal)
}

/// The root user, a user or a role of this account.
fn named(scope: &Scope, arn: &str) -> Option<Principal> {
    let parsed = Arn::parse(arn)
        .filter(|a| a.service == "iam" && a.partition == scope.partition() && a.account == &*scope.account)?;
    match parsed.resource.split_once('/') {
        None if parsed.resource == "root" => Some(Principal::Root(arn.to_string())),
        Some(("user" | "role", name)) if !name.is_empty() && arn.len() <= 512 => Some(Principal::One(arn.to_string())),
        _ => None,
    }
}

fn iam_arn(scope: &Scope, resource: &str) -> String {
    format!("arn:{}:iam::{}:{resource}", scope.partition(), scope.account)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "arn:aws:iam::000000000000:root";
    const ANNA: &str = "arn:aws:iam::000000000000:user/anna";

    fn scope() -> Scope {
        Scope::new("us-east-1", "000000000000")
    }

    #[test]
    fn a_session_counts_as_its_role() {
        let session = of_caller(&scope(), "arn:aws:sts::000000000000:assumed-role/deployer/i-1");
        assert_eq!(
            session,
            Principal::One("arn:aws:iam::000000000000:role/deployer".to_string())
        );
        let federated = of_caller(&scope(), "arn:aws:sts::000000000000:federated-user/guest");
        assert_eq!(federated.own_key(), None);
        assert!(federated.writable_key().is_err());
    }

    #[test]
    fn only_root_speaks_for_others() {
        let code = |caller, given| meant(&scope(), caller, Some(given)).map_err(|f| f.code.into_owned());
        assert_eq!(code(ROOT, ANNA), Ok(Principal::One(ANNA.to_string())));
        assert_eq!(code(ANNA, ANNA), Ok(Principal::One(ANNA.to_string())));
        assert_eq!(code(ANNA, ROOT), Err("AccessDeniedException".to_string()));
        assert_eq!(
            code(ROOT, "arn:aws:iam::111111111111:user/anna"),
            Err("InvalidParameterException".to_string())
        );
        assert_eq!(code(ROOT, "anna"), Err("InvalidParameterException".to_string()));
    }
}
