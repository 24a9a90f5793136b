//! DescribeAvailabilityZones: three zones, a to c, over which nodes are spread.

use super::filter::Filters;
use crate::common::Ctx;
use api::ec2;
use wire::Fault;

const LETTERS: [&str; 3] = ["a", "b", "c"];
const ALWAYS_IN: &str = "opt-in-not-required";
const FILTERS: &[&str] = &[
    "group-long-name",
    "group-name",
    "message",
    "opt-in-status",
    "parent-zone-id",
    "parent-zone-name",
    "region-name",
    "state",
    "zone-id",
    "zone-name",
    "zone-type",
];

/// The zones of a region, by name.
pub fn names(region: &str) -> impl Iterator<Item = String> {
    LETTERS.iter().map(move |letter| format!("{region}{letter}"))
}

/// The id of the zone of that name.
pub fn id_of(region: &str, zone: &str) -> Option<String> {
    let at = names(region).position(|name| name == zone)?;
    Some(format!("{}-az{}", short(region), at + 1))
}

pub async fn run(
    ctx: Ctx,
    input: ec2::DescribeAvailabilityZonesRequest,
) -> Result<ec2::DescribeAvailabilityZonesResult, Fault> {
    super::dry_run(input.dry_run)?;
    let region = &*ctx.scope().region;
    let all: Vec<ec2::AvailabilityZone> = LETTERS.iter().map(|letter| zone(region, letter)).collect();
    known("zone", input.zone_names.as_deref(), |asked| {
        all.iter().any(|z| z.zone_name.as_deref() == Some(asked))
    })?;
    known("zone id", input.zone_ids.as_deref(), |asked| {
        all.iter().any(|z| z.zone_id.as_deref() == Some(asked))
    })?;
    let filters = Filters::read(input.filters.as_deref(), FILTERS)?;
    let mut zones = Vec::new();
    for zone in all {
        let named = |asked: &Option<Vec<String>>, value: &Option<String>| {
            asked
                .as_ref()
                .is_none_or(|asked| value.as_ref().is_some_and(|value| asked.contains(value)))
        };
        let passes = filters.pass(|name| value(&zone, region, name).into_iter().collect());
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

fn zone(region: &str, letter: &str) -> ec2::AvailabilityZone {
    let text = |s: &str| Some(s.to_string());
    ec2::AvailabilityZone {
        state: text("available"),
        opt_in_status: text(ALWAYS_IN),
        messages: Some(Vec::new()),
        region_name: text(region),
        zone_name: Some(format!("{region}{letter}")),
        zone_id: id_of(region, &format!("{region}{letter}")),
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
        // Zones of this kind have no parent, no message and no long name.
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
