//! From a request's path, query, headers and body into slots.

use super::{text, uri};
use crate::codec::json::{self, Style};
use crate::codec::trouble::{Budget, Outcome, Trouble};
use crate::codec::{Limits, Request};
use crate::schema::{Kind, Member, Place, TimeFormat};
use crate::{Fault, Operation, Shape, Slot};

pub(in crate::codec) fn read(
    op: &Operation,
    request: &Request<'_>,
    into: &mut dyn Shape,
    limits: &Limits,
) -> Result<(), Fault> {
    read_body(request.body, into, limits)?;
    let budget = Budget::new(limits);
    Elsewhere { into, budget }.read(op, request)?;
    Ok(())
}

fn read_body(body: &[u8], into: &mut dyn Shape, limits: &Limits) -> Result<(), Fault> {
    let members = into.schema().members;
    if body.is_empty() {
        return Ok(());
    }
    let Some(index) = members.iter().position(|m| m.place == Place::Payload) else {
        // A body that the model has no use for is not looked at.
        let wanted = members.iter().any(|m| m.place == Place::Body);
        return if wanted {
            json::read_as(Style::Rest, body, into, limits)
        } else {
            Ok(())
        };
    };
    let member = &members[index];
    match into.slot(index) {
        Slot::Blob(blob) => blob.0 = body.to_vec(),
        Slot::Text(text) => {
            let body = std::str::from_utf8(body).map_err(|_| Trouble::new("Invalid UTF-8").within(member.name))?;
            *text = body.to_string();
        }
        slot => json::read_payload(body, slot, member, limits)?,
    }
    Ok(())
}

/// What does not travel in the body.
struct Elsewhere<'s> {
    into: &'s mut dyn Shape,
    budget: Budget,
}

impl Elsewhere<'_> {
    fn read(&mut self, op: &Operation, request: &Request<'_>) -> Outcome<()> {
        let members = self.into.schema().members;
        let labels = uri::labels(op.path, request.path)
            .ok_or_else(|| Trouble::new(format!("The path is not one of {}", op.name)))?;
        let fixed = op.path.split_once('?').map_or("", |(_, query)| query);
        for (index, member) in members.iter().enumerate() {
            match member.place {
                Place::Body | Place::Payload | Place::StatusCode => {}
                Place::Uri(name) => {
                    for (_, raw) in labels.iter().filter(|(label, _)| *label == name) {
                        let value = uri::decode(raw, false)?;
                        self.scalar(index, &value, TimeFormat::Iso8601)?;
                    }
                }
                Place::Query(name) => {
                    for pair in uri::pairs(request.query) {
                        let (key, value) = pair?;
                        if key == name {
                            self.query(index, &value)?;
                        }
                    }
                }
                Place::QueryMap => {
                    for pair in uri::pairs(request.query) {
                        let (key, value) = pair?;
                        let bound = members.iter().any(|m| m.place == Place::Query(bound_name(m, &key)))
                            || uri::pairs(fixed).flatten().any(|(k, _)| k == key)
                            // Presigned requests carry their signature in the query.
                            || key.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("x-amz-"));
                        if !bound {
                            self.entry(index, &key, &value)?;
                        }
                    }
                }
                Place::Header(name) => {
                    if let Some(value) = request.header(name) {
                        self.header(index, value)?;
                    }
                }
                Place::Headers(prefix) => {
                    for (name, value) in request.headers {
                        if name
                            .get(..prefix.len())
                            .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
                        {
                            self.entry(index, &name[prefix.len()..], value)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn scalar(&mut self, index: usize, value: &str, usual: TimeFormat) -> Outcome<()> {
        let member = &self.into.schema().members[index];
        self.budget.member()?;
        let format = member.time.or(member.ty.time).unwrap_or(usual);
        text::read(self.into.slot(index), value, format).map_err(|t| t.within(member.name))
    }

    /// A parameter that is there several times is a list.
    fn query(&mut self, index: usize, value: &str) -> Outcome<()> {
        let member = &self.into.schema().members[index];
        if member.ty.kind != Kind::List {
            return self.scalar(index, value, TimeFormat::Iso8601);
        }
        self.element(index, value, TimeFormat::Iso8601)
    }

    fn header(&mut self, index: usize, value: &str) -> Outcome<()> {
        let member = &self.into.schema().members[index];
        let Some(of) = member.ty.of.filter(|_| member.ty.kind == Kind::List) else {
            return self.scalar(index, value.trim(), TimeFormat::Rfc822);
        };
        // The dates of HTTP have a comma in them.
        let dates = of.kind == Kind::Time && of.time.unwrap_or(TimeFormat::Rfc822) == TimeFormat::Rfc822;
        for part in text::split_list(value, dates) {
            self.element(index, &part, TimeFormat::Rfc822)?;
        }
        Ok(())
    }

    fn element(&mut self, index: usize, value: &str, usual: TimeFormat) -> Outcome<()> {
        let member = &self.into.schema().members[index];
        self.budget.member()?;
        let of = member.ty.of.expect("a list type says what it is a list of");
        let Slot::List(items) = self.into.slot(index) else {
            return Err(Trouble::mismatch("STRING_VALUE", member.ty.kind).within(member.name));
        };
        let at = items.len();
        self.budget.element(at, items.element_size())?;
        text::read(items.push(), value, of.time.unwrap_or(usual)).map_err(|t| t.at(at).within(member.name))
    }

    fn entry(&mut self, index: usize, key: &str, value: &str) -> Outcome<()> {
        let member = &self.into.schema().members[index];
        self.budget.member()?;
        let Slot::Map(entries) = self.into.slot(index) else {
            return Err(Trouble::mismatch("STRING_VALUE", member.ty.kind).within(member.name));
        };
        self.budget.entry(entries.len(), entries.entry_size())?;
        let slot = match entries.entry(key.to_string()) {
            Slot::List(items) => {
                self.budget.element(items.len(), items.element_size())?;
                items.push()
            }
            slot => slot,
        };
        text::read(slot, value, TimeFormat::Iso8601).map_err(|t| t.within(key).within(member.name))
    }
}

/// The name under which the query is bound to `member`, if it is the one that `key` names.
fn bound_name(member: &Member, key: &str) -> &'static str {
    match member.place {
        Place::Query(name) if name == key => name,
        _ => "",
    }
}
