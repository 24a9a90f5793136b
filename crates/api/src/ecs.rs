//! The shapes of `ecs` 2014-11-13, as facts.
//!
//! Written by `cargo xtask api` from botocore 1.44.5; never by hand. To change it, see
//! docs/add-an-operation.md.

wire::shapes! {
    plain {
        Flag Boolean;
        Flag BoxedBoolean;
        Double BoxedDouble;
        Int BoxedInteger;
        Double Double;
        Text EBSKMSKeyId;
        Text EBSSnapshotId;
        Text EBSVolumeType;
        Text ECSVolumeName;
        Document HookDetails;
        Text IAMRoleArn;
        Int Integer;
        Long Long;
        Text String;
        Time Timestamp;
    }
    with {
        Text AcceleratorManufacturer .one_of(&["amazon-web-services", "amd", "nvidia", "xilinx", "habana"]);
        Text AcceleratorName .one_of(&["a100", "inferentia", "k520", "k80", "m60", "radeon-pro-v520", "t4", "vu9p", "v100", "a10g", "h100", "t4g", "l40s", "l4"]);
        Text AcceleratorType .one_of(&["gpu", "fpga", "inference"]);
        Text AccessType .one_of(&["PUBLIC", "PRIVATE"]);
        Text AgentUpdateStatus .one_of(&["PENDING", "STAGING", "STAGED", "UPDATING", "UPDATED", "FAILED"]);
        Text AllowedInstanceType .min(1.0).max(30.0).pattern(r"[a-zA-Z0-9\.\*\-]+");
        Text ApplicationProtocol .one_of(&["http", "http2", "grpc"]);
        Text AssignPublicIp .one_of(&["ENABLED", "DISABLED"]);
        Text AttestationPolicyStatus .one_of(&["CONFIGURED"]);
        Text AutoRepairActionsStatus .one_of(&["ENABLED", "DISABLED"]);
        Text AvailabilityZoneRebalancing .one_of(&["ENABLED", "DISABLED"]);
        Text BareMetal .one_of(&["included", "required", "excluded"]);
        Text BurstablePerformance .one_of(&["included", "required", "excluded"]);
        Text CPUArchitecture .one_of(&["X86_64", "ARM64"]);
        Text CapacityOptionType .one_of(&["ON_DEMAND", "SPOT", "RESERVED"]);
        Text CapacityProviderField .one_of(&["TAGS"]);
        Text CapacityProviderStatus .one_of(&["PROVISIONING", "ACTIVE", "DEPROVISIONING", "INACTIVE"]);
        Int CapacityProviderStrategyItemBase .min(0.0).max(100000.0);
        Int CapacityProviderStrategyItemWeight .min(0.0).max(1000.0);
        Text CapacityProviderType .one_of(&["EC2_AUTOSCALING", "MANAGED_INSTANCES", "FARGATE", "FARGATE_SPOT"]);
        Text CapacityProviderUpdateStatus .one_of(&["CREATE_IN_PROGRESS", "CREATE_COMPLETE", "CREATE_FAILED", "DELETE_IN_PROGRESS", "DELETE_COMPLETE", "DELETE_FAILED", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", "UPDATE_FAILED"]);
        Text CapacityReservationPreference .one_of(&["RESERVATIONS_ONLY", "RESERVATIONS_FIRST", "RESERVATIONS_EXCLUDED"]);
        Text ClusterField .one_of(&["ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "STATISTICS", "TAGS"]);
        Text ClusterSettingName .one_of(&["containerInsights"]);
        Text Compatibility .one_of(&["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"]);
        Text Connectivity .one_of(&["CONNECTED", "DISCONNECTED"]);
        Text ContainerCondition .one_of(&["START", "COMPLETE", "SUCCESS", "HEALTHY"]);
        Text ContainerInstanceField .one_of(&["TAGS", "CONTAINER_INSTANCE_HEALTH"]);
        Text ContainerInstanceStatus .one_of(&["ACTIVE", "DRAINING", "REGISTERING", "DEREGISTERING", "REGISTRATION_FAILED"]);
        Text CpuManufacturer .one_of(&["intel", "amd", "amazon-web-services"]);
        Text DaemonDeploymentRollbackMonitorsStatus .one_of(&["TRIGGERED", "MONITORING", "MONITORING_COMPLETE", "DISABLED"]);
        Text DaemonDeploymentStatus .one_of(&["PENDING", "SUCCESSFUL", "STOPPED", "STOP_REQUESTED", "IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"]);
        Double DaemonDrainPercent .min(0.0).max(100.0);
        Text DaemonIpcMode .one_of(&["none", "shared"]);
        Text DaemonPidMode .one_of(&["none", "shared"]);
        Text DaemonPropagateTags .one_of(&["DAEMON", "NONE"]);
        Text DaemonStatus .one_of(&["ACTIVE", "DELETE_IN_PROGRESS"]);
        Text DaemonTaskDefinitionRevisionFilter .one_of(&["LAST_REGISTERED"]);
        Text DaemonTaskDefinitionStatus .one_of(&["ACTIVE", "DELETE_IN_PROGRESS", "DELETED"]);
        Text DaemonTaskDefinitionStatusFilter .one_of(&["ACTIVE", "DELETE_IN_PROGRESS", "ALL"]);
        Text DeploymentControllerType .one_of(&["ECS", "CODE_DEPLOY", "EXTERNAL"]);
        Text DeploymentLifecycleHookAction .one_of(&["ROLLBACK", "CONTINUE"]);
        Int DeploymentLifecycleHookDuration .min(1.0).max(20160.0);
        Text DeploymentLifecycleHookStage .one_of(&["RECONCILE_SERVICE", "PRE_SCALE_UP", "POST_SCALE_UP", "TEST_TRAFFIC_SHIFT", "POST_TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT", "POST_PRODUCTION_TRAFFIC_SHIFT"]);
        Text DeploymentLifecycleHookStatus .one_of(&["AWAITING_ACTION", "IN_PROGRESS", "SUCCEEDED", "FAILED", "TIMED_OUT"]);
        Text DeploymentLifecycleHookTargetType .one_of(&["AWS_LAMBDA", "PAUSE"]);
        Text DeploymentRolloutState .one_of(&["COMPLETED", "FAILED", "IN_PROGRESS"]);
        Text DeploymentStrategy .one_of(&["ROLLING", "BLUE_GREEN", "LINEAR", "CANARY"]);
        Text DesiredStatus .one_of(&["RUNNING", "PENDING", "STOPPED"]);
        Text DeviceCgroupPermission .one_of(&["read", "write", "mknod"]);
        Int Duration .min(0.0).max(2147483647.0);
        Text EBSResourceType .one_of(&["volume"]);
        Text EFSAuthorizationConfigIAM .one_of(&["ENABLED", "DISABLED"]);
        Text EFSTransitEncryption .one_of(&["ENABLED", "DISABLED"]);
        Text EnvironmentFileType .one_of(&["s3"]);
        Text ExcludedInstanceType .min(1.0).max(30.0).pattern(r"[a-zA-Z0-9\.\*\-]+");
        Text ExecuteCommandLogging .one_of(&["NONE", "DEFAULT", "OVERRIDE"]);
        Text ExpressCpuArchitecture .one_of(&["X86_64", "ARM64"]);
        Text ExpressGatewayServiceInclude .one_of(&["TAGS"]);
        Text ExpressGatewayServiceScalingMetric .one_of(&["AVERAGE_CPU", "AVERAGE_MEMORY", "REQUEST_COUNT_PER_TARGET"]);
        Text ExpressGatewayServiceStatusCode .one_of(&["ACTIVE", "DRAINING", "INACTIVE"]);
        Text FirelensConfigurationType .one_of(&["fluentd", "fluentbit"]);
        Text GatewayAlbDesyncMitigationMode .one_of(&["monitor", "defensive", "strictest"]);
        Text GatewayAlbProtocol .one_of(&["HTTP", "HTTPS"]);
        Text GatewayClusterAssociationStatus .one_of(&["ACTIVE", "DISASSOCIATING", "INACTIVE"]);
        Int GatewayConnectorDeregistrationDelayTimeoutSecondsInteger .min(0.0).max(3600.0);
        Text GatewayConnectorHealthCheckProtocol .one_of(&["HTTP", "HTTPS"]);
        Text GatewayElbIpAddressType .one_of(&["ipv4", "dualstack", "dualstack-without-public-ipv4"]);
        Text GatewayElbScheme .one_of(&["internet-facing", "internal"]);
        Text GatewayRouteStatus .one_of(&["ACTIVE", "CREATE_IN_PROGRESS", "CREATE_FAILED", "UPDATE_IN_PROGRESS", "UPDATE_FAILED", "DELETE_IN_PROGRESS", "DELETE_FAILED"]);
        Text GatewayStatus .one_of(&["ACTIVE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", "UPDATE_FAILED", "DELETED"]);
        Text GpuSharingMode .one_of(&["IDLE", "NVIDIA_MPS", "DEDICATED"]);
        Text HealthStatus .one_of(&["HEALTHY", "UNHEALTHY", "UNKNOWN"]);
        Int HealthyPercentInteger .min(0.0).max(100.0);
        Text InstanceGeneration .one_of(&["current", "previous"]);
        Text InstanceHealthCheckState .one_of(&["OK", "IMPAIRED", "INSUFFICIENT_DATA", "INITIALIZING"]);
        Text InstanceHealthCheckType .one_of(&["CONTAINER_RUNTIME", "ACCELERATED_COMPUTE", "DAEMON", "AGENT_CONNECTIVITY"]);
        Text IpcMode .one_of(&["host", "task", "none"]);
        Text IsolationMode .one_of(&["SHARED", "ISOLATED_SANDBOX", "CONFIDENTIAL_SANDBOX"]);
        Text LaunchType .one_of(&["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"]);
        Text LocalStorage .one_of(&["included", "required", "excluded"]);
        Text LocalStorageType .one_of(&["hdd", "ssd"]);
        Text LogDriver .one_of(&["json-file", "syslog", "journald", "gelf", "fluentd", "awslogs", "splunk", "awsfirelens"]);
        Text ManagedAgentName .one_of(&["ExecuteCommandAgent"]);
        Text ManagedDraining .one_of(&["ENABLED", "DISABLED"]);
        Text ManagedInstancesMonitoringOptions .one_of(&["BASIC", "DETAILED"]);
        Text ManagedResourceStatus .one_of(&["PROVISIONING", "ACTIVE", "DEPROVISIONING", "DELETED", "FAILED"]);
        Int ManagedScalingInstanceWarmupPeriod .min(0.0).max(10000.0);
        Text ManagedScalingStatus .one_of(&["ENABLED", "DISABLED"]);
        Int ManagedScalingStepSize .min(1.0).max(10000.0);
        Int ManagedScalingTargetCapacity .min(1.0).max(100.0);
        Text ManagedTerminationProtection .one_of(&["ENABLED", "DISABLED"]);
        Text MetricName .min(1.0).max(255.0);
        Int MetricResolutionSeconds .min(20.0).max(60.0);
        Text NetworkMode .one_of(&["bridge", "host", "awsvpc", "none"]);
        Int NvidiaMpsAllocationMaxComputePercentInteger .min(1.0).max(100.0);
        Int NvidiaMpsAllocationMemoryInteger .min(1.0);
        Text OSFamily .one_of(&["WINDOWS_SERVER_2019_FULL", "WINDOWS_SERVER_2019_CORE", "WINDOWS_SERVER_2016_FULL", "WINDOWS_SERVER_2004_CORE", "WINDOWS_SERVER_2022_CORE", "WINDOWS_SERVER_2022_FULL", "WINDOWS_SERVER_2025_CORE", "WINDOWS_SERVER_2025_FULL", "WINDOWS_SERVER_20H2_CORE", "LINUX"]);
        Text PidMode .one_of(&["host", "task"]);
        Text PlacementConstraintType .one_of(&["distinctInstance", "memberOf"]);
        Text PlacementStrategyType .one_of(&["random", "spread", "binpack"]);
        Text PlatformDeviceType .one_of(&["GPU", "NEURON_DEVICE"]);
        Int PortNumber .min(0.0).max(65535.0);
        Text PropagateGatewayTags .one_of(&["NONE", "GATEWAY"]);
        Text PropagateMITags .one_of(&["CAPACITY_PROVIDER", "NONE"]);
        Text PropagateTags .one_of(&["TASK_DEFINITION", "SERVICE", "NONE"]);
        Text ProxyConfigurationType .one_of(&["APPMESH"]);
        Text ResourceManagementType .one_of(&["CUSTOMER", "ECS"]);
        Text ResourceType .one_of(&["GPU", "InferenceAccelerator", "NeuronDevice"]);
        Text ScaleUnit .one_of(&["PERCENT"]);
        Text SchedulingStrategy .one_of(&["REPLICA", "DAEMON"]);
        Text Scope .one_of(&["task", "shared"]);
        Text SensitiveString .sensitive();
        Text ServiceConnectAccessLoggingFormat .one_of(&["TEXT", "JSON"]);
        Text ServiceConnectContainerLogLevel .one_of(&["debug", "info"]);
        Text ServiceConnectIncludeQueryParameters .one_of(&["DISABLED", "ENABLED"]);
        Text ServiceDeploymentLifecycleStage .one_of(&["RECONCILE_SERVICE", "PRE_SCALE_UP", "SCALE_UP", "POST_SCALE_UP", "TEST_TRAFFIC_SHIFT", "POST_TEST_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT", "POST_PRODUCTION_TRAFFIC_SHIFT", "BAKE_TIME", "CLEAN_UP"]);
        Text ServiceDeploymentRollbackMonitorsStatus .one_of(&["TRIGGERED", "MONITORING", "MONITORING_COMPLETE", "DISABLED"]);
        Text ServiceDeploymentStatus .one_of(&["PENDING", "SUCCESSFUL", "STOPPED", "STOP_REQUESTED", "IN_PROGRESS", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"]);
        Text ServiceField .one_of(&["TAGS"]);
        Text ServiceRevisionCleanup .one_of(&["BLOCKING", "DEFERRED"]);
        Text SettingName .one_of(&["serviceLongArnFormat", "taskLongArnFormat", "containerInstanceLongArnFormat", "awsvpcTrunking", "containerInsights", "fargateFIPSMode", "tagResourceAuthorization", "fargateTaskRetirementWaitPeriod", "guardDutyActivate", "defaultLogDriverMode", "fargateEventWindows"]);
        Text SettingType .one_of(&["user", "aws_managed"]);
        Text SortOrder .one_of(&["ASC", "DESC"]);
        Text StabilityStatus .one_of(&["STEADY_STATE", "STABILIZING"]);
        Text StopServiceDeploymentStopType .one_of(&["ABORT", "ROLLBACK"]);
        Text TagKey .min(1.0).max(128.0).pattern(r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)");
        Text TagValue .min(0.0).max(256.0).pattern(r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)");
        Text TargetType .one_of(&["container-instance"]);
        Text TaskDefinitionFamilyStatus .one_of(&["ACTIVE", "INACTIVE", "ALL"]);
        Text TaskDefinitionField .one_of(&["TAGS"]);
        Text TaskDefinitionPlacementConstraintType .one_of(&["memberOf"]);
        Text TaskDefinitionStatus .one_of(&["ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"]);
        Text TaskField .one_of(&["TAGS"]);
        Text TaskFilesystemType .one_of(&["ext3", "ext4", "xfs", "ntfs"]);
        Text TaskSetField .one_of(&["TAGS"]);
        Text TaskStopCode .one_of(&["TaskFailedToStart", "EssentialContainerExited", "UserInitiated", "ServiceSchedulerInitiated", "SpotInterruption", "TerminationNotice", "InfrastructureHealth"]);
        Int TaskVolumeStorageGiB .min(1.0);
        Text ThresholdType .one_of(&["COUNT", "BOUNDED_PERCENT", "UNBOUNDED_PERCENT"]);
        Text TransportProtocol .one_of(&["tcp", "udp"]);
        Text UlimitName .one_of(&["core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack"]);
        Text VersionConsistency .one_of(&["enabled", "disabled"]);
    }
    lists {
        AcceleratorManufacturerSet of AcceleratorManufacturer;
        AcceleratorNameSet of AcceleratorName;
        AcceleratorTypeSet of AcceleratorType;
        AccessTypeList of AccessType .min(0.0).max(2.0);
        AllowedInstanceTypeSet of AllowedInstanceType .min(0.0).max(400.0);
        AttachmentDetails of KeyValuePair;
        AttachmentStateChanges of AttachmentStateChange;
        Attachments of Attachment;
        Attributes of Attribute;
        CapacityProviderFieldList of CapacityProviderField;
        CapacityProviderStrategy of CapacityProviderStrategyItem;
        CapacityProviders of CapacityProvider;
        ClusterFieldList of ClusterField;
        ClusterSettings of ClusterSetting;
        Clusters of Cluster;
        CompatibilityList of Compatibility;
        ContainerDefinitions of ContainerDefinition;
        ContainerDependencies of ContainerDependency;
        ContainerImages of ContainerImage;
        ContainerInstanceFieldList of ContainerInstanceField;
        ContainerInstances of ContainerInstance;
        ContainerOverrides of ContainerOverride;
        ContainerStateChanges of ContainerStateChange;
        Containers of Container;
        CpuManufacturerSet of CpuManufacturer;
        DaemonCapacityProviderList of DaemonCapacityProvider;
        DaemonContainerDefinitionList of DaemonContainerDefinition;
        DaemonContainerImages of DaemonContainerImage;
        DaemonDeploymentCapacityProviderList of DaemonDeploymentCapacityProvider;
        DaemonDeploymentList of DaemonDeployment;
        DaemonDeploymentRevisionDetailList of DaemonDeploymentRevisionDetail;
        DaemonDeploymentStatusList of DaemonDeploymentStatus;
        DaemonDeploymentSummaryList of DaemonDeploymentSummary;
        DaemonRevisionDetailList of DaemonRevisionDetail;
        DaemonRevisions of DaemonRevision;
        DaemonSummariesList of DaemonSummary;
        DaemonTaskDefinitionSummaries of DaemonTaskDefinitionSummary;
        DaemonVolumeList of DaemonVolume;
        DeploymentLifecycleHookDetailList of DeploymentLifecycleHookDetail;
        DeploymentLifecycleHookList of DeploymentLifecycleHook;
        DeploymentLifecycleHookStageList of DeploymentLifecycleHookStage;
        Deployments of Deployment;
        DeviceCgroupPermissions of DeviceCgroupPermission;
        DevicesList of Device;
        EBSTagSpecifications of EBSTagSpecification;
        ElbGatewayResourcesList of ElbGatewayResources .min(0.0).max(20.0);
        EnvironmentFiles of EnvironmentFile;
        EnvironmentVariables of KeyValuePair .sensitive();
        ExcludedInstanceTypeSet of ExcludedInstanceType .min(0.0).max(400.0);
        ExpressGatewayServiceConfigurations of ExpressGatewayServiceConfiguration;
        ExpressGatewayServiceIncludeList of ExpressGatewayServiceInclude;
        Failures of Failure;
        GatewayClusterAssociationStatusList of GatewayClusterAssociationStatus .min(0.0).max(3.0);
        GatewayClusterAssociationSummaryList of GatewayClusterAssociationSummary;
        GatewayConnectionAlbResourcesList of GatewayConnectionAlbResources .min(0.0).max(1.0);
        GatewayConnectionList of GatewayConnection .min(0.0).max(5.0);
        GatewayConnectorList of GatewayConnector .min(0.0).max(1.0);
        GatewayOperationErrorList of GatewayOperationError .min(0.0).max(5.0);
        GatewayResourceFailureList of GatewayResourceFailure .min(0.0).max(200.0);
        GatewayRouteAlbResourcesList of GatewayRouteAlbResources;
        GatewayRouteLoadBalancerSecurityGroupList of GatewayRouteLoadBalancerSecurityGroup;
        GatewayRouteStatusList of GatewayRouteStatus .min(0.0).max(7.0);
        GatewayRouteSummaryList of GatewayRouteSummary;
        GatewayStatusList of GatewayStatus .min(0.0).max(5.0);
        GatewaySummaryList of GatewaySummary;
        GpuDevices of GpuDevice;
        GpuIds of String;
        HostEntryList of HostEntry;
        InferenceAcceleratorOverrides of InferenceAcceleratorOverride;
        InferenceAccelerators of InferenceAccelerator;
        IngressPathSummaries of IngressPathSummary;
        InstanceGenerationSet of InstanceGeneration;
        InstanceHealthCheckResultList of InstanceHealthCheckResult;
        IntegerList of BoxedInteger;
        LoadBalancers of LoadBalancer;
        LocalStorageTypeSet of LocalStorageType;
        ManagedAgentStateChanges of ManagedAgentStateChange;
        ManagedAgents of ManagedAgent;
        ManagedApplicationAutoScalingPolicies of ManagedApplicationAutoScalingPolicy;
        ManagedIngressPaths of ManagedIngressPath;
        ManagedLogGroups of ManagedLogGroup;
        ManagedMetricAlarms of ManagedMetricAlarm;
        ManagedSecurityGroups of ManagedSecurityGroup;
        ManagedTargetGroups of ManagedTargetGroup;
        MetricConfigurationList of MetricConfiguration .min(0.0).max(5.0);
        MetricNamesList of MetricName .min(1.0).max(5.0);
        MountPointList of MountPoint;
        NetworkBindings of NetworkBinding;
        NetworkInterfaces of NetworkInterface;
        NeuronDeviceIds of String;
        PlacementConstraints of PlacementConstraint;
        PlacementStrategies of PlacementStrategy;
        PlatformDevices of PlatformDevice;
        PortMappingList of PortMapping;
        ProtectedTasks of ProtectedTask;
        ProxyConfigurationProperties of KeyValuePair;
        RequiresAttributes of Attribute;
        ResourceIds of String;
        ResourceRequirements of ResourceRequirement;
        Resources of Resource;
        SecretList of Secret;
        ServiceConnectClientAliasList of ServiceConnectClientAlias;
        ServiceConnectContainerConfigurations of ServiceConnectContainerConfiguration .min(0.0).max(10.0);
        ServiceConnectServiceList of ServiceConnectService;
        ServiceConnectServiceResourceList of ServiceConnectServiceResource;
        ServiceCurrentRevisionSummaryList of ServiceCurrentRevisionSummary;
        ServiceDeploymentStatusList of ServiceDeploymentStatus;
        ServiceDeployments of ServiceDeployment;
        ServiceDeploymentsBrief of ServiceDeploymentBrief;
        ServiceEvents of ServiceEvent;
        ServiceFieldList of ServiceField;
        ServiceRegistries of ServiceRegistry;
        ServiceRevisionLoadBalancers of ServiceRevisionLoadBalancer;
        ServiceRevisionVpcLatticeConfigurations of ServiceRevisionVpcLatticeConfiguration;
        ServiceRevisions of ServiceRevision;
        ServiceRevisionsSummaryList of ServiceRevisionSummary;
        ServiceVolumeConfigurations of ServiceVolumeConfiguration;
        Services of Service;
        Settings of Setting;
        Statistics of KeyValuePair;
        StringList of String;
        SystemControls of SystemControl;
        TagKeys of TagKey;
        Tags of Tag .min(0.0).max(50.0);
        TaskDefinitionFieldList of TaskDefinitionField;
        TaskDefinitionList of TaskDefinition;
        TaskDefinitionPlacementConstraints of TaskDefinitionPlacementConstraint;
        TaskFieldList of TaskField;
        TaskSetFieldList of TaskSetField;
        TaskSets of TaskSet;
        TaskVolumeConfigurations of TaskVolumeConfiguration;
        Tasks of Task;
        TmpfsList of Tmpfs;
        UlimitList of Ulimit;
        VolumeFromList of VolumeFrom;
        VolumeList of Volume;
        VpcLatticeConfigurations of VpcLatticeConfiguration;
    }
    maps {
        DockerLabelsMap of String String;
        FirelensConfigurationOptionsMap of String String;
        LogConfigurationOptionsMap of String String;
        StringMap of String String;
    }
    structures {
        Structure::new AcceleratorCountRequest {
            min "min": BoxedInteger;
            max "max": BoxedInteger;
        }
        Structure::new AcceleratorTotalMemoryMiBRequest {
            min "min": BoxedInteger;
            max "max": BoxedInteger;
        }
        Structure::new AccessDeniedException {
            message "message": String;
        }
        Structure::new AdvancedConfiguration {
            alternate_target_group_arn "alternateTargetGroupArn": String;
            production_listener_rule "productionListenerRule": String;
            test_listener_rule "testListenerRule": String;
            role_arn "roleArn": String;
        }
        Structure::new AssociateGatewayWithClusterRequest {
            gateway "gateway": String .required();
            cluster "cluster": String .required();
        }
        Structure::new AssociateGatewayWithClusterResponse {
            gateway_arn "gatewayArn": String;
            cluster_arn "clusterArn": String;
            status "status": GatewayClusterAssociationStatus;
        }
        Structure::new Attachment {
            id "id": String;
            r#type "type": String;
            status "status": String;
            details "details": AttachmentDetails;
        }
        Structure::new AttachmentStateChange {
            attachment_arn "attachmentArn": String .required();
            status "status": String .required();
        }
        Structure::new Attribute {
            name "name": String .required();
            value "value": String;
            target_type "targetType": TargetType;
            target_id "targetId": String;
        }
        Structure::new AttributeLimitExceededException {
            message "message": String;
        }
        Structure::new AutoRepairConfiguration {
            actions_status "actionsStatus": AutoRepairActionsStatus;
        }
        Structure::new AutoScalingGroupProvider {
            auto_scaling_group_arn "autoScalingGroupArn": String .required();
            managed_scaling "managedScaling": ManagedScaling;
            managed_termination_protection "managedTerminationProtection": ManagedTerminationProtection;
            managed_draining "managedDraining": ManagedDraining;
        }
        Structure::new AutoScalingGroupProviderUpdate {
            managed_scaling "managedScaling": ManagedScaling;
            managed_termination_protection "managedTerminationProtection": ManagedTerminationProtection;
            managed_draining "managedDraining": ManagedDraining;
        }
        Structure::new AwsVpcConfiguration {
            subnets "subnets": StringList .required();
            security_groups "securityGroups": StringList;
            assign_public_ip "assignPublicIp": AssignPublicIp;
        }
        Structure::new BaselineEbsBandwidthMbpsRequest {
            min "min": BoxedInteger;
            max "max": BoxedInteger;
        }
        Structure::new BlockedException {
            message "message": String;
        }
        Structure::new CanaryConfiguration {
            canary_percent "canaryPercent": Double;
            canary_bake_time_in_minutes "canaryBakeTimeInMinutes": Integer;
        }
        Structure::new CapacityProvider {
            capacity_provider_arn "capacityProviderArn": String;
            name "name": String;
            cluster "cluster": String;
            status "status": CapacityProviderStatus;
            auto_scaling_group_provider "autoScalingGroupProvider": AutoScalingGroupProvider;
            managed_instances_provider "managedInstancesProvider": ManagedInstancesProvider;
            update_status "updateStatus": CapacityProviderUpdateStatus;
            update_status_reason "updateStatusReason": String;
            tags "tags": Tags;
            r#type "type": CapacityProviderType;
        }
        Structure::new CapacityProviderStrategyItem {
            capacity_provider "capacityProvider": String .required();
            weight "weight": CapacityProviderStrategyItemWeight;
            base "base": CapacityProviderStrategyItemBase;
        }
        Structure::new CapacityReservationRequest {
            reservation_group_arn "reservationGroupArn": String;
            reservation_preference "reservationPreference": CapacityReservationPreference;
        }
        Structure::new ClientException {
            message "message": String;
        }
        Structure::new Cluster {
            cluster_arn "clusterArn": String;
            cluster_name "clusterName": String;
            configuration "configuration": ClusterConfiguration;
            status "status": String;
            registered_container_instances_count "registeredContainerInstancesCount": Integer;
            running_tasks_count "runningTasksCount": Integer;
            pending_tasks_count "pendingTasksCount": Integer;
            active_services_count "activeServicesCount": Integer;
            statistics "statistics": Statistics;
            tags "tags": Tags;
            settings "settings": ClusterSettings;
            capacity_providers "capacityProviders": StringList;
            default_capacity_provider_strategy "defaultCapacityProviderStrategy": CapacityProviderStrategy;
            attachments "attachments": Attachments;
            attachments_status "attachmentsStatus": String;
            service_connect_defaults "serviceConnectDefaults": ClusterServiceConnectDefaults;
        }
        Structure::new ClusterConfiguration {
            execute_command_configuration "executeCommandConfiguration": ExecuteCommandConfiguration;
            managed_storage_configuration "managedStorageConfiguration": ManagedStorageConfiguration;
        }
        Structure::new ClusterContainsCapacityProviderException {
            message "message": String;
        }
        Structure::new ClusterContainsContainerInstancesException {
            message "message": String;
        }
        Structure::new ClusterContainsServicesException {
            message "message": String;
        }
        Structure::new ClusterContainsTasksException {
            message "message": String;
        }
        Structure::new ClusterNotFoundException {
            message "message": String;
        }
        Structure::new ClusterServiceConnectDefaults {
            namespace "namespace": String;
        }
        Structure::new ClusterServiceConnectDefaultsRequest {
            namespace "namespace": String .required();
        }
        Structure::new ClusterSetting {
            name "name": ClusterSettingName;
            value "value": String;
        }
        Structure::new ConflictException {
            resource_ids "resourceIds": ResourceIds;
            message "message": String;
        }
        Structure::new Container {
            container_arn "containerArn": String;
            task_arn "taskArn": String;
            name "name": String;
            image "image": String;
            image_digest "imageDigest": String;
            runtime_id "runtimeId": String;
            last_status "lastStatus": String;
            exit_code "exitCode": BoxedInteger;
            reason "reason": String;
            network_bindings "networkBindings": NetworkBindings;
            network_interfaces "networkInterfaces": NetworkInterfaces;
            health_status "healthStatus": HealthStatus;
            managed_agents "managedAgents": ManagedAgents;
            cpu "cpu": String;
            memory "memory": String;
            memory_reservation "memoryReservation": String;
            gpu_ids "gpuIds": GpuIds;
            neuron_device_ids "neuronDeviceIds": NeuronDeviceIds;
            gpu_sharing_strategy "gpuSharingStrategy": SharingStrategy;
        }
        Structure::new ContainerDefinition {
            name "name": String;
            image "image": String;
            repository_credentials "repositoryCredentials": RepositoryCredentials;
            cpu "cpu": Integer;
            memory "memory": BoxedInteger;
            memory_reservation "memoryReservation": BoxedInteger;
            links "links": StringList;
            port_mappings "portMappings": PortMappingList;
            essential "essential": BoxedBoolean;
            restart_policy "restartPolicy": ContainerRestartPolicy;
            entry_point "entryPoint": StringList;
            command "command": StringList;
            environment "environment": EnvironmentVariables;
            environment_files "environmentFiles": EnvironmentFiles;
            mount_points "mountPoints": MountPointList;
            volumes_from "volumesFrom": VolumeFromList;
            linux_parameters "linuxParameters": LinuxParameters;
            secrets "secrets": SecretList;
            depends_on "dependsOn": ContainerDependencies;
            start_timeout "startTimeout": BoxedInteger;
            stop_timeout "stopTimeout": BoxedInteger;
            version_consistency "versionConsistency": VersionConsistency;
            hostname "hostname": String;
            user "user": String;
            working_directory "workingDirectory": String;
            disable_networking "disableNetworking": BoxedBoolean;
            privileged "privileged": BoxedBoolean;
            readonly_root_filesystem "readonlyRootFilesystem": BoxedBoolean;
            dns_servers "dnsServers": StringList;
            dns_search_domains "dnsSearchDomains": StringList;
            extra_hosts "extraHosts": HostEntryList;
            docker_security_options "dockerSecurityOptions": StringList;
            interactive "interactive": BoxedBoolean;
            pseudo_terminal "pseudoTerminal": BoxedBoolean;
            docker_labels "dockerLabels": DockerLabelsMap;
            ulimits "ulimits": UlimitList;
            log_configuration "logConfiguration": LogConfiguration;
            health_check "healthCheck": HealthCheck;
            system_controls "systemControls": SystemControls;
            resource_requirements "resourceRequirements": ResourceRequirements;
            firelens_configuration "firelensConfiguration": FirelensConfiguration;
            credential_specs "credentialSpecs": StringList;
        }
        Structure::new ContainerDependency {
            container_name "containerName": String .required();
            condition "condition": ContainerCondition .required();
        }
        Structure::new ContainerImage {
            container_name "containerName": String;
            image_digest "imageDigest": String;
            image "image": String;
        }
        Structure::new ContainerInstance {
            container_instance_arn "containerInstanceArn": String;
            ec2_instance_id "ec2InstanceId": String;
            capacity_provider_name "capacityProviderName": String;
            version "version": Long;
            version_info "versionInfo": VersionInfo;
            remaining_resources "remainingResources": Resources;
            registered_resources "registeredResources": Resources;
            status "status": String;
            status_reason "statusReason": String;
            agent_connected "agentConnected": Boolean;
            running_tasks_count "runningTasksCount": Integer;
            pending_tasks_count "pendingTasksCount": Integer;
            agent_update_status "agentUpdateStatus": AgentUpdateStatus;
            attributes "attributes": Attributes;
            registered_at "registeredAt": Timestamp;
            attachments "attachments": Attachments;
            tags "tags": Tags;
            health_status "healthStatus": ContainerInstanceHealthStatus;
            gpu_devices "gpuDevices": GpuDevices;
        }
        Structure::new ContainerInstanceHealthStatus {
            overall_status "overallStatus": InstanceHealthCheckState;
            details "details": InstanceHealthCheckResultList;
        }
        Structure::new ContainerOverride {
            name "name": String;
            command "command": StringList;
            environment "environment": EnvironmentVariables;
            environment_files "environmentFiles": EnvironmentFiles;
            cpu "cpu": BoxedInteger;
            memory "memory": BoxedInteger;
            memory_reservation "memoryReservation": BoxedInteger;
            resource_requirements "resourceRequirements": ResourceRequirements;
        }
        Structure::new ContainerRestartPolicy {
            enabled "enabled": BoxedBoolean .required();
            ignored_exit_codes "ignoredExitCodes": IntegerList;
            restart_attempt_period "restartAttemptPeriod": BoxedInteger;
        }
        Structure::new ContainerStateChange {
            container_name "containerName": String;
            image_digest "imageDigest": String;
            runtime_id "runtimeId": String;
            exit_code "exitCode": BoxedInteger;
            network_bindings "networkBindings": NetworkBindings;
            reason "reason": String;
            status "status": String;
        }
        Structure::new ContinueServiceDeploymentRequest {
            service_deployment_arn "serviceDeploymentArn": String .required();
            hook_id "hookId": String .required();
            action "action": DeploymentLifecycleHookAction;
        }
        Structure::new ContinueServiceDeploymentResponse {
            service_deployment_arn "serviceDeploymentArn": String;
        }
        Structure::new CreateCapacityProviderRequest {
            name "name": String .required();
            cluster "cluster": String;
            auto_scaling_group_provider "autoScalingGroupProvider": AutoScalingGroupProvider;
            managed_instances_provider "managedInstancesProvider": CreateManagedInstancesProviderConfiguration;
            tags "tags": Tags;
        }
        Structure::new CreateCapacityProviderResponse {
            capacity_provider "capacityProvider": CapacityProvider;
        }
        Structure::new CreateClusterRequest {
            cluster_name "clusterName": String;
            tags "tags": Tags;
            settings "settings": ClusterSettings;
            configuration "configuration": ClusterConfiguration;
            capacity_providers "capacityProviders": StringList;
            default_capacity_provider_strategy "defaultCapacityProviderStrategy": CapacityProviderStrategy;
            service_connect_defaults "serviceConnectDefaults": ClusterServiceConnectDefaultsRequest;
        }
        Structure::new CreateClusterResponse {
            cluster "cluster": Cluster;
        }
        Structure::new CreateDaemonRequest {
            daemon_name "daemonName": String .required();
            cluster_arn "clusterArn": String;
            daemon_task_definition_arn "daemonTaskDefinitionArn": String .required();
            capacity_provider_arns "capacityProviderArns": StringList .required();
            deployment_configuration "deploymentConfiguration": DaemonDeploymentConfiguration;
            tags "tags": Tags;
            propagate_tags "propagateTags": DaemonPropagateTags;
            enable_ecs_managed_tags "enableECSManagedTags": Boolean;
            enable_execute_command "enableExecuteCommand": Boolean;
            client_token "clientToken": String;
            critical "critical": BoxedBoolean;
        }
        Structure::new CreateDaemonResponse {
            daemon_arn "daemonArn": String;
            status "status": DaemonStatus;
            created_at "createdAt": Timestamp;
            deployment_arn "deploymentArn": String;
        }
        Structure::new CreateExpressGatewayServiceRequest {
            execution_role_arn "executionRoleArn": String;
            infrastructure_role_arn "infrastructureRoleArn": String .required();
            service_name "serviceName": String;
            cluster "cluster": String;
            health_check_path "healthCheckPath": String;
            primary_container "primaryContainer": ExpressGatewayContainer;
            task_role_arn "taskRoleArn": String;
            network_configuration "networkConfiguration": ExpressGatewayServiceNetworkConfiguration;
            cpu "cpu": String;
            memory "memory": String;
            cpu_architecture "cpuArchitecture": ExpressCpuArchitecture;
            scaling_target "scalingTarget": ExpressGatewayScalingTarget;
            tags "tags": Tags;
            task_definition_arn "taskDefinitionArn": String;
        }
        Structure::new CreateExpressGatewayServiceResponse {
            service "service": ECSExpressGatewayService;
        }
        Structure::new CreateGatewayRequest {
            name "name": String .required();
            infrastructure_role_arn "infrastructureRoleArn": String .required();
            client_token "clientToken": String .token();
            deletion_protection "deletionProtection": BoxedBoolean;
            configuration "configuration": GatewayConfiguration .required();
            tags "tags": Tags;
            propagate_tags "propagateTags": PropagateGatewayTags;
        }
        Structure::new CreateGatewayResponse {
            gateway_arn "gatewayArn": String;
            name "name": String;
            status "status": GatewayStatus;
        }
        Structure::new CreateManagedInstancesProviderConfiguration {
            infrastructure_role_arn "infrastructureRoleArn": String .required();
            instance_launch_template "instanceLaunchTemplate": InstanceLaunchTemplate .required();
            propagate_tags "propagateTags": PropagateMITags;
            infrastructure_optimization "infrastructureOptimization": InfrastructureOptimization;
            auto_repair_configuration "autoRepairConfiguration": AutoRepairConfiguration;
        }
        Structure::new CreateServiceRequest {
            cluster "cluster": String;
            service_name "serviceName": String .required();
            task_definition "taskDefinition": String;
            availability_zone_rebalancing "availabilityZoneRebalancing": AvailabilityZoneRebalancing;
            load_balancers "loadBalancers": LoadBalancers;
            service_registries "serviceRegistries": ServiceRegistries;
            desired_count "desiredCount": BoxedInteger;
            client_token "clientToken": String;
            launch_type "launchType": LaunchType;
            capacity_provider_strategy "capacityProviderStrategy": CapacityProviderStrategy;
            platform_version "platformVersion": String;
            role "role": String;
            deployment_configuration "deploymentConfiguration": DeploymentConfiguration;
            placement_constraints "placementConstraints": PlacementConstraints;
            placement_strategy "placementStrategy": PlacementStrategies;
            network_configuration "networkConfiguration": NetworkConfiguration;
            health_check_grace_period_seconds "healthCheckGracePeriodSeconds": BoxedInteger;
            scheduling_strategy "schedulingStrategy": SchedulingStrategy;
            deployment_controller "deploymentController": DeploymentController;
            tags "tags": Tags;
            enable_ecs_managed_tags "enableECSManagedTags": Boolean;
            propagate_tags "propagateTags": PropagateTags;
            enable_execute_command "enableExecuteCommand": Boolean;
            service_connect_configuration "serviceConnectConfiguration": ServiceConnectConfiguration;
            volume_configurations "volumeConfigurations": ServiceVolumeConfigurations;
            vpc_lattice_configurations "vpcLatticeConfigurations": VpcLatticeConfigurations;
            gateway_connectors "gatewayConnectors": GatewayConnectorList;
            monitoring "monitoring": MonitoringConfiguration;
        }
        Structure::new CreateServiceResponse {
            service "service": Service;
        }
        Structure::new CreateTaskSetRequest {
            service "service": String .required();
            cluster "cluster": String .required();
            external_id "externalId": String;
            task_definition "taskDefinition": String .required();
            network_configuration "networkConfiguration": NetworkConfiguration;
            load_balancers "loadBalancers": LoadBalancers;
            service_registries "serviceRegistries": ServiceRegistries;
            launch_type "launchType": LaunchType;
            capacity_provider_strategy "capacityProviderStrategy": CapacityProviderStrategy;
            platform_version "platformVersion": String;
            scale "scale": Scale;
            client_token "clientToken": String;
            tags "tags": Tags;
        }
        Structure::new CreateTaskSetResponse {
            task_set "taskSet": TaskSet;
        }
        Structure::new CreatedAt {
            before "before": Timestamp;
            after "after": Timestamp;
        }
        Structure::new DaemonAlarmConfiguration {
            alarm_names "alarmNames": StringList;
            enable "enable": Boolean;
        }
        Structure::new DaemonCapacityProvider {
            arn "arn": String;
            running_count "runningCount": Integer;
            without_daemon_count "withoutDaemonCount": Integer;
        }
        Structure::new DaemonCircuitBreaker {
            failure_count "failureCount": Integer;
            status "status": DaemonDeploymentRollbackMonitorsStatus;
            threshold "threshold": Integer;
        }
        Structure::new DaemonContainerDefinition {
            name "name": String;
            image "image": String .required();
            memory "memory": BoxedInteger;
            memory_reservation "memoryReservation": BoxedInteger;
            repository_credentials "repositoryCredentials": RepositoryCredentials;
            health_check "healthCheck": HealthCheck;
            cpu "cpu": Integer;
            essential "essential": BoxedBoolean;
            entry_point "entryPoint": StringList;
            command "command": StringList;
            working_directory "workingDirectory": String;
            environment_files "environmentFiles": EnvironmentFiles;
            environment "environment": EnvironmentVariables;
            secrets "secrets": SecretList;
            readonly_root_filesystem "readonlyRootFilesystem": BoxedBoolean;
            mount_points "mountPoints": MountPointList;
            log_configuration "logConfiguration": LogConfiguration;
            firelens_configuration "firelensConfiguration": FirelensConfiguration;
            privileged "privileged": BoxedBoolean;
            user "user": String;
            ulimits "ulimits": UlimitList;
            linux_parameters "linuxParameters": DaemonLinuxParameters;
            depends_on "dependsOn": ContainerDependencies;
            start_timeout "startTimeout": BoxedInteger;
            stop_timeout "stopTimeout": BoxedInteger;
            system_controls "systemControls": SystemControls;
            interactive "interactive": BoxedBoolean;
            pseudo_terminal "pseudoTerminal": BoxedBoolean;
            restart_policy "restartPolicy": ContainerRestartPolicy;
        }
        Structure::new DaemonContainerImage {
            container_name "containerName": String;
            image_digest "imageDigest": String;
            image "image": String;
        }
        Structure::new DaemonDeployment {
            daemon_deployment_arn "daemonDeploymentArn": String;
            cluster_arn "clusterArn": String;
            status "status": DaemonDeploymentStatus;
            status_reason "statusReason": String;
            target_daemon_revision "targetDaemonRevision": DaemonDeploymentRevisionDetail;
            source_daemon_revisions "sourceDaemonRevisions": DaemonDeploymentRevisionDetailList;
            circuit_breaker "circuitBreaker": DaemonCircuitBreaker;
            alarms "alarms": DaemonDeploymentAlarms;
            rollback "rollback": DaemonRollback;
            deployment_configuration "deploymentConfiguration": DaemonDeploymentConfiguration;
            created_at "createdAt": Timestamp;
            started_at "startedAt": Timestamp;
            stopped_at "stoppedAt": Timestamp;
            finished_at "finishedAt": Timestamp;
        }
        Structure::new DaemonDeploymentAlarms {
            status "status": DaemonDeploymentRollbackMonitorsStatus;
            alarm_names "alarmNames": StringList;
            triggered_alarm_names "triggeredAlarmNames": StringList;
        }
        Structure::new DaemonDeploymentCapacityProvider {
            arn "arn": String;
            running_instance_count "runningInstanceCount": BoxedInteger;
            without_daemon_instance_count "withoutDaemonInstanceCount": BoxedInteger;
            draining_instance_count "drainingInstanceCount": BoxedInteger;
        }
        Structure::new DaemonDeploymentConfiguration {
            drain_percent "drainPercent": DaemonDrainPercent;
            alarms "alarms": DaemonAlarmConfiguration;
            bake_time_in_minutes "bakeTimeInMinutes": Integer;
        }
        Structure::new DaemonDeploymentRevisionDetail {
            arn "arn": String;
            capacity_providers "capacityProviders": DaemonDeploymentCapacityProviderList;
            total_running_instance_count "totalRunningInstanceCount": BoxedInteger;
            total_without_daemon_instance_count "totalWithoutDaemonInstanceCount": BoxedInteger;
            total_draining_instance_count "totalDrainingInstanceCount": BoxedInteger;
        }
        Structure::new DaemonDeploymentSummary {
            daemon_deployment_arn "daemonDeploymentArn": String;
            daemon_arn "daemonArn": String;
            cluster_arn "clusterArn": String;
            status "status": DaemonDeploymentStatus;
            status_reason "statusReason": String;
            target_daemon_revision_arn "targetDaemonRevisionArn": String;
            created_at "createdAt": Timestamp;
            started_at "startedAt": Timestamp;
            stopped_at "stoppedAt": Timestamp;
            finished_at "finishedAt": Timestamp;
        }
        Structure::new DaemonDetail {
            daemon_arn "daemonArn": String;
            cluster_arn "clusterArn": String;
            status "status": DaemonStatus;
            current_revisions "currentRevisions": DaemonRevisionDetailList;
            deployment_arn "deploymentArn": String;
            created_at "createdAt": Timestamp;
            updated_at "updatedAt": Timestamp;
        }
        Structure::new DaemonLinuxParameters {
            capabilities "capabilities": KernelCapabilities;
            devices "devices": DevicesList;
            init_process_enabled "initProcessEnabled": BoxedBoolean;
            tmpfs "tmpfs": TmpfsList;
        }
        Structure::new DaemonNotActiveException {
            message "message": String;
        }
        Structure::new DaemonNotFoundException {
            message "message": String;
        }
        Structure::new DaemonRevision {
            daemon_revision_arn "daemonRevisionArn": String;
            cluster_arn "clusterArn": String;
            daemon_arn "daemonArn": String;
            daemon_task_definition_arn "daemonTaskDefinitionArn": String;
            created_at "createdAt": Timestamp;
            container_images "containerImages": DaemonContainerImages;
            propagate_tags "propagateTags": DaemonPropagateTags;
            enable_ecs_managed_tags "enableECSManagedTags": BoxedBoolean;
            enable_execute_command "enableExecuteCommand": BoxedBoolean;
            critical "critical": BoxedBoolean;
        }
        Structure::new DaemonRevisionDetail {
            arn "arn": String;
            capacity_providers "capacityProviders": DaemonCapacityProviderList;
            total_running_count "totalRunningCount": Integer;
            total_without_daemon_count "totalWithoutDaemonCount": Integer;
        }
        Structure::new DaemonRollback {
            reason "reason": String;
            started_at "startedAt": Timestamp;
            rollback_target_daemon_revision_arn "rollbackTargetDaemonRevisionArn": String;
            rollback_capacity_providers "rollbackCapacityProviders": StringList;
        }
        Structure::new DaemonSummary {
            daemon_arn "daemonArn": String;
            status "status": DaemonStatus;
            created_at "createdAt": Timestamp;
            updated_at "updatedAt": Timestamp;
        }
        Structure::new DaemonTaskDefinition {
            daemon_task_definition_arn "daemonTaskDefinitionArn": String;
            family "family": String;
            revision "revision": Integer;
            task_role_arn "taskRoleArn": String;
            execution_role_arn "executionRoleArn": String;
            container_definitions "containerDefinitions": DaemonContainerDefinitionList;
            volumes "volumes": DaemonVolumeList;
            cpu "cpu": String;
            memory "memory": String;
            status "status": DaemonTaskDefinitionStatus;
            registered_at "registeredAt": Timestamp;
            delete_requested_at "deleteRequestedAt": Timestamp;
            registered_by "registeredBy": String;
            pid_mode "pidMode": DaemonPidMode;
            ipc_mode "ipcMode": DaemonIpcMode;
        }
        Structure::new DaemonTaskDefinitionSummary {
            arn "arn": String;
            registered_at "registeredAt": Timestamp;
            registered_by "registeredBy": String;
            delete_requested_at "deleteRequestedAt": Timestamp;
            status "status": DaemonTaskDefinitionStatus;
        }
        Structure::new DaemonVolume {
            name "name": String;
            host "host": HostVolumeProperties;
            log_driver_volume_configuration "logDriverVolumeConfiguration": LogDriverVolumeConfiguration;
        }
        Structure::new DeleteAccountSettingRequest {
            name "name": SettingName .required();
            principal_arn "principalArn": String;
        }
        Structure::new DeleteAccountSettingResponse {
            setting "setting": Setting;
        }
        Structure::new DeleteAttributesRequest {
            cluster "cluster": String;
            attributes "attributes": Attributes .required();
        }
        Structure::new DeleteAttributesResponse {
            attributes "attributes": Attributes;
        }
        Structure::new DeleteCapacityProviderRequest {
            capacity_provider "capacityProvider": String .required();
            cluster "cluster": String;
        }
        Structure::new DeleteCapacityProviderResponse {
            capacity_provider "capacityProvider": CapacityProvider;
        }
        Structure::new DeleteClusterRequest {
            cluster "cluster": String .required();
        }
        Structure::new DeleteClusterResponse {
            cluster "cluster": Cluster;
        }
        Structure::new DeleteDaemonRequest {
            daemon_arn "daemonArn": String .required();
        }
        Structure::new DeleteDaemonResponse {
            daemon_arn "daemonArn": String;
            status "status": DaemonStatus;
            created_at "createdAt": Timestamp;
            updated_at "updatedAt": Timestamp;
            deployment_arn "deploymentArn": String;
        }
        Structure::new DeleteDaemonTaskDefinitionRequest {
            daemon_task_definition "daemonTaskDefinition": String .required();
        }
        Structure::new DeleteDaemonTaskDefinitionResponse {
            daemon_task_definition_arn "daemonTaskDefinitionArn": String;
        }
        Structure::new DeleteExpressGatewayServiceRequest {
            service_arn "serviceArn": String .required();
        }
        Structure::new DeleteExpressGatewayServiceResponse {
            service "service": ECSExpressGatewayService;
        }
        Structure::new DeleteGatewayRequest {
            gateway "gateway": String .required();
        }
        Structure::new DeleteGatewayResponse {
            gateway_arn "gatewayArn": String;
            name "name": String;
            status "status": GatewayStatus;
        }
        Structure::new DeleteServiceRequest {
            cluster "cluster": String;
            service "service": String .required();
            force "force": BoxedBoolean;
        }
        Structure::new DeleteServiceResponse {
            service "service": Service;
        }
        Structure::new DeleteTaskDefinitionsRequest {
            task_definitions "taskDefinitions": StringList .required();
        }
        Structure::new DeleteTaskDefinitionsResponse {
            task_definitions "taskDefinitions": TaskDefinitionList;
            failures "failures": Failures;
        }
        Structure::new DeleteTaskSetRequest {
            cluster "cluster": String .required();
            service "service": String .required();
            task_set "taskSet": String .required();
            force "force": BoxedBoolean;
        }
        Structure::new DeleteTaskSetResponse {
            task_set "taskSet": TaskSet;
        }
        Structure::new Deployment {
            id "id": String;
            status "status": String;
            task_definition "taskDefinition": String;
            desired_count "desiredCount": Integer;
            pending_count "pendingCount": Integer;
            running_count "runningCount": Integer;
            failed_tasks "failedTasks": Integer;
            created_at "createdAt": Timestamp;
            updated_at "updatedAt": Timestamp;
            capacity_provider_strategy "capacityProviderStrategy": CapacityProviderStrategy;
            launch_type "launchType": LaunchType;
            platform_version "platformVersion": String;
            platform_family "platformFamily": String;
            network_configuration "networkConfiguration": NetworkConfiguration;
            rollout_state "rolloutState": DeploymentRolloutState;
            rollout_state_reason "rolloutStateReason": String;
            service_connect_configuration "serviceConnectConfiguration": ServiceConnectConfiguration;
            service_connect_resources "serviceConnectResources": ServiceConnectServiceResourceList;
            volume_configurations "volumeConfigurations": ServiceVolumeConfigurations;
            fargate_ephemeral_storage "fargateEphemeralStorage": DeploymentEphemeralStorage;
            vpc_lattice_configurations "vpcLatticeConfigurations": VpcLatticeConfigurations;
        }
        Structure::new DeploymentAlarms {
            alarm_names "alarmNames": StringList .required();
            rollback "rollback": Boolean .required();
            enable "enable": Boolean .required();
        }
        Structure::new DeploymentCircuitBreaker {
            enable "enable": Boolean .required();
            rollback "rollback": Boolean .required();
            reset_on_healthy_task "resetOnHealthyTask": BoxedBoolean;
            threshold_configuration "thresholdConfiguration": ThresholdConfiguration;
        }
        Structure::new DeploymentConfiguration {
            deployment_circuit_breaker "deploymentCircuitBreaker": DeploymentCircuitBreaker;
            maximum_percent "maximumPercent": BoxedInteger;
            minimum_healthy_percent "minimumHealthyPercent": BoxedInteger;
            alarms "alarms": DeploymentAlarms;
            strategy "strategy": DeploymentStrategy;
            bake_time_in_minutes "bakeTimeInMinutes": BoxedInteger;
            lifecycle_hooks "lifecycleHooks": DeploymentLifecycleHookList;
            linear_configuration "linearConfiguration": LinearConfiguration;
            canary_configuration "canaryConfiguration": CanaryConfiguration;
            early_success_criteria "earlySuccessCriteria": DeploymentEarlySuccessCriteria;
        }
        Structure::new DeploymentController {
            r#type "type": DeploymentControllerType .required();
        }
        Structure::new DeploymentEarlySuccessCriteria {
            enable "enable": Boolean .required();
            healthy_percent "healthyPercent": HealthyPercentInteger;
            source_service_revision_cleanup "sourceServiceRevisionCleanup": ServiceRevisionCleanup;
        }
        Structure::new DeploymentEphemeralStorage {
            kms_key_id "kmsKeyId": String;
        }
        Structure::new DeploymentLifecycleHook {
            target_type "targetType": DeploymentLifecycleHookTargetType;
            hook_target_arn "hookTargetArn": String;
            role_arn "roleArn": IAMRoleArn;
            lifecycle_stages "lifecycleStages": DeploymentLifecycleHookStageList;
            hook_details "hookDetails": HookDetails;
            timeout_configuration "timeoutConfiguration": DeploymentLifecycleHookTimeoutConfiguration;
        }
        Structure::new DeploymentLifecycleHookDetail {
            hook_id "hookId": String;
            target_type "targetType": DeploymentLifecycleHookTargetType;
            target_arn "targetArn": String;
            status "status": DeploymentLifecycleHookStatus;
            expires_at "expiresAt": Timestamp;
            timeout_action "timeoutAction": DeploymentLifecycleHookAction;
        }
        Structure::new DeploymentLifecycleHookTimeoutConfiguration {
            timeout_in_minutes "timeoutInMinutes": DeploymentLifecycleHookDuration;
            action "action": DeploymentLifecycleHookAction;
        }
        Structure::new DeregisterContainerInstanceRequest {
            cluster "cluster": String;
            container_instance "containerInstance": String .required();
            force "force": BoxedBoolean;
        }
        Structure::new DeregisterContainerInstanceResponse {
            container_instance "containerInstance": ContainerInstance;
        }
        Structure::new DeregisterTaskDefinitionRequest {
            task_definition "taskDefinition": String .required();
        }
        Structure::new DeregisterTaskDefinitionResponse {
            task_definition "taskDefinition": TaskDefinition;
        }
        Structure::new DescribeCapacityProvidersRequest {
            capacity_providers "capacityProviders": StringList;
            cluster "cluster": String;
            include "include": CapacityProviderFieldList;
            max_results "maxResults": BoxedInteger;
            next_token "nextToken": String;
        }
        Structure::new DescribeCapacityProvidersResponse {
            capacity_providers "capacityProviders": CapacityProviders;
            failures "failures": Failures;
            next_token "nextToken": String;
        }
        Structure::new DescribeClustersRequest {
            clusters "clusters": StringList;
            include "include": ClusterFieldList;
        }
        Structure::new DescribeClustersResponse {
            clusters "clusters": Clusters;
            failures "failures": Failures;
        }
        Structure::new DescribeContainerInstancesRequest {
            cluster "cluster": String;
            container_instances "containerInstances": StringList .required();
            include "include": ContainerInstanceFieldList;
        }
        Structure::new DescribeContainerInstancesResponse {
            container_instances "containerInstances": ContainerInstances;
            failures "failures": Failures;
        }
        Structure::new DescribeDaemonDeploymentsRequest {
            daemon_deployment_arns "daemonDeploymentArns": StringList .required();
        }
        Structure::new DescribeDaemonDeploymentsResponse {
            failures "failures": Failures;
            daemon_deployments "daemonDeployments": DaemonDeploymentList;
        }
        Structure::new DescribeDaemonRequest {
            daemon_arn "daemonArn": String .required();
        }
        Structure::new DescribeDaemonResponse {
            daemon "daemon": DaemonDetail;
        }
        Structure::new DescribeDaemonRevisionsRequest {
            daemon_revision_arns "daemonRevisionArns": StringList .required();
        }
        Structure::new DescribeDaemonRevisionsResponse {
            daemon_revisions "daemonRevisions": DaemonRevisions;
            failures "failures": Failures;
        }
        Structure::new DescribeDaemonTaskDefinitionRequest {
            daemon_task_definition "daemonTaskDefinition": String .required();
        }
        Structure::new DescribeDaemonTaskDefinitionResponse {
            daemon_task_definition "daemonTaskDefinition": DaemonTaskDefinition;
        }
        Structure::new DescribeExpressGatewayServiceRequest {
            service_arn "serviceArn": String .required();
            include "include": ExpressGatewayServiceIncludeList;
        }
        Structure::new DescribeExpressGatewayServiceResponse {
            service "service": ECSExpressGatewayService;
        }
        Structure::new DescribeGatewayAlbConfiguration {
            network_configuration "networkConfiguration": GatewayElbNetworkConfiguration;
            scheme "scheme": GatewayElbScheme;
            access_logs "accessLogs": GatewayElbAccessLogConfiguration;
            web_acl_arn "webACLArn": String;
            port "port": BoxedInteger;
            protocol "protocol": GatewayAlbProtocol;
            max_alb_count "maxAlbCount": BoxedInteger;
            current_alb_count "currentAlbCount": BoxedInteger;
            http_desync "httpDesync": GatewayAlbDesyncMitigationMode;
            test_traffic_rules "testTrafficRules": GatewayAlbTestTrafficRules;
        }
        Structure::union DescribeGatewayConfiguration {
            host_shared_alb "hostSharedAlb": DescribeGatewayAlbConfiguration;
        }
        Structure::new DescribeGatewayRequest {
            gateway "gateway": String .required();
        }
        Structure::new DescribeGatewayResourcesRequest {
            gateway "gateway": String .required();
            max_results "maxResults": BoxedInteger;
            next_token "nextToken": String;
        }
        Structure::new DescribeGatewayResourcesResponse {
            gateway_resources "gatewayResources": GatewayResources;
            next_token "nextToken": String;
        }
        Structure::new DescribeGatewayResponse {
            gateway "gateway": Gateway;
        }
        Structure::new DescribeGatewayRouteRequest {
            gateway_route_arn "gatewayRouteArn": String .required();
        }
        Structure::new DescribeGatewayRouteResponse {
            gateway_route "gatewayRoute": GatewayRoute;
        }
        Structure::new DescribeServiceDeploymentsRequest {
            service_deployment_arns "serviceDeploymentArns": StringList .required();
        }
        Structure::new DescribeServiceDeploymentsResponse {
            service_deployments "serviceDeployments": ServiceDeployments;
            failures "failures": Failures;
        }
        Structure::new DescribeServiceRevisionsRequest {
            service_revision_arns "serviceRevisionArns": StringList .required();
        }
        Structure::new DescribeServiceRevisionsResponse {
            service_revisions "serviceRevisions": ServiceRevisions;
            failures "failures": Failures;
        }
        Structure::new DescribeServicesRequest {
            cluster "cluster": String;
            services "services": StringList .required();
            include "include": ServiceFieldList;
        }
        Structure::new DescribeServicesResponse {
            services "services": Services;
            failures "failures": Failures;
        }
        Structure::new DescribeTaskDefinitionRequest {
            task_definition "taskDefinition": String .required();
            include "include": TaskDefinitionFieldList;
        }
        Structure::new DescribeTaskDefinitionResponse {
            task_definition "taskDefinition": TaskDefinition;
            tags "tags": Tags;
        }
        Structure::new DescribeTaskSetsRequest {
            cluster "cluster": String .required();
            service "service": String .required();
            task_sets "taskSets": StringList;
            include "include": TaskSetFieldList;
        }
        Structure::new DescribeTaskSetsResponse {
            task_sets "taskSets": TaskSets;
            failures "failures": Failures;
        }
        Structure::new DescribeTasksRequest {
            cluster "cluster": String;
            tasks "tasks": StringList .required();
            include "include": TaskFieldList;
        }
        Structure::new DescribeTasksResponse {
            tasks "tasks": Tasks;
            failures "failures": Failures;
        }
        Structure::new Device {
            host_path "hostPath": String .required();
            container_path "containerPath": String;
            permissions "permissions": DeviceCgroupPermissions;
        }
        Structure::new DisassociateGatewayFromClusterRequest {
            gateway "gateway": String .required();
            cluster "cluster": String .required();
        }
        Structure::new DisassociateGatewayFromClusterResponse {
            gateway_arn "gatewayArn": String;
            cluster_arn "clusterArn": String;
            status "status": GatewayClusterAssociationStatus;
        }
        Structure::new DiscoverPollEndpointRequest {
            container_instance "containerInstance": String;
            cluster "cluster": String;
        }
        Structure::new DiscoverPollEndpointResponse {
            endpoint "endpoint": String;
            telemetry_endpoint "telemetryEndpoint": String;
            service_connect_endpoint "serviceConnectEndpoint": String;
        }
        Structure::new DockerVolumeConfiguration {
            scope "scope": Scope;
            autoprovision "autoprovision": BoxedBoolean;
            driver "driver": String;
            driver_opts "driverOpts": StringMap;
            labels "labels": StringMap;
        }
        Structure::new EBSTagSpecification {
            resource_type "resourceType": EBSResourceType .required();
            tags "tags": Tags;
            propagate_tags "propagateTags": PropagateTags;
        }
        Structure::new ECSExpressGatewayService {
            cluster "cluster": String;
            service_name "serviceName": String;
            service_arn "serviceArn": String;
            infrastructure_role_arn "infrastructureRoleArn": String;
            status "status": ExpressGatewayServiceStatus;
            current_deployment "currentDeployment": String;
            active_configurations "activeConfigurations": ExpressGatewayServiceConfigurations;
            tags "tags": Tags;
            created_at "createdAt": Timestamp;
            updated_at "updatedAt": Timestamp;
        }
        Structure::new ECSManagedResources {
            ingress_paths "ingressPaths": ManagedIngressPaths;
            auto_scaling "autoScaling": ManagedAutoScaling;
            metric_alarms "metricAlarms": ManagedMetricAlarms;
            service_security_groups "serviceSecurityGroups": ManagedSecurityGroups;
            log_groups "logGroups": ManagedLogGroups;
            gateway_connections "gatewayConnections": GatewayConnectionList;
        }
        Structure::new EFSAuthorizationConfig {
            access_point_id "accessPointId": String;
            iam "iam": EFSAuthorizationConfigIAM;
        }
        Structure::new EFSVolumeConfiguration {
            file_system_id "fileSystemId": String .required();
            root_directory "rootDirectory": String;
            transit_encryption "transitEncryption": EFSTransitEncryption;
            transit_encryption_port "transitEncryptionPort": BoxedInteger;
            authorization_config "authorizationConfig": EFSAuthorizationConfig;
        }
        Structure::new ElbGatewayResources {
            load_balancer_arn "loadBalancerArn": String;
            listener_arn "listenerArn": String;
            security_group "securityGroup": String;
            gateway_route_arns "gatewayRouteArns": StringList;
        }
        Structure::new EnvironmentFile {
            value "value": String .required();
            r#type "type": EnvironmentFileType .required();
        }
        Structure::new EphemeralStorage {
            size_in_gi_b "sizeInGiB": Integer .required();
        }
        Structure::new ExecuteCommandConfiguration {
            kms_key_id "kmsKeyId": String;
            logging "logging": ExecuteCommandLogging;
            log_configuration "logConfiguration": ExecuteCommandLogConfiguration;
        }
        Structure::new ExecuteCommandLogConfiguration {
            cloud_watch_log_group_name "cloudWatchLogGroupName": String;
            cloud_watch_encryption_enabled "cloudWatchEncryptionEnabled": Boolean;
            s3_bucket_name "s3BucketName": String;
            s3_encryption_enabled "s3EncryptionEnabled": Boolean;
            s3_key_prefix "s3KeyPrefix": String;
        }
        Structure::new ExecuteCommandRequest {
            cluster "cluster": String;
            container "container": String;
            command "command": String .required();
            interactive "interactive": Boolean .required();
            task "task": String .required();
        }
        Structure::new ExecuteCommandResponse {
            cluster_arn "clusterArn": String;
            container_arn "containerArn": String;
            container_name "containerName": String;
            interactive "interactive": Boolean;
            session "session": Session;
            task_arn "taskArn": String;
        }
        Structure::new ExpressGatewayContainer {
            image "image": String .required();
            container_port "containerPort": BoxedInteger;
            aws_logs_configuration "awsLogsConfiguration": ExpressGatewayServiceAwsLogsConfiguration;
            repository_credentials "repositoryCredentials": ExpressGatewayRepositoryCredentials;
            command "command": StringList;
            environment "environment": EnvironmentVariables;
            secrets "secrets": SecretList;
        }
        Structure::new ExpressGatewayRepositoryCredentials {
            credentials_parameter "credentialsParameter": String;
        }
        Structure::new ExpressGatewayScalingTarget {
            min_task_count "minTaskCount": BoxedInteger;
            max_task_count "maxTaskCount": BoxedInteger;
            auto_scaling_metric "autoScalingMetric": ExpressGatewayServiceScalingMetric;
            auto_scaling_target_value "autoScalingTargetValue": BoxedInteger;
        }
        Structure::new ExpressGatewayServiceAwsLogsConfiguration {
            log_group "logGroup": String .required();
            log_stream_prefix "logStreamPrefix": String .required();
        }
        Structure::new ExpressGatewayServiceConfiguration {
            service_revision_arn "serviceRevisionArn": String;
            execution_role_arn "executionRoleArn": String;
            task_role_arn "taskRoleArn": String;
            task_definition_arn "taskDefinitionArn": String;
            cpu "cpu": String;
            memory "memory": String;
            cpu_architecture "cpuArchitecture": ExpressCpuArchitecture;
            network_configuration "networkConfiguration": ExpressGatewayServiceNetworkConfiguration;
            health_check_path "healthCheckPath": String;
            primary_container "primaryContainer": ExpressGatewayContainer;
            scaling_target "scalingTarget": ExpressGatewayScalingTarget;
            ingress_paths "ingressPaths": IngressPathSummaries;
            created_at "createdAt": Timestamp;
        }
        Structure::new ExpressGatewayServiceNetworkConfiguration {
            security_groups "securityGroups": StringList;
            subnets "subnets": StringList;
        }
        Structure::new ExpressGatewayServiceStatus {
            status_code "statusCode": ExpressGatewayServiceStatusCode;
            status_reason "statusReason": String;
        }
        Structure::new FSxWindowsFileServerAuthorizationConfig {
            credentials_parameter "credentialsParameter": String .required();
            domain "domain": String .required();
        }
        Structure::new FSxWindowsFileServerVolumeConfiguration {
            file_system_id "fileSystemId": String .required();
            root_directory "rootDirectory": String .required();
            authorization_config "authorizationConfig": FSxWindowsFileServerAuthorizationConfig .required();
        }
        Structure::new Failure {
            arn "arn": String;
            reason "reason": String;
            detail "detail": String;
        }
        Structure::new FirelensConfiguration {
            r#type "type": FirelensConfigurationType .required();
            options "options": FirelensConfigurationOptionsMap;
        }
        Structure::new Gateway {
            gateway_arn "gatewayArn": String;
            name "name": String;
            status "status": GatewayStatus;
            status_reason "statusReason": String;
            failures "failures": GatewayResourceFailureList;
            infrastructure_role_arn "infrastructureRoleArn": String;
            deletion_protection "deletionProtection": BoxedBoolean;
            configuration "configuration": DescribeGatewayConfiguration;
            access_type "accessType": AccessType;
            propagate_tags "propagateTags": PropagateGatewayTags;
            tags "tags": Tags;
            created_at "createdAt": Timestamp;
            updated_at "updatedAt": Timestamp;
        }
        Structure::new GatewayAlbTestTrafficRules {
            header "header": GatewayTestTrafficHeader;
        }
        Structure::new GatewayClusterAssociationSummary {
            gateway_arn "gatewayArn": String;
            cluster_arn "clusterArn": String;
            status "status": GatewayClusterAssociationStatus;
        }
        Structure::union GatewayConfiguration {
            host_shared_alb "hostSharedAlb": HostSharedAlbConfiguration;
        }
        Structure::new GatewayConnection {
            gateway_arn "gatewayArn": String;
            gateway_route_arn "gatewayRouteArn": String;
            port_name "portName": String;
            service_url "serviceUrl": String;
            access_type "accessType": AccessType;
            status "status": GatewayRouteStatus;
            resources "resources": GatewayConnectionResources;
        }
        Structure::new GatewayConnectionAlbResources {
            acm_certificate_arn "acmCertificateArn": String;
            load_balancer_arn "loadBalancerArn": String;
            load_balancer_security_group_arns "loadBalancerSecurityGroupArns": StringList;
            listener_arn "listenerArn": String;
            listener_rule_arn "listenerRuleArn": String;
            test_listener_rule_arn "testListenerRuleArn": String;
            target_group_arn "targetGroupArn": String;
            alternate_target_group_arn "alternateTargetGroupArn": String;
        }
        Structure::union GatewayConnectionResources {
            host_shared_alb "hostSharedAlb": GatewayConnectionAlbResourcesList;
        }
        Structure::new GatewayConnector {
            port_name "portName": String .required();
            health_check "healthCheck": GatewayConnectorHealthCheck;
            filters "filters": GatewayConnectorFilters;
            deregistration_delay "deregistrationDelay": GatewayConnectorDeregistrationDelay;
        }
        Structure::new GatewayConnectorDeregistrationDelay {
            timeout_seconds "timeoutSeconds": GatewayConnectorDeregistrationDelayTimeoutSecondsInteger;
        }
        Structure::new GatewayConnectorFilters {
            access_types "accessTypes": AccessTypeList;
        }
        Structure::new GatewayConnectorHealthCheck {
            health_check_protocol "healthCheckProtocol": GatewayConnectorHealthCheckProtocol;
            health_check_port "healthCheckPort": BoxedInteger;
            health_check_path "healthCheckPath": String;
            health_check_timeout_seconds "healthCheckTimeoutSeconds": BoxedInteger;
            health_check_interval_seconds "healthCheckIntervalSeconds": BoxedInteger;
            healthy_threshold_count "healthyThresholdCount": BoxedInteger;
            unhealthy_threshold_count "unhealthyThresholdCount": BoxedInteger;
            matcher "matcher": GatewayConnectorHealthCheckMatcher;
        }
        Structure::new GatewayConnectorHealthCheckMatcher {
            http_code "httpCode": String;
            grpc_code "grpcCode": String;
        }
        Structure::new GatewayElbAccessLogConfiguration {
            destination "destination": GatewayElbAccessLogDestination;
        }
        Structure::union GatewayElbAccessLogDestination {
            s3 "s3": GatewayElbAccessLogS3Destination;
        }
        Structure::new GatewayElbAccessLogS3Destination {
            bucket "bucket": String .required();
            prefix "prefix": String;
        }
        Structure::new GatewayElbNetworkConfiguration {
            inbound_security_group "inboundSecurityGroup": String;
            subnets "subnets": StringList;
            ip_address_type "ipAddressType": GatewayElbIpAddressType;
        }
        Structure::union GatewayInfrastructureResources {
            host_shared_alb "hostSharedAlb": ElbGatewayResourcesList;
        }
        Structure::new GatewayNotFoundException {
            message "message": String;
        }
        Structure::new GatewayOperationError {
            operation "operation": String;
            code "code": String;
            message "message": String;
        }
        Structure::new GatewayResourceFailure {
            arn "arn": String;
            errors "errors": GatewayOperationErrorList;
        }
        Structure::new GatewayResources {
            gateway_arn "gatewayArn": String;
            resources "resources": GatewayInfrastructureResources;
        }
        Structure::new GatewayRoute {
            gateway_route_arn "gatewayRouteArn": String;
            service_arn "serviceArn": String;
            service_container_port_name "serviceContainerPortName": String;
            status "status": GatewayRouteStatus;
            service_url "serviceUrl": String;
            resources "resources": GatewayRouteResources;
        }
        Structure::new GatewayRouteAlbResources {
            acm_certificate_arn "acmCertificateArn": String;
            load_balancer_arn "loadBalancerArn": String;
            listener_arn "listenerArn": String;
            listener_rule_arn "listenerRuleArn": String;
            test_listener_rule_arns "testListenerRuleArns": StringList;
            load_balancer_security_groups "loadBalancerSecurityGroups": GatewayRouteLoadBalancerSecurityGroupList;
            service_security_group_arn "serviceSecurityGroupArn": String;
        }
        Structure::new GatewayRouteLoadBalancerSecurityGroup {
            arn "arn": String;
            rule_arns "ruleArns": StringList;
        }
        Structure::union GatewayRouteResources {
            host_shared_alb "hostSharedAlb": GatewayRouteAlbResourcesList;
        }
        Structure::new GatewayRouteSummary {
            gateway_route_arn "gatewayRouteArn": String;
            gateway_arn "gatewayArn": String;
            cluster_arn "clusterArn": String;
            service_arn "serviceArn": String;
            service_container_port_name "serviceContainerPortName": String;
            status "status": GatewayRouteStatus;
        }
        Structure::new GatewaySummary {
            gateway_arn "gatewayArn": String;
            name "name": String;
            status "status": GatewayStatus;
            created_at "createdAt": Timestamp;
        }
        Structure::new GatewayTestTrafficHeader {
            name "name": String .required();
            values "values": StringList .required();
        }
        Structure::new GetTaskProtectionRequest {
            cluster "cluster": String .required();
            tasks "tasks": StringList;
        }
        Structure::new GetTaskProtectionResponse {
            protected_tasks "protectedTasks": ProtectedTasks;
            failures "failures": Failures;
        }
        Structure::new GpuDevice {
            gpu_id "gpuId": String;
            sharing_mode "sharingMode": GpuSharingMode;
            total_memory_in_mi_b "totalMemoryInMiB": BoxedInteger;
            remaining_memory_in_mi_b "remainingMemoryInMiB": BoxedInteger;
            container_count "containerCount": BoxedInteger;
        }
        Structure::new HealthCheck {
            command "command": StringList .required();
            interval "interval": BoxedInteger;
            timeout "timeout": BoxedInteger;
            retries "retries": BoxedInteger;
            start_period "startPeriod": BoxedInteger;
        }
        Structure::new HostEntry {
            hostname "hostname": String .required();
            ip_address "ipAddress": String .required();
        }
        Structure::new HostSharedAlbConfiguration {
            network_configuration "networkConfiguration": GatewayElbNetworkConfiguration;
            scheme "scheme": GatewayElbScheme;
            web_acl_arn "webACLArn": String;
            access_logs "accessLogs": GatewayElbAccessLogConfiguration;
            port "port": BoxedInteger;
            protocol "protocol": GatewayAlbProtocol;
            max_alb_count "maxAlbCount": BoxedInteger;
            http_desync "httpDesync": GatewayAlbDesyncMitigationMode;
            test_traffic_rules "testTrafficRules": GatewayAlbTestTrafficRules;
        }
        Structure::new HostVolumeProperties {
            source_path "sourcePath": String;
        }
        Structure::new InferenceAccelerator {
            device_name "deviceName": String .required();
            device_type "deviceType": String .required();
        }
        Structure::new InferenceAcceleratorOverride {
            device_name "deviceName": String;
            device_type "deviceType": String;
        }
        Structure::new InfrastructureOptimization {
            scale_in_after "scaleInAfter": BoxedInteger;
        }
        Structure::new IngressPathSummary {
            access_type "accessType": AccessType .required();
            endpoint "endpoint": String .required();
        }
        Structure::new InstanceHealthCheckResult {
            r#type "type": InstanceHealthCheckType;
            status "status": InstanceHealthCheckState;
            status_reason "statusReason": String;
            last_updated "lastUpdated": Timestamp;
            last_status_change "lastStatusChange": Timestamp;
        }
        Structure::new InstanceLaunchTemplate {
            ec2_instance_profile_arn "ec2InstanceProfileArn": String .required();
            network_configuration "networkConfiguration": ManagedInstancesNetworkConfiguration .required();
            storage_configuration "storageConfiguration": ManagedInstancesStorageConfiguration;
            local_storage_configuration "localStorageConfiguration": ManagedInstancesLocalStorageConfiguration;
            monitoring "monitoring": ManagedInstancesMonitoringOptions;
            capacity_option_type "capacityOptionType": CapacityOptionType;
            instance_metadata_tags_propagation "instanceMetadataTagsPropagation": BoxedBoolean;
            instance_requirements "instanceRequirements": InstanceRequirementsRequest;
            fips_enabled "fipsEnabled": BoxedBoolean;
            capacity_reservations "capacityReservations": CapacityReservationRequest;
            nitro_enclaves_enabled "nitroEnclavesEnabled": BoxedBoolean;
        }
        Structure::new InstanceLaunchTemplateUpdate {
            ec2_instance_profile_arn "ec2InstanceProfileArn": String;
            network_configuration "networkConfiguration": ManagedInstancesNetworkConfiguration;
            storage_configuration "storageConfiguration": ManagedInstancesStorageConfiguration;
            instance_metadata_tags_propagation "instanceMetadataTagsPropagation": BoxedBoolean;
            local_storage_configuration "localStorageConfiguration": ManagedInstancesLocalStorageConfiguration;
            monitoring "monitoring": ManagedInstancesMonitoringOptions;
            instance_requirements "instanceRequirements": InstanceRequirementsRequest;
            capacity_reservations "capacityReservations": CapacityReservationRequest;
        }
        Structure::new InstanceRequirementsRequest {
            v_cpu_count "vCpuCount": VCpuCountRangeRequest .required();
            memory_mi_b "memoryMiB": MemoryMiBRequest .required();
            cpu_manufacturers "cpuManufacturers": CpuManufacturerSet;
            memory_gi_b_per_v_cpu "memoryGiBPerVCpu": MemoryGiBPerVCpuRequest;
            excluded_instance_types "excludedInstanceTypes": ExcludedInstanceTypeSet;
            instance_generations "instanceGenerations": InstanceGenerationSet;
            spot_max_price_percentage_over_lowest_price "spotMaxPricePercentageOverLowestPrice": BoxedInteger;
            on_demand_max_price_percentage_over_lowest_price "onDemandMaxPricePercentageOverLowestPrice": BoxedInteger;
            bare_metal "bareMetal": BareMetal;
            burstable_performance "burstablePerformance": BurstablePerformance;
            require_hibernate_support "requireHibernateSupport": BoxedBoolean;
            network_interface_count "networkInterfaceCount": NetworkInterfaceCountRequest;
            local_storage "localStorage": LocalStorage;
            local_storage_types "localStorageTypes": LocalStorageTypeSet;
            total_local_storage_gb "totalLocalStorageGB": TotalLocalStorageGBRequest;
            baseline_ebs_bandwidth_mbps "baselineEbsBandwidthMbps": BaselineEbsBandwidthMbpsRequest;
            accelerator_types "acceleratorTypes": AcceleratorTypeSet;
            accelerator_count "acceleratorCount": AcceleratorCountRequest;
            accelerator_manufacturers "acceleratorManufacturers": AcceleratorManufacturerSet;
            accelerator_names "acceleratorNames": AcceleratorNameSet;
            accelerator_total_memory_mi_b "acceleratorTotalMemoryMiB": AcceleratorTotalMemoryMiBRequest;
            network_bandwidth_gbps "networkBandwidthGbps": NetworkBandwidthGbpsRequest;
            allowed_instance_types "allowedInstanceTypes": AllowedInstanceTypeSet;
            max_spot_price_as_percentage_of_optimal_on_demand_price "maxSpotPriceAsPercentageOfOptimalOnDemandPrice": BoxedInteger;
        }
        Structure::new InvalidParameterException {
            message "message": String;
        }
        Structure::new KernelCapabilities {
            add "add": StringList;
            drop "drop": StringList;
        }
        Structure::new KeyValuePair {
            name "name": String;
            value "value": String;
        }
        Structure::new LimitExceededException {
            message "message": String;
        }
        Structure::new LinearConfiguration {
            step_percent "stepPercent": Double;
            step_bake_time_in_minutes "stepBakeTimeInMinutes": Integer;
        }
        Structure::new LinuxParameters {
            capabilities "capabilities": KernelCapabilities;
            devices "devices": DevicesList;
            init_process_enabled "initProcessEnabled": BoxedBoolean;
            shared_memory_size "sharedMemorySize": BoxedInteger;
            tmpfs "tmpfs": TmpfsList;
            max_swap "maxSwap": BoxedInteger;
            swappiness "swappiness": BoxedInteger;
        }
        Structure::new ListAccountSettingsRequest {
            name "name": SettingName;
            value "value": String;
            principal_arn "principalArn": String;
            effective_settings "effectiveSettings": Boolean;
            next_token "nextToken": String;
            max_results "maxResults": Integer;
        }
        Structure::new ListAccountSettingsResponse {
            settings "settings": Settings;
            next_token "nextToken": String;
        }
        Structure::new ListAttributesRequest {
            cluster "cluster": String;
            target_type "targetType": TargetType .required();
            attribute_name "attributeName": String;
            attribute_value "attributeValue": String;
            next_token "nextToken": String;
            max_results "maxResults": BoxedInteger;
        }
        Structure::new ListAttributesResponse {
            attributes "attributes": Attributes;
            next_token "nextToken": String;
        }
        Structure::new ListClustersRequest {
            next_token "nextToken": String;
            max_results "maxResults": BoxedInteger;
        }
        Structure::new ListClustersResponse {
            cluster_arns "clusterArns": StringList;
            next_token "nextToken": String;
        }
        Structure::new ListContainerInstancesRequest {
            cluster "cluster": String;
            filter "filter": String;
            next_token "nextToken": String;
            max_results "maxResults": BoxedInteger;
            status "status": ContainerInstanceStatus;
        }
        Structure::new ListContainerInstancesResponse {
            container_instance_arns "containerInstanceArns": StringList;
            next_token "nextToken": String;
        }
        Structure::new ListDaemonDeploymentsRequest {
            daemon_arn "daemonArn": String .required();
            status "status": DaemonDeploymentStatusList;
            created_at "createdAt": CreatedAt;
            max_results "maxResults": BoxedInteger;
            next_token "nextToken": String;
        }
        Structure::new ListDaemonDeploymentsResponse {
            next_token "nextToken": String;
            daemon_deployments "daemonDeployments": DaemonDeploymentSummaryList;
        }
        Structure::new ListDaemonTaskDefinitionsRequest {
            family_prefix "familyPrefix": String;
            family "family": String;
            revision "revision": DaemonTaskDefinitionRevisionFilter;
            status "status": DaemonTaskDefinitionStatusFilter;
            sort "sort": SortOrder;
            next_token "nextToken": String;
            max_results "maxResults": BoxedInteger;
        }
        Structure::new ListDaemonTaskDefinitionsResponse {
            daemon_task_definitions "daemonTaskDefinitions": DaemonTaskDefinitionSummaries;
            next_token "nextToken": String;
        }
        Structure::new ListDaemonsRequest {
            cluster_arn "clusterArn": String;
            capacity_provider_arns "capacityProviderArns": StringList;
            max_results "maxResults": BoxedInteger;
            next_token "nextToken": String;
        }
        Structure::new ListDaemonsResponse {
            daemon_summaries_list "daemonSummariesList": DaemonSummariesList;
            next_token "nextToken": String;
        }
        Structure::new ListGatewayClusterAssociationsRequest {
            gateway "gateway": String;
            cluster "cluster": String;
            status "status": GatewayClusterAssociationStatusList;
            max_results "maxResults": BoxedInteger;
            next_token "nextToken": String;
        }
        Structure::new ListGatewayClusterAssociationsResponse {
            gateway_cluster_associations "gatewayClusterAssociations": GatewayClusterAssociationSummaryList;
            next_token "nextToken": String;
        }
        Structure::new ListGatewayRoutesRequest {
            gateway "gateway": String;
            cluster "cluster": String;
            service "service": String;
            service_container_port_name "serviceContainerPortName": String;
            status "status": GatewayRouteStatusList;
            max_results "maxResults": BoxedInteger;
            next_token "nextToken": String;
        }
        Structure::new ListGatewayRoutesResponse {
            gateway_routes "gatewayRoutes": GatewayRouteSummaryList;
            next_token "nextToken": String;
        }
        Structure::new ListGatewaysRequest {
            names "names": StringList;
            status "status": GatewayStatusList;
            max_results "maxResults": BoxedInteger;
            next_token "nextToken": String;
        }
        Structure::new ListGatewaysResponse {
            gateways "gateways": GatewaySummaryList;
            next_token "nextToken": String;
        }
        Structure::new ListServiceDeploymentsRequest {
            service "service": String .required();
            cluster "cluster": String;
            status "status": ServiceDeploymentStatusList;
            created_at "createdAt": CreatedAt;
            next_token "nextToken": String;
            max_results "maxResults": BoxedInteger;
        }
        Structure::new ListServiceDeploymentsResponse {
            service_deployments "serviceDeployments": ServiceDeploymentsBrief;
            next_token "nextToken": String;
        }
        Structure::new ListServicesByNamespaceRequest {
            namespace "namespace": String .required();
            next_token "nextToken": String;
            max_results "maxResults": BoxedInteger;
        }
        Structure::new ListServicesByNamespaceResponse {
            service_arns "serviceArns": StringList;
            next_token "nextToken": String;
        }
        Structure::new ListServicesRequest {
            cluster "cluster": String;
            next_token "nextToken": String;
            max_results "maxResults": BoxedInteger;
            launch_type "launchType": LaunchType;
            scheduling_strategy "schedulingStrategy": SchedulingStrategy;
            resource_management_type "resourceManagementType": ResourceManagementType;
        }
        Structure::new ListServicesResponse {
            service_arns "serviceArns": StringList;
            next_token "nextToken": String;
        }
        Structure::new ListTagsForResourceRequest {
            resource_arn "resourceArn": String .required();
        }
        Structure::new ListTagsForResourceResponse {
            tags "tags": Tags;
        }
        Structure::new ListTaskDefinitionFamiliesRequest {
            family_prefix "familyPrefix": String;
            status "status": TaskDefinitionFamilyStatus;
            next_token "nextToken": String;
            max_results "maxResults": BoxedInteger;
        }
        Structure::new ListTaskDefinitionFamiliesResponse {
            families "families": StringList;
            next_token "nextToken": String;
        }
        Structure::new ListTaskDefinitionsRequest {
            family_prefix "familyPrefix": String;
            status "status": TaskDefinitionStatus;
            sort "sort": SortOrder;
            next_token "nextToken": String;
            max_results "maxResults": BoxedInteger;
        }
        Structure::new ListTaskDefinitionsResponse {
            task_definition_arns "taskDefinitionArns": StringList;
            next_token "nextToken": String;
        }
        Structure::new ListTasksRequest {
            cluster "cluster": String;
            container_instance "containerInstance": String;
            family "family": String;
            next_token "nextToken": String;
            max_results "maxResults": BoxedInteger;
            started_by "startedBy": String;
            service_name "serviceName": String;
            desired_status "desiredStatus": DesiredStatus;
            launch_type "launchType": LaunchType;
            daemon_name "daemonName": String;
        }
        Structure::new ListTasksResponse {
            task_arns "taskArns": StringList;
            next_token "nextToken": String;
        }
        Structure::new LoadBalancer {
            target_group_arn "targetGroupArn": String;
            load_balancer_name "loadBalancerName": String;
            container_name "containerName": String;
            container_port "containerPort": BoxedInteger;
            advanced_configuration "advancedConfiguration": AdvancedConfiguration;
        }
        Structure::new LogConfiguration {
            log_driver "logDriver": LogDriver .required();
            options "options": LogConfigurationOptionsMap;
            secret_options "secretOptions": SecretList;
        }
        Structure::new LogDriverVolumeConfiguration {
            driver "driver": LogDriver .required();
        }
        Structure::new ManagedAgent {
            last_started_at "lastStartedAt": Timestamp;
            name "name": ManagedAgentName;
            reason "reason": String;
            last_status "lastStatus": String;
        }
        Structure::new ManagedAgentStateChange {
            container_name "containerName": String .required();
            managed_agent_name "managedAgentName": ManagedAgentName .required();
            status "status": String .required();
            reason "reason": String;
        }
        Structure::new ManagedApplicationAutoScalingPolicy {
            arn "arn": String;
            status "status": ManagedResourceStatus .required();
            status_reason "statusReason": String;
            updated_at "updatedAt": Timestamp .required();
            policy_type "policyType": String .required();
            target_value "targetValue": Double .required();
            metric "metric": String .required();
        }
        Structure::new ManagedAutoScaling {
            scalable_target "scalableTarget": ManagedScalableTarget;
            application_auto_scaling_policies "applicationAutoScalingPolicies": ManagedApplicationAutoScalingPolicies;
        }
        Structure::new ManagedCertificate {
            arn "arn": String;
            status "status": ManagedResourceStatus .required();
            status_reason "statusReason": String;
            updated_at "updatedAt": Timestamp .required();
            domain_name "domainName": String .required();
        }
        Structure::new ManagedIngressPath {
            access_type "accessType": AccessType .required();
            endpoint "endpoint": String .required();
            load_balancer "loadBalancer": ManagedLoadBalancer;
            load_balancer_security_groups "loadBalancerSecurityGroups": ManagedSecurityGroups;
            certificate "certificate": ManagedCertificate;
            listener "listener": ManagedListener;
            rule "rule": ManagedListenerRule;
            target_groups "targetGroups": ManagedTargetGroups;
        }
        Structure::new ManagedInstancesLocalStorageConfiguration {
            use_local_storage "useLocalStorage": Boolean;
        }
        Structure::new ManagedInstancesNetworkConfiguration {
            subnets "subnets": StringList;
            security_groups "securityGroups": StringList;
        }
        Structure::new ManagedInstancesProvider {
            infrastructure_role_arn "infrastructureRoleArn": String;
            instance_launch_template "instanceLaunchTemplate": InstanceLaunchTemplate;
            propagate_tags "propagateTags": PropagateMITags;
            infrastructure_optimization "infrastructureOptimization": InfrastructureOptimization;
            auto_repair_configuration "autoRepairConfiguration": AutoRepairConfiguration;
        }
        Structure::new ManagedInstancesStorageConfiguration {
            storage_size_gi_b "storageSizeGiB": TaskVolumeStorageGiB;
        }
        Structure::new ManagedListener {
            arn "arn": String;
            status "status": ManagedResourceStatus .required();
            status_reason "statusReason": String;
            updated_at "updatedAt": Timestamp .required();
        }
        Structure::new ManagedListenerRule {
            arn "arn": String;
            status "status": ManagedResourceStatus .required();
            status_reason "statusReason": String;
            updated_at "updatedAt": Timestamp .required();
        }
        Structure::new ManagedLoadBalancer {
            arn "arn": String;
            status "status": ManagedResourceStatus .required();
            status_reason "statusReason": String;
            updated_at "updatedAt": Timestamp .required();
            scheme "scheme": String .required();
            subnet_ids "subnetIds": StringList;
            security_group_ids "securityGroupIds": StringList;
        }
        Structure::new ManagedLogGroup {
            arn "arn": String;
            status "status": ManagedResourceStatus .required();
            status_reason "statusReason": String;
            updated_at "updatedAt": Timestamp .required();
            log_group_name "logGroupName": String .required();
        }
        Structure::new ManagedMetricAlarm {
            arn "arn": String;
            status "status": ManagedResourceStatus .required();
            status_reason "statusReason": String;
            updated_at "updatedAt": Timestamp .required();
        }
        Structure::new ManagedScalableTarget {
            arn "arn": String;
            status "status": ManagedResourceStatus .required();
            status_reason "statusReason": String;
            updated_at "updatedAt": Timestamp .required();
            min_capacity "minCapacity": Integer .required();
            max_capacity "maxCapacity": Integer .required();
        }
        Structure::new ManagedScaling {
            status "status": ManagedScalingStatus;
            target_capacity "targetCapacity": ManagedScalingTargetCapacity;
            minimum_scaling_step_size "minimumScalingStepSize": ManagedScalingStepSize;
            maximum_scaling_step_size "maximumScalingStepSize": ManagedScalingStepSize;
            instance_warmup_period "instanceWarmupPeriod": ManagedScalingInstanceWarmupPeriod;
        }
        Structure::new ManagedSecurityGroup {
            arn "arn": String;
            status "status": ManagedResourceStatus .required();
            status_reason "statusReason": String;
            updated_at "updatedAt": Timestamp .required();
        }
        Structure::new ManagedStorageConfiguration {
            kms_key_id "kmsKeyId": String;
            fargate_ephemeral_storage_kms_key_id "fargateEphemeralStorageKmsKeyId": String;
        }
        Structure::new ManagedTargetGroup {
            arn "arn": String;
            status "status": ManagedResourceStatus .required();
            status_reason "statusReason": String;
            updated_at "updatedAt": Timestamp .required();
            health_check_path "healthCheckPath": String .required();
            health_check_port "healthCheckPort": Integer .required();
            port "port": Integer .required();
        }
        Structure::new MemoryGiBPerVCpuRequest {
            min "min": BoxedDouble;
            max "max": BoxedDouble;
        }
        Structure::new MemoryMiBRequest {
            min "min": BoxedInteger .required();
            max "max": BoxedInteger;
        }
        Structure::new MetricConfiguration {
            metric_names "metricNames": MetricNamesList .required();
            resolution_seconds "resolutionSeconds": MetricResolutionSeconds .required();
        }
        Structure::new MissingVersionException {
            message "message": String;
        }
        Structure::new MonitoringConfiguration {
            metric_configurations "metricConfigurations": MetricConfigurationList;
        }
        Structure::new MountPoint {
            source_volume "sourceVolume": String;
            container_path "containerPath": String;
            read_only "readOnly": BoxedBoolean;
        }
        Structure::new NamespaceNotFoundException {
            message "message": String;
        }
        Structure::new NetworkBandwidthGbpsRequest {
            min "min": BoxedDouble;
            max "max": BoxedDouble;
        }
        Structure::new NetworkBinding {
            bind_ip "bindIP": String;
            container_port "containerPort": BoxedInteger;
            host_port "hostPort": BoxedInteger;
            protocol "protocol": TransportProtocol;
            container_port_range "containerPortRange": String;
            host_port_range "hostPortRange": String;
        }
        Structure::new NetworkConfiguration {
            awsvpc_configuration "awsvpcConfiguration": AwsVpcConfiguration;
        }
        Structure::new NetworkInterface {
            attachment_id "attachmentId": String;
            private_ipv4_address "privateIpv4Address": String;
            ipv6_address "ipv6Address": String;
        }
        Structure::new NetworkInterfaceCountRequest {
            min "min": BoxedInteger;
            max "max": BoxedInteger;
        }
        Structure::new NoUpdateAvailableException {
            message "message": String;
        }
        Structure::new NvidiaMpsAllocation {
            memory "memory": NvidiaMpsAllocationMemoryInteger .required();
            max_compute_percent "maxComputePercent": NvidiaMpsAllocationMaxComputePercentInteger;
        }
        Structure::new PlacementConstraint {
            r#type "type": PlacementConstraintType;
            expression "expression": String;
        }
        Structure::new PlacementStrategy {
            r#type "type": PlacementStrategyType;
            field "field": String;
        }
        Structure::new PlatformDevice {
            id "id": String .required();
            r#type "type": PlatformDeviceType .required();
        }
        Structure::new PlatformTaskDefinitionIncompatibilityException {
            message "message": String;
        }
        Structure::new PlatformUnknownException {
            message "message": String;
        }
        Structure::new PortMapping {
            container_port "containerPort": BoxedInteger;
            host_port "hostPort": BoxedInteger;
            protocol "protocol": TransportProtocol;
            name "name": String;
            app_protocol "appProtocol": ApplicationProtocol;
            container_port_range "containerPortRange": String;
        }
        Structure::new ProtectedTask {
            task_arn "taskArn": String;
            protection_enabled "protectionEnabled": Boolean;
            expiration_date "expirationDate": Timestamp;
        }
        Structure::new ProxyConfiguration {
            r#type "type": ProxyConfigurationType;
            container_name "containerName": String .required();
            properties "properties": ProxyConfigurationProperties;
        }
        Structure::new PutAccountSettingDefaultRequest {
            name "name": SettingName .required();
            value "value": String .required();
        }
        Structure::new PutAccountSettingDefaultResponse {
            setting "setting": Setting;
        }
        Structure::new PutAccountSettingRequest {
            name "name": SettingName .required();
            value "value": String .required();
            principal_arn "principalArn": String;
        }
        Structure::new PutAccountSettingResponse {
            setting "setting": Setting;
        }
        Structure::new PutAttributesRequest {
            cluster "cluster": String;
            attributes "attributes": Attributes .required();
        }
        Structure::new PutAttributesResponse {
            attributes "attributes": Attributes;
        }
        Structure::new PutClusterCapacityProvidersRequest {
            cluster "cluster": String .required();
            capacity_providers "capacityProviders": StringList .required();
            default_capacity_provider_strategy "defaultCapacityProviderStrategy": CapacityProviderStrategy .required();
        }
        Structure::new PutClusterCapacityProvidersResponse {
            cluster "cluster": Cluster;
        }
        Structure::new RegisterContainerInstanceRequest {
            cluster "cluster": String;
            instance_identity_document "instanceIdentityDocument": String;
            instance_identity_document_signature "instanceIdentityDocumentSignature": String;
            total_resources "totalResources": Resources;
            version_info "versionInfo": VersionInfo;
            container_instance_arn "containerInstanceArn": String;
            attributes "attributes": Attributes;
            platform_devices "platformDevices": PlatformDevices;
            tags "tags": Tags;
        }
        Structure::new RegisterContainerInstanceResponse {
            container_instance "containerInstance": ContainerInstance;
        }
        Structure::new RegisterDaemonTaskDefinitionRequest {
            family "family": String .required();
            task_role_arn "taskRoleArn": String;
            execution_role_arn "executionRoleArn": String;
            container_definitions "containerDefinitions": DaemonContainerDefinitionList .required();
            cpu "cpu": String;
            memory "memory": String;
            volumes "volumes": DaemonVolumeList;
            tags "tags": Tags;
            pid_mode "pidMode": DaemonPidMode;
            ipc_mode "ipcMode": DaemonIpcMode;
        }
        Structure::new RegisterDaemonTaskDefinitionResponse {
            daemon_task_definition_arn "daemonTaskDefinitionArn": String;
        }
        Structure::new RegisterTaskDefinitionRequest {
            family "family": String .required();
            task_role_arn "taskRoleArn": String;
            execution_role_arn "executionRoleArn": String;
            network_mode "networkMode": NetworkMode;
            container_definitions "containerDefinitions": ContainerDefinitions .required();
            volumes "volumes": VolumeList;
            placement_constraints "placementConstraints": TaskDefinitionPlacementConstraints;
            requires_compatibilities "requiresCompatibilities": CompatibilityList;
            cpu "cpu": String;
            memory "memory": String;
            tags "tags": Tags;
            pid_mode "pidMode": PidMode;
            ipc_mode "ipcMode": IpcMode;
            proxy_configuration "proxyConfiguration": ProxyConfiguration;
            inference_accelerators "inferenceAccelerators": InferenceAccelerators;
            ephemeral_storage "ephemeralStorage": EphemeralStorage;
            runtime_platform "runtimePlatform": RuntimePlatform;
            enable_fault_injection "enableFaultInjection": BoxedBoolean;
            trusted_execution_configuration "trustedExecutionConfiguration": TrustedExecutionConfiguration;
        }
        Structure::new RegisterTaskDefinitionResponse {
            task_definition "taskDefinition": TaskDefinition;
            tags "tags": Tags;
        }
        Structure::new RepositoryCredentials {
            credentials_parameter "credentialsParameter": String .required();
        } .sensitive()
        Structure::new ResolvedConfiguration {
            load_balancers "loadBalancers": ServiceRevisionLoadBalancers;
            vpc_lattice_configurations "vpcLatticeConfigurations": ServiceRevisionVpcLatticeConfigurations;
        }
        Structure::new Resource {
            name "name": String;
            r#type "type": String;
            double_value "doubleValue": Double;
            long_value "longValue": Long;
            integer_value "integerValue": Integer;
            string_set_value "stringSetValue": StringList;
        }
        Structure::new ResourceInUseException {
            message "message": String;
        }
        Structure::new ResourceNotFoundException {
            message "message": String;
        }
        Structure::new ResourceRequirement {
            value "value": String;
            r#type "type": ResourceType .required();
            sharing_strategy "sharingStrategy": SharingStrategy;
        }
        Structure::new Rollback {
            reason "reason": String;
            started_at "startedAt": Timestamp;
            service_revision_arn "serviceRevisionArn": String;
        }
        Structure::new RunTaskRequest {
            capacity_provider_strategy "capacityProviderStrategy": CapacityProviderStrategy;
            cluster "cluster": String;
            count "count": BoxedInteger;
            enable_ecs_managed_tags "enableECSManagedTags": Boolean;
            enable_execute_command "enableExecuteCommand": Boolean;
            group "group": String;
            launch_type "launchType": LaunchType;
            network_configuration "networkConfiguration": NetworkConfiguration;
            overrides "overrides": TaskOverride;
            placement_constraints "placementConstraints": PlacementConstraints;
            placement_strategy "placementStrategy": PlacementStrategies;
            platform_version "platformVersion": String;
            propagate_tags "propagateTags": PropagateTags;
            reference_id "referenceId": String;
            started_by "startedBy": String;
            tags "tags": Tags;
            task_definition "taskDefinition": String .required();
            client_token "clientToken": String .token();
            volume_configurations "volumeConfigurations": TaskVolumeConfigurations;
        }
        Structure::new RunTaskResponse {
            tasks "tasks": Tasks;
            failures "failures": Failures;
        }
        Structure::new RuntimePlatform {
            cpu_architecture "cpuArchitecture": CPUArchitecture;
            operating_system_family "operatingSystemFamily": OSFamily;
        }
        Structure::new RuntimePlatformOverride {
            cpu_architecture "cpuArchitecture": String;
        }
        Structure::new S3FilesVolumeConfiguration {
            file_system_arn "fileSystemArn": String .required();
            root_directory "rootDirectory": String;
            transit_encryption_port "transitEncryptionPort": BoxedInteger;
            access_point_arn "accessPointArn": String;
        }
        Structure::new Scale {
            value "value": Double;
            unit "unit": ScaleUnit;
        }
        Structure::new Secret {
            name "name": String .required();
            value_from "valueFrom": String .required();
        }
        Structure::new ServerException {
            message "message": String;
        }
        Structure::new Service {
            service_arn "serviceArn": String;
            service_name "serviceName": String;
            cluster_arn "clusterArn": String;
            load_balancers "loadBalancers": LoadBalancers;
            service_registries "serviceRegistries": ServiceRegistries;
            status "status": String;
            desired_count "desiredCount": Integer;
            running_count "runningCount": Integer;
            pending_count "pendingCount": Integer;
            launch_type "launchType": LaunchType;
            capacity_provider_strategy "capacityProviderStrategy": CapacityProviderStrategy;
            platform_version "platformVersion": String;
            platform_family "platformFamily": String;
            task_definition "taskDefinition": String;
            deployment_configuration "deploymentConfiguration": DeploymentConfiguration;
            task_sets "taskSets": TaskSets;
            deployments "deployments": Deployments;
            role_arn "roleArn": String;
            events "events": ServiceEvents;
            created_at "createdAt": Timestamp;
            current_service_deployment "currentServiceDeployment": String;
            current_service_revisions "currentServiceRevisions": ServiceCurrentRevisionSummaryList;
            placement_constraints "placementConstraints": PlacementConstraints;
            placement_strategy "placementStrategy": PlacementStrategies;
            network_configuration "networkConfiguration": NetworkConfiguration;
            health_check_grace_period_seconds "healthCheckGracePeriodSeconds": BoxedInteger;
            scheduling_strategy "schedulingStrategy": SchedulingStrategy;
            deployment_controller "deploymentController": DeploymentController;
            tags "tags": Tags;
            created_by "createdBy": String;
            enable_ecs_managed_tags "enableECSManagedTags": Boolean;
            propagate_tags "propagateTags": PropagateTags;
            enable_execute_command "enableExecuteCommand": Boolean;
            availability_zone_rebalancing "availabilityZoneRebalancing": AvailabilityZoneRebalancing;
            resource_management_type "resourceManagementType": ResourceManagementType;
        }
        Structure::new ServiceConnectAccessLogConfiguration {
            format "format": ServiceConnectAccessLoggingFormat .required();
            include_query_parameters "includeQueryParameters": ServiceConnectIncludeQueryParameters;
        }
        Structure::new ServiceConnectClientAlias {
            port "port": PortNumber .required();
            dns_name "dnsName": String;
            test_traffic_rules "testTrafficRules": ServiceConnectTestTrafficRules;
        }
        Structure::new ServiceConnectConfiguration {
            enabled "enabled": Boolean .required();
            namespace "namespace": String;
            services "services": ServiceConnectServiceList;
            log_configuration "logConfiguration": LogConfiguration;
            access_log_configuration "accessLogConfiguration": ServiceConnectAccessLogConfiguration;
            container_configurations "containerConfigurations": ServiceConnectContainerConfigurations;
        }
        Structure::union ServiceConnectContainerConfiguration {
            log_level "logLevel": ServiceConnectContainerLogLevel;
        }
        Structure::new ServiceConnectService {
            port_name "portName": String .required();
            discovery_name "discoveryName": String;
            client_aliases "clientAliases": ServiceConnectClientAliasList;
            ingress_port_override "ingressPortOverride": PortNumber;
            timeout "timeout": TimeoutConfiguration;
            tls "tls": ServiceConnectTlsConfiguration;
        }
        Structure::new ServiceConnectServiceResource {
            discovery_name "discoveryName": String;
            discovery_arn "discoveryArn": String;
        }
        Structure::new ServiceConnectTestTrafficHeaderMatchRules {
            exact "exact": String .required();
        }
        Structure::new ServiceConnectTestTrafficHeaderRules {
            name "name": String .required();
            value "value": ServiceConnectTestTrafficHeaderMatchRules;
        }
        Structure::new ServiceConnectTestTrafficRules {
            header "header": ServiceConnectTestTrafficHeaderRules .required();
        }
        Structure::new ServiceConnectTlsCertificateAuthority {
            aws_pca_authority_arn "awsPcaAuthorityArn": String;
        }
        Structure::new ServiceConnectTlsConfiguration {
            issuer_certificate_authority "issuerCertificateAuthority": ServiceConnectTlsCertificateAuthority .required();
            kms_key "kmsKey": String;
            role_arn "roleArn": String;
        }
        Structure::new ServiceCurrentRevisionSummary {
            arn "arn": String;
            requested_task_count "requestedTaskCount": Integer;
            running_task_count "runningTaskCount": Integer;
            pending_task_count "pendingTaskCount": Integer;
        }
        Structure::new ServiceDeployment {
            service_deployment_arn "serviceDeploymentArn": String;
            service_arn "serviceArn": String;
            cluster_arn "clusterArn": String;
            created_at "createdAt": Timestamp;
            started_at "startedAt": Timestamp;
            finished_at "finishedAt": Timestamp;
            stopped_at "stoppedAt": Timestamp;
            updated_at "updatedAt": Timestamp;
            source_service_revisions "sourceServiceRevisions": ServiceRevisionsSummaryList;
            target_service_revision "targetServiceRevision": ServiceRevisionSummary;
            status "status": ServiceDeploymentStatus;
            status_reason "statusReason": String;
            lifecycle_stage "lifecycleStage": ServiceDeploymentLifecycleStage;
            lifecycle_hook_details "lifecycleHookDetails": DeploymentLifecycleHookDetailList;
            deployment_configuration "deploymentConfiguration": DeploymentConfiguration;
            rollback "rollback": Rollback;
            deployment_circuit_breaker "deploymentCircuitBreaker": ServiceDeploymentCircuitBreaker;
            alarms "alarms": ServiceDeploymentAlarms;
        }
        Structure::new ServiceDeploymentAlarms {
            status "status": ServiceDeploymentRollbackMonitorsStatus;
            alarm_names "alarmNames": StringList;
            triggered_alarm_names "triggeredAlarmNames": StringList;
        }
        Structure::new ServiceDeploymentBrief {
            service_deployment_arn "serviceDeploymentArn": String;
            service_arn "serviceArn": String;
            cluster_arn "clusterArn": String;
            started_at "startedAt": Timestamp;
            created_at "createdAt": Timestamp;
            finished_at "finishedAt": Timestamp;
            target_service_revision_arn "targetServiceRevisionArn": String;
            status "status": ServiceDeploymentStatus;
            status_reason "statusReason": String;
        }
        Structure::new ServiceDeploymentCircuitBreaker {
            status "status": ServiceDeploymentRollbackMonitorsStatus;
            failure_count "failureCount": Integer;
            threshold "threshold": Integer;
        }
        Structure::new ServiceDeploymentNotFoundException {
            message "message": String;
        }
        Structure::new ServiceEvent {
            id "id": String;
            created_at "createdAt": Timestamp;
            message "message": String;
        }
        Structure::new ServiceManagedEBSVolumeConfiguration {
            encrypted "encrypted": BoxedBoolean;
            kms_key_id "kmsKeyId": EBSKMSKeyId;
            volume_type "volumeType": EBSVolumeType;
            size_in_gi_b "sizeInGiB": BoxedInteger;
            snapshot_id "snapshotId": EBSSnapshotId;
            volume_initialization_rate "volumeInitializationRate": BoxedInteger;
            iops "iops": BoxedInteger;
            throughput "throughput": BoxedInteger;
            tag_specifications "tagSpecifications": EBSTagSpecifications;
            role_arn "roleArn": IAMRoleArn .required();
            filesystem_type "filesystemType": TaskFilesystemType;
        }
        Structure::new ServiceNotActiveException {
            message "message": String;
        }
        Structure::new ServiceNotFoundException {
            message "message": String;
        }
        Structure::new ServiceRegistry {
            registry_arn "registryArn": String;
            port "port": BoxedInteger;
            container_name "containerName": String;
            container_port "containerPort": BoxedInteger;
        }
        Structure::new ServiceRevision {
            service_revision_arn "serviceRevisionArn": String;
            service_arn "serviceArn": String;
            cluster_arn "clusterArn": String;
            task_definition "taskDefinition": String;
            capacity_provider_strategy "capacityProviderStrategy": CapacityProviderStrategy;
            launch_type "launchType": LaunchType;
            platform_version "platformVersion": String;
            platform_family "platformFamily": String;
            load_balancers "loadBalancers": LoadBalancers;
            service_registries "serviceRegistries": ServiceRegistries;
            network_configuration "networkConfiguration": NetworkConfiguration;
            container_images "containerImages": ContainerImages;
            guard_duty_enabled "guardDutyEnabled": Boolean;
            service_connect_configuration "serviceConnectConfiguration": ServiceConnectConfiguration;
            volume_configurations "volumeConfigurations": ServiceVolumeConfigurations;
            fargate_ephemeral_storage "fargateEphemeralStorage": DeploymentEphemeralStorage;
            created_at "createdAt": Timestamp;
            vpc_lattice_configurations "vpcLatticeConfigurations": VpcLatticeConfigurations;
            resolved_configuration "resolvedConfiguration": ResolvedConfiguration;
            ecs_managed_resources "ecsManagedResources": ECSManagedResources;
            overrides "overrides": ServiceRevisionOverrides;
            gateway_connectors "gatewayConnectors": GatewayConnectorList;
            monitoring "monitoring": MonitoringConfiguration;
        }
        Structure::new ServiceRevisionLoadBalancer {
            target_group_arn "targetGroupArn": String;
            production_listener_rule "productionListenerRule": String;
        }
        Structure::new ServiceRevisionOverrides {
            runtime_platform "runtimePlatform": RuntimePlatformOverride;
        }
        Structure::new ServiceRevisionSummary {
            arn "arn": String;
            requested_task_count "requestedTaskCount": Integer;
            running_task_count "runningTaskCount": Integer;
            pending_task_count "pendingTaskCount": Integer;
            requested_test_traffic_weight "requestedTestTrafficWeight": Double;
            requested_production_traffic_weight "requestedProductionTrafficWeight": Double;
        }
        Structure::new ServiceRevisionVpcLatticeConfiguration {
            target_group_arn "targetGroupArn": String;
            production_listener_rule "productionListenerRule": String;
        }
        Structure::new ServiceVolumeConfiguration {
            name "name": ECSVolumeName .required();
            managed_ebs_volume "managedEBSVolume": ServiceManagedEBSVolumeConfiguration;
        }
        Structure::new Session {
            session_id "sessionId": String;
            stream_url "streamUrl": String;
            token_value "tokenValue": SensitiveString;
        }
        Structure::new Setting {
            name "name": SettingName;
            value "value": String;
            principal_arn "principalArn": String;
            r#type "type": SettingType;
        }
        Structure::union SharingStrategy {
            nvidia_mps "nvidiaMps": NvidiaMpsAllocation;
        }
        Structure::new StartTaskRequest {
            cluster "cluster": String;
            container_instances "containerInstances": StringList .required();
            enable_ecs_managed_tags "enableECSManagedTags": Boolean;
            enable_execute_command "enableExecuteCommand": Boolean;
            group "group": String;
            network_configuration "networkConfiguration": NetworkConfiguration;
            overrides "overrides": TaskOverride;
            propagate_tags "propagateTags": PropagateTags;
            reference_id "referenceId": String;
            started_by "startedBy": String;
            tags "tags": Tags;
            task_definition "taskDefinition": String .required();
            volume_configurations "volumeConfigurations": TaskVolumeConfigurations;
        }
        Structure::new StartTaskResponse {
            tasks "tasks": Tasks;
            failures "failures": Failures;
        }
        Structure::new StopServiceDeploymentRequest {
            service_deployment_arn "serviceDeploymentArn": String .required();
            stop_type "stopType": StopServiceDeploymentStopType;
        }
        Structure::new StopServiceDeploymentResponse {
            service_deployment_arn "serviceDeploymentArn": String;
        }
        Structure::new StopTaskRequest {
            cluster "cluster": String;
            task "task": String .required();
            reason "reason": String;
        }
        Structure::new StopTaskResponse {
            task "task": Task;
        }
        Structure::new SubmitAttachmentStateChangesRequest {
            cluster "cluster": String;
            attachments "attachments": AttachmentStateChanges .required();
        }
        Structure::new SubmitAttachmentStateChangesResponse {
            acknowledgment "acknowledgment": String;
        }
        Structure::new SubmitContainerStateChangeRequest {
            cluster "cluster": String;
            task "task": String;
            container_name "containerName": String;
            runtime_id "runtimeId": String;
            status "status": String;
            exit_code "exitCode": BoxedInteger;
            reason "reason": String;
            network_bindings "networkBindings": NetworkBindings;
        }
        Structure::new SubmitContainerStateChangeResponse {
            acknowledgment "acknowledgment": String;
        }
        Structure::new SubmitTaskStateChangeRequest {
            cluster "cluster": String;
            task "task": String;
            status "status": String;
            reason "reason": String;
            containers "containers": ContainerStateChanges;
            attachments "attachments": AttachmentStateChanges;
            managed_agents "managedAgents": ManagedAgentStateChanges;
            pull_started_at "pullStartedAt": Timestamp;
            pull_stopped_at "pullStoppedAt": Timestamp;
            execution_stopped_at "executionStoppedAt": Timestamp;
        }
        Structure::new SubmitTaskStateChangeResponse {
            acknowledgment "acknowledgment": String;
        }
        Structure::new SystemControl {
            namespace "namespace": String;
            value "value": String;
        }
        Structure::new Tag {
            key "key": TagKey;
            value "value": TagValue;
        }
        Structure::new TagResourceRequest {
            resource_arn "resourceArn": String .required();
            tags "tags": Tags .required();
        }
        Structure::new TagResourceResponse {}
        Structure::new TargetNotConnectedException {
            message "message": String;
        }
        Structure::new TargetNotFoundException {
            message "message": String;
        }
        Structure::new Task {
            attachments "attachments": Attachments;
            attributes "attributes": Attributes;
            availability_zone "availabilityZone": String;
            capacity_provider_name "capacityProviderName": String;
            cluster_arn "clusterArn": String;
            connectivity "connectivity": Connectivity;
            connectivity_at "connectivityAt": Timestamp;
            container_instance_arn "containerInstanceArn": String;
            containers "containers": Containers;
            cpu "cpu": String;
            created_at "createdAt": Timestamp;
            desired_status "desiredStatus": String;
            enable_execute_command "enableExecuteCommand": Boolean;
            execution_stopped_at "executionStoppedAt": Timestamp;
            group "group": String;
            health_status "healthStatus": HealthStatus;
            inference_accelerators "inferenceAccelerators": InferenceAccelerators;
            last_status "lastStatus": String;
            launch_type "launchType": LaunchType;
            memory "memory": String;
            overrides "overrides": TaskOverride;
            platform_version "platformVersion": String;
            platform_family "platformFamily": String;
            pull_started_at "pullStartedAt": Timestamp;
            pull_stopped_at "pullStoppedAt": Timestamp;
            started_at "startedAt": Timestamp;
            started_by "startedBy": String;
            stop_code "stopCode": TaskStopCode;
            stopped_at "stoppedAt": Timestamp;
            stopped_reason "stoppedReason": String;
            stopping_at "stoppingAt": Timestamp;
            tags "tags": Tags;
            task_arn "taskArn": String;
            task_definition_arn "taskDefinitionArn": String;
            version "version": Long;
            ephemeral_storage "ephemeralStorage": EphemeralStorage;
            fargate_ephemeral_storage "fargateEphemeralStorage": TaskEphemeralStorage;
            trusted_execution_summary "trustedExecutionSummary": TrustedExecutionSummary;
        }
        Structure::new TaskDefinition {
            task_definition_arn "taskDefinitionArn": String;
            container_definitions "containerDefinitions": ContainerDefinitions;
            family "family": String;
            task_role_arn "taskRoleArn": String;
            execution_role_arn "executionRoleArn": String;
            network_mode "networkMode": NetworkMode;
            revision "revision": Integer;
            volumes "volumes": VolumeList;
            status "status": TaskDefinitionStatus;
            requires_attributes "requiresAttributes": RequiresAttributes;
            placement_constraints "placementConstraints": TaskDefinitionPlacementConstraints;
            compatibilities "compatibilities": CompatibilityList;
            runtime_platform "runtimePlatform": RuntimePlatform;
            requires_compatibilities "requiresCompatibilities": CompatibilityList;
            cpu "cpu": String;
            memory "memory": String;
            inference_accelerators "inferenceAccelerators": InferenceAccelerators;
            pid_mode "pidMode": PidMode;
            ipc_mode "ipcMode": IpcMode;
            proxy_configuration "proxyConfiguration": ProxyConfiguration;
            registered_at "registeredAt": Timestamp;
            deregistered_at "deregisteredAt": Timestamp;
            delete_requested_at "deleteRequestedAt": Timestamp;
            registered_by "registeredBy": String;
            ephemeral_storage "ephemeralStorage": EphemeralStorage;
            enable_fault_injection "enableFaultInjection": BoxedBoolean;
            trusted_execution_configuration "trustedExecutionConfiguration": TrustedExecutionConfiguration;
        }
        Structure::new TaskDefinitionPlacementConstraint {
            r#type "type": TaskDefinitionPlacementConstraintType;
            expression "expression": String;
        }
        Structure::new TaskEphemeralStorage {
            size_in_gi_b "sizeInGiB": Integer;
            kms_key_id "kmsKeyId": String;
        }
        Structure::new TaskManagedEBSVolumeConfiguration {
            encrypted "encrypted": BoxedBoolean;
            kms_key_id "kmsKeyId": EBSKMSKeyId;
            volume_type "volumeType": EBSVolumeType;
            size_in_gi_b "sizeInGiB": BoxedInteger;
            snapshot_id "snapshotId": EBSSnapshotId;
            volume_initialization_rate "volumeInitializationRate": BoxedInteger;
            iops "iops": BoxedInteger;
            throughput "throughput": BoxedInteger;
            tag_specifications "tagSpecifications": EBSTagSpecifications;
            role_arn "roleArn": IAMRoleArn .required();
            termination_policy "terminationPolicy": TaskManagedEBSVolumeTerminationPolicy;
            filesystem_type "filesystemType": TaskFilesystemType;
        }
        Structure::new TaskManagedEBSVolumeTerminationPolicy {
            delete_on_termination "deleteOnTermination": BoxedBoolean .required();
        }
        Structure::new TaskOverride {
            container_overrides "containerOverrides": ContainerOverrides;
            cpu "cpu": String;
            inference_accelerator_overrides "inferenceAcceleratorOverrides": InferenceAcceleratorOverrides;
            execution_role_arn "executionRoleArn": String;
            memory "memory": String;
            task_role_arn "taskRoleArn": String;
            ephemeral_storage "ephemeralStorage": EphemeralStorage;
        }
        Structure::new TaskSet {
            id "id": String;
            task_set_arn "taskSetArn": String;
            service_arn "serviceArn": String;
            cluster_arn "clusterArn": String;
            started_by "startedBy": String;
            external_id "externalId": String;
            status "status": String;
            task_definition "taskDefinition": String;
            computed_desired_count "computedDesiredCount": Integer;
            pending_count "pendingCount": Integer;
            running_count "runningCount": Integer;
            created_at "createdAt": Timestamp;
            updated_at "updatedAt": Timestamp;
            launch_type "launchType": LaunchType;
            capacity_provider_strategy "capacityProviderStrategy": CapacityProviderStrategy;
            platform_version "platformVersion": String;
            platform_family "platformFamily": String;
            network_configuration "networkConfiguration": NetworkConfiguration;
            load_balancers "loadBalancers": LoadBalancers;
            service_registries "serviceRegistries": ServiceRegistries;
            scale "scale": Scale;
            stability_status "stabilityStatus": StabilityStatus;
            stability_status_at "stabilityStatusAt": Timestamp;
            tags "tags": Tags;
            fargate_ephemeral_storage "fargateEphemeralStorage": DeploymentEphemeralStorage;
        }
        Structure::new TaskSetNotFoundException {
            message "message": String;
        }
        Structure::new TaskVolumeConfiguration {
            name "name": ECSVolumeName .required();
            managed_ebs_volume "managedEBSVolume": TaskManagedEBSVolumeConfiguration;
        }
        Structure::new ThresholdConfiguration {
            r#type "type": ThresholdType .required();
            value "value": Integer .required();
        }
        Structure::new TimeoutConfiguration {
            idle_timeout_seconds "idleTimeoutSeconds": Duration;
            per_request_timeout_seconds "perRequestTimeoutSeconds": Duration;
        }
        Structure::new Tmpfs {
            container_path "containerPath": String .required();
            size "size": Integer .required();
            mount_options "mountOptions": StringList;
        }
        Structure::new TotalLocalStorageGBRequest {
            min "min": BoxedDouble;
            max "max": BoxedDouble;
        }
        Structure::new TrustedExecutionConfiguration {
            isolation_mode "isolationMode": IsolationMode .required();
            attestation_policy "attestationPolicy": String;
        }
        Structure::new TrustedExecutionSummary {
            isolation_mode "isolationMode": IsolationMode .required();
            attestation_policy_status "attestationPolicyStatus": AttestationPolicyStatus;
        }
        Structure::new Ulimit {
            name "name": UlimitName .required();
            soft_limit "softLimit": Integer .required();
            hard_limit "hardLimit": Integer .required();
        }
        Structure::new UnsupportedFeatureException {
            message "message": String;
        }
        Structure::new UntagResourceRequest {
            resource_arn "resourceArn": String .required();
            tag_keys "tagKeys": TagKeys .required();
        }
        Structure::new UntagResourceResponse {}
        Structure::new UpdateCapacityProviderRequest {
            name "name": String .required();
            cluster "cluster": String;
            auto_scaling_group_provider "autoScalingGroupProvider": AutoScalingGroupProviderUpdate;
            managed_instances_provider "managedInstancesProvider": UpdateManagedInstancesProviderConfiguration;
        }
        Structure::new UpdateCapacityProviderResponse {
            capacity_provider "capacityProvider": CapacityProvider;
        }
        Structure::new UpdateClusterRequest {
            cluster "cluster": String .required();
            settings "settings": ClusterSettings;
            configuration "configuration": ClusterConfiguration;
            service_connect_defaults "serviceConnectDefaults": ClusterServiceConnectDefaultsRequest;
        }
        Structure::new UpdateClusterResponse {
            cluster "cluster": Cluster;
        }
        Structure::new UpdateClusterSettingsRequest {
            cluster "cluster": String .required();
            settings "settings": ClusterSettings .required();
        }
        Structure::new UpdateClusterSettingsResponse {
            cluster "cluster": Cluster;
        }
        Structure::new UpdateContainerAgentRequest {
            cluster "cluster": String;
            container_instance "containerInstance": String .required();
        }
        Structure::new UpdateContainerAgentResponse {
            container_instance "containerInstance": ContainerInstance;
        }
        Structure::new UpdateContainerInstancesStateRequest {
            cluster "cluster": String;
            container_instances "containerInstances": StringList .required();
            status "status": ContainerInstanceStatus .required();
        }
        Structure::new UpdateContainerInstancesStateResponse {
            container_instances "containerInstances": ContainerInstances;
            failures "failures": Failures;
        }
        Structure::new UpdateDaemonRequest {
            daemon_arn "daemonArn": String .required();
            daemon_task_definition_arn "daemonTaskDefinitionArn": String .required();
            capacity_provider_arns "capacityProviderArns": StringList .required();
            deployment_configuration "deploymentConfiguration": DaemonDeploymentConfiguration;
            propagate_tags "propagateTags": DaemonPropagateTags;
            enable_ecs_managed_tags "enableECSManagedTags": Boolean;
            enable_execute_command "enableExecuteCommand": Boolean;
            critical "critical": BoxedBoolean;
        }
        Structure::new UpdateDaemonResponse {
            daemon_arn "daemonArn": String;
            status "status": DaemonStatus;
            created_at "createdAt": Timestamp;
            updated_at "updatedAt": Timestamp;
            deployment_arn "deploymentArn": String;
        }
        Structure::new UpdateExpressGatewayServiceRequest {
            service_arn "serviceArn": String .required();
            execution_role_arn "executionRoleArn": String;
            health_check_path "healthCheckPath": String;
            primary_container "primaryContainer": ExpressGatewayContainer;
            task_role_arn "taskRoleArn": String;
            network_configuration "networkConfiguration": ExpressGatewayServiceNetworkConfiguration;
            cpu "cpu": String;
            memory "memory": String;
            cpu_architecture "cpuArchitecture": ExpressCpuArchitecture;
            scaling_target "scalingTarget": ExpressGatewayScalingTarget;
            task_definition_arn "taskDefinitionArn": String;
        }
        Structure::new UpdateExpressGatewayServiceResponse {
            service "service": UpdatedExpressGatewayService;
        }
        Structure::new UpdateGatewayAlbConfiguration {
            network_configuration "networkConfiguration": UpdateGatewayNetworkConfiguration;
            max_alb_count "maxAlbCount": BoxedInteger;
            web_acl_arn "webACLArn": String;
            access_logs "accessLogs": GatewayElbAccessLogConfiguration;
            http_desync "httpDesync": GatewayAlbDesyncMitigationMode;
            test_traffic_rules "testTrafficRules": GatewayAlbTestTrafficRules;
        }
        Structure::union UpdateGatewayConfiguration {
            host_shared_alb "hostSharedAlb": UpdateGatewayAlbConfiguration;
        }
        Structure::new UpdateGatewayNetworkConfiguration {
            inbound_security_group "inboundSecurityGroup": String;
        }
        Structure::new UpdateGatewayRequest {
            gateway "gateway": String .required();
            infrastructure_role_arn "infrastructureRoleArn": String;
            deletion_protection "deletionProtection": BoxedBoolean;
            configuration "configuration": UpdateGatewayConfiguration;
            propagate_tags "propagateTags": PropagateGatewayTags;
        }
        Structure::new UpdateGatewayResponse {
            gateway_arn "gatewayArn": String;
            name "name": String;
            status "status": GatewayStatus;
        }
        Structure::new UpdateInProgressException {
            message "message": String;
        }
        Structure::new UpdateManagedInstancesProviderConfiguration {
            infrastructure_role_arn "infrastructureRoleArn": String .required();
            instance_launch_template "instanceLaunchTemplate": InstanceLaunchTemplateUpdate .required();
            propagate_tags "propagateTags": PropagateMITags;
            infrastructure_optimization "infrastructureOptimization": InfrastructureOptimization;
            auto_repair_configuration "autoRepairConfiguration": AutoRepairConfiguration;
        }
        Structure::new UpdateServicePrimaryTaskSetRequest {
            cluster "cluster": String .required();
            service "service": String .required();
            primary_task_set "primaryTaskSet": String .required();
        }
        Structure::new UpdateServicePrimaryTaskSetResponse {
            task_set "taskSet": TaskSet;
        }
        Structure::new UpdateServiceRequest {
            cluster "cluster": String;
            service "service": String .required();
            desired_count "desiredCount": BoxedInteger;
            task_definition "taskDefinition": String;
            capacity_provider_strategy "capacityProviderStrategy": CapacityProviderStrategy;
            deployment_configuration "deploymentConfiguration": DeploymentConfiguration;
            availability_zone_rebalancing "availabilityZoneRebalancing": AvailabilityZoneRebalancing;
            network_configuration "networkConfiguration": NetworkConfiguration;
            placement_constraints "placementConstraints": PlacementConstraints;
            placement_strategy "placementStrategy": PlacementStrategies;
            platform_version "platformVersion": String;
            force_new_deployment "forceNewDeployment": Boolean;
            health_check_grace_period_seconds "healthCheckGracePeriodSeconds": BoxedInteger;
            deployment_controller "deploymentController": DeploymentController;
            enable_execute_command "enableExecuteCommand": BoxedBoolean;
            enable_ecs_managed_tags "enableECSManagedTags": BoxedBoolean;
            load_balancers "loadBalancers": LoadBalancers;
            propagate_tags "propagateTags": PropagateTags;
            service_registries "serviceRegistries": ServiceRegistries;
            service_connect_configuration "serviceConnectConfiguration": ServiceConnectConfiguration;
            volume_configurations "volumeConfigurations": ServiceVolumeConfigurations;
            vpc_lattice_configurations "vpcLatticeConfigurations": VpcLatticeConfigurations;
            gateway_connectors "gatewayConnectors": GatewayConnectorList;
            monitoring "monitoring": MonitoringConfiguration;
        }
        Structure::new UpdateServiceResponse {
            service "service": Service;
        }
        Structure::new UpdateTaskProtectionRequest {
            cluster "cluster": String .required();
            tasks "tasks": StringList .required();
            protection_enabled "protectionEnabled": Boolean .required();
            expires_in_minutes "expiresInMinutes": BoxedInteger;
        }
        Structure::new UpdateTaskProtectionResponse {
            protected_tasks "protectedTasks": ProtectedTasks;
            failures "failures": Failures;
        }
        Structure::new UpdateTaskSetRequest {
            cluster "cluster": String .required();
            service "service": String .required();
            task_set "taskSet": String .required();
            scale "scale": Scale .required();
        }
        Structure::new UpdateTaskSetResponse {
            task_set "taskSet": TaskSet;
        }
        Structure::new UpdatedExpressGatewayService {
            service_arn "serviceArn": String;
            cluster "cluster": String;
            service_name "serviceName": String;
            status "status": ExpressGatewayServiceStatus;
            target_configuration "targetConfiguration": ExpressGatewayServiceConfiguration;
            created_at "createdAt": Timestamp;
            updated_at "updatedAt": Timestamp;
        }
        Structure::new VCpuCountRangeRequest {
            min "min": BoxedInteger .required();
            max "max": BoxedInteger;
        }
        Structure::new VersionInfo {
            agent_version "agentVersion": String;
            agent_hash "agentHash": String;
            docker_version "dockerVersion": String;
        }
        Structure::new Volume {
            name "name": String;
            host "host": HostVolumeProperties;
            docker_volume_configuration "dockerVolumeConfiguration": DockerVolumeConfiguration;
            efs_volume_configuration "efsVolumeConfiguration": EFSVolumeConfiguration;
            s3files_volume_configuration "s3filesVolumeConfiguration": S3FilesVolumeConfiguration;
            fsx_windows_file_server_volume_configuration "fsxWindowsFileServerVolumeConfiguration": FSxWindowsFileServerVolumeConfiguration;
            configured_at_launch "configuredAtLaunch": BoxedBoolean;
        }
        Structure::new VolumeFrom {
            source_container "sourceContainer": String;
            read_only "readOnly": BoxedBoolean;
        }
        Structure::new VpcLatticeAdvancedConfiguration {
            alternate_target_group_arn "alternateTargetGroupArn": String;
            production_listener_rule "productionListenerRule": String;
            test_listener_rule "testListenerRule": String;
        }
        Structure::new VpcLatticeConfiguration {
            role_arn "roleArn": IAMRoleArn .required();
            target_group_arn "targetGroupArn": String .required();
            port_name "portName": String .required();
            advanced_configuration "advancedConfiguration": VpcLatticeAdvancedConfiguration;
        }
    }
}

wire::service! {
    /// Amazon EC2 Container Service.
    ECS {
        id: "ecs", signing: "ecs", endpoint: "ecs", version: "2014-11-13",
        protocols: [Json11], target: "AmazonEC2ContainerServiceV20141113", namespace: "",
    }
    faults {
        AccessDeniedException "AccessDeniedException" 400;
        AttributeLimitExceededException "AttributeLimitExceededException" 400;
        BlockedException "BlockedException" 400;
        ClientException "ClientException" 400;
        ClusterContainsCapacityProviderException "ClusterContainsCapacityProviderException" 400;
        ClusterContainsContainerInstancesException "ClusterContainsContainerInstancesException" 400;
        ClusterContainsServicesException "ClusterContainsServicesException" 400;
        ClusterContainsTasksException "ClusterContainsTasksException" 400;
        ClusterNotFoundException "ClusterNotFoundException" 400;
        ConflictException "ConflictException" 400;
        DaemonNotActiveException "DaemonNotActiveException" 400;
        DaemonNotFoundException "DaemonNotFoundException" 400;
        GatewayNotFoundException "GatewayNotFoundException" 400;
        InvalidParameterException "InvalidParameterException" 400;
        LimitExceededException "LimitExceededException" 400;
        MissingVersionException "MissingVersionException" 400;
        NamespaceNotFoundException "NamespaceNotFoundException" 400;
        NoUpdateAvailableException "NoUpdateAvailableException" 400;
        PlatformTaskDefinitionIncompatibilityException "PlatformTaskDefinitionIncompatibilityException" 400;
        PlatformUnknownException "PlatformUnknownException" 400;
        ResourceInUseException "ResourceInUseException" 400;
        ResourceNotFoundException "ResourceNotFoundException" 400;
        ServerException "ServerException" 500;
        ServiceDeploymentNotFoundException "ServiceDeploymentNotFoundException" 400;
        ServiceNotActiveException "ServiceNotActiveException" 400;
        ServiceNotFoundException "ServiceNotFoundException" 400;
        TargetNotConnectedException "TargetNotConnectedException" 400;
        TargetNotFoundException "TargetNotFoundException" 400;
        TaskSetNotFoundException "TaskSetNotFoundException" 400;
        UnsupportedFeatureException "UnsupportedFeatureException" 400;
        UpdateInProgressException "UpdateInProgressException" 400;
    }
    operations {
        AssociateGatewayWithCluster POST "/" 200 (AssociateGatewayWithClusterRequest) -> (AssociateGatewayWithClusterResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, GatewayNotFoundException, InvalidParameterException, ServerException, UnsupportedFeatureException];
        ContinueServiceDeployment POST "/" 200 (ContinueServiceDeploymentRequest) -> (ContinueServiceDeploymentResponse) [AccessDeniedException, ClientException, InvalidParameterException, ServerException, ServiceDeploymentNotFoundException, UnsupportedFeatureException];
        CreateCapacityProvider POST "/" 200 (CreateCapacityProviderRequest) -> (CreateCapacityProviderResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, LimitExceededException, ServerException, UnsupportedFeatureException, UpdateInProgressException];
        CreateCluster POST "/" 200 (CreateClusterRequest) -> (CreateClusterResponse) [AccessDeniedException, ClientException, InvalidParameterException, NamespaceNotFoundException, ServerException];
        CreateDaemon POST "/" 200 (CreateDaemonRequest) -> (CreateDaemonResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, PlatformUnknownException, ServerException, UnsupportedFeatureException];
        CreateExpressGatewayService POST "/" 200 (CreateExpressGatewayServiceRequest) -> (CreateExpressGatewayServiceResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, PlatformTaskDefinitionIncompatibilityException, PlatformUnknownException, ServerException, UnsupportedFeatureException];
        CreateGateway POST "/" 200 (CreateGatewayRequest) -> (CreateGatewayResponse) [AccessDeniedException, ClientException, InvalidParameterException, ServerException, UnsupportedFeatureException];
        CreateService POST "/" 200 (CreateServiceRequest) -> (CreateServiceResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, NamespaceNotFoundException, PlatformTaskDefinitionIncompatibilityException, PlatformUnknownException, ServerException, UnsupportedFeatureException];
        CreateTaskSet POST "/" 200 (CreateTaskSetRequest) -> (CreateTaskSetResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, LimitExceededException, NamespaceNotFoundException, PlatformTaskDefinitionIncompatibilityException, PlatformUnknownException, ServerException, ServiceNotActiveException, ServiceNotFoundException, UnsupportedFeatureException];
        DeleteAccountSetting POST "/" 200 (DeleteAccountSettingRequest) -> (DeleteAccountSettingResponse) [AccessDeniedException, ClientException, InvalidParameterException, ServerException];
        DeleteAttributes POST "/" 200 (DeleteAttributesRequest) -> (DeleteAttributesResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException, TargetNotFoundException];
        DeleteCapacityProvider POST "/" 200 (DeleteCapacityProviderRequest) -> (DeleteCapacityProviderResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException, UnsupportedFeatureException, UpdateInProgressException];
        DeleteCluster POST "/" 200 (DeleteClusterRequest) -> (DeleteClusterResponse) [AccessDeniedException, ClientException, ClusterContainsCapacityProviderException, ClusterContainsContainerInstancesException, ClusterContainsServicesException, ClusterContainsTasksException, ClusterNotFoundException, InvalidParameterException, ServerException, UpdateInProgressException];
        DeleteDaemon POST "/" 200 (DeleteDaemonRequest) -> (DeleteDaemonResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, DaemonNotActiveException, DaemonNotFoundException, InvalidParameterException, ServerException, UnsupportedFeatureException];
        DeleteDaemonTaskDefinition POST "/" 200 (DeleteDaemonTaskDefinitionRequest) -> (DeleteDaemonTaskDefinitionResponse) [AccessDeniedException, ClientException, InvalidParameterException, ServerException];
        DeleteExpressGatewayService POST "/" 200 (DeleteExpressGatewayServiceRequest) -> (DeleteExpressGatewayServiceResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException, ServiceNotActiveException, ServiceNotFoundException, UnsupportedFeatureException];
        DeleteGateway POST "/" 200 (DeleteGatewayRequest) -> (DeleteGatewayResponse) [AccessDeniedException, ClientException, GatewayNotFoundException, InvalidParameterException, ServerException, UnsupportedFeatureException];
        DeleteService POST "/" 200 (DeleteServiceRequest) -> (DeleteServiceResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException, ServiceNotFoundException];
        DeleteTaskDefinitions POST "/" 200 (DeleteTaskDefinitionsRequest) -> (DeleteTaskDefinitionsResponse) [AccessDeniedException, ClientException, InvalidParameterException, ServerException];
        DeleteTaskSet POST "/" 200 (DeleteTaskSetRequest) -> (DeleteTaskSetResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, LimitExceededException, ServerException, ServiceNotActiveException, ServiceNotFoundException, TaskSetNotFoundException, UnsupportedFeatureException];
        DeregisterContainerInstance POST "/" 200 (DeregisterContainerInstanceRequest) -> (DeregisterContainerInstanceResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException];
        DeregisterTaskDefinition POST "/" 200 (DeregisterTaskDefinitionRequest) -> (DeregisterTaskDefinitionResponse) [AccessDeniedException, ClientException, InvalidParameterException, ServerException];
        DescribeCapacityProviders POST "/" 200 (DescribeCapacityProvidersRequest) -> (DescribeCapacityProvidersResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException, UnsupportedFeatureException];
        DescribeClusters POST "/" 200 (DescribeClustersRequest) -> (DescribeClustersResponse) [AccessDeniedException, ClientException, InvalidParameterException, ServerException];
        DescribeContainerInstances POST "/" 200 (DescribeContainerInstancesRequest) -> (DescribeContainerInstancesResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException];
        DescribeDaemon POST "/" 200 (DescribeDaemonRequest) -> (DescribeDaemonResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, DaemonNotFoundException, InvalidParameterException, ServerException, UnsupportedFeatureException];
        DescribeDaemonDeployments POST "/" 200 (DescribeDaemonDeploymentsRequest) -> (DescribeDaemonDeploymentsResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException, UnsupportedFeatureException];
        DescribeDaemonRevisions POST "/" 200 (DescribeDaemonRevisionsRequest) -> (DescribeDaemonRevisionsResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException, UnsupportedFeatureException];
        DescribeDaemonTaskDefinition POST "/" 200 (DescribeDaemonTaskDefinitionRequest) -> (DescribeDaemonTaskDefinitionResponse) [AccessDeniedException, ClientException, InvalidParameterException, ServerException];
        DescribeExpressGatewayService POST "/" 200 (DescribeExpressGatewayServiceRequest) -> (DescribeExpressGatewayServiceResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ResourceNotFoundException, ServerException, UnsupportedFeatureException];
        DescribeGateway POST "/" 200 (DescribeGatewayRequest) -> (DescribeGatewayResponse) [AccessDeniedException, ClientException, GatewayNotFoundException, InvalidParameterException, ServerException, UnsupportedFeatureException];
        DescribeGatewayResources POST "/" 200 (DescribeGatewayResourcesRequest) -> (DescribeGatewayResourcesResponse) [AccessDeniedException, ClientException, GatewayNotFoundException, InvalidParameterException, ServerException, UnsupportedFeatureException];
        DescribeGatewayRoute POST "/" 200 (DescribeGatewayRouteRequest) -> (DescribeGatewayRouteResponse) [AccessDeniedException, ClientException, InvalidParameterException, ResourceNotFoundException, ServerException, UnsupportedFeatureException];
        DescribeServiceDeployments POST "/" 200 (DescribeServiceDeploymentsRequest) -> (DescribeServiceDeploymentsResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException, ServiceNotFoundException, UnsupportedFeatureException];
        DescribeServiceRevisions POST "/" 200 (DescribeServiceRevisionsRequest) -> (DescribeServiceRevisionsResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException, ServiceNotFoundException, UnsupportedFeatureException];
        DescribeServices POST "/" 200 (DescribeServicesRequest) -> (DescribeServicesResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException];
        DescribeTaskDefinition POST "/" 200 (DescribeTaskDefinitionRequest) -> (DescribeTaskDefinitionResponse) [AccessDeniedException, ClientException, InvalidParameterException, ServerException];
        DescribeTaskSets POST "/" 200 (DescribeTaskSetsRequest) -> (DescribeTaskSetsResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException, ServiceNotActiveException, ServiceNotFoundException, UnsupportedFeatureException];
        DescribeTasks POST "/" 200 (DescribeTasksRequest) -> (DescribeTasksResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException];
        DisassociateGatewayFromCluster POST "/" 200 (DisassociateGatewayFromClusterRequest) -> (DisassociateGatewayFromClusterResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, GatewayNotFoundException, InvalidParameterException, ResourceNotFoundException, ServerException, UnsupportedFeatureException];
        DiscoverPollEndpoint POST "/" 200 (DiscoverPollEndpointRequest) -> (DiscoverPollEndpointResponse) [AccessDeniedException, ClientException, InvalidParameterException, ServerException];
        ExecuteCommand POST "/" 200 (ExecuteCommandRequest) -> (ExecuteCommandResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException, TargetNotConnectedException];
        GetTaskProtection POST "/" 200 (GetTaskProtectionRequest) -> (GetTaskProtectionResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ResourceNotFoundException, ServerException, UnsupportedFeatureException];
        ListAccountSettings POST "/" 200 (ListAccountSettingsRequest) -> (ListAccountSettingsResponse) [AccessDeniedException, ClientException, InvalidParameterException, ServerException];
        ListAttributes POST "/" 200 (ListAttributesRequest) -> (ListAttributesResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException];
        ListClusters POST "/" 200 (ListClustersRequest) -> (ListClustersResponse) [AccessDeniedException, ClientException, InvalidParameterException, ServerException];
        ListContainerInstances POST "/" 200 (ListContainerInstancesRequest) -> (ListContainerInstancesResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException];
        ListDaemonDeployments POST "/" 200 (ListDaemonDeploymentsRequest) -> (ListDaemonDeploymentsResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException, UnsupportedFeatureException];
        ListDaemonTaskDefinitions POST "/" 200 (ListDaemonTaskDefinitionsRequest) -> (ListDaemonTaskDefinitionsResponse) [AccessDeniedException, ClientException, InvalidParameterException, ServerException];
        ListDaemons POST "/" 200 (ListDaemonsRequest) -> (ListDaemonsResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException, UnsupportedFeatureException];
        ListGatewayClusterAssociations POST "/" 200 (ListGatewayClusterAssociationsRequest) -> (ListGatewayClusterAssociationsResponse) [AccessDeniedException, ClientException, InvalidParameterException, ServerException, UnsupportedFeatureException];
        ListGatewayRoutes POST "/" 200 (ListGatewayRoutesRequest) -> (ListGatewayRoutesResponse) [AccessDeniedException, ClientException, GatewayNotFoundException, InvalidParameterException, ServerException, UnsupportedFeatureException];
        ListGateways POST "/" 200 (ListGatewaysRequest) -> (ListGatewaysResponse) [AccessDeniedException, ClientException, InvalidParameterException, ServerException, UnsupportedFeatureException];
        ListServiceDeployments POST "/" 200 (ListServiceDeploymentsRequest) -> (ListServiceDeploymentsResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException, ServiceNotFoundException, UnsupportedFeatureException];
        ListServices POST "/" 200 (ListServicesRequest) -> (ListServicesResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException];
        ListServicesByNamespace POST "/" 200 (ListServicesByNamespaceRequest) -> (ListServicesByNamespaceResponse) [AccessDeniedException, ClientException, InvalidParameterException, NamespaceNotFoundException, ServerException];
        ListTagsForResource POST "/" 200 (ListTagsForResourceRequest) -> (ListTagsForResourceResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException];
        ListTaskDefinitionFamilies POST "/" 200 (ListTaskDefinitionFamiliesRequest) -> (ListTaskDefinitionFamiliesResponse) [AccessDeniedException, ClientException, InvalidParameterException, ServerException];
        ListTaskDefinitions POST "/" 200 (ListTaskDefinitionsRequest) -> (ListTaskDefinitionsResponse) [AccessDeniedException, ClientException, InvalidParameterException, ServerException];
        ListTasks POST "/" 200 (ListTasksRequest) -> (ListTasksResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException, ServiceNotFoundException];
        PutAccountSetting POST "/" 200 (PutAccountSettingRequest) -> (PutAccountSettingResponse) [AccessDeniedException, ClientException, InvalidParameterException, ServerException];
        PutAccountSettingDefault POST "/" 200 (PutAccountSettingDefaultRequest) -> (PutAccountSettingDefaultResponse) [AccessDeniedException, ClientException, InvalidParameterException, ServerException];
        PutAttributes POST "/" 200 (PutAttributesRequest) -> (PutAttributesResponse) [AccessDeniedException, AttributeLimitExceededException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException, TargetNotFoundException];
        PutClusterCapacityProviders POST "/" 200 (PutClusterCapacityProvidersRequest) -> (PutClusterCapacityProvidersResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ResourceInUseException, ServerException, UpdateInProgressException];
        RegisterContainerInstance POST "/" 200 (RegisterContainerInstanceRequest) -> (RegisterContainerInstanceResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException];
        RegisterDaemonTaskDefinition POST "/" 200 (RegisterDaemonTaskDefinitionRequest) -> (RegisterDaemonTaskDefinitionResponse) [AccessDeniedException, ClientException, InvalidParameterException, LimitExceededException, ServerException];
        RegisterTaskDefinition POST "/" 200 (RegisterTaskDefinitionRequest) -> (RegisterTaskDefinitionResponse) [AccessDeniedException, ClientException, InvalidParameterException, LimitExceededException, ServerException];
        RunTask POST "/" 200 (RunTaskRequest) -> (RunTaskResponse) [AccessDeniedException, BlockedException, ClientException, ClusterNotFoundException, ConflictException, InvalidParameterException, PlatformTaskDefinitionIncompatibilityException, PlatformUnknownException, ServerException, UnsupportedFeatureException];
        StartTask POST "/" 200 (StartTaskRequest) -> (StartTaskResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, NamespaceNotFoundException, ServerException, UnsupportedFeatureException];
        StopServiceDeployment POST "/" 200 (StopServiceDeploymentRequest) -> (StopServiceDeploymentResponse) [AccessDeniedException, ClientException, ConflictException, InvalidParameterException, ServerException, ServiceDeploymentNotFoundException, UnsupportedFeatureException];
        StopTask POST "/" 200 (StopTaskRequest) -> (StopTaskResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException];
        SubmitAttachmentStateChanges POST "/" 200 (SubmitAttachmentStateChangesRequest) -> (SubmitAttachmentStateChangesResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException];
        SubmitContainerStateChange POST "/" 200 (SubmitContainerStateChangeRequest) -> (SubmitContainerStateChangeResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException];
        SubmitTaskStateChange POST "/" 200 (SubmitTaskStateChangeRequest) -> (SubmitTaskStateChangeResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException];
        TagResource POST "/" 200 (TagResourceRequest) -> (TagResourceResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, LimitExceededException, ResourceNotFoundException, ServerException];
        UntagResource POST "/" 200 (UntagResourceRequest) -> (UntagResourceResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ResourceNotFoundException, ServerException];
        UpdateCapacityProvider POST "/" 200 (UpdateCapacityProviderRequest) -> (UpdateCapacityProviderResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException, UnsupportedFeatureException];
        UpdateCluster POST "/" 200 (UpdateClusterRequest) -> (UpdateClusterResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, NamespaceNotFoundException, ServerException];
        UpdateClusterSettings POST "/" 200 (UpdateClusterSettingsRequest) -> (UpdateClusterSettingsResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException, UpdateInProgressException];
        UpdateContainerAgent POST "/" 200 (UpdateContainerAgentRequest) -> (UpdateContainerAgentResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, MissingVersionException, NoUpdateAvailableException, ServerException, UpdateInProgressException];
        UpdateContainerInstancesState POST "/" 200 (UpdateContainerInstancesStateRequest) -> (UpdateContainerInstancesStateResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException];
        UpdateDaemon POST "/" 200 (UpdateDaemonRequest) -> (UpdateDaemonResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, DaemonNotActiveException, DaemonNotFoundException, InvalidParameterException, PlatformUnknownException, ServerException, UnsupportedFeatureException];
        UpdateExpressGatewayService POST "/" 200 (UpdateExpressGatewayServiceRequest) -> (UpdateExpressGatewayServiceResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException, ServiceNotActiveException, ServiceNotFoundException, UnsupportedFeatureException];
        UpdateGateway POST "/" 200 (UpdateGatewayRequest) -> (UpdateGatewayResponse) [AccessDeniedException, ClientException, GatewayNotFoundException, InvalidParameterException, ServerException, UnsupportedFeatureException];
        UpdateService POST "/" 200 (UpdateServiceRequest) -> (UpdateServiceResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, NamespaceNotFoundException, PlatformTaskDefinitionIncompatibilityException, PlatformUnknownException, ServerException, ServiceNotActiveException, ServiceNotFoundException, UnsupportedFeatureException];
        UpdateServicePrimaryTaskSet POST "/" 200 (UpdateServicePrimaryTaskSetRequest) -> (UpdateServicePrimaryTaskSetResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ServerException, ServiceNotActiveException, ServiceNotFoundException, TaskSetNotFoundException, UnsupportedFeatureException];
        UpdateTaskProtection POST "/" 200 (UpdateTaskProtectionRequest) -> (UpdateTaskProtectionResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, ResourceNotFoundException, ServerException, UnsupportedFeatureException];
        UpdateTaskSet POST "/" 200 (UpdateTaskSetRequest) -> (UpdateTaskSetResponse) [AccessDeniedException, ClientException, ClusterNotFoundException, InvalidParameterException, LimitExceededException, ServerException, ServiceNotActiveException, ServiceNotFoundException, TaskSetNotFoundException, UnsupportedFeatureException];
    }
}
