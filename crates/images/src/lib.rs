//! Images: the content store by digest, and the way into it and out of it.
//!
//! For: pulling, verifying, unpacking, keeping and collecting what containers are made of. Used by node and registry alike.
//!
//! Words: a *reference* is what people call an image; a *layer* is one directory, ready to be a lower directory of
//! overlayfs; a *holder* is whoever needs an image for as long as it lives, such as a container; an [`Image`] in hand
//! keeps its content from being collected, and so does a holder after that.
//!
//! Must never know: AWS APIs, the store, records, what a task is.

mod archive;
mod bucket;
mod config;
mod connect;
pub mod content;
mod digest;
mod disk;
mod error;
mod fetch;
mod fixup;
mod flight;
mod gc;
mod here;
mod home;
mod import;
mod layer;
mod manifest;
mod need;
mod packages;
mod parcel;
mod proxy;
mod pull;
mod reference;
mod registry;
mod store;
mod tar;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod trust;
mod unpack;
mod upstream;

pub use bucket::{BadBucket, Bucket, BucketKey};
pub use config::{HealthCheck, ImageConfig};
pub use digest::{BadDigest, Digest};
pub use error::{Fault, PullError, Step};
pub use flight::Flights;
pub use gc::{Collected, Thresholds};
pub use here::{Filling, Found, Here};
pub use home::{Home, Wire};
pub use import::{ImportError, Imported, Progress};
pub use layer::{LayerError, Limits};
pub use manifest::{BadManifest, Platform};
pub use need::Origin;
pub use packages::{Inventory, Manager, Package, inventory};
pub use parcel::{Document, Packed, Parcel, Parcels};
pub use proxy::{BadProxy, Proxies, Proxy};
pub use reference::{BadReference, Reference};
pub use registry::Credentials;
pub use store::{Image, Images, Listed, PullPolicy, Settings, Want};
pub use tar::TarError;
pub use trust::NoCertificates;
pub use unpack::UnpackError;
pub use upstream::{BadUpstream, Coming, Upstream, Upstreams, upstream_is_good};
