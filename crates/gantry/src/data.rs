//! The data directory: who this Gantry is, root's credentials, and where the running server answers.
//!
//! `identity` and `credentials` are made at the first start and never change; `server` is there while a server runs.
//! All three are `name = value` lines; `credentials` is what AWS clients call a shared credentials file.

use crate::report::Report;
use base::{Clock, Dice, Scope, Secret, Timestamp};
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

#[derive(Clone)]
pub struct DataDir(PathBuf);

/// Names the data directory for verbs that are not given one.
pub const ENVIRONMENT: &str = "GANTRY_DATA";

/// Root's access key.
pub struct Credentials {
    pub access_key: String,
    pub secret: Secret<String>,
}

/// Who a node is.
pub struct NodeIdentity {
    /// Names what the node makes on its machine, unlike the node of another data directory.
    pub instance: String,
    /// `i-..`
    pub instance_id: String,
    /// From which the names are made that only the node's containers know.
    pub secret: [u8; 32],
    /// What the server calls it, once it has been there.
    pub id: Option<String>,
}

impl DataDir {
    /// The directory that was asked for, or that of the environment, or the default for who runs this.
    pub fn choose(asked: Option<&PathBuf>) -> Result<Self, Report> {
        if let Some(dir) = asked {
            return Ok(DataDir(dir.clone()));
        }
        #[allow(clippy::disallowed_methods)] // this is floor 7, and `gantry env` says it
        if let Some(dir) = std::env::var_os(ENVIRONMENT).filter(|dir| !dir.is_empty()) {
            return Ok(DataDir(dir.into()));
        }
        if rustix::process::geteuid().is_root() {
            return Ok(DataDir("/var/lib/gantry".into()));
        }
        #[allow(deprecated)] // un-deprecated by std since; what it returns is what we want
        let home = std::env::home_dir();
        let home = home.ok_or_else(|| Report::new("there is no home directory").hint("give --data DIR"))?;
        Ok(DataDir(home.join(".local/share/gantry")))
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn store(&self) -> PathBuf {
        self.0.join("store")
    }

    /// What containers and clients said.
    pub fn logs(&self) -> PathBuf {
        self.0.join("logs")
    }

    /// What containers are made of.
    pub fn images(&self) -> PathBuf {
        self.0.join("images")
    }

    /// All that this machine's node keeps but images.
    pub fn node(&self) -> PathBuf {
        self.0.join("node")
    }

    /// Who this machine's node is; made at its first start.
    pub fn node_identity(&self, dice: &dyn Dice) -> Result<NodeIdentity, Report> {
        let dir = self.directory("node")?;
        let kept = match self.read("node/identity")? {
            Some(kept) => kept,
            None => {
                let instance = dice.text(4, b"abcdefghijklmnopqrstuvwxyz0123456789");
                let (instance_id, secret) = (format!("i-{}", dice.hex(17)), dice.hex(64));
                let text = format!("instance = {instance}\ninstance_id = {instance_id}\nsecret = {secret}\n");
                self.write("node/identity", &text)?;
                text
            }
        };
        let damaged = || Report::new(format!("{} is damaged", dir.join("identity").display()));
        let named = |name: &str| value(&kept, name).map(str::to_string).ok_or_else(damaged);
        let mut secret = [0; 32];
        let digits = named("secret")?;
        for (byte, at) in secret.iter_mut().zip((0..64).step_by(2)) {
            *byte = digits
                .get(at..at + 2)
                .and_then(|two| u8::from_str_radix(two, 16).ok())
                .ok_or_else(damaged)?;
        }
        Ok(NodeIdentity {
            instance: named("instance")?,
            instance_id: named("instance_id")?,
            secret,
            id: self
                .read("node/id")?
                .map(|id| id.trim().to_string())
                .filter(|id| !id.is_empty()),
        })
    }

    /// Held for as long as a node runs: two on the same directory would undo each other's work.
    pub fn lock_node(&self) -> Result<fs::File, Report> {
        let path = self.directory("node")?.join("lock");
        let locked = || -> std::io::Result<fs::File> {
            let file = fs::OpenOptions::new()
                .create(true)
                .append(true)
                .mode(0o600)
                .open(&path)?;
            rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive)?;
            Ok(file)
        };
        locked().map_err(|e| {
            Report::new(format!("another node is running in {}", self.0.display()))
                .because(e)
                .hint("stop it, or give this one another --data DIR")
        })
    }

    /// Writes down the id that the server gave the node, so that it is the same one the next time.
    pub fn keep_node_id(&self, id: &str) -> Result<(), Report> {
        self.write("node/id", format!("{id}\n"))
    }

