//! The one macro language. Generated files are written in it; see `docs/add-an-operation.md`.
//!
//! Every shape of a model becomes a Rust type of the same name and a `static` of the same name in the module `facts`.

/// Declares the shapes of one service.
///
/// ```
/// wire::shapes! {
///     plain { Text String; Flag Bool; }
///     with { Text TagKey .min(1.0).max(128.0); }
///     lists { Tags of Tag .max(50.0); }
///     maps { Labels of String String; }
///     structures {
///         Structure::new Tag { key "key": TagKey .required(); value "value": String; }
///         Structure::new Thing { tags "tags": Tags; labels "labels": Labels; on "on": Bool; }
///     }
/// }
/// # fn main() {
/// use wire::Shape;
/// let mut thing = Thing::default();
/// assert!(thing.view(0).is_absent());
/// thing.tags = Some(vec![Tag { key: Some("a".to_string()), ..Default::default() }]);
/// assert_eq!(thing.schema().members[0].name, "tags");
/// # }
/// ```
#[macro_export]
macro_rules! shapes {
    (
        plain { $($pkind:ident $plain:ident;)* }
        with { $($wkind:ident $with:ident $(.$wset:ident($($warg:expr),*))*;)* }
        lists { $($list:ident of $of:ident $(.$lset:ident($($larg:expr),*))*;)* }
        maps { $($map:ident of $key:ident $to:ident $(.$mset:ident($($marg:expr),*))*;)* }
        structures { $(
            Structure::$make:ident $structure:ident { $(
                $field:ident $name:literal: $ty:ident $(<$boxed:ident>)? $(.$set:ident($($arg:expr),*))*;
            )* } $(.$sset:ident($($sarg:expr),*))*
        )* }
    ) => {
        $(pub type $plain = $crate::scalar_type!($pkind);)*
        $(pub type $with = $crate::scalar_type!($wkind);)*
        $(pub type $list = ::std::vec::Vec<$of>;)*
        $(pub type $map = ::std::collections::BTreeMap<::std::string::String, $to>;)*
        $(
            #[derive(Clone, Debug, Default, PartialEq)]
            pub struct $structure {
                $(pub $field: ::std::option::Option<$crate::boxed_type!($ty $($boxed)?)>,)*
            }

            impl $crate::Shape for $structure {
                fn schema(&self) -> &'static $crate::schema::Structure {
                    facts::$structure.structure.expect("declared as a structure by the same macro call")
                }
                // Chains of comparisons, which the compiler makes jump tables of.
                #[allow(unused_mut, unused_variables)]
                fn view(&self, member: usize) -> $crate::View<'_> {
                    let mut at = 0usize;
                    $(
                        if member == at {
                            return $crate::Value::view(&self.$field);
                        }
                        at += 1;
                    )*
                    panic!("{} has {at} members, and {member} was asked for", stringify!($structure))
                }
                #[allow(unused_mut, unused_variables)]
                fn slot(&mut self, member: usize) -> $crate::Slot<'_> {
                    let mut at = 0usize;
                    $(
                        if member == at {
                            return $crate::Value::slot(&mut self.$field);
                        }
                        at += 1;
                    )*
                    panic!("{} has {at} members, and {member} was asked for", stringify!($structure))
                }
                fn reset(&mut self) {
                    *self = ::std::default::Default::default();
                }
            }

            impl $crate::Value for $structure {
                fn view(&self) -> $crate::View<'_> { $crate::View::Structure(self) }
                fn slot(&mut self) -> $crate::Slot<'_> { $crate::Slot::Structure(self) }
            }
        )*

        /// What each shape looks like.
        #[allow(non_upper_case_globals)]
        pub mod facts {
            $(pub static $plain: $crate::schema::Type = $crate::schema::Type::new(stringify!($plain), $crate::schema::Kind::$pkind);)*
            $(pub static $with: $crate::schema::Type = $crate::schema::Type::new(stringify!($with), $crate::schema::Kind::$wkind)$(.$wset($($warg),*))*;)*
            $(pub static $list: $crate::schema::Type = $crate::schema::Type::list(stringify!($list), &$of)$(.$lset($($larg),*))*;)*
            $(pub static $map: $crate::schema::Type = $crate::schema::Type::map(stringify!($map), &$key, &$to)$(.$mset($($marg),*))*;)*
            $(pub static $structure: $crate::schema::Type = $crate::schema::Type::structure(&$crate::schema::Structure::$make(stringify!($structure), &[
                $($crate::schema::Member::new($name, &$ty)$(.$set($($arg),*))*),*
            ]))$(.$sset($($sarg),*))*;)*
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! scalar_type {
    (Text) => {
        ::std::string::String
    };
    (Flag) => {
        bool
    };
    (Int) => {
        i32
    };
    (Long) => {
        i64
    };
    (Float) => {
        f32
    };
    (Double) => {
        f64
    };
    (Time) => {
        $crate::Timestamp
    };
    (Blob) => {
        $crate::Blob
    };
    (Document) => {
        $crate::Document
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! boxed_type {
    ($ty:ident) => { $ty };
    ($ty:ident boxed) => { ::std::boxed::Box<$ty> };
}

/// Declares a service: its facts and one unit struct for each operation, in the module `op`.
#[macro_export]
macro_rules! service {
    (
        $(#[$doc:meta])*
        $service:ident {
            id: $id:literal, signing: $signing:literal, endpoint: $endpoint:literal, version: $version:literal,
            protocols: [$($protocol:ident),*], target: $target:literal, namespace: $namespace:literal,
            $(query_compatible: $compatible:literal,)?
        }
        faults { $($fault:ident $code:literal $status:literal;)* }
        operations { $(
            $op:ident $method:ident $path:literal $http:literal ($($input:ident)?) -> ($($output:ident)?)
            $(wrapper $wrapper:literal)? [$($throws:ident),*];
        )* }
    ) => {
        $(#[$doc])*
        pub static $service: $crate::Service = $crate::Service {
            id: $id,
            signing: $signing,
            endpoint: $endpoint,
            version: $version,
            protocols: &[$($crate::Protocol::$protocol),*],
            target: $target,
            namespace: $namespace,
            query_compatible: [$($compatible,)? false][0],
            operations: &[$(&op::facts::$op),*],
            faults: &[$(&fault::$fault),*],
        };

        /// The faults that the model declares.
        #[allow(non_upper_case_globals)]
        pub mod fault {
            $(pub static $fault: $crate::fault::Declared = $crate::fault::Declared {
                name: stringify!($fault), code: $code, status: $status,
            };)*
        }

        /// One unit struct for each operation.
        pub mod op {
            $(
                #[derive(Clone, Copy, Debug)]
                pub struct $op;
                impl $crate::Call for $op {
                    type Input = $crate::shape_or_empty!($($input)?);
                    type Output = $crate::shape_or_empty!($($output)?);
                    const FACTS: &'static $crate::Operation = &facts::$op;
                }
            )*
            #[allow(non_upper_case_globals)]
            pub mod facts {
                $(pub static $op: $crate::Operation = $crate::Operation {
                    name: stringify!($op),
                    method: stringify!($method),
                    path: $path,
                    status: $http,
                    input: <$crate::in_facts!($($input)?)>::default_boxed,
                    output: <$crate::in_facts!($($output)?)>::default_boxed,
                    wrapper: [$(Some($wrapper),)? None][0],
                    faults: &[$(&super::super::fault::$throws),*],
                };)*
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! shape_or_empty {
    () => {
        $crate::service::Empty
    };
    ($shape:ident) => {
        super::$shape
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! in_facts {
    () => { $crate::service::Make<$crate::service::Empty> };
    ($shape:ident) => { $crate::service::Make<super::super::$shape> };
}
