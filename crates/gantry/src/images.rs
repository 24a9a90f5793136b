//! `gantry images`: what containers are made of, as it lies in the data directory. Works with and without a server.

use crate::data::DataDir;
use crate::report::Report;
use crate::{Done, verb};
use base::{Clock, SystemClock};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use images::{Images, ImportError, Listed, Progress, Settings, Thresholds};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

pub fn command(data: &dyn Fn() -> Arg, json: &dyn Fn(&'static str) -> Arg) -> Command {
    let import = Command::new("import")
        .about("Take up the images of an OCI layout or of what docker save, podman save or skopeo wrote")
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .required(true)
                .value_parser(value_parser!(PathBuf))
                .help("An archive, compressed or not, or an OCI layout directory"),
        )
        .arg(
            Arg::new("name")
                .long("name")
                .value_name("REF")
                .help("Instead of the names in the archive"),
        )
        .arg(
            Arg::new("push")
                .long("push")
                .value_name("REPO:TAG")
                .conflicts_with("name")
                .help("Push it into this repository of Gantry's registry instead, whether a server runs or not"),
        )
        .arg(data())
        .arg(json("One JSON object an image"));
    let ls = Command::new("ls")
        .about("The images that are here")
        .arg(data())
        .arg(json("One JSON object an image"));
    let rm = Command::new("rm")
        .about("Take a name away, and what nobody else needs; containers keep what they have")
        .arg(Arg::new("reference").value_name("REF").required(true))
        .arg(data());
    let gc = Command::new("gc")
        .about("Take away what nobody uses")
        .arg(
            Arg::new("unused-for")
                .long("unused-for")
                .value_name("HOURS")
                .value_parser(value_parser!(u32))
                .default_value("24")
                .help("Also images by name that were not used for so long"),
        )
        .arg(
            Arg::new("above")
                .long("above")
                .value_name("PERCENT")
                .value_parser(value_parser!(u8).range(0..=100))
                .help("Images by name only if the disk is fuller than this, and until it is not"),
        )
        .arg(
            Arg::new("all")
                .long("all")
                .action(ArgAction::SetTrue)
                .help("All that no container uses right now"),
        )
        .arg(data())
        .arg(json("One JSON object"));
    Command::new("images")
        .about("What containers are made of: import, list, remove, collect")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([import, ls, rm, gc])
}

pub fn run(args: &ArgMatches) -> Done {
    let (verb, args) = args.subcommand().expect("clap asks for a subcommand");
    let data = DataDir::choose(args.get_one("data"))?;
    data.create()?;
    let dir = data.path().join("images");
    let cannot = || format!("the images in {} cannot be read or changed", dir.display());
    let images = Images::open(&dir, Settings::default()).map_err(|e| Report::new(cannot()).because(e))?;
    let failed = |e: std::io::Error| Report::new(cannot()).because(e);
    verb::wait(async {
        match verb {
            "import" if args.contains_id("push") => push(&data, args).await,
            "import" => import(&images, args).await,
            "ls" => images
                .list()
                .await
                .map(|all| ls(&all, args.get_flag("json")))
                .map_err(failed),
            "rm" => rm(&images, args.get_one::<String>("reference").expect("required")).await,
            _ => gc(&images, args).await.map_err(failed),
        }
    })
}

async fn import(images: &Images, args: &ArgMatches) -> Done {
    let file = args.get_one::<PathBuf>("file").expect("required");
    let name = args.get_one::<String>("name").map(String::as_str);
    let bar = std::io::stderr().is_terminal();
    let imported = images
        .import(file, name, move |progress| {
            if bar {
                draw(progress)
            }
        })
        .await;
    if bar {
        eprint!("\r\x1b[K");
    }
    let imported = imported.map_err(|e| {
        let hint = match &e {
            ImportError::NoName => Some("give --name REF"),
            ImportError::NoImages => Some("docker save IMAGE -o FILE writes what can be imported"),
            ImportError::Layer(images::LayerError::Unpack(images::UnpackError::NeedsRoot)) => Some("run it as root"),
            _ => None,
        };
        let report = Report::new(format!("{} cannot be imported: {e}", file.display())).because(e);
        hint.into_iter().fold(report, Report::hint)
    })?;
    images
        .sync()
        .await
        .map_err(|e| Report::new("the images were taken up but may not survive a power cut").because(e))?;
    for image in imported {
        if args.get_flag("json") {
            println!(
                "{{\"reference\": \"{}\", \"digest\": \"{}\", \"imageId\": \"{}\", \"layers\": {}}}",
                image.reference, image.digest, image.image_id, image.layers
            );
        } else {
            println!("{} {}", image.reference, image.digest);
        }
    }
    Ok(())
}

