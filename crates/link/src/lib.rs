//! What server and node say to each other: frames, the task plan, observations.
