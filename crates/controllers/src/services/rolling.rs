//! How many to start and to stop, so that a number of tasks of the target runs and never fewer are healthy than the
//! lower bound, nor more there than the upper one. Pure, and told in numbers only: which tasks it is to be, is
//! [`super::choose`]'s question.

/// Tasks that are meant to run, by how far they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// On their way to RUNNING.
    pub pending: u32,
    /// RUNNING, and not yet for long enough (or not yet found healthy) to be counted on.
    pub unsettled: u32,
    pub ready: u32,
    pub unhealthy: u32,
}

impl Group {
    pub fn wanted(&self) -> u32 {
        self.pending + self.unsettled + self.ready + self.unhealthy
    }

    /// Those that may serve.
    pub fn up(&self) -> u32 {
        self.unsettled + self.ready
    }
}

/// All that the decision rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    pub desired: u32,
    /// The least that must stay healthy.
    pub lower: u32,
    /// The most there may be.
    pub upper: u32,
    /// Tasks as they should be.
    pub target: Group,
    /// Tasks that must go: of former revisions, or on nodes that are being drained.
    pub old: Group,
    /// Those of the old ones that do not serve, and yet are protected.
    pub held: u32,
    /// Those that were asked to stop, and have not yet.
    pub leaving: u32,
    /// Whether there was no place for a task when it was tried last.
    pub barren: bool,
    /// Tasks of the target that have no place yet: those of the PENDING ones that wait for capacity.
    pub waiting: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// Tasks of the target to start.
    pub start: u32,
    /// Tasks of the target to stop because they are unhealthy and have been (or must be) replaced.
    pub stop_unhealthy: u32,
    /// Tasks of the target to stop because there are more than enough.
    pub stop_surplus: u32,
    /// Of those, so many may be ready ones: where what is protected stays without serving, others serve in its stead.
    pub surplus_ready: u32,
    /// Old tasks to stop that do not serve anyway.
    pub stop_old_idle: u32,
    /// Old tasks to stop that serve.
    pub stop_old_up: u32,
}

#[cfg(test)]
impl Moves {
    fn stops_old(&self) -> u32 {
        self.stop_old_idle + self.stop_old_up
    }
}

