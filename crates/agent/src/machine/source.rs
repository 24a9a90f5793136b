//! What the endpoints ask, answered by the rooms: the node by its session, use by the runtime and the network.

use super::Machine;
use crate::Works;
use crate::endpoints::{
    BlockSample, CpuSample, InterfaceSample, Later, MemorySample, NodeFacts, Source, StatsSample, machine_cpu_ns,
};
use crate::session::Asked;
use link::plan::NetworkMode;
use link::{Answer, Purpose, Question};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// How long a container waits for an answer of the server.
const ANSWER_WITHIN: Duration = Duration::from_secs(4);

pub struct NodeSource {
    pub machine: Arc<Machine>,
    pub works: watch::Receiver<Arc<Works>>,
    pub questions: mpsc::Sender<Asked>,
}

impl Source for NodeSource {
    fn facts(&self) -> NodeFacts {
        let hello = self.machine.identity.hello(Purpose::Control);
        let welcome = self.machine.identity.welcome().borrow().clone().unwrap_or_default();
        NodeFacts {
            region: welcome.region,
            account: welcome.account,
            cluster: hello.cluster,
            node_arn: welcome.node_arn,
            agent_version: hello.agent_version,
            instance_id: hello.instance_id,
            zone: hello.availability_zone,
        }
    }

    fn stats<'a>(&'a self, run: &'a str) -> Later<'a, Option<StatsSample>> {
        Box::pin(self.sample(run))
    }

    fn ask(&self, question: Question) -> Later<'_, Answer> {
        Box::pin(async move {
            let (answer, answered) = oneshot::channel();
            let asked = async {
                self.questions.send((question, answer)).await.ok()?;
                answered.await.ok()
            };
            let told = tokio::time::timeout(ANSWER_WITHIN, asked).await.ok().flatten();
            told.unwrap_or_else(|| {
                Answer::No(
                    "ServerException".to_string(),
                    "the node's server does not answer".to_string(),
                )
            })
        })
    }
}

impl NodeSource {
    async fn sample(&self, run: &str) -> Option<StatsSample> {
        let stats = self.machine.runtime.stats(run).await.ok()?;
        let machine_ns = std::fs::read_to_string("/proc/stat")
            .ok()
            .and_then(|text| machine_cpu_ns(&text));
        let memory = &stats.memory;
        Some(StatsSample {
            at: self.machine.clock.now(),
            cpu: CpuSample {
                usage_ns: stats.cpu.usage_ns,
                user_ns: stats.cpu.user_ns,
                kernel_ns: stats.cpu.system_ns,
                machine_ns: machine_ns.unwrap_or_default(),
                online_cpus: stats.cpu.online_cpus,
                periods: stats.cpu.periods,
                throttled_periods: stats.cpu.throttled_periods,
                throttled_ns: stats.cpu.throttled_ns,
            },
            memory: MemorySample {
                usage_bytes: memory.usage_bytes,
                max_usage_bytes: memory.max_usage_bytes,
                limit_bytes: memory
                    .limit_bytes
                    .or_else(super::about::memory_bytes)
                    .unwrap_or_default(),
                failures: memory.failures,
                details: vec![
                    ("active_anon", memory.active_anon_bytes),
                    ("active_file", memory.active_file_bytes),
                    ("cache", memory.cache_bytes),
                    ("inactive_anon", memory.inactive_anon_bytes),
                    ("inactive_file", memory.inactive_file_bytes),
                    ("mapped_file", memory.mapped_file_bytes),
                    ("pgfault", memory.page_faults),
                    ("pgmajfault", memory.major_page_faults),
                    ("rss", memory.rss_bytes),
                ],
            },
            pids: stats.pids.current,
            pids_limit: stats.pids.limit,
            block: stats
                .block
                .iter()
                .map(|device| BlockSample {
                    major: device.major,
                    minor: device.minor,
                    read_bytes: device.read_bytes,
                    write_bytes: device.write_bytes,
                    reads: device.reads,
                    writes: device.writes,
                })
                .collect(),
            interfaces: self.interfaces(run).await,
        })
    }

    async fn interfaces(&self, run: &str) -> Vec<InterfaceSample> {
        let Some(attachment) = self.attachment(run) else {
            return Vec::new();
        };
        let network = Arc::clone(&self.machine.network);
        let traffic = tokio::task::spawn_blocking(move || network.traffic(&attachment)).await;
        let Ok(Ok(Some(traffic))) = traffic else {
            return Vec::new();
        };
        vec![InterfaceSample {
            name: "eth0".to_string(),
            rx_bytes: traffic.rx_bytes,
            rx_packets: traffic.rx_packets,
            rx_errors: traffic.rx_errors,
            rx_dropped: traffic.rx_dropped,
            tx_bytes: traffic.tx_bytes,
            tx_packets: traffic.tx_packets,
            tx_errors: traffic.tx_errors,
            tx_dropped: traffic.tx_dropped,
        }]
    }

    /// What the network calls the place that a run is in.
    fn attachment(&self, run: &str) -> Option<String> {
        let works = self.works.borrow();
        let mut works = works.values();
        let (work, part) = works.find_map(|work| {
            let part = work.parts.iter().find(|part| part.run_name() == run)?;
            Some((work, part))
        })?;
        match work.assigned.plan.network_mode {
            Some(NetworkMode::Awsvpc) => Some(work.assigned.id.clone()),
            None | Some(NetworkMode::Bridge) => Some(part.id.clone()),
            Some(NetworkMode::Host | NetworkMode::None) => None,
        }
    }
}
