//! Lines as somebody reads them: with the container in front when there are several, or as JSON.

use super::Line;
use serde_json::json;
use std::io::{self, BufWriter, StdoutLock, Write};

pub struct Show {
    out: BufWriter<StdoutLock<'static>>,
    pub json: bool,
    pub times: bool,
    /// Room for the containers' names; none when there is one container.
    pub width: Option<usize>,
}

impl Show {
    pub fn new(json: bool, times: bool, width: Option<usize>) -> Show {
        Show {
            out: BufWriter::new(io::stdout().lock()),
            json,
            times,
            width,
        }
    }

    pub fn line(&mut self, container: &str, line: &Line) -> io::Result<()> {
        if self.json {
            let mut object = json!({
                "time": line.at.iso8601(),
                "container": container,
                "message": String::from_utf8_lossy(&line.text),
            });
            if let Some(stream) = line.stream {
                object["stream"] = stream.into();
            }
            return writeln!(self.out, "{object}");
        }
        if self.times {
            write!(self.out, "{} ", line.at.iso8601())?;
        }
        if let Some(width) = self.width {
            write!(self.out, "{container:width$} | ")?;
        }
        self.out.write_all(&line.text)?;
        self.out.write_all(b"\n")
    }

    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
