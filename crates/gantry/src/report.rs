//! Errors as people read them: what failed, why, and what to do about it.

use std::error::Error;
use std::fmt;

/// A failure of a verb.
#[derive(Debug)]
pub struct Report {
    what: String,
    cause: Option<Box<dyn Error + Send + Sync>>,
    hint: Option<String>,
}

impl Report {
    pub fn new(what: impl Into<String>) -> Self {
        Report {
            what: what.into(),
            cause: None,
            hint: None,
        }
    }

    pub fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}", self.what)?;
        let mut cause: Option<&dyn Error> = self.cause.as_deref().map(|c| c as &dyn Error);
        while let Some(error) = cause {
            writeln!(f, "  because: {error}")?;
            cause = error.source();
        }
        if let Some(hint) = &self.hint {
            writeln!(f, "  try: {hint}")?;
        }
        Ok(())
    }
}
