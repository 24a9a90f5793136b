//! From tokens into slots.

use super::Style;
use super::scalar::out_of_range;
use super::scan::Scanner;
use crate::codec::Limits;
use crate::codec::trouble::{Budget, Outcome, Trouble};
use crate::schema::{Kind, Member, Place, Structure, TimeFormat, Type};
use crate::{Document, Shape, Slot};
use std::borrow::Cow;
use std::collections::BTreeMap;

pub(super) struct Reader<'a> {
    pub(super) scan: Scanner<'a>,
    budget: Budget,
    style: Style,
}

impl<'a> Reader<'a> {
    pub fn new(style: Style, bytes: &'a [u8], limits: &Limits) -> Outcome<Self> {
        Ok(Reader {
            scan: Scanner::new(bytes)?,
            budget: Budget::new(limits),
            style,
        })
    }

    pub fn whole(&mut self, into: &mut dyn Shape) -> Outcome<()> {
        let style = self.style;
        self.structure(into, style)?;
        self.scan.end()
    }

    pub fn whole_value(&mut self, into: Slot<'_>, member: &Member) -> Outcome<()> {
        self.value(into, member.ty, member.time)?;
        self.scan.end()
    }

    pub fn whole_document(&mut self, into: &mut Document) -> Outcome<()> {
        *into = self.document()?;
        self.scan.end()
    }

    /// `places` is [`Style::Rest`] where members that travel elsewhere are not to be read from the body.
    fn structure(&mut self, into: &mut dyn Shape, places: Style) -> Outcome<()> {
        let schema = into.schema();
        let mut hint = 0;
        self.object(Kind::Structure, |r, key| {
            let Some(index) = r.position(schema, &key, hint, places) else {
                return r.skip();
            };
            hint = index + 1;
            let member = &schema.members[index];
            if r.null()? {
                return Ok(());
            }
            // The last of several wins, and takes nothing over from those before.
            let holds = matches!(member.ty.kind, Kind::List | Kind::Map | Kind::Structure);
            let again = holds && !into.view(index).is_absent();
            let mut slot = into.slot(index);
            if again {
                slot.clear();
            }
            r.value(slot, member.ty, member.time).map_err(|t| t.within(member.name))
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

    fn position(&self, schema: &'static Structure, key: &str, hint: usize, places: Style) -> Option<usize> {
        if self.style == Style::Rpc {
            return schema.position(key, hint);
        }
        schema
            .members
            .iter()
            .position(|m| m.location_name.unwrap_or(m.name) == key && (places == Style::Rpc || m.place == Place::Body))
    }

    fn value(&mut self, slot: Slot<'_>, ty: &'static Type, time: Option<TimeFormat>) -> Outcome<()> {
        match slot {
            Slot::Text(into) => *into = self.string(Kind::Text)?.into_owned(),
            Slot::Flag(into) => *into = self.flag()?,
            Slot::Int(into) => {
                *into = i32::try_from(self.long(Kind::Int)?).map_err(|_| out_of_range(Kind::Int))?;
            }
            Slot::Long(into) => *into = self.long(Kind::Long)?,
            Slot::Float(into) => *into = self.float()?,
            Slot::Double(into) => *into = self.double()?,
            Slot::Time(into) => *into = self.time(time.or(ty.time))?,
            Slot::Blob(into) => into.0 = self.blob()?,
            Slot::Document(into) => *into = self.document()?,
            Slot::Structure(into) => self.structure(into, Style::Rpc)?,
            Slot::List(into) => {
                let of = ty.of.expect("a list type says what it is a list of");
                self.array(Kind::List, |r, index| {
                    if r.null()? {
                        return Ok(());
                    }
                    r.budget.element(into.len(), into.element_size())?;
                    r.value(into.push(), of, None).map_err(|t| t.at(index))
                })?;
            }
            Slot::Map(into) => {
                let of = ty.of.expect("a map type says what its values are");
                self.object(Kind::Map, |r, key| {
                    if r.null()? {
                        return Ok(());
                    }
                    r.budget.entry(into.len(), into.entry_size())?;
                    let mut slot = into.entry(key.clone().into_owned());
                    slot.clear();
                    r.value(slot, of, None).map_err(|t| t.within(&key))
                })?;
            }
        }
        Ok(())
    }

    fn object(&mut self, wanted: Kind, mut each: impl FnMut(&mut Self, Cow<'a, str>) -> Outcome<()>) -> Outcome<()> {
        if !self.scan.take(b'{') {
            return Err(self.mismatch(wanted));
        }
        self.budget.enter()?;
        if !self.scan.take(b'}') {
            loop {
                self.budget.member()?;
                self.scan.peek();
                let key = self.scan.string()?;
                self.scan.expect(b':')?;
                each(self, key)?;
                if !self.scan.take(b',') {
                    break;
                }
            }
            self.scan.expect(b'}')?;
        }
        self.budget.leave();
        Ok(())
    }

    fn array(&mut self, wanted: Kind, mut each: impl FnMut(&mut Self, usize) -> Outcome<()>) -> Outcome<()> {
        if !self.scan.take(b'[') {
            return Err(self.mismatch(wanted));
        }
        self.budget.enter()?;
        if !self.scan.take(b']') {
            for index in 0.. {
                self.budget.member()?;
                each(self, index)?;
                if !self.scan.take(b',') {
                    break;
                }
            }
            self.scan.expect(b']')?;
        }
        self.budget.leave();
        Ok(())
    }

    fn skip(&mut self) -> Outcome<()> {
        match self.scan.peek() {
            Some(b'{') => self.object(Kind::Document, |r, _| r.skip()),
            Some(b'[') => self.array(Kind::Document, |r, _| r.skip()),
            Some(b'"') => self.scan.string().map(drop),
            Some(b'-' | b'0'..=b'9') => self.scan.number().map(drop),
            Some(b't' | b'f') => self.flag().map(drop),
            Some(b'n') => self.scan.word("null"),
            _ => Err(self.scan.unexpected()),
        }
    }

    fn document(&mut self) -> Outcome<Document> {
        Ok(match self.scan.peek() {
            Some(b'{') => {
                let mut map = BTreeMap::new();
                self.object(Kind::Document, |r, key| {
                    r.budget.entry(map.len(), size_of::<(String, Document)>())?;
                    map.insert(key.into_owned(), r.document()?);
                    Ok(())
                })?;
                Document::Map(map)
            }
            Some(b'[') => {
                let mut list = Vec::new();
                self.array(Kind::Document, |r, _| {
                    r.budget.element(list.len(), size_of::<Document>())?;
                    list.push(r.document()?);
                    Ok(())
                })?;
                Document::List(list)
            }
            Some(b'"') => Document::Text(self.scan.string()?.into_owned()),
            Some(b'-' | b'0'..=b'9') => {
                let number = self.scan.number()?;
                match number.whole {
                    Some(n) => Document::Whole(n),
                    None => Document::Number(number.double().ok_or_else(|| out_of_range(Kind::Double))?),
                }
            }
            Some(b't' | b'f') => Document::Flag(self.flag()?),
            Some(b'n') => {
                self.scan.word("null")?;
                Document::Null
            }
            _ => return Err(self.scan.unexpected()),
        })
    }
}
