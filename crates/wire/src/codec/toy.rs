//! A model of no one's with every kind of member, for the tests of the codecs.

use crate::{Blob, Document, Timestamp, View};
use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;

crate::shapes! {
    plain {
        Text Name; Flag Switch; Int Count; Long Big; Float Ratio; Double Precise; Time When; Blob Bytes; Document Open;
    }
    with {
        Time Iso .time(crate::schema::TimeFormat::Iso8601);
        Time Http .time(crate::schema::TimeFormat::Rfc822);
    }
    lists { Names of Name; Things of Thing; Times of Iso; Counts of Count; Dates of Http; }
    maps { Labels of Name Name; Shelf of Name Thing; Filters of Name Names; }
    structures {
        Structure::new Thing {
            name "name": Name; switch "switch": Switch; count "count": Count; big "big": Big; ratio "ratio": Ratio;
            precise "precise": Precise; when "when": When; iso "iso": Iso; http "http": Http; bytes "bytes": Bytes;
            open "open": Open; names "names": Names; times "times": Times; labels "labels": Labels;
            things "things": Things; shelf "shelf": Shelf; left "left": Thing<boxed>; either "either": Either;
            epoch "epoch": Iso .time(crate::schema::TimeFormat::UnixTimestamp);
        }
        Structure::union Either { here "here": Name; there "there": Count; }
        Structure::new Wide {
            a "a": Count; b "b": Count; c "c": Count; d "d": Count; e "e": Count; f "f": Count; g "g": Count;
            h "h": Count; i "i": Count; j "j": Count; k "k": Count; l "l": Count; m "m": Count; n "n": Count;
            o "o": Count; p "p": Count; q "q": Count; r "r": Count; s "s": Count; t "t": Count; u "u": Count;
            v "v": Count; w "w": Count; x "x": Count; y "y": Count; z "z": Count;
        }
        Structure::new RestInput {
            id "Id": Name .uri("Id").required(); path "Path": Name .uri("Path"); limit "Limit": Count .query("limit");
            since "Since": When .query("since"); states "States": Names .query("state");
            filters "Filters": Filters .query_map(); token "Token": Name .header("X-Token");
            counts "Counts": Counts .header("X-Counts"); dates "Dates": Dates .header("X-Dates");
            tagged "Tagged": Names .header("X-Tagged"); meta "Meta": Labels .headers("x-meta-");
            name "Name": Name; thing "Thing": Thing .named("thing");
        }
        Structure::new RestOutput {
            code "Code": Count .status_code(); token "Token": Name .header("X-Token"); at "At": When .header("X-At");
            tagged "Tagged": Names .header("X-Tagged"); meta "Meta": Labels .headers("x-meta-");
            name "Name": Name .named("name");
        }
        Structure::new Upload { id "Id": Name .uri("Id"); bytes "Bytes": Bytes .payload(); }
        Structure::new Wrapped { id "Id": Name .uri("Id"); thing "Thing": Thing .payload(); }
    }
}

crate::service! {
    /// A service of no one's.
    TOY {
        id: "toy", signing: "toy", endpoint: "toy", version: "2026-01-01",
        protocols: [RpcV2Cbor, Json11], target: "Toy_20260101", namespace: "",
        query_compatible: true,
    }
    faults { NotFound "ThingMissing" 404; }
    operations {
        Get GET "/things/{Id}/at/{Path+}?kind=thing" 200 (RestInput) -> (RestOutput) [NotFound];
        Nothing DELETE "/things/{Id}" 204 (Upload) -> () [];
        Put POST "/" 200 (Thing) -> (Thing) [NotFound];
        Upload PUT "/uploads/{Id}" 201 (Upload) -> (Upload) [];
        Wrap PUT "/wraps/{Id}" 200 (Wrapped) -> (Wrapped) [];
    }
}

/// Text with all that an encoder has to think about.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{0,12}",
        "\\PC{0,8}",
        any::<String>(),
        "[\"\\\\\n\t\u{0}-\u{20}a]{0,20}"
    ]
}

/// A time that every format can say, to the second.
fn second() -> impl Strategy<Value = Timestamp> {
    (-62_167_219_200i64..253_402_300_800).prop_map(|s| Timestamp(s * 1000))
}

fn time() -> impl Strategy<Value = Timestamp> {
    (-62_167_219_200_000i64..253_402_300_800_000).prop_map(Timestamp)
}

