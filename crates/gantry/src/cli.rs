//! The words of the command line.

use clap::{Arg, ArgAction, Command, value_parser};
use model::Block;
use services::ec2::VPC_PREFIX;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

pub fn command() -> Command {
    Command::new("gantry")
        .about("Amazon ECS that you own: speaks the AWS APIs and really runs the containers")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(up())
        .subcommand(crate::join::agent_command(data(), runs_containers()))
        .subcommand(
            Command::new("env")
                .about("Print what AWS clients need to find this Gantry: eval \"$(gantry env)\"")
                .arg(data())
                .arg(json("One JSON object instead of shell exports")),
        )
        .subcommand(crate::logs::command(data(), json("One JSON object a line")))
        .subcommand(crate::top::command(data(), json("One JSON object a container")))
        .subcommand(crate::events::command(
            data(),
            json("One event a line, as EventBridge delivers it"),
        ))
        .subcommand(crate::explain::command(data(), json("One JSON object")))
        .subcommand(crate::plan::command(data(), json("One JSON object")))
        .subcommand(crate::why::command(data(), json("One JSON object")))
        .subcommand(admin())
        .subcommand(crate::images::command(&data, &json))
}

fn up() -> Command {
    Command::new("up")
        .about("Start everything, in the foreground, until SIGTERM or Ctrl-C")
        .arg(data())
        .arg(
            Arg::new("listen")
                .long("listen")
                .value_name("ADDR")
                .value_parser(value_parser!(SocketAddr))
                .default_value("127.0.0.1:4566")
                .help("Where the AWS APIs answer; port 0 takes any free port"),
        )
        .arg(
            Arg::new("region")
                .long("region")
                .value_name("R")
                .value_parser(region)
                .help("The AWS region to be [default: us-east-1, or what this data directory was made with]"),
        )
        .arg(
            Arg::new("account")
                .long("account")
                .value_name("ID")
                .value_parser(account)
                .help("The AWS account to be [default: 000000000000, or what this data directory was made with]"),
        )
        .arg(
            Arg::new("strict")
                .long("strict")
                .action(ArgAction::SetTrue)
                .help("Refuse requests that use a field which is stored but has no effect yet"),
        )
        .arg(
            Arg::new("vpc-cidr")
                .long("vpc-cidr")
                .value_name("CIDR")
                .value_parser(vpc_cidr)
                .help("Addresses of the default VPC, when the data directory is made [default: 172.31.0.0/16]"),
        )
        .arg(
            Arg::new("keep-days")
                .long("keep-days")
                .value_name("N")
                .value_parser(value_parser!(u32).range(1..=3650))
                .default_value("7")
                .help("How long stopped tasks, past deployments, what was deleted, and the history of everything are kept"),
        )
        .arg(
            Arg::new("no-node")
                .long("no-node")
                .action(ArgAction::SetTrue)
                .help("Run no tasks on this machine; serve the API alone"),
        )
        .args(runs_containers())
        .arg(crate::outside::hook_ca())
        .args(crate::bucket::args())
        .arg(
            Arg::new("settle-ms")
                .long("settle-ms")
                .value_name("MS")
                .value_parser(value_parser!(u32))
                .default_value("5000")
                .help(
                    "A service's task without health checks counts as healthy this long after its start (AWS: 40000)",
                ),
        )
        .arg(
            Arg::new("nodes")
                .long("nodes")
                .value_name("ADDR")
                .value_parser(value_parser!(SocketAddr))
                .help("Where machines join and nodes come to, such as 10.0.0.1:4567; see `admin join-token`"),
        )
        .arg(
            Arg::new("replicate-to")
                .long("replicate-to")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Other Gantries that images are replicated to, as JSON; docs/registry.md tells how"),
        )
        .arg(
            Arg::new("advisories")
                .long("advisories")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("What scans hold images against, as JSON; docs/registry.md tells how"),
        )
        .arg(
            Arg::new("upstream-credentials")
                .long("upstream-credentials")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("The secrets that pull-through cache rules name, as JSON; docs/registry.md tells how"),
        )
        .arg(
            Arg::new("simulated-nodes")
                .long("simulated-nodes")
                .value_name("N")
                .value_parser(value_parser!(u16).range(0..=10_000))
                .default_value("0")
                .help("Instead of this machine, start N simulated nodes that pretend to run tasks"),
        )
        .arg(json("Say what it listens on as one JSON object"))
}

