//! Walks all ways through a pattern at once: at each character it knows the set of places where it could be.

use super::class::Class;
use super::parse::Node;
use std::sync::Arc;

/// More steps than any pattern of the models needs (Cloud Map's longest names take about 2,100).
const MOST_STEPS: usize = 16_384;

enum Step {
    Eat(Arc<Class>),
    Both(usize, usize),
    Go(usize),
    /// What stands between here and `after` must (or must not) match from here on.
    Look {
        negative: bool,
        after: usize,
    },
    Start,
    End,
    Done,
}

pub struct Machine {
    steps: Vec<Step>,
}

impl Machine {
    pub fn new(node: &Node) -> Result<Machine, String> {
        let mut machine = Machine { steps: Vec::new() };
        machine.lay(node)?;
        machine.push(Step::Done)?;
        Ok(machine)
    }

    pub fn matches(&self, text: &str) -> bool {
        self.walk(text, 0, 0, true)
    }

    fn push(&mut self, step: Step) -> Result<usize, String> {
        if self.steps.len() >= MOST_STEPS {
            return Err(format!("a pattern of more than {MOST_STEPS} steps"));
        }
        self.steps.push(step);
        Ok(self.steps.len() - 1)
    }

    fn lay(&mut self, node: &Node) -> Result<(), String> {
        match node {
            Node::Class(class) => {
                self.push(Step::Eat(Arc::clone(class)))?;
            }
            Node::Start => {
                self.push(Step::Start)?;
            }
            Node::End => {
                self.push(Step::End)?;
            }
            Node::Concat(parts) => {
                for part in parts {
                    self.lay(part)?;
                }
            }
            Node::Either(branches) => {
                let mut exits = Vec::new();
                for (i, branch) in branches.iter().enumerate() {
                    if i + 1 == branches.len() {
                        self.lay(branch)?;
                        break;
                    }
                    let fork = self.push(Step::Both(0, 0))?;
                    self.lay(branch)?;
                    exits.push(self.push(Step::Go(0))?);
                    self.steps[fork] = Step::Both(fork + 1, self.steps.len());
                }
                let end = self.steps.len();
                for exit in exits {
                    self.steps[exit] = Step::Go(end);
                }
            }
            Node::Repeat(inner, min, max) => {
                for _ in 0..*min {
                    self.lay(inner)?;
                }
                match max {
                    None => {
                        let fork = self.push(Step::Both(0, 0))?;
                        self.lay(inner)?;
                        self.push(Step::Go(fork))?;
                        self.steps[fork] = Step::Both(fork + 1, self.steps.len());
                    }
                    Some(max) => {
                        let mut forks = Vec::new();
                        for _ in *min..*max {
                            forks.push(self.push(Step::Both(0, 0))?);
                            self.lay(inner)?;
                        }
                        let end = self.steps.len();
                        for fork in forks {
                            self.steps[fork] = Step::Both(fork + 1, end);
                        }
                    }
                }
            }
            Node::Look { ahead, negative } => {
                let look = self.push(Step::Done)?;
                self.lay(ahead)?;
                self.push(Step::Done)?;
                self.steps[look] = Step::Look {
                    negative: *negative,
                    after: self.steps.len(),
                };
            }
        }
        Ok(())
    }

    /// Walks from step `first` and byte `from`. With `whole`, only a walk that ends with the text counts.
    fn walk(&self, text: &str, from: usize, first: usize, whole: bool) -> bool {
        let mut now = Places::new(self.steps.len());
        let mut then = Places::new(self.steps.len());
        let mut done = self.spread(&mut now, first, text, from);
        let mut at = from;
        for c in text[from..].chars() {
            if done && !whole {
                return true;
            }
            if now.eating.is_empty() {
                return false;
            }
            done = false;
            let next = at + c.len_utf8();
            for &step in &now.eating {
                if let Step::Eat(class) = &self.steps[step]
                    && class.has(c)
                {
                    done |= self.spread(&mut then, step + 1, text, next);
                }
            }
            at = next;
            std::mem::swap(&mut now, &mut then);
            then.clear();
        }
        done
    }

    /// Follows every step that eats nothing; says whether the end of the pattern is among the places reached.
    fn spread(&self, places: &mut Places, from: usize, text: &str, at: usize) -> bool {
        let mut done = false;
        places.open.push(from);
        while let Some(step) = places.open.pop() {
            if std::mem::replace(&mut places.seen[step], true) {
                continue;
            }
            places.visited.push(step);
            match &self.steps[step] {
                Step::Eat(_) => places.eating.push(step),
                Step::Both(a, b) => places.open.extend([*b, *a]),
                Step::Go(to) => places.open.push(*to),
                Step::Look { negative, after } => {
                    if self.walk(text, at, step + 1, false) != *negative {
                        places.open.push(*after);
                    }
                }
                Step::Start if at == 0 => places.open.push(step + 1),
                Step::End if at == text.len() => places.open.push(step + 1),
                Step::Start | Step::End => {}
                Step::Done => done = true,
            }
        }
        done
    }
}

/// A set of steps that is emptied in time linear in what it holds.
struct Places {
    seen: Vec<bool>,
    visited: Vec<usize>,
    eating: Vec<usize>,
    open: Vec<usize>,
}

impl Places {
    fn new(steps: usize) -> Places {
        Places {
            seen: vec![false; steps],
            visited: Vec::new(),
            eating: Vec::new(),
            open: Vec::new(),
        }
    }

    fn clear(&mut self) {
        for step in self.visited.drain(..) {
            self.seen[step] = false;
        }
        self.eating.clear();
    }
}
