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
        Flag Descending;
        Text EventId;
        Int FilterCount;
        Flag IncludeLinkedAccounts;
        Flag Interleaved;
        Flag IsSampled;
        Int LogEventIndex;
        Flag LogStreamSearchedCompletely;
        Text Message;
        Text PolicyName;
        Flag StartFromHead;
        Flag Unmask;
    }
    with {
        Text AccountId .min(12.0).max(12.0).pattern(r"^\d{12}$");
        Text AmazonResourceName .min(1.0).max(1011.0).pattern(r"[\w+=/:,.@-]*");
        Text DataProtectionStatus .one_of(&["ACTIVATED", "DELETED", "ARCHIVED", "DISABLED"]);
        Int DescribeLimit .min(1.0).max(50.0);
        Text EntityAttributesKey .min(1.0).max(256.0);
        Text EntityAttributesValue .min(1.0).max(512.0);
        Text EntityKeyAttributesKey .min(1.0).max(32.0);
        Text EntityKeyAttributesValue .min(1.0).max(512.0);
        Text EntityRejectionErrorType .one_of(&["InvalidEntity", "InvalidTypeValue", "InvalidKeyAttributes", "InvalidAttributes", "EntitySizeTooLarge", "UnsupportedLogGroupType", "MissingRequiredFields"]);
        Text EventMessage .min(1.0);
        Int EventsLimit .min(1.0).max(10000.0);
        Text FilterPattern .min(0.0).max(1024.0);
        Text InheritedProperty .one_of(&["ACCOUNT_DATA_PROTECTION"]);
        Text KmsKeyId .max(256.0);
        Text LogGroupClass .one_of(&["STANDARD", "INFREQUENT_ACCESS", "DELIVERY", "ESSENTIALS"]);
        Text LogGroupIdentifier .min(1.0).max(2048.0).pattern(r"[\w#+=/:,.@-]*");
        Text LogGroupName .min(1.0).max(512.0).pattern(r"[\.\-_/#A-Za-z0-9]+");
        Text LogGroupNamePattern .min(0.0).max(512.0).pattern(r"[\.\-_/#A-Za-z0-9]*");
        Text LogStreamName .min(1.0).max(512.0).pattern(r"[^:*]*");
        Text NextToken .min(1.0);
        Text OrderBy .one_of(&["LogStreamName", "LastEventTime"]);
        Text RequestId .min(0.0).max(256.0);
        Text SequenceToken .min(1.0);
        Text SessionId .min(0.0).max(256.0);
        Long StoredBytes .min(0.0);
        Text TagKey .min(1.0).max(128.0).pattern(r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]+)$");
        Text TagValue .max(256.0).pattern(r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$");
        Long Timestamp .min(0.0);
    }
    lists {
        AccountIds of AccountId .min(0.0).max(20.0);
        DescribeLogGroupsLogGroupIdentifiers of LogGroupIdentifier .min(1.0).max(50.0);
        FilteredLogEvents of FilteredLogEvent;
        InheritedProperties of InheritedProperty;
        InputLogEvents of InputLogEvent .min(1.0).max(10000.0);
        InputLogStreamNames of LogStreamName .min(1.0).max(100.0);
        LiveTailSessionResults of LiveTailSessionLogEvent;
        LogGroups of LogGroup;
        LogStreams of LogStream;
        OutputLogEvents of OutputLogEvent;
        SearchedLogStreams of SearchedLogStream;
        StartLiveTailLogGroupIdentifiers of LogGroupIdentifier .min(1.0).max(10.0);
        TagKeyList of TagKey .min(0.0).max(50.0);
        TagList of TagKey .min(1.0);
    }
    maps {
        EntityAttributes of EntityAttributesKey EntityAttributesValue .min(0.0).max(10.0);
        EntityKeyAttributes of EntityKeyAttributesKey EntityKeyAttributesValue .min(2.0).max(4.0);
        Tags of TagKey TagValue .min(1.0).max(50.0);
    }
    structures {
        Structure::new AccessDeniedException {}
        Structure::new CreateLogGroupRequest {
            log_group_name "logGroupName": LogGroupName .required();
            kms_key_id "kmsKeyId": KmsKeyId;
            tags "tags": Tags;
            log_group_class "logGroupClass": LogGroupClass;
            deletion_protection_enabled "deletionProtectionEnabled": DeletionProtectionEnabled;
        }
        Structure::new CreateLogStreamRequest {
            log_group_name "logGroupName": LogGroupName .required();
            log_stream_name "logStreamName": LogStreamName .required();
        }
        Structure::new DataAlreadyAcceptedException {
            expected_sequence_token "expectedSequenceToken": SequenceToken;
        }
        Structure::new DeleteLogGroupRequest {
            log_group_name "logGroupName": LogGroupName .required();
        }
        Structure::new DeleteLogStreamRequest {
            log_group_name "logGroupName": LogGroupName .required();
            log_stream_name "logStreamName": LogStreamName .required();
        }
        Structure::new DeleteRetentionPolicyRequest {
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
        Structure::new DescribeLogStreamsRequest {
            log_group_name "logGroupName": LogGroupName;
            log_group_identifier "logGroupIdentifier": LogGroupIdentifier;
            log_stream_name_prefix "logStreamNamePrefix": LogStreamName;
            order_by "orderBy": OrderBy;
            descending "descending": Descending;
            next_token "nextToken": NextToken;
            limit "limit": DescribeLimit;
        }
        Structure::new DescribeLogStreamsResponse {
            log_streams "logStreams": LogStreams;
            next_token "nextToken": NextToken;
        }
        Structure::new Entity {
            key_attributes "keyAttributes": EntityKeyAttributes;
            attributes "attributes": EntityAttributes;
        }
        Structure::new FilterLogEventsRequest {
            log_group_name "logGroupName": LogGroupName;
            log_group_identifier "logGroupIdentifier": LogGroupIdentifier;
            log_stream_names "logStreamNames": InputLogStreamNames;
            log_stream_name_prefix "logStreamNamePrefix": LogStreamName;
            start_time "startTime": Timestamp;
            end_time "endTime": Timestamp;
            filter_pattern "filterPattern": FilterPattern;
            next_token "nextToken": NextToken;
            limit "limit": EventsLimit;
            start_from_head "startFromHead": StartFromHead;
            interleaved "interleaved": Interleaved;
            unmask "unmask": Unmask;
        }
        Structure::new FilterLogEventsResponse {
            events "events": FilteredLogEvents;
            searched_log_streams "searchedLogStreams": SearchedLogStreams;
            next_token "nextToken": NextToken;
        }
        Structure::new FilteredLogEvent {
            log_stream_name "logStreamName": LogStreamName;
            timestamp "timestamp": Timestamp;
            message "message": EventMessage;
            ingestion_time "ingestionTime": Timestamp;
            event_id "eventId": EventId;
        }
        Structure::new GetLogEventsRequest {
            log_group_name "logGroupName": LogGroupName;
            log_group_identifier "logGroupIdentifier": LogGroupIdentifier;
            log_stream_name "logStreamName": LogStreamName .required();
            start_time "startTime": Timestamp;
            end_time "endTime": Timestamp;
            next_token "nextToken": NextToken;
            limit "limit": EventsLimit;
            start_from_head "startFromHead": StartFromHead;
            unmask "unmask": Unmask;
        }
        Structure::new GetLogEventsResponse {
            events "events": OutputLogEvents;
            next_forward_token "nextForwardToken": NextToken;
            next_backward_token "nextBackwardToken": NextToken;
        }
        Structure::new InputLogEvent {
            timestamp "timestamp": Timestamp .required();
            message "message": EventMessage .required();
        }
        Structure::new InvalidOperationException {}
        Structure::new InvalidParameterException {}
        Structure::new InvalidSequenceTokenException {
            expected_sequence_token "expectedSequenceToken": SequenceToken;
        }
        Structure::new LimitExceededException {}
        Structure::new ListTagsForResourceRequest {
            resource_arn "resourceArn": AmazonResourceName .required();
        }
        Structure::new ListTagsForResourceResponse {
            tags "tags": Tags;
        }
        Structure::new ListTagsLogGroupRequest {
            log_group_name "logGroupName": LogGroupName .required();
        }
        Structure::new ListTagsLogGroupResponse {
            tags "tags": Tags;
        }
        Structure::new LiveTailSessionLogEvent {
            log_stream_name "logStreamName": LogStreamName;
            log_group_identifier "logGroupIdentifier": LogGroupIdentifier;
            message "message": EventMessage;
            timestamp "timestamp": Timestamp;
            ingestion_time "ingestionTime": Timestamp;
        }
        Structure::new LiveTailSessionMetadata {
            sampled "sampled": IsSampled;
        }
        Structure::new LiveTailSessionStart {
            request_id "requestId": RequestId;
            session_id "sessionId": SessionId;
            log_group_identifiers "logGroupIdentifiers": StartLiveTailLogGroupIdentifiers;
            log_stream_names "logStreamNames": InputLogStreamNames;
            log_stream_name_prefixes "logStreamNamePrefixes": InputLogStreamNames;
            log_event_filter_pattern "logEventFilterPattern": FilterPattern;
        }
        Structure::new LiveTailSessionUpdate {
            session_metadata "sessionMetadata": LiveTailSessionMetadata;
            session_results "sessionResults": LiveTailSessionResults;
        }
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
        Structure::new LogStream {
            log_stream_name "logStreamName": LogStreamName;
            creation_time "creationTime": Timestamp;
            first_event_timestamp "firstEventTimestamp": Timestamp;
            last_event_timestamp "lastEventTimestamp": Timestamp;
            last_ingestion_time "lastIngestionTime": Timestamp;
            upload_sequence_token "uploadSequenceToken": SequenceToken;
            arn "arn": Arn;
            stored_bytes "storedBytes": StoredBytes;
        }
        Structure::new OperationAbortedException {}
        Structure::new OutputLogEvent {
            timestamp "timestamp": Timestamp;
            message "message": EventMessage;
            ingestion_time "ingestionTime": Timestamp;
        }
        Structure::new PutLogEventsRequest {
            log_group_name "logGroupName": LogGroupName .required();
            log_stream_name "logStreamName": LogStreamName .required();
            log_events "logEvents": InputLogEvents .required();
            sequence_token "sequenceToken": SequenceToken;
            entity "entity": Entity;
        }
        Structure::new PutLogEventsResponse {
            next_sequence_token "nextSequenceToken": SequenceToken;
            rejected_log_events_info "rejectedLogEventsInfo": RejectedLogEventsInfo;
            rejected_entity_info "rejectedEntityInfo": RejectedEntityInfo;
        }
        Structure::new PutLogGroupDeletionProtectionRequest {
            log_group_identifier "logGroupIdentifier": LogGroupIdentifier .required();
            deletion_protection_enabled "deletionProtectionEnabled": DeletionProtectionEnabled .required();
        }
        Structure::new PutRetentionPolicyRequest {
            log_group_name "logGroupName": LogGroupName .required();
            retention_in_days "retentionInDays": Days .required();
        }
        Structure::new RejectedEntityInfo {
            error_type "errorType": EntityRejectionErrorType .required();
        }
        Structure::new RejectedLogEventsInfo {
            too_new_log_event_start_index "tooNewLogEventStartIndex": LogEventIndex;
            too_old_log_event_end_index "tooOldLogEventEndIndex": LogEventIndex;
            expired_log_event_end_index "expiredLogEventEndIndex": LogEventIndex;
        }
        Structure::new ResourceAlreadyExistsException {}
        Structure::new ResourceNotFoundException {}
        Structure::new SearchedLogStream {
            log_stream_name "logStreamName": LogStreamName;
            searched_completely "searchedCompletely": LogStreamSearchedCompletely;
        }
        Structure::new ServiceUnavailableException {}
        Structure::new SessionStreamingException {
            message "message": Message;
        }
        Structure::new SessionTimeoutException {
            message "message": Message;
        }
        Structure::new StartLiveTailRequest {
            log_group_identifiers "logGroupIdentifiers": StartLiveTailLogGroupIdentifiers .required();
            log_stream_names "logStreamNames": InputLogStreamNames;
            log_stream_name_prefixes "logStreamNamePrefixes": InputLogStreamNames;
            log_event_filter_pattern "logEventFilterPattern": FilterPattern;
        }
        Structure::new StartLiveTailResponse {
            response_stream "responseStream": StartLiveTailResponseStream;
        }
        Structure::events StartLiveTailResponseStream {
            session_start "sessionStart": LiveTailSessionStart;
            session_update "sessionUpdate": LiveTailSessionUpdate;
            session_timeout_exception "SessionTimeoutException": SessionTimeoutException .exception();
            session_streaming_exception "SessionStreamingException": SessionStreamingException .exception();
        }
        Structure::new TagLogGroupRequest {
            log_group_name "logGroupName": LogGroupName .required();
            tags "tags": Tags .required();
        }
        Structure::new TagResourceRequest {
            resource_arn "resourceArn": AmazonResourceName .required();
            tags "tags": Tags .required();
        }
        Structure::new TooManyTagsException {
            message "message": Message;
            resource_name "resourceName": AmazonResourceName;
        }
        Structure::new UnrecognizedClientException {}
        Structure::new UntagLogGroupRequest {
            log_group_name "logGroupName": LogGroupName .required();
            tags "tags": TagList .required();
        }
        Structure::new UntagResourceRequest {
            resource_arn "resourceArn": AmazonResourceName .required();
            tag_keys "tagKeys": TagKeyList .required();
        }
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
        AccessDeniedException "AccessDeniedException" 400;
        DataAlreadyAcceptedException "DataAlreadyAcceptedException" 400;
        InvalidOperationException "InvalidOperationException" 400;
        InvalidParameterException "InvalidParameterException" 400;
        InvalidSequenceTokenException "InvalidSequenceTokenException" 400;
        LimitExceededException "LimitExceededException" 400;
        OperationAbortedException "OperationAbortedException" 400;
        ResourceAlreadyExistsException "ResourceAlreadyExistsException" 400;
        ResourceNotFoundException "ResourceNotFoundException" 400;
        ServiceUnavailableException "ServiceUnavailableException" 500;
        TooManyTagsException "TooManyTagsException" 400;
        UnrecognizedClientException "UnrecognizedClientException" 400;
        ValidationException "ValidationException" 400;
    }
    operations {
        CreateLogGroup POST "/" 200 (CreateLogGroupRequest) -> () [InvalidParameterException, LimitExceededException, OperationAbortedException, ResourceAlreadyExistsException, ServiceUnavailableException];
        CreateLogStream POST "/" 200 (CreateLogStreamRequest) -> () [InvalidParameterException, ResourceAlreadyExistsException, ResourceNotFoundException, ServiceUnavailableException];
        DeleteLogGroup POST "/" 200 (DeleteLogGroupRequest) -> () [InvalidParameterException, OperationAbortedException, ResourceNotFoundException, ServiceUnavailableException, ValidationException];
        DeleteLogStream POST "/" 200 (DeleteLogStreamRequest) -> () [InvalidParameterException, OperationAbortedException, ResourceNotFoundException, ServiceUnavailableException, ValidationException];
        DeleteRetentionPolicy POST "/" 200 (DeleteRetentionPolicyRequest) -> () [InvalidParameterException, OperationAbortedException, ResourceNotFoundException, ServiceUnavailableException];
        DescribeLogGroups POST "/" 200 (DescribeLogGroupsRequest) -> (DescribeLogGroupsResponse) [InvalidParameterException, ServiceUnavailableException];
        DescribeLogStreams POST "/" 200 (DescribeLogStreamsRequest) -> (DescribeLogStreamsResponse) [InvalidParameterException, ResourceNotFoundException, ServiceUnavailableException];
        FilterLogEvents POST "/" 200 (FilterLogEventsRequest) -> (FilterLogEventsResponse) [InvalidParameterException, ResourceNotFoundException, ServiceUnavailableException];
        GetLogEvents POST "/" 200 (GetLogEventsRequest) -> (GetLogEventsResponse) [InvalidParameterException, ResourceNotFoundException, ServiceUnavailableException];
        ListTagsForResource POST "/" 200 (ListTagsForResourceRequest) -> (ListTagsForResourceResponse) [InvalidParameterException, ResourceNotFoundException, ServiceUnavailableException];
        ListTagsLogGroup POST "/" 200 (ListTagsLogGroupRequest) -> (ListTagsLogGroupResponse) [ResourceNotFoundException, ServiceUnavailableException];
        PutLogEvents POST "/" 200 (PutLogEventsRequest) -> (PutLogEventsResponse) [DataAlreadyAcceptedException, InvalidParameterException, InvalidSequenceTokenException, ResourceNotFoundException, ServiceUnavailableException, UnrecognizedClientException];
        PutLogGroupDeletionProtection POST "/" 200 (PutLogGroupDeletionProtectionRequest) -> () [AccessDeniedException, InvalidOperationException, InvalidParameterException, OperationAbortedException, ResourceNotFoundException, ServiceUnavailableException];
        PutRetentionPolicy POST "/" 200 (PutRetentionPolicyRequest) -> () [InvalidParameterException, OperationAbortedException, ResourceNotFoundException, ServiceUnavailableException];
        StartLiveTail POST "/" 200 (StartLiveTailRequest) -> (StartLiveTailResponse) [AccessDeniedException, InvalidOperationException, InvalidParameterException, LimitExceededException, ResourceNotFoundException];
        TagLogGroup POST "/" 200 (TagLogGroupRequest) -> () [InvalidParameterException, ResourceNotFoundException];
        TagResource POST "/" 200 (TagResourceRequest) -> () [InvalidParameterException, ResourceNotFoundException, ServiceUnavailableException, TooManyTagsException];
        UntagLogGroup POST "/" 200 (UntagLogGroupRequest) -> () [ResourceNotFoundException];
        UntagResource POST "/" 200 (UntagResourceRequest) -> () [InvalidParameterException, ResourceNotFoundException, ServiceUnavailableException];
    }
}
