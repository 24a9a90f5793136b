//! The shapes of `scheduler` 2021-06-30, as facts.
//!
//! Written by `cargo xtask api` from botocore 1.44.5; never by hand. To change it, see
//! docs/add-an-operation.md.

wire::shapes! {
    plain {
        Time CreationDate;
        Time LastModificationDate;
        Text String;
    }
    with {
        Int MaxResults .min(1.0).max(100.0);
        Text Name .min(1.0).max(64.0).pattern(r"[0-9a-zA-Z-_.]+");
        Text NamePrefix .min(1.0).max(64.0).pattern(r"[0-9a-zA-Z-_.]+");
        Text NextToken .min(1.0).max(2048.0);
        Text ScheduleArn .min(1.0).max(1224.0).pattern(r"arn:aws[a-z-]*:scheduler:[a-z0-9\-]+:\d{12}:schedule\/[0-9a-zA-Z-_.]+\/[0-9a-zA-Z-_.]+");
        Text ScheduleGroupArn .min(1.0).max(1224.0).pattern(r"arn:aws[a-z-]*:scheduler:[a-z0-9\-]+:\d{12}:schedule-group\/[0-9a-zA-Z-_.]+");
        Text ScheduleGroupName .min(1.0).max(64.0).pattern(r"[0-9a-zA-Z-_.]+");
        Text ScheduleGroupNamePrefix .min(1.0).max(64.0).pattern(r"[0-9a-zA-Z-_.]+");
        Text ScheduleGroupState .one_of(&["ACTIVE", "DELETING"]);
        Text ScheduleState .one_of(&["ENABLED", "DISABLED"]);
        Text TargetArn .min(1.0).max(1600.0);
    }
    lists {
        ScheduleGroupList of ScheduleGroupSummary;
        ScheduleList of ScheduleSummary;
    }
    maps {}
    structures {
        Structure::new GetScheduleGroupInput {
            name "Name": ScheduleGroupName .uri("Name").required();
        }
        Structure::new GetScheduleGroupOutput {
            arn "Arn": ScheduleGroupArn;
            name "Name": ScheduleGroupName;
            state "State": ScheduleGroupState;
            creation_date "CreationDate": CreationDate;
            last_modification_date "LastModificationDate": LastModificationDate;
        }
        Structure::new InternalServerException {
            message "Message": String .required();
        }
        Structure::new ListScheduleGroupsInput {
            name_prefix "NamePrefix": ScheduleGroupNamePrefix .query("NamePrefix");
            next_token "NextToken": NextToken .query("NextToken");
            max_results "MaxResults": MaxResults .query("MaxResults");
        }
        Structure::new ListScheduleGroupsOutput {
            next_token "NextToken": NextToken;
            schedule_groups "ScheduleGroups": ScheduleGroupList .required();
        }
        Structure::new ListSchedulesInput {
            group_name "GroupName": ScheduleGroupName .query("ScheduleGroup");
            name_prefix "NamePrefix": NamePrefix .query("NamePrefix");
            state "State": ScheduleState .query("State");
            next_token "NextToken": NextToken .query("NextToken");
            max_results "MaxResults": MaxResults .query("MaxResults");
        }
        Structure::new ListSchedulesOutput {
            next_token "NextToken": NextToken;
            schedules "Schedules": ScheduleList .required();
        }
        Structure::new ResourceNotFoundException {
            message "Message": String .required();
        }
        Structure::new ScheduleGroupSummary {
            arn "Arn": ScheduleGroupArn;
            name "Name": ScheduleGroupName;
            state "State": ScheduleGroupState;
            creation_date "CreationDate": CreationDate;
            last_modification_date "LastModificationDate": LastModificationDate;
        }
        Structure::new ScheduleSummary {
            arn "Arn": ScheduleArn;
            name "Name": Name;
            group_name "GroupName": ScheduleGroupName;
            state "State": ScheduleState;
            creation_date "CreationDate": CreationDate;
            last_modification_date "LastModificationDate": LastModificationDate;
            target "Target": TargetSummary;
        }
        Structure::new TargetSummary {
            arn "Arn": TargetArn .required();
        }
        Structure::new ThrottlingException {
            message "Message": String .required();
        }
        Structure::new ValidationException {
            message "Message": String .required();
        }
    }
}

wire::service! {
    /// Amazon EventBridge Scheduler.
    SCHEDULER {
        id: "scheduler", signing: "scheduler", endpoint: "scheduler", version: "2021-06-30",
        protocols: [RestJson], target: "", namespace: "",
    }
    faults {
        InternalServerException "InternalServerException" 500;
        ResourceNotFoundException "ResourceNotFoundException" 404;
        ThrottlingException "ThrottlingException" 429;
        ValidationException "ValidationException" 400;
    }
    operations {
        GetScheduleGroup GET "/schedule-groups/{Name}" 200 (GetScheduleGroupInput) -> (GetScheduleGroupOutput) [InternalServerException, ResourceNotFoundException, ThrottlingException, ValidationException];
        ListScheduleGroups GET "/schedule-groups" 200 (ListScheduleGroupsInput) -> (ListScheduleGroupsOutput) [InternalServerException, ThrottlingException, ValidationException];
        ListSchedules GET "/schedules" 200 (ListSchedulesInput) -> (ListSchedulesOutput) [InternalServerException, ResourceNotFoundException, ThrottlingException, ValidationException];
    }
}
