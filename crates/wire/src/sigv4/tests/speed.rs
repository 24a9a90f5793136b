//! How much CPU one verification costs: `cargo test --release -p wire sigv4_speed -- --ignored --nocapture`.

use super::*;

#[test]
#[ignore = "prints figures; run it in release"]
fn sigv4_speed() {
    let body = br#"{"cluster": "default", "taskDefinition": "web:1", "count": 10, "startedBy": "speed"}"#.repeat(6);
    let headers = signed_call(&body);
    let headers = borrowed(&headers);
    let (secret, keys, expect) = (secret(), KeyCache::default(), expect(noon()));
    let request = post(&headers);
    let bytes: usize = headers.iter().map(|(n, v)| n.len() + v.len() + 4).sum();
    println!("headers {bytes} bytes, body {} bytes", body.len());
    let hash = PayloadHash::of(&body);
    let claim = Claim::read(&request).unwrap().unwrap();
    measure("hash of the body", || PayloadHash::of(&body));
    measure("read", || Claim::read(&request).unwrap());
    measure("check", || claim.check(&request, &expect).unwrap());
    measure("verify, key cached", || {
        claim.verify(&request, hash, &secret, &expect, &keys).unwrap()
    });
    measure("read + verify, key cached", || {
        let claim = Claim::read(&request).unwrap().unwrap();
        claim.verify(&request, hash, &secret, &expect, &keys).unwrap()
    });
    measure("verify, key derived", || {
        claim
            .verify(&request, hash, &secret, &expect, &KeyCache::new(2))
            .unwrap()
    });
}

/// The best of many rounds, which is the one that the machine's other work disturbed least.
#[allow(clippy::disallowed_methods)] // a measurement needs the machine's own clock
fn measure<T>(what: &str, mut work: impl FnMut() -> T) {
    const TIMES: u32 = 100; // short enough to pass between two turns of the scheduler
    // Without optimisation the figures say nothing; one round shows that it still works.
    let rounds = if cfg!(debug_assertions) { 1 } else { 4000 };
    let best = (0..rounds)
        .map(|_| {
            let start = std::time::Instant::now();
            for _ in 0..TIMES {
                std::hint::black_box(work());
            }
            start.elapsed()
        })
        .min()
        .expect("there were rounds");
    println!("{what:28} {:6.2} µs", best.as_secs_f64() * 1e6 / f64::from(TIMES));
}
