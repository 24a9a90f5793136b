//! The two files by which programs inside find names: pure, so that the caller puts them wherever its containers see them.

use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr};

/// What a task definition may say about names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dns {
    pub servers: Vec<IpAddr>,
    pub search: Vec<String>,
}

/// Where hosts keep their resolvers; the second is the real list where the first names a local stub.
pub const HOST_RESOLV_CONF: [&str; 2] = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

/// resolv.conf for an attachment. Each of servers and search list is the wish, or else the host's; options are the
/// host's. A server on the host's loopback cannot be reached from inside, so such are left out: `None` if no server
/// remains, for then the next of [`HOST_RESOLV_CONF`] may know better.
pub fn resolv_conf(host: &str, wish: &Dns) -> Option<String> {
    let (mut servers, mut search, mut options) = (Vec::new(), Vec::new(), Vec::new());
    for line in host.lines() {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("nameserver") => servers.extend(words.next().and_then(|word| word.parse::<IpAddr>().ok())),
            // The last one counts; the two words mean the same.
            Some("search" | "domain") => search = words.map(str::to_owned).collect(),
            Some("options") => options.extend(words.map(str::to_owned)),
            _ => {}
        }
    }
    // Attachments have no IPv6, so servers that need it are of no use either.
    servers.retain(|server| server.is_ipv4() && !server.is_loopback());
    let servers = if wish.servers.is_empty() {
        &servers
    } else {
        &wish.servers
    };
    let search = if wish.search.is_empty() { &search } else { &wish.search };
    if servers.is_empty() {
        return None;
    }
    let mut text = String::new();
    for server in servers {
        writeln!(text, "nameserver {server}").expect("a String takes everything");
    }
    for (word, list) in [("search", search), ("options", &options)] {
        if !list.is_empty() {
            writeln!(text, "{word} {}", list.join(" ")).expect("a String takes everything");
        }
    }
    Some(text)
}

/// The hosts file of an attachment: itself, and others it should know (extra hosts, links).
pub fn hosts(own: Option<(Ipv4Addr, &str)>, others: &[(IpAddr, &str)]) -> String {
    let mut text = String::from(
        "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\nfe00::0\tip6-localnet\nff00::0\tip6-mcastprefix\n\
         ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n",
    );
    let own = own.map(|(address, name)| (IpAddr::from(address), name));
    for (address, name) in others.iter().copied().chain(own) {
        // Names come from task definitions; one with a line end in it would be two entries.
        if !name.is_empty() && !name.contains(|c: char| c.is_control()) {
            writeln!(text, "{address}\t{name}").expect("a String takes everything");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wish_goes_before_the_host_and_loopback_is_nobody() {
        let host = "# by hand\nnameserver 127.0.0.53\nnameserver 192.0.2.1\nsearch lan\noptions ndots:2 edns0\n";
        let as_host = resolv_conf(host, &Dns::default()).unwrap();
        assert_eq!(as_host, "nameserver 192.0.2.1\nsearch lan\noptions ndots:2 edns0\n");
        let wish = Dns {
            servers: vec!["192.0.2.9".parse().unwrap()],
            search: vec!["a.test".into(), "b.test".into()],
        };
        let wished = resolv_conf(host, &wish).unwrap();
        assert_eq!(
            wished,
            "nameserver 192.0.2.9\nsearch a.test b.test\noptions ndots:2 edns0\n"
        );
        assert_eq!(
            resolv_conf("nameserver 127.0.0.53\nnameserver fd00::1\n", &Dns::default()),
            None
        );
    }

    #[test]
    fn hosts_know_themselves_and_take_no_name_with_a_line_end() {
        let others = [
            ("192.0.2.7".parse().unwrap(), "db"),
            ("192.0.2.8".parse().unwrap(), "x\n192.0.2.9 evil"),
        ];
        let text = hosts(Some((Ipv4Addr::new(172, 30, 0, 5), "web")), &others);
        assert!(text.starts_with("127.0.0.1\tlocalhost\n"));
        assert!(text.ends_with("192.0.2.7\tdb\n172.30.0.5\tweb\n"), "{text}");
        assert!(!text.contains("evil"));
    }
}
