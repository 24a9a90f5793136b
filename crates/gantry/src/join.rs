//! Joining: `gantry admin join-token`, which makes a token, and `gantry agent --join`, which uses it and is then a node.

use crate::Done;
use crate::data::DataDir;
use crate::members;
use crate::node::{Around, Wish};
use crate::report::Report;
use crate::up::{Stop, tell, text};
use agent::Connect;
use base::{Clock, Dice, SystemClock, SystemDice};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use link::tls::{Membership, NotConnected, Stream};
use link::{JoinSecret, Token};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// What makes this machine a node, in the node's own directory.
const MEMBERSHIP: &str = "node/membership";

/// How often it is looked whether the certificate is to be renewed: many times in the third of its life that is left.
const LOOK_EVERY: Duration = Duration::from_secs(3600);

pub fn token_command(data: Arg, json: Arg) -> Command {
    Command::new("join-token")
        .about("Make a word with which other machines become nodes of the server that runs here")
        .arg(data)
        .arg(
            Arg::new("ttl")
                .long("ttl")
                .value_name("TIME")
                .value_parser(ttl)
                .default_value("1h")
                .help("How long it is good: 90s, 15m, 12h or 7d"),
        )
        .arg(
            Arg::new("uses")
                .long("uses")
                .value_name("N")
                .value_parser(value_parser!(u32).range(1..=10_000))
                .default_value("1")
                .help("How many machines may use it"),
        )
        .arg(
            Arg::new("address")
                .long("address")
                .value_name("HOST:PORT")
                .value_parser(address)
                .action(ArgAction::Append)
                .help("Where nodes reach the server, if not where it listens; may be given again"),
        )
        .arg(json)
}

pub fn agent_command(data: Arg, runs_containers: Vec<Arg>) -> Command {
    Command::new("agent")
        .about("Be a node of a Gantry on another machine, in the foreground, until SIGTERM or Ctrl-C")
        .arg(data)
        .arg(
            Arg::new("join")
                .long("join")
                .value_name("TOKEN")
                .value_parser(value_parser!(Token))
                .help("What `gantry admin join-token` said there; needed the first time only"),
        )
        .arg(
            Arg::new("cluster")
                .long("cluster")
                .value_name("NAME")
                .default_value("default")
                .help("The ECS cluster to be a container instance of"),
        )
        .args(runs_containers)
}

fn ttl(text: &str) -> Result<Duration, String> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match &text[number.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err("a time looks like 90s, 15m, 12h or 7d".to_string()),
    };
    let number: u64 = number
        .parse()
        .map_err(|_| "it begins with a whole number".to_string())?;
    let ttl = number.checked_mul(seconds).map(Duration::from_secs);
    ttl.filter(|ttl| !ttl.is_zero() && *ttl <= LONGEST_TTL)
        .ok_or_else(|| "it is between 1s and 365d".to_string())
}

const LONGEST_TTL: Duration = Duration::from_secs(365 * 24 * 60 * 60);

fn address(text: &str) -> Result<String, String> {
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    match port.map(|(_, port)| port.parse::<u16>()) {
        Some(Ok(1..)) => Ok(text.to_string()),
        _ => Err("an address looks like server.example:4567".to_string()),
    }
}

/// `gantry admin join-token`
pub fn make_token(args: &ArgMatches) -> Done {
    let data = DataDir::choose(args.get_one("data"))?;
    let (Some(at), Some(authority)) = (data.takes_nodes_at()?, members::known_authority(&data)?) else {
        let none = format!("no server that takes nodes is running on {}", data.path().display());
        return Err(Report::new(none).hint("gantry up --nodes ADDR, or give --data DIR"));
    };
    let named: Vec<String> = args.get_many("address").unwrap_or_default().cloned().collect();
    if named.is_empty() && at.ip().is_unspecified() {
        let all = format!(
            "the server takes nodes on every address of this machine, port {}",
            at.port()
        );
        return Err(Report::new(all).hint("say which of them nodes reach: --address HOST:PORT"));
    }
    let addresses = if named.is_empty() { vec![at.to_string()] } else { named };
    let now = SystemClock.now();
    let ttl = *args.get_one::<Duration>("ttl").expect("it has a default");
    let expires = now.plus_millis(i64::try_from(ttl.as_millis()).expect("the command line bounds it"));
    let uses = *args.get_one::<u32>("uses").expect("it has a default");
    let secret = JoinSecret::new();
    members::forget_tokens(&data, now)?;
    members::make_token(&data, &secret, expires, uses)?;
    let token = Token {
        addresses,
        authority: authority.fingerprint(),
        secret,
        expires,
    };
    if args.get_flag("json") {
        println!("{{\"token\": \"{token}\", \"expires\": \"{expires}\", \"uses\": {uses}}}");
    } else {
        println!("{token}");
        eprintln!("Good for {uses} machine(s) until {expires}. On each of them:");
        eprintln!("  gantry agent --join TOKEN");
    }
    Ok(())
}

