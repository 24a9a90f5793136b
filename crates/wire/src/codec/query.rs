//! Forms: the requests of awsQuery and ec2Query.
//!
//! A form is flat, and a shape is not: `Filter.1.Value.2` is the second value of the first filter. The parameters are
//! sorted, so that each structure, list and map finds what is its own in one stretch; an index only puts elements in
//! order, so gaps close and a huge one holds no memory.

mod form;
#[cfg(test)]
mod tests;

use super::Limits;
use super::rest::{text, uri};
use super::trouble::{Budget, Outcome, kind_name};
use crate::schema::{Kind, Member, Structure, TimeFormat, Type};
use crate::value::{Entries, Items};
use crate::{Fault, Protocol, Shape, Slot};
use form::{Group, Parameter, groups, is_index, parse};
use std::borrow::Cow;

/// Parameters that every form may have and that belong to the envelope.
const ENVELOPE: [&str; 9] = [
    "Action",
    "Version",
    "AWSAccessKeyId",
    "Signature",
    "SignatureMethod",
    "SignatureVersion",
    "SecurityToken",
    "Timestamp",
    "Expires",
];

/// How much of a refused value is shown, in characters.
const SHOWN_VALUE: usize = 64;

pub fn read(protocol: Protocol, form: &str, input: &mut dyn Shape, limits: &Limits) -> Result<(), Fault> {
    let parameters = parse(form, limits.members)?;
    let mut reader = Reader {
        ec2: protocol == Protocol::Ec2Query,
        budget: Budget::new(limits),
    };
    reader.structure(input, &parameters, 0)
}

/// The operation and the API version that a form names.
pub fn action(form: &str) -> Option<(Cow<'_, str>, Option<Cow<'_, str>>)> {
    let (mut action, mut version) = (None, None);
    for pair in form.split('&') {
        match pair.split_once('=') {
            Some(("Action", value)) => action = uri::decode(value, true).ok(),
            Some(("Version", value)) => version = uri::decode(value, true).ok(),
            _ => {}
        }
    }
    action.map(|action| (action, version))
}

struct Reader {
    ec2: bool,
    budget: Budget,
}

