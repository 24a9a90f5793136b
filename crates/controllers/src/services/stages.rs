//! A deployment's way through its stages. Pure: what is known and what time it is, to where it should stand next.
//!
//! Words: a stage has *hooks*, which come first, and a *body*: what must be so before the next stage begins.

use base::Timestamp;
use model::{HookAction, HookStatus, Rules, ServiceDeployment, Stage, Strategy};

/// What a stage's body asks of the tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// All tasks of the target that should be there are ready.
    pub target_ready: bool,
    /// So many, of those that should be, in percent.
    pub target_percent: u32,
    /// No task of another revision is meant to run.
    pub sources_gone: bool,
    pub now: Timestamp,
}

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing, until something changes or that time comes.
    Stay(Option<Timestamp>),
    /// This stage is over.
    To(Stage),
    /// This stage once more, with so much of the traffic on the target.
    Shift(u32),
    /// The stage's hooks begin.
    Hooks(Stage, Vec<usize>),
    /// A hook has come to an end.
    Settle {
        run: usize,
        status: HookStatus,
    },
    Rollback(String),
    Done,
}

const MINUTE_MS: i64 = 60_000;
pub const ALL_TRAFFIC: u32 = 1000;

/// The stages that a strategy goes through.
pub fn stages(rules: &Rules, sources: usize) -> Vec<Stage> {
    use Stage::*;
    match rules.strategy {
        Strategy::Rolling if rules.hooks.is_empty() => match rules.bake_minutes {
            0 => vec![ScaleUp],
            _ => vec![ScaleUp, BakeTime],
        },
        Strategy::Rolling => vec![PreScaleUp, ScaleUp, PostScaleUp, BakeTime],
        _ => {
            let mut all = Vec::new();
            // What several left behind is put in order first.
            if sources > 1 {
                all.push(ReconcileService);
            }
            all.extend([PreScaleUp, ScaleUp, PostScaleUp, TestTrafficShift, PostTestTrafficShift]);
            if hooks_of(rules, PreProductionTrafficShift).next().is_some() {
                all.push(PreProductionTrafficShift);
            }
            all.extend([ProductionTrafficShift, PostProductionTrafficShift, BakeTime, CleanUp]);
            all
        }
    }
}

fn hooks_of(rules: &Rules, stage: Stage) -> impl Iterator<Item = usize> + '_ {
    let at = move |(at, hook): (usize, &model::Hook)| hook.stages.iter().any(|s| s == stage.as_str()).then_some(at);
    rules.hooks.iter().enumerate().filter_map(at)
}

/// The next step of a deployment that is on its way forward.
pub fn next(deployment: &ServiceDeployment, facts: &Facts) -> Step {
    let rules = &deployment.rules;
    let all = stages(rules, deployment.sources.len());
    let Some(stage) = deployment.stage else {
        return Step::To(all[0]);
    };
    let waits = match stage {
        Stage::ProductionTrafficShift => shift(deployment, facts),
        _ => hooks(deployment, stage, 1, facts.now).or_else(|| body(deployment, stage, facts)),
    };
    if let Some(step) = waits {
        return step;
    }
    match all.iter().find(|next| **next > stage) {
        Some(next) => Step::To(*next),
        None => Step::Done,
    }
}

/// The traffic shifts in steps: hooks before each, the step, hooks at it, and time to look at it. The hooks before the
/// first have a stage of their own. `None` when all traffic is there.
fn shift(deployment: &ServiceDeployment, facts: &Facts) -> Option<Step> {
    let (rules, there) = (&deployment.rules, deployment.production_permille);
    let step = rules.step_permille.max(1);
    let (next, taken) = match rules.strategy {
        Strategy::Linear => (there + step, there.div_ceil(step)),
        Strategy::Canary if there == 0 => (step, 0),
        Strategy::Canary if there < ALL_TRAFFIC => (ALL_TRAFFIC, 1),
        Strategy::Canary => (ALL_TRAFFIC, if step < ALL_TRAFFIC { 2 } else { 1 }),
        _ => (ALL_TRAFFIC, there / ALL_TRAFFIC),
    };
    // A first deployment has all of it from the beginning.
    let taken = if deployment.sources.is_empty() {
        1
    } else {
        taken as usize
    };
    if taken > 0 {
        if let Some(step) = hooks(deployment, Stage::ProductionTrafficShift, taken, facts.now) {
            return Some(step);
        }
        if there >= ALL_TRAFFIC {
            return None;
        }
        if let Some(bakes) = until(deployment, rules.step_bake_minutes, facts.now) {
            return Some(bakes);
        }
        if let Some(step) = hooks(deployment, Stage::PreProductionTrafficShift, taken + 1, facts.now) {
            return Some(step);
        }
    }
    Some(Step::Shift(next.min(ALL_TRAFFIC)))
}

