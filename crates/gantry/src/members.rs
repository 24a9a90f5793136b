//! Who may become a node of this cluster, and who may be one no longer: the files behind a listener for nodes.
//!
//! All is in the data directory, each file whole or not at all. `authority` is the cluster's, made by the first server
//! that takes nodes. `members/tokens/HASH` is a join token that was made and not forgotten yet: by `admin join-token`,
//! beside the running server, which reads it when somebody comes with the secret of that hash; so neither needs to ask
//! the other. `members/revoked` are the nodes whose certificates are refused.

use crate::data::{DataDir, value};
use crate::report::Report;
use base::{Clock, Dice, Timestamp};
use link::tls::{Members, TokenRefused};
use link::{Authority, JoinSecret};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const AUTHORITY: &str = "authority";
const TOKENS: &str = "members/tokens";
const REVOKED: &str = "members/revoked";

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// How long what is no longer good is remembered. Tokens: so that who comes late hears why. Nodes: until their
/// certificates have expired.
const FORGET_TOKENS_AFTER_MS: i64 = DAY_MS;
const FORGET_REVOKED_AFTER_MS: i64 = 2 * link::tls::NODE_DAYS * DAY_MS;

pub struct Book {
    data: DataDir,
    clock: Arc<dyn Clock>,
    /// One token is taken at a time.
    taking: Mutex<()>,
    /// Since when.
    revoked: Mutex<BTreeMap<String, Timestamp>>,
}

/// The cluster's authority, if it has one.
pub fn known_authority(data: &DataDir) -> Result<Option<Authority>, Report> {
    let Some(bytes) = data.read_bytes(AUTHORITY)? else {
        return Ok(None);
    };
    let read = Authority::from_bytes(&bytes);
    Ok(Some(read.map_err(|e| {
        Report::new(format!("{} cannot be used", data.path().join(AUTHORITY).display())).because(e)
    })?))
}

/// The cluster's authority; made when there is none yet.
pub fn authority(data: &DataDir, clock: &dyn Clock, dice: &dyn Dice) -> Result<Authority, Report> {
    if let Some(there) = known_authority(data)? {
        return Ok(there);
    }
    let made = Authority::new(dice, clock.now());
    data.write(AUTHORITY, made.to_bytes().reveal())?;
    Ok(made)
}

/// Writes down a token, so that the server takes it.
pub fn make_token(data: &DataDir, secret: &JoinSecret, expires: Timestamp, uses: u32) -> Result<(), Report> {
    data.directory(TOKENS)?;
    write_token(data, secret, expires, uses)
}

fn write_token(data: &DataDir, secret: &JoinSecret, expires: Timestamp, uses: u32) -> Result<(), Report> {
    let text = format!("expires = {expires}\nuses = {uses}\n");
    data.write(&format!("{TOKENS}/{}", secret.hash()), text)
}

/// Removes tokens that are no longer good for so long that nobody will come with them.
pub fn forget_tokens(data: &DataDir, now: Timestamp) -> Result<(), Report> {
    let dir = data.directory(TOKENS)?;
    let listed = fs::read_dir(&dir).map_err(|e| Report::new(format!("{} cannot be read", dir.display())).because(e))?;
    for entry in listed.flatten() {
        let name = format!("{TOKENS}/{}", entry.file_name().to_string_lossy());
        let expires = data
            .read(&name)?
            .and_then(|kept| Timestamp::parse_iso8601(value(&kept, "expires")?));
        if expires.is_none_or(|expires| now.since(expires) > FORGET_TOKENS_AFTER_MS) {
            let _ = fs::remove_file(entry.path()); // the next time, then
        }
    }
    Ok(())
}

impl Book {
    pub fn open(data: &DataDir, clock: Arc<dyn Clock>) -> Result<Book, Report> {
        forget_tokens(data, clock.now())?;
        let kept = data.read(REVOKED)?.unwrap_or_default();
        let lines = kept.lines().filter_map(|line| line.split_once(" = "));
        let revoked = lines.filter_map(|(node, since)| Some((node.to_string(), Timestamp::parse_iso8601(since)?)));
        Ok(Book {
            data: data.clone(),
            taking: Mutex::default(),
            revoked: Mutex::new(revoked.collect()),
            clock,
        })
    }

    /// From now on these nodes are refused. On the disk when it returns.
    pub fn revoke(&self, nodes: &[String]) -> Result<(), Report> {
        let now = self.clock.now();
        let mut revoked = locked(&self.revoked);
        let before = revoked.len();
        for node in nodes {
            revoked.entry(node.clone()).or_insert(now);
        }
        if revoked.len() == before {
            return Ok(());
        }
        revoked.retain(|_, since| now.since(*since) < FORGET_REVOKED_AFTER_MS);
        let mut text = String::new();
        for (node, since) in &*revoked {
            let _ = writeln!(text, "{node} = {since}");
        }
        self.data.write(REVOKED, text)
    }

