//! The macro language, used as the generator uses it.

wire::shapes! {
    plain { Text String; Flag Boolean; Int Integer; Document Open; }
    with { Text Mode .one_of(&["ON", "OFF"]); Int Port .min(0.0).max(65535.0); Time When .time(wire::schema::TimeFormat::Iso8601); }
    lists { Nodes of Node .max(3.0).element("item"); }
    maps { Labels of String String; }
    structures {
        Structure::new Node { name "name": String .required(); left "left": Node<boxed>; below "below": Nodes; }
        Structure::union Choice { a "a": Integer; b "b": String; } .sensitive()
        Structure::new Request { id "Id": String .uri("Id").required(); nodes "nodes": Nodes .flat(); when "when": When; }
        Structure::new Nothing {}
    }
}

wire::service! {
    /// A service of no one's.
    TOY {
        id: "toy", signing: "toy", endpoint: "toy", version: "2026-01-01",
        protocols: [Json11, Query], target: "Toy_20260101", namespace: "",
    }
    faults { NotFound "NotFoundException" 404; }
    operations {
        Get GET "/things/{Id}" 200 (Request) -> (Node) wrapper "GetResult" [NotFound];
        Put POST "/" 200 () -> () [];
    }
}

use wire::{Call, Shape, Slot, View};

#[test]
fn a_service_knows_its_operations() {
    assert_eq!(TOY.operation("Get").map(|o| o.wrapper), Some(Some("GetResult")));
    assert!(TOY.operation("Nope").is_none());
    assert_eq!(op::Put::FACTS.name, "Put");
    assert_eq!((op::Get::FACTS.input)().schema().name, "Request");
    assert_eq!((op::Put::FACTS.output)().schema().members.len(), 0);
}

#[test]
fn a_shape_is_walked_and_filled_by_index() {
    let mut node = Node::default();
    let Slot::Structure(left) = node.slot(1) else {
        panic!("a box is seen through")
    };
    let Slot::Text(name) = left.slot(0) else {
        panic!("name is text")
    };
    *name = "l".to_string();
    assert!(matches!(node.view(0), View::Absent));
    let View::Structure(left) = node.view(1) else {
        panic!("left is present now")
    };
    assert!(matches!(left.view(0), View::Text("l")));
    assert!(Choice::default().schema().union);
    assert!(facts::Choice.sensitive);
    assert_eq!(node.schema().position("below", 0), Some(2));
}
