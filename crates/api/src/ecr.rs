//! The shapes of `ecr` 2015-09-21, as facts.
//!
//! Written by `cargo xtask api` from botocore 1.44.5; never by hand. To change it, see
//! docs/add-an-operation.md.

wire::shapes! {
    plain {
        Text AccountSettingValue;
        Text Arch;
        Text Arn;
        Text Author;
        Double BaseScore;
        Time CreationTimestamp;
        Time Date;
        Flag DeleteReplicationFlag;
        Int Epoch;
        Time EvaluationTimestamp;
        Text ExceptionMessage;
        Time ExpirationTimestamp;
        Text ExploitAvailable;
        Text FilePath;
        Text FindingArn;
        Text FindingDescription;
        Text FindingName;
        Text FixAvailable;
        Text FixedInVersion;
        Flag ForceFlag;
        Text ImageDigest;
        Text ImageFailureReason;
        Long ImageSizeInBytes;
        Flag IsPTCRuleValid;
        Text KmsError;
        Time LastActivatedAtTimestamp;
        Time LastArchivedAtTimestamp;
        Text LayerFailureReason;
        Long LayerSizeInBytes;
        Text MediaType;
        Text Metric;
        Text NextToken;
        Text PTCValidateFailure;
        Text PackageManager;
        Text Platform;
        Text ProxyEndpoint;
        Time PushTimestamp;
        Text Reason;
        Text RecommendationText;
        Time RecordedPullTimestamp;
        Text RelatedVulnerability;
        Text Release;
        Text ReplicationBackfillError;
        Text ReplicationError;
        Text ResourceId;
        Flag ScanOnPushFlag;
        Text ScanStatusDescription;
        Time ScanTimestamp;
        Text ScanningConfigurationFailureReason;
        Double Score;
        Text ScoringVector;
        Text Severity;
        Text SigningStatusFailureCode;
        Text SigningStatusFailureReason;
        Text Source;
        Text SourceLayerHash;
        Text Status;
        Text String;
        Text TagKey;
        Text TagValue;
        Text Title;
        Text Type;
        Time UpdatedTimestamp;
        Text Url;
        Text Version;
        Text VulnerabilityId;
        Time VulnerabilitySourceUpdateTimestamp;
        Text VulnerablePackageName;
    }
    with {
        Text AccountSettingName .min(1.0).max(64.0);
        Text ArtifactStatus .one_of(&["ACTIVE", "ARCHIVED", "ACTIVATING"]);
        Text ArtifactStatusFilter .one_of(&["ACTIVE", "ARCHIVED", "ACTIVATING", "ANY"]);
        Text ArtifactType .min(1.0).max(255.0);
        Text AttributeKey .min(1.0).max(128.0);
        Text AttributeValue .min(1.0).max(256.0);
        Text Base64 .pattern(r"^\S+$");
        Text BatchedOperationLayerDigest .min(0.0).max(1000.0);
        Text CredentialArn .min(50.0).max(612.0).pattern(r"^arn:aws(-\w+)*:secretsmanager:[a-zA-Z0-9-:]+:secret:ecr\-pullthroughcache\/[a-zA-Z0-9\/_+=.@-]+$");
        Text CustomRoleArn .max(2048.0);
        Text EncryptionType .one_of(&["AES256", "KMS", "KMS_DSSE"]);
        Int FiftyMaxResults .min(1.0).max(50.0);
        Text FindingSeverity .one_of(&["INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL", "UNDEFINED"]);
        Text ImageActionType .one_of(&["EXPIRE", "TRANSITION"]);
        Int ImageCount .min(0.0);
        Text ImageFailureCode .one_of(&["InvalidImageDigest", "InvalidImageTag", "ImageTagDoesNotMatchDigest", "ImageNotFound", "MissingDigestAndTag", "ImageReferencedByManifestList", "KmsError", "UpstreamAccessDenied", "UpstreamTooManyRequests", "UpstreamUnavailable", "ImageInaccessible"]);
        Text ImageManifest .min(1.0).max(4194304.0);
        Text ImageStatus .one_of(&["ACTIVE", "ARCHIVED", "ACTIVATING"]);
        Text ImageStatusFilter .one_of(&["ACTIVE", "ARCHIVED", "ACTIVATING", "ANY"]);
        Text ImageTag .min(1.0).max(300.0);
        Text ImageTagMutability .one_of(&["MUTABLE", "IMMUTABLE", "IMMUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION"]);
        Text ImageTagMutabilityExclusionFilterType .one_of(&["WILDCARD"]);
        Text ImageTagMutabilityExclusionFilterValue .min(1.0).max(128.0).pattern(r"^[0-9a-zA-Z._*-]{1,128}$");
        Long InUseCount .min(0.0);
        Text KmsKey .min(1.0).max(2048.0);
        Text KmsKeyForRepositoryCreationTemplate .min(0.0).max(2048.0).pattern(r"^$|arn:aws[a-z0-9-]*:kms:[a-z0-9-]+:[0-9]{12}:key\/[a-z0-9-]+");
        Text LayerAvailability .one_of(&["AVAILABLE", "UNAVAILABLE", "ARCHIVED"]);
        Text LayerDigest .pattern(r"[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+");
        Text LayerFailureCode .one_of(&["InvalidLayerDigest", "MissingLayerDigest"]);
        Blob LayerPartBlob .min(0.0).max(20971520.0);
        Text LifecyclePolicyPreviewStatus .one_of(&["IN_PROGRESS", "COMPLETE", "EXPIRED", "FAILED"]);
        Int LifecyclePolicyRulePriority .min(1.0);
        Text LifecyclePolicyStorageClass .one_of(&["ARCHIVE", "STANDARD"]);
        Text LifecyclePolicyTargetStorageClass .one_of(&["ARCHIVE"]);
        Text LifecyclePolicyText .min(100.0).max(30720.0);
        Text LifecyclePolicyTextForRepositoryCreationTemplate .min(0.0).max(30720.0);
        Int LifecyclePreviewMaxResults .min(1.0).max(100.0);
        Int MaxResults .min(1.0).max(1000.0);
        Int NonNegativeInteger .min(0.0);
        Long PartSize .min(0.0);
        Text Prefix .min(1.0).max(256.0).pattern(r"^([a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\/?|ROOT)$");
        Text PrincipalArn .max(200.0).pattern(r"^arn:aws(-[a-z]+)*:iam::[0-9]{12}:(role|user)/[\w+=,.@-]+(/[\w+=,.@-]+)*$");
        Text PullThroughCacheRuleRepositoryPrefix .min(2.0).max(30.0).pattern(r"^([a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\/?|ROOT)$");
        Text RCTAppliedFor .one_of(&["REPLICATION", "PULL_THROUGH_CACHE", "CREATE_ON_PUSH"]);
        Text Region .min(2.0).max(25.0).pattern(r"[0-9a-z-]{2,25}");
        Text RegistryId .pattern(r"[0-9]{12}");
        Text RegistryPolicyText .min(0.0).max(10240.0);
        Text ReplicationBackfillId .pattern(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");
        Text ReplicationBackfillResultStatus .one_of(&["COMPLETE", "FAILED"]);
        Text ReplicationBackfillStatus .one_of(&["PREPARING", "IN_PROGRESS", "COMPLETE", "FAILED", "STOPPING", "STOPPED"]);
        Text ReplicationStatus .one_of(&["IN_PROGRESS", "COMPLETE", "FAILED"]);
        Text RepositoryFilterType .one_of(&["PREFIX_MATCH"]);
        Text RepositoryFilterValue .min(2.0).max(256.0).pattern(r"^(?:[a-z0-9]+(?:[._-][a-z0-9]*)*/)*[a-z0-9]*(?:[._-][a-z0-9]*)*$");
        Text RepositoryName .min(2.0).max(256.0).pattern(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*");
        Text RepositoryPolicyText .min(0.0).max(10240.0);
        Text RepositoryTemplateDescription .max(256.0);
        Text ScanFrequency .one_of(&["SCAN_ON_PUSH", "CONTINUOUS_SCAN", "MANUAL"]);
        Text ScanStatus .one_of(&["IN_PROGRESS", "COMPLETE", "FAILED", "UNSUPPORTED_IMAGE", "ACTIVE", "PENDING", "SCAN_ELIGIBILITY_EXPIRED", "FINDINGS_UNAVAILABLE", "LIMIT_EXCEEDED", "IMAGE_ARCHIVED", "IMAGE_SIZE_EXCEEDED"]);
        Text ScanType .one_of(&["BASIC", "ENHANCED"]);
        Text ScanningConfigurationFailureCode .one_of(&["REPOSITORY_NOT_FOUND"]);
        Text ScanningRepositoryFilterType .one_of(&["WILDCARD"]);
        Text ScanningRepositoryFilterValue .min(1.0).max(255.0).pattern(r"^[a-z0-9*](?:[._\-/a-z0-9*]?[a-z0-9*]+)*$");
        Int SeverityCount .min(0.0);
        Text SigningProfileArn .max(200.0).pattern(r"^arn:aws(-[a-z]+)*:signer:[a-z0-9-]+:[0-9]{12}:\/signing-profiles\/[a-zA-Z0-9_]{2,}$");
        Text SigningRepositoryFilterType .one_of(&["WILDCARD_MATCH"]);
        Text SigningRepositoryFilterValue .min(1.0).max(256.0).pattern(r"^(?:[a-z0-9*]+(?:[._-][a-z0-9*]+)*/)*[a-z0-9*]+(?:[._-][a-z0-9*]+)*$");
        Text SigningStatus .one_of(&["IN_PROGRESS", "COMPLETE", "FAILED"]);
        Text TagStatus .one_of(&["TAGGED", "UNTAGGED", "ANY"]);
        Text TargetStorageClass .one_of(&["STANDARD", "ARCHIVE"]);
        Text UploadId .pattern(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");
        Text UpstreamRegistry .one_of(&["ecr", "ecr-public", "quay", "k8s", "docker-hub", "github-container-registry", "azure-container-registry", "gitlab-container-registry", "chainguard"]);
    }
    lists {
        ArtifactTypeList of ArtifactType .min(0.0).max(5.0);
        AttributeList of Attribute .min(0.0).max(50.0);
        AuthorizationDataList of AuthorizationData;
        BatchedOperationLayerDigestList of BatchedOperationLayerDigest .min(1.0).max(100.0);
        CvssScoreAdjustmentList of CvssScoreAdjustment;
        CvssScoreList of CvssScore;
        EnhancedImageScanFindingList of EnhancedImageScanFinding;
        GetAuthorizationTokenRegistryIdList of RegistryId .min(1.0).max(10.0);
        ImageDetailList of ImageDetail;
        ImageFailureList of ImageFailure;
        ImageIdentifierList of ImageIdentifier .min(1.0).max(100.0);
        ImageList of Image;
        ImageReferrerList of ImageReferrer;
        ImageReplicationStatusList of ImageReplicationStatus;
        ImageScanFindingList of ImageScanFinding;
        ImageSigningStatusList of ImageSigningStatus;
        ImageTagList of ImageTag;
        ImageTagMutabilityExclusionFilters of ImageTagMutabilityExclusionFilter .min(1.0).max(5.0);
        ImageTagsList of ImageTag;
        LayerDigestList of LayerDigest .min(1.0).max(100.0);
        LayerFailureList of LayerFailure;
        LayerList of Layer;
        LifecyclePolicyPreviewResultList of LifecyclePolicyPreviewResult;
        MediaTypeList of MediaType .min(1.0).max(100.0);
        PrefixList of Prefix;
        PullThroughCacheRuleList of PullThroughCacheRule;
        PullThroughCacheRuleRepositoryPrefixList of PullThroughCacheRuleRepositoryPrefix .min(1.0).max(100.0);
        PullTimeUpdateExclusionList of PrincipalArn .min(0.0).max(100.0);
        RCTAppliedForList of RCTAppliedFor;
        ReferenceUrlsList of Url;
        RegistryScanningRuleList of RegistryScanningRule .min(0.0).max(2.0);
        RelatedVulnerabilitiesList of RelatedVulnerability;
        ReplicationBackfillResultList of ReplicationBackfillResult;
        ReplicationBackfillSummaryList of ReplicationBackfillSummary;
        ReplicationDestinationList of ReplicationDestination .min(0.0).max(100.0);
        ReplicationErrorList of ReplicationError;
        ReplicationRuleList of ReplicationRule .min(0.0).max(25.0);
        RepositoryCreationTemplateList of RepositoryCreationTemplate;
        RepositoryFilterList of RepositoryFilter .min(1.0).max(100.0);
        RepositoryList of Repository;
        RepositoryNameList of RepositoryName .min(1.0).max(100.0);
        RepositoryScanningConfigurationFailureList of RepositoryScanningConfigurationFailure;
        RepositoryScanningConfigurationList of RepositoryScanningConfiguration;
        ResourceList of Resource;
        ScanningConfigurationRepositoryNameList of RepositoryName .min(1.0).max(25.0);
        ScanningRepositoryFilterList of ScanningRepositoryFilter .min(0.0).max(100.0);
        SigningRepositoryFilterList of SigningRepositoryFilter .min(1.0).max(100.0);
        SigningRuleList of SigningRule .min(0.0).max(10.0);
        TagKeyList of TagKey;
        TagList of Tag;
        TransitioningImageTotalCounts of TransitioningImageTotalCount;
        VulnerablePackagesList of VulnerablePackage;
    }
    maps {
        Annotations of String String;
        FindingSeverityCounts of FindingSeverity SeverityCount;
        Tags of TagKey TagValue;
    }
    structures {
        Structure::new Attribute {
            key "key": AttributeKey .required();
            value "value": AttributeValue;
        }
        Structure::new AuthorizationData {
            authorization_token "authorizationToken": Base64;
            expires_at "expiresAt": ExpirationTimestamp;
            proxy_endpoint "proxyEndpoint": ProxyEndpoint;
        }
        Structure::new AwsEcrContainerImageDetails {
            architecture "architecture": Arch;
            author "author": Author;
            image_hash "imageHash": ImageDigest;
            image_tags "imageTags": ImageTagsList;
            platform "platform": Platform;
            pushed_at "pushedAt": Date;
            last_in_use_at "lastInUseAt": Date;
            in_use_count "inUseCount": InUseCount;
            registry "registry": RegistryId;
            repository_name "repositoryName": RepositoryName;
        }
        Structure::new BatchCheckLayerAvailabilityRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
            layer_digests "layerDigests": BatchedOperationLayerDigestList .required();
        }
        Structure::new BatchCheckLayerAvailabilityResponse {
            layers "layers": LayerList;
            failures "failures": LayerFailureList;
        }
        Structure::new BatchDeleteImageRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
            image_ids "imageIds": ImageIdentifierList .required();
        }
        Structure::new BatchDeleteImageResponse {
            image_ids "imageIds": ImageIdentifierList;
            failures "failures": ImageFailureList;
        }
        Structure::new BatchGetImageRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
            image_ids "imageIds": ImageIdentifierList .required();
            accepted_media_types "acceptedMediaTypes": MediaTypeList;
        }
        Structure::new BatchGetImageResponse {
            images "images": ImageList;
            failures "failures": ImageFailureList;
        }
        Structure::new BatchGetRepositoryScanningConfigurationRequest {
            repository_names "repositoryNames": ScanningConfigurationRepositoryNameList .required();
        }
        Structure::new BatchGetRepositoryScanningConfigurationResponse {
            scanning_configurations "scanningConfigurations": RepositoryScanningConfigurationList;
            failures "failures": RepositoryScanningConfigurationFailureList;
        }
        Structure::new BlockedByOrganizationPolicyException {
            message "message": ExceptionMessage;
        }
        Structure::new CompleteLayerUploadRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
            upload_id "uploadId": UploadId .required();
            layer_digests "layerDigests": LayerDigestList .required();
        }
        Structure::new CompleteLayerUploadResponse {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName;
            upload_id "uploadId": UploadId;
            layer_digest "layerDigest": LayerDigest;
        }
        Structure::new CreatePullThroughCacheRuleRequest {
            ecr_repository_prefix "ecrRepositoryPrefix": PullThroughCacheRuleRepositoryPrefix .required();
            upstream_registry_url "upstreamRegistryUrl": Url .required();
            registry_id "registryId": RegistryId;
            upstream_registry "upstreamRegistry": UpstreamRegistry;
            credential_arn "credentialArn": CredentialArn;
            custom_role_arn "customRoleArn": CustomRoleArn;
            upstream_repository_prefix "upstreamRepositoryPrefix": PullThroughCacheRuleRepositoryPrefix;
        }
        Structure::new CreatePullThroughCacheRuleResponse {
            ecr_repository_prefix "ecrRepositoryPrefix": PullThroughCacheRuleRepositoryPrefix;
            upstream_registry_url "upstreamRegistryUrl": Url;
            created_at "createdAt": CreationTimestamp;
            registry_id "registryId": RegistryId;
            upstream_registry "upstreamRegistry": UpstreamRegistry;
            credential_arn "credentialArn": CredentialArn;
            custom_role_arn "customRoleArn": CustomRoleArn;
            upstream_repository_prefix "upstreamRepositoryPrefix": PullThroughCacheRuleRepositoryPrefix;
        }
        Structure::new CreateRepositoryCreationTemplateRequest {
            prefix "prefix": Prefix .required();
            description "description": RepositoryTemplateDescription;
            encryption_configuration "encryptionConfiguration": EncryptionConfigurationForRepositoryCreationTemplate;
            resource_tags "resourceTags": TagList;
            image_tag_mutability "imageTagMutability": ImageTagMutability;
            image_tag_mutability_exclusion_filters "imageTagMutabilityExclusionFilters": ImageTagMutabilityExclusionFilters;
            repository_policy "repositoryPolicy": RepositoryPolicyText;
            lifecycle_policy "lifecyclePolicy": LifecyclePolicyTextForRepositoryCreationTemplate;
            applied_for "appliedFor": RCTAppliedForList .required();
            custom_role_arn "customRoleArn": CustomRoleArn;
        }
        Structure::new CreateRepositoryCreationTemplateResponse {
            registry_id "registryId": RegistryId;
            repository_creation_template "repositoryCreationTemplate": RepositoryCreationTemplate;
        }
        Structure::new CreateRepositoryRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
            tags "tags": TagList;
            image_tag_mutability "imageTagMutability": ImageTagMutability;
            image_tag_mutability_exclusion_filters "imageTagMutabilityExclusionFilters": ImageTagMutabilityExclusionFilters;
            image_scanning_configuration "imageScanningConfiguration": ImageScanningConfiguration;
            encryption_configuration "encryptionConfiguration": EncryptionConfiguration;
        }
        Structure::new CreateRepositoryResponse {
            repository "repository": Repository;
        }
        Structure::new CvssScore {
            base_score "baseScore": BaseScore;
            scoring_vector "scoringVector": ScoringVector;
            source "source": Source;
            version "version": Version;
        }
        Structure::new CvssScoreAdjustment {
            metric "metric": Metric;
            reason "reason": Reason;
        }
        Structure::new CvssScoreDetails {
            adjustments "adjustments": CvssScoreAdjustmentList;
            score "score": Score;
            score_source "scoreSource": Source;
            scoring_vector "scoringVector": ScoringVector;
            version "version": Version;
        }
        Structure::new DeleteLifecyclePolicyRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
        }
        Structure::new DeleteLifecyclePolicyResponse {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName;
            lifecycle_policy_text "lifecyclePolicyText": LifecyclePolicyText;
            last_evaluated_at "lastEvaluatedAt": EvaluationTimestamp;
        }
        Structure::new DeletePullThroughCacheRuleRequest {
            ecr_repository_prefix "ecrRepositoryPrefix": PullThroughCacheRuleRepositoryPrefix .required();
            registry_id "registryId": RegistryId;
        }
        Structure::new DeletePullThroughCacheRuleResponse {
            ecr_repository_prefix "ecrRepositoryPrefix": PullThroughCacheRuleRepositoryPrefix;
            upstream_registry_url "upstreamRegistryUrl": Url;
            created_at "createdAt": CreationTimestamp;
            registry_id "registryId": RegistryId;
            credential_arn "credentialArn": CredentialArn;
            custom_role_arn "customRoleArn": CustomRoleArn;
            upstream_repository_prefix "upstreamRepositoryPrefix": PullThroughCacheRuleRepositoryPrefix;
        }
        Structure::new DeleteRegistryPolicyRequest {}
        Structure::new DeleteRegistryPolicyResponse {
            registry_id "registryId": RegistryId;
            policy_text "policyText": RegistryPolicyText;
        }
        Structure::new DeleteReplication {
            enabled "enabled": DeleteReplicationFlag .required();
        }
        Structure::new DeleteRepositoryCreationTemplateRequest {
            prefix "prefix": Prefix .required();
        }
        Structure::new DeleteRepositoryCreationTemplateResponse {
            registry_id "registryId": RegistryId;
            repository_creation_template "repositoryCreationTemplate": RepositoryCreationTemplate;
        }
        Structure::new DeleteRepositoryPolicyRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
        }
        Structure::new DeleteRepositoryPolicyResponse {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName;
            policy_text "policyText": RepositoryPolicyText;
        }
        Structure::new DeleteRepositoryRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
            force "force": ForceFlag;
        }
        Structure::new DeleteRepositoryResponse {
            repository "repository": Repository;
        }
        Structure::new DeleteSigningConfigurationRequest {}
        Structure::new DeleteSigningConfigurationResponse {
            registry_id "registryId": RegistryId;
            signing_configuration "signingConfiguration": SigningConfiguration;
        }
        Structure::new DeregisterPullTimeUpdateExclusionRequest {
            principal_arn "principalArn": PrincipalArn .required();
        }
        Structure::new DeregisterPullTimeUpdateExclusionResponse {
            principal_arn "principalArn": PrincipalArn;
        }
        Structure::new DescribeImageReplicationStatusRequest {
            repository_name "repositoryName": RepositoryName .required();
            image_id "imageId": ImageIdentifier .required();
            registry_id "registryId": RegistryId;
        }
        Structure::new DescribeImageReplicationStatusResponse {
            repository_name "repositoryName": RepositoryName;
            image_id "imageId": ImageIdentifier;
            replication_statuses "replicationStatuses": ImageReplicationStatusList;
        }
        Structure::new DescribeImageScanFindingsRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
            image_id "imageId": ImageIdentifier .required();
            next_token "nextToken": NextToken;
            max_results "maxResults": MaxResults;
        }
        Structure::new DescribeImageScanFindingsResponse {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName;
            image_id "imageId": ImageIdentifier;
            image_scan_status "imageScanStatus": ImageScanStatus;
            image_scan_findings "imageScanFindings": ImageScanFindings;
            next_token "nextToken": NextToken;
        }
        Structure::new DescribeImageSigningStatusRequest {
            repository_name "repositoryName": RepositoryName .required();
            image_id "imageId": ImageIdentifier .required();
            registry_id "registryId": RegistryId;
        }
        Structure::new DescribeImageSigningStatusResponse {
            repository_name "repositoryName": RepositoryName;
            image_id "imageId": ImageIdentifier;
            registry_id "registryId": RegistryId;
            signing_statuses "signingStatuses": ImageSigningStatusList;
        }
        Structure::new DescribeImagesFilter {
            tag_status "tagStatus": TagStatus;
            image_status "imageStatus": ImageStatusFilter;
        }
        Structure::new DescribeImagesRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
            image_ids "imageIds": ImageIdentifierList;
            next_token "nextToken": NextToken;
            max_results "maxResults": MaxResults;
            filter "filter": DescribeImagesFilter;
        }
        Structure::new DescribeImagesResponse {
            image_details "imageDetails": ImageDetailList;
            next_token "nextToken": NextToken;
        }
        Structure::new DescribePullThroughCacheRulesRequest {
            registry_id "registryId": RegistryId;
            ecr_repository_prefixes "ecrRepositoryPrefixes": PullThroughCacheRuleRepositoryPrefixList;
            next_token "nextToken": NextToken;
            max_results "maxResults": MaxResults;
        }
        Structure::new DescribePullThroughCacheRulesResponse {
            pull_through_cache_rules "pullThroughCacheRules": PullThroughCacheRuleList;
            next_token "nextToken": NextToken;
        }
        Structure::new DescribeRegistryRequest {}
        Structure::new DescribeRegistryResponse {
            registry_id "registryId": RegistryId;
            replication_configuration "replicationConfiguration": ReplicationConfiguration;
        }
        Structure::new DescribeReplicationBackfillResultsRequest {
            registry_id "registryId": RegistryId;
            replication_backfill_id "replicationBackfillId": ReplicationBackfillId .required();
            result_status_filter "resultStatusFilter": ReplicationBackfillResultStatus;
            max_results "maxResults": MaxResults;
            next_token "nextToken": NextToken;
        }
        Structure::new DescribeReplicationBackfillResultsResponse {
            registry_id "registryId": RegistryId;
            replication_backfill_id "replicationBackfillId": ReplicationBackfillId;
            destination "destination": ReplicationDestination;
            status "status": ReplicationBackfillStatus;
            failure_code "failureCode": ReplicationBackfillError;
            progress "progress": ReplicationBackfillProgress;
            results "results": ReplicationBackfillResultList;
            started_at "startedAt": Date;
            ended_at "endedAt": Date;
            next_token "nextToken": NextToken;
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
        Structure::new DescribeRepositoryCreationTemplatesRequest {
            prefixes "prefixes": PrefixList;
            next_token "nextToken": NextToken;
            max_results "maxResults": MaxResults;
        }
        Structure::new DescribeRepositoryCreationTemplatesResponse {
            registry_id "registryId": RegistryId;
            repository_creation_templates "repositoryCreationTemplates": RepositoryCreationTemplateList;
            next_token "nextToken": NextToken;
        }
        Structure::new EmptyUploadException {
            message "message": ExceptionMessage;
        }
        Structure::new EncryptionConfiguration {
            encryption_type "encryptionType": EncryptionType .required();
            kms_key "kmsKey": KmsKey;
        }
        Structure::new EncryptionConfigurationForRepositoryCreationTemplate {
            encryption_type "encryptionType": EncryptionType .required();
            kms_key "kmsKey": KmsKeyForRepositoryCreationTemplate;
        }
        Structure::new EnhancedImageScanFinding {
            aws_account_id "awsAccountId": RegistryId;
            description "description": FindingDescription;
            finding_arn "findingArn": FindingArn;
            first_observed_at "firstObservedAt": Date;
            last_observed_at "lastObservedAt": Date;
            package_vulnerability_details "packageVulnerabilityDetails": PackageVulnerabilityDetails;
            remediation "remediation": Remediation;
            resources "resources": ResourceList;
            score "score": Score;
            score_details "scoreDetails": ScoreDetails;
            severity "severity": Severity;
            status "status": Status;
            title "title": Title;
            r#type "type": Type;
            updated_at "updatedAt": Date;
            fix_available "fixAvailable": FixAvailable;
            exploit_available "exploitAvailable": ExploitAvailable;
        }
        Structure::new ExclusionAlreadyExistsException {
            message "message": ExceptionMessage;
        }
        Structure::new ExclusionNotFoundException {
            message "message": ExceptionMessage;
        }
        Structure::new GetAccountSettingRequest {
            name "name": AccountSettingName .required();
        }
        Structure::new GetAccountSettingResponse {
            name "name": AccountSettingName;
            value "value": AccountSettingName;
        }
        Structure::new GetAuthorizationTokenRequest {
            registry_ids "registryIds": GetAuthorizationTokenRegistryIdList;
        }
        Structure::new GetAuthorizationTokenResponse {
            authorization_data "authorizationData": AuthorizationDataList;
        }
        Structure::new GetDownloadUrlForLayerRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
            layer_digest "layerDigest": LayerDigest .required();
        }
        Structure::new GetDownloadUrlForLayerResponse {
            download_url "downloadUrl": Url;
            layer_digest "layerDigest": LayerDigest;
        }
        Structure::new GetLifecyclePolicyPreviewRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
            image_ids "imageIds": ImageIdentifierList;
            next_token "nextToken": NextToken;
            max_results "maxResults": LifecyclePreviewMaxResults;
            filter "filter": LifecyclePolicyPreviewFilter;
        }
        Structure::new GetLifecyclePolicyPreviewResponse {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName;
            lifecycle_policy_text "lifecyclePolicyText": LifecyclePolicyText;
            status "status": LifecyclePolicyPreviewStatus;
            next_token "nextToken": NextToken;
            preview_results "previewResults": LifecyclePolicyPreviewResultList;
            summary "summary": LifecyclePolicyPreviewSummary;
        }
        Structure::new GetLifecyclePolicyRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
        }
        Structure::new GetLifecyclePolicyResponse {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName;
            lifecycle_policy_text "lifecyclePolicyText": LifecyclePolicyText;
            last_evaluated_at "lastEvaluatedAt": EvaluationTimestamp;
        }
        Structure::new GetRegistryPolicyRequest {}
        Structure::new GetRegistryPolicyResponse {
            registry_id "registryId": RegistryId;
            policy_text "policyText": RegistryPolicyText;
        }
        Structure::new GetRegistryScanningConfigurationRequest {}
        Structure::new GetRegistryScanningConfigurationResponse {
            registry_id "registryId": RegistryId;
            scanning_configuration "scanningConfiguration": RegistryScanningConfiguration;
        }
        Structure::new GetRepositoryPolicyRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
        }
        Structure::new GetRepositoryPolicyResponse {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName;
            policy_text "policyText": RepositoryPolicyText;
        }
        Structure::new GetSigningConfigurationRequest {}
        Structure::new GetSigningConfigurationResponse {
            registry_id "registryId": RegistryId;
            signing_configuration "signingConfiguration": SigningConfiguration;
        }
        Structure::new Image {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName;
            image_id "imageId": ImageIdentifier;
            image_manifest "imageManifest": ImageManifest;
            image_manifest_media_type "imageManifestMediaType": MediaType;
        }
        Structure::new ImageAlreadyExistsException {
            message "message": ExceptionMessage;
        }
        Structure::new ImageArchivedException {
            message "message": ExceptionMessage;
        }
        Structure::new ImageDetail {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName;
            image_digest "imageDigest": ImageDigest;
            image_tags "imageTags": ImageTagList;
            image_size_in_bytes "imageSizeInBytes": ImageSizeInBytes;
            image_pushed_at "imagePushedAt": PushTimestamp;
            image_scan_status "imageScanStatus": ImageScanStatus;
            image_scan_findings_summary "imageScanFindingsSummary": ImageScanFindingsSummary;
            image_manifest_media_type "imageManifestMediaType": MediaType;
            artifact_media_type "artifactMediaType": MediaType;
            last_recorded_pull_time "lastRecordedPullTime": RecordedPullTimestamp;
            subject_manifest_digest "subjectManifestDigest": ImageDigest;
            image_status "imageStatus": ImageStatus;
            last_archived_at "lastArchivedAt": LastArchivedAtTimestamp;
            last_activated_at "lastActivatedAt": LastActivatedAtTimestamp;
        }
        Structure::new ImageDigestDoesNotMatchException {
            message "message": ExceptionMessage;
        }
        Structure::new ImageFailure {
            image_id "imageId": ImageIdentifier;
            failure_code "failureCode": ImageFailureCode;
            failure_reason "failureReason": ImageFailureReason;
        }
        Structure::new ImageIdentifier {
            image_digest "imageDigest": ImageDigest;
            image_tag "imageTag": ImageTag;
        }
        Structure::new ImageNotFoundException {
            message "message": ExceptionMessage;
        }
        Structure::new ImageReferrer {
            digest "digest": ImageDigest .required();
            media_type "mediaType": MediaType .required();
            artifact_type "artifactType": ArtifactType;
            size "size": ImageSizeInBytes .required();
            annotations "annotations": Annotations;
            artifact_status "artifactStatus": ArtifactStatus;
        }
        Structure::new ImageReplicationStatus {
            region "region": Region;
            registry_id "registryId": RegistryId;
            status "status": ReplicationStatus;
            failure_code "failureCode": ReplicationError;
        }
        Structure::new ImageScanFinding {
            name "name": FindingName;
            description "description": FindingDescription;
            uri "uri": Url;
            severity "severity": FindingSeverity;
            attributes "attributes": AttributeList;
        }
        Structure::new ImageScanFindings {
            image_scan_completed_at "imageScanCompletedAt": ScanTimestamp;
            vulnerability_source_updated_at "vulnerabilitySourceUpdatedAt": VulnerabilitySourceUpdateTimestamp;
            finding_severity_counts "findingSeverityCounts": FindingSeverityCounts;
            findings "findings": ImageScanFindingList;
            enhanced_findings "enhancedFindings": EnhancedImageScanFindingList;
        }
        Structure::new ImageScanFindingsSummary {
            image_scan_completed_at "imageScanCompletedAt": ScanTimestamp;
            vulnerability_source_updated_at "vulnerabilitySourceUpdatedAt": VulnerabilitySourceUpdateTimestamp;
            finding_severity_counts "findingSeverityCounts": FindingSeverityCounts;
        }
        Structure::new ImageScanStatus {
            status "status": ScanStatus;
            description "description": ScanStatusDescription;
        }
        Structure::new ImageScanningConfiguration {
            scan_on_push "scanOnPush": ScanOnPushFlag;
        }
        Structure::new ImageSigningStatus {
            signing_profile_arn "signingProfileArn": SigningProfileArn;
            failure_code "failureCode": SigningStatusFailureCode;
            failure_reason "failureReason": SigningStatusFailureReason;
            status "status": SigningStatus;
        }
        Structure::new ImageStorageClassUpdateNotSupportedException {
            message "message": ExceptionMessage;
        }
        Structure::new ImageTagAlreadyExistsException {
            message "message": ExceptionMessage;
        }
        Structure::new ImageTagMutabilityExclusionFilter {
            filter_type "filterType": ImageTagMutabilityExclusionFilterType .required();
            filter "filter": ImageTagMutabilityExclusionFilterValue .required();
        }
        Structure::new InitiateLayerUploadRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
        }
        Structure::new InitiateLayerUploadResponse {
            upload_id "uploadId": UploadId;
            part_size "partSize": PartSize;
        }
        Structure::new InvalidLayerException {
            message "message": ExceptionMessage;
        }
        Structure::new InvalidLayerPartException {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName;
            upload_id "uploadId": UploadId;
            last_valid_byte_received "lastValidByteReceived": PartSize;
            message "message": ExceptionMessage;
        }
        Structure::new InvalidParameterException {
            message "message": ExceptionMessage;
        }
        Structure::new InvalidTagParameterException {
            message "message": ExceptionMessage;
        }
        Structure::new KmsException {
            message "message": ExceptionMessage;
            kms_error "kmsError": KmsError;
        }
        Structure::new Layer {
            layer_digest "layerDigest": LayerDigest;
            layer_availability "layerAvailability": LayerAvailability;
            layer_size "layerSize": LayerSizeInBytes;
            media_type "mediaType": MediaType;
        }
        Structure::new LayerAlreadyExistsException {
            message "message": ExceptionMessage;
        }
        Structure::new LayerFailure {
            layer_digest "layerDigest": BatchedOperationLayerDigest;
            failure_code "failureCode": LayerFailureCode;
            failure_reason "failureReason": LayerFailureReason;
        }
        Structure::new LayerInaccessibleException {
            message "message": ExceptionMessage;
        }
        Structure::new LayerPartTooSmallException {
            message "message": ExceptionMessage;
        }
        Structure::new LayersNotFoundException {
            message "message": ExceptionMessage;
        }
        Structure::new LifecyclePolicyNotFoundException {
            message "message": ExceptionMessage;
        }
        Structure::new LifecyclePolicyPreviewFilter {
            tag_status "tagStatus": TagStatus;
        }
        Structure::new LifecyclePolicyPreviewInProgressException {
            message "message": ExceptionMessage;
        }
        Structure::new LifecyclePolicyPreviewNotFoundException {
            message "message": ExceptionMessage;
        }
        Structure::new LifecyclePolicyPreviewResult {
            image_tags "imageTags": ImageTagList;
            image_digest "imageDigest": ImageDigest;
            image_pushed_at "imagePushedAt": PushTimestamp;
            action "action": LifecyclePolicyRuleAction;
            applied_rule_priority "appliedRulePriority": LifecyclePolicyRulePriority;
            storage_class "storageClass": LifecyclePolicyStorageClass;
        }
        Structure::new LifecyclePolicyPreviewSummary {
            expiring_image_total_count "expiringImageTotalCount": ImageCount;
            transitioning_image_total_counts "transitioningImageTotalCounts": TransitioningImageTotalCounts;
        }
        Structure::new LifecyclePolicyRuleAction {
            r#type "type": ImageActionType;
            target_storage_class "targetStorageClass": LifecyclePolicyTargetStorageClass;
        }
        Structure::new LimitExceededException {
            message "message": ExceptionMessage;
        }
        Structure::new ListImageReferrersFilter {
            artifact_types "artifactTypes": ArtifactTypeList;
            artifact_status "artifactStatus": ArtifactStatusFilter;
        }
        Structure::new ListImageReferrersRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
            subject_id "subjectId": SubjectIdentifier .required();
            filter "filter": ListImageReferrersFilter;
            next_token "nextToken": NextToken;
            max_results "maxResults": FiftyMaxResults;
        }
        Structure::new ListImageReferrersResponse {
            referrers "referrers": ImageReferrerList;
            next_token "nextToken": NextToken;
        }
        Structure::new ListImagesFilter {
            tag_status "tagStatus": TagStatus;
            image_status "imageStatus": ImageStatusFilter;
        }
        Structure::new ListImagesRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
            next_token "nextToken": NextToken;
            max_results "maxResults": MaxResults;
            filter "filter": ListImagesFilter;
        }
        Structure::new ListImagesResponse {
            image_ids "imageIds": ImageIdentifierList;
            next_token "nextToken": NextToken;
        }
        Structure::new ListPullTimeUpdateExclusionsRequest {
            max_results "maxResults": MaxResults;
            next_token "nextToken": NextToken;
        }
        Structure::new ListPullTimeUpdateExclusionsResponse {
            pull_time_update_exclusions "pullTimeUpdateExclusions": PullTimeUpdateExclusionList;
            next_token "nextToken": NextToken;
        }
        Structure::new ListReplicationBackfillsRequest {
            registry_id "registryId": RegistryId;
            max_results "maxResults": FiftyMaxResults;
            next_token "nextToken": NextToken;
        }
        Structure::new ListReplicationBackfillsResponse {
            registry_id "registryId": RegistryId;
            backfills "backfills": ReplicationBackfillSummaryList;
            next_token "nextToken": NextToken;
        }
        Structure::new ListTagsForResourceRequest {
            resource_arn "resourceArn": Arn .required();
        }
        Structure::new ListTagsForResourceResponse {
            tags "tags": TagList;
        }
        Structure::new PackageVulnerabilityDetails {
            cvss "cvss": CvssScoreList;
            reference_urls "referenceUrls": ReferenceUrlsList;
            related_vulnerabilities "relatedVulnerabilities": RelatedVulnerabilitiesList;
            source "source": Source;
            source_url "sourceUrl": Url;
            vendor_created_at "vendorCreatedAt": Date;
            vendor_severity "vendorSeverity": Severity;
            vendor_updated_at "vendorUpdatedAt": Date;
            vulnerability_id "vulnerabilityId": VulnerabilityId;
            vulnerable_packages "vulnerablePackages": VulnerablePackagesList;
        }
        Structure::new PullThroughCacheRule {
            ecr_repository_prefix "ecrRepositoryPrefix": PullThroughCacheRuleRepositoryPrefix;
            upstream_registry_url "upstreamRegistryUrl": Url;
            created_at "createdAt": CreationTimestamp;
            registry_id "registryId": RegistryId;
            credential_arn "credentialArn": CredentialArn;
            custom_role_arn "customRoleArn": CustomRoleArn;
            upstream_repository_prefix "upstreamRepositoryPrefix": PullThroughCacheRuleRepositoryPrefix;
            upstream_registry "upstreamRegistry": UpstreamRegistry;
            updated_at "updatedAt": UpdatedTimestamp;
        }
        Structure::new PullThroughCacheRuleAlreadyExistsException {
            message "message": ExceptionMessage;
        }
        Structure::new PullThroughCacheRuleNotFoundException {
            message "message": ExceptionMessage;
        }
        Structure::new PutAccountSettingRequest {
            name "name": AccountSettingName .required();
            value "value": AccountSettingValue .required();
        }
        Structure::new PutAccountSettingResponse {
            name "name": AccountSettingName;
            value "value": AccountSettingValue;
        }
        Structure::new PutImageRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
            image_manifest "imageManifest": ImageManifest .required();
            image_manifest_media_type "imageManifestMediaType": MediaType;
            image_tag "imageTag": ImageTag;
            image_digest "imageDigest": ImageDigest;
        }
        Structure::new PutImageResponse {
            image "image": Image;
        }
        Structure::new PutImageScanningConfigurationRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
            image_scanning_configuration "imageScanningConfiguration": ImageScanningConfiguration .required();
        }
        Structure::new PutImageScanningConfigurationResponse {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName;
            image_scanning_configuration "imageScanningConfiguration": ImageScanningConfiguration;
        }
        Structure::new PutImageTagMutabilityRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
            image_tag_mutability "imageTagMutability": ImageTagMutability .required();
            image_tag_mutability_exclusion_filters "imageTagMutabilityExclusionFilters": ImageTagMutabilityExclusionFilters;
        }
        Structure::new PutImageTagMutabilityResponse {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName;
            image_tag_mutability "imageTagMutability": ImageTagMutability;
            image_tag_mutability_exclusion_filters "imageTagMutabilityExclusionFilters": ImageTagMutabilityExclusionFilters;
        }
        Structure::new PutLifecyclePolicyRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
            lifecycle_policy_text "lifecyclePolicyText": LifecyclePolicyText .required();
        }
        Structure::new PutLifecyclePolicyResponse {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName;
            lifecycle_policy_text "lifecyclePolicyText": LifecyclePolicyText;
        }
        Structure::new PutRegistryPolicyRequest {
            policy_text "policyText": RegistryPolicyText .required();
        }
        Structure::new PutRegistryPolicyResponse {
            registry_id "registryId": RegistryId;
            policy_text "policyText": RegistryPolicyText;
        }
        Structure::new PutRegistryScanningConfigurationRequest {
            scan_type "scanType": ScanType;
            rules "rules": RegistryScanningRuleList;
        }
        Structure::new PutRegistryScanningConfigurationResponse {
            registry_scanning_configuration "registryScanningConfiguration": RegistryScanningConfiguration;
        }
        Structure::new PutReplicationConfigurationRequest {
            replication_configuration "replicationConfiguration": ReplicationConfiguration .required();
        }
        Structure::new PutReplicationConfigurationResponse {
            replication_configuration "replicationConfiguration": ReplicationConfiguration;
        }
        Structure::new PutSigningConfigurationRequest {
            signing_configuration "signingConfiguration": SigningConfiguration .required();
        }
        Structure::new PutSigningConfigurationResponse {
            signing_configuration "signingConfiguration": SigningConfiguration;
        }
        Structure::new Recommendation {
            url "url": Url;
            text "text": RecommendationText;
        }
        Structure::new ReferencedImagesNotFoundException {
            message "message": ExceptionMessage;
        }
        Structure::new RegisterPullTimeUpdateExclusionRequest {
            principal_arn "principalArn": PrincipalArn .required();
        }
        Structure::new RegisterPullTimeUpdateExclusionResponse {
            principal_arn "principalArn": PrincipalArn;
            created_at "createdAt": CreationTimestamp;
        }
        Structure::new RegistryPolicyNotFoundException {
            message "message": ExceptionMessage;
        }
        Structure::new RegistryScanningConfiguration {
            scan_type "scanType": ScanType;
            rules "rules": RegistryScanningRuleList;
        }
        Structure::new RegistryScanningRule {
            scan_frequency "scanFrequency": ScanFrequency .required();
            repository_filters "repositoryFilters": ScanningRepositoryFilterList .required();
        }
        Structure::new Remediation {
            recommendation "recommendation": Recommendation;
        }
        Structure::new ReplicationBackfillInProgressException {
            message "message": ExceptionMessage;
        }
        Structure::new ReplicationBackfillInvalidStatusException {
            message "message": ExceptionMessage;
        }
        Structure::new ReplicationBackfillNotFoundException {
            message "message": ExceptionMessage;
        }
        Structure::new ReplicationBackfillProgress {
            total_replication_count "totalReplicationCount": NonNegativeInteger .required();
            completed_replication_count "completedReplicationCount": NonNegativeInteger .required();
            failed_replication_count "failedReplicationCount": NonNegativeInteger .required();
            failure_codes "failureCodes": ReplicationErrorList .required();
        }
        Structure::new ReplicationBackfillResult {
            repository_name "repositoryName": RepositoryName .required();
            image_id "imageId": ImageIdentifier .required();
            status "status": ReplicationBackfillResultStatus .required();
            failure_code "failureCode": ReplicationError;
            sub_image_failure_codes "subImageFailureCodes": ReplicationErrorList;
        }
        Structure::new ReplicationBackfillSummary {
            replication_backfill_id "replicationBackfillId": ReplicationBackfillId .required();
            destination "destination": ReplicationDestination .required();
            status "status": ReplicationBackfillStatus .required();
            failure_code "failureCode": ReplicationBackfillError;
            progress "progress": ReplicationBackfillProgress;
            started_at "startedAt": Date .required();
            ended_at "endedAt": Date;
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
        Structure::new RepositoryAlreadyExistsException {
            message "message": ExceptionMessage;
        }
        Structure::new RepositoryCreationTemplate {
            prefix "prefix": Prefix;
            description "description": RepositoryTemplateDescription;
            encryption_configuration "encryptionConfiguration": EncryptionConfigurationForRepositoryCreationTemplate;
            resource_tags "resourceTags": TagList;
            image_tag_mutability "imageTagMutability": ImageTagMutability;
            image_tag_mutability_exclusion_filters "imageTagMutabilityExclusionFilters": ImageTagMutabilityExclusionFilters;
            repository_policy "repositoryPolicy": RepositoryPolicyText;
            lifecycle_policy "lifecyclePolicy": LifecyclePolicyTextForRepositoryCreationTemplate;
            applied_for "appliedFor": RCTAppliedForList;
            custom_role_arn "customRoleArn": CustomRoleArn;
            created_at "createdAt": Date;
            updated_at "updatedAt": Date;
        }
        Structure::new RepositoryFilter {
            filter "filter": RepositoryFilterValue .required();
            filter_type "filterType": RepositoryFilterType .required();
        }
        Structure::new RepositoryNotEmptyException {
            message "message": ExceptionMessage;
        }
        Structure::new RepositoryNotFoundException {
            message "message": ExceptionMessage;
        }
        Structure::new RepositoryPolicyNotFoundException {
            message "message": ExceptionMessage;
        }
        Structure::new RepositoryScanningConfiguration {
            repository_arn "repositoryArn": Arn;
            repository_name "repositoryName": RepositoryName;
            scan_on_push "scanOnPush": ScanOnPushFlag;
            scan_frequency "scanFrequency": ScanFrequency;
            applied_scan_filters "appliedScanFilters": ScanningRepositoryFilterList;
        }
        Structure::new RepositoryScanningConfigurationFailure {
            repository_name "repositoryName": RepositoryName;
            failure_code "failureCode": ScanningConfigurationFailureCode;
            failure_reason "failureReason": ScanningConfigurationFailureReason;
        }
        Structure::new Resource {
            details "details": ResourceDetails;
            id "id": ResourceId;
            tags "tags": Tags;
            r#type "type": Type;
        }
        Structure::new ResourceDetails {
            aws_ecr_container_image "awsEcrContainerImage": AwsEcrContainerImageDetails;
        }
        Structure::new ScanNotFoundException {
            message "message": ExceptionMessage;
        }
        Structure::new ScanningRepositoryFilter {
            filter "filter": ScanningRepositoryFilterValue .required();
            filter_type "filterType": ScanningRepositoryFilterType .required();
        }
        Structure::new ScoreDetails {
            cvss "cvss": CvssScoreDetails;
        }
        Structure::new SecretNotFoundException {
            message "message": ExceptionMessage;
        }
        Structure::new ServerException {
            message "message": ExceptionMessage;
        }
        Structure::new SetRepositoryPolicyRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
            policy_text "policyText": RepositoryPolicyText .required();
            force "force": ForceFlag;
        }
        Structure::new SetRepositoryPolicyResponse {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName;
            policy_text "policyText": RepositoryPolicyText;
        }
        Structure::new SigningConfiguration {
            rules "rules": SigningRuleList .required();
        }
        Structure::new SigningConfigurationNotFoundException {
            message "message": ExceptionMessage;
        }
        Structure::new SigningRepositoryFilter {
            filter "filter": SigningRepositoryFilterValue .required();
            filter_type "filterType": SigningRepositoryFilterType .required();
        }
        Structure::new SigningRule {
            signing_profile_arn "signingProfileArn": SigningProfileArn .required();
            repository_filters "repositoryFilters": SigningRepositoryFilterList;
        }
        Structure::new StartImageScanRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
            image_id "imageId": ImageIdentifier .required();
        }
        Structure::new StartImageScanResponse {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName;
            image_id "imageId": ImageIdentifier;
            image_scan_status "imageScanStatus": ImageScanStatus;
        }
        Structure::new StartLifecyclePolicyPreviewRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
            lifecycle_policy_text "lifecyclePolicyText": LifecyclePolicyText;
        }
        Structure::new StartLifecyclePolicyPreviewResponse {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName;
            lifecycle_policy_text "lifecyclePolicyText": LifecyclePolicyText;
            status "status": LifecyclePolicyPreviewStatus;
        }
        Structure::new StartReplicationBackfillRequest {
            registry_id "registryId": RegistryId;
            destination "destination": ReplicationDestination .required();
        }
        Structure::new StartReplicationBackfillResponse {
            replication_backfill_id "replicationBackfillId": ReplicationBackfillId;
            registry_id "registryId": RegistryId;
            destination "destination": ReplicationDestination;
            status "status": ReplicationBackfillStatus;
            started_at "startedAt": Date;
        }
        Structure::new StopReplicationBackfillRequest {
            registry_id "registryId": RegistryId;
            replication_backfill_id "replicationBackfillId": ReplicationBackfillId .required();
        }
        Structure::new StopReplicationBackfillResponse {
            registry_id "registryId": RegistryId;
            replication_backfill_id "replicationBackfillId": ReplicationBackfillId;
            destination "destination": ReplicationDestination;
            status "status": ReplicationBackfillStatus;
            started_at "startedAt": Date;
        }
        Structure::new SubjectIdentifier {
            image_digest "imageDigest": ImageDigest .required();
        }
        Structure::new Tag {
            key "Key": TagKey .required();
            value "Value": TagValue .required();
        }
        Structure::new TagResourceRequest {
            resource_arn "resourceArn": Arn .required();
            tags "tags": TagList .required();
        }
        Structure::new TagResourceResponse {}
        Structure::new TemplateAlreadyExistsException {
            message "message": ExceptionMessage;
        }
        Structure::new TemplateNotFoundException {
            message "message": ExceptionMessage;
        }
        Structure::new TooManyTagsException {
            message "message": ExceptionMessage;
        }
        Structure::new TransitioningImageTotalCount {
            target_storage_class "targetStorageClass": LifecyclePolicyTargetStorageClass;
            image_total_count "imageTotalCount": ImageCount;
        }
        Structure::new UnableToAccessSecretException {
            message "message": ExceptionMessage;
        }
        Structure::new UnableToDecryptSecretValueException {
            message "message": ExceptionMessage;
        }
        Structure::new UnableToGetUpstreamImageException {
            message "message": ExceptionMessage;
        }
        Structure::new UnableToGetUpstreamLayerException {
            message "message": ExceptionMessage;
        }
        Structure::new UnableToListUpstreamImageReferrersException {
            message "message": ExceptionMessage;
        }
        Structure::new UnsupportedImageTypeException {
            message "message": ExceptionMessage;
        }
        Structure::new UnsupportedUpstreamRegistryException {
            message "message": ExceptionMessage;
        }
        Structure::new UntagResourceRequest {
            resource_arn "resourceArn": Arn .required();
            tag_keys "tagKeys": TagKeyList .required();
        }
        Structure::new UntagResourceResponse {}
        Structure::new UpdateImageStorageClassRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
            image_id "imageId": ImageIdentifier .required();
            target_storage_class "targetStorageClass": TargetStorageClass .required();
        }
        Structure::new UpdateImageStorageClassResponse {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName;
            image_id "imageId": ImageIdentifier;
            image_status "imageStatus": ImageStatus;
        }
        Structure::new UpdatePullThroughCacheRuleRequest {
            registry_id "registryId": RegistryId;
            ecr_repository_prefix "ecrRepositoryPrefix": PullThroughCacheRuleRepositoryPrefix .required();
            credential_arn "credentialArn": CredentialArn;
            custom_role_arn "customRoleArn": CustomRoleArn;
        }
        Structure::new UpdatePullThroughCacheRuleResponse {
            ecr_repository_prefix "ecrRepositoryPrefix": PullThroughCacheRuleRepositoryPrefix;
            registry_id "registryId": RegistryId;
            updated_at "updatedAt": UpdatedTimestamp;
            credential_arn "credentialArn": CredentialArn;
            custom_role_arn "customRoleArn": CustomRoleArn;
            upstream_repository_prefix "upstreamRepositoryPrefix": PullThroughCacheRuleRepositoryPrefix;
        }
        Structure::new UpdateRepositoryCreationTemplateRequest {
            prefix "prefix": Prefix .required();
            description "description": RepositoryTemplateDescription;
            encryption_configuration "encryptionConfiguration": EncryptionConfigurationForRepositoryCreationTemplate;
            resource_tags "resourceTags": TagList;
            image_tag_mutability "imageTagMutability": ImageTagMutability;
            image_tag_mutability_exclusion_filters "imageTagMutabilityExclusionFilters": ImageTagMutabilityExclusionFilters;
            repository_policy "repositoryPolicy": RepositoryPolicyText;
            lifecycle_policy "lifecyclePolicy": LifecyclePolicyTextForRepositoryCreationTemplate;
            applied_for "appliedFor": RCTAppliedForList;
            custom_role_arn "customRoleArn": CustomRoleArn;
        }
        Structure::new UpdateRepositoryCreationTemplateResponse {
            registry_id "registryId": RegistryId;
            repository_creation_template "repositoryCreationTemplate": RepositoryCreationTemplate;
        }
        Structure::new UploadLayerPartRequest {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName .required();
            upload_id "uploadId": UploadId .required();
            part_first_byte "partFirstByte": PartSize .required();
            part_last_byte "partLastByte": PartSize .required();
            layer_part_blob "layerPartBlob": LayerPartBlob .required();
        }
        Structure::new UploadLayerPartResponse {
            registry_id "registryId": RegistryId;
            repository_name "repositoryName": RepositoryName;
            upload_id "uploadId": UploadId;
            last_byte_received "lastByteReceived": PartSize;
        }
        Structure::new UploadNotFoundException {
            message "message": ExceptionMessage;
        }
        Structure::new ValidatePullThroughCacheRuleRequest {
            ecr_repository_prefix "ecrRepositoryPrefix": PullThroughCacheRuleRepositoryPrefix .required();
            registry_id "registryId": RegistryId;
        }
        Structure::new ValidatePullThroughCacheRuleResponse {
            ecr_repository_prefix "ecrRepositoryPrefix": PullThroughCacheRuleRepositoryPrefix;
            registry_id "registryId": RegistryId;
            upstream_registry_url "upstreamRegistryUrl": Url;
            credential_arn "credentialArn": CredentialArn;
            custom_role_arn "customRoleArn": CustomRoleArn;
            upstream_repository_prefix "upstreamRepositoryPrefix": PullThroughCacheRuleRepositoryPrefix;
            is_valid "isValid": IsPTCRuleValid;
            failure "failure": PTCValidateFailure;
        }
        Structure::new ValidationException {
            message "message": ExceptionMessage;
        }
        Structure::new VulnerablePackage {
            arch "arch": Arch;
            epoch "epoch": Epoch;
            file_path "filePath": FilePath;
            name "name": VulnerablePackageName;
            package_manager "packageManager": PackageManager;
            release "release": Release;
            source_layer_hash "sourceLayerHash": SourceLayerHash;
            version "version": Version;
            fixed_in_version "fixedInVersion": FixedInVersion;
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
        BlockedByOrganizationPolicyException "BlockedByOrganizationPolicyException" 400;
        EmptyUploadException "EmptyUploadException" 400;
        ExclusionAlreadyExistsException "ExclusionAlreadyExistsException" 400;
        ExclusionNotFoundException "ExclusionNotFoundException" 400;
        ImageAlreadyExistsException "ImageAlreadyExistsException" 400;
        ImageArchivedException "ImageArchivedException" 400;
        ImageDigestDoesNotMatchException "ImageDigestDoesNotMatchException" 400;
        ImageNotFoundException "ImageNotFoundException" 400;
        ImageStorageClassUpdateNotSupportedException "ImageStorageClassUpdateNotSupportedException" 400;
        ImageTagAlreadyExistsException "ImageTagAlreadyExistsException" 400;
        InvalidLayerException "InvalidLayerException" 400;
        InvalidLayerPartException "InvalidLayerPartException" 400;
        InvalidParameterException "InvalidParameterException" 400;
        InvalidTagParameterException "InvalidTagParameterException" 400;
        KmsException "KmsException" 400;
        LayerAlreadyExistsException "LayerAlreadyExistsException" 400;
        LayerInaccessibleException "LayerInaccessibleException" 400;
        LayerPartTooSmallException "LayerPartTooSmallException" 400;
        LayersNotFoundException "LayersNotFoundException" 400;
        LifecyclePolicyNotFoundException "LifecyclePolicyNotFoundException" 400;
        LifecyclePolicyPreviewInProgressException "LifecyclePolicyPreviewInProgressException" 400;
        LifecyclePolicyPreviewNotFoundException "LifecyclePolicyPreviewNotFoundException" 400;
        LimitExceededException "LimitExceededException" 400;
        PullThroughCacheRuleAlreadyExistsException "PullThroughCacheRuleAlreadyExistsException" 400;
        PullThroughCacheRuleNotFoundException "PullThroughCacheRuleNotFoundException" 400;
        ReferencedImagesNotFoundException "ReferencedImagesNotFoundException" 400;
        RegistryPolicyNotFoundException "RegistryPolicyNotFoundException" 400;
        ReplicationBackfillInProgressException "ReplicationBackfillInProgressException" 400;
        ReplicationBackfillInvalidStatusException "ReplicationBackfillInvalidStatusException" 400;
        ReplicationBackfillNotFoundException "ReplicationBackfillNotFoundException" 400;
        RepositoryAlreadyExistsException "RepositoryAlreadyExistsException" 400;
        RepositoryNotEmptyException "RepositoryNotEmptyException" 400;
        RepositoryNotFoundException "RepositoryNotFoundException" 400;
        RepositoryPolicyNotFoundException "RepositoryPolicyNotFoundException" 400;
        ScanNotFoundException "ScanNotFoundException" 400;
        SecretNotFoundException "SecretNotFoundException" 400;
        ServerException "ServerException" 500;
        SigningConfigurationNotFoundException "SigningConfigurationNotFoundException" 400;
        TemplateAlreadyExistsException "TemplateAlreadyExistsException" 400;
        TemplateNotFoundException "TemplateNotFoundException" 400;
        TooManyTagsException "TooManyTagsException" 400;
        UnableToAccessSecretException "UnableToAccessSecretException" 400;
        UnableToDecryptSecretValueException "UnableToDecryptSecretValueException" 400;
        UnableToGetUpstreamImageException "UnableToGetUpstreamImageException" 400;
        UnableToGetUpstreamLayerException "UnableToGetUpstreamLayerException" 400;
        UnableToListUpstreamImageReferrersException "UnableToListUpstreamImageReferrersException" 400;
        UnsupportedImageTypeException "UnsupportedImageTypeException" 400;
        UnsupportedUpstreamRegistryException "UnsupportedUpstreamRegistryException" 400;
        UploadNotFoundException "UploadNotFoundException" 400;
        ValidationException "ValidationException" 400;
    }
    operations {
        BatchCheckLayerAvailability POST "/" 200 (BatchCheckLayerAvailabilityRequest) -> (BatchCheckLayerAvailabilityResponse) [InvalidParameterException, RepositoryNotFoundException, ServerException];
        BatchDeleteImage POST "/" 200 (BatchDeleteImageRequest) -> (BatchDeleteImageResponse) [InvalidParameterException, RepositoryNotFoundException, ServerException];
        BatchGetImage POST "/" 200 (BatchGetImageRequest) -> (BatchGetImageResponse) [InvalidParameterException, LimitExceededException, RepositoryNotFoundException, ServerException, UnableToGetUpstreamImageException];
        BatchGetRepositoryScanningConfiguration POST "/" 200 (BatchGetRepositoryScanningConfigurationRequest) -> (BatchGetRepositoryScanningConfigurationResponse) [InvalidParameterException, RepositoryNotFoundException, ServerException, ValidationException];
        CompleteLayerUpload POST "/" 200 (CompleteLayerUploadRequest) -> (CompleteLayerUploadResponse) [EmptyUploadException, InvalidLayerException, InvalidParameterException, KmsException, LayerAlreadyExistsException, LayerPartTooSmallException, RepositoryNotFoundException, ServerException, UploadNotFoundException];
        CreatePullThroughCacheRule POST "/" 200 (CreatePullThroughCacheRuleRequest) -> (CreatePullThroughCacheRuleResponse) [InvalidParameterException, LimitExceededException, PullThroughCacheRuleAlreadyExistsException, SecretNotFoundException, ServerException, UnableToAccessSecretException, UnableToDecryptSecretValueException, UnsupportedUpstreamRegistryException, ValidationException];
        CreateRepository POST "/" 200 (CreateRepositoryRequest) -> (CreateRepositoryResponse) [InvalidParameterException, InvalidTagParameterException, KmsException, LimitExceededException, RepositoryAlreadyExistsException, ServerException, TooManyTagsException];
        CreateRepositoryCreationTemplate POST "/" 200 (CreateRepositoryCreationTemplateRequest) -> (CreateRepositoryCreationTemplateResponse) [InvalidParameterException, LimitExceededException, ServerException, TemplateAlreadyExistsException, ValidationException];
        DeleteLifecyclePolicy POST "/" 200 (DeleteLifecyclePolicyRequest) -> (DeleteLifecyclePolicyResponse) [InvalidParameterException, LifecyclePolicyNotFoundException, RepositoryNotFoundException, ServerException, ValidationException];
        DeletePullThroughCacheRule POST "/" 200 (DeletePullThroughCacheRuleRequest) -> (DeletePullThroughCacheRuleResponse) [InvalidParameterException, PullThroughCacheRuleNotFoundException, ServerException, ValidationException];
        DeleteRegistryPolicy POST "/" 200 (DeleteRegistryPolicyRequest) -> (DeleteRegistryPolicyResponse) [InvalidParameterException, RegistryPolicyNotFoundException, ServerException, ValidationException];
        DeleteRepository POST "/" 200 (DeleteRepositoryRequest) -> (DeleteRepositoryResponse) [InvalidParameterException, KmsException, RepositoryNotEmptyException, RepositoryNotFoundException, ServerException];
        DeleteRepositoryCreationTemplate POST "/" 200 (DeleteRepositoryCreationTemplateRequest) -> (DeleteRepositoryCreationTemplateResponse) [InvalidParameterException, ServerException, TemplateNotFoundException, ValidationException];
        DeleteRepositoryPolicy POST "/" 200 (DeleteRepositoryPolicyRequest) -> (DeleteRepositoryPolicyResponse) [InvalidParameterException, RepositoryNotFoundException, RepositoryPolicyNotFoundException, ServerException];
        DeleteSigningConfiguration POST "/" 200 (DeleteSigningConfigurationRequest) -> (DeleteSigningConfigurationResponse) [ServerException, SigningConfigurationNotFoundException, ValidationException];
        DeregisterPullTimeUpdateExclusion POST "/" 200 (DeregisterPullTimeUpdateExclusionRequest) -> (DeregisterPullTimeUpdateExclusionResponse) [ExclusionNotFoundException, InvalidParameterException, LimitExceededException, ServerException, ValidationException];
        DescribeImageReplicationStatus POST "/" 200 (DescribeImageReplicationStatusRequest) -> (DescribeImageReplicationStatusResponse) [ImageNotFoundException, InvalidParameterException, RepositoryNotFoundException, ServerException, ValidationException];
        DescribeImageScanFindings POST "/" 200 (DescribeImageScanFindingsRequest) -> (DescribeImageScanFindingsResponse) [ImageNotFoundException, InvalidParameterException, RepositoryNotFoundException, ScanNotFoundException, ServerException, ValidationException];
        DescribeImageSigningStatus POST "/" 200 (DescribeImageSigningStatusRequest) -> (DescribeImageSigningStatusResponse) [ImageNotFoundException, InvalidParameterException, RepositoryNotFoundException, ServerException, ValidationException];
        DescribeImages POST "/" 200 (DescribeImagesRequest) -> (DescribeImagesResponse) [ImageNotFoundException, InvalidParameterException, RepositoryNotFoundException, ServerException];
        DescribePullThroughCacheRules POST "/" 200 (DescribePullThroughCacheRulesRequest) -> (DescribePullThroughCacheRulesResponse) [InvalidParameterException, PullThroughCacheRuleNotFoundException, ServerException, ValidationException];
        DescribeRegistry POST "/" 200 (DescribeRegistryRequest) -> (DescribeRegistryResponse) [InvalidParameterException, ServerException, ValidationException];
        DescribeReplicationBackfillResults POST "/" 200 (DescribeReplicationBackfillResultsRequest) -> (DescribeReplicationBackfillResultsResponse) [InvalidParameterException, ReplicationBackfillNotFoundException, ServerException, ValidationException];
        DescribeRepositories POST "/" 200 (DescribeRepositoriesRequest) -> (DescribeRepositoriesResponse) [InvalidParameterException, RepositoryNotFoundException, ServerException];
        DescribeRepositoryCreationTemplates POST "/" 200 (DescribeRepositoryCreationTemplatesRequest) -> (DescribeRepositoryCreationTemplatesResponse) [InvalidParameterException, ServerException, ValidationException];
        GetAccountSetting POST "/" 200 (GetAccountSettingRequest) -> (GetAccountSettingResponse) [InvalidParameterException, ServerException, ValidationException];
        GetAuthorizationToken POST "/" 200 (GetAuthorizationTokenRequest) -> (GetAuthorizationTokenResponse) [InvalidParameterException, ServerException];
        GetDownloadUrlForLayer POST "/" 200 (GetDownloadUrlForLayerRequest) -> (GetDownloadUrlForLayerResponse) [InvalidParameterException, LayerInaccessibleException, LayersNotFoundException, RepositoryNotFoundException, ServerException, UnableToGetUpstreamLayerException];
        GetLifecyclePolicy POST "/" 200 (GetLifecyclePolicyRequest) -> (GetLifecyclePolicyResponse) [InvalidParameterException, LifecyclePolicyNotFoundException, RepositoryNotFoundException, ServerException, ValidationException];
        GetLifecyclePolicyPreview POST "/" 200 (GetLifecyclePolicyPreviewRequest) -> (GetLifecyclePolicyPreviewResponse) [InvalidParameterException, LifecyclePolicyPreviewNotFoundException, RepositoryNotFoundException, ServerException, ValidationException];
        GetRegistryPolicy POST "/" 200 (GetRegistryPolicyRequest) -> (GetRegistryPolicyResponse) [InvalidParameterException, RegistryPolicyNotFoundException, ServerException, ValidationException];
        GetRegistryScanningConfiguration POST "/" 200 (GetRegistryScanningConfigurationRequest) -> (GetRegistryScanningConfigurationResponse) [InvalidParameterException, ServerException, ValidationException];
        GetRepositoryPolicy POST "/" 200 (GetRepositoryPolicyRequest) -> (GetRepositoryPolicyResponse) [InvalidParameterException, RepositoryNotFoundException, RepositoryPolicyNotFoundException, ServerException];
        GetSigningConfiguration POST "/" 200 (GetSigningConfigurationRequest) -> (GetSigningConfigurationResponse) [InvalidParameterException, ServerException, SigningConfigurationNotFoundException, ValidationException];
        InitiateLayerUpload POST "/" 200 (InitiateLayerUploadRequest) -> (InitiateLayerUploadResponse) [InvalidParameterException, KmsException, RepositoryNotFoundException, ServerException];
        ListImageReferrers POST "/" 200 (ListImageReferrersRequest) -> (ListImageReferrersResponse) [InvalidParameterException, RepositoryNotFoundException, ServerException, UnableToListUpstreamImageReferrersException, ValidationException];
        ListImages POST "/" 200 (ListImagesRequest) -> (ListImagesResponse) [InvalidParameterException, RepositoryNotFoundException, ServerException];
        ListPullTimeUpdateExclusions POST "/" 200 (ListPullTimeUpdateExclusionsRequest) -> (ListPullTimeUpdateExclusionsResponse) [InvalidParameterException, LimitExceededException, ServerException, ValidationException];
        ListReplicationBackfills POST "/" 200 (ListReplicationBackfillsRequest) -> (ListReplicationBackfillsResponse) [InvalidParameterException, ServerException, ValidationException];
        ListTagsForResource POST "/" 200 (ListTagsForResourceRequest) -> (ListTagsForResourceResponse) [InvalidParameterException, RepositoryNotFoundException, ServerException];
        PutAccountSetting POST "/" 200 (PutAccountSettingRequest) -> (PutAccountSettingResponse) [InvalidParameterException, LimitExceededException, ServerException, ValidationException];
        PutImage POST "/" 200 (PutImageRequest) -> (PutImageResponse) [ImageAlreadyExistsException, ImageDigestDoesNotMatchException, ImageTagAlreadyExistsException, InvalidParameterException, KmsException, LayersNotFoundException, LimitExceededException, ReferencedImagesNotFoundException, RepositoryNotFoundException, ServerException];
        PutImageScanningConfiguration POST "/" 200 (PutImageScanningConfigurationRequest) -> (PutImageScanningConfigurationResponse) [InvalidParameterException, RepositoryNotFoundException, ServerException, ValidationException];
        PutImageTagMutability POST "/" 200 (PutImageTagMutabilityRequest) -> (PutImageTagMutabilityResponse) [InvalidParameterException, RepositoryNotFoundException, ServerException];
        PutLifecyclePolicy POST "/" 200 (PutLifecyclePolicyRequest) -> (PutLifecyclePolicyResponse) [InvalidParameterException, RepositoryNotFoundException, ServerException, ValidationException];
        PutRegistryPolicy POST "/" 200 (PutRegistryPolicyRequest) -> (PutRegistryPolicyResponse) [InvalidParameterException, ServerException, ValidationException];
        PutRegistryScanningConfiguration POST "/" 200 (PutRegistryScanningConfigurationRequest) -> (PutRegistryScanningConfigurationResponse) [BlockedByOrganizationPolicyException, InvalidParameterException, ServerException, ValidationException];
        PutReplicationConfiguration POST "/" 200 (PutReplicationConfigurationRequest) -> (PutReplicationConfigurationResponse) [InvalidParameterException, ServerException, ValidationException];
        PutSigningConfiguration POST "/" 200 (PutSigningConfigurationRequest) -> (PutSigningConfigurationResponse) [InvalidParameterException, ServerException, ValidationException];
        RegisterPullTimeUpdateExclusion POST "/" 200 (RegisterPullTimeUpdateExclusionRequest) -> (RegisterPullTimeUpdateExclusionResponse) [ExclusionAlreadyExistsException, InvalidParameterException, LimitExceededException, ServerException, ValidationException];
        SetRepositoryPolicy POST "/" 200 (SetRepositoryPolicyRequest) -> (SetRepositoryPolicyResponse) [InvalidParameterException, RepositoryNotFoundException, ServerException];
        StartImageScan POST "/" 200 (StartImageScanRequest) -> (StartImageScanResponse) [ImageArchivedException, ImageNotFoundException, InvalidParameterException, LimitExceededException, RepositoryNotFoundException, ServerException, UnsupportedImageTypeException, ValidationException];
        StartLifecyclePolicyPreview POST "/" 200 (StartLifecyclePolicyPreviewRequest) -> (StartLifecyclePolicyPreviewResponse) [InvalidParameterException, LifecyclePolicyNotFoundException, LifecyclePolicyPreviewInProgressException, RepositoryNotFoundException, ServerException, ValidationException];
        StartReplicationBackfill POST "/" 200 (StartReplicationBackfillRequest) -> (StartReplicationBackfillResponse) [InvalidParameterException, LimitExceededException, ReplicationBackfillInProgressException, ServerException, ValidationException];
        StopReplicationBackfill POST "/" 200 (StopReplicationBackfillRequest) -> (StopReplicationBackfillResponse) [InvalidParameterException, ReplicationBackfillInvalidStatusException, ReplicationBackfillNotFoundException, ServerException, ValidationException];
        TagResource POST "/" 200 (TagResourceRequest) -> (TagResourceResponse) [InvalidParameterException, InvalidTagParameterException, RepositoryNotFoundException, ServerException, TooManyTagsException];
        UntagResource POST "/" 200 (UntagResourceRequest) -> (UntagResourceResponse) [InvalidParameterException, InvalidTagParameterException, RepositoryNotFoundException, ServerException, TooManyTagsException];
        UpdateImageStorageClass POST "/" 200 (UpdateImageStorageClassRequest) -> (UpdateImageStorageClassResponse) [ImageNotFoundException, ImageStorageClassUpdateNotSupportedException, InvalidParameterException, RepositoryNotFoundException, ServerException, ValidationException];
        UpdatePullThroughCacheRule POST "/" 200 (UpdatePullThroughCacheRuleRequest) -> (UpdatePullThroughCacheRuleResponse) [InvalidParameterException, PullThroughCacheRuleNotFoundException, SecretNotFoundException, ServerException, UnableToAccessSecretException, UnableToDecryptSecretValueException, ValidationException];
        UpdateRepositoryCreationTemplate POST "/" 200 (UpdateRepositoryCreationTemplateRequest) -> (UpdateRepositoryCreationTemplateResponse) [InvalidParameterException, ServerException, TemplateNotFoundException, ValidationException];
        UploadLayerPart POST "/" 200 (UploadLayerPartRequest) -> (UploadLayerPartResponse) [InvalidLayerPartException, InvalidParameterException, KmsException, LimitExceededException, RepositoryNotFoundException, ServerException, UploadNotFoundException];
        ValidatePullThroughCacheRule POST "/" 200 (ValidatePullThroughCacheRuleRequest) -> (ValidatePullThroughCacheRuleResponse) [InvalidParameterException, PullThroughCacheRuleNotFoundException, ServerException, ValidationException];
    }
}
