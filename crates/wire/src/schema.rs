//! What a shape looks like, as static facts: names, types, bounds and places on the wire.
//!
//! Built by `const fn` chains, so that the generated source reads like the model it was made from:
//! `Member::new("clusterName", &facts::String).required()`.

/// A structure, union or fault: members in the order of the model.
pub struct Structure {
    pub name: &'static str,
    pub members: &'static [Member],
    pub union: bool,
    /// A stream: what is sent is one member after the other.
    pub events: bool,
}

impl Structure {
    pub const fn new(name: &'static str, members: &'static [Member]) -> Self {
        Structure {
            name,
            members,
            union: false,
            events: false,
        }
    }

    pub const fn union(name: &'static str, members: &'static [Member]) -> Self {
        Structure {
            name,
            members,
            union: true,
            events: false,
        }
    }

    pub const fn events(name: &'static str, members: &'static [Member]) -> Self {
        Structure {
            name,
            members,
            union: true,
            events: true,
        }
    }

    /// The index of the member that the model calls `name`. `hint` is where the caller expects it (members usually
    /// arrive in order), which makes the usual look-up one comparison.
    pub fn position(&self, name: &str, hint: usize) -> Option<usize> {
        if self.members.get(hint).is_some_and(|m| m.name == name) {
            return Some(hint);
        }
        self.members.iter().position(|m| m.name == name)
    }
}

/// Where a member travels. Only the REST protocols put anything outside the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Body,
    /// The whole body.
    Payload,
    Header(&'static str),
    /// All headers with this prefix, as a map.
    Headers(&'static str),
    Uri(&'static str),
    Query(&'static str),
    /// All query parameters not named elsewhere, as a map.
    QueryMap,
    StatusCode,
}

pub struct Member {
    /// The name in the model, which the JSON and CBOR protocols use unless `location_name` says otherwise.
    pub name: &'static str,
    pub ty: &'static Type,
    pub required: bool,
    /// AWS SDKs fill it with a random token when the caller leaves it out.
    pub idempotency_token: bool,
    pub place: Place,
    /// `locationName` in the model: the name in query, XML and REST bodies. JSON ignores it.
    pub location_name: Option<&'static str>,
    /// `queryName` in the model: the name in ec2Query requests.
    pub query_name: Option<&'static str>,
    /// A list or map written without a wrapping element.
    pub flattened: bool,
    pub time: Option<TimeFormat>,
    pub xml_attribute: bool,
    pub xml_namespace: Option<&'static str>,
    /// In a stream: what ends it, for a reason.
    pub exception: bool,
}

impl Member {
    pub const fn new(name: &'static str, ty: &'static Type) -> Self {
        Member {
            name,
            ty,
            required: false,
            idempotency_token: false,
            place: Place::Body,
            location_name: None,
            query_name: None,
            flattened: false,
            time: None,
            xml_attribute: false,
            xml_namespace: None,
            exception: false,
        }
    }

    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub const fn token(mut self) -> Self {
        self.idempotency_token = true;
        self
    }

    pub const fn payload(mut self) -> Self {
        self.place = Place::Payload;
        self
    }

    pub const fn header(mut self, name: &'static str) -> Self {
        self.place = Place::Header(name);
        self
    }

    pub const fn headers(mut self, prefix: &'static str) -> Self {
        self.place = Place::Headers(prefix);
        self
    }

    pub const fn uri(mut self, name: &'static str) -> Self {
        self.place = Place::Uri(name);
        self
    }

    pub const fn query(mut self, name: &'static str) -> Self {
        self.place = Place::Query(name);
        self
    }

    pub const fn query_map(mut self) -> Self {
        self.place = Place::QueryMap;
        self
    }

    pub const fn status_code(mut self) -> Self {
        self.place = Place::StatusCode;
        self
    }

    pub const fn named(mut self, location_name: &'static str) -> Self {
        self.location_name = Some(location_name);
        self
    }

    pub const fn ec2(mut self, query_name: &'static str) -> Self {
        self.query_name = Some(query_name);
        self
    }

    pub const fn flat(mut self) -> Self {
        self.flattened = true;
        self
    }

    pub const fn time(mut self, format: TimeFormat) -> Self {
        self.time = Some(format);
        self
    }

    pub const fn attribute(mut self) -> Self {
        self.xml_attribute = true;
        self
    }

    pub const fn exception(mut self) -> Self {
        self.exception = true;
        self
    }

    pub const fn namespace(mut self, uri: &'static str) -> Self {
        self.xml_namespace = Some(uri);
        self
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeFormat {
    Iso8601,
    UnixTimestamp,
    Rfc822,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Text,
    Flag,
    Int,
    Long,
    Float,
    Double,
    Time,
    Blob,
    Document,
    List,
    Map,
    Structure,
}

/// A named type of the model with its bounds. One `static` for each shape, in the generated `facts` modules.
pub struct Type {
    pub name: &'static str,
    pub kind: Kind,
    /// For text and blobs the length, for lists and maps the count, for numbers the value.
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub pattern: Option<&'static str>,
    /// The allowed values of an enumeration; empty for free text.
    pub one_of: &'static [&'static str],
    pub sensitive: bool,
    pub time: Option<TimeFormat>,
    /// A list's elements or a map's values.
    pub of: Option<&'static Type>,
    /// A map's keys.
    pub key: Option<&'static Type>,
    pub structure: Option<&'static Structure>,
    /// How XML and query name an element of the list (`member` when not said), or a map's value (`value`).
    pub element_name: Option<&'static str>,
    /// How XML and query name a map's key (`key` when not said).
    pub key_name: Option<&'static str>,
    pub flattened: bool,
}

impl Type {
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Type {
            name,
            kind,
            min: None,
            max: None,
            pattern: None,
            one_of: &[],
            sensitive: false,
            time: None,
            of: None,
            key: None,
            structure: None,
            element_name: None,
            key_name: None,
            flattened: false,
        }
    }

    pub const fn list(name: &'static str, of: &'static Type) -> Self {
        let mut ty = Type::new(name, Kind::List);
        ty.of = Some(of);
        ty
    }

    pub const fn map(name: &'static str, key: &'static Type, of: &'static Type) -> Self {
        let mut ty = Type::new(name, Kind::Map);
        ty.key = Some(key);
        ty.of = Some(of);
        ty
    }

    pub const fn structure(structure: &'static Structure) -> Self {
        let mut ty = Type::new(structure.name, Kind::Structure);
        ty.structure = Some(structure);
        ty
    }

    pub const fn min(mut self, min: f64) -> Self {
        self.min = Some(min);
        self
    }

    pub const fn max(mut self, max: f64) -> Self {
        self.max = Some(max);
        self
    }

    pub const fn pattern(mut self, pattern: &'static str) -> Self {
        self.pattern = Some(pattern);
        self
    }

    pub const fn one_of(mut self, values: &'static [&'static str]) -> Self {
        self.one_of = values;
        self
    }

    pub const fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    pub const fn time(mut self, format: TimeFormat) -> Self {
        self.time = Some(format);
        self
    }

    pub const fn element(mut self, name: &'static str) -> Self {
        self.element_name = Some(name);
        self
    }

    pub const fn key_named(mut self, name: &'static str) -> Self {
        self.key_name = Some(name);
        self
    }

    pub const fn flat(mut self) -> Self {
        self.flattened = true;
        self
    }
}
