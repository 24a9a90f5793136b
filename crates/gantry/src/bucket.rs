//! The registry's content in a bucket: said once with `--registry-bucket`, remembered in the data directory.
//!
//! | file | what |
//! |---|---|
//! | `registry/bucket` | the bucket, then the file with its key, a line each |

use crate::data::DataDir;
use crate::report::Report;
use clap::{Arg, ArgMatches, value_parser};
use images::content::{Bounds, Content};
use images::{Bucket, BucketKey, Digest, Settings};
use std::path::{Path, PathBuf};

const NAME: &str = "registry/bucket";

pub fn args() -> [Arg; 3] {
    let bucket = Arg::new("registry-bucket")
        .long("registry-bucket")
        .value_name("URL")
        .value_parser(Bucket::parse)
        .help("Keep the registry's content in s3://BUCKET/PREFIX[?endpoint=URL&region=NAME]; remembered");
    let key = Arg::new("registry-bucket-key")
        .long("registry-bucket-key")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .requires("registry-bucket")
        .help("A file with aws_access_key_id = .. and aws_secret_access_key = .. for it");
    let cache = Arg::new("registry-cache-gib")
        .long("registry-cache-gib")
        .value_name("N")
        .value_parser(value_parser!(u64).range(1..=1 << 20))
        .default_value("20")
        .help("How much of a bucket's content to have in the data directory too");
    [bucket, key, cache]
}

/// Where the content of a registry lies, as far as it was said.
struct Said {
    bucket: Bucket,
    key: Option<PathBuf>,
}

/// Opens the content: in the bucket that is named or was named before, or in the directory. `args` are those of [`args`],
/// if there are any; `owner` is the registry's own secret, which nobody else's bucket is claimed with.
pub async fn open(data: &DataDir, args: Option<&ArgMatches>, owner: &[u8]) -> Result<Content, Report> {
    let dir = data.directory("registry")?;
    let cannot = || format!("the registry in {} does not open", dir.display());
    let mut bounds = Bounds::default();
    if let Some(gib) = args.and_then(|args| args.get_one::<u64>("registry-cache-gib")) {
        bounds.near_bytes = gib << 30;
    }
    let known = known(data)?;
    let now = args.and_then(|args| {
        let bucket = args.get_one::<Bucket>("registry-bucket")?.clone();
        let key = args.get_one::<PathBuf>("registry-bucket-key").cloned();
        Some(Said { bucket, key })
    });
    let (is_said, is_new) = (now.is_some(), known.is_none());
    let said = match (now, known) {
        (None, None) => return Content::open(&dir, bounds).map_err(|e| Report::new(cannot()).because(e)),
        (None, Some(known)) => known,
        (Some(now), None) => now,
        (Some(now), Some(known)) => {
            if (&now.bucket.name, &now.bucket.prefix) != (&known.bucket.name, &known.bucket.prefix) {
                let what = format!("the registry's content is in {}, not in {}", known.bucket, now.bucket);
                return Err(
                    Report::new(what).hint("say that bucket, or none, or copy it there and edit registry/bucket")
                );
            }
            now
        }
    };
    let mut bucket = said.bucket.clone();
    bucket.key = said.key.as_deref().map(key).transpose()?;
    let settings = args.map_or_else(Settings::default, crate::outside::settings);
    let does_not_open = |e| Report::new(format!("{bucket} cannot be used")).because(e);
    let store = bucket.open(&settings).map_err(does_not_open)?;
    let owner = Digest::of(&[b"the owner of a bucket: ", owner].concat()).hex();
    let content = Content::over(&dir, store, &bucket.prefix, &owner, bounds);
    let content = content.map_err(|e| Report::new(cannot()).because(e))?;
    if is_said && is_new {
        let each = |done: usize, of: usize| {
            if done.is_multiple_of(100) {
                tracing::warn!(done, of, "the registry's content goes to the bucket");
            }
        };
        let carried = content.carry(each).await;
        carried.map_err(|e| Report::new(format!("the registry's content cannot be brought to {bucket}")).because(e))?;
    }
    if is_said {
        let key = said.key.as_deref().map_or_else(|| "".into(), Path::to_string_lossy);
        data.write(NAME, format!("{}\n{key}\n", bucket.url()))?;
    }
    Ok(content)
}

fn known(data: &DataDir) -> Result<Option<Said>, Report> {
    let Some(text) = data.read(NAME)? else {
        return Ok(None);
    };
    let damaged =
        |e: images::BadBucket| Report::new(format!("{} is damaged", data.path().join(NAME).display())).because(e);
    let mut lines = text.lines();
    let bucket = Bucket::parse(lines.next().unwrap_or("")).map_err(damaged)?;
    let key = lines.next().filter(|key| !key.is_empty()).map(PathBuf::from);
    Ok(Some(Said { bucket, key }))
}

/// The key in a file such as AWS's clients have.
fn key(file: &Path) -> Result<BucketKey, Report> {
    let cannot = || format!("the key of the bucket in {} cannot be used", file.display());
    let text = std::fs::read_to_string(file).map_err(|e| Report::new(cannot()).because(e))?;
    let value = |name: &str| {
        let of = |line: &str| {
            let (key, value) = line.split_once('=')?;
            (key.trim() == name).then(|| value.trim().to_string())
        };
        let missing = || Report::new(cannot()).because(format!("there is no line {name} = .."));
        text.lines().find_map(of).ok_or_else(missing)
    };
    Ok(BucketKey {
        id: value("aws_access_key_id")?,
        secret: value("aws_secret_access_key")?,
    })
}
