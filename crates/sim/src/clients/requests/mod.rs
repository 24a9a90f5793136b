//! What clients ask for: mostly what makes sense, now and then what does not.

mod capacity;
mod daemons;
mod definitions;
mod nodes;
mod services;
mod tasks;

use super::Known;
use crate::chance::{once_in, one_of, weighted};
use base::Dice;

const CLUSTERS: [&str; 3] = ["default", "blue", "green"];
const FAMILIES: [&str; 4] = ["web", "job", "edge", "big"];

/// A request as it stands on the wire.
#[derive(Clone, Debug)]
pub struct Asked {
    pub operation: &'static str,
    pub json: String,
    /// The cluster that it is about, when that matters to whoever checks the answer.
    pub cluster: &'static str,
    /// Tasks that RunTask asks for.
    pub count: usize,
    pub token: Option<String>,
}

impl Asked {
    fn new(operation: &'static str, json: String) -> Self {
        Asked {
            operation,
            json,
            cluster: "",
            count: 0,
            token: None,
        }
    }
}

impl Asked {
    /// Nothing is known of what it asks.
    pub fn nonsense(operation: &'static str) -> Self {
        Asked::new(operation, String::new())
    }

    pub fn is_nonsense(&self) -> bool {
        self.json.is_empty()
    }
}

/// The next request of a client. `number` is never the same twice.
pub fn compose(dice: &dyn Dice, known: &Known, number: u64) -> Asked {
    let cluster = *one_of(dice, &CLUSTERS[..1 + weighted(dice, &[6, 2, 1])]);
    // First there must be something to work with.
    let nodes = if known.nodes.len() < 3 { 45 } else { 8 };
    let definitions = if known.definitions.len() < 4 { 50 } else { 18 };
    let services = if known.definitions.is_empty() { 2 } else { 60 };
    match weighted(
        dice,
        &[
            10,
            definitions,
            nodes,
            50,
            services,
            known.taste.capacity,
            known.taste.daemons,
        ],
    ) {
        0 => about_cluster(dice, cluster),
        1 => definitions::compose(dice, known, number),
        2 => nodes::compose(dice, known, cluster),
        3 => tasks::compose(dice, known, cluster, number),
        4 => services::compose(dice, known, cluster),
        5 => capacity::compose(dice, known, cluster),
        _ => daemons::compose(dice, known, cluster),
    }
}

fn about_cluster(dice: &dyn Dice, cluster: &'static str) -> Asked {
    match weighted(dice, &[6, 1, 3]) {
        0 => Asked {
            cluster,
            ..Asked::new("CreateCluster", format!(r#"{{"clusterName":"{cluster}"}}"#))
        },
        1 => Asked::new("DeleteCluster", format!(r#"{{"cluster":"{cluster}"}}"#)),
        _ => Asked::new(
            "DescribeClusters",
            format!(r#"{{"clusters":["{cluster}","nowhere"],"include":["STATISTICS","TAGS"]}}"#),
        ),
    }
}

/// One of what is known, most often of the newest.
fn some<'a>(dice: &dyn Dice, list: &'a [String]) -> Option<&'a str> {
    let newest = if once_in(dice, 3) {
        list
    } else {
        &list[list.len().saturating_sub(6)..]
    };
    (!newest.is_empty()).then(|| one_of(dice, newest).as_str())
}
