//! Why there is no place, in one word and one sentence: what a task that waits says, and what it stops with.

use crate::{Misfit, Placement, Verdict};

/// What kept a task from having a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// AWS's words.
    pub reason: String,
    /// The nearest node and all that it lacks, for people.
    pub because: String,
}

impl Placement {
    /// Why the tasks without a place have none, told of the node that lacks least.
    pub fn lack(&self, provider: Option<&str>) -> Lack {
        let closest = self
            .verdicts
            .iter()
            .filter(|v| is_candidate(v))
            .min_by_key(|v| v.distance());
        match closest {
            Some(verdict) => Lack {
                reason: verdict.misfits.first().map_or("", Misfit::reason).to_string(),
                because: format!("waits for a place; the nearest node is {verdict}"),
            },
            None => Lack {
                reason: no_nodes(provider).to_string(),
                because: match provider {
                    Some(provider) => format!("waits for a node of the capacity provider {provider}"),
                    None => "waits for a node".to_string(),
                },
            },
        }
    }
}

/// Whether a node is of the kind that was asked for, and in service.
pub fn is_candidate(verdict: &Verdict) -> bool {
    !verdict
        .misfits
        .iter()
        .any(|m| matches!(m, Misfit::Status(_) | Misfit::Source))
}

/// There is no node that could have been asked.
pub fn no_nodes(provider: Option<&str>) -> &'static str {
    match provider {
        Some(_) => "No Container Instances were found in your capacity provider.",
        None => "No Container Instances were found in your cluster.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(node: &str, misfits: Vec<Misfit>) -> Verdict {
        Verdict {
            cluster: "default".to_string(),
            node: node.to_string(),
            misfits,
        }
    }

    #[test]
    fn the_nearest_node_of_the_kind_is_told_of() {
        let cpu = |free| Misfit::Cpu { wanted: 1024, free };
        let placement = Placement {
            unplaced: 1,
            verdicts: vec![
                verdict("far", vec![cpu(0)]),
                verdict("near", vec![cpu(1000)]),
                verdict("other", vec![Misfit::Source]),
            ],
            ..Placement::default()
        };
        let lack = placement.lack(Some("p"));
        assert_eq!(lack.reason, "RESOURCE:CPU");
        assert!(
            lack.because
                .contains("near: 1024 CPU units are wanted and 1000 are free"),
            "{}",
            lack.because
        );
    }

    #[test]
    fn a_node_that_waits_for_its_daemon_is_there_all_the_same() {
        let placement = Placement {
            unplaced: 1,
            verdicts: vec![verdict("near", vec![Misfit::Awaits("logs".to_string())])],
            ..Placement::default()
        };
        let lack = placement.lack(None);
        assert_eq!(lack.reason, "AGENT");
        assert!(
            lack.because.contains("the daemon logs does not run there yet"),
            "{}",
            lack.because
        );
    }

    #[test]
    fn where_no_node_is_asked_none_is_told_of() {
        let placement = Placement {
            unplaced: 1,
            verdicts: vec![verdict("other", vec![Misfit::Source])],
            ..Placement::default()
        };
        assert!(placement.lack(Some("p")).reason.contains("capacity provider"));
        assert!(placement.lack(None).reason.contains("cluster"));
    }
}
