//! XML: the answers to forms, and the faults.
//!
//! awsQuery answers `<OpResponse><OpResult>..</OpResult><ResponseMetadata>..`; EC2 answers the members right inside of
//! `<OpResponse>` beside a `requestId`, and calls what a list holds `item`.

#[cfg(test)]
mod tests;

use super::Answer;
use super::rest::text;
use crate::schema::{Kind, Member, TimeFormat, Type};
use crate::{Detail, Fault, Operation, Protocol, Service, Shape, View};

pub fn answer(protocol: Protocol, service: &Service, op: &Operation, output: &dyn Shape, request_id: &str) -> Answer {
    let mut writer = Writer::new(protocol);
    let response = format!("{}Response", op.name);
    writer.open(&response, service.namespace);
    if writer.ec2 {
        writer.leaf("requestId", request_id);
        if output.schema().members.is_empty() {
            // What EC2 says when there is nothing else to say.
            writer.leaf("return", "true");
        }
        writer.members(output);
    } else {
        if let Some(wrapper) = op.wrapper {
            writer.structure(wrapper, output, None);
        }
        writer.open("ResponseMetadata", "");
        writer.leaf("RequestId", request_id);
        writer.close("ResponseMetadata");
    }
    writer.close(&response);
    writer.into_answer(op.status, request_id)
}

pub fn fault(protocol: Protocol, service: Option<&Service>, fault: &Fault, request_id: &str) -> Answer {
    let mut writer = Writer::new(protocol);
    if writer.ec2 {
        writer.open("Response", "");
        writer.open("Errors", "");
    } else {
        writer.open("ErrorResponse", service.map_or("", |service| service.namespace));
    }
    writer.open("Error", "");
    if !writer.ec2 {
        writer.leaf("Type", if fault.is_ours() { "Receiver" } else { "Sender" });
    }
    writer.leaf("Code", &fault.code);
    writer.leaf("Message", &fault.message);
    for (name, detail) in &fault.details {
        match detail {
            Detail::Text(value) => writer.leaf(name, value),
            Detail::Number(value) => writer.leaf(name, &value.to_string()),
            Detail::Texts(values) => {
                writer.open(name, "");
                for value in values {
                    writer.leaf(writer.element_name(), value);
                }
                writer.close(name);
            }
        }
    }
    writer.close("Error");
    if writer.ec2 {
        writer.close("Errors");
        writer.leaf("RequestID", request_id);
        writer.close("Response");
    } else {
        writer.leaf("RequestId", request_id);
        writer.close("ErrorResponse");
    }
    writer.into_answer(fault.status, request_id)
}

struct Writer {
    ec2: bool,
    out: String,
}

impl Writer {
    fn new(protocol: Protocol) -> Writer {
        let mut out = String::with_capacity(1024);
        out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        Writer {
            ec2: protocol == Protocol::Ec2Query,
            out,
        }
    }

    fn into_answer(self, status: u16, request_id: &str) -> Answer {
        let mut answer = Answer::new(status)
            .with("content-type", "text/xml;charset=UTF-8")
            .with("x-amzn-requestid", request_id);
        answer.body = self.out.into_bytes();
        answer
    }

    fn open(&mut self, name: &str, namespace: &str) {
        self.out.push('<');
        self.out.push_str(name);
        if !namespace.is_empty() {
            self.attribute("xmlns", namespace);
        }
        self.out.push('>');
    }

    fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        escape(value, true, &mut self.out);
        self.out.push('"');
    }

    fn leaf(&mut self, name: &str, text: &str) {
        self.open(name, "");
        escape(text, false, &mut self.out);
        self.close(name);
    }

    /// What the elements of a list are called when the model does not say.
    fn element_name(&self) -> &'static str {
        if self.ec2 { "item" } else { "member" }
    }

    fn members(&mut self, shape: &dyn Shape) {
        for (i, member) in shape.schema().members.iter().enumerate() {
            let view = shape.view(i);
            if view.is_absent() || member.xml_attribute {
                continue;
            }
            let name = member.location_name.unwrap_or(member.name);
            self.member(name, &view, member);
        }
    }

    fn member(&mut self, name: &str, view: &View<'_>, member: &Member) {
        let ty = member.ty;
        let flat = member.flattened || ty.flattened;
        match view {
            View::List(items) if flat => {
                let (of, name) = (of(ty), ty.element_name.unwrap_or(name));
                for i in 0..items.len() {
                    self.value(name, &items.at(i), of, member.time, member.xml_namespace);
                }
            }
            View::Map(entries) if flat => entries.each(&mut |key, value| self.entry(name, key, &value, ty)),
            view => self.value(name, view, ty, member.time, member.xml_namespace),
        }
    }

    fn value(&mut self, name: &str, view: &View<'_>, ty: &Type, time: Option<TimeFormat>, namespace: Option<&str>) {
        match view {
            View::Structure(shape) => self.structure(name, *shape, namespace),
            View::List(items) => {
                let of = of(ty);
                self.open(name, namespace.unwrap_or(""));
                for i in 0..items.len() {
                    let element = ty.element_name.unwrap_or(self.element_name());
                    self.value(element, &items.at(i), of, None, None);
                }
                self.close(name);
            }
            View::Map(entries) => {
                self.open(name, namespace.unwrap_or(""));
                entries.each(&mut |key, value| self.entry("entry", key, &value, ty));
                self.close(name);
            }
            View::Text(text) => {
                self.open(name, namespace.unwrap_or(""));
                escape(text, false, &mut self.out);
                self.close(name);
            }
            // XML has no place for what has no schema, and no model of these protocols has such a member.
            scalar => {
                if let Some(text) = text::write(scalar, ty, time, TimeFormat::Iso8601) {
                    self.open(name, namespace.unwrap_or(""));
                    self.out.push_str(&text);
                    self.close(name);
                }
            }
        }
    }

    fn structure(&mut self, name: &str, shape: &dyn Shape, namespace: Option<&str>) {
        let members = shape.schema().members;
        if !members.iter().any(|member| member.xml_attribute) {
            self.open(name, namespace.unwrap_or(""));
        } else {
            self.out.push('<');
            self.out.push_str(name);
            if let Some(uri) = namespace {
                self.attribute("xmlns", uri);
            }
            for (i, member) in members.iter().enumerate().filter(|(_, member)| member.xml_attribute) {
                let view = shape.view(i);
                let attribute = member.location_name.unwrap_or(member.name);
                if let View::Text(text) = view {
                    self.attribute(attribute, text);
                } else if let Some(text) = text::write(&view, member.ty, member.time, TimeFormat::Iso8601) {
                    self.attribute(attribute, &text);
                }
            }
            self.out.push('>');
        }
        self.members(shape);
        self.close(name);
    }

    fn entry(&mut self, name: &str, key: &str, value: &View<'_>, ty: &Type) {
        self.open(name, "");
        self.leaf(ty.key_name.unwrap_or("key"), key);
        self.value(ty.element_name.unwrap_or("value"), value, of(ty), None, None);
        self.close(name);
    }
}

fn of(ty: &Type) -> &'static Type {
    debug_assert!(matches!(ty.kind, Kind::List | Kind::Map));
    ty.of.expect("a list or map type says what it holds")
}

/// Writes text so that a reader gets it back as it was, but for the characters that XML cannot hold at all, even
/// escaped: in their place stands the replacement character, because a reader would refuse the whole answer.
fn escape(text: &str, in_attribute: bool, out: &mut String) {
    // Nearly all text has none of these; 0xEF begins the two characters near the end of Unicode's first plane.
    let is_plain = |c: u8| c >= b' ' && !matches!(c, b'&' | b'<' | b'>' | b'"' | 0xEF);
    if text.bytes().all(is_plain) {
        return out.push_str(text);
    }
    let mut written = 0;
    for (at, c) in text.char_indices() {
        let instead = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            '"' if in_attribute => "&quot;",
            // Readers make a line feed of it, and a space of both within an attribute.
            '\r' => "&#xD;",
            '\n' if in_attribute => "&#xA;",
            '\t' if in_attribute => "&#x9;",
            '\n' | '\t' => continue,
            '\0'..'\u{20}' | '\u{FFFE}' | '\u{FFFF}' => "\u{FFFD}",
            _ => continue,
        };
        out.push_str(&text[written..at]);
        out.push_str(instead);
        written = at + c.len_utf8();
    }
    out.push_str(&text[written..]);
}