async fn push(data: &DataDir, args: &ArgMatches) -> Done {
    let file = args.get_one::<PathBuf>("file").expect("required");
    let to = args.get_one::<String>("push").expect("asked for just now");
    let bar = std::io::stderr().is_terminal();
    let told = |progress| {
        if bar {
            draw(progress)
        }
    };
    let pushed = crate::push::push(data, file, to, told).await;
    if bar {
        eprint!("\r\x1b[K");
    }
    for image in pushed? {
        match args.get_flag("json") {
            true => println!(
                "{{\"reference\": \"{}\", \"digest\": \"{}\"}}",
                image.reference, image.digest
            ),
            false => println!("{} {}", image.reference, image.digest),
        }
    }
    Ok(())
}

/// One line that is drawn over again; a failure to draw is nobody's business.
fn draw(Progress { done, total }: Progress) {
    const WIDTH: u64 = 40;
    let filled = (done * WIDTH).checked_div(total).unwrap_or(WIDTH).min(WIDTH) as usize;
    let line = format!(
        "\r[{}{}] {:.1} of {:.1} MB\x1b[K",
        "#".repeat(filled),
        " ".repeat(WIDTH as usize - filled),
        done as f64 / 1e6,
        total as f64 / 1e6
    );
    let _ = std::io::stderr().write_all(line.as_bytes());
}

fn ls(all: &[Listed], json: bool) {
    // References, digests and holders were checked: no quotes, no backslashes, no spaces.
    for image in all.iter().filter(|_| json) {
        let holders: Vec<String> = image.holders.iter().map(|h| format!("\"{h}\"")).collect();
        println!(
            "{{\"reference\": \"{}\", \"platform\": \"{}\", \"digest\": \"{}\", \"imageId\": \"{}\", \"origin\": \"{}\", \"bytes\": {}, \"lastUsed\": \"{}\", \"holders\": [{}]}}",
            image.reference,
            image.platform,
            image.digest,
            image.image_id,
            image.origin.as_str(),
            image.bytes,
            image.last_used,
            holders.join(", ")
        );
    }
    if json || all.is_empty() {
        return;
    }
    let width = all.iter().map(|image| image.reference.len()).max().unwrap_or(0);
    println!(
        "{:width$}  {:12}  {:>9}  {:8}  {:5}  LAST USED",
        "REFERENCE", "DIGEST", "SIZE", "ORIGIN", "HELD"
    );
    for image in all {
        let (digest, size) = (&image.digest.hex()[..12], format!("{:.1} MB", image.bytes as f64 / 1e6));
        let (origin, held) = (image.origin.as_str(), image.holders.len());
        println!(
            "{:width$}  {digest}  {size:>9}  {origin:8}  {held:5}  {}",
            image.reference, image.last_used
        );
    }
}

async fn rm(images: &Images, reference: &str) -> Done {
    let cannot = |what: &str| Report::new(format!("{reference}: {what}"));
    match images.remove(reference).await {
        Err(e) => Err(cannot("not an image reference").because(e)),
        Ok(Err(e)) => Err(cannot("cannot be removed").because(e)),
        Ok(Ok(false)) => Err(cannot("there is no such image").hint("gantry images ls")),
        Ok(Ok(true)) => Ok(()),
    }
}

async fn gc(images: &Images, args: &ArgMatches) -> std::io::Result<()> {
    let hours = u64::from(*args.get_one::<u32>("unused-for").expect("has a default"));
    let above = args.get_one::<u8>("above").copied();
    let thresholds = match args.get_flag("all") {
        true => Thresholds::everything(),
        false => Thresholds {
            unused_for: Duration::from_secs(hours * 60 * 60),
            high_water: above,
            low_water: above.unwrap_or(0),
            ..Thresholds::everything()
        },
    };
    let collected = images.gc(thresholds, SystemClock.now()).await?;
    let (count, layers, bytes) = (collected.references.len(), collected.layers, collected.bytes);
    if args.get_flag("json") {
        let references: Vec<String> = collected.references.iter().map(|r| format!("\"{r}\"")).collect();
        println!(
            "{{\"references\": [{}], \"layers\": {layers}, \"bytes\": {bytes}}}",
            references.join(", ")
        );
    } else {
        collected
            .references
            .iter()
            .for_each(|reference| println!("{reference}"));
        eprintln!(
            "{count} images and {layers} layers taken away: {:.1} MB",
            bytes as f64 / 1e6
        );
    }
    Ok(())
}