    /// A directory in here that only its owner reads.
    pub fn directory(&self, name: &str) -> Result<PathBuf, Report> {
        let dir = self.0.join(name);
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir);
        made.map_err(|e| Report::new(format!("{} cannot be made", dir.display())).because(e))?;
        Ok(dir)
    }

    pub fn create(&self) -> Result<(), Report> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0);
        made.map_err(|e| Report::new(format!("the data directory {} cannot be made", self.0.display())).because(e))
    }

    /// Who this Gantry is: as asked at the first start, and the same ever after, because every ARN says so.
    /// With it goes the time of the first start.
    pub fn identity(
        &self,
        region: Option<&str>,
        account: Option<&str>,
        clock: &dyn Clock,
    ) -> Result<(Scope, Timestamp), Report> {
        let Some(kept) = self.read("identity")? else {
            let (region, account) = (region.unwrap_or("us-east-1"), account.unwrap_or("000000000000"));
            let since = Timestamp(clock.now().millis() / 1000 * 1000); // as precise as it is written
            self.write(
                "identity",
                format!("region = {region}\naccount = {account}\nsince = {since}\n"),
            )?;
            return Ok((Scope::new(region, account), since));
        };
        let (was_region, was_account) = (value(&kept, "region"), value(&kept, "account"));
        let since = value(&kept, "since").and_then(Timestamp::parse_iso8601);
        let (Some(was_region), Some(was_account), Some(since)) = (was_region, was_account, since) else {
            return Err(Report::new(format!("{} is damaged", self.0.join("identity").display())));
        };
        for (what, asked, was) in [("region", region, was_region), ("account", account, was_account)] {
            if asked.is_some_and(|asked| asked != was) {
                let made = format!("{} was made for {what} {was}, and its ARNs say so", self.0.display());
                return Err(Report::new(made).hint(format!("leave out --{what}, or give another --data DIR")));
            }
        }
        Ok((Scope::new(was_region, was_account), since))
    }

    /// Root's credentials; made with these dice when there are none yet.
    pub fn credentials(&self, dice: &dyn Dice) -> Result<Credentials, Report> {
        if let Some(there) = self.known_credentials()? {
            return Ok(there);
        }
        let access_key = format!("AKIA{}", dice.text(16, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"));
        let secret = dice.text(40, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
        self.write(
            "credentials",
            format!("[default]\naws_access_key_id = {access_key}\naws_secret_access_key = {secret}\n"),
        )?;
        Ok(Credentials {
            access_key,
            secret: Secret::new(secret),
        })
    }

    pub fn known_credentials(&self) -> Result<Option<Credentials>, Report> {
        let Some(kept) = self.read("credentials")? else {
            return Ok(None);
        };
        match (value(&kept, "aws_access_key_id"), value(&kept, "aws_secret_access_key")) {
            (Some(access_key), Some(secret)) => Ok(Some(Credentials {
                access_key: access_key.to_string(),
                secret: Secret::new(secret.to_string()),
            })),
            _ => Err(Report::new(format!(
                "{} is damaged",
                self.0.join("credentials").display()
            ))),
        }
    }

    /// Tells other verbs where the server answers, and where it takes nodes, for as long as it lives.
    pub fn announce(&self, endpoint: &str, nodes: Option<SocketAddr>) -> Result<Announced, Report> {
        let mut text = format!("endpoint = {endpoint}\npid = {}\n", std::process::id());
        if let Some(nodes) = nodes {
            text.push_str(&format!("nodes = {nodes}\n"));
        }
        self.write("server", &text)?;
        Ok(Announced(self.0.join("server")))
    }

    /// Where the server takes nodes, if it does.
    pub fn takes_nodes_at(&self) -> Result<Option<SocketAddr>, Report> {
        let kept = self.read("server")?;
        Ok(kept.and_then(|kept| value(&kept, "nodes")?.parse().ok()))
    }

    /// Where the server answers, or answered last when it was killed.
    pub fn endpoint(&self) -> Result<Option<String>, Report> {
        Ok(self
            .read("server")?
            .and_then(|kept| value(&kept, "endpoint").map(str::to_string)))
    }

    pub fn read(&self, name: &str) -> Result<Option<String>, Report> {
        let path = self.0.join(name);
        let bytes = self.read_bytes(name)?;
        let text = bytes.map(String::from_utf8).transpose();
        text.map_err(|e| Report::new(format!("{} is damaged", path.display())).because(e))
    }

    pub fn read_bytes(&self, name: &str) -> Result<Option<Vec<u8>>, Report> {
        let path = self.0.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Report::new(format!("{} cannot be read", path.display())).because(e)),
        }
    }

    /// Whole or not at all, and on the disk when it returns; for nobody else to read.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> Result<(), Report> {
        let (path, draft) = (self.0.join(name), self.0.join(format!("{name}.new")));
        let written = || -> std::io::Result<()> {
            let _ = fs::remove_file(&draft); // left by a crash; a new one has the right mode
            let mut file = fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&draft)?;
            file.write_all(text.as_ref())?;
            file.sync_all()?;
            fs::rename(&draft, &path)?;
            let dir = path.parent().expect("it is in the data directory");
            fs::File::open(dir)?.sync_all()
        };
        written().map_err(|e| Report::new(format!("{} cannot be written", path.display())).because(e))
    }
}

/// The note is gone when the server is.
pub struct Announced(PathBuf);

impl Drop for Announced {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0); // a note that stays is overwritten by the next start
    }
}

pub fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = text.lines().filter_map(|line| line.split_once('='));
    lines.find(|(n, _)| n.trim() == name).map(|(_, v)| v.trim())
}
