//! The shapes of `ecr` 2015-09-21, as facts.
//!
//! Written by `cargo xtask api` from botocore 1.44.5; never by hand. To change it, see
//! docs/add-an-operation.md.

wire::shapes! {
    plain {
        Text Arn;
        Time CreationTimestamp;
        Flag DeleteReplicationFlag;
        Text ExceptionMessage;
        Text NextToken;
        Flag ScanOnPushFlag;
        Text Url;
    }
    with {
        Text EncryptionType .one_of(&["AES256", "KMS", "KMS_DSSE"]);
        Text ImageTagMutability .one_of(&["MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION"]);
        Text ImageTagMutabilityExclusionFilterType .one_of(&["WILDCARD"]);
        Text ImageTagMutabilityExclusionFilterValue .min(1.0).max(128.0).pattern(r"^[0-9a-zA-Z._*-]{1,128}$");
        Text KmsKey .min(1.0).max(2048.0);
        Int MaxResults .min(1.0).max(1000.0);
        Text Region .min(2.0).max(25.0).pattern(r"[0-9a-z-]{2,25}");
        Text RegistryId .pattern(r"[0-9]{12}");
        Text RepositoryFilterType .one_of(&["PREFIX_MATCH"]);
        Text RepositoryFilterValue .min(2.0).max(256.0).pattern(r"^(?:[a-z0-9]+(?:[._-][a-z0-9]*)*/)*[a-z0-9]*(?:[._-][a-z0-9]*)*$");
        Text RepositoryName .min(2.0).max(256.0).pattern(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*");
    }
    lists {
        ImageTagMutabilityExclusionFilters of ImageTagMutabilityExclusionFilter .min(1.0).max(5.0);
        ReplicationDestinationList of ReplicationDestination .min(0.0).max(100.0);
        ReplicationRuleList of ReplicationRule .min(0.0).max(25.0);
        RepositoryFilterList of RepositoryFilter .min(1.0).max(100.0);
        RepositoryList of Repository;
        RepositoryNameList of RepositoryName .min(1.0).max(100.0);
    }
    maps {}
    structures {
        Structure::new DeleteReplication {
            enabled "enabled": DeleteReplicationFlag .required();
        }
        Structure::new DescribeRegistryRequest {}
        Structure::new DescribeRegistryResponse {
            registry_id "registryId": RegistryId;
            replication_configuration "replicationConfiguration": ReplicationConfiguration;
        }
        Structure::new DescribeRepositoriesRequest {
            registry_id "registryId": RegistryId;
            repository_names "repositoryNames": RepositoryNameList;
            next_token "nextToken": NextToken;
            max_results "maxResults": MaxResults;
        }
        Structure::new DescribeRepositoriesResponse {
            repositories "repositories": RepositoryList;
            next_token "nextToken": NextToken;
        }
        Structure::new EncryptionConfiguration {
            encryption_type "encryptionType": EncryptionType .required();
            kms_key "kmsKey": KmsKey;
        }
        Structure::new ImageScanningConfiguration {
            scan_on_push "scanOnPush": ScanOnPushFlag;
        }
        Structure::new ImageTagMutabilityExclusionFilter {
            filter_type "filterType": ImageTagMutabilityExclusionFilterType .required();
            filter "filter": ImageTagMutabilityExclusionFilterValue .required();
        }
        Structure::new InvalidParameterException {
            message "message": ExceptionMessage;
        }
        Structure::new ReplicationConfiguration {
            rules "rules": ReplicationRuleList .required();
        }
        Structure::new ReplicationDestination {
            region "region": Region .required();
            registry_id "registryId": RegistryId .required();
        }
        Structure::new ReplicationRule {
            destinations "destinations": ReplicationDestinationList .required();
            repository_filters "repositoryFilters": RepositoryFilterList;
            delete_replication "deleteReplication": DeleteReplication;
        }
        Structure::new Repository {
            repository_arn "repositoryArn": Arn;
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName;
            repository_uri "repositoryUri": Url;
            created_at "createdAt": CreationTimestamp;
            image_tag_mutability "imageTagMutability": ImageTagMutability;
            image_tag_mutability_exclusion_filters "imageTagMutabilityExclusionFilters": ImageTagMutabilityExclusionFilters;
            image_scanning_configuration "imageScanningConfiguration": ImageScanningConfiguration;
            encryption_configuration "encryptionConfiguration": EncryptionConfiguration;
        }
        Structure::new RepositoryFilter {
            filter "filter": RepositoryFilterValue .required();
            filter_type "filterType": RepositoryFilterType .required();
        }
        Structure::new RepositoryNotFoundException {
            message "message": ExceptionMessage;
        }
        Structure::new ServerException {
            message "message": ExceptionMessage;
        }
        Structure::new ValidationException {
            message "message": ExceptionMessage;
        }
    }
}

wire::service! {
    /// Amazon Elastic Container Registry.
    ECR {
        id: "ecr", signing: "ecr", endpoint: "api.ecr", version: "2015-09-21",
        protocols: [Json11], target: "AmazonEC2ContainerRegistry_V20150921", namespace: "",
    }
    faults {
        InvalidParameterException "InvalidParameterException" 400;
        RepositoryNotFoundException "RepositoryNotFoundException" 400;
        ServerException "ServerException" 500;
        ValidationException "ValidationException" 400;
    }
    operations {
        DescribeRegistry POST "/" 200 (DescribeRegistryRequest) -> (DescribeRegistryResponse) [InvalidParameterException, ServerException, ValidationException];
        DescribeRepositories POST "/" 200 (DescribeRepositoriesRequest) -> (DescribeRepositoriesResponse) [InvalidParameterException, RepositoryNotFoundException, ServerException];
    }
}