/// `gantry agent`
pub fn run(args: &ArgMatches) -> Done {
    tell(text(args, "log").expect("it has a default"));
    let data = DataDir::choose(args.get_one("data"))?;
    data.create()?;
    if data.store().exists() {
        let server = format!("{} is a server's, which has a node of its own", data.path().display());
        return Err(Report::new(server).hint("give another --data DIR"));
    }
    if let Some(lack) = agent::machine::about::lacks() {
        return Err(Report::new(lack));
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let dice: Arc<dyn Dice> = Arc::new(SystemDice::default());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Report::new("the runtime does not start").because(e))?;
    runtime.block_on(async {
        let mut stop = Stop::watch()?;
        let joining = membership(&data, args.get_one("join"), &clock);
        let membership = tokio::select! {
            membership = joining => membership?,
            () = stop.asked() => return Ok(()),
        };
        let (stop_node, stopped) = watch::channel(false);
        let node = membership.node().to_string();
        let member = Member {
            membership: Arc::new(Mutex::new(membership)),
            data: data.clone(),
            clock: Arc::clone(&clock),
        };
        let wish = Wish {
            cluster: text(args, "cluster").expect("it has a default").to_string(),
            pull_policy: crate::node::pull_policy(args),
            images: images::Settings {
                home: Some(member.registry()),
                ..crate::outside::settings(args)
            },
            own_ports: Vec::new(),
            oci_runtime: args.get_one::<PathBuf>("oci-runtime").cloned(),
            certified: Some(node.clone()),
        };
        let around = Around {
            clock,
            dice,
            subnets: Vec::new(),
            tunnel: true,
        };
        let renewing = tokio::spawn(member.clone().stay_fresh(stopped.clone()));
        let running = crate::node::start(around, member, &data, wish, stopped).await?;
        println!("This machine is node {node}. Stop with Ctrl-C; its containers go on.");
        stop.asked().await;
        stop_node.send_replace(true);
        running.ended().await;
        drop(renewing.await);
        Ok(())
    })
}

/// What this machine is already, or becomes with the token.
async fn membership(data: &DataDir, token: Option<&Token>, clock: &Arc<dyn Clock>) -> Result<Membership, Report> {
    let kept = data.read_bytes(MEMBERSHIP)?;
    let kept = kept.map(|kept| Membership::from_bytes(&kept)).transpose();
    let kept = kept.map_err(|e| Report::new(format!("{} cannot be used", data.path().display())).because(e))?;
    match (kept, token) {
        (Some(kept), None) => Ok(kept),
        (Some(kept), Some(token)) if kept.is_of(token) => {
            let moved = kept.moved_to(token.addresses.clone());
            data.write(MEMBERSHIP, moved.to_bytes().reveal())?;
            Ok(moved)
        }
        (Some(_), Some(_)) => {
            let other = format!("the node in {} is of another cluster", data.path().display());
            Err(Report::new(other).hint("give another --data DIR"))
        }
        (None, Some(token)) => {
            data.directory("node")?;
            let joined = link::tls::join(token, clock).await;
            let joined = joined.map_err(|e| Report::new("this machine cannot join").because(e))?;
            data.write(MEMBERSHIP, joined.to_bytes().reveal())?;
            Ok(joined)
        }
        (None, None) => Err(Report::new("this machine is no node yet")
            .hint("gantry agent --join TOKEN, with what `gantry admin join-token` says beside the server")),
    }
}

/// A node with its certificate, which it keeps fresh.
#[derive(Clone)]
struct Member {
    membership: Arc<Mutex<Membership>>,
    data: DataDir,
    clock: Arc<dyn Clock>,
}

impl Member {
    fn now(&self) -> Membership {
        let membership = self.membership.lock().unwrap_or_else(PoisonError::into_inner);
        membership.clone()
    }

    /// The registry that the server is.
    fn registry(&self) -> images::Home {
        let member = self.clone();
        images::Home::new(move || {
            let member = member.clone();
            Box::pin(async move {
                let stream = member.now().pull(&member.clock).await.map_err(|e| e.to_string())?;
                Ok(Box::new(stream) as Box<dyn images::Wire>)
            })
        })
    }

    async fn stay_fresh(self, mut stopped: watch::Receiver<bool>) {
        loop {
            if self.now().wants_renewal(self.clock.now())
                && let Err(error) = self.renew().await
            {
                tracing::warn!(%error, "this node's certificate cannot be renewed now; it is tried again");
            }
            tokio::select! {
                _ = stopped.wait_for(|stop| *stop) => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn renew(&self) -> Result<(), Report> {
        let renewed = self.now().renewed(&self.clock).await;
        let renewed = renewed.map_err(|e: NotConnected| Report::new("the server gives no new one").because(e))?;
        self.data.write(MEMBERSHIP, renewed.to_bytes().reveal())?;
        *self.membership.lock().unwrap_or_else(PoisonError::into_inner) = renewed;
        Ok(())
    }
}

impl Connect for Member {
    type Stream = Stream;

    async fn connect(&self) -> std::io::Result<Stream> {
        self.now().connect(&self.clock).await.map_err(std::io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_addresses_are_read_or_refused() {
        assert_eq!(ttl("15m"), Ok(Duration::from_secs(900)));
        assert_eq!(ttl("7d"), Ok(Duration::from_secs(7 * 86_400)));
        for bad in [
            "",
            "m",
            "15",
            "0s",
            "1y",
            "-1h",
            "366d",
            "99999999999999999999d",
            "9999999999999999d",
        ] {
            assert!(ttl(bad).is_err(), "{bad}");
        }
        assert!(address("server.example:4567").is_ok() && address("[::1]:4567").is_ok());
        for bad in ["", ":1", "a", "a:", "a:0", "a:65536"] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