impl Reader {
    fn structure(&mut self, shape: &mut dyn Shape, parameters: &[Parameter<'_>], at: usize) -> Result<(), Fault> {
        bounded(self.budget.enter())?;
        let schema = shape.schema();
        for group in groups(parameters, at) {
            if let Some(index) = self.member(schema, group.segment) {
                let member = &schema.members[index];
                let flat = member.flattened || member.ty.flattened;
                self.value(shape.slot(index), member.ty, flat, member.time, &group)?;
            } else if self.ec2 && !(at == 0 && is_envelope(group.segment)) {
                let name = &group.parameters[0].name;
                let message = format!("The parameter {} is not recognized", cut(name));
                return Err(Fault::common("UnknownParameter", 400, message));
            }
        }
        self.budget.leave();
        Ok(())
    }

    /// The index of the member that a form calls `name`.
    fn member(&self, schema: &Structure, name: &str) -> Option<usize> {
        let named = |member: &Member| match (self.ec2, member.query_name, member.location_name) {
            (true, Some(query_name), _) => query_name == name,
            (true, None, Some(location_name)) => is_capitalised(location_name, name),
            (_, _, location_name) => {
                let element = member
                    .ty
                    .element_name
                    .filter(|_| member.ty.kind == Kind::List && (member.flattened || member.ty.flattened) && !self.ec2);
                element.or(location_name).unwrap_or(member.name) == name
            }
        };
        schema.members.iter().position(named)
    }

    fn value(
        &mut self,
        slot: Slot<'_>,
        ty: &'static Type,
        flat: bool,
        time: Option<TimeFormat>,
        group: &Group<'_, '_>,
    ) -> Result<(), Fault> {
        bounded(self.budget.member())?;
        let Group { parameters, at, .. } = *group;
        match slot {
            Slot::Structure(shape) => {
                self.empty(parameters, at, "Unexpected complex element termination")?;
                self.structure(shape, parameters, at)
            }
            Slot::List(items) => {
                self.empty(parameters, at, "Unexpected list element termination")?;
                if flat || self.ec2 {
                    return self.list(items, ty, parameters, at);
                }
                for group in groups(parameters, at) {
                    if group.segment != ty.element_name.unwrap_or("member") {
                        return Err(self.malformed("Unexpected list element termination", &group));
                    }
                    self.empty(group.parameters, group.at, "Unexpected list element termination")?;
                    self.list(items, ty, group.parameters, group.at)?;
                }
                Ok(())
            }
            Slot::Map(entries) => {
                self.empty(parameters, at, "Unexpected map termination")?;
                if flat {
                    return self.map(entries, ty, parameters, at);
                }
                for group in groups(parameters, at) {
                    if group.segment != "entry" {
                        return Err(self.malformed("Unexpected map termination", &group));
                    }
                    self.map(entries, ty, group.parameters, group.at)?;
                }
                Ok(())
            }
            mut slot => {
                if let Some(child) = groups(parameters, at).next() {
                    let list = is_index(child.segment) || child.segment == "member";
                    let what = if list { "list" } else { "structure or map" };
                    return Err(self.malformed(&format!("Start of {what} found where not expected"), &child));
                }
                let last = parameters
                    .last()
                    .expect("a group has at least the parameter it was made of");
                if let (Slot::Flag(flag), true) = (&mut slot, last.value.eq_ignore_ascii_case("true")) {
                    **flag = true;
                    return Ok(());
                }
                if let (Slot::Flag(flag), true) = (&mut slot, last.value.eq_ignore_ascii_case("false")) {
                    **flag = false;
                    return Ok(());
                }
                let format = time.or(ty.time).unwrap_or(TimeFormat::Iso8601);
                text::read(slot, &last.value, format).map_err(|_| self.refused(last, ty))
            }
        }
    }

    fn list(
        &mut self,
        items: &mut dyn Items,
        ty: &'static Type,
        parameters: &[Parameter<'_>],
        at: usize,
    ) -> Result<(), Fault> {
        bounded(self.budget.enter())?;
        let of = ty.of.expect("a list type says what it is a list of");
        for group in groups(parameters, at) {
            if !is_index(group.segment) {
                return Err(self.malformed("Unexpected list element termination", &group));
            }
            bounded(self.budget.element(items.len(), items.element_size()))?;
            self.value(items.push(), of, of.flattened, None, &group)?;
        }
        self.budget.leave();
        Ok(())
    }

    fn map(
        &mut self,
        entries: &mut dyn Entries,
        ty: &'static Type,
        parameters: &[Parameter<'_>],
        at: usize,
    ) -> Result<(), Fault> {
        bounded(self.budget.enter())?;
        let of = ty.of.expect("a map type says what it is a map to");
        for entry in groups(parameters, at) {
            let part = |name| groups(entry.parameters, entry.at).find(|part| part.segment == name);
            let key = part(ty.key_name.unwrap_or("key"));
            let key = key.and_then(|key| key.parameters.last().filter(|p| p.rest(key.at).is_none()));
            let value = part(ty.element_name.unwrap_or("value"));
            // A structure with nothing in it leaves no trace in a form.
            let may_be_absent = of.kind == Kind::Structure;
            let (Some(key), true, true) = (key, value.is_some() || may_be_absent, is_index(entry.segment)) else {
                return Err(self.malformed("Unexpected map termination", &entry));
            };
            bounded(self.budget.entry(entries.len(), entries.entry_size()))?;
            let mut slot = entries.entry(key.value.to_string());
            // Of two entries with one key, the last wins.
            slot.clear();
            if let Some(value) = value {
                self.value(slot, of, of.flattened, None, &value)?;
            }
        }
        self.budget.leave();
        Ok(())
    }

    /// A list, map or structure may be written as `Name=` when there is nothing in it, and as nothing else.
    fn empty(&self, parameters: &[Parameter<'_>], at: usize, trouble: &str) -> Result<(), Fault> {
        match parameters.iter().find(|p| p.rest(at).is_none() && !p.value.is_empty()) {
            Some(bad) => Err(self.fault(&bad.name, trouble)),
            None => Ok(()),
        }
    }

    fn malformed(&self, trouble: &str, group: &Group<'_, '_>) -> Fault {
        self.fault(&group.parameters[0].name, trouble)
    }

    fn fault(&self, name: &str, trouble: &str) -> Fault {
        if self.ec2 {
            let message = format!(
                "The parameter {} is not in the form that was expected: {trouble}",
                cut(name)
            );
            Fault::common("InvalidParameterValue", 400, message)
        } else {
            Fault::common("MalformedInput", 400, format!("{trouble} at {}", cut(name)))
        }
    }

    fn refused(&self, parameter: &Parameter<'_>, ty: &Type) -> Fault {
        let value = if ty.sensitive {
            "***".to_string()
        } else {
            cut(&parameter.value)
        };
        let (name, kind) = (cut(&parameter.name), kind_name(ty.kind));
        if self.ec2 {
            let message = format!("Value ({value}) for parameter {name} is invalid. Expected a value of type {kind}.");
            Fault::common("InvalidParameterValue", 400, message)
        } else {
            Fault::common(
                "MalformedInput",
                400,
                format!("{value} cannot be converted to {kind} at {name}"),
            )
        }
    }
}

fn bounded<T>(outcome: Outcome<T>) -> Result<T, Fault> {
    outcome.map_err(|trouble| Fault {
        code: Cow::Borrowed("MalformedInput"),
        ..Fault::from(trouble)
    })
}

fn is_envelope(name: &str) -> bool {
    ENVELOPE.contains(&name) || name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("x-amz-"))
}

/// Whether `name` is `location_name` with a capital first letter, which is how EC2 takes names in.
fn is_capitalised(location_name: &str, name: &str) -> bool {
    let (want, have) = (location_name.as_bytes(), name.as_bytes());
    want.len() == have.len()
        && want.first().map(u8::to_ascii_uppercase) == have.first().copied()
        && want.get(1..) == have.get(1..)
}

fn cut(text: &str) -> String {
    text.chars().take(SHOWN_VALUE).collect()
}
