//! From data items into slots.

use super::item::{Head, Items, Number, major};
use crate::codec::Limits;
use crate::codec::trouble::{Budget, Outcome, Trouble};
use crate::schema::{Kind, Type};
use crate::{Document, Shape, Slot, Timestamp};
use std::borrow::Cow;
use std::collections::BTreeMap;

pub(super) struct Reader<'a> {
    items: Items<'a>,
    budget: Budget,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8], limits: &Limits) -> Self {
        Reader {
            items: Items::new(bytes),
            budget: Budget::new(limits),
        }
    }

    pub fn whole(&mut self, into: &mut dyn Shape) -> Outcome<()> {
        let head = self.items.value()?;
        self.structure(head, into)?;
        self.items.end()
    }

    fn structure(&mut self, head: Head, into: &mut dyn Shape) -> Outcome<()> {
        let schema = into.schema();
        let mut hint = 0;
        self.map(head, Kind::Structure, |r, key| {
            let Some(index) = schema.position(&key, hint) else {
                return r.skip();
            };
            hint = index + 1;
            let member = &schema.members[index];
            if r.items.null() {
                return Ok(());
            }
            // The last of several wins, and takes nothing over from those before.
            let holds = matches!(member.ty.kind, Kind::List | Kind::Map | Kind::Structure);
            let again = holds && !into.view(index).is_absent();
            let mut slot = into.slot(index);
            if again {
                slot.clear();
            }
            r.value(slot, member.ty).map_err(|t| t.within(member.name))
        })?;
        let is_set = |index: &usize| !into.view(*index).is_absent();
        if schema.union && (0..schema.members.len()).filter(is_set).nth(1).is_some() {
            return Err(Trouble::new(format!(
                "Union {} has more than one member set",
                schema.name
            )));
        }
        Ok(())
    }

    fn value(&mut self, slot: Slot<'_>, ty: &'static Type) -> Outcome<()> {
        let head = self.items.value()?;
        let wrong = |kind| move || Trouble::mismatch(head.found(), kind);
        match slot {
            Slot::Text(into) => *into = self.text(head, Kind::Text)?.into_owned(),
            Slot::Flag(into) => *into = head.flag().ok_or_else(wrong(Kind::Flag))?,
            Slot::Int(into) => {
                let long = head.number().and_then(|n| n.long()).ok_or_else(wrong(Kind::Int))?;
                *into = i32::try_from(long).map_err(|_| wrong(Kind::Int)())?;
            }
            Slot::Long(into) => *into = head.number().and_then(|n| n.long()).ok_or_else(wrong(Kind::Long))?,
            Slot::Float(into) => *into = float(head).ok_or_else(wrong(Kind::Float))?,
            Slot::Double(into) => *into = head.number().ok_or_else(wrong(Kind::Double))?.double(),
            Slot::Time(into) => {
                let seconds = head.number().ok_or_else(wrong(Kind::Time))?.double();
                *into = Timestamp::from_secs_f64(seconds).ok_or_else(wrong(Kind::Time))?;
            }
            Slot::Blob(into) if head.major == major::BYTES => into.0 = self.items.string(head)?.into_owned(),
            Slot::Blob(_) => return Err(wrong(Kind::Blob)()),
            Slot::Document(into) => *into = self.document(head)?,
            Slot::Structure(into) => self.structure(head, into)?,
            Slot::List(into) => {
                let of = ty.of.expect("a list type says what it is a list of");
                self.array(head, Kind::List, |r, index| {
                    if r.items.null() {
                        return Ok(());
                    }
                    r.budget.element(into.len(), into.element_size())?;
                    r.value(into.push(), of).map_err(|t| t.at(index))
                })?;
            }
            Slot::Map(into) => {
                let of = ty.of.expect("a map type says what its values are");
                self.map(head, Kind::Map, |r, key| {
                    if r.items.null() {
                        return Ok(());
                    }
                    r.budget.entry(into.len(), into.entry_size())?;
                    let mut slot = into.entry(key.clone().into_owned());
                    slot.clear();
                    r.value(slot, of).map_err(|t| t.within(&key))
                })?;
            }
        }
        Ok(())
    }

    fn map(
        &mut self,
        head: Head,
        wanted: Kind,
        mut each: impl FnMut(&mut Self, Cow<'a, str>) -> Outcome<()>,
    ) -> Outcome<()> {
        if head.major != major::MAP {
            return Err(Trouble::mismatch(head.found(), wanted));
        }
        self.budget.enter()?;
        let mut left = self.items.count(head)?;
        while self.items.more(&mut left) {
            self.budget.member()?;
            let key = self.items.value()?;
            let key = self.text(key, Kind::Text)?;
            each(self, key)?;
        }
        self.budget.leave();
        Ok(())
    }

    fn array(
        &mut self,
        head: Head,
        wanted: Kind,
        mut each: impl FnMut(&mut Self, usize) -> Outcome<()>,
    ) -> Outcome<()> {
        if head.major != major::ARRAY {
            return Err(Trouble::mismatch(head.found(), wanted));
        }
        self.budget.enter()?;
        let mut left = self.items.count(head)?;
        let mut index = 0;
        while self.items.more(&mut left) {
            self.budget.member()?;
            each(self, index)?;
            index += 1;
        }
        self.budget.leave();
        Ok(())
    }

    fn skip(&mut self) -> Outcome<()> {
        let head = self.items.value()?;
        match head.major {
            major::MAP => self.map(head, Kind::Document, |r, _| r.skip()),
            major::ARRAY => self.array(head, Kind::Document, |r, _| r.skip()),
            major::TEXT | major::BYTES => self.items.string(head).map(drop),
            _ if head.found() == "BREAK" => Err(Trouble::mismatch("BREAK", Kind::Document)),
            _ => Ok(()),
        }
    }

    fn document(&mut self, head: Head) -> Outcome<Document> {
        if let Some(flag) = head.flag() {
            return Ok(Document::Flag(flag));
        }
        if let Some(number) = head.number() {
            return Ok(match number {
                Number::Whole(n) => i64::try_from(n).map_or(Document::Number(n as f64), Document::Whole),
                Number::Fraction(n) => Document::Number(n),
            });
        }
        Ok(match head.major {
            major::MAP => {
                let mut map = BTreeMap::new();
                self.map(head, Kind::Document, |r, key| {
                    r.budget.entry(map.len(), size_of::<(String, Document)>())?;
                    let head = r.items.value()?;
                    map.insert(key.into_owned(), r.document(head)?);
                    Ok(())
                })?;
                Document::Map(map)
            }
            major::ARRAY => {
                let mut list = Vec::new();
                self.array(head, Kind::Document, |r, _| {
                    r.budget.element(list.len(), size_of::<Document>())?;
                    let head = r.items.value()?;
                    list.push(r.document(head)?);
                    Ok(())
                })?;
                Document::List(list)
            }
            major::TEXT => Document::Text(self.items.text(head)?.into_owned()),
            _ if head.found() == "NULL_VALUE" => Document::Null,
            _ => return Err(Trouble::mismatch(head.found(), Kind::Document)),
        })
    }

    fn text(&mut self, head: Head, wanted: Kind) -> Outcome<Cow<'a, str>> {
        if head.major != major::TEXT {
            return Err(Trouble::mismatch(head.found(), wanted));
        }
        self.items.text(head)
    }
}

/// A finite number that a single cannot hold is refused, rather than made infinite.
fn float(head: Head) -> Option<f32> {
    let double = head.number()?.double();
    let single = double as f32;
    (single.is_finite() || !double.is_finite()).then_some(single)
}
