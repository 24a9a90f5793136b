//! How records enter the store: CBOR maps with numbered members, so that a newer Gantry may add members and an older
//! one skips what it does not know. A number, once released, keeps its meaning for ever.

use store::Tables;

/// Implements [`store::Record`] for a type with minicbor's derives: its table, its key, and, when it has any, the names
/// of its indexes and what it puts into them.
macro_rules! record {
    ($ty:ty, $table:literal, |$self:ident| $key:expr $(, [$($index:expr),+], |$me:ident, $put:ident| $indexes:block)?) => {
        impl store::Record for $ty {
            const TABLE: &'static str = $table;

            $(const INDEXES: &'static [&'static str] = &[$($index),+];)?

            fn key(&self) -> store::Key {
                let $self = self;
                $key
            }

            $(fn indexes(&self, $put: &mut dyn FnMut(&'static str, store::Key)) {
                let $me = self;
                $indexes
            })?

            fn encode(&self, out: &mut Vec<u8>) {
                minicbor::encode(self, out).expect("a vector takes whatever is written to it");
            }

            fn decode(bytes: &[u8]) -> Result<Self, store::BadRecord> {
                minicbor::decode(bytes).map_err(|e| store::BadRecord::new(e.to_string()))
            }
        }
    };
}

pub(crate) use record;

/// Reads a list into as much memory as it takes. Elsewhere a list grows as it is read, to four elements at first: of
/// containers, of which most tasks have one, that is three times their size for nothing.
pub(crate) fn exactly<'b, C, T: minicbor::Decode<'b, C>>(
    from: &mut minicbor::Decoder<'b>,
    context: &mut C,
) -> Result<Vec<T>, minicbor::decode::Error> {
    let mut list: Vec<T> = from.decode_with(context)?;
    list.shrink_to_fit();
    Ok(list)
}

/// All tables of this floor; floor 7 adds those of other rooms before it opens the store.
pub fn tables() -> Tables {
    Tables::new()
        .with::<crate::AccountSetting>()
        .with::<crate::registry::Backfill>()
        .with::<crate::registry::BlobLink>()
        .with::<crate::registry::CacheRule>()
        .with::<crate::CapacityProvider>()
        .with::<crate::ClientToken>()
        .with::<crate::Cluster>()
        .with::<crate::registry::CreationTemplate>()
        .with::<crate::Daemon>()
        .with::<crate::DaemonDeployment>()
        .with::<crate::DaemonRevision>()
        .with::<crate::DaemonSeat>()
        .with::<crate::Family>()
        .with::<crate::registry::ImageTag>()
        .with::<crate::registry::LifecyclePreview>()
        .with::<crate::LogGroup>()
        .with::<crate::registry::Manifest>()
        .with::<crate::NetworkInterface>()
        .with::<crate::Node>()
        .with::<crate::NodeLedger>()
        .with::<crate::registry::PullTimeExclusion>()
        .with::<crate::registry::RegistryPolicy>()
        .with::<crate::registry::RegistrySetting>()
        .with::<crate::registry::Replica>()
        .with::<crate::registry::Replication>()
        .with::<crate::registry::Repository>()
        .with::<crate::registry::RepositoryLedger>()
        .with::<crate::registry::Scan>()
        .with::<crate::registry::Scanning>()
        .with::<crate::registry::Signing>()
        .with::<crate::SecurityGroup>()
        .with::<crate::Service>()
        .with::<crate::ServiceDeployment>()
        .with::<crate::ServiceEvent>()
        .with::<crate::ServiceRevision>()
        .with::<crate::ServiceTally>()
        .with::<crate::Subnet>()
        .with::<crate::SubnetLedger>()
        .with::<crate::Task>()
        .with::<crate::TaskDefinition>()
        .with::<crate::registry::TokensVoid>()
        .with::<crate::TaskSet>()
        .with::<crate::Vpc>()
        .with::<crate::Waiting>()
}
