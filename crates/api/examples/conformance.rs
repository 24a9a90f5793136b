//! What the conformance suite in `tests/clients` talks to: our codecs behind standard input and output.
//!
//! One JSON object a line comes in and one goes out. `ask` is what is wanted: `decode` takes the parts of an HTTP request
//! and gives the operation that it is routed to, the input's members, and which of the model's bounds they break;
//! `answer` takes the members of an output, `fault` a code and a message, and both give the parts of an HTTP answer;
//! `stream` takes outputs of which each has one event in it, and gives an answer that goes on and its end.
//! Members are JSON, bodies base64.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use wire::codec::{self, Answer, Limits, Request, json};
use wire::route::{self, Route};
use wire::{Document, Fault, Operation, Protocol, Service, View, validate};

/// What every answer says its request was.
const REQUEST_ID: &str = "00000000-0000-4000-8000-000000000001";

/// As the suite names them: botocore's names, and the version where there are two.
const PROTOCOLS: &[(Protocol, &str)] = &[
    (Protocol::Json10, "json-1.0"),
    (Protocol::Json11, "json-1.1"),
    (Protocol::RpcV2Cbor, "smithy-rpc-v2-cbor"),
    (Protocol::RestJson, "rest-json"),
    (Protocol::Query, "query"),
    (Protocol::Ec2Query, "ec2"),
];

fn main() -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let told = Ask::read(&line).and_then(|ask| ask.tell());
        let told = told.unwrap_or_else(|why| BTreeMap::from([("error", Document::Text(why))]));
        let told = told
            .into_iter()
            .map(|(name, value)| (name.to_string(), value))
            .collect();
        writeln!(out, "{}", Document::Map(told).to_json()).map_err(|error| error.to_string())?;
        out.flush().map_err(|error| error.to_string())?;
    }
    Ok(())
}

type Told = BTreeMap<&'static str, Document>;

struct Ask {
    words: BTreeMap<String, Document>,
    service: &'static Service,
}

impl Ask {
    fn read(line: &str) -> Result<Ask, String> {
        let Document::Map(words) = Document::from_json(line.as_bytes(), &Limits::default()).map_err(told)? else {
            return Err("a line must be an object".to_string());
        };
        let name = text(&words, "service")?;
        let service = api::SERVICES.iter().find(|service| service.id == name);
        let service = *service.ok_or_else(|| format!("there is no service {name}"))?;
        Ok(Ask { service, words })
    }

    fn tell(&self) -> Result<Told, String> {
        match text(&self.words, "ask")? {
            "operations" => Ok(self.operations()),
            "decode" => self.decode(),
            "answer" => self.answer(),
            "fault" => self.fault(),
            "stream" => self.stream(),
            other => Err(format!("there is nothing to {other}")),
        }
    }

    fn operations(&self) -> Told {
        let names = self
            .service
            .operations
            .iter()
            .map(|op| Document::Text(op.name.to_string()));
        BTreeMap::from([("operations", Document::List(names.collect()))])
    }

    fn protocol(&self) -> Result<Protocol, String> {
        let name = text(&self.words, "protocol")?;
        let found = PROTOCOLS.iter().find(|(_, known)| *known == name);
        found
            .map(|(protocol, _)| *protocol)
            .ok_or_else(|| format!("there is no protocol {name}"))
    }

    fn decode(&self) -> Result<Told, String> {
        let Some(Document::Map(given)) = self.words.get("headers") else {
            return Err("no headers".to_string());
        };
        let headers = given.keys().map(|name| Ok((name.as_str(), text(given, name)?)));
        let headers = headers.collect::<Result<Vec<_>, String>>()?;
        let body = BASE64_STANDARD
            .decode(text(&self.words, "body")?)
            .map_err(|error| error.to_string())?;
        let request = Request {
            method: text(&self.words, "method")?,
            path: text(&self.words, "path")?,
            query: text(&self.words, "query")?,
            headers: &headers,
            body: &body,
        };
        let Route {
            service,
            operation,
            protocol,
        } = route::route(api::SERVICES, &request, Some(self.service.signing)).map_err(told)?;
        let input = codec::decode(protocol, service, operation, &request, &Limits::default()).map_err(told)?;
        let broken = validate::violations(input.as_ref());
        let broken = broken.iter().map(|violation| Document::Text(violation.to_string()));
        let mut members = Vec::new();
        json::write(input.as_ref(), &mut members);
        let known = PROTOCOLS
            .iter()
            .find(|(known, _)| *known == protocol)
            .map_or("", |(_, name)| *name);
        Ok(BTreeMap::from([
            ("protocol", Document::Text(known.to_string())),
            ("operation", Document::Text(operation.name.to_string())),
            (
                "members",
                Document::Text(String::from_utf8_lossy(&members).into_owned()),
            ),
            ("broken", Document::List(broken.collect())),
        ]))
    }

    fn operation(&self) -> Result<&'static Operation, String> {
        let name = text(&self.words, "operation")?;
        let operation = self.service.operation(name);
        operation.ok_or_else(|| format!("{} has no operation {name}", self.service.id))
    }

    fn stream(&self) -> Result<Told, String> {
        let (protocol, operation) = (self.protocol()?, self.operation()?);
        let Some(Document::List(given)) = self.words.get("outputs") else {
            return Err("no outputs".to_string());
        };
        let empty = (operation.output)();
        let mut answer = codec::events::opening(protocol, operation, &*empty, REQUEST_ID);
        for given in given {
            let mut output = (operation.output)();
            json::read(given.to_json().as_bytes(), output.as_mut(), &Limits::default()).map_err(told)?;
            let members = 0..output.schema().members.len();
            let events = members.filter_map(|member| match output.view(member) {
                View::Structure(events) if events.schema().events => Some(codec::events::event(protocol, events)),
                _ => None,
            });
            answer.body.extend(events.flatten());
        }
        answer.body.extend(codec::events::broken("TheEnd", "Nothing more."));
        Ok(parts(answer))
    }

    fn answer(&self) -> Result<Told, String> {
        let operation = self.operation()?;
        let mut output = (operation.output)();
        json::read(
            text(&self.words, "members")?.as_bytes(),
            output.as_mut(),
            &Limits::default(),
        )
        .map_err(told)?;
        Ok(parts(codec::answer(
            self.protocol()?,
            self.service,
            operation,
            output.as_ref(),
            REQUEST_ID,
        )))
    }

    fn fault(&self) -> Result<Told, String> {
        let name = text(&self.words, "fault")?;
        let declared = self
            .service
            .fault(name)
            .ok_or_else(|| format!("{} declares no {name}", self.service.id))?;
        let fault = Fault::new(declared, text(&self.words, "message")?);
        Ok(parts(codec::fault(
            self.protocol()?,
            Some(self.service),
            &fault,
            REQUEST_ID,
        )))
    }
}

fn text<'a>(words: &'a BTreeMap<String, Document>, name: &str) -> Result<&'a str, String> {
    match words.get(name) {
        Some(Document::Text(text)) => Ok(text),
        _ => Err(format!("{name} must be a text")),
    }
}

fn told(fault: Fault) -> String {
    fault.to_string()
}

fn parts(answer: Answer) -> Told {
    let header = |(name, value): (std::borrow::Cow<'_, str>, String)| (name.into_owned(), Document::Text(value));
    BTreeMap::from([
        ("status", Document::Whole(answer.status.into())),
        (
            "headers",
            Document::Map(answer.headers.into_iter().map(header).collect()),
        ),
        ("body", Document::Text(BASE64_STANDARD.encode(&answer.body))),
    ])
}
