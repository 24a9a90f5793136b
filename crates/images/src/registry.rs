//! Registries.
use crate::store::Settings;
use base::Secret;

/// What a registry asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    pub user: String,
    pub password: Secret<String>,
}

pub(crate) struct Registries;
impl Registries {
    pub fn new(_settings: &Settings) -> Self {
        Registries
    }
}
