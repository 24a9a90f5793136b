//! The driver's options. Messages are those of the container engine, because users look them up.

use super::strftime;
use regex_lite::Regex;
use std::fmt;

const GROUP: &str = "awslogs-group";
const REGION: &str = "awslogs-region";
const ENDPOINT: &str = "awslogs-endpoint";
const STREAM: &str = "awslogs-stream";
const STREAM_PREFIX: &str = "awslogs-stream-prefix";
const CREATE_GROUP: &str = "awslogs-create-group";
const CREATE_STREAM: &str = "awslogs-create-stream";
const DATETIME: &str = "awslogs-datetime-format";
const MULTILINE: &str = "awslogs-multiline-pattern";
const FLUSH: &str = "awslogs-force-flush-interval-seconds";
const BUFFERED: &str = "awslogs-max-buffered-events";
const FORMAT: &str = "awslogs-format";
const CREDENTIALS: &str = "awslogs-credentials-endpoint";
const TAG: &str = "tag";
const MODE: &str = "mode";
const BUFFER: &str = "max-buffer-size";
const KNOWN: [&str; 16] = [
    GROUP,
    REGION,
    ENDPOINT,
    STREAM,
    STREAM_PREFIX,
    CREATE_GROUP,
    CREATE_STREAM,
    DATETIME,
    MULTILINE,
    FLUSH,
    BUFFERED,
    FORMAT,
    CREDENTIALS,
    TAG,
    MODE,
    BUFFER,
];

/// The only format that there is.
const EMF: &str = "json/emf";
const DEFAULT_FLUSH_SECONDS: u32 = 5;
/// What gathers in non-blocking mode before lines are dropped, when nothing is said.
const DEFAULT_BUFFER: u64 = 10 << 20;
/// How large a pattern may become.
const PATTERN_BYTES: usize = 1 << 20;

/// What happens when lines come faster than they can be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The container waits.
    Blocking,
    /// Lines are dropped.
    NonBlocking { buffer_bytes: u64 },
}

