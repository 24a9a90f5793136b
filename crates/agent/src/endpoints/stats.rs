//! What a container uses, as Docker writes it: two samples, a second apart.

use super::json::{self, Object};
use super::source::{CpuSample, InterfaceSample, StatsSample};

/// Two samples of one container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Samples {
    pub before: StatsSample,
    pub now: StatsSample,
}

pub fn fill(o: &mut Object<'_>, name: &str, id: &str, samples: &Samples, rates: bool) {
    let Samples { before, now } = samples;
    o.text("read", &json::time(now.at));
    o.text("preread", &json::time(before.at));
    o.object("pids_stats", |o| {
        o.number("current", now.pids);
        if let Some(limit) = now.pids_limit {
            o.number("limit", limit);
        }
    });
    o.object("blkio_stats", |o| {
        let moved = now
            .block
            .iter()
            .flat_map(|b| [(b, "read", b.read_bytes), (b, "write", b.write_bytes)]);
        let served = now
            .block
            .iter()
            .flat_map(|b| [(b, "read", b.reads), (b, "write", b.writes)]);
        for (list, entries) in [
            ("io_service_bytes_recursive", moved.collect::<Vec<_>>()),
            ("io_serviced_recursive", served.collect()),
        ] {
            o.objects(list, entries, |(device, op, value), o| {
                o.number("major", device.major);
                o.number("minor", device.minor);
                o.text("op", op);
                o.number("value", value);
            });
        }
    });
    o.number("num_procs", 0);
    o.object("storage_stats", |_| {});
    o.object("cpu_stats", |o| cpu(o, &now.cpu));
    o.object("precpu_stats", |o| cpu(o, &before.cpu));
    o.object("memory_stats", |o| {
        o.number("usage", now.memory.usage_bytes);
        o.number("max_usage", now.memory.max_usage_bytes);
        o.object("stats", |o| {
            now.memory
                .details
                .iter()
                .for_each(|(name, value)| o.number(name, value))
        });
        if now.memory.failures > 0 {
            o.number("failcnt", now.memory.failures);
        }
        o.number("limit", now.memory.limit_bytes);
    });
    o.text("name", &format!("/{name}"));
    o.text("id", id);
    if now.interfaces.is_empty() {
        return;
    }
    o.object("networks", |o| {
        for interface in &now.interfaces {
            o.object(&interface.name, |o| network(o, interface));
        }
    });
    let elapsed_ms = now.at.since(before.at);
    if rates && elapsed_ms > 0 {
        let per_second = |bytes: fn(&InterfaceSample) -> u64| {
            let sum = |sample: &StatsSample| sample.interfaces.iter().map(bytes).sum::<u64>();
            sum(now).saturating_sub(sum(before)) as f64 * 1000.0 / elapsed_ms as f64
        };
        o.object("network_rate_stats", |o| {
            o.number("rx_bytes_per_sec", per_second(|i| i.rx_bytes));
            o.number("tx_bytes_per_sec", per_second(|i| i.tx_bytes));
        });
    }
}

fn cpu(o: &mut Object<'_>, cpu: &CpuSample) {
    o.object("cpu_usage", |o| {
        o.number("total_usage", cpu.usage_ns);
        o.number("usage_in_kernelmode", cpu.kernel_ns);
        o.number("usage_in_usermode", cpu.user_ns);
    });
    o.number("system_cpu_usage", cpu.machine_ns);
    o.number("online_cpus", cpu.online_cpus);
    o.object("throttling_data", |o| {
        o.number("periods", cpu.periods);
        o.number("throttled_periods", cpu.throttled_periods);
        o.number("throttled_time", cpu.throttled_ns);
    });
}

