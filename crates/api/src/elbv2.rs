//! The shapes of `elbv2` 2015-12-01, as facts.
//!
//! Written by `cargo xtask api` from botocore 1.44.5; never by hand. To change it, see
//! docs/add-an-operation.md.

wire::shapes! {
    plain {
        Text AllocationId;
        Text CanonicalHostedZoneId;
        Time CreatedTime;
        Text DNSName;
        Text EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic;
        Text IPv6Address;
        Text IpAddress;
        Text LoadBalancerArn;
        Text LoadBalancerName;
        Text Marker;
        Text OutpostId;
        Text PrivateIPv4Address;
        Text SecurityGroupId;
        Text SourceNatIpv6Prefix;
        Text StateReason;
        Text SubnetId;
        Text VpcId;
        Text ZoneName;
    }
    with {
        Text CustomerOwnedIpv4Pool .max(256.0).pattern(r"^(ipv4pool-coip-)[a-zA-Z0-9]+$");
        Text EnablePrefixForIpv6SourceNatEnum .one_of(&["on", "off"]);
        Text IpAddressType .one_of(&["ipv4", "dualstack", "dualstack-without-public-ipv4"]);
        Text IpamPoolId .max(1000.0).pattern(r"^(ipam-pool-)[a-zA-Z0-9]+$");
        Text LoadBalancerSchemeEnum .one_of(&["internet-facing", "internal"]);
        Text LoadBalancerStateEnum .one_of(&["active", "provisioning", "active_impaired", "failed"]);
        Text LoadBalancerTypeEnum .one_of(&["application", "network", "gateway"]);
        Int PageSize .min(1.0).max(400.0);
    }
    lists {
        AvailabilityZones of AvailabilityZone;
        LoadBalancerAddresses of LoadBalancerAddress;
        LoadBalancerArns of LoadBalancerArn;
        LoadBalancerNames of LoadBalancerName;
        LoadBalancers of LoadBalancer;
        SecurityGroups of SecurityGroupId;
        SourceNatIpv6Prefixes of SourceNatIpv6Prefix;
    }
    maps {}
    structures {
        Structure::new AvailabilityZone {
            zone_name "ZoneName": ZoneName;
            subnet_id "SubnetId": SubnetId;
            outpost_id "OutpostId": OutpostId;
            load_balancer_addresses "LoadBalancerAddresses": LoadBalancerAddresses;
            source_nat_ipv6_prefixes "SourceNatIpv6Prefixes": SourceNatIpv6Prefixes;
        }
        Structure::new DescribeLoadBalancersInput {
            load_balancer_arns "LoadBalancerArns": LoadBalancerArns;
            names "Names": LoadBalancerNames;
            marker "Marker": Marker;
            page_size "PageSize": PageSize;
        }
        Structure::new DescribeLoadBalancersOutput {
            load_balancers "LoadBalancers": LoadBalancers;
            next_marker "NextMarker": Marker;
        }
        Structure::new IpamPools {
            ipv4_ipam_pool_id "Ipv4IpamPoolId": IpamPoolId;
        }
        Structure::new LoadBalancer {
            load_balancer_arn "LoadBalancerArn": LoadBalancerArn;
            dns_name "DNSName": DNSName;
            canonical_hosted_zone_id "CanonicalHostedZoneId": CanonicalHostedZoneId;
            created_time "CreatedTime": CreatedTime;
            load_balancer_name "LoadBalancerName": LoadBalancerName;
            scheme "Scheme": LoadBalancerSchemeEnum;
            vpc_id "VpcId": VpcId;
            state "State": LoadBalancerState;
            r#type "Type": LoadBalancerTypeEnum;
            availability_zones "AvailabilityZones": AvailabilityZones;
            security_groups "SecurityGroups": SecurityGroups;
            ip_address_type "IpAddressType": IpAddressType;
            customer_owned_ipv4_pool "CustomerOwnedIpv4Pool": CustomerOwnedIpv4Pool;
            enforce_security_group_inbound_rules_on_private_link_traffic "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic": EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic;
            enable_prefix_for_ipv6_source_nat "EnablePrefixForIpv6SourceNat": EnablePrefixForIpv6SourceNatEnum;
            ipam_pools "IpamPools": IpamPools;
        }
        Structure::new LoadBalancerAddress {
            ip_address "IpAddress": IpAddress;
            allocation_id "AllocationId": AllocationId;
            private_ipv4_address "PrivateIPv4Address": PrivateIPv4Address;
            ipv6_address "IPv6Address": IPv6Address;
        }
        Structure::new LoadBalancerNotFoundException {}
        Structure::new LoadBalancerState {
            code "Code": LoadBalancerStateEnum;
            reason "Reason": StateReason;
        }
    }
}

wire::service! {
    /// Elastic Load Balancing.
    ELBV2 {
        id: "elbv2", signing: "elasticloadbalancing", endpoint: "elasticloadbalancing", version: "2015-12-01",
        protocols: [Query], target: "", namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
    }
    faults {
        LoadBalancerNotFoundException "LoadBalancerNotFound" 400;
    }
    operations {
        DescribeLoadBalancers POST "/" 200 (DescribeLoadBalancersInput) -> (DescribeLoadBalancersOutput) wrapper "DescribeLoadBalancersResult" [LoadBalancerNotFoundException];
    }
}
