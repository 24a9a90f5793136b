//! The shapes of `ec2` 2016-11-15, as facts.
//!
//! Written by `cargo xtask api` from botocore 1.44.5; never by hand. To change it, see
//! docs/add-an-operation.md.

wire::shapes! {
    plain {
        Flag Boolean;
        Text CoipPoolId;
        Time DateTime;
        Int Integer;
        Text NetworkInterfaceId;
        Text SecurityGroupId;
        Text SecurityGroupName;
        Text String;
        Text SubnetCidrAssociationId;
        Text SubnetId;
        Text VpcEncryptionControlId;
        Text VpcId;
    }
    with {
        Text AttachmentStatus .one_of(&["attaching", "attached", "detaching", "detached"]);
        Text AvailabilityZoneOptInStatus .one_of(&["opt-in-not-required", "opted-in", "not-opted-in"]);
        Text AvailabilityZoneState .one_of(&["available", "information", "impaired", "unavailable", "constrained"]);
        Text BlockPublicAccessMode .one_of(&["off", "block-bidirectional", "block-ingress"]);
        Int DescribeNetworkInterfacesMaxResults .min(5.0).max(1000.0);
        Int DescribeSecurityGroupsMaxResults .min(5.0).max(1000.0);
        Int DescribeSubnetsMaxResults .min(5.0).max(1000.0);
        Int DescribeVpcsMaxResults .min(5.0).max(1000.0);
        Text HostnameType .one_of(&["ip-name", "resource-name"]);
        Text IpSource .one_of(&["amazon", "byoip", "none"]);
        Text Ipv6AddressAttribute .one_of(&["public", "private"]);
        Text NetworkInterfaceStatus .one_of(&["available", "associated", "attaching", "in-use", "detaching"]);
        Text NetworkInterfaceType .one_of(&["interface", "natGateway", "efa", "efa-only", "trunk", "load_balancer", "network_load_balancer", "vpc_endpoint", "branch", "transit_gateway", "lambda", "quicksight", "global_accelerator_managed", "api_gateway_managed", "gateway_load_balancer", "gateway_load_balancer_endpoint", "iot_rules_managed", "aws_codestar_connections_managed"]);
        Text SubnetCidrBlockStateCode .one_of(&["associating", "associated", "disassociating", "disassociated", "failing", "failed"]);
        Text SubnetState .one_of(&["pending", "available", "unavailable", "failed", "failed-insufficient-capacity"]);
        Text Tenancy .one_of(&["default", "dedicated", "host"]);
        Text VpcCidrBlockStateCode .one_of(&["associating", "associated", "disassociating", "disassociated", "failing", "failed"]);
        Text VpcEncryptionControlExclusionState .one_of(&["enabling", "enabled", "disabling", "disabled"]);
        Text VpcEncryptionControlMode .one_of(&["monitor", "enforce"]);
        Text VpcEncryptionControlState .one_of(&["enforce-in-progress", "monitor-in-progress", "enforce-failed", "monitor-failed", "deleting", "deleted", "available", "creating", "delete-failed"]);
        Text VpcState .one_of(&["pending", "available", "deleting"]);
    }
    lists {
        AssociatedSubnetList of SubnetId .element("item");
        AvailabilityZoneGeographyList of AvailabilityZoneGeography .element("item");
        AvailabilityZoneList of AvailabilityZone .element("item");
        AvailabilityZoneMessageList of AvailabilityZoneMessage .element("item");
        AvailabilityZoneSubGeographyList of AvailabilityZoneSubGeography .element("item");
        FilterList of Filter .element("Filter");
        GroupIdStringList of SecurityGroupId .element("groupId");
        GroupIdentifierList of GroupIdentifier .element("item");
        GroupNameStringList of SecurityGroupName .element("GroupName");
        IpPermissionList of IpPermission .element("item");
        IpRangeList of IpRange .element("item");
        Ipv4PrefixesList of Ipv4PrefixSpecification .element("item");
        Ipv6PrefixesList of Ipv6PrefixSpecification .element("item");
        Ipv6RangeList of Ipv6Range .element("item");
        NetworkInterfaceIdList of NetworkInterfaceId .element("item");
        NetworkInterfaceIpv6AddressesList of NetworkInterfaceIpv6Address .element("item");
        NetworkInterfaceList of NetworkInterface .element("item");
        NetworkInterfacePrivateIpAddressList of NetworkInterfacePrivateIpAddress .element("item");
        PrefixListIdList of PrefixListId .element("item");
        RegionGeographyList of RegionGeography .element("item");
        RegionList of Region .element("item");
        RegionNameStringList of String .element("RegionName");
        SecurityGroupList of SecurityGroup .element("item");
        SubnetIdStringList of SubnetId .element("SubnetId");
        SubnetIpv6CidrBlockAssociationSet of SubnetIpv6CidrBlockAssociation .element("item");
        SubnetList of Subnet .element("item");
        TagList of Tag .element("item");
        UserIdGroupPairList of UserIdGroupPair .element("item");
        ValueStringList of String .element("item");
        VpcCidrBlockAssociationSet of VpcCidrBlockAssociation .element("item");
        VpcIdStringList of VpcId .element("VpcId");
        VpcIpv6CidrBlockAssociationSet of VpcIpv6CidrBlockAssociation .element("item");
        VpcList of Vpc .element("item");
        ZoneIdStringList of String .element("ZoneId");
        ZoneNameStringList of String .element("ZoneName");
    }
    maps {}
    structures {
        Structure::new AttachmentEnaSrdSpecification {
            ena_srd_enabled "EnaSrdEnabled": Boolean .named("enaSrdEnabled");
            ena_srd_udp_specification "EnaSrdUdpSpecification": AttachmentEnaSrdUdpSpecification .named("enaSrdUdpSpecification");
        }
        Structure::new AttachmentEnaSrdUdpSpecification {
            ena_srd_udp_enabled "EnaSrdUdpEnabled": Boolean .named("enaSrdUdpEnabled");
        }
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
        Structure::new BlockPublicAccessStates {
            internet_gateway_block_mode "InternetGatewayBlockMode": BlockPublicAccessMode .named("internetGatewayBlockMode");
        }
        Structure::new ConnectionTrackingConfiguration {
            tcp_established_timeout "TcpEstablishedTimeout": Integer .named("tcpEstablishedTimeout");
            udp_stream_timeout "UdpStreamTimeout": Integer .named("udpStreamTimeout");
            udp_timeout "UdpTimeout": Integer .named("udpTimeout");
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
        Structure::new DescribeNetworkInterfacesRequest {
            next_token "NextToken": String;
            max_results "MaxResults": DescribeNetworkInterfacesMaxResults;
            include_managed_resources "IncludeManagedResources": Boolean;
            dry_run "DryRun": Boolean .named("dryRun");
            network_interface_ids "NetworkInterfaceIds": NetworkInterfaceIdList .named("NetworkInterfaceId");
            filters "Filters": FilterList .named("filter");
        }
        Structure::new DescribeNetworkInterfacesResult {
            network_interfaces "NetworkInterfaces": NetworkInterfaceList .named("networkInterfaceSet");
            next_token "NextToken": String .named("nextToken");
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
        Structure::new DescribeSecurityGroupsRequest {
            group_ids "GroupIds": GroupIdStringList .named("GroupId");
            group_names "GroupNames": GroupNameStringList .named("GroupName");
            next_token "NextToken": String;
            max_results "MaxResults": DescribeSecurityGroupsMaxResults;
            dry_run "DryRun": Boolean .named("dryRun");
            filters "Filters": FilterList .named("Filter");
        }
        Structure::new DescribeSecurityGroupsResult {
            next_token "NextToken": String .named("nextToken");
            security_groups "SecurityGroups": SecurityGroupList .named("securityGroupInfo");
        }
        Structure::new DescribeSubnetsRequest {
            filters "Filters": FilterList .named("Filter");
            subnet_ids "SubnetIds": SubnetIdStringList .named("SubnetId");
            next_token "NextToken": String;
            max_results "MaxResults": DescribeSubnetsMaxResults;
            dry_run "DryRun": Boolean .named("dryRun");
        }
        Structure::new DescribeSubnetsResult {
            next_token "NextToken": String .named("nextToken");
            subnets "Subnets": SubnetList .named("subnetSet");
        }
        Structure::new DescribeVpcsRequest {
            filters "Filters": FilterList .named("Filter");
            vpc_ids "VpcIds": VpcIdStringList .named("VpcId");
            next_token "NextToken": String;
            max_results "MaxResults": DescribeVpcsMaxResults;
            dry_run "DryRun": Boolean .named("dryRun");
        }
        Structure::new DescribeVpcsResult {
            next_token "NextToken": String .named("nextToken");
            vpcs "Vpcs": VpcList .named("vpcSet");
        }
        Structure::new Filter {
            name "Name": String;
            values "Values": ValueStringList .named("Value");
        }
        Structure::new GroupIdentifier {
            group_id "GroupId": String .named("groupId");
            group_name "GroupName": String .named("groupName");
        }
        Structure::new IpPermission {
            ip_protocol "IpProtocol": String .named("ipProtocol");
            from_port "FromPort": Integer .named("fromPort");
            to_port "ToPort": Integer .named("toPort");
            user_id_group_pairs "UserIdGroupPairs": UserIdGroupPairList .named("groups");
            ip_ranges "IpRanges": IpRangeList .named("ipRanges");
            ipv6_ranges "Ipv6Ranges": Ipv6RangeList .named("ipv6Ranges");
            prefix_list_ids "PrefixListIds": PrefixListIdList .named("prefixListIds");
        }
        Structure::new IpRange {
            description "Description": String .named("description");
            cidr_ip "CidrIp": String .named("cidrIp");
        }
        Structure::new Ipv4PrefixSpecification {
            ipv4_prefix "Ipv4Prefix": String .named("ipv4Prefix");
        }
        Structure::new Ipv6PrefixSpecification {
            ipv6_prefix "Ipv6Prefix": String .named("ipv6Prefix");
        }
        Structure::new Ipv6Range {
            description "Description": String .named("description");
            cidr_ipv6 "CidrIpv6": String .named("cidrIpv6");
        }
        Structure::new NetworkInterface {
            association "Association": NetworkInterfaceAssociation .named("association");
            attachment "Attachment": NetworkInterfaceAttachment .named("attachment");
            availability_zone "AvailabilityZone": String .named("availabilityZone");
            connection_tracking_configuration "ConnectionTrackingConfiguration": ConnectionTrackingConfiguration .named("connectionTrackingConfiguration");
            description "Description": String .named("description");
            groups "Groups": GroupIdentifierList .named("groupSet");
            interface_type "InterfaceType": NetworkInterfaceType .named("interfaceType");
            ipv6_addresses "Ipv6Addresses": NetworkInterfaceIpv6AddressesList .named("ipv6AddressesSet");
            mac_address "MacAddress": String .named("macAddress");
            network_interface_id "NetworkInterfaceId": String .named("networkInterfaceId");
            outpost_arn "OutpostArn": String .named("outpostArn");
            owner_id "OwnerId": String .named("ownerId");
            private_dns_name "PrivateDnsName": String .named("privateDnsName");
            public_dns_name "PublicDnsName": String .named("publicDnsName");
            public_ip_dns_name_options "PublicIpDnsNameOptions": PublicIpDnsNameOptions .named("publicIpDnsNameOptions");
            private_ip_address "PrivateIpAddress": String .named("privateIpAddress");
            private_ip_addresses "PrivateIpAddresses": NetworkInterfacePrivateIpAddressList .named("privateIpAddressesSet");
            ipv4_prefixes "Ipv4Prefixes": Ipv4PrefixesList .named("ipv4PrefixSet");
            ipv6_prefixes "Ipv6Prefixes": Ipv6PrefixesList .named("ipv6PrefixSet");
            requester_id "RequesterId": String .named("requesterId");
            requester_managed "RequesterManaged": Boolean .named("requesterManaged");
            source_dest_check "SourceDestCheck": Boolean .named("sourceDestCheck");
            status "Status": NetworkInterfaceStatus .named("status");
            subnet_id "SubnetId": String .named("subnetId");
            tag_set "TagSet": TagList .named("tagSet");
            vpc_id "VpcId": String .named("vpcId");
            deny_all_igw_traffic "DenyAllIgwTraffic": Boolean .named("denyAllIgwTraffic");
            ipv6_native "Ipv6Native": Boolean .named("ipv6Native");
            ipv6_address "Ipv6Address": String .named("ipv6Address");
            operator "Operator": OperatorResponse .named("operator");
            associated_subnets "AssociatedSubnets": AssociatedSubnetList .named("associatedSubnetSet");
            availability_zone_id "AvailabilityZoneId": String .named("availabilityZoneId");
        }
        Structure::new NetworkInterfaceAssociation {
            allocation_id "AllocationId": String .named("allocationId");
            association_id "AssociationId": String .named("associationId");
            ip_owner_id "IpOwnerId": String .named("ipOwnerId");
            public_dns_name "PublicDnsName": String .named("publicDnsName");
            public_ip "PublicIp": String .named("publicIp");
            customer_owned_ip "CustomerOwnedIp": String .named("customerOwnedIp");
            carrier_ip "CarrierIp": String .named("carrierIp");
        }
        Structure::new NetworkInterfaceAttachment {
            attach_time "AttachTime": DateTime .named("attachTime");
            attachment_id "AttachmentId": String .named("attachmentId");
            delete_on_termination "DeleteOnTermination": Boolean .named("deleteOnTermination");
            device_index "DeviceIndex": Integer .named("deviceIndex");
            network_card_index "NetworkCardIndex": Integer .named("networkCardIndex");
            instance_id "InstanceId": String .named("instanceId");
            instance_owner_id "InstanceOwnerId": String .named("instanceOwnerId");
            status "Status": AttachmentStatus .named("status");
            ena_srd_specification "EnaSrdSpecification": AttachmentEnaSrdSpecification .named("enaSrdSpecification");
            ena_queue_count "EnaQueueCount": Integer .named("enaQueueCount");
        }
        Structure::new NetworkInterfaceIpv6Address {
            ipv6_address "Ipv6Address": String .named("ipv6Address");
            public_ipv6_dns_name "PublicIpv6DnsName": String .named("publicIpv6DnsName");
            is_primary_ipv6 "IsPrimaryIpv6": Boolean .named("isPrimaryIpv6");
        }
        Structure::new NetworkInterfacePrivateIpAddress {
            association "Association": NetworkInterfaceAssociation .named("association");
            primary "Primary": Boolean .named("primary");
            private_dns_name "PrivateDnsName": String .named("privateDnsName");
            private_ip_address "PrivateIpAddress": String .named("privateIpAddress");
        }
        Structure::new OperatorResponse {
            managed "Managed": Boolean .named("managed");
            principal "Principal": String .named("principal");
            hidden_by_default "HiddenByDefault": Boolean .named("hiddenByDefault");
        }
        Structure::new PrefixListId {
            description "Description": String .named("description");
            prefix_list_id "PrefixListId": String .named("prefixListId");
        }
        Structure::new PrivateDnsNameOptionsOnLaunch {
            hostname_type "HostnameType": HostnameType .named("hostnameType");
            enable_resource_name_dns_a_record "EnableResourceNameDnsARecord": Boolean .named("enableResourceNameDnsARecord");
            enable_resource_name_dns_aaaa_record "EnableResourceNameDnsAAAARecord": Boolean .named("enableResourceNameDnsAAAARecord");
        }
        Structure::new PublicIpDnsNameOptions {
            dns_hostname_type "DnsHostnameType": String .named("dnsHostnameType");
            public_ipv4_dns_name "PublicIpv4DnsName": String .named("publicIpv4DnsName");
            public_ipv6_dns_name "PublicIpv6DnsName": String .named("publicIpv6DnsName");
            public_dual_stack_dns_name "PublicDualStackDnsName": String .named("publicDualStackDnsName");
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
        Structure::new SecurityGroup {
            group_id "GroupId": String .named("groupId");
            ip_permissions_egress "IpPermissionsEgress": IpPermissionList .named("ipPermissionsEgress");
            tags "Tags": TagList .named("tagSet");
            vpc_id "VpcId": String .named("vpcId");
            security_group_arn "SecurityGroupArn": String .named("securityGroupArn");
            owner_id "OwnerId": String .named("ownerId");
            group_name "GroupName": String .named("groupName");
            description "Description": String .named("groupDescription");
            ip_permissions "IpPermissions": IpPermissionList .named("ipPermissions");
        }
        Structure::new Subnet {
            availability_zone_id "AvailabilityZoneId": String .named("availabilityZoneId");
            enable_lni_at_device_index "EnableLniAtDeviceIndex": Integer .named("enableLniAtDeviceIndex");
            map_customer_owned_ip_on_launch "MapCustomerOwnedIpOnLaunch": Boolean .named("mapCustomerOwnedIpOnLaunch");
            customer_owned_ipv4_pool "CustomerOwnedIpv4Pool": CoipPoolId .named("customerOwnedIpv4Pool");
            owner_id "OwnerId": String .named("ownerId");
            assign_ipv6_address_on_creation "AssignIpv6AddressOnCreation": Boolean .named("assignIpv6AddressOnCreation");
            ipv6_cidr_block_association_set "Ipv6CidrBlockAssociationSet": SubnetIpv6CidrBlockAssociationSet .named("ipv6CidrBlockAssociationSet");
            tags "Tags": TagList .named("tagSet");
            subnet_arn "SubnetArn": String .named("subnetArn");
            outpost_arn "OutpostArn": String .named("outpostArn");
            enable_dns64 "EnableDns64": Boolean .named("enableDns64");
            ipv6_native "Ipv6Native": Boolean .named("ipv6Native");
            private_dns_name_options_on_launch "PrivateDnsNameOptionsOnLaunch": PrivateDnsNameOptionsOnLaunch .named("privateDnsNameOptionsOnLaunch");
            block_public_access_states "BlockPublicAccessStates": BlockPublicAccessStates .named("blockPublicAccessStates");
            r#type "Type": String .named("type");
            subnet_id "SubnetId": String .named("subnetId");
            state "State": SubnetState .named("state");
            vpc_id "VpcId": String .named("vpcId");
            cidr_block "CidrBlock": String .named("cidrBlock");
            available_ip_address_count "AvailableIpAddressCount": Integer .named("availableIpAddressCount");
            availability_zone "AvailabilityZone": String .named("availabilityZone");
            default_for_az "DefaultForAz": Boolean .named("defaultForAz");
            map_public_ip_on_launch "MapPublicIpOnLaunch": Boolean .named("mapPublicIpOnLaunch");
        }
        Structure::new SubnetCidrBlockState {
            state "State": SubnetCidrBlockStateCode .named("state");
            status_message "StatusMessage": String .named("statusMessage");
        }
        Structure::new SubnetIpv6CidrBlockAssociation {
            association_id "AssociationId": SubnetCidrAssociationId .named("associationId");
            ipv6_cidr_block "Ipv6CidrBlock": String .named("ipv6CidrBlock");
            ipv6_cidr_block_state "Ipv6CidrBlockState": SubnetCidrBlockState .named("ipv6CidrBlockState");
            ipv6_address_attribute "Ipv6AddressAttribute": Ipv6AddressAttribute .named("ipv6AddressAttribute");
            ip_source "IpSource": IpSource .named("ipSource");
        }
        Structure::new Tag {
            key "Key": String .named("key");
            value "Value": String .named("value");
        }
        Structure::new UserIdGroupPair {
            description "Description": String .named("description");
            user_id "UserId": String .named("userId");
            group_name "GroupName": String .named("groupName");
            group_id "GroupId": String .named("groupId");
            vpc_id "VpcId": String .named("vpcId");
            vpc_peering_connection_id "VpcPeeringConnectionId": String .named("vpcPeeringConnectionId");
            peering_status "PeeringStatus": String .named("peeringStatus");
        }
        Structure::new Vpc {
            owner_id "OwnerId": String .named("ownerId");
            instance_tenancy "InstanceTenancy": Tenancy .named("instanceTenancy");
            ipv6_cidr_block_association_set "Ipv6CidrBlockAssociationSet": VpcIpv6CidrBlockAssociationSet .named("ipv6CidrBlockAssociationSet");
            cidr_block_association_set "CidrBlockAssociationSet": VpcCidrBlockAssociationSet .named("cidrBlockAssociationSet");
            is_default "IsDefault": Boolean .named("isDefault");
            encryption_control "EncryptionControl": VpcEncryptionControl .named("encryptionControl");
            tags "Tags": TagList .named("tagSet");
            block_public_access_states "BlockPublicAccessStates": BlockPublicAccessStates .named("blockPublicAccessStates");
            vpc_id "VpcId": String .named("vpcId");
            state "State": VpcState .named("state");
            cidr_block "CidrBlock": String .named("cidrBlock");
            dhcp_options_id "DhcpOptionsId": String .named("dhcpOptionsId");
        }
        Structure::new VpcCidrBlockAssociation {
            association_id "AssociationId": String .named("associationId");
            cidr_block "CidrBlock": String .named("cidrBlock");
            cidr_block_state "CidrBlockState": VpcCidrBlockState .named("cidrBlockState");
        }
        Structure::new VpcCidrBlockState {
            state "State": VpcCidrBlockStateCode .named("state");
            status_message "StatusMessage": String .named("statusMessage");
        }
        Structure::new VpcEncryptionControl {
            vpc_id "VpcId": VpcId .named("vpcId");
            vpc_encryption_control_id "VpcEncryptionControlId": VpcEncryptionControlId .named("vpcEncryptionControlId");
            mode "Mode": VpcEncryptionControlMode .named("mode");
            state "State": VpcEncryptionControlState .named("state");
            state_message "StateMessage": String .named("stateMessage");
            resource_exclusions "ResourceExclusions": VpcEncryptionControlExclusions .named("resourceExclusions");
            tags "Tags": TagList .named("tagSet");
        }
        Structure::new VpcEncryptionControlExclusion {
            state "State": VpcEncryptionControlExclusionState .named("state");
            state_message "StateMessage": String .named("stateMessage");
        }
        Structure::new VpcEncryptionControlExclusions {
            internet_gateway "InternetGateway": VpcEncryptionControlExclusion .named("internetGateway");
            egress_only_internet_gateway "EgressOnlyInternetGateway": VpcEncryptionControlExclusion .named("egressOnlyInternetGateway");
            nat_gateway "NatGateway": VpcEncryptionControlExclusion .named("natGateway");
            virtual_private_gateway "VirtualPrivateGateway": VpcEncryptionControlExclusion .named("virtualPrivateGateway");
            vpc_peering "VpcPeering": VpcEncryptionControlExclusion .named("vpcPeering");
            lambda "Lambda": VpcEncryptionControlExclusion .named("lambda");
            vpc_lattice "VpcLattice": VpcEncryptionControlExclusion .named("vpcLattice");
            elastic_file_system "ElasticFileSystem": VpcEncryptionControlExclusion .named("elasticFileSystem");
            global_accelerator "GlobalAccelerator": VpcEncryptionControlExclusion .named("globalAccelerator");
            api_gateway_v2 "ApiGatewayV2": VpcEncryptionControlExclusion .named("apiGatewayV2");
        }
        Structure::new VpcIpv6CidrBlockAssociation {
            association_id "AssociationId": String .named("associationId");
            ipv6_cidr_block "Ipv6CidrBlock": String .named("ipv6CidrBlock");
            ipv6_cidr_block_state "Ipv6CidrBlockState": VpcCidrBlockState .named("ipv6CidrBlockState");
            network_border_group "NetworkBorderGroup": String .named("networkBorderGroup");
            ipv6_pool "Ipv6Pool": String .named("ipv6Pool");
            ipv6_address_attribute "Ipv6AddressAttribute": Ipv6AddressAttribute .named("ipv6AddressAttribute");
            ip_source "IpSource": IpSource .named("ipSource");
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
        DescribeNetworkInterfaces POST "/" 200 (DescribeNetworkInterfacesRequest) -> (DescribeNetworkInterfacesResult) [];
        DescribeRegions POST "/" 200 (DescribeRegionsRequest) -> (DescribeRegionsResult) [];
        DescribeSecurityGroups POST "/" 200 (DescribeSecurityGroupsRequest) -> (DescribeSecurityGroupsResult) [];
        DescribeSubnets POST "/" 200 (DescribeSubnetsRequest) -> (DescribeSubnetsResult) [];
        DescribeVpcs POST "/" 200 (DescribeVpcsRequest) -> (DescribeVpcsResult) [];
    }
}
