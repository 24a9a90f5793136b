//! What a pretended container does, told by its image's name:
//!
//! - `pretended/cannot-pull`: the image is not there;
//! - `pretended/pulls-for-ever`: its pull does not end;
//! - `pretended/fails-to-start`: its program is not there, which looks like exit code 127;
//! - `pretended/exits-after-<ms>ms-with-<code>`: it runs that long and exits, or sooner when asked to;
//! - `pretended/ignores-term`: it runs until it is killed;
//! - `pretended/healthy-after-<ms>ms`: its health checks fail until then;
//! - `pretended/unhealthy-after-<ms>ms`: its health checks succeed until then;
//! - anything else runs until it is asked to stop, and exits with 0; its health checks succeed.

/// The story of one container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    CannotPull,
    PullsForEver,
    FailsToStart,
    Exits { after_ms: u64, code: i32 },
    IgnoresTerm,
    HealthyAfter { ms: u64 },
    UnhealthyAfter { ms: u64 },
    Runs,
}

/// Reads the story from an image's name, whatever registry and tag it has.
pub fn of(image: &str) -> Script {
    let Some((_, story)) = image.rsplit_once("pretended/") else {
        return Script::Runs;
    };
    let story = story.split([':', '@']).next().unwrap_or(story);
    let ms = |text: &str| text.strip_suffix("ms").and_then(|ms| ms.parse().ok());
    let exits = || {
        let (after, code) = story.strip_prefix("exits-after-")?.split_once("-with-")?;
        Some(Script::Exits {
            after_ms: ms(after)?,
            code: code.parse().ok()?,
        })
    };
    let healthy = || {
        Some(Script::HealthyAfter {
            ms: ms(story.strip_prefix("healthy-after-")?)?,
        })
    };
    let unhealthy = || {
        Some(Script::UnhealthyAfter {
            ms: ms(story.strip_prefix("unhealthy-after-")?)?,
        })
    };
    match story {
        "cannot-pull" => Script::CannotPull,
        "pulls-for-ever" => Script::PullsForEver,
        "fails-to-start" => Script::FailsToStart,
        "ignores-term" => Script::IgnoresTerm,
        _ => exits().or_else(healthy).or_else(unhealthy).unwrap_or(Script::Runs),
    }
}

impl Script {
    /// What its health check says when it has run that long.
    pub fn is_healthy_at(self, ran_ms: u64) -> bool {
        match self {
            Script::HealthyAfter { ms } => ran_ms >= ms,
            Script::UnhealthyAfter { ms } => ran_ms < ms,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_are_read_from_names() {
        assert_eq!(of("nginx:latest"), Script::Runs);
        assert_eq!(of("pretended/cannot-pull"), Script::CannotPull);
        assert_eq!(
            of("registry/pretended/exits-after-250ms-with-3:v1"),
            Script::Exits { after_ms: 250, code: 3 }
        );
        assert_eq!(of("pretended/exits-after--1ms-with-3"), Script::Runs);
        assert_eq!(of("pretended/unhealthy-after-5ms"), Script::UnhealthyAfter { ms: 5 });
        assert!(of("pretended/healthy-after-5ms").is_healthy_at(5));
    }
}
