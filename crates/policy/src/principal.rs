//! Who a statement is about.

use base::Arn;

#[derive(Debug)]
pub enum Principals {
    Everybody,
    These(Vec<Principal>),
}

#[derive(Debug, PartialEq, Eq)]
pub enum Principal {
    /// All of an account.
    Account(String),
    /// A user, a role, or a session of a role, by its ARN.
    Arn(String),
    /// A service or a federated one: no caller here is one.
    Other,
}

impl Principals {
    pub fn has(&self, arn: &str) -> bool {
        match self {
            Principals::Everybody => true,
            Principals::These(these) => these.iter().any(|one| one.is(arn)),
        }
    }
}

impl Principal {
    /// `123456789012`, `arn:aws:iam::123456789012:root`, `arn:aws:iam::123456789012:user/x`; `None` if it is none.
    pub fn read(text: &str) -> Option<Principal> {
        if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
            return Some(Principal::Account(text.to_string()));
        }
        let arn = Arn::parse(text)?;
        let good = matches!(arn.service, "iam" | "sts") && arn.account.len() == 12 && !arn.resource.contains('*');
        good.then(|| match arn.resource {
            "root" => Principal::Account(arn.account.to_string()),
            _ => Principal::Arn(text.to_string()),
        })
    }

    fn is(&self, caller: &str) -> bool {
        match self {
            Principal::Account(account) => account_of(caller) == Some(account),
            Principal::Arn(arn) => is_same(arn, caller),
            Principal::Other => false,
        }
    }
}

/// Whether a caller is who is named, or has the role that is.
pub fn is_same(named: &str, caller: &str) -> bool {
    named == caller || is_session_of(caller, named)
}

/// The account of a caller.
pub fn account_of(arn: &str) -> Option<&str> {
    Arn::parse(arn).map(|arn| arn.account)
}

/// `arn:aws:sts::1:assumed-role/web/session` is a session of `arn:aws:iam::1:role/path/web`.
fn is_session_of(caller: &str, role: &str) -> bool {
    let (Some(caller), Some(role)) = (Arn::parse(caller), Arn::parse(role)) else {
        return false;
    };
    let session = caller.resource.strip_prefix("assumed-role/");
    let name = session.and_then(|rest| rest.split('/').next());
    let role_name = role
        .resource
        .strip_prefix("role/")
        .and_then(|rest| rest.rsplit('/').next());
    caller.service == "sts"
        && role.service == "iam"
        && caller.account == role.account
        && name.is_some()
        && name == role_name
}
