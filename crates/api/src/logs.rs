//! The shapes of `logs` 2014-03-28, as facts.
//!
//! Written by `cargo xtask api` from botocore 1.44.5; never by hand. To change it, see
//! docs/add-an-operation.md.

wire::shapes! {
    plain {
        Text Arn;
        Flag BearerTokenAuthenticationEnabled;
        Int Days;
        Flag DeletionProtectionEnabled;
        Int FilterCount;
        Flag IncludeLinkedAccounts;
        Text PolicyName;
    }
    with {
        Text AccountId .min(12.0).max(12.0).pattern(r"^\d{12}$");
        Text DataProtectionStatus .one_of(&["ACTIVATED", "DELETED", "ARCHIVED", "DISABLED"]);
        Int DescribeLimit .min(1.0).max(50.0);
        Text InheritedProperty .one_of(&["ACCOUNT_DATA_PROTECTION"]);
        Text KmsKeyId .max(256.0);
        Text LogGroupClass .one_of(&["STANDARD", "INFREQUENT_ACCESS", "DELIVERY", "ESSENTIALS"]);
        Text LogGroupIdentifier .min(1.0).max(2048.0).pattern(r"[\w#+=/:,.@-]*");
        Text LogGroupName .min(1.0).max(512.0).pattern(r"[\.\-_/#A-Za-z0-9]+");
        Text LogGroupNamePattern .min(0.0).max(512.0).pattern(r"[\.\-_/#A-Za-z0-9]*");
        Text NextToken .min(1.0);
        Long StoredBytes .min(0.0);
        Text TagKey .min(1.0).max(128.0).pattern(r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]+)$");
        Text TagValue .max(256.0).pattern(r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$");
        Long Timestamp .min(0.0);
    }
    lists {
        AccountIds of AccountId .min(0.0).max(20.0);
        DescribeLogGroupsLogGroupIdentifiers of LogGroupIdentifier .min(1.0).max(50.0);
        InheritedProperties of InheritedProperty;
        LogGroups of LogGroup;
    }
    maps {
        Tags of TagKey TagValue .min(1.0).max(50.0);
    }
    structures {
        Structure::new CreateLogGroupRequest {
            log_group_name "logGroupName": LogGroupName .required();
            kms_key_id "kmsKeyId": KmsKeyId;
            tags "tags": Tags;
            log_group_class "logGroupClass": LogGroupClass;
            deletion_protection_enabled "deletionProtectionEnabled": DeletionProtectionEnabled;
        }
        Structure::new DeleteLogGroupRequest {
            log_group_name "logGroupName": LogGroupName .required();
        }
        Structure::new DescribeLogGroupsRequest {
            account_identifiers "accountIdentifiers": AccountIds;
            log_group_name_prefix "logGroupNamePrefix": LogGroupName;
            log_group_name_pattern "logGroupNamePattern": LogGroupNamePattern;
            next_token "nextToken": NextToken;
            limit "limit": DescribeLimit;
            include_linked_accounts "includeLinkedAccounts": IncludeLinkedAccounts;
            log_group_class "logGroupClass": LogGroupClass;
            log_group_identifiers "logGroupIdentifiers": DescribeLogGroupsLogGroupIdentifiers;
        }
        Structure::new DescribeLogGroupsResponse {
            log_groups "logGroups": LogGroups;
            next_token "nextToken": NextToken;
        }
        Structure::new InvalidParameterException {}
        Structure::new LimitExceededException {}
        Structure::new LogGroup {
            log_group_name "logGroupName": LogGroupName;
            creation_time "creationTime": Timestamp;
            retention_in_days "retentionInDays": Days;
            metric_filter_count "metricFilterCount": FilterCount;
            arn "arn": Arn;
            stored_bytes "storedBytes": StoredBytes;
            kms_key_id "kmsKeyId": KmsKeyId;
            data_protection_status "dataProtectionStatus": DataProtectionStatus;
            inherited_properties "inheritedProperties": InheritedProperties;
            log_group_class "logGroupClass": LogGroupClass;
            log_group_arn "logGroupArn": Arn;
            deletion_protection_enabled "deletionProtectionEnabled": DeletionProtectionEnabled;
            bearer_token_authentication_enabled "bearerTokenAuthenticationEnabled": BearerTokenAuthenticationEnabled;
            retention_policy_name "retentionPolicyName": PolicyName;
        }
        Structure::new OperationAbortedException {}
        Structure::new ResourceAlreadyExistsException {}
        Structure::new ResourceNotFoundException {}
        Structure::new ServiceUnavailableException {}
        Structure::new ValidationException {}
    }
}

wire::service! {
    /// Amazon CloudWatch Logs.
    LOGS {
        id: "logs", signing: "logs", endpoint: "logs", version: "2014-03-28",
        protocols: [Json11], target: "Logs_20140328", namespace: "",
    }
    faults {
        InvalidParameterException "InvalidParameterException" 400;
        LimitExceededException "LimitExceededException" 400;
        OperationAbortedException "OperationAbortedException" 400;
        ResourceAlreadyExistsException "ResourceAlreadyExistsException" 400;
        ResourceNotFoundException "ResourceNotFoundException" 400;
        ServiceUnavailableException "ServiceUnavailableException" 500;
        ValidationException "ValidationException" 400;
    }
    operations {
        CreateLogGroup POST "/" 200 (CreateLogGroupRequest) -> () [InvalidParameterException, LimitExceededException, OperationAbortedException, ResourceAlreadyExistsException, ServiceUnavailableException];
        DeleteLogGroup POST "/" 200 (DeleteLogGroupRequest) -> () [InvalidParameterException, OperationAbortedException, ResourceNotFoundException, ServiceUnavailableException, ValidationException];
        DescribeLogGroups POST "/" 200 (DescribeLogGroupsRequest) -> (DescribeLogGroupsResponse) [InvalidParameterException, ServiceUnavailableException];
    }
}