#[derive(Clone, Debug)]
pub struct Options {
    pub group: String,
    pub region: Option<String>,
    /// The whole name of the stream.
    pub stream: Option<String>,
    /// What stands before container and task in the stream's name.
    pub stream_prefix: Option<String>,
    pub create_group: bool,
    pub create_stream: bool,
    pub mode: Mode,
    /// How long lines of an event are waited for.
    pub flush_ms: i64,
    pub endpoint: Option<String>,
    pub format: Option<String>,
    /// Matches the first line of an event.
    pub(super) begins: Option<Regex>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionsError {
    Unknown(String),
    Missing(&'static str),
    NotBool(&'static str, String),
    NotPositive(&'static str, String),
    Both(&'static str, &'static str),
    Format(String),
    FormatAndLines,
    Mode(String),
    BufferWithoutMode,
    BufferSize(String),
    Pattern(String, String),
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use OptionsError::*;
        match self {
            Unknown(name) => write!(f, "unknown log opt '{name}' for awslogs log driver"),
            Missing(name) => write!(f, "must specify a value for log opt '{name}'"),
            NotBool(name, value) => write!(
                f,
                "must specify valid value for log opt '{name}': strconv.ParseBool: parsing {value:?}: invalid syntax"
            ),
            NotPositive(name, value) => write!(
                f,
                "must specify a positive integer for log opt '{name}': strconv.Atoi: parsing {value:?}: invalid syntax"
            ),
            Both(one, other) => write!(f, "you cannot configure log opt '{one}' and '{other}' at the same time"),
            Format(format) => write!(f, "unsupported log format '{format}'"),
            FormatAndLines => write!(
                f,
                "you cannot configure log opt '{DATETIME}' or '{MULTILINE}' when log opt '{FORMAT}' is set to '{EMF}'"
            ),
            Mode(mode) => write!(f, "logger: logging mode not supported: {mode}"),
            BufferWithoutMode => {
                write!(
                    f,
                    "logger: max-buffer-size option is only supported with 'mode=non-blocking'"
                )
            }
            BufferSize(size) => write!(f, "error parsing option max-buffer-size: invalid size: '{size}'"),
            Pattern(pattern, why) => write!(f, "awslogs could not parse multiline pattern key {pattern:?}: {why}"),
        }
    }
}

impl std::error::Error for OptionsError {}

impl Options {
    /// Reads the options as they stand in a container's log configuration.
    pub fn parse<'a>(options: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, OptionsError> {
        let mut all: Vec<(&str, &str)> = options.into_iter().collect();
        all.sort_unstable();
        if let Some((name, _)) = all.iter().find(|(name, _)| !KNOWN.contains(name)) {
            return Err(OptionsError::Unknown(name.to_string()));
        }
        let given = |name: &str| all.iter().find(|(n, _)| *n == name).map(|(_, value)| *value);
        let text = |name: &str| given(name).filter(|value| !value.is_empty());
        let owned = |name: &str| text(name).map(str::to_string);
        let group = owned(GROUP).ok_or(OptionsError::Missing(GROUP))?;
        let flag = |name: &'static str, default: bool| match text(name) {
            None => Ok(default),
            Some(value) => boolean(value).ok_or_else(|| OptionsError::NotBool(name, value.to_string())),
        };
        let positive = |name: &'static str| match text(name) {
            None => Ok(None),
            Some(value) => match value.parse::<u32>() {
                Ok(n) if n > 0 => Ok(Some(n)),
                _ => Err(OptionsError::NotPositive(name, value.to_string())),
            },
        };
        let create_group = flag(CREATE_GROUP, false)?;
        let create_stream = flag(CREATE_STREAM, true)?;
        let flush_seconds = positive(FLUSH)?.unwrap_or(DEFAULT_FLUSH_SECONDS);
        positive(BUFFERED)?;
        if given(DATETIME).is_some() && given(MULTILINE).is_some() {
            return Err(OptionsError::Both(DATETIME, MULTILINE));
        }
        if let Some(format) = text(FORMAT) {
            if format != EMF {
                return Err(OptionsError::Format(format.to_string()));
            }
            if given(DATETIME).is_some() || given(MULTILINE).is_some() {
                return Err(OptionsError::FormatAndLines);
            }
        }
        Ok(Options {
            group,
            region: owned(REGION),
            stream: owned(STREAM),
            stream_prefix: owned(STREAM_PREFIX),
            create_group,
            create_stream,
            mode: mode(given(MODE), given(BUFFER))?,
            flush_ms: i64::from(flush_seconds) * 1000,
            endpoint: owned(ENDPOINT),
            format: owned(FORMAT),
            begins: match (text(MULTILINE), text(DATETIME)) {
                (Some(pattern), _) => Some(compile(pattern)?),
                (_, Some(format)) => Some(compile(&strftime::pattern(format))?),
                _ => None,
            },
        })
    }

    /// The stream of a task's container.
    pub fn stream_for(&self, container: &str, task: &str, runtime_id: &str) -> String {
        match (&self.stream, &self.stream_prefix) {
            (Some(stream), _) => stream.clone(),
            (None, Some(prefix)) => super::stream_name(prefix, container, task),
            (None, None) => runtime_id.to_string(),
        }
    }
}

fn compile(pattern: &str) -> Result<Regex, OptionsError> {
    let built = regex_lite::RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build();
    built.map_err(|error| OptionsError::Pattern(pattern.to_string(), error.to_string()))
}

/// What the engine takes for a truth value.
fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

fn mode(mode: Option<&str>, buffer: Option<&str>) -> Result<Mode, OptionsError> {
    match (mode.unwrap_or(""), buffer) {
        ("non-blocking", None) => Ok(Mode::NonBlocking {
            buffer_bytes: DEFAULT_BUFFER,
        }),
        ("non-blocking", Some(size)) => match bytes(size) {
            Some(buffer_bytes) => Ok(Mode::NonBlocking { buffer_bytes }),
            None => Err(OptionsError::BufferSize(size.to_string())),
        },
        ("" | "blocking", None) => Ok(Mode::Blocking),
        ("" | "blocking", Some(_)) => Err(OptionsError::BufferWithoutMode),
        (other, _) => Err(OptionsError::Mode(other.to_string())),
    }
}

