//! The shapes of `ec2` 2016-11-15, as facts.
//!
//! Written by `cargo xtask api` from botocore 1.44.5; never by hand. To change it, see
//! docs/add-an-operation.md.

wire::shapes! {
    plain {
        Flag Boolean;
        Text String;
    }
    with {
        Text AvailabilityZoneOptInStatus .one_of(&["opt-in-not-required", "opted-in", "not-opted-in"]);
        Text AvailabilityZoneState .one_of(&["available", "information", "impaired", "unavailable", "constrained"]);
    }
    lists {
        AvailabilityZoneGeographyList of AvailabilityZoneGeography .element("item");
        AvailabilityZoneList of AvailabilityZone .element("item");
        AvailabilityZoneMessageList of AvailabilityZoneMessage .element("item");
        AvailabilityZoneSubGeographyList of AvailabilityZoneSubGeography .element("item");
        FilterList of Filter .element("Filter");
        RegionGeographyList of RegionGeography .element("item");
        RegionList of Region .element("item");
        RegionNameStringList of String .element("RegionName");
        ValueStringList of String .element("item");
        ZoneIdStringList of String .element("ZoneId");
        ZoneNameStringList of String .element("ZoneName");
    }
    maps {}
    structures {
        Structure::new AvailabilityZone {
            opt_in_status "OptInStatus": AvailabilityZoneOptInStatus .named("optInStatus");
            messages "Messages": AvailabilityZoneMessageList .named("messageSet");
            region_name "RegionName": String .named("regionName");
            zone_name "ZoneName": String .named("zoneName");
            zone_id "ZoneId": String .named("zoneId");
            group_name "GroupName": String .named("groupName");
            network_border_group "NetworkBorderGroup": String .named("networkBorderGroup");
            zone_type "ZoneType": String .named("zoneType");
            parent_zone_name "ParentZoneName": String .named("parentZoneName");
            parent_zone_id "ParentZoneId": String .named("parentZoneId");
            group_long_name "GroupLongName": String .named("groupLongName");
            geography "Geography": AvailabilityZoneGeographyList .named("geographySet");
            sub_geography "SubGeography": AvailabilityZoneSubGeographyList .named("subGeographySet");
            state "State": AvailabilityZoneState .named("zoneState");
        }
        Structure::new AvailabilityZoneGeography {
            name "Name": String .named("name");
        }
        Structure::new AvailabilityZoneMessage {
            message "Message": String .named("message");
        }
        Structure::new AvailabilityZoneSubGeography {
            name "Name": String .named("name");
        }
        Structure::new DescribeAvailabilityZonesRequest {
            zone_names "ZoneNames": ZoneNameStringList .named("ZoneName");
            zone_ids "ZoneIds": ZoneIdStringList .named("ZoneId");
            all_availability_zones "AllAvailabilityZones": Boolean;
            dry_run "DryRun": Boolean .named("dryRun");
            filters "Filters": FilterList .named("Filter");
        }
        Structure::new DescribeAvailabilityZonesResult {
            availability_zones "AvailabilityZones": AvailabilityZoneList .named("availabilityZoneInfo");
        }
        Structure::new DescribeRegionsRequest {
            region_names "RegionNames": RegionNameStringList .named("RegionName");
            all_regions "AllRegions": Boolean;
            dry_run "DryRun": Boolean .named("dryRun");
            filters "Filters": FilterList .named("Filter");
        }
        Structure::new DescribeRegionsResult {
            regions "Regions": RegionList .named("regionInfo");
        }
        Structure::new Filter {
            name "Name": String;
            values "Values": ValueStringList .named("Value");
        }
        Structure::new Region {
            opt_in_status "OptInStatus": String .named("optInStatus");
            geography "Geography": RegionGeographyList .named("geographySet");
            region_name "RegionName": String .named("regionName");
            endpoint "Endpoint": String .named("regionEndpoint");
        }
        Structure::new RegionGeography {
            name "Name": String .named("name");
        }
    }
}

wire::service! {
    /// Amazon Elastic Compute Cloud.
    EC2 {
        id: "ec2", signing: "ec2", endpoint: "ec2", version: "2016-11-15",
        protocols: [Ec2Query], target: "", namespace: "http://ec2.amazonaws.com/doc/2016-11-15",
    }
    faults {}
    operations {
        DescribeAvailabilityZones POST "/" 200 (DescribeAvailabilityZonesRequest) -> (DescribeAvailabilityZonesResult) [];
        DescribeRegions POST "/" 200 (DescribeRegionsRequest) -> (DescribeRegionsResult) [];
    }
}
