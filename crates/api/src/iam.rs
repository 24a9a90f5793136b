//! The shapes of `iam` 2010-05-08, as facts.
//!
//! Written by `cargo xtask api` from botocore 1.44.5; never by hand. To change it, see
//! docs/add-an-operation.md.

wire::shapes! {
    plain {
        Flag BooleanType;
        Time DateType;
        Text NoSuchEntityMessage;
        Text ResponseMarkerType;
        Text ServiceFailureExceptionMessage;
    }
    with {
        Text AccountAliasType .min(3.0).max(63.0).pattern(r"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$");
        Text ArnType .min(20.0).max(2048.0);
        Text ExistingUserNameType .min(1.0).max(128.0).pattern(r"[\w+=,.@-]+");
        Text IdType .min(16.0).max(128.0).pattern(r"[\w]+");
        Text MarkerType .min(1.0).max(320.0).pattern(r"[\u0020-\u00FF]+");
        Int MaxItemsType .min(1.0).max(1000.0);
        Text PathType .min(1.0).max(512.0).pattern(r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)");
        Text PermissionsBoundaryAttachmentType .one_of(&["PermissionsBoundaryPolicy"]);
        Text TagKeyType .min(1.0).max(128.0).pattern(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+");
        Text TagValueType .min(0.0).max(256.0).pattern(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*");
        Text UserNameType .min(1.0).max(64.0).pattern(r"[\w+=,.@-]+");
    }
    lists {
        AccountAliasListType of AccountAliasType;
        TagListType of Tag .max(50.0);
    }
    maps {}
    structures {
        Structure::new AttachedPermissionsBoundary {
            permissions_boundary_type "PermissionsBoundaryType": PermissionsBoundaryAttachmentType;
            permissions_boundary_arn "PermissionsBoundaryArn": ArnType;
        }
        Structure::new GetUserRequest {
            user_name "UserName": ExistingUserNameType;
        }
        Structure::new GetUserResponse {
            user "User": User .required();
        }
        Structure::new ListAccountAliasesRequest {
            marker "Marker": MarkerType;
            max_items "MaxItems": MaxItemsType;
        }
        Structure::new ListAccountAliasesResponse {
            account_aliases "AccountAliases": AccountAliasListType .required();
            is_truncated "IsTruncated": BooleanType;
            marker "Marker": ResponseMarkerType;
        }
        Structure::new NoSuchEntityException {
            message "message": NoSuchEntityMessage;
        }
        Structure::new ServiceFailureException {
            message "message": ServiceFailureExceptionMessage;
        }
        Structure::new Tag {
            key "Key": TagKeyType .required();
            value "Value": TagValueType .required();
        }
        Structure::new User {
            path "Path": PathType .required();
            user_name "UserName": UserNameType .required();
            user_id "UserId": IdType .required();
            arn "Arn": ArnType .required();
            create_date "CreateDate": DateType .required();
            password_last_used "PasswordLastUsed": DateType;
            permissions_boundary "PermissionsBoundary": AttachedPermissionsBoundary;
            tags "Tags": TagListType;
        }
    }
}

wire::service! {
    /// AWS Identity and Access Management.
    IAM {
        id: "iam", signing: "iam", endpoint: "iam", version: "2010-05-08",
        protocols: [Query], target: "", namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
    }
    faults {
        NoSuchEntityException "NoSuchEntity" 404;
        ServiceFailureException "ServiceFailure" 500;
    }
    operations {
        GetUser POST "/" 200 (GetUserRequest) -> (GetUserResponse) wrapper "GetUserResult" [NoSuchEntityException, ServiceFailureException];
        ListAccountAliases POST "/" 200 (ListAccountAliasesRequest) -> (ListAccountAliasesResponse) wrapper "ListAccountAliasesResult" [ServiceFailureException];
    }
}
