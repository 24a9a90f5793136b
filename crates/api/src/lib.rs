//! The shapes of each AWS service, as facts.
//!
//! For: saying what each service's operations take, give and refuse, in the macro language of `wire`. One module
//! a service: a Rust type for each shape, a `static` of the same name in its `facts`, a unit struct for each
//! operation in its `op`, and the faults that the model declares in its `fault`.
//!
//! Must never know: what an operation means. That is `services`.
//!
//! Written by `cargo xtask api` from botocore 1.44.5; never by hand. Which services and operations are here
//! is said in `api.toml`.

// Names are the models' own.
#![allow(non_camel_case_types)]

pub mod cloudwatch;
pub mod ec2;
pub mod ecr;
pub mod ecs;
pub mod elbv2;
pub mod iam;
pub mod logs;
pub mod scheduler;
pub mod servicediscovery;
pub mod sts;

/// Every service, in the order of its id.
pub static SERVICES: &[&wire::Service] = &[
    &cloudwatch::CLOUDWATCH,
    &ec2::EC2,
    &ecr::ECR,
    &ecs::ECS,
    &elbv2::ELBV2,
    &iam::IAM,
    &logs::LOGS,
    &scheduler::SCHEDULER,
    &servicediscovery::SERVICEDISCOVERY,
    &sts::STS,
];
