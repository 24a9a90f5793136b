"""Waiting for a condition, never for a while."""

import time

SECONDS = 30
PAUSE_SECONDS = 0.02


def until(look, what, seconds=SECONDS):
    """What `look` gives as soon as that is true; fails naming `what` when it has not become so in time."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < end, f"not within {seconds} s: {what}; last seen: {seen!r}"
        time.sleep(PAUSE_SECONDS)
