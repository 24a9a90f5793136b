//! Who wants something of the server: clients, nodes, and people who ask what happened.

use super::{World, services, shown};
use crate::laws::Breach;
use crate::news;
use model::invariants::history;
use model::{Node, Task, ledger};
use std::rc::Rc;
use store::{HistoryLimits, Key, Record, StoreError};
use wire::{Fault, Operation, Service, Shape};

/// What a request came to.
pub struct Answer {
    pub request: u64,
    pub operation: &'static Operation,
    pub outcome: Result<Box<dyn Shape>, Fault>,
}

impl World {
    /// Sends a request. Its answer comes by [`World::take_answers`], unless the server dies before.
    pub fn request(
        &mut self,
        who: &str,
        service: &'static Service,
        operation: &'static Operation,
        input: Box<dyn Shape>,
    ) -> Option<u64> {
        let server = self.server.as_ref().filter(|server| server.is_open())?;
        self.requests += 1;
        let request = self.requests;
        let text = format!("#{request} {} {}", operation.name, shown(&*input));
        let answers = Rc::clone(&self.answers);
        let answer = services().call(service, operation, server.ctx.clone(), input);
        self.executor.spawn(async move {
            // Nobody here listens to an answer that goes on.
            let outcome = answer.await.map(|reply| reply.output);
            answers.borrow_mut().push(Answer {
                request,
                operation,
                outcome,
            });
        });
        self.say(who, &text);
        Some(request)
    }

    /// Somebody does several things, one after the other, unless the server dies before.
    pub fn play(&mut self, doing: impl Future<Output = ()> + 'static) {
        self.executor.spawn(doing);
    }

    /// A node's session opens or ends.
    pub fn connect(&mut self, cluster: &str, id: &str, connected: bool) {
        let Some(server) = &self.server else { return };
        let (store, key) = (server.store().clone(), Node::key_of(cluster, id));
        if connected {
            self.sessions.insert(key.clone());
        }
        let word = if connected { "connects" } else { "goes away" };
        self.trace
            .say(self.elapsed_ms, "node", format_args!("{} {word}", news::short(id)));
        self.executor.spawn(async move {
            let written = store.write(move |tx| {
                if let Some(node) = tx.get::<Node>(&key).filter(|node| node.connected != connected) {
                    tx.put(Node {
                        connected,
                        version: node.version + 1,
                        ..(*node).clone()
                    });
                }
                Ok::<_, StoreError>(())
            });
            let _ = written.await; // whoever cares asks the node again
        });
    }

    /// A task of a service asks its agent to be protected for a while; `which` chooses it.
    pub fn protect_one(&mut self, which: u64, ms: i64) {
        let Some(server) = &self.server else { return };
        let snapshot = server.store().snapshot();
        let tasks = snapshot.scan::<Task>(&Key::all());
        let of_services: Vec<_> = tasks
            .filter(|task| task.member.is_some() && !task.is_stopped())
            .collect();
        let Some(task) = of_services.get((which % of_services.len().max(1) as u64) as usize) else {
            return;
        };
        let (store, key) = (server.store().clone(), task.key());
        self.trace.say(
            self.elapsed_ms,
            "node",
            format_args!("protects task {}", news::short(&task.id)),
        );
        self.executor.spawn(async move {
            let written = store.write(move |tx| {
                if let Some(task) = tx.get::<Task>(&key).filter(|task| !task.is_stopped()) {
                    let protected_until = Some(tx.now().plus_millis(ms));
                    let task = (*task).clone();
                    ledger::keep(
                        tx,
                        Task {
                            protected_until,
                            ..task
                        },
                    );
                }
                Ok::<_, StoreError>(())
            });
            let _ = written.await; // it asks again, or does without
        });
    }

    /// Somebody holds all that is remembered against the laws, as `gantry admin doctor` does.
    pub fn look_at_all(&mut self) {
        let Some(server) = self.server.as_ref() else { return };
        match history::check(server.store()) {
            Ok(account) => account.broken.into_iter().for_each(|broken| self.breach(broken.into())),
            Err(error) => self.breach(Breach::new("history tells what happened", format!("{error:?}"))),
        }
    }

    /// Somebody asks what became of a task; `which` chooses it.
    pub fn look_back(&mut self, which: u64) {
        let Some(server) = self.server.as_ref().filter(|_| !self.disk_trouble) else {
            return;
        };
        let all = self.setup.history.keep == HistoryLimits::default().keep;
        if let Some(breach) = self.published.look_back(server.store(), which, all) {
            self.breach(breach);
        }
    }
}
