//! Amazon Resource Names: `arn:aws:ecs:us-east-1:000000000000:cluster/default`.

use std::fmt;
use std::sync::Arc;

/// Whose and where: the account and region that one Gantry serves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    pub region: Arc<str>,
    pub account: Arc<str>,
}

/// Whether a region could be called that, in any partition: `eu-west-1`, `us-gov-east-1`.
pub fn region_is_good(name: &str) -> bool {
    let mut parts = name.split('-');
    let place = parts.next().unwrap_or("");
    let rest: Vec<&str> = parts.collect();
    let lower = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    let Some((number, words)) = rest.split_last() else {
        return false;
    };
    let number_is_good = (1..=2).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
    place.len() == 2
        && lower(place)
        && (1..=3).contains(&words.len())
        && words.iter().all(|w| lower(w))
        && number_is_good
}

impl Scope {
    pub fn new(region: &str, account: &str) -> Self {
        Scope {
            region: region.into(),
            account: account.into(),
        }
    }

    /// `aws`, `aws-cn` or `aws-us-gov`: AWS derives it from the region's name.
    pub fn partition(&self) -> &'static str {
        match self.region.get(..7).unwrap_or(&self.region) {
            "us-gov-" => "aws-us-gov",
            r if r.starts_with("cn-") => "aws-cn",
            _ => "aws",
        }
    }

    /// The ARN of one of this scope's resources: `scope.arn("ecs", "cluster/default")`.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        format!(
            "arn:{}:{service}:{}:{}:{resource}",
            self.partition(),
            self.region,
            self.account
        )
    }
}

/// A parsed ARN, borrowing from the text it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    pub partition: &'a str,
    pub service: &'a str,
    pub region: &'a str,
    pub account: &'a str,
    /// All behind the fifth colon, such as `cluster/default`.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// `None` when the text does not have the six parts of an ARN.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        if parts.next()? != "arn" {
            return None;
        }
        let arn = Arn {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        };
        (!arn.partition.is_empty() && !arn.service.is_empty() && !arn.resource.is_empty()).then_some(arn)
    }

    /// The resource without `kind/` in front: `default` for `cluster/default` and kind `cluster`.
    pub fn of_kind(&self, kind: &str) -> Option<&'a str> {
        self.resource.strip_prefix(kind)?.strip_prefix('/')
    }

    pub fn is_in(&self, scope: &Scope) -> bool {
        self.partition == scope.partition() && self.region == &*scope.region && self.account == &*scope.account
    }
}

impl fmt::Display for Arn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Arn {
            partition,
            service,
            region,
            account,
            resource,
        } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_reads_back() {
        let scope = Scope::new("us-east-1", "000000000000");
        let text = scope.arn("ecs", "task-definition/web:3");
        let arn = Arn::parse(&text).expect("well formed");
        assert_eq!(arn.to_string(), text);
        assert_eq!(arn.of_kind("task-definition"), Some("web:3"));
        assert_eq!(arn.of_kind("task"), None);
        assert!(arn.is_in(&scope));
    }

    #[test]
    fn what_is_no_arn_is_refused() {
        for bad in [
            "",
            "arn",
            "arn:aws:ecs",
            "default",
            "arn:aws:ecs:r:a:",
            "urn:aws:ecs:r:a:x",
        ] {
            assert_eq!(Arn::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_partition_follows_the_region() {
        assert_eq!(Scope::new("cn-north-1", "1").partition(), "aws-cn");
        assert_eq!(Scope::new("us-gov-west-1", "1").partition(), "aws-us-gov");
        assert_eq!(Scope::new("eu-west-1", "1").partition(), "aws");
    }
}