/// `None` when all hooks of the stage have come to a good end for the `round`th time.
fn hooks(deployment: &ServiceDeployment, stage: Stage, round: usize, now: Timestamp) -> Option<Step> {
    let wanted: Vec<usize> = hooks_of(&deployment.rules, stage).collect();
    let all = deployment.hooks.iter().enumerate();
    // They begin together.
    let mine = all
        .filter(|(_, run)| run.stage == stage)
        .skip(wanted.len() * (round - 1));
    let mut mine = mine.peekable();
    if !wanted.is_empty() && mine.peek().is_none() {
        return Some(Step::Hooks(stage, wanted));
    }
    let mut wake: Option<Timestamp> = None;
    for (at, run) in mine {
        let settle = |status| Some(Step::Settle { run: at, status });
        match (run.status, run.answer) {
            (HookStatus::Succeeded, _) => {}
            (HookStatus::Failed | HookStatus::TimedOut, Some(HookAction::Continue)) => {}
            (HookStatus::Failed | HookStatus::TimedOut, _) => {
                let reason = run.reason.clone();
                let why = reason.unwrap_or_else(|| format!("a lifecycle hook at {stage} asked for it"));
                return Some(Step::Rollback(why));
            }
            (_, Some(HookAction::Continue)) => return settle(HookStatus::Succeeded),
            (_, Some(HookAction::Rollback)) => return settle(HookStatus::Failed),
            (_, None) if run.expires_at <= now => return settle(HookStatus::TimedOut),
            (_, None) => wake = Some(wake.map_or(run.expires_at, |before| before.min(run.expires_at))),
        }
    }
    wake.map(|at| Step::Stay(Some(at)))
}

/// `None` when so many minutes have passed since the stage, or its last step, began.
fn until(deployment: &ServiceDeployment, minutes: u32, now: Timestamp) -> Option<Step> {
    let at = deployment.stage_since.plus_millis(i64::from(minutes) * MINUTE_MS);
    (at > now).then_some(Step::Stay(Some(at)))
}

/// `None` when it is done.
fn body(deployment: &ServiceDeployment, stage: Stage, facts: &Facts) -> Option<Step> {
    let rules = &deployment.rules;
    let stay = Some(Step::Stay(None));
    match (stage, rules.strategy) {
        (Stage::ScaleUp, Strategy::Rolling) => {
            let enough = match &rules.early {
                Some(early) => {
                    let good = facts.target_percent >= early.healthy_percent;
                    good && (!early.blocking || facts.sources_gone)
                }
                None => facts.target_ready && facts.sources_gone,
            };
            if enough { None } else { stay }
        }
        (Stage::ScaleUp, _) if !facts.target_ready => stay,
        (Stage::BakeTime, _) => until(deployment, rules.bake_minutes, facts.now),
        (Stage::CleanUp, _) if !facts.sources_gone => stay,
        _ => None,
    }
}