/// Not `NaN`, which equals nothing and has its own tests.
fn double() -> impl Strategy<Value = f64> {
    any::<f64>().prop_filter("NaN equals nothing", |n| !n.is_nan())
}

pub fn document() -> impl Strategy<Value = Document> {
    let leaf = prop_oneof![
        Just(Document::Null),
        any::<bool>().prop_map(Document::Flag),
        any::<i64>().prop_map(Document::Whole),
        double()
            .prop_filter("JSON has no infinity", |n| n.is_finite())
            .prop_map(Document::Number),
        text().prop_map(Document::Text),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Document::List),
            btree_map(text(), inner, 0..4).prop_map(Document::Map),
        ]
    })
}

fn either() -> impl Strategy<Value = Either> {
    prop_oneof![
        text().prop_map(|here| Either {
            here: Some(here),
            there: None
        }),
        any::<i32>().prop_map(|there| Either {
            here: None,
            there: Some(there)
        }),
    ]
}

pub fn thing() -> impl Strategy<Value = Thing> {
    let scalars = (of(text()), of(any::<bool>()), of(any::<i32>()), of(any::<i64>()));
    let numbers = (
        of(any::<f32>().prop_filter("NaN equals nothing", |n| !n.is_nan())),
        of(double()),
    );
    let times = (of(time()), of(time()), of(second()), of(vec(time(), 0..3)), of(time()));
    let rest = (
        of(vec(any::<u8>(), 0..40)),
        of(document().prop_filter("null says the same as nothing", |d| *d != Document::Null)),
        of(vec(text(), 0..4)),
        of(btree_map(text(), text(), 0..4)),
        of(either()),
    );
    let leaf = (scalars, numbers, times, rest).prop_map(|(scalars, numbers, times, rest)| Thing {
        name: scalars.0,
        switch: scalars.1,
        count: scalars.2,
        big: scalars.3,
        ratio: numbers.0,
        precise: numbers.1,
        when: times.0,
        iso: times.1,
        http: times.2,
        times: times.3,
        epoch: times.4,
        bytes: rest.0.map(Blob),
        open: rest.1,
        names: rest.2,
        labels: rest.3,
        either: rest.4,
        ..Default::default()
    });
    leaf.prop_recursive(3, 12, 3, |inner| {
        let children = (
            of(vec(inner.clone(), 0..3)),
            of(btree_map(text(), inner.clone(), 0..3)),
            of(inner.clone()),
        );
        (inner, children).prop_map(|(thing, (things, shelf, left))| Thing {
            things,
            shelf,
            left: left.map(Box::new),
            ..thing
        })
    })
}

/// Something that was written well, with a few bytes spoilt.
pub fn spoil(mut bytes: Vec<u8>, edits: &[(prop::sample::Index, u8, u8)]) -> Vec<u8> {
    for (at, byte, how) in edits {
        if bytes.is_empty() {
            break;
        }
        let at = at.index(bytes.len());
        match how % 4 {
            0 => bytes[at] = *byte,
            1 => bytes.insert(at, *byte),
            2 => drop(bytes.remove(at)),
            _ => bytes.truncate(at),
        }
    }
    bytes
}

pub fn edits() -> impl Strategy<Value = Vec<(prop::sample::Index, u8, u8)>> {
    vec(any::<(prop::sample::Index, u8, u8)>(), 1..6)
}

/// How deep a shape is and how many members, elements and entries it has, documents included.
pub fn measure(view: &View<'_>) -> (usize, usize) {
    let mut inside = Inside::default();
    match view {
        View::Structure(shape) => (0..shape.schema().members.len())
            .map(|i| shape.view(i))
            .filter(|v| !v.is_absent())
            .for_each(|v| inside.add(&v)),
        View::List(items) => (0..items.len()).for_each(|i| inside.add(&items.at(i))),
        View::Map(entries) => entries.each(&mut |_, v| inside.add(&v)),
        View::Document(Document::List(list)) => list.iter().for_each(|d| inside.add(&View::Document(d))),
        View::Document(Document::Map(map)) => map.values().for_each(|d| inside.add(&View::Document(d))),
        _ => return (0, 0),
    }
    (1 + inside.depth, inside.members)
}

#[derive(Default)]
struct Inside {
    depth: usize,
    members: usize,
}

impl Inside {
    fn add(&mut self, view: &View<'_>) {
        let (depth, members) = measure(view);
        self.depth = self.depth.max(depth);
        self.members += 1 + members;
    }
}