fn network(o: &mut Object<'_>, of: &InterfaceSample) {
    for (name, value) in [
        ("rx_bytes", of.rx_bytes),
        ("rx_packets", of.rx_packets),
        ("rx_errors", of.rx_errors),
        ("rx_dropped", of.rx_dropped),
        ("tx_bytes", of.tx_bytes),
        ("tx_packets", of.tx_packets),
        ("tx_errors", of.tx_errors),
        ("tx_dropped", of.tx_dropped),
    ] {
        o.number(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::{BlockSample, MemorySample};
    use super::super::testing::CREATED;
    use super::*;

    fn sample(seconds: i64) -> StatsSample {
        let n = seconds.unsigned_abs();
        StatsSample {
            at: CREATED.plus_millis(seconds * 1000),
            cpu: CpuSample {
                usage_ns: 30 * n,
                user_ns: 20 * n,
                kernel_ns: 10 * n,
                machine_ns: 1000 * n,
                online_cpus: 2,
                ..Default::default()
            },
            memory: MemorySample {
                usage_bytes: 4096,
                max_usage_bytes: 8192,
                limit_bytes: 1 << 20,
                failures: 0,
                details: vec![("inactive_file", 7)],
            },
            pids: 3,
            pids_limit: None,
            block: vec![BlockSample {
                major: 8,
                read_bytes: 512,
                reads: 1,
                ..Default::default()
            }],
            interfaces: vec![InterfaceSample {
                name: "eth0".to_string(),
                rx_bytes: 100 * n,
                tx_bytes: 25 * n,
                ..Default::default()
            }],
        }
    }

    #[test]
    fn two_samples_are_written_as_docker_writes_them() {
        let samples = Samples {
            before: sample(1),
            now: sample(3),
        };
        let golden = concat!(
            r#"{"read":"2026-11-21T02:00:03Z","preread":"2026-11-21T02:00:01Z","pids_stats":{"current":3},"#,
            r#""blkio_stats":{"io_service_bytes_recursive":[{"major":8,"minor":0,"op":"read","value":512},"#,
            r#"{"major":8,"minor":0,"op":"write","value":0}],"io_serviced_recursive":"#,
            r#"[{"major":8,"minor":0,"op":"read","value":1},{"major":8,"minor":0,"op":"write","value":0}]},"#,
            r#""num_procs":0,"storage_stats":{},"cpu_stats":{"cpu_usage":{"total_usage":90,"usage_in_kernelmode":30,"#,
            r#""usage_in_usermode":60},"system_cpu_usage":3000,"online_cpus":2,"throttling_data":{"periods":0,"#,
            r#""throttled_periods":0,"throttled_time":0}},"precpu_stats":{"cpu_usage":{"total_usage":30,"#,
            r#""usage_in_kernelmode":10,"usage_in_usermode":20},"system_cpu_usage":1000,"online_cpus":2,"#,
            r#""throttling_data":{"periods":0,"throttled_periods":0,"throttled_time":0}},"memory_stats":"#,
            r#"{"usage":4096,"max_usage":8192,"stats":{"inactive_file":7},"limit":1048576},"name":"/n","id":"i","#,
            r#""networks":{"eth0":{"rx_bytes":300,"rx_packets":0,"rx_errors":0,"rx_dropped":0,"tx_bytes":75,"#,
            r#""tx_packets":0,"tx_errors":0,"tx_dropped":0}},"#,
            r#""network_rate_stats":{"rx_bytes_per_sec":100,"tx_bytes_per_sec":25}}"#,
        );
        assert_eq!(json::object(|o| fill(o, "n", "i", &samples, true)), golden);
        let without = json::object(|o| fill(o, "n", "i", &samples, false));
        assert!(!without.contains("network_rate_stats"));
    }

    #[test]
    fn a_counter_that_went_back_or_a_clock_that_stood_is_no_rate() {
        let back = Samples {
            before: sample(3),
            now: StatsSample {
                at: CREATED.plus_millis(4000),
                ..sample(1)
            },
        };
        let written = json::object(|o| fill(o, "n", "i", &back, true));
        assert!(written.contains(r#""rx_bytes_per_sec":0,"#), "{written}");
        let stood = Samples {
            before: sample(1),
            now: sample(1),
        };
        assert!(!json::object(|o| fill(o, "n", "i", &stood, true)).contains("rate"));
    }
}
