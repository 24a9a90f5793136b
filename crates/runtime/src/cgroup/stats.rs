//! What a group has used, read from files that stay open: a reading is a handful of system calls.
//!
//! Must never know: who asks how often, what the numbers are shown as.

use super::error::CgroupError;
use super::tree::Group;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// No file here is longer; the longest, memory.stat, has about 2 kB.
const BUFFER_BYTES: usize = 16 * 1024;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub cpu: Cpu,
    pub memory: Memory,
    pub pids: Pids,
    pub block: Vec<BlockDevice>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cpu {
    pub usage_ns: u64,
    pub user_ns: u64,
    pub system_ns: u64,
    /// Enforcement periods of the quota: all, and those that hit it.
    pub periods: u64,
    pub throttled_periods: u64,
    pub throttled_ns: u64,
    pub online_cpus: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    pub usage_bytes: u64,
    /// The smallest limit of the group and those above it. None: as much as the machine has.
    pub limit_bytes: Option<u64>,
    pub max_usage_bytes: u64,
    /// How often the limit was hit.
    pub failures: u64,
    pub cache_bytes: u64,
    pub rss_bytes: u64,
    pub inactive_file_bytes: u64,
    pub active_file_bytes: u64,
    pub inactive_anon_bytes: u64,
    pub active_anon_bytes: u64,
    pub mapped_file_bytes: u64,
    pub page_faults: u64,
    pub major_page_faults: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pids {
    pub current: u64,
    pub limit: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockDevice {
    pub major: u32,
    pub minor: u32,
    pub read_bytes: u64,
    pub write_bytes: u64,
    pub reads: u64,
    pub writes: u64,
}

/// Open files of one group. Outlives the group: then it reads nothing but zeroes, and [`StatsReader::is_gone`].
#[derive(Debug)]
pub struct StatsReader {
    files: Files,
    online_cpus: u32,
}

#[derive(Debug)]
enum Files {
    V1(V1),
    V2(V2),
}

#[derive(Debug)]
struct V1 {
    cpu_usage: Open,
    cpu_user: Open,
    cpu_system: Open,
    cpu_stat: Open,
    memory_usage: Open,
    memory_max: Open,
    memory_failures: Open,
    /// The sum with swap, when its limit is the nearer one.
    memory_swap_failures: Open,
    memory_stat: Open,
    pids: Open,
    pids_max: Open,
    block_bytes: Open,
    block_count: Open,
}

#[derive(Debug)]
struct V2 {
    cpu: Open,
    memory: Open,
    memory_peak: Open,
    memory_events: Open,
    memory_stat: Open,
    /// Its own limit and those of all above it.
    memory_limits: Vec<Open>,
    pids: Open,
    pids_max: Open,
    block: Open,
}

/// A file that this kernel may not have.
#[derive(Debug)]
struct Open(Option<File>);

impl Group {
    pub fn stats(&self) -> Result<StatsReader, CgroupError> {
        let at =
            |controller: &str, file: &str| Open::at(self.directory(controller).map(|directory| directory.join(file)));
        let files = if self.cgroups.is_v2() {
            let own = self.directory("memory").unwrap_or_default();
            let top = own.ancestors().take_while(|above| above.join("cgroup.procs").exists());
            Files::V2(V2 {
                cpu: at("cpu", "cpu.stat"),
                memory: at("memory", "memory.current"),
                memory_peak: at("memory", "memory.peak"),
                memory_events: at("memory", "memory.events"),
                memory_stat: at("memory", "memory.stat"),
                memory_limits: top
                    .map(|group| Open::at(Some(group.join("memory.max"))))
                    .filter(|file| file.0.is_some())
                    .collect(),
                pids: at("pids", "pids.current"),
                pids_max: at("pids", "pids.max"),
                block: at("io", "io.stat"),
            })
        } else {
            Files::V1(V1 {
                cpu_usage: at("cpuacct", "cpuacct.usage"),
                cpu_user: at("cpuacct", "cpuacct.usage_user"),
                cpu_system: at("cpuacct", "cpuacct.usage_sys"),
                cpu_stat: at("cpu", "cpu.stat"),
                memory_usage: at("memory", "memory.usage_in_bytes"),
                memory_max: at("memory", "memory.max_usage_in_bytes"),
                memory_failures: at("memory", "memory.failcnt"),
                memory_swap_failures: at("memory", "memory.memsw.failcnt"),
                memory_stat: at("memory", "memory.stat"),
                pids: at("pids", "pids.current"),
                pids_max: at("pids", "pids.max"),
                block_bytes: at("blkio", "blkio.throttle.io_service_bytes_recursive"),
                block_count: at("blkio", "blkio.throttle.io_serviced_recursive"),
            })
        };
        let online = std::thread::available_parallelism().map_or(1, |count| count.get() as u32);
        Ok(StatsReader {
            files,
            online_cpus: online,
        })
    }
}

impl StatsReader {
    pub fn read(&self) -> Stats {
        let mut buffer = [0; BUFFER_BYTES];
        let mut stats = match &self.files {
            Files::V1(files) => files.read(&mut buffer),
            Files::V2(files) => files.read(&mut buffer),
        };
        stats.cpu.online_cpus = self.online_cpus;
        stats
    }

    /// The group was removed.
    pub fn is_gone(&self) -> bool {
        let one = match &self.files {
            Files::V1(files) => &files.memory_usage,
            Files::V2(files) => &files.cpu,
        };
        one.0.as_ref().is_none_or(|file| file.read_at(&mut [0], 0).is_err())
    }
}

impl V1 {
    fn read(&self, buffer: &mut [u8]) -> Stats {
        let mut stats = Stats::default();
        stats.cpu.usage_ns = self.cpu_usage.number(buffer);
        stats.cpu.user_ns = self.cpu_user.number(buffer);
        stats.cpu.system_ns = self.cpu_system.number(buffer);
        let text = self.cpu_stat.text(buffer);
        stats.cpu.periods = keyed(text, "nr_periods").unwrap_or(0);
        stats.cpu.throttled_periods = keyed(text, "nr_throttled").unwrap_or(0);
        stats.cpu.throttled_ns = keyed(text, "throttled_time").unwrap_or(0);
        let memory = &mut stats.memory;
        memory.usage_bytes = self.memory_usage.number(buffer);
        memory.max_usage_bytes = self.memory_max.number(buffer);
        memory.failures = self.memory_failures.number(buffer) + self.memory_swap_failures.number(buffer);
        for (name, value) in pairs(self.memory_stat.text(buffer)) {
            match name {
                "total_cache" => memory.cache_bytes = value,
                "total_rss" => memory.rss_bytes = value,
                "total_inactive_file" => memory.inactive_file_bytes = value,
                "total_active_file" => memory.active_file_bytes = value,
                "total_inactive_anon" => memory.inactive_anon_bytes = value,
                "total_active_anon" => memory.active_anon_bytes = value,
                "total_mapped_file" => memory.mapped_file_bytes = value,
                "total_pgfault" => memory.page_faults = value,
                "total_pgmajfault" => memory.major_page_faults = value,
                // The kernel writes no limit as the largest number of whole pages.
                "hierarchical_memory_limit" => memory.limit_bytes = Some(value).filter(|limit| *limit < 1 << 62),
                _ => {}
            }
        }
        stats.pids = Pids {
            current: self.pids.number(buffer),
            limit: self.pids_max.limit(buffer),
        };
        // "8:0 Read 4096", and a last line with the total of all devices.
        for (file, of_bytes) in [(&self.block_bytes, true), (&self.block_count, false)] {
            for line in file.text(buffer).lines() {
                let mut words = line.split(' ');
                let (Some(device), Some(what), Some(value)) = (words.next(), words.next(), words.next()) else {
                    continue;
                };
                let (Some(device), Ok(value)) = (device_of(&mut stats.block, device), value.parse()) else {
                    continue;
                };
                match (what, of_bytes) {
                    ("Read", true) => device.read_bytes = value,
                    ("Write", true) => device.write_bytes = value,
                    ("Read", false) => device.reads = value,
                    ("Write", false) => device.writes = value,
                    _ => {}
                }
            }
        }
        stats
    }
}

impl V2 {
    fn read(&self, buffer: &mut [u8]) -> Stats {
        let mut stats = Stats::default();
        for (name, value) in pairs(self.cpu.text(buffer)) {
            match name {
                "usage_usec" => stats.cpu.usage_ns = value.saturating_mul(1000),
                "user_usec" => stats.cpu.user_ns = value.saturating_mul(1000),
                "system_usec" => stats.cpu.system_ns = value.saturating_mul(1000),
                "nr_periods" => stats.cpu.periods = value,
                "nr_throttled" => stats.cpu.throttled_periods = value,
                "throttled_usec" => stats.cpu.throttled_ns = value.saturating_mul(1000),
                _ => {}
            }
        }
        let memory = &mut stats.memory;
        memory.usage_bytes = self.memory.number(buffer);
        memory.max_usage_bytes = self.memory_peak.number(buffer);
        memory.failures = keyed(self.memory_events.text(buffer), "max").unwrap_or(0);
        memory.limit_bytes = self.memory_limits.iter().filter_map(|file| file.limit(buffer)).min();
        for (name, value) in pairs(self.memory_stat.text(buffer)) {
            match name {
                "file" => memory.cache_bytes = value,
                "anon" => memory.rss_bytes = value,
                "inactive_file" => memory.inactive_file_bytes = value,
                "active_file" => memory.active_file_bytes = value,
                "inactive_anon" => memory.inactive_anon_bytes = value,
                "active_anon" => memory.active_anon_bytes = value,
                "file_mapped" => memory.mapped_file_bytes = value,
                "pgfault" => memory.page_faults = value,
                "pgmajfault" => memory.major_page_faults = value,
                _ => {}
            }
        }
        stats.pids = Pids {
            current: self.pids.number(buffer),
            limit: self.pids_max.limit(buffer),
        };
        // "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0"
        for line in self.block.text(buffer).lines() {
            let mut words = line.split(' ');
            let Some(device) = words.next().and_then(|name| device_of(&mut stats.block, name)) else {
                continue;
            };
            for (name, value) in words.filter_map(|word| word.split_once('=')) {
                let value = value.parse().unwrap_or(0);
                match name {
                    "rbytes" => device.read_bytes = value,
                    "wbytes" => device.write_bytes = value,
                    "rios" => device.reads = value,
                    "wios" => device.writes = value,
                    _ => {}
                }
            }
        }
        stats
    }
}

impl Open {
    fn at(path: Option<PathBuf>) -> Open {
        Open(path.as_deref().map(Path::new).and_then(|path| File::open(path).ok()))
    }

    /// What stands in the file now; nothing when it cannot be read.
    fn text<'a>(&self, buffer: &'a mut [u8]) -> &'a str {
        let Some(file) = &self.0 else { return "" };
        let length = file.read_at(buffer, 0).unwrap_or(0);
        let text = std::str::from_utf8(&buffer[..length]).unwrap_or_default();
        if length == buffer.len() {
            text.rsplit_once('\n').map_or("", |(whole, _)| whole)
        } else {
            text
        }
    }

    fn number(&self, buffer: &mut [u8]) -> u64 {
        self.text(buffer).trim().parse().unwrap_or(0)
    }

    /// A number, or `max`.
    fn limit(&self, buffer: &mut [u8]) -> Option<u64> {
        self.text(buffer).trim().parse().ok()
    }
}

/// The value of that key in lines of "key value".
pub(super) fn keyed(text: &str, key: &str) -> Option<u64> {
    pairs(text).find(|(name, _)| *name == key).map(|(_, value)| value)
}

fn pairs(text: &str) -> impl Iterator<Item = (&str, u64)> {
    text.lines().filter_map(|line| {
        let (name, value) = line.split_once(' ')?;
        Some((name, value.trim().parse().ok()?))
    })
}

fn device_of<'a>(all: &'a mut Vec<BlockDevice>, name: &str) -> Option<&'a mut BlockDevice> {
    let (major, minor) = name.split_once(':')?;
    let (major, minor) = (major.parse().ok()?, minor.parse().ok()?);
    let place = all
        .iter()
        .position(|one| (one.major, one.minor) == (major, minor))
        .unwrap_or_else(|| {
            all.push(BlockDevice {
                major,
                minor,
                ..BlockDevice::default()
            });
            all.len() - 1
        });
    all.get_mut(place)
}
