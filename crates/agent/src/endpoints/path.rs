//! From a path to what is asked.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask<'p> {
    /// Of the version whose path was used; the id may be empty.
    Credentials(u8, &'p str),
    Metadata(Version, &'p str, What<'p>),
    /// The second version knows its callers by their addresses; containers are named by what Docker would call them.
    Own(What<'p>, &'p str),
    Protection(&'p str),
    Fault(&'p str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    V3,
    V4,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What<'p> {
    Container,
    Task,
    TaskWithTags,
    Stats,
    TaskStats,
    Associations,
    Association(&'p str, &'p str),
}

const FAULTS: [&str; 3] = ["network-blackhole-port", "network-latency", "network-packet-loss"];

/// `None` when there is no such page. A slash at the end changes nothing.
pub fn ask<'p>(path: &'p str, query: Option<&'p str>) -> Option<Ask<'p>> {
    let path = path.strip_prefix('/')?;
    let path = path.strip_suffix('/').unwrap_or(path);
    let parts: Vec<&str> = path.splitn(8, '/').collect();
    Some(match parts.as_slice() {
        ["v1", "credentials"] => Ask::Credentials(1, value(query, "id")),
        ["v2", "credentials"] => Ask::Credentials(2, ""),
        ["v2", "credentials", id] => Ask::Credentials(2, id),
        ["v2", "metadata"] => Ask::Own(What::Task, ""),
        ["v2", "metadata", id] => Ask::Own(What::Container, id),
        ["v2", "metadataWithTags"] => Ask::Own(What::TaskWithTags, ""),
        ["v2", "stats"] => Ask::Own(What::TaskStats, ""),
        ["v2", "stats", id] => Ask::Own(What::Stats, id),
        ["v3", id, rest @ ..] => Ask::Metadata(Version::V3, id, what(rest)?),
        ["v4", id, rest @ ..] => Ask::Metadata(Version::V4, id, what(rest)?),
        ["api", id, "task-protection", "v1", "state"] => Ask::Protection(id),
        ["api", id, "fault", "v1", kind, "start" | "stop" | "status"] if FAULTS.contains(kind) => Ask::Fault(id),
        _ => return None,
    })
}

fn what<'p>(parts: &[&'p str]) -> Option<What<'p>> {
    Some(match parts {
        [] => What::Container,
        ["task"] => What::Task,
        ["taskWithTags"] => What::TaskWithTags,
        ["stats"] => What::Stats,
        ["task", "stats"] => What::TaskStats,
        ["associations", _] => What::Associations,
        ["associations", kind, name] => What::Association(kind, name),
        _ => return None,
    })
}

/// The first value of a name in a query; empty when there is none.
pub fn value<'q>(query: Option<&'q str>, name: &str) -> &'q str {
    let pairs = query.unwrap_or_default().split('&');
    let mut values = pairs.filter_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    values.next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Version::{V3, V4};

    #[test]
    fn every_page_is_found_and_nothing_else() {
        for (path, page) in [
            ("/v1/credentials", Ask::Credentials(1, "")),
            ("/v2/credentials/abc", Ask::Credentials(2, "abc")),
            ("/v2/credentials/", Ask::Credentials(2, "")),
            ("/v2/metadata/", Ask::Own(What::Task, "")),
            ("/v2/metadata/d", Ask::Own(What::Container, "d")),
            ("/v2/metadataWithTags", Ask::Own(What::TaskWithTags, "")),
            ("/v2/stats", Ask::Own(What::TaskStats, "")),
            ("/v2/stats/d", Ask::Own(What::Stats, "d")),
            ("/v3/i", Ask::Metadata(V3, "i", What::Container)),
            ("/v4/i/", Ask::Metadata(V4, "i", What::Container)),
            ("/v4/i/task", Ask::Metadata(V4, "i", What::Task)),
            ("/v3/i/taskWithTags", Ask::Metadata(V3, "i", What::TaskWithTags)),
            ("/v4/i/stats", Ask::Metadata(V4, "i", What::Stats)),
            ("/v4/i/task/stats", Ask::Metadata(V4, "i", What::TaskStats)),
            ("/v4/i/associations/k", Ask::Metadata(V4, "i", What::Associations)),
            (
                "/v3/i/associations/k/n",
                Ask::Metadata(V3, "i", What::Association("k", "n")),
            ),
            ("/api/i/task-protection/v1/state", Ask::Protection("i")),
            ("/api/i/fault/v1/network-latency/start", Ask::Fault("i")),
        ] {
            assert_eq!(ask(path, None), Some(page), "{path}");
        }
        for path in [
            "",
            "/",
            "v3/i",
            "/v2/tasks",
            "/v2/metadata/d/e",
            "/v3",
            "/v4/i/tasks",
            "/v4/i/task/stats/more",
            "/v4/i/associations",
            "/v5/i",
            "/api/i/fault/v1/network-latency/pause",
            "/api/i/fault/v1/disk-full/start",
            "/api/i/task-protection/v2/state",
            "/v1/metadata",
        ] {
            assert_eq!(ask(path, None), None, "{path}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_path_is_too_strange(path in "\\PC{0,40}|/(v[1-5]|api)(/\\PC{0,6}){0,9}", query in "\\PC{0,20}") {
            if let Some(Ask::Metadata(_, id, _) | Ask::Protection(id) | Ask::Fault(id)) = ask(&path, Some(&query)) {
                assert!(path.contains(id) && !id.contains('/'));
            }
        }
    }

    #[test]
    fn an_id_may_be_in_the_query() {
        for (query, id) in [
            (Some("id=a"), "a"),
            (Some("x=1&id=b&id=c"), "b"),
            (Some("idx=a"), ""),
            (None, ""),
        ] {
            assert_eq!(ask("/v1/credentials", query), Some(Ask::Credentials(1, id)));
        }
    }
}