/// `25m`, `1.5GiB`, `4096`: powers of 1024.
fn bytes(size: &str) -> Option<u64> {
    let split = size
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(size.len());
    let (number, unit) = size.split_at(split);
    let number: f64 = number.parse().ok()?;
    let unit = unit.trim_start().to_ascii_lowercase();
    let unit = unit.strip_suffix("ib").or(unit.strip_suffix('b')).unwrap_or(&unit);
    let power = match unit {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => return None,
    };
    Some((number * 1024f64.powi(power)) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(options: &[(&str, &str)]) -> Result<Options, String> {
        let group = options.iter().any(|(name, _)| *name == GROUP);
        let all = options.iter().copied().chain((!group).then_some((GROUP, "/app")));
        Options::parse(all).map_err(|error| error.to_string())
    }

    fn refusal(options: &[(&str, &str)]) -> String {
        parse(options).unwrap_err()
    }

    #[test]
    fn what_is_not_said_has_a_default() {
        let options = parse(&[]).unwrap();
        assert_eq!(
            (options.create_group, options.create_stream, options.mode),
            (false, true, Mode::Blocking)
        );
        assert_eq!(options.flush_ms, 5000);
        assert_eq!(options.stream_for("web", "0123", "web-0123"), "web-0123");
        let options = parse(&[(STREAM_PREFIX, "ecs"), (CREATE_GROUP, "true")]).unwrap();
        assert_eq!(options.stream_for("web", "0123", "x"), "ecs/web/0123");
        assert!(options.create_group);
    }

    #[test]
    fn refusals_are_in_the_engines_words() {
        assert_eq!(
            refusal(&[(GROUP, "")]),
            "must specify a value for log opt 'awslogs-group'"
        );
        assert_eq!(
            refusal(&[("awslogs-grape", "x")]),
            "unknown log opt 'awslogs-grape' for awslogs log driver"
        );
        assert_eq!(
            refusal(&[(CREATE_GROUP, "maybe")]),
            "must specify valid value for log opt 'awslogs-create-group': strconv.ParseBool: parsing \"maybe\": invalid syntax"
        );
        assert_eq!(
            refusal(&[(DATETIME, "%Y"), (MULTILINE, "^x")]),
            "you cannot configure log opt 'awslogs-datetime-format' and 'awslogs-multiline-pattern' at the same time"
        );
        assert_eq!(refusal(&[(FORMAT, "csv")]), "unsupported log format 'csv'");
        assert!(refusal(&[(FORMAT, EMF), (MULTILINE, "^x")]).ends_with("is set to 'json/emf'"));
        assert!(refusal(&[(FLUSH, "0")]).starts_with("must specify a positive integer for log opt"));
        assert!(refusal(&[(MULTILINE, "(")]).starts_with("awslogs could not parse multiline pattern key \"(\""));
    }

    #[test]
    fn modes_and_sizes() {
        let size = |size| parse(&[(MODE, "non-blocking"), (BUFFER, size)]).map(|o| o.mode);
        let non_blocking = |buffer_bytes| Ok(Mode::NonBlocking { buffer_bytes });
        assert_eq!(size("25m"), non_blocking(25 << 20));
        assert_eq!(size("1.5KiB"), non_blocking(1536));
        assert_eq!(size("4096"), non_blocking(4096));
        assert_eq!(
            size("lots"),
            Err("error parsing option max-buffer-size: invalid size: 'lots'".to_string())
        );
        assert_eq!(parse(&[(MODE, "non-blocking")]).map(|o| o.mode), non_blocking(10 << 20));
        assert_eq!(refusal(&[(MODE, "eager")]), "logger: logging mode not supported: eager");
        assert_eq!(
            refusal(&[(BUFFER, "4m")]),
            "logger: max-buffer-size option is only supported with 'mode=non-blocking'"
        );
    }
}
