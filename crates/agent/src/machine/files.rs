//! The files that stand at `/etc` in a container, and files of variables. Pure but for reading what the machine has.

use crate::work::Work;
use std::fmt::Write as _;

/// `/etc/hosts` of a container.
pub fn hosts(work: &Work, part: usize, hostname: &str, address: Option<&str>) -> String {
    let plan = work.plan(part);
    let mut text = String::from("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n");
    if let Some(address) = address {
        let _ = writeln!(text, "{address}\t{hostname}");
    }
    for link in &plan.links {
        let (target, alias) = link.split_once(':').unwrap_or((link, link));
        let there = work
            .place(target)
            .and_then(|place| work.parts[place].address.as_deref());
        if let Some(there) = there {
            let _ = writeln!(text, "{there}\t{alias} {target}");
        }
    }
    for extra in &plan.extra_hosts {
        let _ = writeln!(text, "{}\t{}", extra.value, extra.name);
    }
    text
}

/// `/etc/resolv.conf` of a container: the plan's servers, or else those of the machine that can be reached from inside.
pub fn resolv_conf(work: &Work, part: usize, machine: &str, own_network: bool) -> String {
    let plan = work.plan(part);
    let words = |line: &str| -> Vec<String> { line.split_whitespace().map(str::to_string).collect() };
    let (mut servers, mut search, mut options) = (Vec::new(), Vec::new(), Vec::new());
    for line in machine.lines().map(words).filter(|words| words.len() > 1) {
        match line[0].as_str() {
            // Loopback is another place in a network of one's own.
            "nameserver" if own_network && (line[1].starts_with("127.") || line[1] == "::1") => {}
            "nameserver" => servers.push(line[1].clone()),
            "search" | "domain" => search = line[1..].to_vec(),
            "options" => options.extend(line[1..].iter().cloned()),
            _ => {}
        }
    }
    if !plan.dns_servers.is_empty() {
        servers.clone_from(&plan.dns_servers);
    }
    if !plan.dns_search.is_empty() {
        search.clone_from(&plan.dns_search);
    }
    let mut text = String::new();
    for server in servers {
        let _ = writeln!(text, "nameserver {server}");
    }
    if !search.is_empty() {
        let _ = writeln!(text, "search {}", search.join(" "));
    }
    if !options.is_empty() {
        let _ = writeln!(text, "options {}", options.join(" "));
    }
    text
}

/// The variables of a file: `NAME=value` lines, comments and blank lines; nothing is expanded. As ECS reads them: no
/// quotes, no trimming of values.
pub fn variables(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.trim().to_string(), value.to_string()))
        .filter(|(name, _)| !name.is_empty())
        .collect()
}

/// A container's host name: that of its address in `awsvpc` mode, the beginning of its id elsewhere.
pub fn hostname(work: &Work, part: usize) -> String {
    if let Some(named) = &work.plan(part).hostname {
        return named.clone();
    }
    match &work.assigned.interface {
        Some(interface) => match &interface.private_dns_name {
            Some(name) => name.clone(),
            None => format!("ip-{}", interface.address.replace('.', "-")),
        },
        None => work.parts[part]
            .metadata_id
            .chars()
            .filter(char::is_ascii_hexdigit)
            .take(12)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use link::plan::Pair;
    use link::{Assignment, ContainerPlan, TaskPlan};

    fn work(plan: ContainerPlan) -> Work {
        let assigned = Assignment {
            plan: TaskPlan {
                containers: vec![plan],
                ..Default::default()
            },
            ..Default::default()
        };
        Work::new(assigned, || ("id".to_string(), "0f-zz-00112233445566".to_string()))
    }

    #[test]
    fn names_are_served_by_the_plan_or_by_what_can_be_reached() {
        let machine = "# here\nnameserver 127.0.0.53\nnameserver 10.0.0.2\nsearch a b\noptions ndots:2\n";
        let plain = work(ContainerPlan::default());
        let inside = resolv_conf(&plain, 0, machine, true);
        assert_eq!(inside, "nameserver 10.0.0.2\nsearch a b\noptions ndots:2\n");
        assert!(resolv_conf(&plain, 0, machine, false).starts_with("nameserver 127.0.0.53\n"));
        let own = work(ContainerPlan {
            dns_servers: vec!["9.9.9.9".to_string()],
            dns_search: vec!["lan".to_string()],
            ..Default::default()
        });
        let own = resolv_conf(&own, 0, machine, true);
        assert_eq!(own, "nameserver 9.9.9.9\nsearch lan\noptions ndots:2\n");
    }

    #[test]
    fn a_container_knows_itself_and_who_it_was_told_of() {
        let work = work(ContainerPlan {
            extra_hosts: vec![Pair::new("db", "10.1.1.1")],
            ..Default::default()
        });
        let text = hosts(&work, 0, "me", Some("172.17.0.2"));
        assert!(text.contains("172.17.0.2\tme\n10.1.1.1\tdb\n"), "{text}");
        assert_eq!(hostname(&work, 0), "0f0011223344");
    }

    #[test]
    fn files_of_variables_are_read_as_they_stand() {
        let text = "A=1\n# no\n\n B = two words \nC\n=x\nD=a=b\n";
        let pairs = [("A", "1"), ("B", " two words "), ("D", "a=b")];
        let expected: Vec<_> = pairs.map(|(a, b)| (a.to_string(), b.to_string())).into();
        assert_eq!(variables(text), expected);
    }
}
