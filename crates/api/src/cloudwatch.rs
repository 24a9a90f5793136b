//! The shapes of `cloudwatch` 2010-08-01, as facts.
//!
//! Written by `cargo xtask api` from botocore 1.44.5; never by hand. To change it, see
//! docs/add-an-operation.md.

wire::shapes! {
    plain {
        Int ActionLogLineCount;
        Text ActionLogLineRoleArn;
        Flag ActionsEnabled;
        Flag AlarmTagsPropagationEnabled;
        Text AwsQueryErrorMessage;
        Text ExtendedStatistic;
        Text FaultDescription;
        Flag IncludeLinkedAccounts;
        Text MetricLabel;
        Text NextToken;
        Flag OnlyStartEvaluatingAfterWarmUpPeriodEnds;
        Flag ReturnData;
        Text Stat;
        Int SuppressorPeriod;
        Double Threshold;
        Time Timestamp;
    }
    with {
        Text AccountId .min(1.0).max(255.0);
        Text ActionPrefix .min(1.0).max(1024.0);
        Text ActionsSuppressedBy .one_of(&["WaitPeriod", "ExtensionPeriod", "Alarm"]);
        Text ActionsSuppressedReason .min(0.0).max(1024.0);
        Text AggregationExpression .min(1.0).max(2048.0);
        Text AlarmArn .min(1.0).max(1600.0);
        Text AlarmDescription .min(0.0).max(1024.0);
        Text AlarmName .min(1.0).max(255.0);
        Text AlarmNamePrefix .min(1.0).max(255.0);
        Text AlarmRule .min(1.0).max(10240.0);
        Text AlarmTagsPropagationTagKey .min(1.0).max(128.0);
        Text AlarmType .one_of(&["CompositeAlarm", "MetricAlarm", "LogAlarm"]);
        Text AmazonResourceName .min(1.0).max(1024.0);
        Text ComparisonOperator .one_of(&["GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold", "LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold"]);
        Int DatapointsToAlarm .min(1.0);
        Text DimensionName .min(1.0).max(255.0);
        Text DimensionValue .min(1.0).max(1024.0);
        Long EndTimeOffset .min(0.0).max(2592000.0);
        Text ErrorMessage .min(1.0).max(255.0);
        Text EvaluateLowSampleCountPercentile .min(1.0).max(255.0);
        Int EvaluationInterval .min(10.0).max(3600.0);
        Int EvaluationPeriods .min(1.0);
        Text EvaluationState .one_of(&["PARTIAL_DATA", "EVALUATION_FAILURE", "EVALUATION_ERROR"]);
        Int MaxRecords .min(1.0).max(100.0);
        Text MetricExpression .min(1.0).max(2048.0);
        Text MetricId .min(1.0).max(255.0);
        Text MetricName .min(1.0).max(255.0);
        Text Namespace .min(1.0).max(255.0).pattern(r"[^:].*");
        Int PendingPeriod .min(0.0).max(86400.0);
        Int Period .min(1.0);
        Text Query .min(1.0).max(10000.0);
        Int QueryResultsToAlarm .min(1.0);
        Int QueryResultsToEvaluate .min(1.0);
        Text QueryString .min(0.0).max(10000.0);
        Text RecentlyActive .one_of(&["PT3H"]);
        Int RecoveryPeriod .min(0.0).max(86400.0);
        Text ResourceName .min(1.0).max(1024.0);
        Text ScheduleExpression .min(1.0).max(256.0);
        Text StandardUnit .one_of(&["Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes", "Bits", "Kilobits", "Megabits", "Gigabits", "Terabits", "Percent", "Count", "Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second", "Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second", "Count/Second", "None"]);
        Long StartTimeOffset .min(1.0).max(2592000.0);
        Text StateReason .min(0.0).max(1023.0);
        Text StateReasonData .min(0.0).max(4000.0);
        Text StateValue .one_of(&["OK", "ALARM", "INSUFFICIENT_DATA"]);
        Text Statistic .one_of(&["SampleCount", "Average", "Sum", "Minimum", "Maximum"]);
        Text TagKey .min(1.0).max(128.0);
        Text TagValue .min(0.0).max(256.0);
        Text Timezone .min(1.0).max(50.0);
        Text TreatMissingData .min(1.0).max(255.0);
        Int WarmUpPeriodDurationInMinutes .min(1.0).max(2880.0);
    }
    lists {
        AlarmNames of AlarmName .max(100.0);
        AlarmTagsPropagationTagKeys of AlarmTagsPropagationTagKey .min(1.0).max(50.0);
        AlarmTypes of AlarmType;
        CompositeAlarms of CompositeAlarm;
        DimensionFilters of DimensionFilter .max(10.0);
        Dimensions of Dimension .max(30.0);
        LogAlarms of LogAlarm;
        LogGroupIdentifiers of AmazonResourceName .min(1.0).max(50.0);
        MetricAlarms of MetricAlarm;
        MetricDataQueries of MetricDataQuery;
        Metrics of Metric;
        OwningAccounts of AccountId;
        ResourceList of ResourceName .max(5.0);
        TagList of Tag;
    }
    maps {}
    structures {
        Structure::new ActionConfiguration {
            alarm_tags_propagation "AlarmTagsPropagation": AlarmTagsPropagation;
        }
        Structure::new AlarmPromQLCriteria {
            query "Query": Query .required();
            pending_period "PendingPeriod": PendingPeriod;
            recovery_period "RecoveryPeriod": RecoveryPeriod;
        }
        Structure::new AlarmTagsPropagation {
            enabled "Enabled": AlarmTagsPropagationEnabled .required();
            included_tag_keys "IncludedTagKeys": AlarmTagsPropagationTagKeys;
            excluded_tag_keys "ExcludedTagKeys": AlarmTagsPropagationTagKeys;
        }
        Structure::new CompositeAlarm {
            actions_enabled "ActionsEnabled": ActionsEnabled;
            alarm_actions "AlarmActions": ResourceList;
            alarm_arn "AlarmArn": AlarmArn;
            alarm_configuration_updated_timestamp "AlarmConfigurationUpdatedTimestamp": Timestamp;
            alarm_description "AlarmDescription": AlarmDescription;
            alarm_name "AlarmName": AlarmName;
            alarm_rule "AlarmRule": AlarmRule;
            insufficient_data_actions "InsufficientDataActions": ResourceList;
            ok_actions "OKActions": ResourceList;
            state_reason "StateReason": StateReason;
            state_reason_data "StateReasonData": StateReasonData;
            state_updated_timestamp "StateUpdatedTimestamp": Timestamp;
            state_value "StateValue": StateValue;
            state_transitioned_timestamp "StateTransitionedTimestamp": Timestamp;
            actions_suppressed_by "ActionsSuppressedBy": ActionsSuppressedBy;
            actions_suppressed_reason "ActionsSuppressedReason": ActionsSuppressedReason;
            actions_suppressor "ActionsSuppressor": AlarmArn;
            actions_suppressor_wait_period "ActionsSuppressorWaitPeriod": SuppressorPeriod;
            actions_suppressor_extension_period "ActionsSuppressorExtensionPeriod": SuppressorPeriod;
            action_configuration "ActionConfiguration": ActionConfiguration;
        }
        Structure::new DescribeAlarmsInput {
            alarm_names "AlarmNames": AlarmNames;
            alarm_name_prefix "AlarmNamePrefix": AlarmNamePrefix;
            alarm_types "AlarmTypes": AlarmTypes;
            children_of_alarm_name "ChildrenOfAlarmName": AlarmName;
            parents_of_alarm_name "ParentsOfAlarmName": AlarmName;
            state_value "StateValue": StateValue;
            action_prefix "ActionPrefix": ActionPrefix;
            max_records "MaxRecords": MaxRecords;
            next_token "NextToken": NextToken;
        }
        Structure::new DescribeAlarmsOutput {
            composite_alarms "CompositeAlarms": CompositeAlarms;
            metric_alarms "MetricAlarms": MetricAlarms;
            log_alarms "LogAlarms": LogAlarms;
            next_token "NextToken": NextToken;
        }
        Structure::new Dimension {
            name "Name": DimensionName .required();
            value "Value": DimensionValue .required();
        }
        Structure::new DimensionFilter {
            name "Name": DimensionName .required();
            value "Value": DimensionValue;
        }
        Structure::union EvaluationCriteria {
            prom_ql_criteria "PromQLCriteria": AlarmPromQLCriteria;
        }
        Structure::union EvaluationWindow {
            wall_clock_window "WallClockWindow": WallClockWindow;
            sliding_window "SlidingWindow": SlidingWindow;
        }
        Structure::new InternalServiceFault {
            message "Message": FaultDescription;
        }
        Structure::new InvalidNextToken {
            message "message": ErrorMessage;
        }
        Structure::new InvalidParameterValueException {
            message "message": AwsQueryErrorMessage;
        }
        Structure::new ListMetricsInput {
            namespace "Namespace": Namespace;
            metric_name "MetricName": MetricName;
            dimensions "Dimensions": DimensionFilters;
            next_token "NextToken": NextToken;
            recently_active "RecentlyActive": RecentlyActive;
            include_linked_accounts "IncludeLinkedAccounts": IncludeLinkedAccounts;
            owning_account "OwningAccount": AccountId;
        }
        Structure::new ListMetricsOutput {
            metrics "Metrics": Metrics;
            next_token "NextToken": NextToken;
            owning_accounts "OwningAccounts": OwningAccounts;
        }
        Structure::new LogAlarm {
            alarm_name "AlarmName": AlarmName;
            alarm_arn "AlarmArn": AlarmArn;
            alarm_description "AlarmDescription": AlarmDescription;
            alarm_configuration_updated_timestamp "AlarmConfigurationUpdatedTimestamp": Timestamp;
            actions_enabled "ActionsEnabled": ActionsEnabled;
            ok_actions "OKActions": ResourceList;
            alarm_actions "AlarmActions": ResourceList;
            insufficient_data_actions "InsufficientDataActions": ResourceList;
            state_value "StateValue": StateValue;
            state_reason "StateReason": StateReason;
            state_reason_data "StateReasonData": StateReasonData;
            state_updated_timestamp "StateUpdatedTimestamp": Timestamp;
            scheduled_query_configuration "ScheduledQueryConfiguration": ScheduledQueryConfiguration;
            query_results_to_evaluate "QueryResultsToEvaluate": QueryResultsToEvaluate;
            query_results_to_alarm "QueryResultsToAlarm": QueryResultsToAlarm;
            threshold "Threshold": Threshold;
            comparison_operator "ComparisonOperator": ComparisonOperator;
            treat_missing_data "TreatMissingData": TreatMissingData;
            state_transitioned_timestamp "StateTransitionedTimestamp": Timestamp;
            evaluation_state "EvaluationState": EvaluationState;
            action_log_line_count "ActionLogLineCount": ActionLogLineCount;
            action_log_line_role_arn "ActionLogLineRoleArn": ActionLogLineRoleArn;
            warm_up_configuration "WarmUpConfiguration": WarmUpConfiguration;
            action_configuration "ActionConfiguration": ActionConfiguration;
        }
        Structure::new Metric {
            namespace "Namespace": Namespace;
            metric_name "MetricName": MetricName;
            dimensions "Dimensions": Dimensions;
        }
        Structure::new MetricAlarm {
            alarm_name "AlarmName": AlarmName;
            alarm_arn "AlarmArn": AlarmArn;
            alarm_description "AlarmDescription": AlarmDescription;
            alarm_configuration_updated_timestamp "AlarmConfigurationUpdatedTimestamp": Timestamp;
            actions_enabled "ActionsEnabled": ActionsEnabled;
            ok_actions "OKActions": ResourceList;
            alarm_actions "AlarmActions": ResourceList;
            insufficient_data_actions "InsufficientDataActions": ResourceList;
            state_value "StateValue": StateValue;
            state_reason "StateReason": StateReason;
            state_reason_data "StateReasonData": StateReasonData;
            state_updated_timestamp "StateUpdatedTimestamp": Timestamp;
            metric_name "MetricName": MetricName;
            namespace "Namespace": Namespace;
            statistic "Statistic": Statistic;
            extended_statistic "ExtendedStatistic": ExtendedStatistic;
            dimensions "Dimensions": Dimensions;
            period "Period": Period;
            unit "Unit": StandardUnit;
            evaluation_periods "EvaluationPeriods": EvaluationPeriods;
            datapoints_to_alarm "DatapointsToAlarm": DatapointsToAlarm;
            threshold "Threshold": Threshold;
            comparison_operator "ComparisonOperator": ComparisonOperator;
            treat_missing_data "TreatMissingData": TreatMissingData;
            evaluate_low_sample_count_percentile "EvaluateLowSampleCountPercentile": EvaluateLowSampleCountPercentile;
            metrics "Metrics": MetricDataQueries;
            threshold_metric_id "ThresholdMetricId": MetricId;
            evaluation_state "EvaluationState": EvaluationState;
            state_transitioned_timestamp "StateTransitionedTimestamp": Timestamp;
            evaluation_window "EvaluationWindow": EvaluationWindow;
            warm_up_configuration "WarmUpConfiguration": WarmUpConfiguration;
            evaluation_criteria "EvaluationCriteria": EvaluationCriteria;
            evaluation_interval "EvaluationInterval": EvaluationInterval;
            action_configuration "ActionConfiguration": ActionConfiguration;
        }
        Structure::new MetricDataQuery {
            id "Id": MetricId .required();
            metric_stat "MetricStat": MetricStat;
            expression "Expression": MetricExpression;
            label "Label": MetricLabel;
            return_data "ReturnData": ReturnData;
            period "Period": Period;
            account_id "AccountId": AccountId;
        }
        Structure::new MetricStat {
            metric "Metric": Metric .required();
            period "Period": Period .required();
            stat "Stat": Stat .required();
            unit "Unit": StandardUnit;
        }
        Structure::new ScheduleConfiguration {
            schedule_expression "ScheduleExpression": ScheduleExpression .required();
            start_time_offset "StartTimeOffset": StartTimeOffset .required();
            end_time_offset "EndTimeOffset": EndTimeOffset;
        }
        Structure::new ScheduledQueryConfiguration {
            query_string "QueryString": QueryString .required();
            log_group_identifiers "LogGroupIdentifiers": LogGroupIdentifiers;
            query_arn "QueryARN": AmazonResourceName;
            scheduled_query_role_arn "ScheduledQueryRoleARN": AmazonResourceName .required();
            schedule_configuration "ScheduleConfiguration": ScheduleConfiguration .required();
            aggregation_expression "AggregationExpression": AggregationExpression .required();
            tags "Tags": TagList;
        }
        Structure::new SlidingWindow {}
        Structure::new Tag {
            key "Key": TagKey .required();
            value "Value": TagValue .required();
        }
        Structure::new WallClockWindow {
            timezone "Timezone": Timezone;
        }
        Structure::new WarmUpConfiguration {
            warm_up_period_duration_in_minutes "WarmUpPeriodDurationInMinutes": WarmUpPeriodDurationInMinutes .required();
            only_start_evaluating_after_warm_up_period_ends "OnlyStartEvaluatingAfterWarmUpPeriodEnds": OnlyStartEvaluatingAfterWarmUpPeriodEnds;
        }
    }
}

wire::service! {
    /// Amazon CloudWatch.
    CLOUDWATCH {
        id: "cloudwatch", signing: "monitoring", endpoint: "monitoring", version: "2010-08-01",
        protocols: [RpcV2Cbor, Json10, Query], target: "GraniteServiceVersion20100801", namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/",
        query_compatible: true,
    }
    faults {
        InternalServiceFault "InternalServiceError" 500;
        InvalidNextToken "InvalidNextToken" 400;
        InvalidParameterValueException "InvalidParameterValue" 400;
    }
    operations {
        DescribeAlarms POST "/" 200 (DescribeAlarmsInput) -> (DescribeAlarmsOutput) wrapper "DescribeAlarmsResult" [InvalidNextToken];
        ListMetrics POST "/" 200 (ListMetricsInput) -> (ListMetricsOutput) wrapper "ListMetricsResult" [InternalServiceFault, InvalidParameterValueException];
    }
}
