//! How tasks are divided among capacity providers: bases first, then by weight.

use model::StrategyItem;

/// The next `count` tasks, when there are so many of each provider already: a share for each provider that gets any, in
/// the order of the strategy. Each goes where its base is not full, or to the provider that is furthest behind its weight.
pub fn next(items: &[StrategyItem], there: impl Fn(&str) -> u32, count: u32) -> Vec<(String, u32)> {
    let mut have: Vec<u32> = items.iter().map(|item| there(&item.provider)).collect();
    let mut given = vec![0u32; items.len()];
    let alone = items.len() == 1;
    let weight = |i: usize| if alone { 1 } else { u64::from(items[i].weight) };
    for _ in 0..count {
        let based = (0..items.len()).find(|i| have[*i] < items[*i].base);
        let behind = || {
            // Behind means fewer for its weight: a/w(a) < b/w(b), compared without dividing.
            let more = |i: usize| u64::from(have[i].saturating_sub(items[i].base) + 1);
            let able = (0..items.len()).filter(|i| weight(*i) > 0);
            able.min_by(|a, b| (more(*a) * weight(*b)).cmp(&(more(*b) * weight(*a))))
        };
        let Some(next) = based.or_else(behind) else { break };
        have[next] += 1;
        given[next] += 1;
    }
    let shares = items.iter().zip(given).filter(|(_, count)| *count > 0);
    shares.map(|(item, count)| (item.provider.clone(), count)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(provider: &str, weight: u32, base: u32) -> StrategyItem {
        StrategyItem {
            provider: provider.to_string(),
            weight,
            base,
        }
    }

    #[test]
    fn what_is_there_counts() {
        let items = [item("a", 1, 0), item("b", 3, 0)];
        assert_eq!(next(&items, |_| 0, 4), [("a".to_string(), 1), ("b".to_string(), 3)]);
        let there = |provider: &str| if provider == "b" { 3 } else { 0 };
        assert_eq!(next(&items, there, 1), [("a".to_string(), 1)]);
    }

    #[test]
    fn a_base_that_lost_its_tasks_is_filled_first() {
        let items = [item("a", 0, 2), item("b", 1, 0)];
        let there = |provider: &str| if provider == "b" { 5 } else { 1 };
        assert_eq!(next(&items, there, 2), [("a".to_string(), 1), ("b".to_string(), 1)]);
    }
}
