//! What a story's script can say:
//!
//! - `gantry up [--simulated-nodes N]`: the server starts, on the disk that the last one left;
//! - `Operation {..}`: a request; with `show tasks.lastStatus failures` behind it, only that of the answer is told;
//! - `wait 20ms` (or `s`, `m`, `h`): time passes;
//! - `clock +10m`, `clock -10m`: somebody sets the machine's clock;
//! - `connect NODE`, `disconnect NODE`: the session of a node, by its ARN;
//! - `kill -9`, `power cut`: the server ends; with the power goes what was not synced;
//! - `hold the disk`, `move the disk`, `release the disk`: what is written stays unsynced; one append or sync; as ever;
//! - `let name = text`: a name for later.
//!
//! `$taskArn` is the first `taskArn` of the last answer that had one; so for all other members.

use super::show;
use crate::server::Setup;
use crate::trace::stamp;
use crate::world::{Answer, Death, World};
use std::collections::BTreeMap;
use store::MemoryBackend;
use wire::codec::{self, Limits, json};
use wire::{Document, Protocol};

/// One world for a story; its dice are always the same.
pub struct Player {
    world: World,
    names: BTreeMap<String, String>,
    /// Requests without an answer yet, and what to show of it.
    waiting: BTreeMap<u64, (String, Vec<String>)>,
}

impl Default for Player {
    fn default() -> Self {
        Player {
            world: World::new(1, Setup::default(), MemoryBackend::new(), false, false),
            names: BTreeMap::new(),
            waiting: BTreeMap::new(),
        }
    }
}

impl Player {
    /// Does what one line says; answers with what came of it.
    pub fn play(&mut self, said: &str) -> Result<Vec<String>, String> {
        let said = self.filled(said)?;
        let words: Vec<&str> = said.split_whitespace().collect();
        let now = self.world.elapsed_ms();
        let mut asked = None;
        match words[..] {
            ["gantry", "up", ref rest @ ..] => self.up(rest)?,
            ["wait", time] => self.world.run_for(millis(time)?),
            ["clock", step] => {
                let (back, ms) = match step.strip_prefix('-') {
                    Some(step) => (-1, millis(step)?),
                    None => (1, millis(step.trim_start_matches('+'))?),
                };
                self.world
                    .step_clock(back * i64::try_from(ms).map_err(|e| e.to_string())?);
            }
            ["connect", node] => self.connect(node, true)?,
            ["disconnect", node] => self.connect(node, false)?,
            ["kill", "-9"] => return Ok(self.die(Death::Killed)),
            ["power", "cut"] => return Ok(self.die(Death::PowerCut)),
            ["hold", "the", "disk"] => self.world.disk_held = true,
            ["move", "the", "disk"] => _ = self.world.disk_moves(),
            ["release", "the", "disk"] => self.world.disk_held = false,
            ["let", name, "=", ref text @ ..] => _ = self.names.insert(name.to_string(), text.join(" ")),
            [operation, ..] if said.contains('{') => {
                asked = self.ask(operation, &said)?;
                if asked.is_none() {
                    return Ok(vec![format!("{} connection refused", stamp(now))]);
                }
            }
            _ => return Err("a story cannot say this".to_string()),
        }
        self.world.settle();
        let mut came = self.came();
        if asked.is_some_and(|request| self.waiting.contains_key(&request)) {
            came.push(format!("{} (no answer yet)", stamp(self.world.elapsed_ms())));
        }
        Ok(came)
    }

    /// Nothing was broken along the way.
    pub fn end(self) -> Result<(), String> {
        match self.world.breaches.first() {
            None => Ok(()),
            Some(breach) => Err(format!("a law was broken: {} [{}]", breach.law, breach.at)),
        }
    }

    fn filled(&self, said: &str) -> Result<String, String> {
        let mut parts = said.split('$');
        let mut filled = parts.next().unwrap_or_default().to_string();
        for part in parts {
            let end = part.find(|c: char| !c.is_alphanumeric()).unwrap_or(part.len());
            let (name, rest) = part.split_at(end);
            let text = self
                .names
                .get(name)
                .ok_or_else(|| format!("nothing is called ${name} yet"))?;
            filled.push_str(text);
            filled.push_str(rest);
        }
        Ok(filled)
    }