    fn take_one(&self, secret: &JoinSecret) -> Result<Result<(), TokenRefused>, Report> {
        let _one_at_a_time = locked(&self.taking);
        let Some(kept) = self.data.read(&format!("{TOKENS}/{}", secret.hash()))? else {
            return Ok(Err(TokenRefused::Unknown));
        };
        let expires = value(&kept, "expires").and_then(Timestamp::parse_iso8601);
        let uses = value(&kept, "uses").and_then(|uses| uses.parse::<u32>().ok());
        let (Some(expires), Some(uses)) = (expires, uses) else {
            return Err(Report::new("a join token's file is damaged"));
        };
        if self.clock.now() >= expires {
            return Ok(Err(TokenRefused::Expired));
        }
        let Some(left) = uses.checked_sub(1) else {
            return Ok(Err(TokenRefused::UsedUp));
        };
        write_token(&self.data, secret, expires, left)?;
        Ok(Ok(()))
    }
}

impl Members for Book {
    fn take(&self, token: &JoinSecret) -> Result<(), TokenRefused> {
        self.take_one(token).unwrap_or_else(|error| {
            tracing::error!(%error, "a join token cannot be looked up");
            Err(TokenRefused::Unreadable)
        })
    }

    fn is_revoked(&self, node: &str) -> bool {
        locked(&self.revoked).contains_key(node)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::ManualClock;

    /// A data directory that goes with the test.
    struct Gone(DataDir);

    impl Gone {
        fn named(name: &str) -> Gone {
            let dir = std::env::temp_dir().join(format!("gantry-members-{name}-{}", std::process::id()));
            let data = DataDir::choose(Some(&dir)).expect("it was given");
            data.create().expect("there is room");
            data.directory("members").expect("there is room");
            Gone(data)
        }
    }

    impl Drop for Gone {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(self.0.path());
        }
    }

    #[test]
    fn a_token_is_taken_as_often_and_as_long_as_it_says() {
        let gone = Gone::named("tokens");
        let data = &gone.0;
        let clock = ManualClock::at(Timestamp(1_800_000_000_000));
        let (twice, short) = (JoinSecret::new(), JoinSecret::new());
        let book = Book::open(data, Arc::new(clock.clone())).expect("an empty one");
        assert_eq!(book.take(&twice), Err(TokenRefused::Unknown));
        // Made beside the server that runs.
        make_token(data, &twice, clock.now().plus_millis(DAY_MS), 2).expect("there is room");
        make_token(data, &short, clock.now().plus_millis(1000), 1).expect("there is room");
        assert_eq!(book.take(&twice), Ok(()));
        clock.advance_millis(1000);
        assert_eq!(book.take(&short), Err(TokenRefused::Expired));
        let book = Book::open(data, Arc::new(clock.clone())).expect("as it was");
        assert_eq!(book.take(&twice), Ok(()));
        assert_eq!(book.take(&twice), Err(TokenRefused::UsedUp));
        clock.advance_millis(3 * DAY_MS);
        forget_tokens(data, clock.now()).expect("they can be removed");
        assert_eq!(book.take(&twice), Err(TokenRefused::Unknown));
    }

    #[test]
    fn a_damaged_token_lets_nobody_in() {
        let gone = Gone::named("damaged");
        let clock = ManualClock::at(Timestamp(1_800_000_000_000));
        let book = Book::open(&gone.0, Arc::new(clock)).expect("an empty one");
        let secret = JoinSecret::new();
        for text in ["", "uses = 1\n", "expires = 2100-01-01T00:00:00Z\nuses = -1\n"] {
            let name = format!("{TOKENS}/{}", secret.hash());
            gone.0.write(&name, text).expect("there is room");
            assert_eq!(book.take(&secret), Err(TokenRefused::Unreadable), "{text}");
        }
    }

    #[test]
    fn a_revoked_node_stays_so_until_its_certificate_has_expired() {
        let gone = Gone::named("revoked");
        let clock = ManualClock::at(Timestamp(1_800_000_000_000));
        let book = Book::open(&gone.0, Arc::new(clock.clone())).expect("an empty one");
        book.revoke(&["a".to_string()]).expect("there is room");
        clock.advance_millis(100 * DAY_MS);
        book.revoke(&["a".to_string(), "b".to_string()]).expect("there is room");
        let book = Book::open(&gone.0, Arc::new(clock.clone())).expect("as it was");
        assert!(book.is_revoked("a") && book.is_revoked("b") && !book.is_revoked("c"));
        clock.advance_millis(100 * DAY_MS);
        book.revoke(&["c".to_string()]).expect("there is room");
        assert!(!book.is_revoked("a") && book.is_revoked("b"));
    }

    #[test]
    fn the_authority_is_made_once() {
        let gone = Gone::named("authority");
        let (clock, dice) = (ManualClock::at(Timestamp(1_800_000_000_000)), base::SeededDice::new(1));
        assert!(known_authority(&gone.0).expect("it can be read").is_none());
        let made = authority(&gone.0, &clock, &dice).expect("there is room");
        let again = authority(&gone.0, &clock, &dice).expect("it is there");
        assert_eq!(made.fingerprint(), again.fingerprint());
        gone.0.write(AUTHORITY, "nonsense").expect("there is room");
        assert!(
            authority(&gone.0, &clock, &dice).is_err(),
            "a damaged one is never replaced"
        );
    }
}
