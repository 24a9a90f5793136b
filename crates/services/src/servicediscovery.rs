//! AWS Cloud Map. No namespace can be made yet, so there are none to list.

use crate::common::Ctx;
use crate::common::table::{Row, Table};
use api::servicediscovery::{self, op};
use wire::Fault;
use wire::validate::{Violation, coral_message};

pub fn table() -> Table {
    Table {
        service: &servicediscovery::SERVICEDISCOVERY,
        invalid,
        ledger: &[include_str!("../ledger/servicediscovery.txt")],
        rows: vec![Row::of::<op::ListNamespaces, _>(list_namespaces)],
    }
}

fn invalid(violations: &[Violation]) -> Fault {
    Fault::new(&servicediscovery::fault::InvalidInput, coral_message(violations))
}

async fn list_namespaces(
    _: Ctx,
    input: servicediscovery::ListNamespacesRequest,
) -> Result<servicediscovery::ListNamespacesResponse, Fault> {
    if input.next_token.is_some() {
        return Err(Fault::new(
            &servicediscovery::fault::InvalidInput,
            "The next token is not valid.",
        ));
    }
    Ok(servicediscovery::ListNamespacesResponse {
        namespaces: Some(Vec::new()),
        next_token: None,
    })
}
