//! What a simulated container does, told by its image's name:
//!
//! - `simulated/cannot-pull`: the image is not there;
//! - `simulated/exits-after-<ms>ms-with-<code>`: it runs that long and exits;
//! - `simulated/sickens-after-<ms>ms`: it runs, and from then on its health check finds it unhealthy; with 0 it never is
//!   anything else;
//! - `simulated/silent`: it runs, and its health check never comes to an end;
//! - anything else runs until it is asked to stop, and exits with 0; a health check finds it healthy.

/// The story of one container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    CannotPull,
    Exits { after_ms: i64, code: i32 },
    Sickens { after_ms: i64 },
    Silent,
    Runs,
}

/// Reads the story from an image's name, whatever registry and tag it has.
pub fn of(image: &str) -> Script {
    let Some((_, story)) = image.rsplit_once("simulated/") else {
        return Script::Runs;
    };
    let story = story.split([':', '@']).next().unwrap_or(story);
    if story == "cannot-pull" {
        return Script::CannotPull;
    }
    if story == "silent" {
        return Script::Silent;
    }
    let sickens = || {
        let after = story.strip_prefix("sickens-after-")?.strip_suffix("ms")?;
        let after_ms = after.parse().ok().filter(|ms| *ms >= 0)?;
        Some(Script::Sickens { after_ms })
    };
    let exits = || {
        let (after, code) = story.strip_prefix("exits-after-")?.split_once("ms-with-")?;
        Some(Script::Exits {
            after_ms: after.parse().ok().filter(|ms| *ms >= 0)?,
            code: code.parse().ok()?,
        })
    };
    exits().or_else(sickens).unwrap_or(Script::Runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_are_read_from_names() {
        assert_eq!(of("nginx:latest"), Script::Runs);
        assert_eq!(of("simulated/cannot-pull"), Script::CannotPull);
        assert_eq!(
            of("registry/simulated/exits-after-250ms-with-3:v1"),
            Script::Exits { after_ms: 250, code: 3 }
        );
        assert_eq!(of("simulated/exits-after--1ms-with-3"), Script::Runs);
        assert_eq!(of("simulated/sickens-after-0ms"), Script::Sickens { after_ms: 0 });
        assert_eq!(of("simulated/silent:v2"), Script::Silent);
        assert_eq!(of("simulated/sickens-after-5"), Script::Runs);
        assert_eq!(of("simulated/whatever"), Script::Runs);
    }
}