    fn up(&mut self, rest: &[&str]) -> Result<(), String> {
        match rest {
            [] => {}
            ["--simulated-nodes", count] => {
                self.world.setup.own_nodes = count.parse().map_err(|e| format!("{count}: {e}"))?;
            }
            _ => return Err("as in: gantry up --simulated-nodes 2".to_string()),
        }
        if self.world.server.is_some() {
            return Err("it is up".to_string());
        }
        self.world.start();
        Ok(())
    }

    fn connect(&mut self, arn: &str, connected: bool) -> Result<(), String> {
        let mut tail = arn.rsplit('/');
        let (Some(id), Some(cluster)) = (tail.next(), tail.next()) else {
            return Err("a node is named by its ARN".to_string());
        };
        self.world.connect(cluster, id, connected);
        Ok(())
    }

    fn die(&mut self, death: Death) -> Vec<String> {
        self.world.die(death);
        self.world.disk_held = false;
        let now = stamp(self.world.elapsed_ms());
        let lost = std::mem::take(&mut self.waiting).into_values();
        lost.map(|(operation, _)| format!("{now} {operation} is never answered: connection reset"))
            .collect()
    }

    /// Sends a request, if there is anybody to send it to.
    fn ask(&mut self, operation: &str, said: &str) -> Result<Option<u64>, String> {
        let rest = said.strip_prefix(operation).unwrap_or_default();
        let (body, shown) = match rest.rsplit_once("} show ") {
            Some((body, shown)) => (format!("{body}}}"), show::paths(shown)),
            None => (rest.to_string(), Vec::new()),
        };
        let operation = api::ecs::ECS
            .operation(operation)
            .ok_or_else(|| format!("ECS has no operation {operation}"))?;
        let mut input = (operation.input)();
        json::read(body.as_bytes(), input.as_mut(), &Limits::default()).map_err(|fault| fault.to_string())?;
        let request = self.world.request("story", &api::ecs::ECS, operation, input);
        if let Some(request) = request {
            self.waiting.insert(request, (operation.name.to_string(), shown));
        }
        Ok(request)
    }

    /// What was published and what was answered.
    fn came(&mut self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for (at, news) in self.world.take_news() {
            lines.push(format!("{} {news}", stamp(at)));
        }
        for answer in self.world.take_answers() {
            let Some((operation, shown)) = self.waiting.remove(&answer.request) else {
                continue;
            };
            let head = stamp(self.world.elapsed_ms());
            let head = match self.waiting.is_empty() {
                true => head,
                false => format!("{head} {operation}:"),
            };
            lines.extend(self.told(&head, &answer, &shown));
        }
        lines
    }

    fn told(&mut self, head: &str, answer: &Answer, shown: &[String]) -> Vec<String> {
        let (protocol, service) = (Protocol::Json11, &api::ecs::ECS);
        let written = match &answer.outcome {
            Ok(output) => codec::answer(protocol, service, answer.operation, &**output, ""),
            Err(fault) => codec::fault(protocol, Some(service), fault, ""),
        };
        let document = Document::from_json(&written.body, &Limits::default()).expect("the codec writes JSON");
        let mut seen = BTreeMap::new();
        show::texts(&document, &mut |name, text| {
            seen.entry(name.to_string()).or_insert_with(|| text.to_string());
        });
        self.names.extend(seen);
        let mut body = String::from_utf8_lossy(&written.body).into_owned();
        if !shown.is_empty() && answer.outcome.is_ok() {
            body = show::only(&document, shown)
                .unwrap_or(Document::Map(BTreeMap::new()))
                .to_json();
        }
        show::folded(&format!("{head} {}", written.status), &body)
    }
}

fn millis(text: &str) -> Result<u64, String> {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let number: u64 = number.parse().map_err(|e| format!("{text}: {e}"))?;
    let unit = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(format!("{text}: as in 20ms, 3s, 5m, 2h")),
    };
    Ok(number * unit)
}