/// Whether the target has tasks at this stage.
pub fn scales_target(deployment: &ServiceDeployment) -> bool {
    deployment.stage.is_some_and(|stage| stage >= Stage::ScaleUp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::testing::{hook, hook_run, service_deployment};
    use model::{DeploymentStatus, HookRun, Source};

    fn rules(strategy: Strategy) -> Rules {
        Rules {
            strategy,
            step_permille: 250,
            step_bake_minutes: 1,
            ..model::testing::rules()
        }
    }

    fn deployment(rules: Rules) -> ServiceDeployment {
        ServiceDeployment {
            sources: vec![Source {
                revision: "1".to_string(),
                requested: 1,
                running: 1,
                pending: 0,
            }],
            status: DeploymentStatus::InProgress,
            finished_at: None,
            rules,
            ..service_deployment("web", "d", "2")
        }
    }

    /// All goes well, and the time it takes is told: the stages and shifts that are seen.
    fn goes_through(mut deployment: ServiceDeployment) -> Vec<String> {
        let (mut seen, mut now) = (Vec::new(), Timestamp(0));
        for _ in 0..100 {
            let facts = Facts {
                target_ready: true,
                target_percent: 100,
                sources_gone: !deployment.keeps_sources(),
                now,
            };
            match next(&deployment, &facts) {
                Step::To(stage) => {
                    seen.push(stage.to_string());
                    (deployment.stage, deployment.stage_since) = (Some(stage), now);
                }
                Step::Shift(to) => {
                    seen.push(format!("{to} at {}", now.0 / MINUTE_MS));
                    (deployment.production_permille, deployment.stage_since) = (to, now);
                }
                Step::Stay(Some(at)) => now = at,
                Step::Hooks(stage, hooks) => {
                    assert_eq!(hooks, [0]);
                    seen.push(format!("asked at {stage}"));
                    deployment.hooks.push(HookRun {
                        status: HookStatus::Succeeded,
                        ..hook_run("h", stage, now)
                    });
                }
                Step::Done => return seen,
                other => panic!("{other:?} after {seen:?}"),
            }
        }
        panic!("no end: {seen:?}");
    }

    #[test]
    fn a_rolling_deployment_is_one_stage() {
        assert_eq!(goes_through(deployment(rules(Strategy::Rolling))), ["SCALE_UP"]);
    }

    #[test]
    fn only_several_sources_are_put_in_order() {
        let mut deployment = deployment(rules(Strategy::BlueGreen));
        assert_eq!(goes_through(deployment.clone())[0], "PRE_SCALE_UP");
        deployment.sources.push(deployment.sources[0].clone());
        assert_eq!(goes_through(deployment)[..2], ["RECONCILE_SERVICE", "PRE_SCALE_UP"]);
    }

    #[test]
    fn traffic_shifts_in_steps() {
        let shifts = |strategy| -> Vec<String> {
            let seen = goes_through(deployment(rules(strategy)));
            seen.into_iter().filter(|word| word.contains(" at ")).collect()
        };
        assert_eq!(shifts(Strategy::BlueGreen), ["1000 at 0"]);
        assert_eq!(shifts(Strategy::Canary), ["250 at 0", "1000 at 1"]);
        assert_eq!(
            shifts(Strategy::Linear),
            ["250 at 0", "500 at 1", "750 at 2", "1000 at 3"]
        );
    }

    #[test]
    fn each_step_of_a_shift_has_its_hooks_before_it_and_at_it() {
        let asked = |strategy, first: bool| -> Vec<String> {
            let mut hook = hook(Stage::PreProductionTrafficShift);
            hook.stages.push(Stage::ProductionTrafficShift.to_string());
            let mut deployment = deployment(Rules {
                hooks: vec![hook],
                ..rules(strategy)
            });
            if first {
                deployment.sources.clear();
                deployment.production_permille = ALL_TRAFFIC;
            }
            let seen = goes_through(deployment);
            let of_interest = |word: &String| word.contains(" at ");
            let short = |word: String| {
                word.replace("asked at ", "")
                    .replace("PRODUCTION_TRAFFIC_SHIFT", "shift")
            };
            seen.into_iter().filter(of_interest).map(short).collect()
        };
        assert_eq!(asked(Strategy::BlueGreen, false), ["PRE_shift", "1000 at 0", "shift"]);
        let two_steps = ["PRE_shift", "250 at 0", "shift", "PRE_shift", "1000 at 1", "shift"];
        assert_eq!(asked(Strategy::Canary, false), two_steps);
        assert_eq!(asked(Strategy::Linear, false).len(), 12);
        assert_eq!(asked(Strategy::Linear, true), ["PRE_shift", "shift"]);
    }

    #[test]
    fn a_pause_waits_for_its_answer_and_then_for_its_time() {
        let mut deployment = deployment(Rules {
            hooks: vec![hook(Stage::PostScaleUp)],
            ..rules(Strategy::BlueGreen)
        });
        deployment.stage = Some(Stage::PostScaleUp);
        let facts = Facts::default();
        assert_eq!(next(&deployment, &facts), Step::Hooks(Stage::PostScaleUp, vec![0]));
        let run = hook_run("h", Stage::PostScaleUp, Timestamp(0));
        deployment.hooks.push(run);
        assert_eq!(next(&deployment, &facts), Step::Stay(Some(Timestamp(300_000))));
        let late = Facts {
            now: Timestamp(300_000),
            ..facts
        };
        let timed_out = Step::Settle {
            run: 0,
            status: HookStatus::TimedOut,
        };
        assert_eq!(next(&deployment, &late), timed_out);
        deployment.hooks[0].answer = Some(HookAction::Continue);
        let settled = Step::Settle {
            run: 0,
            status: HookStatus::Succeeded,
        };
        assert_eq!(next(&deployment, &facts), settled);
        deployment.hooks[0].status = HookStatus::Succeeded;
        assert_eq!(next(&deployment, &facts), Step::To(Stage::TestTrafficShift));
        deployment.hooks[0].status = HookStatus::Failed;
        deployment.hooks[0].answer = Some(HookAction::Rollback);
        assert!(matches!(next(&deployment, &facts), Step::Rollback(_)));
    }
}