pub fn decide(facts: &Facts) -> Moves {
    let Facts {
        desired, target, old, ..
    } = *facts;
    let standing = target.pending + target.up();
    let missing = desired.saturating_sub(standing);
    let stop_old_idle = (old.pending + old.unhealthy).saturating_sub(facts.held);
    let there = standing + target.unhealthy + old.wanted() - stop_old_idle;
    let room = facts.upper.saturating_sub(there);
    let start = missing.min(room);
    // Old ones that run are taken at their word, new ones only when they have shown it.
    let healthy = target.ready + old.up();
    let replaced = healthy.saturating_sub(facts.lower.max(desired)).min(old.up());
    let without_place = if facts.barren { missing } else { missing - start };
    let lacks = without_place + facts.waiting;
    let for_room = healthy
        .saturating_sub(facts.lower)
        .min(old.up())
        .min(lacks.saturating_sub(facts.leaving));
    // One at a time, and only when nothing else would make room for its replacement.
    let cramped = lacks > 0 && for_room == 0 && replaced == 0 && facts.leaving == 0 && stop_old_idle == 0;
    let unhealthy_replaced = target.unhealthy.saturating_sub(desired.saturating_sub(target.up()));
    let stop_unhealthy = unhealthy_replaced.max(u32::from(cramped && target.unhealthy > 0));
    let stop_surplus = standing.saturating_sub(desired);
    Moves {
        start,
        stop_unhealthy,
        stop_surplus,
        surplus_ready: stop_surplus.min(healthy.saturating_sub(facts.lower + replaced.max(for_room))),
        stop_old_idle,
        stop_old_up: replaced.max(for_room),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ready(ready: u32) -> Group {
        Group {
            ready,
            ..Default::default()
        }
    }

    fn facts(desired: u32, min: u32, max: u32, target: Group, old: Group) -> Facts {
        Facts {
            desired,
            lower: (desired * min).div_ceil(100),
            upper: desired * max / 100,
            target,
            old,
            ..Default::default()
        }
    }

    #[test]
    fn room_above_is_used_before_anything_is_stopped() {
        let moves = decide(&facts(4, 100, 200, Group::default(), ready(4)));
        assert_eq!((moves.start, moves.stops_old()), (4, 0));
        let moves = decide(&facts(4, 100, 150, Group::default(), ready(4)));
        assert_eq!((moves.start, moves.stops_old()), (2, 0));
    }

    #[test]
    fn of_what_is_too_much_enough_ready_ones_stay() {
        // Whatever it is that does not serve: it may be protected, and stay in the place of one that does.
        let target = Group { pending: 3, ..ready(2) };
        let moves = decide(&facts(1, 100, 150, target, Group::default()));
        assert_eq!((moves.stop_surplus, moves.surplus_ready), (4, 1));
    }

    #[test]
    fn without_room_above_the_lower_bound_gives_it() {
        let moves = decide(&facts(4, 50, 100, Group::default(), ready(4)));
        assert_eq!((moves.start, moves.stops_old()), (0, 2));
        let waiting = Facts {
            leaving: 2,
            ..facts(4, 50, 100, Group::default(), ready(2))
        };
        assert_eq!(decide(&waiting).stops_old(), 0, "two are on their way out already");
    }

    #[test]
    fn old_ones_go_as_new_ones_are_ready() {
        let moves = decide(&facts(4, 100, 200, ready(3), ready(4)));
        assert_eq!((moves.start, moves.stops_old()), (1, 3));
    }

    #[test]
    fn where_no_node_has_room_old_ones_make_it() {
        let barren = Facts {
            barren: true,
            ..facts(4, 50, 200, Group::default(), ready(4))
        };
        assert_eq!(decide(&barren).stops_old(), 2);
    }

    #[test]
    fn for_tasks_that_wait_for_capacity_old_ones_make_room() {
        let pending = Group {
            pending: 4,
            ..Default::default()
        };
        let waiting = Facts {
            waiting: 3,
            ..facts(4, 50, 200, pending, ready(4))
        };
        assert_eq!(decide(&waiting).stops_old(), 2, "no more than the lower bound lets go");
        let placed = Facts { waiting: 0, ..waiting };
        assert_eq!(decide(&placed), Moves::default());
    }

    #[test]
    fn the_unhealthy_go_when_their_replacements_are_up() {
        let sick = |up, pending| Group {
            unsettled: up,
            pending,
            unhealthy: 1,
            ..Default::default()
        };
        assert_eq!(decide(&facts(2, 100, 200, sick(1, 0), Group::default())).start, 1);
        assert_eq!(
            decide(&facts(2, 100, 200, sick(1, 1), Group::default())),
            Moves::default()
        );
        assert_eq!(
            decide(&facts(2, 100, 200, sick(2, 0), Group::default())).stop_unhealthy,
            1
        );
        let cramped = decide(&facts(2, 100, 100, sick(1, 0), Group::default()));
        assert_eq!((cramped.start, cramped.stop_unhealthy), (0, 1));
    }

    fn group() -> impl Strategy<Value = Group> {
        (0..6u32, 0..6u32, 0..6u32, 0..6u32).prop_map(|(pending, unsettled, ready, unhealthy)| Group {
            pending,
            unsettled,
            ready,
            unhealthy,
        })
    }

    proptest! {
        #[test]
        fn bounds_are_kept(desired in 0..8u32, min in 0..=100u32, max in 100..=200u32, target in group(), old in group(), leaving in 0..3u32, held in 0..3u32, barren: bool, waiting in 0..6u32) {
            let held = held.min(old.pending + old.unhealthy);
            let waiting = waiting.min(target.pending);
            let facts = Facts { leaving, held, barren, waiting, ..facts(desired, min, max, target, old) };
            let moves = decide(&facts);
            prop_assert!(moves.stop_old_up <= old.up() && moves.stop_old_idle <= old.wanted() && moves.stop_unhealthy <= target.unhealthy);
            prop_assert!(moves.stop_surplus <= target.pending + target.up());
            // By its own doing there are never more than allowed, nor fewer healthy.
            let after = target.wanted() + old.wanted() + moves.start - moves.stop_old_idle;
            prop_assert!(moves.start == 0 || after <= facts.upper, "{facts:?} {moves:?}");
            let healthy = target.ready + old.up();
            let kept = healthy - moves.stop_old_up;
            prop_assert!(kept >= facts.lower.min(healthy), "{facts:?} {moves:?}");
            // It does not start with one hand what it stops with the other.
            prop_assert!(moves.start == 0 || moves.stop_surplus == 0);
        }

        /// Where bounds allow any progress, and all that is started gets well, a rollout comes to its end.
        #[test]
        fn it_gets_there(desired in 1..8u32, min in 0..=100u32, max in 100..=200u32, old in group(), target in group()) {
            let mut facts = facts(desired, min, max, target, old);
            prop_assume!(facts.upper > facts.lower);
            for _ in 0..100 {
                let moves = decide(&facts);
                let target = &mut facts.target;
                target.unhealthy -= moves.stop_unhealthy;
                let mut surplus = moves.stop_surplus;
                for part in [&mut target.pending, &mut target.unsettled, &mut target.ready] {
                    let cut = surplus.min(*part);
                    *part -= cut;
                    surplus -= cut;
                }
                target.ready += target.pending + target.unsettled + moves.start;
                (target.pending, target.unsettled) = (0, 0);
                let mut up = facts.old.up() - moves.stop_old_up;
                facts.old = Group { ready: std::mem::take(&mut up), ..Default::default() };
            }
            prop_assert_eq!(facts.target, ready(desired));
            prop_assert_eq!(facts.old, Group::default());
        }
    }
}
