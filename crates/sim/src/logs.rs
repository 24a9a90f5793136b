//! Hears what the rooms log at WARN and ERROR. In a run where nothing is broken, nobody should say ERROR.

use std::cell::RefCell;
use std::fmt::{self, Write as _};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// One event.
pub struct Line {
    pub error: bool,
    pub text: String,
}

thread_local! {
    static HEARD: RefCell<Vec<Line>> = const { RefCell::new(Vec::new()) };
}

/// Does `work` while listening on this thread.
pub fn listening<T>(work: impl FnOnce() -> T) -> T {
    heard();
    tracing::subscriber::with_default(Ear, work)
}

/// What was heard since the last call.
pub fn heard() -> Vec<Line> {
    HEARD.with(|heard| heard.take())
}

struct Ear;

impl Subscriber for Ear {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::WARN)
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        let line = Line {
            error: *event.metadata().level() == Level::ERROR,
            text: format!("{}{}", event.metadata().level(), text.0),
        };
        HEARD.with(|heard| heard.borrow_mut().push(line));
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let written = match field.name() {
            "message" => write!(self.0, " {value:?}"),
            name => write!(self.0, " {name}={value:?}"),
        };
        written.expect("a string takes whatever is written to it");
    }
}
