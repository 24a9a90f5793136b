//! About capacity providers, and the strategies that name them.

use super::Asked;
use crate::chance::{once_in, one_of, weighted};
use crate::clients::Known;
use base::Dice;

/// What `grows` lacks is waited for; what `firm` lacks is not there.
pub const PROVIDERS: [&str; 2] = ["grows", "firm"];

pub fn compose(dice: &dyn Dice, known: &Known, cluster: &'static str) -> Asked {
    let name = *one_of(dice, &PROVIDERS);
    let weights = match known.providers.len() {
        0 => [20, 1, 1, 0, 0],
        1 => [20, 9, 2, 0, 1],
        _ => [2, 9, 3, 1, 1],
    };
    match weighted(dice, &weights) {
        0 => {
            let json = format!(
                r#"{{"name":"{name}","autoScalingGroupProvider":{{"autoScalingGroupArn":"{}",{}}}}}"#,
                group(name),
                settings(dice, name == "grows")
            );
            Asked::new("CreateCapacityProvider", json)
        }
        1 => {
            let listed = one_of(
                dice,
                &[r#""grows","firm""#, r#""grows""#, r#""grows","firm","FARGATE""#, ""],
            );
            let usual = match listed.contains("firm") && once_in(dice, 3) {
                true => r#"{"capacityProvider":"grows","weight":1},{"capacityProvider":"firm","weight":1,"base":1}"#,
                false => "",
            };
            Asked {
                cluster,
                ..Asked::new(
                    "PutClusterCapacityProviders",
                    format!(
                        r#"{{"cluster":"{cluster}","capacityProviders":[{listed}],"defaultCapacityProviderStrategy":[{usual}]}}"#
                    ),
                )
            }
        }
        2 => {
            let settings = settings(dice, once_in(dice, 2));
            let json = format!(r#"{{"name":"{name}","autoScalingGroupProvider":{{{settings}}}}}"#);
            Asked::new("UpdateCapacityProvider", json)
        }
        3 => Asked::new("DeleteCapacityProvider", format!(r#"{{"capacityProvider":"{name}"}}"#)),
        _ => Asked::new("DescribeCapacityProviders", "{}".to_string()),
    }
}

fn group(name: &str) -> String {
    format!(
        "arn:aws:autoscaling:us-east-1:000000000000:autoScalingGroup:01234567-89ab-cdef-0123-456789abcdef:autoScalingGroupName/{name}"
    )
}

fn settings(dice: &dyn Dice, scales: bool) -> String {
    let on = |is: bool| if is { "ENABLED" } else { "DISABLED" };
    format!(
        r#""managedScaling":{{"status":"{}"}},"managedDraining":"{}""#,
        on(scales),
        on(!once_in(dice, 3))
    )
}

/// Now and then where tasks of RunTask and services are to be, in the words of both.
pub fn strategy(dice: &dyn Dice, known: &Known) -> &'static str {
    match dice.below(match known.taste.capacity {
        _ if known.provided == 0 => return "",
        1..20 => 32,
        _ => 8,
    }) {
        0 => r#","capacityProviderStrategy":[{"capacityProvider":"grows","weight":1}]"#,
        1 => r#","capacityProviderStrategy":[{"capacityProvider":"firm","weight":1}]"#,
        2 => {
            r#","capacityProviderStrategy":[{"capacityProvider":"grows","weight":1},{"capacityProvider":"firm","weight":2,"base":1}]"#
        }
        3 => {
            r#","capacityProviderStrategy":[{"capacityProvider":"grows","weight":3,"base":2},{"capacityProvider":"firm","weight":1}]"#
        }
        _ => "",
    }
}
