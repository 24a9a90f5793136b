//! The instance identity document: what an EC2 instance says about itself. Its signature is the cloud's and is not
//! checked here: who may register a node is decided by who signed the request.

use crate::ecs::fault;
use base::Scope;
use wire::codec::Limits;
use wire::{Document, Fault};

/// What is taken from the document. All of it is absent on machines that are no EC2 instances.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    pub instance_id: Option<String>,
    pub zone: Option<String>,
    pub instance_type: Option<String>,
    pub image_id: Option<String>,
}

pub fn read(scope: &Scope, document: Option<&str>) -> Result<Identity, Fault> {
    let Some(text) = document.filter(|text| !text.trim().is_empty()) else {
        return Ok(Identity::default());
    };
    let Ok(Document::Map(mut members)) = Document::from_json(text.as_bytes(), &Limits::default()) else {
        return Err(fault::invalid("The instance identity document is not a JSON object."));
    };
    let mut take = |name: &str| match members.remove(name) {
        Some(Document::Text(text)) if !text.is_empty() => Some(text),
        _ => None,
    };
    if let Some(region) = take("region").filter(|region| *region != *scope.region) {
        let here = &scope.region;
        return Err(fault::invalid(format!(
            "The instance is in region {region}, and this is {here}."
        )));
    }
    Ok(Identity {
        instance_id: take("instanceId"),
        zone: take("availabilityZone"),
        instance_type: take("instanceType"),
        image_id: take("imageId"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_names_the_instance() {
        let scope = Scope::new("us-east-1", "000000000000");
        let document = r#"{"instanceId":"i-1","region":"us-east-1","availabilityZone":"us-east-1c","kernelId":null}"#;
        let identity = read(&scope, Some(document)).expect("a good document");
        assert_eq!(identity.instance_id.as_deref(), Some("i-1"));
        assert_eq!(identity.zone.as_deref(), Some("us-east-1c"));
        assert_eq!(read(&scope, Some(" ")), Ok(Identity::default()));
        assert!(read(&scope, Some("[]")).is_err());
        assert!(read(&scope, Some(r#"{"region":"eu-west-1"}"#)).is_err());
    }
}
