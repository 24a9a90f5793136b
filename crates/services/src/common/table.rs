//! A service as a table: operations joined to the functions that mean them.

use super::Ctx;
use super::events::Events;
use crate::fidelity::Watchdog;
use std::any::Any;
use std::future::Future;
use std::pin::Pin;
use wire::validate::Violation;
use wire::{Call, Fault, Operation, Service, Shape};

/// What an operation answers: its output, and for some a stream of events behind it.
pub struct Reply {
    pub output: Box<dyn Shape>,
    pub events: Option<Events>,
}

/// What a handler comes to.
pub type Answered = Pin<Box<dyn Future<Output = Result<Reply, Fault>> + Send>>;

type Run = Box<dyn Fn(Ctx, Box<dyn Shape>) -> Answered + Send + Sync>;

/// One operation and what it means.
pub struct Row {
    pub operation: &'static Operation,
    run: Run,
}

impl Row {
    /// `Row::of::<op::CreateCluster, _>(create_cluster::run)`
    pub fn of<C: Call, F>(handler: fn(Ctx, C::Input) -> F) -> Row
    where
        F: Future<Output = Result<C::Output, Fault>> + Send + 'static,
    {
        let run = move |ctx: Ctx, input: Box<dyn Shape>| -> Answered {
            let answer = handler(ctx, own::<C>(input));
            Box::pin(async move {
                let output = Box::new(answer.await?);
                Ok(Reply { output, events: None })
            })
        };
        Row {
            operation: C::FACTS,
            run: Box::new(run),
        }
    }

    /// The same operation, behind a question that may refuse it.
    pub fn behind(self, ask: impl Fn(&Ctx) -> Result<(), Fault> + Send + Sync + 'static) -> Row {
        let run = self.run;
        let asked = move |ctx: Ctx, input: Box<dyn Shape>| -> Answered {
            match ask(&ctx) {
                Ok(()) => run(ctx, input),
                Err(fault) => Box::pin(async move { Err(fault) }),
            }
        };
        Row {
            operation: self.operation,
            run: Box::new(asked),
        }
    }

    /// An operation whose answer goes on.
    pub fn streaming<C: Call, F>(handler: fn(Ctx, C::Input) -> F) -> Row
    where
        F: Future<Output = Result<(C::Output, Events), Fault>> + Send + 'static,
    {
        let run = move |ctx: Ctx, input: Box<dyn Shape>| -> Answered {
            let answer = handler(ctx, own::<C>(input));
            Box::pin(async move {
                let (output, events) = answer.await?;
                Ok(Reply {
                    output: Box::new(output),
                    events: Some(events),
                })
            })
        };
        Row {
            operation: C::FACTS,
            run: Box::new(run),
        }
    }
}

fn own<C: Call>(input: Box<dyn Shape>) -> C::Input {
    let input: Box<dyn Any> = input;
    let input = input.downcast::<C::Input>();
    *input.expect("the codec decodes into the operation's own input")
}

/// A service: its facts, how it words a validation fault, and its rows.
pub struct Table {
    pub service: &'static Service,
    /// The service's own fault for a request that breaks the model's bounds.
    pub invalid: fn(&[Violation]) -> Fault,
    /// The service's lines of the fidelity ledger.
    pub ledger: &'static [&'static str],
    pub rows: Vec<Row>,
}

/// All services that this Gantry has.
pub struct Services {
    tables: Vec<Table>,
    facts: Vec<&'static Service>,
    watchdogs: Vec<Watchdog>,
}

impl Services {
    /// `strict`: requests that use a field without effect are refused.
    pub fn new(mut tables: Vec<Table>, strict: bool) -> Self {
        for table in &mut tables {
            table.rows.sort_by_key(|row| row.operation.name);
        }
        let facts = tables.iter().map(|table| table.service).collect();
        let watchdogs = tables.iter().map(|table| Watchdog::new(table, strict)).collect();
        Services {
            tables,
            facts,
            watchdogs,
        }
    }

    /// Checks the request against the model's bounds and the ledger, and runs it.
    pub fn call(&self, service: &Service, operation: &Operation, ctx: Ctx, input: Box<dyn Shape>) -> Answered {
        let at = self
            .facts
            .iter()
            .position(|facts| facts.id == service.id)
            .expect("routing knows only our services");
        match self.watchdogs[at].look(&*input) {
            None => self.tables[at].call(operation, ctx, input),
            Some(unwelcome) => {
                let fault = not_meant(service, "ValidationException", unwelcome.to_string());
                Box::pin(async move { Err(fault) })
            }
        }
    }

    /// What routing needs to know.
    pub fn facts(&self) -> &[&'static Service] {
        &self.facts
    }

    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    pub fn table(&self, service: &Service) -> Option<&Table> {
        self.tables.iter().find(|table| table.service.id == service.id)
    }
}

impl Table {
    pub fn row(&self, operation: &str) -> Option<&Row> {
        self.rows
            .binary_search_by(|row| row.operation.name.cmp(operation))
            .ok()
            .map(|i| &self.rows[i])
    }

    /// Validates and runs. An operation of the model without a row answers that it is not there.
    pub fn call(&self, operation: &Operation, ctx: Ctx, input: Box<dyn Shape>) -> Answered {
        let Some(row) = self.row(operation.name) else {
            let fault = absent(self.service, operation);
            return Box::pin(async move { Err(fault) });
        };
        let violations = wire::validate::violations(&*input);
        if !violations.is_empty() {
            let fault = (self.invalid)(&violations);
            return Box::pin(async move { Err(fault) });
        }
        (row.run)(ctx, input)
    }
}

/// The fault for an operation that AWS has and this Gantry has not.
fn absent(service: &Service, operation: &Operation) -> Fault {
    not_meant(
        service,
        "UnknownOperationException",
        format!(
            "{} is not there yet; `gantry admin fidelity` lists what is.",
            operation.name
        ),
    )
}

/// The service's own fault for what it does not support; `otherwise` when its model has none.
fn not_meant(service: &Service, otherwise: &'static str, message: String) -> Fault {
    match service.fault("UnsupportedFeatureException") {
        Some(declared) => Fault::new(declared, message),
        None => Fault::common(otherwise, 400, message),
    }
}