/// What any machine that runs containers can be told.
fn runs_containers() -> Vec<Arg> {
    let [registry_mirror, plain_http, registry_ca] = crate::outside::registries();
    vec![
        registry_mirror,
        plain_http,
        registry_ca,
        Arg::new("pull")
            .long("pull")
            .value_name("WHEN")
            .value_parser(["default", "always", "once", "prefer-cached"])
            .default_value("default")
            .help("When a task's image is asked for at its registry, as ECS_IMAGE_PULL_BEHAVIOR says it"),
        Arg::new("oci-runtime")
            .long("oci-runtime")
            .value_name("COMMAND")
            .value_parser(value_parser!(PathBuf))
            .help("Run containers with this OCI runtime (runc, crun, ..) instead of the built-in one"),
        Arg::new("log")
            .long("log")
            .value_name("LEVEL")
            .value_parser(["error", "warn", "info", "debug", "trace"])
            .default_value("warn")
            .help("How much to tell on stderr"),
    ]
}

fn admin() -> Command {
    Command::new("admin")
        .about("Look behind the API")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("fidelity")
                .about("What of each AWS operation and field is enforced, stored only, or rejected")
                .arg(
                    Arg::new("service")
                        .value_name("SERVICE")
                        .help("Only this service, such as ecs"),
                )
                .arg(
                    Arg::new("markdown")
                        .long("markdown")
                        .action(ArgAction::SetTrue)
                        .conflicts_with("json")
                        .help("As the page docs/fidelity.md"),
                )
                .arg(json("One JSON object a line")),
        )
        .subcommand(
            Command::new("moves")
                .about("The steps that a task's status may take, and who may make it take them")
                .arg(
                    Arg::new("markdown")
                        .long("markdown")
                        .action(ArgAction::SetTrue)
                        .conflicts_with("json")
                        .help("As the page docs/moves.md"),
                )
                .arg(json("One JSON object a line")),
        )
        .subcommand(crate::leave::command(data(), json("One JSON object")))
        .subcommand(crate::join::token_command(data(), json("One JSON object")))
        .subcommand(crate::revoke::command(data(), json("One JSON object")))
        .subcommand(
            Command::new("doctor")
                .about("Check the laws that must hold over a data directory; the server must be down")
                .arg(
                    Arg::new("content")
                        .long("content")
                        .action(ArgAction::SetTrue)
                        .help("Read all content of the registry, and hold it against its digests"),
                )
                .arg(data())
                .arg(json("One JSON object")),
        )
}

fn data() -> Arg {
    Arg::new("data")
        .long("data")
        .value_name("DIR")
        .value_parser(value_parser!(PathBuf))
        .help(
            "Where everything is kept [default: $GANTRY_DATA, or /var/lib/gantry for root, else ~/.local/share/gantry]",
        )
}

fn json(help: &'static str) -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help(help)
}

fn region(text: &str) -> Result<String, String> {
    let word = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let parts: Vec<&str> = text.split('-').collect();
    let like_aws = parts.len() >= 3 && parts.iter().all(|p| word(p)) && text.ends_with(|c: char| c.is_ascii_digit());
    if like_aws {
        Ok(text.to_string())
    } else {
        Err("a region looks like us-east-1".to_string())
    }
}

fn vpc_cidr(text: &str) -> Result<Block, String> {
    let block = text.split_once('/').and_then(|(first, prefix)| {
        let first: Ipv4Addr = first.parse().ok()?;
        (prefix.parse() == Ok(VPC_PREFIX)).then_some(Block {
            first,
            prefix: VPC_PREFIX,
        })
    });
    block
        .filter(|block| block.first.is_private() && block.first.octets()[2..] == [0, 0])
        .ok_or_else(|| format!("it looks like 10.7.0.0/{VPC_PREFIX}, of addresses for private networks"))
}

fn account(text: &str) -> Result<String, String> {
    let twelve_digits = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    if twelve_digits {
        Ok(text.to_string())
    } else {
        Err("an account id has twelve digits".to_string())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_consistent() {
        super::command().debug_assert();
    }

    #[test]
    fn regions_and_accounts_look_like_awss() {
        assert!(super::region("us-east-1").is_ok());
        assert!(super::region("us-gov-west-1").is_ok());
        assert!(super::region("useast").is_err());
        assert!(super::account("000000000000").is_ok());
        assert!(super::account("1").is_err());
        assert!(super::vpc_cidr("10.7.0.0/16").is_ok());
        for bad in ["10.7.0.0", "10.7.1.0/16", "10.7.0.0/20", "8.8.0.0/16", "a/16"] {
            assert!(super::vpc_cidr(bad).is_err(), "{bad}");
        }
    }
}
