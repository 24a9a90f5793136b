//! What a service and an operation are, as facts.

use crate::fault::Declared;
use crate::{Shape, Slot, Value, View, schema};
use std::marker::PhantomData;

/// How a request or answer is written. It belongs to the request, not the service: CloudWatch speaks three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    Json10,
    Json11,
    Query,
    Ec2Query,
    RestJson,
    RpcV2Cbor,
}

pub struct Service {
    /// The name we know it by, which is botocore's folder name: `ecs`, `elbv2`.
    pub id: &'static str,
    /// The service part of the credential scope: `elasticloadbalancing`.
    pub signing: &'static str,
    /// The first labels of its public host name: `monitoring`, `api.ecr`.
    pub endpoint: &'static str,
    /// The API version, which query protocols send: `2014-11-13`.
    pub version: &'static str,
    pub protocols: &'static [Protocol],
    /// What stands before the dot in `X-Amz-Target`; empty when it has none. Also the service name in rpcv2 paths.
    pub target: &'static str,
    pub namespace: &'static str,
    /// It once spoke query and its clients still match those codes: every fault of its other protocols also carries
    /// the query code, in a header.
    pub query_compatible: bool,
    pub operations: &'static [&'static Operation],
    pub faults: &'static [&'static Declared],
}

impl Service {
    pub fn operation(&self, name: &str) -> Option<&'static Operation> {
        // Operations stand in the order of their names in the generated files.
        self.operations
            .binary_search_by(|op| op.name.cmp(name))
            .ok()
            .map(|i| self.operations[i])
    }

    pub fn fault(&self, name: &str) -> Option<&'static Declared> {
        self.faults.iter().copied().find(|f| f.name == name || f.code == name)
    }
}

pub struct Operation {
    pub name: &'static str,
    /// The HTTP method and path template, which only the REST protocols vary.
    pub method: &'static str,
    pub path: &'static str,
    /// The HTTP status of a good answer.
    pub status: u16,
    pub input: fn() -> Box<dyn Shape>,
    pub output: fn() -> Box<dyn Shape>,
    /// The element around a query answer: `GetCallerIdentityResult`.
    pub wrapper: Option<&'static str>,
    pub faults: &'static [&'static Declared],
}

/// An operation as a type: implemented by the unit structs that [`service!`](crate::service) makes.
pub trait Call: Send + Sync + 'static {
    type Input: Shape + Default;
    type Output: Shape + Default;
    const FACTS: &'static Operation;
}

/// The shape of an operation that takes or gives nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Empty;

static EMPTY: schema::Structure = schema::Structure::new("Empty", &[]);

impl Shape for Empty {
    fn schema(&self) -> &'static schema::Structure {
        &EMPTY
    }
    fn view(&self, member: usize) -> View<'_> {
        panic!("an empty shape has no member {member}")
    }
    fn slot(&mut self, member: usize) -> Slot<'_> {
        panic!("an empty shape has no member {member}")
    }
    fn reset(&mut self) {}
}

impl Value for Empty {
    fn view(&self) -> View<'_> {
        View::Structure(self)
    }
    fn slot(&mut self) -> Slot<'_> {
        Slot::Structure(self)
    }
}

#[doc(hidden)]
pub struct Make<T>(PhantomData<T>);

impl<T: Shape + Default> Make<T> {
    pub fn default_boxed() -> Box<dyn Shape> {
        Box::new(T::default())
    }
}
