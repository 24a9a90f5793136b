//! The shapes of `sts` 2011-06-15, as facts.
//!
//! Written by `cargo xtask api` from botocore 1.44.5; never by hand. To change it, see
//! docs/add-an-operation.md.

wire::shapes! {
    plain {
        Text AccountType;
        Text UserIdType;
    }
    with {
        Text ArnType .min(20.0).max(2048.0).pattern(r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+");
    }
    lists {}
    maps {}
    structures {
        Structure::new GetCallerIdentityRequest {}
        Structure::new GetCallerIdentityResponse {
            user_id "UserId": UserIdType;
            account "Account": AccountType;
            arn "Arn": ArnType;
        }
    }
}

wire::service! {
    /// AWS Security Token Service.
    STS {
        id: "sts", signing: "sts", endpoint: "sts", version: "2011-06-15",
        protocols: [Query], target: "", namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    }
    faults {}
    operations {
        GetCallerIdentity POST "/" 200 (GetCallerIdentityRequest) -> (GetCallerIdentityResponse) wrapper "GetCallerIdentityResult" [];
    }
}
