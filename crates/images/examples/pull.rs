//! What pulling one image from a registry costs: `pull REFERENCE DIR [LAYERS_AT_ONCE]`. DIR is to be empty.

use images::{Images, PullPolicy, Settings, Want};
use std::path::Path;
use std::process::ExitCode;
use tokio::time::Instant;

#[tokio::main(flavor = "multi_thread")]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (reference, dir) = match &args[..] {
        [reference, dir, ..] => (reference, Path::new(dir)),
        _ => {
            eprintln!("usage: pull REFERENCE DIR [LAYERS_AT_ONCE]");
            return ExitCode::from(2);
        }
    };
    let mut settings = Settings::default();
    settings.parallel = args.get(2).and_then(|n| n.parse().ok()).unwrap_or(settings.parallel);
    let images = Images::open(dir, settings).expect("DIR can be written");
    let (began, cpu) = (Instant::now(), cpu_ms());
    let image = match images.ensure(Want::new(reference)).await {
        Ok(image) => image,
        Err(error) => {
            eprintln!("{}", error.reason());
            return ExitCode::FAILURE;
        }
    };
    let (cold, cold_cpu) = (began.elapsed(), cpu_ms() - cpu);
    let bytes: u64 = images.list().await.expect("just opened").iter().map(|l| l.bytes).sum();
    let began = Instant::now();
    const WARM: u32 = 1000;
    for _ in 0..WARM {
        let want = Want {
            policy: PullPolicy::PreferCached,
            ..Want::new(reference)
        };
        images.ensure(want).await.expect("it is here");
    }
    let warm = began.elapsed() / WARM;
    println!("layers {} unpacked {:.1} MB", image.layers.len(), bytes as f64 / 1e6);
    println!(
        "cold {:.3} s, cpu {:.3} s, {:.0} MB/s unpacked",
        cold.as_secs_f64(),
        cold_cpu as f64 / 1e3,
        bytes as f64 / 1e6 / cold.as_secs_f64()
    );
    println!("warm {:.1} us", warm.as_secs_f64() * 1e6);
    ExitCode::SUCCESS
}

/// User and system time of this process so far.
fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux has it");
    let after_name = stat.rsplit(')').next().expect("split gives at least one");
    let field = |n: usize| {
        after_name
            .split_whitespace()
            .nth(n)
            .and_then(|t| t.parse::<u64>().ok())
            .unwrap_or(0)
    };
    (field(11) + field(12)) * 10 // in hundredths of a second
}
