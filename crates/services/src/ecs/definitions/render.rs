//! From the record to what the user sees.

use crate::common::given;
use crate::ecs::names;
use api::ecs;
use base::Scope;
use model::TaskDefinition;

/// The definition as every operation shows it: the kept document, and what the record knows about it.
pub fn definition(scope: &Scope, record: &TaskDefinition) -> ecs::TaskDefinition {
    let document: ecs::TaskDefinition = given::recall(&record.given);
    let attribute = |name: &String| ecs::Attribute {
        name: Some(name.clone()),
        ..ecs::Attribute::default()
    };
    ecs::TaskDefinition {
        task_definition_arn: Some(arn(scope, record)),
        revision: i32::try_from(record.revision).ok(),
        status: Some(record.status.as_str().to_string()),
        requires_attributes: Some(record.requires_attributes.iter().map(attribute).collect()),
        compatibilities: Some(record.compatibilities.clone()),
        registered_at: Some(record.registered_at),
        registered_by: Some(record.registered_by.clone()),
        deregistered_at: record.deregistered_at,
        delete_requested_at: record.delete_requested_at,
        ..document
    }
}

pub fn arn(scope: &Scope, record: &TaskDefinition) -> String {
    names::definition_arn(scope, &record.family, record.revision)
}
