//! How a codec looks into a shape without knowing its Rust type.
//!
//! A [`Shape`] has a static schema and two small methods: [`Shape::view`] shows member `i`, [`Shape::slot`] hands out
//! the place to write member `i`. Everything else (five codecs, validation, strict mode) is generic over `dyn Shape`
//! and compiled once.

use crate::Document;
use crate::schema::Structure;
use base::Timestamp;
use std::any::Any;
use std::collections::BTreeMap;

/// What a member holds, seen from outside.
pub enum View<'a> {
    Absent,
    Text(&'a str),
    Flag(bool),
    Int(i32),
    Long(i64),
    Float(f32),
    Double(f64),
    Time(Timestamp),
    Blob(&'a [u8]),
    Document(&'a Document),
    List(&'a dyn Items),
    Map(&'a dyn Entries),
    Structure(&'a dyn Shape),
}

impl View<'_> {
    pub fn is_absent(&self) -> bool {
        matches!(self, View::Absent)
    }
}

/// Where a member is written. Asking for a slot makes the member present.
pub enum Slot<'a> {
    Text(&'a mut String),
    Flag(&'a mut bool),
    Int(&'a mut i32),
    Long(&'a mut i64),
    Float(&'a mut f32),
    Double(&'a mut f64),
    Time(&'a mut Timestamp),
    Blob(&'a mut Blob),
    Document(&'a mut Document),
    List(&'a mut dyn Items),
    Map(&'a mut dyn Entries),
    Structure(&'a mut dyn Shape),
}

impl Slot<'_> {
    /// Takes back what an earlier writer put there. Scalars are left: whoever writes them overwrites them.
    pub fn clear(&mut self) {
        match self {
            Slot::List(items) => items.clear(),
            Slot::Map(entries) => entries.clear(),
            Slot::Structure(shape) => shape.reset(),
            _ => {}
        }
    }
}

/// A structure of some service's model.
pub trait Shape: Any + Send + Sync {
    fn schema(&self) -> &'static Structure;
    fn view(&self, member: usize) -> View<'_>;
    fn slot(&mut self, member: usize) -> Slot<'_>;
    /// Makes every member absent.
    fn reset(&mut self);
}

impl dyn Shape {
    pub fn downcast_ref<T: Shape>(&self) -> Option<&T> {
        (self as &dyn Any).downcast_ref()
    }

    pub fn downcast_mut<T: Shape>(&mut self) -> Option<&mut T> {
        (self as &mut dyn Any).downcast_mut()
    }
}

/// The elements of a list.
pub trait Items {
    fn len(&self) -> usize;
    fn at(&self, index: usize) -> View<'_>;
    /// Appends a default element and hands out its slot.
    fn push(&mut self) -> Slot<'_>;
    fn clear(&mut self);
    /// Bytes that one element takes in memory, beside what it owns elsewhere.
    fn element_size(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The entries of a map, in the order of their keys.
pub trait Entries {
    fn len(&self) -> usize;
    fn each(&self, visit: &mut dyn FnMut(&str, View<'_>));
    /// Makes an entry (or finds it) and hands out its slot.
    fn entry(&mut self, key: String) -> Slot<'_>;
    fn clear(&mut self);
    /// Bytes that one key and value take in memory, beside what they own elsewhere.
    fn entry_size(&self) -> usize;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A type that a member can have.
pub trait Value {
    fn view(&self) -> View<'_>;
    fn slot(&mut self) -> Slot<'_>;
}

/// Bytes, which JSON, query and XML write as base64.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Blob(pub Vec<u8>);

macro_rules! scalar {
    ($($ty:ty => $variant:ident),* $(,)?) => {$(
        impl Value for $ty {
            fn view(&self) -> View<'_> { View::$variant(*self) }
            fn slot(&mut self) -> Slot<'_> { Slot::$variant(self) }
        }
    )*};
}

scalar!(bool => Flag, i32 => Int, i64 => Long, f32 => Float, f64 => Double, Timestamp => Time);

impl Value for String {
    fn view(&self) -> View<'_> {
        View::Text(self)
    }
    fn slot(&mut self) -> Slot<'_> {
        Slot::Text(self)
    }
}

impl Value for Blob {
    fn view(&self) -> View<'_> {
        View::Blob(&self.0)
    }
    fn slot(&mut self) -> Slot<'_> {
        Slot::Blob(self)
    }
}

impl Value for Document {
    fn view(&self) -> View<'_> {
        View::Document(self)
    }
    fn slot(&mut self) -> Slot<'_> {
        Slot::Document(self)
    }
}

impl<T: Value + Default> Value for Option<T> {
    fn view(&self) -> View<'_> {
        self.as_ref().map_or(View::Absent, Value::view)
    }
    fn slot(&mut self) -> Slot<'_> {
        self.get_or_insert_with(T::default).slot()
    }
}

impl<T: Value + Default> Value for Box<T> {
    fn view(&self) -> View<'_> {
        (**self).view()
    }
    fn slot(&mut self) -> Slot<'_> {
        (**self).slot()
    }
}

impl<T: Value + Default> Value for Vec<T> {
    fn view(&self) -> View<'_> {
        View::List(self)
    }
    fn slot(&mut self) -> Slot<'_> {
        Slot::List(self)
    }
}

impl<T: Value + Default> Items for Vec<T> {
    fn len(&self) -> usize {
        Vec::len(self)
    }
    fn at(&self, index: usize) -> View<'_> {
        self[index].view()
    }
    fn push(&mut self) -> Slot<'_> {
        Vec::push(self, T::default());
        self.last_mut().expect("one was pushed on the line above").slot()
    }
    fn clear(&mut self) {
        Vec::clear(self);
    }
    fn element_size(&self) -> usize {
        size_of::<T>()
    }
}

impl<T: Value + Default> Value for BTreeMap<String, T> {
    fn view(&self) -> View<'_> {
        View::Map(self)
    }
    fn slot(&mut self) -> Slot<'_> {
        Slot::Map(self)
    }
}

impl<T: Value + Default> Entries for BTreeMap<String, T> {
    fn len(&self) -> usize {
        BTreeMap::len(self)
    }
    fn each(&self, visit: &mut dyn FnMut(&str, View<'_>)) {
        for (key, value) in self {
            visit(key, value.view());
        }
    }
    fn entry(&mut self, key: String) -> Slot<'_> {
        BTreeMap::entry(self, key).or_default().slot()
    }
    fn clear(&mut self) {
        BTreeMap::clear(self);
    }
    fn entry_size(&self) -> usize {
        size_of::<(String, T)>()
    }
}
