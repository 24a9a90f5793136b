//! How what lies outside is reached: registries, hooks, and the proxies on the way. Arguments of the command line that
//! several verbs share, and what they make.

use clap::{Arg, ArgAction, ArgMatches};
use images::{Proxies, Proxy, Settings};

/// What any machine that pulls images can be told of registries.
pub fn registries() -> [Arg; 3] {
    [
        Arg::new("registry-mirror")
            .long("registry-mirror")
            .value_name("HOST=URL")
            .action(ArgAction::Append)
            .value_parser(mirror)
            .help(
                "Look there first for images of that host, such as docker.io=https://mirror.example; may be repeated",
            ),
        Arg::new("plain-http")
            .long("plain-http")
            .value_name("HOST")
            .action(ArgAction::Append)
            .help("This registry (with its port) speaks HTTP without TLS, as those on loopback may; may be repeated"),
        Arg::new("registry-ca")
            .long("registry-ca")
            .value_name("FILE")
            .action(ArgAction::Append)
            .value_parser(authorities)
            .help("Certificates, in PEM, that vouch for registries beside those this machine trusts; may be repeated"),
    ]
}

/// Certificates of a file that was named.
#[derive(Clone)]
struct Authorities(Vec<Vec<u8>>);

fn authorities(file: &str) -> Result<Authorities, String> {
    let pem = std::fs::read(file).map_err(|error| error.to_string())?;
    let found = images::trust::certificates(&pem).map_err(|error| error.to_string())?;
    Ok(Authorities(found))
}

/// Who vouches for deployments' hooks behind https.
pub fn hook_ca() -> Arg {
    Arg::new("hook-ca")
        .long("hook-ca")
        .value_name("FILE")
        .action(ArgAction::Append)
        .value_parser(authorities)
        .help("Certificates, in PEM, that vouch for https hooks of deployments beside those this machine trusts; may be repeated")
}

/// The certificates of all files that such an argument named.
pub fn vouching(args: &ArgMatches, name: &str) -> Vec<Vec<u8>> {
    let named = args.get_many::<Authorities>(name).into_iter().flatten();
    named.flat_map(|Authorities(some)| some.iter().cloned()).collect()
}

/// What `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say, in capitals or not.
fn proxies() -> Proxies {
    #[allow(clippy::disallowed_methods)] // this is floor 7, and everything that goes through proxies reads these
    let said = |name: &str| {
        let both = [name.to_string(), name.to_ascii_lowercase()];
        both.iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.is_empty())
    };
    let proxy = |name: &str| {
        let url = said(name)?;
        // Its value may have a password in it.
        let bad = |error| tracing::warn!(variable = name, %error, "the environment names a proxy that cannot be used");
        Proxy::parse(&url).map_err(bad).ok()
    };
    Proxies {
        for_tls: proxy("HTTPS_PROXY"),
        for_plain: proxy("HTTP_PROXY"),
        none: said("NO_PROXY").map_or(Vec::new(), |none| none.split(',').map(str::to_string).collect()),
    }
}

fn mirror(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((host, url)) if !host.is_empty() && (url.starts_with("https://") || url.starts_with("http://")) => {
            Ok((host.to_string(), url.trim_end_matches('/').to_string()))
        }
        _ => Err("a mirror looks like docker.io=https://mirror.example".to_string()),
    }
}

/// The settings that those arguments make.
pub fn settings(args: &ArgMatches) -> Settings {
    let mut settings = Settings::default();
    for (host, url) in args
        .get_many::<(String, String)>("registry-mirror")
        .into_iter()
        .flatten()
    {
        settings.mirrors.entry(host.clone()).or_default().push(url.clone());
    }
    settings.plain_http = args
        .get_many::<String>("plain-http")
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    settings.authorities = vouching(args, "registry-ca");
    settings.proxies = proxies();
    settings
}
