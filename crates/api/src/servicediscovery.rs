//! The shapes of `servicediscovery` 2017-03-14, as facts.
//!
//! Written by `cargo xtask api` from botocore 1.44.5; never by hand. To change it, see
//! docs/add-an-operation.md.

wire::shapes! {
    plain {
        Text ErrorMessage;
        Int ResourceCount;
        Time Timestamp;
    }
    with {
        Text AWSAccountId .min(12.0).max(12.0);
        Text Arn .max(255.0);
        Text FilterCondition .one_of(&["EQ", "IN", "BETWEEN", "BEGINS_WITH"]);
        Text FilterValue .min(1.0).max(255.0);
        Int MaxResults .min(1.0).max(100.0);
        Text NamespaceFilterName .one_of(&["TYPE", "NAME", "HTTP_NAME", "RESOURCE_OWNER"]);
        Text NamespaceName .max(1024.0).pattern(r"^[!-~]{1,1024}$");
        Text NamespaceType .one_of(&["DNS_PUBLIC", "DNS_PRIVATE", "HTTP"]);
        Text NextToken .max(4096.0);
        Long RecordTTL .min(0.0).max(2147483647.0);
        Text ResourceDescription .max(1024.0);
        Text ResourceId .max(64.0);
    }
    lists {
        FilterValues of FilterValue;
        NamespaceFilters of NamespaceFilter;
        NamespaceSummariesList of NamespaceSummary;
    }
    maps {}
    structures {
        Structure::new DnsProperties {
            hosted_zone_id "HostedZoneId": ResourceId;
            soa "SOA": SOA;
        }
        Structure::new HttpProperties {
            http_name "HttpName": NamespaceName;
        }
        Structure::new InvalidInput {
            message "Message": ErrorMessage;
        }
        Structure::new ListNamespacesRequest {
            next_token "NextToken": NextToken;
            max_results "MaxResults": MaxResults;
            filters "Filters": NamespaceFilters;
        }
        Structure::new ListNamespacesResponse {
            namespaces "Namespaces": NamespaceSummariesList;
            next_token "NextToken": NextToken;
        }
        Structure::new NamespaceFilter {
            name "Name": NamespaceFilterName .required();
            values "Values": FilterValues .required();
            condition "Condition": FilterCondition;
        }
        Structure::new NamespaceProperties {
            dns_properties "DnsProperties": DnsProperties;
            http_properties "HttpProperties": HttpProperties;
        }
        Structure::new NamespaceSummary {
            id "Id": ResourceId;
            arn "Arn": Arn;
            resource_owner "ResourceOwner": AWSAccountId;
            name "Name": NamespaceName;
            r#type "Type": NamespaceType;
            description "Description": ResourceDescription;
            service_count "ServiceCount": ResourceCount;
            properties "Properties": NamespaceProperties;
            create_date "CreateDate": Timestamp;
        }
        Structure::new SOA {
            ttl "TTL": RecordTTL .required();
        }
    }
}

wire::service! {
    /// AWS Cloud Map.
    SERVICEDISCOVERY {
        id: "servicediscovery", signing: "servicediscovery", endpoint: "servicediscovery", version: "2017-03-14",
        protocols: [RpcV2Cbor, Json11], target: "Route53AutoNaming_v20170314", namespace: "",
    }
    faults {
        InvalidInput "InvalidInput" 400;
    }
    operations {
        ListNamespaces POST "/" 200 (ListNamespacesRequest) -> (ListNamespacesResponse) [InvalidInput];
    }
}
