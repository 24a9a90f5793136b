//! nftables' messages: a table, its chains, rules and maps, sent as one batch that happens wholly or not at all.
//!
//! The words of a rule ([`Match`], [`Then`]) are as many as our rules need, and read as `nft list table` shows them.

use super::{APPEND, CREATE, DUMP, Messages, Reply, Socket};
use crate::Cidr;
use std::io;
use std::net::Ipv4Addr;

const SUBSYSTEM: u16 = 10 << 8;
const BATCH_BEGIN: u16 = 0x10;
const BATCH_END: u16 = 0x11;
const NEW_TABLE: u16 = 0;
const DELETE_TABLE: u16 = 2;
const NEW_CHAIN: u16 = 3;
const GET_CHAIN: u16 = 4;
const NEW_RULE: u16 = 6;
const GET_RULE: u16 = 7;
const DELETE_RULE: u16 = 8;
const NEW_SET: u16 = 9;
const NEW_ELEMENT: u16 = 12;
const DELETE_ELEMENT: u16 = 14;
const LIST_ELEMENT: u16 = 1;
const FIXED: usize = 4;
/// Family IPv4, version 0, no resource.
const IPV4: [u8; FIXED] = [2, 0, 0, 0];
/// A register as a whole, and its four words; the first word is the same memory.
const WHOLE: u32 = 1;
const WORDS: [u32; 3] = [8, 9, 10];
const VERDICT: u32 = 0;
/// Elements sent in one message, whose list must stay below 64 KiB.
const ELEMENTS_AT_ONCE: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    InLink(String),
    OutLink(String),
    NotOutLink(String),
    InLinkOf(&'static str),
    OutLinkOf(&'static str),
    From(Cidr),
    To(Cidr),
    TcpPort(u16),
    UdpPort(u16),
    /// Of packets to a tunnel: which one they are for.
    TunnelNumber(u32),
    ToOf(&'static str),
    FromNoneOf(&'static str),
    /// An answer, or what belongs to a connection that was let through.
    Established,
    /// Its connection was sent to another address than it asked for.
    Translated,
    NotTranslated,
    /// To any address of this host.
    ToHost,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    Accept,
    Drop,
    Masquerade,
    TranslateTo(Ipv4Addr, u16),
    /// To what the map says of (protocol, port), if it says anything.
    TranslateByPort(&'static str),
    /// To what the map says of (address, protocol, port), if it says anything.
    TranslateByAddressAndPort(&'static str),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub when: Vec<Match>,
    pub then: Then,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    pub name: &'static str,
    pub kind: &'static str,
    pub hook: u32,
    pub priority: i32,
    pub rules: Vec<Rule>,
}

pub mod hook {
    pub const PREROUTING: u32 = 0;
    pub const INPUT: u32 = 1;
    pub const FORWARD: u32 = 2;
    pub const OUTPUT: u32 = 3;
    pub const POSTROUTING: u32 = 4;
}

/// A set, or a map if it has data. Kinds are numbers that only `nft list` reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    pub name: &'static str,
    pub key: (u32, u32),
    pub data: Option<(u32, u32)>,
}

/// Key and data, as the registers hold them.
pub type Element = (Vec<u8>, Option<Vec<u8>>);

pub struct Batch {
    messages: Messages,
    table: String,
}

impl Batch {
    pub fn new(table: &str) -> Batch {
        let mut messages = Messages::default();
        messages.begin(BATCH_BEGIN, 0, &[0, 0, 0, 10]);
        Batch {
            messages,
            table: table.to_owned(),
        }
    }

    pub fn send(mut self, socket: &mut Socket) -> io::Result<()> {
        self.messages.begin(BATCH_END, 0, &[0, 0, 0, 10]);
        socket.tell_batch(self.messages)
    }

    pub fn add_table(&mut self) {
        self.messages
            .begin(SUBSYSTEM | NEW_TABLE, CREATE, &IPV4)
            .text(1, &self.table)
            .be32(2, 0);
    }

    /// The table with all that is in it; fails the batch if there is none.
    pub fn delete_table(&mut self) {
        self.messages
            .begin(SUBSYSTEM | DELETE_TABLE, 0, &IPV4)
            .text(1, &self.table);
    }

    pub fn add_chain(&mut self, chain: &Chain) {
        let messages = &mut self.messages;
        messages
            .begin(SUBSYSTEM | NEW_CHAIN, CREATE, &IPV4)
            .text(1, &self.table)
            .text(3, chain.name);
        let hook = messages.nest(4);
        messages
            .be32(1, chain.hook)
            .bytes(2, &chain.priority.to_be_bytes())
            .end(hook);
        messages.be32(5, 1).text(7, chain.kind);
        for rule in &chain.rules {
            self.add_rule(chain.name, APPEND, rule, None);
        }
    }

    /// Behind the chain's other rules with [`APPEND`], else before them.
    pub fn add_rule(&mut self, chain: &str, place: u16, rule: &Rule, comment: Option<&str>) {
        let messages = &mut self.messages;
        messages
            .begin(SUBSYSTEM | NEW_RULE, CREATE | place, &IPV4)
            .text(1, &self.table)
            .text(2, chain);
        let list = messages.nest(4);
        rule.when.iter().for_each(|when| write_match(messages, when));
        write_then(messages, &rule.then);
        messages.end(list);
        if let Some(comment) = comment {
            messages.bytes(7, &comment_bytes(comment));
        }
    }

    pub fn delete_rule(&mut self, chain: &str, handle: &[u8]) {
        self.messages
            .begin(SUBSYSTEM | DELETE_RULE, 0, &IPV4)
            .text(1, &self.table)
            .text(2, chain)
            .bytes(3, handle);
    }

    /// `number` tells this set from the others of the batch.
    pub fn add_set(&mut self, set: &Set, number: u32) {
        let messages = &mut self.messages;
        messages
            .begin(SUBSYSTEM | NEW_SET, CREATE, &IPV4)
            .text(1, &self.table)
            .text(2, set.name);
        messages
            .be32(3, if set.data.is_some() { 8 } else { 0 })
            .be32(4, set.key.0)
            .be32(5, set.key.1);
        if let Some((kind, length)) = set.data {
            messages.be32(6, kind).be32(7, length);
        }
        messages.be32(10, number);
    }

    pub fn add_elements(&mut self, set: &str, elements: &[Element]) {
        self.elements(NEW_ELEMENT, CREATE, set, elements);
    }

    /// Fails the batch if one of them is not there.
    pub fn delete_elements(&mut self, set: &str, elements: &[Element]) {
        self.elements(DELETE_ELEMENT, 0, set, elements);
    }

    fn elements(&mut self, kind: u16, flags: u16, set: &str, elements: &[Element]) {
        let messages = &mut self.messages;
        for part in elements.chunks(ELEMENTS_AT_ONCE) {
            messages
                .begin(SUBSYSTEM | kind, flags, &IPV4)
                .text(1, &self.table)
                .text(2, set);
            let list = messages.nest(3);
            for (key, data) in part {
                let element = messages.nest(LIST_ELEMENT);
                value(messages, 1, key);
                if let Some(data) = data.as_ref().filter(|_| kind == NEW_ELEMENT) {
                    value(messages, 2, data);
                }
                messages.end(element);
            }
            messages.end(list);
        }
    }
}

/// A chain as the kernel lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenChain {
    pub family: u8,
    pub table: String,
    pub name: String,
    /// Where it looks at packets, if it does so by itself.
    pub hook: Option<u32>,
    /// It drops what no rule of it accepts.
    pub drops: bool,
}

pub fn chains(socket: &mut Socket) -> io::Result<Vec<SeenChain>> {
    let mut question = Messages::default();
    question.begin(SUBSYSTEM | GET_CHAIN, DUMP, &[0, 0, 0, 0]);
    let chain = |reply: &Reply| {
        let attributes = reply.attributes(FIXED);
        let drops = attributes.text(7) == Some("filter") && attributes.be32(5) == Some(0);
        Some(SeenChain {
            family: *reply.body.first()?,
            table: attributes.text(1)?.to_owned(),
            name: attributes.text(3)?.to_owned(),
            hook: attributes.nested(4).be32(1),
            drops,
        })
    };
    Ok(socket.ask(question)?.iter().filter_map(chain).collect())
}

/// Handles of the rules in an IPv4 chain that carry this comment.
pub fn rules_with_comment(socket: &mut Socket, table: &str, chain: &str, comment: &str) -> io::Result<Vec<Vec<u8>>> {
    let mut question = Messages::default();
    question
        .begin(SUBSYSTEM | GET_RULE, DUMP, &IPV4)
        .text(1, table)
        .text(2, chain);
    let ours = |reply: &Reply| {
        let attributes = reply.attributes(FIXED);
        let here = attributes.text(1) == Some(table) && attributes.text(2) == Some(chain);
        let marked = attributes.get(7) == Some(comment_bytes(comment).as_slice());
        (here && marked)
            .then(|| attributes.get(3).map(<[u8]>::to_vec))
            .flatten()
    };
    Ok(socket.ask(question)?.iter().filter_map(ours).collect())
}

/// A comment as `nft` and `iptables` know it: kind 0, length, text with its end.
fn comment_bytes(comment: &str) -> Vec<u8> {
    let length = u8::try_from(comment.len() + 1).expect("our comments are short");
    [&[0, length], comment.as_bytes(), &[0]].concat()
}

fn value(messages: &mut Messages, kind: u16, bytes: &[u8]) {
    let nest = messages.nest(kind);
    messages.bytes(1, bytes).end(nest);
}

fn expression(messages: &mut Messages, name: &str, write: impl FnOnce(&mut Messages)) {
    let element = messages.nest(LIST_ELEMENT);
    messages.text(1, name);
    let data = messages.nest(2);
    write(messages);
    messages.end(data).end(element);
}

fn meta(messages: &mut Messages, key: u32, register: u32) {
    expression(messages, "meta", |m| {
        m.be32(1, register).be32(2, key);
    });
}

fn payload(messages: &mut Messages, base: u32, offset: u32, length: u32, register: u32) {
    expression(messages, "payload", |m| {
        m.be32(1, register).be32(2, base).be32(3, offset).be32(4, length);
    });
}

fn compare(messages: &mut Messages, equal: bool, bytes: &[u8]) {
    expression(messages, "cmp", |m| {
        m.be32(1, WHOLE).be32(2, u32::from(!equal));
        value(m, 3, bytes);
    });
}

fn and(messages: &mut Messages, mask: [u8; 4]) {
    expression(messages, "bitwise", |m| {
        m.be32(1, WHOLE).be32(2, WHOLE).be32(3, 4);
        value(m, 4, &mask);
        value(m, 5, &[0; 4]);
    });
}

fn immediate(messages: &mut Messages, register: u32, bytes: &[u8]) {
    expression(messages, "immediate", |m| {
        m.be32(1, register);
        value(m, 2, bytes);
    });
}

const META_IN_NAME: u32 = 6;
const META_OUT_NAME: u32 = 7;
const META_PROTOCOL: u32 = 16;
const NETWORK: u32 = 1;
const TRANSPORT: u32 = 2;
const STATUS_TRANSLATED: u32 = 1 << 5;
const STATE_ESTABLISHED_OR_RELATED: u32 = 2 | 4;
const ADDRESS_LOCAL: u32 = 2;

/// A link's name as the kernel compares it.
pub fn name_bytes(name: &str) -> [u8; 16] {
    let mut bytes = [0; 16];
    let name = &name.as_bytes()[..name.len().min(15)];
    bytes[..name.len()].copy_from_slice(name);
    bytes
}

fn write_match(m: &mut Messages, when: &Match) {
    let name = |m: &mut Messages, key, equal, name: &str| {
        meta(m, key, WHOLE);
        compare(m, equal, &name_bytes(name));
    };
    let is_of = |m: &mut Messages, set: &str, is: bool| {
        expression(m, "lookup", |m| {
            m.text(1, set).be32(2, WHOLE).be32(5, u32::from(!is));
        });
    };
    let name_of = |m: &mut Messages, key, set: &str| {
        meta(m, key, WHOLE);
        is_of(m, set, true);
    };
    let port = |m: &mut Messages, protocol, port: u16| {
        meta(m, META_PROTOCOL, WHOLE);
        compare(m, true, &[protocol]);
        payload(m, TRANSPORT, 2, 2, WHOLE);
        compare(m, true, &port.to_be_bytes());
    };
    let address = |m: &mut Messages, offset, cidr: &Cidr| {
        payload(m, NETWORK, offset, 4, WHOLE);
        and(m, cidr.mask().to_be_bytes());
        compare(m, true, &cidr.base().octets());
    };
    let connection = |m: &mut Messages, key, bits: u32, equal| {
        expression(m, "ct", |m| {
            m.be32(1, WHOLE).be32(2, key);
        });
        and(m, bits.to_ne_bytes());
        compare(m, equal, &[0; 4]);
    };
    match when {
        Match::InLink(link) => name(m, META_IN_NAME, true, link),
        Match::OutLink(link) => name(m, META_OUT_NAME, true, link),
        Match::NotOutLink(link) => name(m, META_OUT_NAME, false, link),
        Match::InLinkOf(set) => name_of(m, META_IN_NAME, set),
        Match::OutLinkOf(set) => name_of(m, META_OUT_NAME, set),
        Match::From(cidr) => address(m, 12, cidr),
        Match::To(cidr) => address(m, 16, cidr),
        Match::TcpPort(number) => port(m, 6, *number),
        Match::UdpPort(number) => port(m, 17, *number),
        // Behind the header of UDP and the tunnel's flags.
        Match::TunnelNumber(number) => {
            payload(m, TRANSPORT, 12, 3, WHOLE);
            compare(m, true, &number.to_be_bytes()[1..]);
        }
        Match::ToOf(set) => {
            payload(m, NETWORK, 16, 4, WHOLE);
            is_of(m, set, true);
        }
        Match::FromNoneOf(set) => {
            payload(m, NETWORK, 12, 4, WHOLE);
            is_of(m, set, false);
        }
        Match::Established => connection(m, 0, STATE_ESTABLISHED_OR_RELATED, false),
        Match::Translated => connection(m, 2, STATUS_TRANSLATED, false),
        Match::NotTranslated => connection(m, 2, STATUS_TRANSLATED, true),
        Match::ToHost => {
            expression(m, "fib", |m| {
                m.be32(1, WHOLE).be32(2, 3).be32(3, 2);
            });
            compare(m, true, &ADDRESS_LOCAL.to_ne_bytes());
        }
    }
}

fn write_then(m: &mut Messages, then: &Then) {
    let verdict = |m: &mut Messages, code| {
        expression(m, "immediate", |m| {
            m.be32(1, VERDICT);
            let data = m.nest(2);
            let verdict = m.nest(2);
            m.be32(1, code).end(verdict).end(data);
        });
    };
    let look_up = |m: &mut Messages, set| {
        expression(m, "lookup", |m| {
            m.text(1, set).be32(2, WORDS[0]).be32(3, WORDS[0]);
        });
    };
    let translate = |m: &mut Messages| {
        expression(m, "nat", |m| {
            m.be32(1, 1).be32(2, 2).be32(3, WORDS[0]).be32(5, WORDS[1]);
        });
    };
    match then {
        Then::Accept => verdict(m, 1),
        Then::Drop => verdict(m, 0),
        Then::Masquerade => expression(m, "masq", |_| ()),
        Then::TranslateTo(address, port) => {
            immediate(m, WORDS[0], &address.octets());
            immediate(m, WORDS[1], &port.to_be_bytes());
            translate(m);
        }
        Then::TranslateByPort(map) => {
            meta(m, META_PROTOCOL, WORDS[0]);
            payload(m, TRANSPORT, 2, 2, WORDS[1]);
            look_up(m, map);
            translate(m);
        }
        Then::TranslateByAddressAndPort(map) => {
            payload(m, NETWORK, 16, 4, WORDS[0]);
            meta(m, META_PROTOCOL, WORDS[1]);
            payload(m, TRANSPORT, 2, 2, WORDS[2]);
            look_up(m, map);
            translate(m);
        }
    }
}
