//! DescribeAvailabilityZones: three zones, a to c, over which nodes are spread.

use super::filter;
use crate::common::Ctx;
use api::ec2;
use wire::Fault;

const LETTERS: [&str; 3] = ["a", "b", "c"];
const ALWAYS_IN: &str = "opt-in-not-required";

pub async fn run(
    ctx: Ctx,
    input: ec2::DescribeAvailabilityZonesRequest,
) -> Result<ec2::DescribeAvailabilityZonesResult, Fault> {
    super::dry_run(input.dry_run)?;
    let region = &*ctx.scope().region;
    let all: Vec<ec2::AvailabilityZone> = LETTERS.iter().enumerate().map(|(i, l)| zone(region, i, l)).collect();
    known("zone", input.zone_names.as_deref(), |asked| {
        all.iter().any(|z| z.zone_name.as_deref() == Some(asked))
    })?;
    known("zone id", input.zone_ids.as_deref(), |asked| {
        all.iter().any(|z| z.zone_id.as_deref() == Some(asked))
    })?;
    let mut zones = Vec::new();
    for zone in all {
        let named = |asked: &Option<Vec<String>>, value: &Option<String>| {
            asked
                .as_ref()
                .is_none_or(|asked| value.as_ref().is_some_and(|value| asked.contains(value)))
        };
        let passes = filter::passes(input.filters.as_deref(), |name| value(&zone, region, name))?;
        if passes && named(&input.zone_names, &zone.zone_name) && named(&input.zone_ids, &zone.zone_id) {
            zones.push(zone);
        }
    }
    Ok(ec2::DescribeAvailabilityZonesResult {
        availability_zones: Some(zones),
    })
}

fn known(what: &str, asked: Option<&[String]>, is_there: impl Fn(&str) -> bool) -> Result<(), Fault> {
    match asked.unwrap_or(&[]).iter().find(|asked| !is_there(asked)) {
        None => Ok(()),
        Some(unknown) => {
            let message = format!("Invalid availability {what}: [{unknown}]");
            Err(Fault::common("InvalidParameterValue", 400, message))
        }
    }
}

fn zone(region: &str, i: usize, letter: &str) -> ec2::AvailabilityZone {
    let text = |s: &str| Some(s.to_string());
    ec2::AvailabilityZone {
        state: text("available"),
        opt_in_status: text(ALWAYS_IN),
        messages: Some(Vec::new()),
        region_name: text(region),
        zone_name: Some(format!("{region}{letter}")),
        zone_id: Some(format!("{}-az{}", short(region), i + 1)),
        group_name: text(region),
        network_border_group: text(region),
        zone_type: text("availability-zone"),
        ..Default::default()
    }
}

/// `use1` for `us-east-1`: the part of a zone's id that stands for its region.
fn short(region: &str) -> String {
    let mut parts = region.split('-');
    let country = parts.next().unwrap_or("");
    let rest = parts.map(|part| match part {
        "northeast" => "ne",
        "northwest" => "nw",
        "southeast" => "se",
        "southwest" => "sw",
        other => other.get(..1).unwrap_or(""),
    });
    country.to_string() + &rest.collect::<String>()
}

fn value(zone: &ec2::AvailabilityZone, region: &str, filter: &str) -> Option<String> {
    match filter {
        "zone-name" => zone.zone_name.clone(),
        "zone-id" => zone.zone_id.clone(),
        "zone-type" => zone.zone_type.clone(),
        "state" => zone.state.clone(),
        "group-name" => zone.group_name.clone(),
        "opt-in-status" => zone.opt_in_status.clone(),
        "region-name" => Some(region.to_string()),
        // Zones of this kind have no parent, no message and no long name, which no value matches.
        "parent-zone-id" | "parent-zone-name" | "message" | "group-long-name" => Some(String::new()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn regions_are_shortened_as_aws_does() {
        for (region, id) in [
            ("us-east-1", "use1"),
            ("ap-southeast-2", "apse2"),
            ("us-gov-west-1", "usgw1"),
            ("eu-north-1", "eun1"),
        ] {
            assert_eq!(short(region), id);
        }
    }
}
